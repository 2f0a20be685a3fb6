"""Two texts word by word, in their order: how much of one is the other, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from firstline.proof.statements.words import Words

Change = tuple[str, int, int, int, int]
"""What happened to some words, and where they stand in the one text and the other."""


class InOrder:
    """What a text shares with another in the same order.

    Args:
        said: The words of the one.
        held: Those of the other.
    """

    def __init__(self, said: Words, held: Words) -> None:
        ours, theirs = _keys(said), _keys(held)
        self._size = len(ours)
        self._matcher: SequenceMatcher[str] | None = None
        if ours != theirs:
            self._matcher = SequenceMatcher(None, ours, theirs, autojunk=False)

    def share(self) -> float:
        """Return how much of both is the same, 0 to 1."""
        return 1.0 if self._matcher is None else self._matcher.ratio()

    def changes(self) -> Sequence[Change]:
        """Return the stretches that are the same or differ, in order."""
        if self._matcher is None:
            return [("equal", 0, self._size, 0, self._size)] if self._size else []
        return self._matcher.get_opcodes()


@lru_cache(maxsize=16)
def in_order(said: Words, held: Words) -> InOrder:
    """Return what two texts share; several rules ask about the same two."""
    return InOrder(said, held)


def most_shared(said: Words, held: Words) -> float:
    """Return a share that two texts cannot have more of, far quicker than the share itself."""
    ours, theirs = _keys(said), frozenset(_keys(held))
    total = len(said.words) + len(held.words)
    return 2.0 * sum(key in theirs for key in ours) / total if total else 1.0


def _keys(read: Words) -> list[str]:
    return [lemma or word for lemma, word in zip(read.lemmas, read.words, strict=True)]
