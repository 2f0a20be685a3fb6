"""What every answer rests on: which passage, fixed answer or field, in which version.

The rows are derived when somebody asks, from the stage records and from what reviewers released,
each reply's once; nothing is written while tickets are answered. Whether a reply has left is not
kept here but asked of the delivery ledger, which alone knows:

| state | meaning                                                              |
|-------|----------------------------------------------------------------------|
| sent  | the customer has it, or may have it (an uncertain delivery)          |
| draft | it waits: for a person, or to be delivered                           |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import (
    Context,
    Draft,
    EvidenceId,
    EvidenceKind,
    Outcome,
    Ticket,
    TicketId,
    decode,
)
from firstline.store.database import reading
from firstline.store.schema import delivery, stage, ticket
from firstline.store.tickets import StageRecord, Stages, instant
from firstline.store.trust_tables import decision, recall_settled, review, use, use_read

ReplyState = Literal["sent", "draft"]
PAGE = 200
"""Tickets that are read in one transaction while catching up."""
DRAFT = -1
"""In the place of a decision's number where none released a reply."""
LEFT = ("sending", "sent", "uncertain")
"""States of a delivery in which the customer may have the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A sentence of a reply and one thing that it rests on."""

    sentence: int
    """Its index in the reply."""
    evidence: EvidenceId
    kind: EvidenceKind
    source: str
    """Document id, customer id or policy file."""
    field: str = ""
    """The path of a record's field; empty for text, and where the record as a whole is meant."""
    version: str
    """Hash of the passage or fixed answer, or of the field's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Something that replies rest on, as it stood when they were written."""

    evidence: EvidenceId
    kind: EvidenceKind
    source: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """A reply that rests on something asked about."""

    ticket: TicketId
    state: ReplyState
    at: datetime
    """When it was sent; of a draft, when its ticket came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A ticket with what was written about it."""

    ticket: Ticket
    stages: Stages
    released: Draft | None = None
    """The reply that a person released in the place of the draft."""
    context: Context | None = None
    """What that reply rests on, where it is not what was collected for the draft."""
    decision: int = DRAFT
    """The number of the decision that released it; DRAFT where none did."""


Derive = Callable[[Written], Sequence[Use]]
"""Tells what each sentence of a reply rests on."""
WAITS = ("waiting", "snoozed", "approved")
"""States of a review in which its draft may still reach a customer."""


class UseLedger:
    """The uses in one database. Every method is one transaction, `catch_up` one a page."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert

    def catch_up(self, derive: Derive) -> int:
        """Derive the uses of replies that were written since; return of how many tickets.

        Doing it twice, or in two processes at once, changes nothing.
        """
        done = 0
        while True:
            page = self._unread()
            if not page:
                return done
            found = [(item, derive(item)) for item in page]
            with self._engine.begin() as connection:
                self._put(connection, found)
            done += len(page)

    def written(self, tickets: Sequence[TicketId]) -> tuple[Written, ...]:
        """Return tickets with what was written about them, in the order given."""
        with self._engine.connect() as connection:
            found = _written(connection, tickets)
        return tuple(found[name] for name in tickets if name in found)

    def of(self, ticket_id: TicketId) -> tuple[Use, ...]:
        """Return what a ticket's reply rests on, by sentence."""
        query = (
            sa.select(use)
            .where(use.c.ticket == ticket_id)
            .order_by(use.c.sentence, use.c.evidence, use.c.field)
        )
        with self._reader.connect() as connection:
            return tuple(_use(row) for row in connection.execute(query))

    def versions(self, kind: EvidenceKind) -> tuple[Version, ...]:
        """Return every version of this kind that some reply rests on, each once."""
        columns = (use.c.evidence, use.c.kind, use.c.source, use.c.version)
        query = sa.select(*columns).where(use.c.kind == kind).distinct().order_by(*columns)
        with self._reader.connect() as connection:
            return tuple(
                Version(
                    evidence=EvidenceId(row.evidence),
                    kind=row.kind,
                    source=row.source,
                    version=row.version,
                )
                for row in connection.execute(query)
            )

    def resting_on_versions(
        self, versions: Sequence[Version], *, since: datetime | None = None
    ) -> tuple[Resting, ...]:
        """Return the replies that rest on one of these versions, sent ones first, newest first."""
        sources: dict[str, set[str]] = {}
        for item in versions:
            sources.setdefault(item.source, set()).add(item.version)
        found: dict[TicketId, Resting] = {}
        for source, wanted in sources.items():
            named = sa.and_(use.c.source == source, use.c.version.in_(sorted(wanted)))
            found.update((item.ticket, item) for item in self._resting(named, since))
        return _newest_first(found.values())

    def resting_on(self, name: str, *, since: datetime | None = None) -> tuple[Resting, ...]:
        """Return the replies that rest on a document, customer record or passage of this name."""
        named = sa.or_(use.c.source == name, use.c.evidence == name)
        return _newest_first(self._resting(named, since))

    def drafts_on(
        self, kind: EvidenceKind, *, since: datetime | None = None
    ) -> tuple[Resting, ...]:
        """Return the drafts that rest on evidence of a kind, newest first."""
        found = self._resting(use.c.kind == kind, since)
        return _newest_first(item for item in found if item.state == "draft")

    def settle(
        self, ticket_id: TicketId, standing: str, *, by: str, note: str, at: datetime
    ) -> None:
        """Note that a person has dealt with a recall as things stand now."""
        values = {"ticket": ticket_id, "standing": standing, "note": note, "by": by}
        with self._engine.begin() as connection:
            connection.execute(
                self._insert(recall_settled)
                .values(**values, at=instant(at))
                .on_conflict_do_nothing()
            )

    def settled(self) -> set[tuple[TicketId, str]]:
        """Return what has been dealt with: ticket and hash of what stood there then."""
        query = sa.select(recall_settled.c.ticket, recall_settled.c.standing)
        with self._reader.connect() as connection:
            return {(TicketId(row.ticket), row.standing) for row in connection.execute(query)}

    def _unread(self) -> tuple[Written, ...]:
        """Return a page of what was decided by the gate or released by a person since."""
        newest = _released_numbers().subquery()
        query = (
            sa.select(stage.c.ticket)
            .outerjoin(use_read, use_read.c.ticket == stage.c.ticket)
            .outerjoin(newest, newest.c.ticket == stage.c.ticket)
            .where(
                stage.c.stage == "gate",
                sa.or_(use_read.c.ticket.is_(None), newest.c.number > use_read.c.decision),
            )
            .order_by(stage.c.ticket)
            .limit(PAGE)
        )
        with self._engine.connect() as connection:
            names = [TicketId(name) for name in connection.scalars(query)]
            return tuple(_written(connection, names).values())

    def _put(
        self, connection: sa.Connection, found: Sequence[tuple[Written, Sequence[Use]]]
    ) -> None:
        names = [item.ticket.id for item, _ in found]
        rows = [
            {
                "ticket": written.ticket.id,
                "sentence": item.sentence,
                "evidence": item.evidence,
                "field": item.field,
                "kind": item.kind,
                "source": item.source,
                "version": item.version,
            }
            for written, uses in found
            for item in uses
        ]
        connection.execute(use.delete().where(use.c.ticket.in_(names)))
        connection.execute(use_read.delete().where(use_read.c.ticket.in_(names)))
        if rows:
            connection.execute(self._insert(use).on_conflict_do_nothing(), rows)
        read = [{"ticket": item.ticket.id, "decision": item.decision} for item, _ in found]
        connection.execute(self._insert(use_read).on_conflict_do_nothing(), read)

    def _resting(self, named: sa.ColumnElement[bool], since: datetime | None) -> Iterator[Resting]:
        left = sa.select(delivery.c.ticket, sa.func.max(delivery.c.at).label("at")).where(
            delivery.c.kind == "reply", delivery.c.state.in_(LEFT)
        )
        out = left.group_by(delivery.c.ticket).subquery()
        query = (
            sa.select(
                ticket.c.id,
                ticket.c.outcome,
                ticket.c.received_at,
                out.c.at.label("sent_at"),
                review.c.state,
            )
            .outerjoin(out, out.c.ticket == ticket.c.id)
            .outerjoin(review, review.c.ticket == ticket.c.id)
            .where(ticket.c.id.in_(sa.select(use.c.ticket).where(named)))
        )
        with self._reader.connect() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            state = _state(row.outcome, row.state, sent=row.sent_at is not None)
            at = datetime.fromisoformat(row.sent_at or row.received_at)
            if state is not None and (since is None or at >= since):
                yield Resting(ticket=TicketId(row.id), state=state, at=at)


