"""A message in pieces: sentences, and clauses that begin something new. Linear time, capped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import re2

MOST_CHARACTERS = 8_000
"""Read of one message."""
MOST_SEGMENTS = 24
"""Of a longer message the first two thirds and the last third of this number are read."""
FEWEST_LETTERS = 3

_END = re2.compile(r"[.…]+[\"'”’)\]]*\s+|[?!]+[\"'”’)\]]*\s*|[。！？]+\s*|;\s+|\s*[\r\n]+")
_CONNECTOR = (
    r"(?:(?:and|but|oh|so|then)[,\s]+)?(?:also|additionally|furthermore|moreover|besides(?: that)?"
    r"|secondly|second|thirdly|plus|another (?:thing|question|issue|problem)"
    r"|one (?:more|other|last) (?:thing|question)"
    r"|(?:a|my|the) (?:second|third|other|separate|next) (?:thing|question|issue|request)"
    r"|in addition|(?:apart|aside) from (?:that|this)|on another note|on top of that|separately"
    r"|by the way|btw|while (?:i'?m|i am|you'?re|you are) (?:here|at it|there)"
    r"|at the same time|außerdem|zudem|des weiteren|además|y también|también|et aussi|de plus"
    r"|par ailleurs|inoltre|e anche|além disso|e também)\b"
)
_NEW_CLAUSE = re2.compile(
    r"(?i)[,:]?\s+(?:[-–—]+\s*)?(?:" + _CONNECTOR + r"|and\s+(?:then\s+)?(?:how|what|why|where"
    r"|when|who|which|can|could|would|will|may|is|are|do|does|did|am|please|i|i'd|i've|i'm"
    r"|tell me|let me|help me)\s)"
)
_LEAD = re2.compile(
    r"(?i)^(?:[\s,:>*•·\-–—]+|\(?\d{1,2}[.):]\s*|" + _CONNECTOR + r"[\s,:.\-–—]*|and\s+)+"
)
_COURTESY = re2.compile(
    r"(?i)^\W*(?:(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day))"
    r"(?:[\s,]+[\p{L}.]+){0,2}|dear sirs? or madam|to whom it may concern"
    r"|(?:[a-z,' ]{0,40} )?(?:thanks|thank you|thx|cheers|(?:kind |best |warm |many )?"
    r"(?:regards|wishes)|have a [a-z ]{0,20}(?:day|week|weekend|one|evening))\b[^?]{0,60}"
    r"|(?:yours )?(?:sincerely|faithfully|truly)\b[^?]{0,40}"
    r"|sent from my [^.?!]{0,40})\W*$"
)
_ASKS = re2.compile(
    r"(?i)\b(?:but|however|please|can|could|need|want|how|why|still|not|no|again|\p{L}+n['’]?t)\b"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a message."""

    start: int
    """Offset in characters."""
    end: int
    text: str
    announced: bool = False
    """Whether words like "another thing" or a list mark say that something new begins."""


def sentences_of(text: str) -> tuple[Segment, ...]:
    """Cut a message at sentence ends and line breaks; courtesies and empty pieces are left out."""
    text = text[:MOST_CHARACTERS]
    ends = ((match.start(), match.end()) for match in _END.finditer(text))
    return _capped(_pieces(text, 0, len(text), ends))


def clauses_of(text: str) -> tuple[Segment, ...]:
    """Cut a message like `sentences_of`, and again where a clause begins something new.

    Words that only connect ("and another thing:") are left out of the clause they lead.
    """
    found: list[Segment] = []
    for sentence in sentences_of(text):
        cuts = (
            (sentence.start + match.start(), sentence.start + match.start())
            for match in _NEW_CLAUSE.finditer(sentence.text)
        )
        clauses = tuple(_pieces(text, sentence.start, sentence.end, cuts))
        # The words that announced the sentence stand before its start.
        first = (replace(clause, announced=sentence.announced) for clause in clauses[:1])
        found.extend((*first, *clauses[1:]))
    return _capped(found)


def _pieces(text: str, start: int, end: int, cuts: Iterable[tuple[int, int]]) -> Iterator[Segment]:
    for left, right in (*cuts, (end, end)):
        stop = max(left, right)
        segment = _segment(text, start, stop)
        if segment is not None:
            yield segment
        start = stop


def _segment(text: str, start: int, end: int) -> Segment | None:
    piece = text[start:end]
    lead = _LEAD.match(piece)
    body = piece[lead.end() :] if lead else piece
    first = start + len(piece) - len(body.lstrip())
    body = body.strip()
    letters = sum(map(str.isalpha, body[: 4 * FEWEST_LETTERS]))
    if letters < FEWEST_LETTERS or (_COURTESY.match(body) and not _ASKS.search(body)):
        return None
    announced = lead is not None and lead.group().strip(" ,:").lower() not in ("", "and")
    return Segment(start=first, end=first + len(body), text=body, announced=announced)


def _capped(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    every = tuple(segments)
    if len(every) <= MOST_SEGMENTS:
        return every
    tail = MOST_SEGMENTS // 3
    return every[: MOST_SEGMENTS - tail] + every[-tail:]
