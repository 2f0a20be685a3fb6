"""The dashboard: what happened in a period, how things stand, and what needs somebody.

    dashboards = Dashboards(engine, workspace, release=parts.release, now=utc_now)
    dashboards.catch_up()                      # what ended lately is counted in
    board = dashboards.of(period)              # frozen records: a page, a file, the API

`store/metrics.py` reads, the functions of `dashboard_figures.py` make records of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from threading import Event, Lock, Thread

import sqlalchemy as sa

from firstline.desk.alerts import Alert, Model, Readings, alerts
from firstline.desk.dashboard_figures import (
    MEASURES,
    budget_figures,
    day_figures,
    feedback_figures,
    helpful_of,
    intent_figures,
    latency_figures,
    merged,
    model_figures,
    outcomes_of,
    queue_figures,
    reason_figures,
    reviewer_figures,
    times_of,
)
from firstline.desk.dashboard_records import (
    BudgetFigures,
    Dashboard,
    Retirement,
)
from firstline.desk.dashboard_trust import (
    autonomy_figures,
    certificate_figures,
    drift_figures,
    in_force,
    retirements_of,
    stopped_because,
    uncovered,
)
from firstline.desk.exposition import Standing, exposition
from firstline.errors import InputError, SetupError
from firstline.observe import log, place_of
from firstline.pipeline.release import Release
from firstline.store.arrival_counts import hook_totals, standings
from firstline.store.autonomy import AutonomyStore
from firstline.store.calls import PICO, CallLedger
from firstline.store.feedback import REOPEN_WITHIN, FeedbackStore
from firstline.store.metric_counting import COST, MANY, Counting
from firstline.store.metric_now import MomentStore
from firstline.store.metric_records import DecisionCount, Period, QueueState
from firstline.store.metrics import ALL_TIME, MetricsStore
from firstline.workspace import Workspace

LONGEST = 731
"""Days of a period, at most."""
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
"""Days a period may lie between."""
DAYS = 28
"""Days of a period, unless it says otherwise."""
FIRST_WAIT, WAIT = 2.0, 0.05
"""Seconds a page waits for the counting: once a process, and later."""
PAUSE = 1.0
"""Seconds after which it is worth looking again for what ended."""
MARK_EVERY = 300.0
"""Seconds between two looks for answers that customers came back to."""
_KEPT = 64


def _nobody() -> None:
    """Let nobody in."""


class Dashboards:
    """The figures of one company. Threads may share it; keep one a process.

    Args:
        engine: The company's database.
        workspace: The company.
        release: Returns what may go out now.
        now: Returns the time.
        admit: Puts what ended with a person into the queue: whoever looks at it does so first.
        keep: Seconds for which the figures of a period are given again as they are. Everybody who
            has the dashboard open asks anew whenever something ends.
    """

    def __init__(
        self,
        engine: sa.Engine,
        workspace: Workspace,
        *,
        release: Callable[[], Release],
        now: Callable[[], datetime],
        admit: Callable[[], object] = _nobody,
        keep: float = 0.0,
    ) -> None:
        self._engine = engine
        self._metrics = MetricsStore(engine)
        self._moment = MomentStore(engine)
        self._counting = Counting(engine)
        self._feedback = FeedbackStore(engine)
        self._calls = CallLedger(engine)
        self._autonomy = AutonomyStore(engine)
        self._workspace = workspace
        self._release = release
        self._now = now
        self._admit = admit
        self._keep = keep
        self._boards: dict[Period, tuple[float, Dashboard]] = {}
        self._lock = Lock()
        self._thread: Thread | None = None
        self._counted = Event()
        self._counted.set()
        self._looked = 0.0
        self._left = 0
        self._marked = 0.0
        self._known_retirements: tuple[date, tuple[Retirement, ...]] | None = None
        # Decisions are only ever added, with the time they are made at: days that are over stay.
        self._past_decisions = lru_cache(maxsize=_KEPT)(self._metrics.decisions)
        self._past_decided = lru_cache(maxsize=_KEPT)(self._metrics.decided)

    @property
    def metrics(self) -> MetricsStore:
        """What reads the counts."""
        return self._metrics

    def catch_up(self) -> int:
        """Count what ended since the last look; return how many tickets are left to count.

        A thread does it. The caller waits a moment, which is enough for what ends in a second; a
        database full of tickets that were never counted takes longer and is told as `uncounted`.
        """
        with self._lock:
            fresh = self._looked and time.monotonic() - self._looked < PAUSE
            if self._thread is None and not fresh:
                # Nothing is lost when the process ends meanwhile: what is not committed is not
                # counted, and the next process counts it.
                self._counted.clear()
                self._thread = Thread(target=self._count, name="firstline-figures", daemon=True)
                self._thread.start()
        if self._counted.wait(WAIT if self._looked else FIRST_WAIT):
            return 0
        return self._left or self._counting.behind()

    def count_all(self) -> int:
        """Count everything there is, and return how many tickets that were."""
        self._admit()
        self._mark_reopened()
        return self._counting.count_all(self._now())

    def _count(self) -> None:
        try:
            self._admit()
            while (found := self._counting.count(self._now(), limit=MANY)) == MANY:
                self._left = self._left - found if self._left else self._counting.behind()
            self._counted.set()
            self._mark_reopened()
        except (SetupError, sa.exc.SQLAlchemyError) as error:
            # The figures stay as they are, and the next look tries again.
            log.error("figures_not_counted", kind=type(error).__name__, at=place_of(error))
        finally:
            self._left = 0
            self._looked = time.monotonic()
            self._thread = None
            self._counted.set()

    def _mark_reopened(self) -> None:
        """Note the answers customers came back to, now and then: nobody waits for it."""
        if not self._marked or time.monotonic() - self._marked > MARK_EVERY:
            self._feedback.mark_reopened(answered_since=self._now() - REOPEN_WITHIN)
            self._marked = time.monotonic()

    def of(self, period: Period, *, uncounted: int = 0) -> Dashboard:
        """Return everything about a period.

        Args:
            period: Which days, and perhaps one channel or intent.
            uncounted: What `catch_up` returned.
        """
        begun = time.monotonic()
        at, known = self._boards.get(period, (0.0, None))
        if known is not None and begun - at < self._keep and known.uncounted == uncounted:
            return known
        made = self._made(period, uncounted)
        if self._keep:
            kept = {
                key: one for key, one in list(self._boards.items()) if begun - one[0] < self._keep
            }
            self._boards = kept | {period: (begun, made)}
        return made

    def _made(self, period: Period, uncounted: int) -> Dashboard:
        """Return the figures of a period as they are now."""
        metrics, now = self._metrics, self._now()
        by_channel = metrics.tickets(period, "channel", daily=True)
        feedback = metrics.feedback(period)
        spreads = metrics.spreads(period)
        release = self._release()
        decided, decisions = self._decided(period, now)
        state = self._moment.queue(now)
        total = outcomes_of(by_channel)
        budgets = self._budgets(now.astimezone(UTC).date())
        retirements = self._retirements(now.astimezone(UTC).date())
        return Dashboard(
            at=now,
            first=period.first,
            last=period.last,
            channel=period.channel,
            intent=period.intent,
            uncounted=uncounted,
            total=total,
            before=outcomes_of(metrics.tickets(period.before(), "channel")),
            helpful=helpful_of(feedback),
            cost=times_of(spreads.get(COST, {}).values()),
            days=day_figures(
                period,
                by_channel,
                metrics.calls(period, "day"),
                metrics.spent(period.first, period.last),
                feedback,
                decided,
            ),
            reasons=reason_figures(metrics.tickets(period, "reason"), total.tickets),
            intents=intent_figures(metrics.tickets(period, "intent")),
            feedback=feedback_figures(feedback, metrics.reopened(period)),
            latency=latency_figures(spreads, period),
            models=model_figures(metrics.calls(period, "model", "purpose", "failure")),
            reviewers=reviewer_figures(decisions),
            queue=queue_figures(state),
            autonomy=autonomy_figures(self._workspace, release),
            certificates=certificate_figures(release, self._metrics),
            drift=drift_figures(self._autonomy, release, self._workspace),
            budgets=budgets,
            alarm_usd=self._workspace.settings.models.alarm_usd,
            retirements=retirements,
            alerts=alerts(self._readings(now, release, state, budgets, retirements)),
            known=metrics.known_days(),
        )

    def exposition(self, *, uncounted: int = 0) -> str:
        """Return the figures for Prometheus, as `exposition.CONTENT_TYPE` names the format."""
        now = self._now()
        today = now.astimezone(UTC).date()
        release, state = self._release(), self._moment.queue(now)
        budgets, retirements = self._budgets(today), self._retirements(today)
        metrics = self._metrics
        return exposition(
            Standing(
                now=now,
                by_channel=metrics.tickets(ALL_TIME, "channel"),
                by_reason=metrics.tickets(ALL_TIME, "reason"),
                calls=metrics.calls(ALL_TIME, "model", "purpose", "failure"),
                spreads={
                    measure: merged(days.values())
                    for measure, days in metrics.spreads(ALL_TIME).items()
                    if measure in MEASURES
                },
                feedback=metrics.feedback_now(),
                queue=state,
                doubts=self._moment.doubts(now),
                budgets=budgets,
                retirements=retirements,
                release=release,
                certificates=len(in_force(release)),
                alerts=alerts(self._readings(now, release, state, budgets, retirements)),
                uncounted=uncounted,
                channels=standings(self._engine, now),
                hooks=hook_totals(self._engine),
            )
        )

    def alerts(self) -> tuple[Alert, ...]:
        """Return what needs somebody now."""
        now = self._now()
        today = now.astimezone(UTC).date()
        return alerts(
            self._readings(
                now,
                self._release(),
                self._moment.queue(now),
                self._budgets(today),
                self._retirements(today),
            )
        )

    def _decided(
        self, period: Period, now: datetime
    ) -> tuple[dict[str, int], tuple[DecisionCount, ...]]:
        """Return the decisions a day and by whom; those of days that are over only once."""
        over = now.astimezone(UTC).date() - timedelta(days=2)
        daily: dict[str, int] = {}
        counts: list[DecisionCount] = []
        if period.first <= over:
            past = replace(period, last=min(period.last, over))
            daily |= self._past_decided(past)
            counts += self._past_decisions(past)
        if period.last > over:
            rest = replace(period, first=max(period.first, over + timedelta(days=1)))
            daily |= self._metrics.decided(rest)
            counts += self._metrics.decisions(rest)
        return daily, tuple(counts)

    def _readings(
        self,
        now: datetime,
        release: Release,
        state: QueueState,
        budgets: tuple[BudgetFigures, ...],
        retirements: tuple[Retirement, ...],
    ) -> Readings:
        today = now.astimezone(UTC).date()
        lately = Period(first=today - timedelta(days=1), last=today)
        counts = self._metrics.tickets(lately, "reason")
        total = outcomes_of(counts)
        escalated = sorted(
            ((one.tickets, one.name) for one in counts if one.path == "escalate"), reverse=True
        )
        entered, decided = self._moment.moved(now - timedelta(days=1), now)
        doubts = self._moment.doubts(now)
        health = self._moment.call_health(now - timedelta(hours=1))
        valid = in_force(release)
        return Readings(
            now=now,
            tickets=total.tickets,
            escalated=total.escalate,
            reasons=tuple((name, count) for count, name in escalated),
            cost_usd=total.cost_usd,
            alarm_usd=self._workspace.settings.models.alarm_usd,
            waiting=state.waiting,
            oldest=state.oldest,
            overdue=state.overdue,
            entered=entered,
            decided=decided,
            working=state.working,
            working_since=state.working_since,
            calls=health.calls,
            failures=tuple(sorted(health.failures.items(), key=lambda item: -item[1])),
            budgets=tuple((one.period, one.spent_usd, one.limit_usd or 0.0) for one in budgets),
            duplicates=doubts.duplicates,
            uncertain=doubts.uncertain,
            stuck=doubts.stuck,
            stopped=stopped_because(release),
            unreadable=release.unreadable,
            trips=tuple((trip.scope, trip.why) for trip in release.trips),
            uncovered=uncovered(self._workspace, release),
            expiring=tuple((one.scope.name, one.expires) for one in valid),
            models=tuple(
                Model(name=one.model, on=one.on, certain=one.certain, successor=one.successor)
                for one in retirements
                if one.on is not None
            ),
        )

    def _budgets(self, today: date) -> tuple[BudgetFigures, ...]:
        settings = self._workspace.settings.models
        day, month = today.isoformat(), today.isoformat()[:7]
        return budget_figures(
            settings,
            day_usd=self._calls.spent(day, day) / PICO,
            month_usd=self._calls.spent(f"{month}-01", f"{month}-31") / PICO,
        )

    def _retirements(self, today: date) -> tuple[Retirement, ...]:
        if self._known_retirements is None or self._known_retirements[0] != today:
            self._known_retirements = (today, retirements_of(self._workspace, today))
        return self._known_retirements[1]


def period_of(
    today: date,
    *,
    days: int | None = None,
    first: date | None = None,
    last: date | None = None,
    channel: str | None = None,
    intent: str | None = None,
) -> Period:
    """Return the period that is asked for: the last so many days, or from one day to another.

    Raises:
        InputError: It ends before it begins, is longer than LONGEST days, or is of another time.
    """
    end = last or today
    begin = first or end - timedelta(days=(days or DAYS) - 1)
    if begin > end:
        raise InputError(
            f"the period ends on {end.isoformat()}, before it begins on {begin.isoformat()}",
            fix="Exchange the two days",
        )
    if begin < EARLIEST or end > LATEST:
        raise InputError(
            f"the days lie outside {EARLIEST.year} to {LATEST.year}", fix="Choose other days"
        )
    if (end - begin).days >= LONGEST:
        raise InputError(
            f"the period is longer than {LONGEST} days", fix="Ask for two years at most"
        )
    return Period(first=begin, last=end, channel=channel, intent=intent)
