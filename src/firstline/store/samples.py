"""Which drafts are drawn to be labelled, with what probability, and which were spoilt on purpose.

A ticket's lot is a number from 0 to 1 made of its id and a secret that no command shows. A draw at
10 % takes the lots below 0.1. So nobody can choose, a second draw at the same rate takes nothing
new from the same drafts, and a higher rate adds to them evenly.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import Draft, TicketId, decode, encode
from firstline.store.database import reading
from firstline.store.tickets import instant
from firstline.store.trust_tables import lot_secret, plant, sample

_ITEM = 10
"""Hex digits of the name under which a reviewer sees a draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a draw brought."""

    population: int
    """Drafts it was made from."""
    new: int
    known: int
    """Drawn before; the probability of these is now the one of this draw, if that is higher."""
    inclusion: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleItem:
    """A drawn draft."""

    ticket: TicketId
    item: str
    inclusion: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlant:
    """A draft spoilt on purpose."""

    ticket: TicketId
    """The ticket whose good draft it was made of."""
    change: str
    """What was spoilt: a stable code."""
    spoilt: Draft
    draft: str
    """Hash of the spoilt draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant(NewPlant):
    """A stored one."""

    item: str
    at: datetime


class SampleBook:
    """Samples and plants of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert

    def draw(
        self,
        drafts: Sequence[TicketId],
        *,
        rate: float | None = None,
        count: int | None = None,
        by: str,
        now: datetime,
    ) -> Drawn:
        """Draw some of these drafts, and write down how likely each was to be drawn.

        Args:
            drafts: All that could be drawn, whatever became of them.
            rate: The share to draw, above 0 to 1.
            count: Or how many more to draw.
            by: Who asked for it.
            now: The time.
        """
        with self._engine.begin() as connection:
            salt = self._salt(connection, now)
            lots = sorted((_lot(salt, one), one) for one in set(drafts))
            query = sa.select(sample.c.ticket, sample.c.inclusion)
            known = {row.ticket: row.inclusion for row in connection.execute(query)}
            chosen, inclusion = _chosen(lots, known.keys(), rate, count)
            new = [one for one in chosen if one not in known]
            rows = [
                {
                    "ticket": one,
                    "item": _item(salt, "sample", one),
                    "inclusion": inclusion,
                    "population": len(lots),
                    "by": by,
                    "at": instant(now),
                }
                for one in new
            ]
            if rows:
                connection.execute(self._insert(sample).on_conflict_do_nothing(), rows)
            for one in chosen:
                if known.get(one, inclusion) < inclusion:
                    higher = sample.update().where(sample.c.ticket == one)
                    connection.execute(higher.values(inclusion=inclusion))
        return Drawn(
            population=len(lots),
            new=len(new),
            known=len(chosen) - len(new),
            inclusion=inclusion,
        )

    def items(self) -> tuple[SampleItem, ...]:
        """Return what was drawn, in the order in which it is to be labelled: a random one."""
        query = sa.select(sample).order_by(sample.c.item)
        with self._reader.connect() as connection:
            return tuple(
                SampleItem(
                    ticket=TicketId(row.ticket),
                    item=row.item,
                    inclusion=row.inclusion,
                    at=datetime.fromisoformat(row.at),
                )
                for row in connection.execute(query)
            )

    def plant(self, spoilt: Sequence[NewPlant], *, by: str, now: datetime) -> int:
        """Store spoilt drafts, at most one of each ticket; return how many are new."""
        with self._engine.begin() as connection:
            salt = self._salt(connection, now)
            added = 0
            for one in spoilt:
                row = {
                    "item": _item(salt, "plant", one.ticket),
                    "ticket": one.ticket,
                    "change": one.change,
                    "body": encode(one.spoilt),
                    "draft": one.draft,
                    "by": by,
                    "at": instant(now),
                }
                done = connection.scalar(
                    self._insert(plant).values(row).on_conflict_do_nothing().returning(plant.c.item)
                )
                added += done is not None
        return added

    def plants(self) -> tuple[Plant, ...]:
        """Return the spoilt drafts, in the order in which they are shown among the others."""
        with self._reader.connect() as connection:
            return tuple(
                Plant(
                    ticket=TicketId(row.ticket),
                    item=row.item,
                    change=row.change,
                    spoilt=decode(Draft, row.body),
                    draft=row.draft,
                    at=datetime.fromisoformat(row.at),
                )
                for row in connection.execute(sa.select(plant).order_by(plant.c.item))
            )

    def lots(self, tickets: Sequence[TicketId], *, purpose: str, now: datetime) -> list[TicketId]:
        """Return tickets in an order that nobody can foresee, the same each time for a purpose."""
        with self._engine.begin() as connection:
            salt = self._salt(connection, now)
        return sorted(tickets, key=lambda one: _lot(salt, f"{purpose}:{one}"))

    def _salt(self, connection: sa.Connection, now: datetime) -> str:
        row = {"name": "sample", "salt": secrets.token_hex(32), "at": instant(now)}
        connection.execute(self._insert(lot_secret).values(row).on_conflict_do_nothing())
        query = sa.select(lot_secret.c.salt).where(lot_secret.c.name == "sample")
        return str(connection.scalar(query))


def _chosen(
    lots: Sequence[tuple[float, TicketId]],
    known: Collection[str],
    rate: float | None,
    count: int | None,
) -> tuple[list[TicketId], float]:
    """Return what is drawn, and the probability with which each of all the drafts was.

    Args:
        lots: Sorted, the lowest first.
        known: What was drawn before.
        rate: The share to draw.
        count: Or how many that are not known.
    """
    if rate is not None:
        return [one for lot, one in lots if lot < rate], rate
    left, last = count or 0, -1
    for at, (_, one) in enumerate(lots):
        if not left:
            break
        left -= one not in known
        last = at
    if left:
        last = len(lots) - 1
    chosen = [one for _, one in lots[: last + 1]]
    return chosen, len(chosen) / max(len(lots), 1)


def _lot(salt: str, name: str) -> float:
    digest = hmac.digest(salt.encode(), f"lot:{name}".encode(), "sha256")
    return int.from_bytes(digest[:8]) / 2**64


def _item(salt: str, kind: str, ticket_id: TicketId) -> str:
    return hmac.new(salt.encode(), f"{kind}:{ticket_id}".encode(), "sha256").hexdigest()[:_ITEM]
