"""What became of tickets and how good the replies were, group by group (R11.1).

Accuracy is a statement about all replies only where labels were drawn by lot with a known
probability. What reviewers decided is counted beside it, as what it is: the tickets that came
before them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from firstline.desk.build import Opened
from firstline.errors import InputError
from firstline.pipeline.record import answer_from
from firstline.records import Answer, Ticket, TicketId
from firstline.store.answered import answered
from firstline.store.labels import LabelKind, LabelLedger, StoredLabel
from firstline.store.samples import SampleBook
from firstline.trust.share import Drawn, Share, share
from firstline.workspace import CustomerBook

By = Literal["intent", "channel", "language", "segment", "hour", "reason"]
WAYS: tuple[By, ...] = get_args(By)
STAFF: tuple[LabelKind, ...] = ("audit", "import", "review")
NONE = "none"
"""The group of tickets of which it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What people found a reply to be worth."""

    wrong: bool
    inclusion: float | None
    """Probability with which it was drawn; None: it was not drawn by lot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A decided ticket, as far as figures go: no word of anybody's is kept."""

    ticket: TicketId
    group: str
    outcome: str
    reason: str
    answered: bool
    """Whether there is a reply that could be right or wrong."""
    cost_usd: float
    latency_ms: float
    """All stages up to the verdict."""
    mark: Mark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of one group."""

    name: str
    tickets: int
    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]
    """Counts of `outcome/reason`, the most frequent first: they sum up to `tickets`."""
    automated: float
    """Share that reached a customer without a person: sent, or asked back."""
    escalated: float
    accuracy: Share | None
    """Share of right replies, by labels drawn by lot; None without any."""
    sent_accuracy: Share | None
    """The same among what was sent."""
    reviewed: int
    """Replies whose label was not drawn by lot: mostly what reviewers decided."""
    reviewed_right: int
    cost_usd: float
    """Median."""
    latency_ms: float
    """Median."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """All groups, the largest first, and everything together."""

    by: By
    total: Group
    groups: tuple[Group, ...]


def measure(
    opened: Opened,
    engine: sa.Engine,
    by: By,
    *,
    segment: str = "",
    since: datetime | None = None,
) -> Accuracy:
    """Return the figures of the decided tickets by group.

    Args:
        opened: The company.
        engine: Its database.
        by: What to group by.
        segment: The customer field to group by, such as `plan`, where `by` is `segment`.
        since: Only tickets that came from then on.

    Raises:
        InputError: `by` is `segment` and no field is named, or no customer has it.
        SetupError: The database or the customers cannot be read.
    """
    naming = _naming(opened, by, segment)
    found = marks(engine)
    cases = [
        _case(stored.outcome, stored.reason, answer, naming, found.get(stored.ticket.id))
        for stored, stages in answered(engine)
        if since is None or stored.ticket.received_at >= since
        for answer in (answer_from(stored.ticket, stages),)
    ]
    if by == "segment" and cases and all(case.group == NONE for case in cases):
        raise InputError(
            f"no customer of these tickets has a field {segment!r}",
            fix="Name one of customers as `firstline ask --json` shows them: plan, billing.cycle",
        )
    return Accuracy(by=by, total=_group("all", cases), groups=_groups(cases, by))


def marks(engine: sa.Engine) -> dict[TicketId, Mark]:
    """Return what people found each reply to be worth, one mark a ticket.

    Staff count, customers do not. Blind labels of replies that were drawn by lot go before all
    others; who settles a disagreement goes before who differs; where it is not settled, the reply
    counts as wrong.
    """
    drawn = {item.ticket: item.inclusion for item in SampleBook(engine).items()}
    given: dict[TicketId, list[StoredLabel]] = {}
    for one in LabelLedger(engine).last(*STAFF):
        if one.wrong is not None:
            given.setdefault(one.ticket, []).append(one)
    return {ticket: _mark(labels, drawn.get(ticket)) for ticket, labels in given.items()}


def _mark(labels: Sequence[StoredLabel], drawn: float | None) -> Mark:
    by_lot = [one for one in labels if one.blind and _inclusion(one, drawn) is not None]
    counted = by_lot or list(labels)
    settled = [one for one in counted if one.settles]
    wrong = any(one.wrong for one in (settled[-1:] or counted))
    shares = [share for one in by_lot if (share := _inclusion(one, drawn))]
    return Mark(wrong=wrong, inclusion=min(shares) if shares else None)


def _inclusion(one: StoredLabel, drawn: float | None) -> float | None:
    """Return the probability with which a label's reply was drawn, where it was by lot."""
    if one.kind == "import":
        return one.inclusion or drawn or 1.0  # a file of labels is taken for a whole population
    return drawn or one.inclusion


