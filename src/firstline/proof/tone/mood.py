"""How the customer is, as far as a reply has to heed it: upset, or in distress.

The router's signals say it when a ticket was routed; a small table of plain wordings says it for
replies of other systems. It decides only which words a reply owes, never who answers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from firstline.proof.subject import Subject
from firstline.proof.tone.reading import MOST_CHARACTERS, folded
from firstline.proof.tone.tables import phrases
from firstline.records import Signal

Mood = Literal["calm", "upset", "distressed"]

_UPSETTING: Final[frozenset[Signal]] = frozenset({"anger", "threat", "legal", "media"})
_DISTRESSING: Final[frozenset[Signal]] = frozenset(
    {"bereavement", "vulnerability", "self_harm", "danger"}
)
_UPSET: Final = phrases("upset")
_DISTRESS: Final = phrases("distress")


def mood_of(subject: Subject) -> Mood:
    """Return how the customer is."""
    if subject.route is not None:
        kinds = {signal.signal for signal in subject.route.signals}
        if not kinds.isdisjoint(_DISTRESSING):
            return "distressed"
        if not kinds.isdisjoint(_UPSETTING):
            return "upset"
    return _mood(subject.asked[:MOST_CHARACTERS])


@lru_cache(maxsize=8)
def _mood(asked: str) -> Mood:
    text = folded(asked)
    if _DISTRESS.search(text) is not None:
        return "distressed"
    return "upset" if _UPSET.search(text) is not None else "calm"
