"""What people found drafts to be worth. Only ever added to.

| kind     | who                                                      | may certify          |
|----------|----------------------------------------------------------|----------------------|
| audit    | somebody who was shown a drawn draft without its verdict | yes                  |
| import   | a file of labels                                         | yes                  |
| review   | a reviewer at the queue, who saw score and findings      | only if marked blind |
| feedback | the customer                                             | no: fits the score   |
| planted  | anybody, about a draft spoilt on purpose                 | never                |

Several people may label a ticket. One who thinks again adds a label, and the last one counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import TicketId
from firstline.store.certificates import valid_certificates
from firstline.store.database import reading
from firstline.store.tickets import instant
from firstline.store.trust_tables import label

__all__ = [
    "KINDS",
    "Added",
    "LabelKind",
    "LabelLedger",
    "NewLabel",
    "StoredLabel",
    "add_labels",
    "valid_certificates",
]

LabelKind = Literal["review", "audit", "feedback", "import", "planted"]
KINDS: tuple[LabelKind, ...] = get_args(LabelKind)
Added = Literal["new", "repeat"]
_ATTEMPTS = 5
"""How often a label is tried again when the same person adds another at the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLabel:
    """A label to write down."""

    ticket: TicketId
    kind: LabelKind
    wrong: bool | None
    """None: it cannot be told."""
    by: str
    reason: str = ""
    inclusion: float | None = None
    """Probability with which the ticket was drawn to be labelled, where the label says so."""
    blind: bool = False
    """Whether verdict, score and findings were hidden from whoever labelled it."""
    settles: bool = False
    """Whether this ends a disagreement: it counts instead of everybody else's."""
    distance: float | None = None
    """How much of the draft was edited, 0 to 1, where it was."""
    draft: str = ""
    """Hash of what was labelled; empty where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLabel(NewLabel):
    """A label of the ledger."""

    number: int
    """Counts one person's labels of one kind about one ticket, from 0."""
    at: datetime


def add_labels(
    connection: sa.Connection, labels: Sequence[NewLabel], now: datetime
) -> tuple[Added, ...]:
    """Write labels down in the caller's transaction; say of each whether it is new.

    What a person said already about the same draft is a repeat and changes nothing.
    """
    return tuple(_add(connection, one, instant(now)) for one in labels)


def _add(connection: sa.Connection, new: NewLabel, at: str) -> Added:
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
    mine = (label.c.ticket == new.ticket, label.c.kind == new.kind, label.c.by == new.by)
    query = sa.select(label).where(*mine).order_by(label.c.number.desc()).limit(1)
    said = {
        "wrong": new.wrong,
        "reason": new.reason,
        "inclusion": new.inclusion,
        "blind": new.blind,
        "settles": new.settles,
        "distance": new.distance,
        "draft": new.draft,
    }
    for _ in range(_ATTEMPTS):
        last = connection.execute(query).mappings().one_or_none()
        if last is not None and all(last[name] == value for name, value in said.items()):
            return "repeat"
        key = {
            "ticket": new.ticket,
            "kind": new.kind,
            "by": new.by,
            "number": 0 if last is None else last["number"] + 1,
        }
        done = connection.scalar(
            insert(label)
            .values(**key, at=at, **said)
            .on_conflict_do_nothing()
            .returning(label.c.number)
        )
        if done is not None:
            return "new"
    raise RuntimeError(f"somebody else keeps labelling ticket {new.ticket} under the same name")


class LabelLedger:
    """The labels in one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)

    def add(self, labels: Sequence[NewLabel], *, now: datetime) -> tuple[Added, ...]:
        """Write labels down; say of each whether it is new."""
        with self._engine.begin() as connection:
            return add_labels(connection, labels, now)

    def of(self, ticket: TicketId) -> tuple[StoredLabel, ...]:
        """Return every label of a ticket, oldest first."""
        return self._listed(label.c.ticket == ticket)

    def all(self) -> tuple[StoredLabel, ...]:
        """Return every label that was ever given, oldest first."""
        return self._listed()

    def last(self, *kinds: LabelKind) -> tuple[StoredLabel, ...]:
        """Return what each person last said about each ticket, oldest first.

        Args:
            kinds: Of these kinds; without any, of all but `planted`.
        """
        wanted = kinds or tuple(kind for kind in KINDS if kind != "planted")
        last: dict[tuple[str, str, str], StoredLabel] = {}
        for one in self._listed(label.c.kind.in_(wanted)):
            key = (one.ticket, one.kind, one.by)
            if key not in last or last[key].number < one.number:
                last[key] = one
        return tuple(sorted(last.values(), key=lambda one: (one.at, one.ticket, one.by)))

    def _listed(self, *wanted: sa.ColumnElement[bool]) -> tuple[StoredLabel, ...]:
        order = (label.c.at, label.c.ticket, label.c.kind, label.c.by, label.c.number)
        query = sa.select(label).where(*wanted).order_by(*order)
        with self._reader.connect() as connection:
            return tuple(_stored(row) for row in connection.execute(query).mappings())


def _stored(row: sa.RowMapping) -> StoredLabel:
    fields = dict(row) | {"at": datetime.fromisoformat(row["at"])}
    return StoredLabel(**fields)
