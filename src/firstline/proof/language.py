"""Telling the language of a message (R1.4), or saying that it cannot be told.

Three witnesses, cheapest first: the script, a vote of common words, and for what is left the
n-gram model of py3langid. A message that is too short or too odd is `und`, never a guess, since
a wrong language sends a ticket to a person. Nothing here reaches for the network.
"""

from __future__ import annotations

import mmap
import tempfile
import unicodedata
from collections import Counter, defaultdict
from functools import cache, lru_cache
from typing import Protocol

import re2

from firstline.proof.common_words import COMMON_WORDS
from firstline.records import Language

UNKNOWN = "und"
_MAX_READ = 4000
"""Characters looked at; more would not change the answer."""
_CLEAR_VOTES = 2.0
_MIN_LETTERS = 10
"""Fewer letters than this say nothing to the model."""
_MIN_FOREIGN = 4
_MIN_MODEL = 0.45
_MIN_MODEL_ALONE = 0.6
"""What the model must reach when no common word supports it."""

_NOISE = re2.compile(
    r"(?i)https?://\S+|\S+@\S+|\*{4}\w*|[\p{L}\p{Nd}\-]+(?:\.[\p{L}\p{Nd}\-]+)+|#?[\p{L}_\-/.]*\p{Nd}[\p{L}\p{Nd}_\-/.]*"
)
_MOST_SIGNS = 4096
"""Characters whose part in words is remembered."""
_NOT_LATIN = re2.compile(r"[^\p{Latin}\s'’]+")
_SCRIPTS = {
    "Latin": re2.compile(r"\p{Latin}"),
    "kana": re2.compile(r"[\p{Hiragana}\p{Katakana}]"),
    "Han": re2.compile(r"\p{Han}"),
    "ko": re2.compile(r"\p{Hangul}"),
    "Cyrillic": re2.compile(r"\p{Cyrillic}"),
    "Arabic": re2.compile(r"\p{Arabic}"),
    "el": re2.compile(r"\p{Greek}"),
    "he": re2.compile(r"\p{Hebrew}"),
    "th": re2.compile(r"\p{Thai}"),
    "hi": re2.compile(r"\p{Devanagari}"),
    "bn": re2.compile(r"\p{Bengali}"),
    "ta": re2.compile(r"\p{Tamil}"),
    "te": re2.compile(r"\p{Telugu}"),
    "gu": re2.compile(r"\p{Gujarati}"),
    "pa": re2.compile(r"\p{Gurmukhi}"),
    "kn": re2.compile(r"\p{Kannada}"),
    "ml": re2.compile(r"\p{Malayalam}"),
    "si": re2.compile(r"\p{Sinhala}"),
    "km": re2.compile(r"\p{Khmer}"),
    "lo": re2.compile(r"\p{Lao}"),
    "my": re2.compile(r"\p{Myanmar}"),
    "ka": re2.compile(r"\p{Georgian}"),
    "hy": re2.compile(r"\p{Armenian}"),
    "am": re2.compile(r"\p{Ethiopic}"),
}
_WEIGHT = {"Han": 3, "kana": 3, "ko": 2}
"""One sign of these says as much as several letters."""

_LATIN_LANGUAGES = (
    "af ca cs cy da de en es et eu fi fr ga hr hu id is it lt lv ms nl no pl pt ro sk sl sq sv "
    "sw tl tr vi"
).split()
_CYRILLIC_LANGUAGES = "bg kk mk mn ru sr uk".split()
_ARABIC_LANGUAGES = "ar fa ur ps".split()


def _voters() -> dict[str, dict[str, float]]:
    """Return, for each common word, what it gives to each of its languages."""
    owners: dict[str, list[str]] = {}
    for code, words in COMMON_WORDS.items():
        for word in dict.fromkeys(words.split()):
            owners.setdefault(word, []).append(code)
    return {word: dict.fromkeys(codes, 1 / len(codes)) for word, codes in owners.items()}


_VOTERS = _voters()


def detect(text: str) -> Language:
    """Return the language of a text, `und` with a low confidence when it cannot be told.

    Args:
        text: A normalised message; its first 4,000 characters are read.
    """
    plain = _NOISE.sub(" ", text[:_MAX_READ].encode("utf-8", "ignore").decode())
    script = _script(plain)
    match script:
        case None:
            return Language(code=UNKNOWN, confidence=0.0)
        case "Latin":
            return _latin(plain)
        case "kana":
            return Language(code="ja", confidence=0.99)
        case "Han":
            return Language(code="zh", confidence=0.9)
        case "Cyrillic":
            return _among(plain, "ru", _CYRILLIC_LANGUAGES)
        case "Arabic":
            return _among(plain, "ar", _ARABIC_LANGUAGES)
        case _:
            return Language(code=script, confidence=0.99)


