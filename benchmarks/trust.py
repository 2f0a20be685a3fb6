"""Does the promise hold? A thousand simulated calibrations a row, with the truth known.

Each world has a score and a risk that falls with it; how much is wrong above any threshold is then
known exactly, so a broken promise can be counted. Beside it the rule most people use: the most
lenient threshold at which the labels look good enough.

    python -m benchmarks.trust [--runs 1000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from firstline.trust.monitor import Cusum, EProcess
from firstline.trust.thresholds import Grid, choose, grid_of

ALPHA, DELTA = 0.02, 0.05
SIZES = (150, 500, 1000, 2000, 4000)
REFERENCE = 5000
"""Unlabelled tickets the grid is laid by."""
WARM = 300
"""Tickets a watch has been in service before anything changes."""


@dataclass(frozen=True)
class World:
    """Scores uniform on 0 to 1; at score s a reply is wrong with probability a (1 - s)^b."""

    name: str
    a: float
    b: float

    def wrong_above(self, threshold: float) -> float:
        """Return the true share of wrong replies at or above a threshold."""
        share = min(max(1 - threshold, 0.0), 1.0)
        return float(self.a * share**self.b / (self.b + 1))

    @property
    def oracle(self) -> float:
        """Return the largest share that could be sent within the promise."""
        if not self.b:
            return 1.0 if self.a <= ALPHA else 0.0
        return float(min(1.0, (ALPHA * (self.b + 1) / self.a) ** (1 / self.b)))


WORLDS = (
    World("good score", 0.169, 3),
    World("weak score", 0.125, 1),
    World("useless score, 6 % wrong", 0.06, 0),
    World("useless score, just above 2 % wrong", 0.0201, 0),
)


def naive(scores: NDArray[np.float64], wrong: NDArray[np.bool_], grid: Grid) -> float | None:
    """Return the most lenient threshold at which the observed error is small enough."""
    best = None
    for threshold in grid.thresholds:
        above = scores >= threshold
        if above.any() and wrong[above].mean() <= ALPHA:
            best = threshold
    return best


def ours(scores: NDArray[np.float64], wrong: NDArray[np.bool_], grid: Grid) -> float | None:
    """Return the certified threshold."""
    chosen = choose(scores, wrong, grid, alpha=ALPHA, delta=DELTA)
    return None if chosen is None else chosen.threshold


Rule = Callable[[NDArray[np.float64], NDArray[np.bool_], Grid], float | None]
RULES: dict[str, Rule] = {"certificate": ours, "naive": naive}


def calibrations(runs: int) -> None:
    """Print, per world and number of labels, how often each rule breaks the promise."""
    print(f"promise: at most {ALPHA:.0%} wrong, mistaken in at most {DELTA:.0%} of calibrations")
    print(f"{'world':<38}{'labels':>7}{'rule':>13}{'broken':>9}{'none':>7}{'sent':>7}{'oracle':>8}")
    for world in WORLDS:
        for size in SIZES:
            draw = np.random.default_rng([size, int(world.a * 1e6)])
            grid = grid_of(draw.random(REFERENCE))
            thresholds: dict[str, list[float | None]] = {name: [] for name in RULES}
            for _ in range(runs):
                scores = draw.random(size)
                wrong = draw.random(size) < world.a * (1 - scores) ** world.b
                for name, rule in RULES.items():
                    thresholds[name].append(rule(scores, wrong, grid))
            for name, found in thresholds.items():
                _row(world, size, name, found)


def _row(world: World, size: int, name: str, found: list[float | None]) -> None:
    certified = [value for value in found if value is not None]
    broken = sum(world.wrong_above(value) > ALPHA for value in certified) / len(found)
    sent = sum(1 - value for value in certified) / len(found)
    none = 1 - len(certified) / len(found)
    print(
        f"{world.name:<38}{size:>7}{name:>13}{broken:>9.1%}{none:>7.0%}{sent:>7.0%}"
        f"{world.oracle:>8.0%}"
    )


def drift(runs: int) -> None:
    """Print how soon a CUSUM notices a change that comes in service, and how often it is wrong."""
    print(f"\n{'watch':<34}{'delay mean':>11}{'median':>8}{'one false alarm in':>20}")
    for name, usual, raised in (
        ("escalation 20 -> 30 %", 0.20, 0.30),
        ("audit error 1 -> 3 %", 0.01, 0.03),
    ):
        draw = np.random.default_rng(7)
        in_service = _values_in_service(draw, usual, raised, 4 * runs)
        late = _times_to_alarm(draw, usual, raised, raised, in_service)
        quiet = _times_to_alarm(draw, usual, raised, usual, np.zeros(runs))
        print(f"{name:<34}{late.mean():>11.0f}{np.median(late):>8.0f}{quiet.mean():>20,.0f}")


def _gains(watch: Cusum) -> tuple[float, float]:
    """Return what a yes and a no add, read off the watch itself."""
    high = replace(watch, value=watch.threshold)
    return high.step(yes=True).value - high.value, high.step(yes=False).value - high.value


def _values_in_service(
    draw: np.random.Generator, usual: float, raised: float, runs: int
) -> NDArray[np.float64]:
    """Return where watches stand after a while in which all was well and none gave alarm."""
    watch = Cusum(usual=usual, raised=raised)
    yes, no = _gains(watch)
    values = np.zeros(runs)
    quiet = np.ones(runs, dtype=bool)
    for _ in range(WARM):
        values = np.maximum(0, values + np.where(draw.random(runs) < usual, yes, no))
        quiet &= values < watch.threshold
    return values[quiet]


def _times_to_alarm(
    draw: np.random.Generator,
    usual: float,
    raised: float,
    true: float,
    values: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return after how many tickets each watch gives alarm."""
    watch = Cusum(usual=usual, raised=raised)
    yes, no = _gains(watch)
    times = np.zeros(values.size, dtype=np.int64)
    alive = np.arange(values.size)
    while alive.size:
        hit = draw.random(alive.size) < true
        values[alive] = np.maximum(0, values[alive] + np.where(hit, yes, no))
        times[alive] += 1
        alive = alive[values[alive] < watch.threshold]
    return times


def evidence(runs: int) -> None:
    """Print how often an e-process cries wolf, and how soon it is right."""
    print(f"\n{'e-process for more than 2 % wrong':<40}{'alarm within 5,000':>19}{'median':>8}")
    one = EProcess.against(ALPHA)
    yes, no = np.asarray(one.step(wrong=True).logs), np.asarray(one.step(wrong=False).logs)
    for true in (0.01, 0.02, 0.03, 0.05):
        draw = np.random.default_rng(11)
        logs = np.zeros((runs, yes.size))
        first = np.zeros(runs, dtype=np.int64)
        for at in range(1, 5001):
            logs += np.where((draw.random(runs) < true)[:, None], yes, no)
            alarm = np.exp(np.minimum(logs, 600)).mean(axis=1) >= 1 / DELTA
            first[alarm & (first == 0)] = at
        found = first[first > 0]
        median = f"{np.median(found):.0f}" if found.size else "-"
        print(f"{f'true error {true:.0%}':<40}{found.size / runs:>19.1%}{median:>8}")


def main() -> None:
    """Run all three."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--runs", type=int, default=1000)
    runs = reader.parse_args().runs
    begun = time.process_time()
    calibrations(runs)
    drift(runs)
    evidence(runs)
    print(f"\n{time.process_time() - begun:.0f} s of CPU")


if __name__ == "__main__":
    main()
