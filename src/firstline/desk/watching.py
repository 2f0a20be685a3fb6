"""How the watch over what goes out by itself stands, and the drift charts of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from math import exp, log

from firstline.pipeline.drift import Height, Share, Watched
from firstline.pipeline.release import Release
from firstline.records import decode
from firstline.store.autonomy import EVERYTHING, Audit, AuditCounts, AutonomyStore
from firstline.trust.monitor import Cusum
from firstline.trust.pictures import drift
from firstline.workspace.models import TrustSettings

_UNITS = {"cost": "$", "latency_local": "ms", "latency_model": "ms"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedTest:
    """Where one test stands."""

    scope: str
    name: str
    usual: str
    """What is usual, or how far learning it is."""
    value: float
    threshold: float
    seen: int
    learning: bool = False
    path: tuple[tuple[int, float], ...] = ()
    """Steps, and where the test stood after them; oldest first."""

    @property
    def alarm(self) -> bool:
        """Whether it has gone off."""
        return not self.learning and self.value >= self.threshold

    def chart(self) -> str:
        """Return its path as SVG."""
        scope = "all tickets" if self.scope == EVERYTHING else self.scope
        plot = drift(
            f"{self.name.replace('_', ' ')}, {scope}",
            [value for _, value in self.path],
            self.threshold,
            steps=[step for step, _ in self.path],
            test="e-process" if self.name == "errors" else "CUSUM",
        )
        return plot.svg()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """Everything that is watched."""

    tests: tuple[WatchedTest, ...]
    audits: AuditCounts
    waiting: tuple[Audit, ...]
    """Drawn replies that nobody has looked at yet, oldest first."""
    release: Release

    def page(self, company: str) -> str:
        """Return the drift charts as one HTML page without scripts or styles."""
        drawn = [item for item in self.tests if item.path]
        charts = "".join(f"<figure>{item.chart()}</figure>" for item in drawn)
        trips = "".join(
            f"<li><strong>{escape(trip.scope)}</strong> tripped "
            f"{trip.since:%Y-%m-%d %H:%M} UTC: {escape(trip.why)}</li>"
            for trip in self.release.trips
        )
        title = f"{escape(company)}: what is watched"
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
            f"<h1>{title}</h1><p>{self.audits.drawn} replies drawn for audit, "
            f"{self.audits.labelled} looked at, {self.audits.wrong} wrong.</p>"
            f"<ul>{trips}</ul>{charts or '<p>No test has a path yet.</p>'}</html>\n"
        )


def watch_report(store: AutonomyStore, release: Release, trust: TrustSettings) -> WatchReport:
    """Return how everything stands that is watched."""
    _, delta = release.tuning.promise(trust)
    tests = [
        test
        for scope, body in sorted(store.states().items())
        for test in _tests(scope, decode(Watched, body), release, delta)
    ]
    return WatchReport(
        tests=tuple(_with_path(test, store) for test in tests),
        audits=store.audit_counts(),
        waiting=store.audits(),
        release=release,
    )


def _tests(scope: str, watched: Watched, release: Release, delta: float) -> list[WatchedTest]:
    found = [_of_tickets(scope, name, one, release.tuning.learn) for name, one in watched.tests]
    errors = watched.errors
    if errors is not None:
        found.append(
            WatchedTest(
                scope=scope,
                name="errors",
                usual=f"{errors.errors} of {errors.seen} wrong; {errors.limit:.1%} is promised",
                value=log(max(errors.value, 1e-12)),
                threshold=log(1 / delta),
                seen=errors.seen,
            )
        )
    return found


def _of_tickets(scope: str, name: str, one: Share | Height, learn: int) -> WatchedTest:
    watch = one.watch
    if watch is None:
        usual = f"learning: {one.learned} of {learn}"
    elif isinstance(watch, Cusum):
        usual = f"{watch.usual:.1%}, raised {watch.raised:.1%}"
    else:
        low, high = (exp(watch.mean + by * watch.deviation) for by in (-1, 1))
        usual = f"{low:.4g} to {high:.4g} {_UNITS[name]}"
    return WatchedTest(
        scope=scope,
        name=name,
        usual=usual,
        value=one.value,
        threshold=0.0 if watch is None else watch.threshold,
        seen=one.seen,
        learning=watch is None,
    )


def _with_path(test: WatchedTest, store: AutonomyStore) -> WatchedTest:
    path = [(point.seen, point.value) for point in store.points(test.scope, test.name)]
    if test.seen and (not path or path[-1][0] != test.seen):
        path.append((test.seen, test.value))
    return replace(test, path=tuple(path))
