"""How far people agree who label the same replies, beyond what chance would make them agree.

Cohen (1960) for two people; Krippendorff's alpha for nominal values (2011) for any number, where
not everybody has labelled everything. 1 is perfect agreement, 0 what chance gives, below 0 worse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far some people agree."""

    who: tuple[str, ...]
    count: int
    """Replies that at least two of them labelled."""
    observed: float | None
    """Share of the pairs of labels that agree; None without any."""
    value: float | None
    """Kappa or alpha; None where it is not defined: nothing in common, or all of one kind."""


def kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Return Cohen's kappa of two people's labels of the same things, in the same order.

    None when there are none, or when both gave one and the same label to everything: then there
    is nothing chance could have got wrong.
    """
    if len(first) != len(second):
        raise ValueError("both must label the same things")
    total = len(first)
    if not total:
        return None
    agreed = sum(one == other for one, other in zip(first, second, strict=True)) / total
    left, right = Counter(first), Counter(second)
    chance = sum(left[value] * right[value] for value in left) / total**2
    return None if chance >= 1 else (agreed - chance) / (1 - chance)


def alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Return Krippendorff's alpha for nominal values.

    Args:
        units: For each thing, the labels it got from different people; things with fewer than
            two say nothing and are passed over.
    """
    paired = [unit for unit in units if len(unit) > 1]
    values: Counter[Hashable] = Counter()
    disagreed = 0.0
    for unit in paired:
        seen = Counter(unit)
        values.update(seen)
        different = len(unit) ** 2 - sum(number**2 for number in seen.values())
        disagreed += different / (len(unit) - 1)
    total = values.total()
    expected = total**2 - sum(number**2 for number in values.values())
    if not expected:
        return None
    return 1 - (total - 1) * disagreed / expected


def pairs(labels: Mapping[str, Mapping[str, Hashable]]) -> tuple[Agreement, ...]:
    """Return the agreement of each two people who labelled something in common.

    Args:
        labels: By person, then by what was labelled.
    """
    found = []
    for one, other in combinations(sorted(labels), 2):
        common = sorted(labels[one].keys() & labels[other].keys())
        if not common:
            continue
        left = [labels[one][key] for key in common]
        right = [labels[other][key] for key in common]
        agreed = sum(a == b for a, b in zip(left, right, strict=True)) / len(common)
        found.append(
            Agreement(
                who=(one, other), count=len(common), observed=agreed, value=kappa(left, right)
            )
        )
    return tuple(found)


def together(labels: Mapping[str, Mapping[str, Hashable]]) -> Agreement:
    """Return the agreement of all people together."""
    units: dict[str, list[Hashable]] = {}
    for given in labels.values():
        for key, value in given.items():
            units.setdefault(key, []).append(value)
    shared = [unit for unit in units.values() if len(unit) > 1]
    same = compared = 0
    for unit in shared:
        for left, right in combinations(unit, 2):
            same += left == right
            compared += 1
    return Agreement(
        who=tuple(sorted(labels)),
        count=len(shared),
        observed=same / compared if compared else None,
        value=alpha(shared),
    )
