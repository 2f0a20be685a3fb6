"""Finding phrases in a text whatever their inflection, spacing, case, or Unicode dressing.

"We guarantee" is found in "we’re guaranteeing", "WE  GUARANTEE", the same with Cyrillic look-alikes
in it, "we g u a r a n t e e" and "we guar*an*tee". A phrase may leave a gap: "we will … refund"
allows up to six words between. All of it is one pass over the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import re2

from firstline.proof.sentences import words

GAP = 6
"""Words that `…` in a phrase may stand for, at most."""
_GAPS = re2.compile(r"…|\.\.\.")
_CLOSING = "\"'”’)]*_»"
_BREAKS = (",", ";", ":", ".", "!", "?", "…", "—", "–")
_ENDS = (".", "!", "?", "…")
END = "\n"
"""Stands among the words where a sentence ends: no phrase runs across it."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Mn", "Me"})
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "\u02bc": "'", "`": "'"})
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһкмнтвАЕОРСУХІЈЅКМНТВαεορυνκιτηΑΕΟΡΥΚΙΤΗΒΜΝΧΖɡı",
    "aeopcyxijsdhkmhtbaeopcyxijskmhtbaeopuvkithaeopykithbmnxzgi",
)
_LEET = str.maketrans("013457@$!", "oieastasi")
_DRESSED = re2.compile(
    r"[\x{AD}\x{34F}\x{61C}\x{180B}-\x{180F}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{206F}"
    r"\x{FE00}-\x{FE0F}\x{FEFF}\x{E0000}-\x{E0FFF}]"
    r"|(?:(?:^|[\s\p{Z}])[\pL\pN][.\-_*]?){4}"
    r"|\pL[*_~|+^.\-]\pL{1,3}[*_~|+^.\-]\pL"
    r"|\pL[*_~|+^]\pL|\pL[01345@$!]\pL"
)
_SHORTENED = {
    "can't": ("can", "not"),
    "cannot": ("can", "not"),
    "won't": ("will", "not"),
    "shan't": ("shall", "not"),
    "ain't": ("is", "not"),
    "i'm": ("i", "am"),
    "let's": ("let", "us"),
}
_ENDINGS = {"'ll": "will", "'ve": "have", "'re": "are", "n't": "not", "'d": "would"}
_SHORT = 3
_SHORTEST_SQUEEZED = 7
"""Letters of a phrase that is looked for without its spaces: fewer would be found by chance."""
_REMEMBERED = 48
"""Characters of a piece of text whose words are remembered."""
_VOWELS = frozenset("aeiouy")


class Tokens(NamedTuple):
    """The words of a text, made alike."""

    stems: tuple[str, ...]
    pieces: tuple[int, ...]
    """For each word: which piece between blanks it comes from."""
    breaks: frozenset[int]
    """Pieces that end with a mark of punctuation."""


class Hit(NamedTuple):
    """Where a phrase stands."""

    phrase: int
    """Index of the phrase."""
    start: int
    """Index of its first word."""
    end: int
    """Index after its last word."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    phrase: int
    parts: tuple[tuple[str, ...], ...]


class Phrases:
    """Phrases to look for, made ready once."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._starts: dict[str, list[_Pattern]] = {}
        self._squeezed: list[tuple[int, str]] = []
        for at, phrase in enumerate(phrases):
            parts = tuple(words_of(part) for part in _GAPS.split(phrase))
            parts = tuple(part for part in parts if part)
            if not parts:
                continue
            self._starts.setdefault(parts[0][0], []).append(_Pattern(at, parts))
            squeezed = _squeezed(phrase) if len(parts) == 1 else ""
            if len(squeezed) >= _SHORTEST_SQUEEZED:
                self._squeezed.append((at, squeezed))

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._starts)

    def find(self, tokens: Tokens) -> Iterator[Hit]:
        """Yield every place of every phrase, in the order they begin."""
        starts, stems = self._starts, tokens.stems
        for at, stem in enumerate(stems):
            for pattern in starts.get(stem, ()):
                end = _matches(pattern.parts, stems, at)
                if end:
                    yield Hit(pattern.phrase, at, end)

    def hidden_in(self, text: str) -> frozenset[int]:
        """Return the phrases that a text holds when its dressing is taken off; mostly none."""
        if not self._squeezed or not _DRESSED.search(text):
            return frozenset()
        bare = _squeezed(text)
        return frozenset(at for at, phrase in self._squeezed if phrase in bare)