def _naming(opened: Opened, by: By, segment: str) -> Callable[[Answer], str]:
    """Return what tells the group of an answer."""
    zone = ZoneInfo(opened.workspace.settings.timezone)
    match by:
        case "intent":
            return lambda answer: str(answer.route.intent or NONE)
        case "channel":
            return lambda answer: answer.ticket.channel
        case "language":
            return lambda answer: answer.ticket.language.code
        case "hour":
            return lambda answer: f"{answer.ticket.received_at.astimezone(zone):%H}:00"
        case "reason":
            return lambda answer: answer.verdict.reasons[0].code
        case "segment":
            if not segment:
                raise InputError(
                    "no customer field is named", fix="Add --segment plan, or another field"
                )
            return _Segments(opened.parts.customers, segment)


class _Segments:
    """Tells a customer's segment; each customer is looked up once."""

    def __init__(self, customers: CustomerBook | None, field: str) -> None:
        self._customers = customers
        self._field = field
        self._known: dict[str, str] = {}

    def __call__(self, answer: Answer) -> str:
        """Return the value of the field for a ticket's customer, verified ones only."""
        ticket: Ticket = answer.ticket
        if self._customers is None or ticket.customer is None or not ticket.verified:
            return NONE
        if ticket.customer not in self._known:
            record = self._customers.find(ticket.customer, (self._field,))
            value = None if record is None else record.value(self._field)
            self._known[ticket.customer] = value or NONE
        return self._known[ticket.customer]


def _case(
    outcome: str | None,
    reason: str | None,
    answer: Answer,
    naming: Callable[[Answer], str],
    mark: Mark | None,
) -> Case:
    return Case(
        ticket=answer.ticket.id,
        group=naming(answer),
        outcome=outcome or "open",
        reason=reason or answer.verdict.reasons[0].code,
        answered=answer.draft.action == "answer" and bool(answer.draft.sentences),
        cost_usd=answer.draft.spent.cost_usd,
        latency_ms=sum(time.wall_ms for time in answer.times if time.stage in STAGES),
        mark=mark,
    )


STAGES = ("route", "context", "generate", "validate", "gate")
"""Stages whose time counts; what else is stored with them took none."""


def _groups(cases: Sequence[Case], by: By) -> tuple[Group, ...]:
    members: dict[str, list[Case]] = {}
    for case in cases:
        members.setdefault(case.group, []).append(case)
    found = [_group(name, group) for name, group in members.items()]
    if by == "hour":
        return tuple(sorted(found, key=lambda group: group.name))
    return tuple(sorted(found, key=lambda group: (-group.tickets, group.name)))


def _group(name: str, cases: Sequence[Case]) -> Group:
    outcomes = Counter(case.outcome for case in cases)
    reasons = Counter(f"{case.outcome}/{case.reason}" for case in cases)
    others = [case.mark for case in cases if case.answered and case.mark is not None]
    unsampled = [mark for mark in others if mark.inclusion is None]
    tickets = max(len(cases), 1)
    return Group(
        name=name,
        tickets=len(cases),
        outcomes=_frequent_first(outcomes),
        reasons=_frequent_first(reasons),
        automated=(outcomes["sent"] + outcomes["clarify"]) / tickets,
        escalated=outcomes["escalate"] / tickets,
        accuracy=share(tuple(_drawn(cases))),
        sent_accuracy=share(tuple(_drawn([case for case in cases if case.outcome == "sent"]))),
        reviewed=len(unsampled),
        reviewed_right=sum(not mark.wrong for mark in unsampled),
        cost_usd=median(case.cost_usd for case in cases) if cases else 0.0,
        latency_ms=round(median(case.latency_ms for case in cases), 3) if cases else 0.0,
    )


def _drawn(cases: Sequence[Case]) -> Iterator[Drawn]:
    for case in cases:
        mark = case.mark
        if case.answered and mark is not None and mark.inclusion is not None:
            yield Drawn(name=case.ticket, holds=not mark.wrong, inclusion=mark.inclusion)


def _frequent_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def as_json(found: Accuracy) -> dict[str, Any]:
    """Return the figures as `firstline accuracy --json` prints them."""
    return {
        "by": found.by,
        "total": _as_json(found.total),
        "groups": [_as_json(group) for group in found.groups],
    }


def _as_json(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "tickets": group.tickets,
        "outcomes": dict(group.outcomes),
        "reasons": dict(group.reasons),
        "automated": round(group.automated, 4),
        "escalated": round(group.escalated, 4),
        "accuracy": _share(group.accuracy),
        "sent_accuracy": _share(group.sent_accuracy),
        "reviewed": group.reviewed,
        "reviewed_right": group.reviewed_right,
        "median_cost_usd": group.cost_usd,
        "median_latency_ms": group.latency_ms,
    }


def _share(found: Share | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(found).items()
    }