def _script(text: str) -> str | None:
    """Return the script a text is in.

    A text with kana is Japanese, Han or not. Product names are Latin in every language, so
    Latin letters count for nothing beside another script unless they make common words.
    """
    counts = _script_counts(text)
    if counts["kana"] and counts["kana"] * 10 >= counts["Han"]:
        counts["kana"] += counts.pop("Han", 0)
    ranked = counts.most_common(2)
    if len(ranked) > 1 and ranked[0][0] == "Latin" and ranked[1][1] >= _MIN_FOREIGN:
        votes = _votes(_words(_NOT_LATIN.sub(" ", text)))
        if sum(votes.values()) < _CLEAR_VOTES:
            return ranked[1][0]
    return ranked[0][0] if ranked and ranked[0][1] else None


def _script_counts(text: str) -> Counter[str]:
    if text.isascii():
        return Counter({"Latin": sum(map(str.isalpha, text))})
    found: Counter[str] = Counter()
    for sign, number in Counter(text).items():
        script = _script_of(sign)
        found[script] += number * _WEIGHT.get(script, 1)
    return Counter({name: found[name] for name in _SCRIPTS if found[name]})


@lru_cache(maxsize=_MOST_SIGNS)
def _script_of(sign: str) -> str:
    """Return the script of one character; empty for one of no script, or of none that is told."""
    return next((name for name, pattern in _SCRIPTS.items() if pattern.match(sign)), "")


class _Blanks(dict[int, str]):
    """What each character becomes between words: letters and marks themselves, others a blank."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        kept = sign if unicodedata.category(sign)[0] in "LM" else " "
        if len(self) < _MOST_SIGNS:
            self[code] = kept
        return kept


_BLANKS = _Blanks({ord("'"): "'", ord("’"): "'"})


def _words(text: str) -> list[str]:
    """Return runs of letters in small letters; an apostrophe inside a word belongs to it."""
    runs = text.lower().translate(_BLANKS).replace("''", " ").split()
    return [word for run in runs if (word := run.strip("'"))]


def _votes(words: list[str]) -> dict[str, float]:
    votes: defaultdict[str, float] = defaultdict(float)
    for word in words:
        for code, weight in _VOTERS.get(word, {}).items():
            votes[code] += weight
    return votes


def _latin(text: str) -> Language:
    words = _words(text)
    votes = _votes(words)
    ranked = sorted(votes.items(), key=lambda vote: -vote[1])[:2]
    best, most = ranked[0] if ranked else (UNKNOWN, 0.0)
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    if most >= _CLEAR_VOTES and most >= 2 * second and most * 6 >= len(words):
        return Language(code=best, confidence=round(1 - 0.5 ** (1 + most - second), 3))
    if sum(map(len, words)) >= _MIN_LETTERS:
        code, probability = _model(" ".join(words), tuple(_LATIN_LANGUAGES))
        supported = votes.get(code, 0.0) >= max(most / 2, 0.1)
        if probability >= (_MIN_MODEL if supported else _MIN_MODEL_ALONE):
            return Language(code=code, confidence=round(probability, 3))
    if most >= 1 and most > second:
        return Language(code=best, confidence=0.5)
    return Language(code=UNKNOWN, confidence=0.2)


def _among(text: str, usual: str, codes: list[str]) -> Language:
    """Choose between the languages of one script."""
    code, probability = _model(text, tuple(codes))
    if probability < _MIN_MODEL:
        return Language(code=usual, confidence=0.4)
    return Language(code=code, confidence=round(probability, 3))


class _Identifier(Protocol):
    """The part of py3langid that is used."""

    def rank(self, text: str) -> list[tuple[str, float]]:
        """Return all languages with their probabilities, best first."""
        ...


def _model(text: str, codes: tuple[str, ...]) -> tuple[str, float]:
    """Return the model's choice among `codes` and its share of their probability."""
    ranked = [pair for pair in _identifier().rank(text) if pair[0] in codes]
    total = sum(probability for _, probability in ranked)
    code, probability = ranked[0]
    return (code, probability / total) if total > 0 else (code, 0.0)


@cache
def _identifier() -> _Identifier:
    """Load the model at its first use, with the languages above only.

    Its transition table (42 MB, of which a text touches little) is moved to a mapped temporary
    file, so that it takes memory only where it is read.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - half a second

    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    whole.set_languages([*_LATIN_LANGUAGES, *_CYRILLIC_LANGUAGES, *_ARABIC_LANGUAGES])
    with tempfile.TemporaryFile() as file:
        whole.tk_nextmove.tofile(file)
        file.flush()
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    identifier: _Identifier = LanguageIdentifier(
        whole.nb_ptc.copy(),
        whole.nb_pc,
        whole.nb_classes,
        memoryview(mapped).cast(whole.tk_nextmove.typecode),
        whole.tk_output,
        norm_probs=True,
        tk_row=whole.tk_row,
    )
    return identifier
