"""How values are spread, small enough to keep a day, and exact enough to read percentiles from.

Values are counted in buckets of which 24 make a factor of ten, so each is 10 % wide and what is
read from a bucket (its geometric middle) is at most 4.9 % off. Spreads of several days, channels or
intents add up to the spread of them all without any further loss (Masson, Rim & Lee, 2019).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, isfinite, log10
from typing import Self

BUCKETS_A_DECADE = 24
ERROR = 10 ** (0.5 / BUCKETS_A_DECADE) - 1
"""How far off a percentile may be, relative to itself."""
LOWEST, HIGHEST = -3 * BUCKETS_A_DECADE, 13 * BUCKETS_A_DECADE
"""From a thousandth to 10^13: microseconds to three centuries, where values are milliseconds."""


@dataclass(slots=True)
class Spread:
    """Counts of values by bucket."""

    buckets: Counter[int] = field(default_factory=Counter)
    total: float = 0.0
    """The sum of the values."""

    def add(self, value: float) -> None:
        """Count a value; what is not positive counts as the smallest, what is no number not."""
        if not isfinite(value):
            return
        self.buckets[_bucket(value)] += 1
        self.total += max(value, 0.0)

    def merge(self, other: Self) -> None:
        """Count everything that is in another one, too."""
        for bucket, count in other.buckets.items():
            self.buckets[bucket] += count
        self.total += other.total

    @property
    def count(self) -> int:
        """How many values there are."""
        return self.buckets.total()

    def percentile(self, percent: float) -> float | None:
        """Return a percentile by nearest rank, within ERROR; None without values."""
        return self.percentiles(percent)[0]

    def percentiles(self, *percents: float) -> tuple[float | None, ...]:
        """Return several percentiles, which must rise, in one look."""
        count = self.count
        if not count:
            return (None,) * len(percents)
        ranks = [max(1, ceil(count * percent / 100 - 1e-9)) for percent in percents]
        found: list[float] = []
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            while len(found) < len(ranks) and ranks[len(found)] <= seen:
                found.append(float(10 ** ((bucket - 0.5) / BUCKETS_A_DECADE)))
        return tuple(found)

    def up_to(self, edges: Iterable[int]) -> tuple[int, ...]:
        """Return how many values are at most 10^(edge / 24), for rising edges. Exact."""
        found, seen = [], 0
        left = iter(sorted(self.buckets.items()))
        pair = next(left, None)
        for edge in edges:
            while pair is not None and pair[0] <= edge:
                seen += pair[1]
                pair = next(left, None)
            found.append(seen)
        return tuple(found)

    def encode(self) -> str:
        """Return it as text: the first bucket, the sum, and the counts from there on."""
        kept = {bucket: count for bucket, count in self.buckets.items() if count}
        if not kept:
            return "0:0:"
        first, last = min(kept), max(kept)
        counts = ",".join(str(kept.get(bucket, 0)) for bucket in range(first, last + 1))
        return f"{first}:{round(self.total, 3)}:{counts}"

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return what `encode` wrote; raises ValueError when it is anything else."""
        first, total, counts = text.split(":")
        begin = int(first)
        found = Counter(
            {
                begin + at: int(count)
                for at, count in enumerate(counts.split(",") if counts else ())
                if count != "0"
            }
        )
        return cls(buckets=found, total=float(total))


def edge_value(edge: int) -> float:
    """Return the upper edge of a bucket."""
    return float(10 ** (edge / BUCKETS_A_DECADE))


def _bucket(value: float) -> int:
    if value <= 0:
        return LOWEST
    # The small slack keeps 10 in the bucket that ends at 10, whatever log10 rounds to.
    return min(max(ceil(BUCKETS_A_DECADE * log10(value) - 1e-9), LOWEST), HIGHEST)
