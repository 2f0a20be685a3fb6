"""Putting mistyped words right by the words of the examples.

A word the examples do not have, but for one slip (a letter lost, added, changed, or two
swapped), is replaced. No dictionary stands behind it, so a right but rare word may be replaced
too; callers therefore weigh the repaired text against the original and trust neither blindly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from firstline.routing.features import words_of

SHORTEST, LONGEST = 4, 20
"""Shorter words have too many neighbours; longer ones are not words."""
MOST_REPAIRS = 40
"""In one text."""


class Spelling:
    """The words of the examples, findable by what is left when one letter is dropped."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = dict(counts)
        self._by_rest: dict[str, list[str]] = {}
        for word in self._counts:
            if SHORTEST <= len(word) <= LONGEST and word.isalpha():
                for rest in _rests(word):
                    self._by_rest.setdefault(rest, []).append(word)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Spelling:
        """Learn the words of some texts."""
        return cls(Counter(word for text in texts for word in words_of(text)))

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each word occurred."""
        return self._counts

    def repaired(self, text: str) -> str | None:
        """Return the words of a text with slips put right, or None when there is none to mend."""
        words = words_of(text)
        repairs = 0
        for place, word in enumerate(words):
            better = self._better(word)
            if better is not None:
                words[place] = better
                repairs += 1
            if repairs == MOST_REPAIRS:
                break
        return " ".join(words) if repairs else None

    def _better(self, word: str) -> str | None:
        if word in self._counts or not SHORTEST <= len(word) <= LONGEST or not word.isalpha():
            return None
        found = {
            known
            for rest in _rests(word)
            for known in self._by_rest.get(rest, ())
            if one_slip_apart(word, known)
        }
        return max(found, key=lambda known: (self._counts[known], known), default=None)


def _rests(word: str) -> set[str]:
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


def one_slip_apart(left: str, right: str) -> bool:
    """Say whether two words differ by at most one letter, or by two neighbours swapped."""
    if abs(len(left) - len(right)) > 1:
        return False
    same = 0
    while same < min(len(left), len(right)) and left[same] == right[same]:
        same += 1
    a, b = left[same:], right[same:]
    swapped = len(a) > 1 and len(b) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:]
    return a[1:] == b[1:] or a == b[1:] or a[1:] == b or swapped
