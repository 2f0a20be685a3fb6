"""A reply in one piece, and where each place of it stands among its sentences."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

from firstline.proof.normal import normalise
from firstline.records import Draft

_BETWEEN = "\n\n"


class WholeReply:
    """The sentences of a draft, normalised, a blank line between two."""

    def __init__(self, draft: Draft) -> None:
        written = [sentence.text for sentence in draft.sentences]
        plain = [_normalised(text) for text in written]
        self.text = _BETWEEN.join(plain)
        self._same = [a == b for a, b in zip(written, plain, strict=True)]
        sizes = (len(text) + len(_BETWEEN) for text in plain)
        self._starts = [0, *accumulate(sizes)][: len(plain)]

    def sentence(self, start: int) -> int:
        """Return the index of the sentence that has an offset of `text`."""
        return max(0, bisect_right(self._starts, start) - 1)

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return a place as offsets into its sentence, None where normalising moved it."""
        at = self.sentence(start)
        if not self._starts or not self._same[at]:
            return None
        return start - self._starts[at], end - self._starts[at]


@lru_cache(maxsize=512)
def _normalised(text: str) -> str:
    return normalise(text)
