"""What money went to, as the ledger of questions has it: read only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa

from firstline.store.calls import PICO
from firstline.store.database import reading
from firstline.store.schema import model_call

By = Literal["purpose", "model", "intent"]
LISTED: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What went to something."""

    name: str
    calls: int
    """Questions that were answered."""
    usd: float
    """What is set aside for questions on their way is not part of it."""


class SpendReport:
    """The money of one database. Every method is one query."""

    def __init__(self, engine: sa.Engine) -> None:
        self._reader = reading(engine)

    def by(self, what: By, first: str) -> tuple[Spent, ...]:
        """Return what money went to since a day (YYYY-MM-DD), the dearest first."""
        column = model_call.c[what]
        cost = sa.func.sum(model_call.c.cost_pico)
        answered = sa.func.sum(sa.case((model_call.c.state == "answered", 1), else_=0))
        query = (
            sa.select(column.label("name"), answered.label("calls"), cost.label("pico"))
            .where(model_call.c.day >= first, model_call.c.state != "asked")
            .group_by(column)
            .order_by(cost.desc(), column)
            .limit(LISTED)
        )
        with self._reader.connect() as connection:
            return tuple(
                Spent(name=row.name or "none", calls=int(row.calls), usd=int(row.pico) / PICO)
                for row in connection.execute(query)
            )
