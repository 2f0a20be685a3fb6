"""What a sentence of a reply does: answer, decline, ask, hand over, or only be polite."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from firstline.proof.tone.reading import folded
from firstline.proof.tone.tables import phrases

Part = Literal["substance", "refusal", "question", "handover", "courtesy"]
_LONGEST_COURTESY: Final = 30
"""Words above which a sentence is no mere courtesy, whatever it begins with."""

_REFUSAL: Final = phrases("refusal")
_HANDOVER: Final = phrases("handover")
_HANDED: Final = phrases("handed")
_COURTESY: Final = phrases("courtesy")
_ASKS_DETAILS: Final = phrases("asks_details")

_BULLETS: Final = b" -*>#"
_CLOSERS: Final = b" \"')*"


@lru_cache(maxsize=256)
def part_of(text: str) -> Part:
    """Return what a sentence does.

    A sentence that declines and goes on to tell something is taken for what it begins with.
    """
    read = folded(text.strip()[:1000])
    if is_handover(text):
        return "handover"
    if _REFUSAL.search(read) is not None and _HANDED.match(read.lstrip(_BULLETS)) is None:
        return "question" if read.rstrip(_CLOSERS).endswith(b"?") else "refusal"
    if _COURTESY.match(read) and len(read.split()) <= _LONGEST_COURTESY:
        return "courtesy"
    if read.rstrip(_CLOSERS).endswith(b"?"):
        return "question"
    return "substance" if any(char.isalnum() for char in text) else "courtesy"


@lru_cache(maxsize=256)
def is_handover(text: str) -> bool:
    """Whether a sentence says that somebody else will see to it, without any "if you wish"."""
    read = folded(text[:1000])
    if _HANDOVER.search(read) is None:
        return False
    return _HANDED.match(read.lstrip(_BULLETS)) is None


def asks_for_details(text: str) -> bool:
    """Whether a question asks the customer for what is needed to answer."""
    return _ASKS_DETAILS.search(folded(text[:1000])) is not None
