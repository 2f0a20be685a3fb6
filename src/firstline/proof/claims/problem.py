"""A value to be worked out, and what there is to work it out of."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from firstline.proof.claims.claim import Claim
from firstline.proof.claims.days import day_of
from firstline.proof.claims.matching import fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Computation:
    """A value worked out from others."""

    formula: str
    """For people: "15 Jan 2025 + 5 to 7 business days = 22 to 24 Jan 2025"."""
    inputs: tuple[int, ...] = ()
    """Indices of the held claims that went in; those the reply or the day itself gave have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What there is to work a value out of."""

    made: Claim
    held: Sequence[Claim]
    records: Sequence[Hashable]
    """Which record each held claim comes from."""
    today: date
    text: str
    """The sentence, then those beside it; `made` has offsets of it."""
    named: tuple[Claim, ...]
    """The values of `text`, apart from the made one."""
    words: frozenset[str]
    """The words of `text`, in lower case."""
    holidays: AbstractSet[date]

    named_values: frozenset[Decimal]
    """The numbers of `named`, for a quick no."""

    def is_named(self, claim: Claim) -> bool:
        """Whether the reply itself says this value beside the made one."""
        known = self.named_values
        if claim.low not in known and claim.high not in known:
            if claim.unit != "day" or claim.low is None:
                return False
            day = day_of(claim.low)
            if day.month * 100 + day.day not in known and day.day not in known:
                return False
        return any(fit(claim, other) is not None for other in self.named)

    def says(self, cues: frozenset[str]) -> bool:
        """Whether one of these words stands in the sentence or beside it."""
        return not self.words.isdisjoint(cues)