def _matches(parts: Sequence[tuple[str, ...]], stems: Sequence[str], at: int) -> int:
    """Return the index after a phrase that starts at a word, 0 when it does not."""
    end = at + len(parts[0])
    if tuple(stems[at:end]) != parts[0]:
        return 0
    for part in parts[1:]:
        size = len(part)
        last = min(end + GAP, len(stems) - size)
        start = next((x for x in range(end, last + 1) if tuple(stems[x : x + size]) == part), -1)
        if start < 0 or END in stems[end:start]:
            return 0
        end = start + size
    return end


@lru_cache(maxsize=512)
def tokens_of(text: str) -> Tokens:
    """Return the words of a text, each brought to its stem."""
    stems: list[str] = []
    pieces: list[int] = []
    breaks: list[int] = []
    for at, piece in enumerate(text.split()):
        if piece.rstrip(_CLOSING).endswith(_BREAKS):
            breaks.append(at)
        words = _words_of(piece) if len(piece) <= _REMEMBERED else _words_in(piece)
        stems.extend(words)
        pieces.extend([at] * len(words))
        if words and breaks and breaks[-1] == at and piece.rstrip(_CLOSING).endswith(_ENDS):
            stems.append(END)
            pieces.append(at)
    return Tokens(tuple(stems), tuple(pieces), frozenset(breaks))


def words_of(text: str) -> tuple[str, ...]:
    """Return the stems of a text without the ends of its sentences."""
    return tuple(stem for stem in tokens_of(text).stems if stem != END)


def place_of(text: str, tokens: Tokens, start: int, end: int) -> tuple[int, int]:
    """Return the offsets of a run of words in the text they come from, in characters."""
    spans = _spans_of(text)
    return spans[tokens.pieces[start]][0], spans[tokens.pieces[end - 1]][1]


@lru_cache(maxsize=16)
def _spans_of(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each piece between blanks stands."""
    spans, at = [], 0
    for piece in text.split():
        at = text.index(piece, at)
        spans.append((at, at + len(piece)))
        at += len(piece)
    return tuple(spans)


def encodable(text: str) -> str:
    """Return text with a question mark for every lone surrogate: RE2 reads UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _words_in(piece: str) -> tuple[str, ...]:
    found: list[str] = []
    for word in words(folded(piece)):
        for part in word.split("-"):
            found.extend(_long_form(part) if part else ())
    return tuple(stem(word) for word in found)


_words_of = lru_cache(maxsize=8192)(_words_in)


def folded(text: str) -> str:
    """Return text in small Latin letters without marks and without what cannot be seen."""
    if not text.isascii():
        # Marks go first: putting a long run of them in order takes time quadratic in its length.
        text = unicodedata.normalize("NFKD", _seen(text.translate(_QUOTES)))
        text = _seen(text).translate(_LOOKALIKES)
    return text.casefold()


def _seen(text: str) -> str:
    return "".join(
        char
        for char in text
        if char.isascii() or (unicodedata.category(char) not in _UNSEEN and char not in _FILLERS)
    )


def _squeezed(text: str) -> str:
    """Return the letters and digits of a text and nothing between them."""
    plain = folded(text).translate(_LEET)
    return "".join(char for char in plain if char.isalnum())


def _long_form(word: str) -> tuple[str, ...]:
    if "'" not in word and word != "cannot":
        return (word,)
    if word in _SHORTENED:
        return _SHORTENED[word]
    for ending, full in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return (word.removesuffix(ending), full)
    return (word.removesuffix("'s"),)


def stem(word: str) -> str:
    """Return the part of an English word that its inflections share, roughly.

    Only comparisons of stems mean anything: "guarantee" and "guaranteed" have one, and so have
    "apply", "applies" and "applied".
    """
    if len(word) <= _SHORT or not word.isalpha():
        return word
    if word.endswith(("ies", "ied")):
        word = word[:-3] + "i"
    elif word.endswith(("sses", "ches", "shes", "xes", "zzes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= _SHORT and not _VOWELS.isdisjoint(rest):
            word = rest
            break
    bare = word.rstrip("e")
    word = bare if len(bare) >= _SHORT else word
    if len(word) > _SHORT and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > _SHORT else word
