"""What is watched of a scope, and how one ticket or label moves it. Pure.

| watch         | counts                                     | gives alarm when       |
|---------------|--------------------------------------------|------------------------|
| escalation    | tickets that were escalated                | the share rises by 0.1 |
| models        | tickets that asked a model                 | the share rises by 0.1 |
| cost          | dollars of tickets that asked a model      | the level rises        |
| latency_local | milliseconds of tickets that asked none    | the level rises        |
| latency_model | milliseconds of tickets that asked a model | the level rises        |
| errors        | audited replies that were wrong            | the promise is broken  |

What is usual is learned from the first tickets, or told by an operator, and stays until somebody
asks to learn it anew: a baseline that follows the traffic would follow the drift.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log, sqrt
from typing import Self

from firstline.pipeline.tuning import Tuning
from firstline.trust.monitor import Cusum, EProcess, LevelCusum

RISE = 0.1
"""The rise of a share that is looked for: escalation from 20 to 30 %."""
UNCERTAINTY = 0.5
"""Standard errors added to a learned share. A share learned too low would give false alarms: with
half an error a share of 5 to 70 % learned from 500 tickets has one in 12,000 to 20,000 on average
(half of all baselines: in 5,000 to 15,000) and notices a rise of 0.1 after 90 to 340."""
LEVEL_THRESHOLD = 16.0
"""Twice the usual one: costs and times have heavy tails. A rise by a deviation takes 32 tickets."""
LEAST_DEVIATION: Mapping[str, float] = {"cost": 0.2, "latency_local": 0.7, "latency_model": 0.7}
"""Of natural logarithms: times that double and costs that rise by a fifth are a deviation each."""
LATENCIES = ("latency_local", "latency_model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of tickets: being learned, then watched."""

    learned: int = 0
    yes: int = 0
    watch: Cusum | None = None

    def step(self, *, yes: bool, learn: int) -> Self:
        """Return it after one more ticket."""
        if self.watch is not None:
            return replace(self, watch=self.watch.step(yes=yes))
        grown = replace(self, learned=self.learned + 1, yes=self.yes + yes)
        if grown.learned < learn:
            return grown
        share = (grown.yes + 1) / (grown.learned + 2)
        error = sqrt(share * (1 - share) / grown.learned)
        return replace(grown, watch=cusum_of(min(share + UNCERTAINTY * error, (1 + share) / 2)))

    @property
    def value(self) -> float:
        """Where the test stands."""
        return self.watch.value if self.watch else 0.0

    @property
    def seen(self) -> int:
        """Steps of the test."""
        return self.watch.seen if self.watch else 0

    @property
    def alarm(self) -> bool:
        """Whether the share has risen."""
        return self.watch is not None and self.watch.alarm

    def told(self) -> str:
        """Return the alarm in words."""
        if self.watch is None:
            return "not learned yet"
        return f"{self.watch.usual:.1%} is usual, {self.watch.raised:.1%} is more likely now"

    def restarted(self) -> Self:
        """Return it as it was when its baseline was new."""
        return replace(self, watch=replace(self.watch, value=0.0, seen=0)) if self.watch else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Height:
    """A level of a positive quantity: being learned, then watched."""

    learned: int = 0
    mean: float = 0.0
    """Of natural logarithms."""
    squares: float = 0.0
    """Sum of squared distances from the mean (Welford, 1962)."""
    watch: LevelCusum | None = None

    def step(self, quantity: float, *, learn: int, least: float) -> Self:
        """Return it after one more measurement."""
        if self.watch is not None:
            return replace(self, watch=self.watch.step(quantity))
        count = self.learned + 1
        value = log(max(quantity, 1e-12))
        mean = self.mean + (value - self.mean) / count
        squares = self.squares + (value - self.mean) * (value - mean)
        watch = None
        if count >= learn:
            deviation = max(sqrt(squares / count), least)
            watch = LevelCusum(mean=mean, deviation=deviation, threshold=LEVEL_THRESHOLD)
        return replace(self, learned=count, mean=mean, squares=squares, watch=watch)

    @property
    def value(self) -> float:
        """Where the test stands."""
        return self.watch.value if self.watch else 0.0

    @property
    def seen(self) -> int:
        """Steps of the test."""
        return self.watch.seen if self.watch else 0

    @property
    def alarm(self) -> bool:
        """Whether the level has risen."""
        return self.watch is not None and self.watch.alarm

    def told(self) -> str:
        """Return the alarm in words."""
        return "its level has risen above what was usual"

    def restarted(self) -> Self:
        """Return it as it was when its baseline was new."""
        return replace(self, watch=replace(self.watch, value=0.0, seen=0)) if self.watch else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a ticket that has ended adds."""

    escalated: bool
    asked: bool | None = None
    """Whether a model was asked; None: unknown, only the escalation counts."""
    cost_usd: float = 0.0
    wall_ms: float = 0.0
    second: int = 0
    """When it ended. A stall makes all tickets of its seconds slow: one a second counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A watch that has gone off."""

    scope: str
    watch: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Everything that is watched of one scope. Frozen while tripped, so that the end is seen."""

    tripped: bool = False
    shares: Mapping[str, Share] = field(default_factory=dict)
    heights: Mapping[str, Height] = field(default_factory=dict)
    errors: EProcess | None = None
    timed: int = 0
    """The last second whose time was counted."""

    @property
    def tests(self) -> tuple[tuple[str, Share | Height], ...]:
        """The tests of tickets, by name."""
        return (*self.shares.items(), *self.heights.items())

    def after_ticket(self, facts: Facts, tuning: Tuning, *, whole: bool) -> Self:
        """Return it after one more ticket.

        Args:
            facts: What the ticket adds.
            tuning: How many tickets a baseline is learned from.
            whole: Whether the scope is everything: models, cost and latency are watched there.
        """
        if self.tripped:
            return self
        yes = {"escalation": facts.escalated}
        values: dict[str, float] = {}
        timed = self.timed
        if whole and facts.asked is not None:
            yes["models"] = facts.asked
            if facts.asked:
                values["cost"] = facts.cost_usd
            if facts.second != self.timed:
                values["latency_model" if facts.asked else "latency_local"] = facts.wall_ms
                timed = facts.second
        learn = tuning.learn
        shares = {
            name: self.shares.get(name, Share()).step(yes=value, learn=learn)
            for name, value in yes.items()
        }
        heights = {
            name: self.heights.get(name, Height()).step(
                value, learn=learn, least=LEAST_DEVIATION[name]
            )
            for name, value in values.items()
        }
        return replace(
            self,
            shares={**self.shares, **shares},
            heights={**self.heights, **heights},
            timed=timed,
        )

    def after_label(self, *, wrong: bool, limit: float) -> Self:
        """Return it after one more audited reply, under a promise of at most `limit` wrong.

        Another promise begins another test: what was seen under the old one does not count.
        """
        errors = self.errors
        if errors is None or errors.limit != limit:
            errors = EProcess.against(limit)
        return replace(self, errors=errors.step(wrong=wrong))

    def alarms(self, scope: str, delta: float) -> tuple[Alarm, ...]:
        """Return the watches that have gone off and have not tripped the scope yet.

        Args:
            scope: Its name.
            delta: Probability with which audits may give a false alarm, ever.
        """
        if self.tripped:
            return ()
        found = [
            Alarm(scope=scope, watch=name, why=f"{name}: {one.told()}")
            for name, one in self.tests
            if one.alarm
        ]
        errors = self.errors
        if errors is not None and errors.alarm(delta):
            why = (
                f"errors: {errors.errors} of {errors.seen} audited replies were wrong, more than "
                f"{errors.limit:.1%} (evidence {errors.value:.3g})"
            )
            found.append(Alarm(scope=scope, watch="errors", why=why))
        return tuple(found)

    def restarted(self, *names: str) -> Self:
        """Return it with tests begun anew on their baselines: these, or without names all."""
        wanted = names or (*self.shares, *self.heights, "errors")
        return replace(
            self,
            tripped=self.tripped and bool(names),
            shares={k: v.restarted() if k in wanted else v for k, v in self.shares.items()},
            heights={k: v.restarted() if k in wanted else v for k, v in self.heights.items()},
            errors=None if "errors" in wanted else self.errors,
        )

    def paths(self) -> Mapping[str, tuple[int, float, float]]:
        """Return of each test that runs: its steps, where it stands, and its threshold."""
        found: dict[str, tuple[int, float, float]] = {}
        for name, one in self.tests:
            if one.watch is not None:
                found[name] = (one.seen, one.value, one.watch.threshold)
        if self.errors is not None:
            evidence = log(max(self.errors.value, 1e-12))
            found["errors"] = (self.errors.seen, min(evidence, 700.0), 0.0)
        return found


def cusum_of(usual: float) -> Cusum:
    """Return the watch over a share that is usually this large."""
    return Cusum(usual=usual, raised=min(usual + RISE, (1 + usual) / 2))


def effect_of(watch: str, tuning: Tuning) -> str:
    """Return what an alarm of a watch does: trip or log."""
    return tuning.effect("latency" if watch in LATENCIES else watch)
