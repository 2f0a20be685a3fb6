"""What many examined replies came to, beside what people say about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firstline.evals.check import Examined


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSummary:
    """Counts and shares over replies. Shares over no reply are None."""

    n: int
    blocked: int
    labelled: int
    precision: float | None
    """Of the labelled replies that were blocked, how many a person would block."""
    recall: float | None
    """Of the replies a person would block, how many were blocked."""
    false_block_share: float | None
    """Of the replies a person would send, how many were blocked."""
    by_code: Mapping[str, int]
    """Blocked replies by `check/code`, most first; one reply may have several."""
    false_by_code: Mapping[str, int]
    """The same for replies a person would send."""
    missed: tuple[str, ...]
    """Ids of replies that a person would block and that passed."""
    wrongly_blocked: tuple[str, ...]
    """Ids of replies that a person would send and that were blocked."""

    def as_json(self) -> dict[str, Any]:
        """Return the summary as the `--summary` file holds it."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in fields.items()
        }


def summarise(examined: Sequence[Examined]) -> CheckSummary:
    """Count what was blocked, and compare it with the labels there are."""
    bad = [item for item in examined if item.case.label == "block"]
    good = [item for item in examined if item.case.label == "pass"]
    caught = [item for item in bad if item.verdict == "block"]
    false = [item for item in good if item.verdict == "block"]
    return CheckSummary(
        n=len(examined),
        blocked=sum(item.verdict == "block" for item in examined),
        labelled=len(bad) + len(good),
        precision=_share(len(caught), len(caught) + len(false)),
        recall=_share(len(caught), len(bad)),
        false_block_share=_share(len(false), len(good)),
        by_code=_count(examined),
        false_by_code=_count(false),
        missed=tuple(item.case.id for item in bad if item.verdict == "pass"),
        wrongly_blocked=tuple(item.case.id for item in false),
    )


def _count(examined: Sequence[Examined]) -> dict[str, int]:
    return dict(Counter(code for item in examined for code in item.codes).most_common())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
