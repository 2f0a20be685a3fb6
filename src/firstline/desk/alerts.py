"""What needs somebody now, and what to do about it. Pure: figures in, alerts out.

| level | meaning                                           |
|-------|---------------------------------------------------|
| page  | customers are harmed or nothing works: act now    |
| warn  | will become that: act today                       |
| note  | worth knowing: act when there is time             |

Alerts look at today and yesterday (UTC), whatever period a page shows. Rates are judged from
LEAST tickets on: three escalated of five are no news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal

Level = Literal["page", "warn", "note"]
LEVELS: Final[tuple[Level, ...]] = ("page", "warn", "note")
LEAST: Final = 20
ESCALATION_WARN, ESCALATION_PAGE = 0.30, 0.40
MODEL_LEAST: Final = 10
MODEL_WARN, MODEL_PAGE = 0.10, 0.50
LASTING: Final = ("key_rejected", "spend_cap")
"""Failures of models that do not pass until somebody does something."""
BUDGET_WARN: Final = 0.8
GROWTH: Final = 25
"""More tickets waiting than a day before, and more than GROWTH_SHARE of what waited then."""
GROWTH_SHARE: Final = 0.2
STUCK: Final = timedelta(minutes=15)
"""A ticket that is being worked on for longer is stuck."""
RETIRES_PAGE, RETIRES_WARN = 14, 60
EXPIRES_WARN: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that needs somebody."""

    code: str
    """Stable, to count and silence by."""
    level: Level
    title: str
    detail: str
    """The figures."""
    action: str
    """What to do."""
    link: str = ""
    """Where, in the console."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model in use and until when."""

    name: str
    on: date
    certain: bool
    successor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Everything alerts are made of."""

    now: datetime
    tickets: int = 0
    """Decided today and yesterday, as all of the next four."""
    escalated: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    """Why they were escalated, the most frequent first."""
    cost_usd: float = 0.0
    alarm_usd: float = 0.0
    """What a ticket may cost; 0: no limit."""
    waiting: int = 0
    oldest: datetime | None = None
    overdue: int = 0
    entered: int = 0
    """Came before people in 24 hours."""
    decided: int = 0
    """Decided by people in 24 hours."""
    working: int = 0
    working_since: datetime | None = None
    calls: int = 0
    """Questions to models in the last hour."""
    failures: tuple[tuple[str, int], ...] = ()
    budgets: tuple[tuple[str, float, float], ...] = ()
    """`day` or `month`, what was spent, and the limit; 0: none."""
    duplicates: int = 0
    uncertain: int = 0
    stuck: int = 0
    stopped: str = ""
    """Why the switch is off; empty: it is on."""
    unreadable: str = ""
    """Why what may go out cannot be read."""
    trips: tuple[tuple[str, str], ...] = ()
    """Scopes whose autonomy was taken away, and why."""
    uncovered: tuple[str, ...] = ()
    """Intents that are to go out certified, and no certificate covers them."""
    expiring: tuple[tuple[str, date], ...] = ()
    """Certificates by scope, and when they expire."""
    models: tuple[Model, ...] = field(default=())


def alerts(seen: Readings) -> tuple[Alert, ...]:
    """Return what needs somebody, the most urgent first."""
    found = [alert for rule in RULES for alert in rule(seen)]
    return tuple(sorted(found, key=lambda alert: LEVELS.index(alert.level)))


def delivery(seen: Readings) -> Iterator[Alert]:
    """Watch that nothing is sent twice, and that nobody wonders whether it was sent."""
    if seen.duplicates:
        yield Alert(
            code="duplicate_send",
            level="page",
            title="A customer was answered twice",
            detail=f"{_many(seen.duplicates, 'message')} of the last 7 days got more than one "
            "reply in the same conversation.",
            action="Find out which channel delivers a message under two ids; until then, stop "
            "automatic replies.",
            link="/settings",
        )
    doubtful = seen.uncertain + seen.stuck
    if doubtful:
        yield Alert(
            code="outbox_uncertain",
            level="page" if seen.stuck else "warn",
            title="Nobody knows whether a reply arrived",
            detail=f"{_many(seen.uncertain, 'delivery', 'deliveries')} uncertain, {seen.stuck} on "
            "the way for more than 10 minutes.",
            action="Look in the channel whether the customer has it, then approve or close the "
            "ticket.",
            link="/tickets",
        )


def release(seen: Readings) -> Iterator[Alert]:
    """Tell what may not go out any more."""
    if seen.unreadable:
        yield Alert(
            code="autonomy_unreadable",
            level="page",
            title="What may go out cannot be read",
            detail=f"Everything goes to people meanwhile: {seen.unreadable}.",
            action="Look at the database and at the log of the workers.",
            link="/settings",
        )
    for scope, why in seen.trips:
        name = "All automatic replies" if scope == "*" else f"Automatic replies to {scope}"
        yield Alert(
            code="drift",
            level="page" if scope == "*" else "warn",
            title=f"{name} were stopped by a watch",
            detail=f"{why}.",
            action="Look at the drift figure and at its latest tickets; then reset the scope with "
            "a reason.",
            link="/settings",
        )
    if seen.stopped:
        yield Alert(
            code="stopped",
            level="note",
            title="The switch is off: nothing goes out by itself",
            detail=f"{seen.stopped}.",
            action="Resume it under Settings when the reason is gone.",
            link="/settings",
        )


def queue(seen: Readings) -> Iterator[Alert]:
    """Watch how long customers wait."""
    if seen.overdue and seen.oldest is not None:
        waits = _span(seen.now - seen.oldest)
        yield Alert(
            code="unanswered",
            level="page" if seen.overdue > seen.waiting / 2 and seen.overdue >= LEAST else "warn",
            title=f"{_many(seen.overdue, 'ticket')} waiting for longer than promised",
            detail=f"The oldest has been before people for {waits}; {seen.waiting} wait in all.",
            action="Work from the top of the queue: it is ordered by what waiting costs.",
            link="/review",
        )
    growth = seen.entered - seen.decided
    then = seen.waiting - growth
    if growth > GROWTH and growth > GROWTH_SHARE * max(then, 0):
        yield Alert(
            code="queue_growth",
            level="warn",
            title=f"The queue grew by {growth} in a day",
            detail=f"{seen.entered} came, {seen.decided} were decided, {seen.waiting} wait.",
            action="Look at the reasons below: the most frequent one is what to mend, or ask for "
            "help at the queue.",
            link="/review",
        )
    if seen.working_since is not None and seen.now - seen.working_since > STUCK:
        yield Alert(
            code="stuck",
            level="page",
            title="Tickets are not being answered",
            detail=f"{_many(seen.working, 'ticket')} without a decision, the oldest for "
            f"{_span(seen.now - seen.working_since)}.",
            action="Is a worker running? Start `firstline serve` or `firstline work`, and look at "
            "its log.",
            link="/tickets",
        )


def models(seen: Readings) -> Iterator[Alert]:
    """Watch whether models answer."""
    lasting = [code for code, count in seen.failures if count and code in LASTING]
    failed = sum(count for _, count in seen.failures)
    share = failed / seen.calls if seen.calls else 0.0
    enough = seen.calls >= MODEL_LEAST
    if lasting or (enough and share > MODEL_WARN):
        named = ", ".join(f"{count} {_words(code)}" for code, count in seen.failures)
        yield Alert(
            code="model_errors",
            level="page" if lasting or share > MODEL_PAGE else "warn",
            title="Models do not answer",
            detail=f"{failed} of {_many(seen.calls, 'question')} in the last hour failed: {named}.",
            action="Renew the key or raise the provider's limit: this does not pass by itself."
            if lasting
            else "Look at the provider's status page; tickets go to people meanwhile.",
            link="#models",
        )
    for model in seen.models:
        yield from _retirement(model, seen.now.date())


def _retirement(model: Model, today: date) -> Iterator[Alert]:
    days = (model.on - today).days
    if days > RETIRES_WARN:
        return
    successor = f" Its successor is {model.successor}." if model.successor else ""
    when = f"in {_many(days, 'day')}" if days > 0 else "today" if not days else "already"
    if model.certain:
        title = f"{model.name} retires {when}"
    else:
        title = f"{model.name} may be retired: it is promised until {model.on.isoformat()}"
    yield Alert(
        code="retirement",
        level="page" if model.certain and days <= RETIRES_PAGE else "warn",
        title=title,
        detail=f"On {model.on.isoformat()}.{successor}",
        action="Try the successor on the evaluation set, then name it in [models] of "
        "firstline.toml.",
        link="#retirements",
    )


def escalation(seen: Readings) -> Iterator[Alert]:
    """Watch the share of tickets that people must answer, and say why."""
    if seen.tickets < LEAST or seen.escalated <= ESCALATION_WARN * seen.tickets:
        return
    share = seen.escalated / seen.tickets
    why = ", ".join(f"{_words(code)} {count}" for code, count in seen.reasons[:3])
    yield Alert(
        code="escalation",
        level="page" if share > ESCALATION_PAGE else "warn",
        title=f"{share:.0%} of the tickets are escalated",
        detail=f"{seen.escalated} of {seen.tickets} since yesterday: {why}.",
        action="Open the figure of reasons: the first one says what to mend.",
        link="#reasons",
    )


def money(seen: Readings) -> Iterator[Alert]:
    """Watch what tickets cost, and the budgets."""
    each = seen.cost_usd / seen.tickets if seen.tickets else 0.0
    if seen.alarm_usd and seen.tickets >= LEAST and each > seen.alarm_usd:
        yield Alert(
            code="cost",
            level="warn",
            title=f"A ticket costs ${each:.4f}",
            detail=f"Mean of {seen.tickets} tickets since yesterday; the limit is "
            f"${seen.alarm_usd:.4f}.",
            action="`firstline cost` says which intents and models cost most, and whether a cache "
            "would pay.",
            link="#cost",
        )
    for period, spent, limit in seen.budgets:
        if limit and spent >= BUDGET_WARN * limit:
            gone = spent >= limit
            how_far = "spent" if gone else f"{spent / limit:.0%} spent"
            yield Alert(
                code=f"budget_{period}",
                level="page" if gone else "warn",
                title=f"The {period}'s budget is {how_far}",
                detail=f"${spent:.2f} of ${limit:.2f}."
                + (" No model is asked any more: rules answer, the rest goes to people." * gone),
                action=f"Raise {period}_usd in [budget] of firstline.toml, or wait.",
                link="#budgets",
            )


def certificates(seen: Readings) -> Iterator[Alert]:
    """Tell of promises that end."""
    if seen.uncovered:
        names = ", ".join(seen.uncovered[:5]) + (" …" if len(seen.uncovered) > 5 else "")  # noqa: PLR2004 - as many as a line holds
        yield Alert(
            code="uncovered",
            level="note",
            title=f"{_many(len(seen.uncovered), 'intent')} to go out certified without a "
            "certificate",
            detail=f"{names}: everything of them waits for people.",
            action="`firstline certify` says how many labels are missing.",
            link="#autonomy",
        )
    for scope, expires in seen.expiring:
        days = (expires - seen.now.date()).days
        if days <= EXPIRES_WARN:
            yield Alert(
                code="certificate_expires",
                level="warn",
                title=f"The certificate of {scope} ends in {_many(max(days, 0), 'day')}",
                detail=f"It holds until {expires.isoformat()}; after that a person approves all.",
                action="Label fresh replies and run `firstline certify`.",
                link="#autonomy",
            )


RULES: tuple[Callable[[Readings], Iterable[Alert]], ...] = (
    delivery,
    release,
    queue,
    models,
    escalation,
    money,
    certificates,
)


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _words(code: str) -> str:
    return code.replace("_", " ")


def _span(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 120:  # noqa: PLR2004 - two hours
        return _many(max(minutes, 1), "minute")
    hours = minutes // 60
    return _many(hours, "hour") if hours < 48 else _many(hours // 24, "day")  # noqa: PLR2004 - days
