"""Whether a reply is whole: nothing left to fill in, cut off, said twice, or in mixed letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import re2

from firstline.proof.common_words import COMMON_WORDS
from firstline.proof.language import UNKNOWN, detect
from firstline.proof.sentences import words
from firstline.proof.tone.reading import folded
from firstline.proof.tone.surface import Mark
from firstline.proof.tone.tables import phrases

FEWEST_REPEATED: Final = 6
"""Words a sentence needs before saying it twice is a fault."""
_LISTED: Final = re2.compile(r"^\s*(?:[-*•|#>]|\p{Nd}{1,3}[.)])")
_LOOP: Final = 4
"""The same word so many times in a row is a model that went round in circles."""
SURE: Final = 0.8
_FEWEST_WORDS: Final = 6
"""Words a sentence needs before its language is told."""
_SHOWN: Final = 3
_CLEAR_SHARE: Final = 0.3
_MOST_ASKED: Final = 4
_MOST_TOLD: Final = 300
_KNOWN_SHARE: Final = 0.12
"""Share of common words of a language from which a sentence is taken to be in it."""
_ALIKE: Final = (
    frozenset({"da", "no", "nb", "nn", "sv"}),
    frozenset({"id", "ms"}),
    frozenset({"hr", "sr", "bs", "sl"}),
    frozenset({"cs", "sk"}),
    frozenset({"es", "gl", "ca", "pt"}),
    frozenset({"bg", "mk", "ru", "uk"}),
    frozenset({"nl", "af"}),
    frozenset({"ar", "fa", "ur", "ps"}),
)
"""Languages that short texts do not tell apart."""

_PLACEHOLDER: Final = phrases("placeholder", edge="")
_MOST_MARKED: Final = 60
"""Characters of a placeholder; what stands longer between brackets is prose."""
_WORK_MARK: Final = re2.compile(
    r"\b(?:TODO|TBD|TBC|FIXME|TKTK)\b|(?:^|[^\w*\-])[Xx]{3,}(?:[^\w\-]|$)|\?{3,}"
)
_OPEN_END: Final = re2.compile(
    r"(?i)(?:[,(\[{/&+\-–—]|\b(?:the|a|an|and|or|but|nor|of|your|our|my|their|his|its|because|if"
    r"|which|whose|than|as|is|are|was|were|be|been|has|have|had|will|would|can|could|should|must"
    r"|may|might|this|these|those|when|while|until|please|every|each|very|also|not))\s*$"
)
_DANGLING: Final = re2.compile(
    r"(?i)\b(?:to|for|with|in|on|at|by|from|into|between|you|we|i|it)\s*$"
)
_ENDED: Final = re2.compile(
    r"[.!?:…。！？।؟)\]][\"'”’»)\]*_]*\s*$|^\s*(?:[-*•|#>]|\d{1,3}[.)])|^[^:.!?\n]{1,30}: "
)
_NO_SENTENCE: Final = re2.compile(r"https?://\S+\s*\)?$|@\S+\s*$|[\p{So}\x{2600}-\x{27BF}]\s*$")
_SHORT_LAST: Final = 6
"""A last line of fewer words is a signature or a heading."""
_MIXED: Final = re2.compile(
    r"[A-Za-z][\p{Cyrillic}\p{Greek}\p{Armenian}\p{Cherokee}]"
    r"|[\p{Cyrillic}\p{Greek}\p{Armenian}\p{Cherokee}][A-Za-z]"
)
_MICRO: Final = frozenset("µΩμ")
_IN_MARKS: Final = re2.compile(
    r"\"[^\"\n]{1,120}\"|“[^”\n]{1,120}”|«[^»\n]{1,120}»|„[^“”\n]{1,120}[“”]"
)


def may_be_unfilled(texts: Sequence[str]) -> bool:
    """Whether any sentence may hold what `placeholders` finds: one look at them all."""
    whole = "\n".join(texts)
    return _PLACEHOLDER.search(folded(whole)) is not None or _WORK_MARK.search(whole) is not None


def placeholders(text: str, known: str) -> Iterator[Mark]:
    """Yield what a writer meant to fill in; what others wrote the same way is a quote.

    Args:
        text: A sentence of the reply.
        known: What the customer asked and the evidence says.
    """
    for hit in _PLACEHOLDER.finditer(folded(text)):
        start, end = hit.span()
        said = text[start:end]
        if len(said) <= _MOST_MARKED and text[end : end + 1] != "(" and said not in known:
            yield Mark("placeholder", "something was left to be filled in", *hit.span())
    for hit in _WORK_MARK.finditer(text):
        if hit.group(0).strip() not in known:
            yield Mark("placeholder", "a working mark was left in", *hit.span())


def unfinished(texts: Sequence[str]) -> str:
    """Return why a reply looks cut off, or nothing.

    Args:
        texts: Its sentences, without courtesies.
    """
    if not texts:
        return ""
    last = texts[-1].rstrip()
    if _OPEN_END.search(last):
        return "it ends in the middle of a sentence"
    if last.count("(") > last.count(")") or last.count("[") > last.count("]"):
        return "it ends inside a bracket"
    if _ENDED.search(last) or _NO_SENTENCE.search(last):
        return ""
    if _DANGLING.search(last):
        return "it ends in the middle of a sentence"
    ended = sum(1 for text in texts[:-1] if _ENDED.search(text.rstrip()))
    long_enough = len(last.split()) >= _SHORT_LAST
    if long_enough and ended >= 2 and ended == len(texts) - 1:  # noqa: PLR2004 - a habit takes two
        return "its last sentence has no end"
    return ""


def repeated(texts: Sequence[str]) -> int | None:
    """Return the first sentence that was said before, word for word; None without one."""
    seen: Counter[str] = Counter()
    for at, text in enumerate(texts):
        said = words(text)
        key = " ".join(said)
        if len(said) >= FEWEST_REPEATED and seen[key] and _LISTED.match(text) is None:
            return at
        seen[key] += 1
    return None


def in_circles(text: str) -> bool:
    """Whether one word stands many times in a row."""
    run, before = 1, ""
    for word in words(text):
        run = run + 1 if word == before else 1
        if run >= _LOOP and not word.isdigit():
            return True
        before = word
    return False


def mixed_letters(text: str) -> Mark | None:
    """Return a word of letters of several alphabets: it looks like another one than it is."""
    if text.isascii():
        return None
    for hit in _MIXED.finditer(text):
        if _MICRO.isdisjoint(hit.group(0)):
            return Mark("mixed_letters", "a word mixes alphabets", *hit.span())
    return None


def told_language(text: str) -> str:
    """Return the language a text is surely in, `und` when that cannot be told."""
    bare = _IN_MARKS.sub(" ", text)
    found = detect(bare)
    return found.code if found.confidence >= SURE else UNKNOWN


def is_in(text: str, codes: Collection[str]) -> bool:
    """Whether a text may be in one of these languages; in doubt it is."""
    if _by_words(text, codes):
        return True
    said = words(text)
    known = max(_share(said, code) for code in codes)
    told = told_language(text)
    if told == UNKNOWN or any(same(told, code) for code in codes):
        return True
    # An n-gram model is easily sure of a short text; its words must say the same.
    return told in _VOTES and not _reads_as(said, told, beyond=known)


def _reads_as(said: Sequence[str], code: str, *, beyond: float) -> bool:
    """Whether several different common words of a language show: names and units are no text."""
    shown = len({word for word in said if word in _VOTES[code] and len(word) > 1})
    share = _share(said, code)
    return share > beyond and (shown >= _SHOWN or (shown > 1 and share >= _CLEAR_SHARE))


def _by_words(text: str, codes: Collection[str]) -> bool:
    said = words(text)
    return not said or max((_share(said, code) for code in codes), default=1.0) >= _KNOWN_SHARE


def same(one: str, other: str) -> bool:
    """Whether two languages are one, or too alike to be told apart in a short text."""
    if one == other:
        return True
    return any(one in group and other in group for group in _ALIKE)


def odd_sentences(texts: Sequence[str], codes: Collection[str]) -> Iterator[int]:
    """Yield the sentences that are surely in none of these languages.

    Common words settle nearly all of them; a model is asked about a few of the others only.
    """
    asked = 0
    for at, text in enumerate(texts):
        short = len(text.split()) < _FEWEST_WORDS and text.isascii()
        if short or "|" in text or _by_words(text, codes):
            continue
        asked += 1
        if asked > _MOST_ASKED:
            return
        if not is_in(text[:_MOST_TOLD], codes):
            yield at


_VOTES: Final[dict[str, frozenset[str]]] = {
    code: frozenset(listed.split()) for code, listed in COMMON_WORDS.items()
}


def _share(said: Sequence[str], code: str) -> float:
    """Return how many of these words are common ones of a language: cheap, and sure enough."""
    known = _VOTES.get(code, frozenset())
    return sum(word in known for word in said) / max(1, len(said))