def _state(outcome: Outcome | None, review_state: str | None, *, sent: bool) -> ReplyState | None:
    """Return what a reply is now; None for one that nobody gets any more."""
    if sent:
        return "sent"
    if outcome in ("sent", "clarify") or (review_state and review_state not in WAITS):
        return None
    return "draft"


def _released_numbers() -> sa.Select[tuple[str, int]]:
    """Return the query for the last decision of each ticket that released a reply."""
    return (
        sa.select(decision.c.ticket, sa.func.max(decision.c.number).label("number"))
        .where(decision.c.delivers == "reply", decision.c.draft != "")
        .group_by(decision.c.ticket)
    )


def _written(connection: sa.Connection, names: Sequence[TicketId]) -> dict[TicketId, Written]:
    """Return what was written about tickets whose verdict is stored."""
    bodies = sa.select(ticket.c.id, ticket.c.body).where(ticket.c.id.in_(names))
    stages: dict[str, Stages] = {name: {} for name in names}
    for row in connection.execute(sa.select(stage).where(stage.c.ticket.in_(names))):
        stages[row.ticket][row.stage] = StageRecord(
            stage=row.stage, body=row.body, wall_ms=row.wall_ms, cpu_ms=row.cpu_ms
        )
    newest = _released_numbers().where(decision.c.ticket.in_(names)).subquery()
    query = sa.select(
        decision.c.ticket, decision.c.number, decision.c.draft, decision.c.evidence
    ).join(
        newest,
        sa.and_(newest.c.ticket == decision.c.ticket, newest.c.number == decision.c.number),
    )
    released = {row["ticket"]: row for row in connection.execute(query).mappings()}
    return {
        TicketId(row.id): _as_written(
            decode(Ticket, row.body), stages[row.id], released.get(row.id)
        )
        for row in connection.execute(bodies)
        if "gate" in stages[row.id]
    }


def _as_written(record: Ticket, stages: Stages, released: sa.RowMapping | None) -> Written:
    if released is None:
        return Written(ticket=record, stages=stages)
    return Written(
        ticket=record,
        stages=stages,
        released=decode(Draft, released["draft"]),
        context=decode(Context, released["evidence"]) if released["evidence"] else None,
        decision=released["number"],
    )


def _newest_first(found: Iterable[Resting]) -> tuple[Resting, ...]:
    order = sorted(found, key=lambda item: (item.at, item.ticket), reverse=True)
    return tuple(sorted(order, key=lambda item: item.state != "sent"))


def _use(row: sa.Row[tuple[object, ...]]) -> Use:
    values = row._mapping  # noqa: SLF001 - how SQLAlchemy names a row's columns; public despite it
    return Use(
        sentence=values["sentence"],
        evidence=EvidenceId(values["evidence"]),
        kind=values["kind"],
        source=values["source"],
        field=values["field"],
        version=values["version"],
    )
