"""Whose an identifier is, asked of a database."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import sqlalchemy as sa

from firstline.errors import SetupError
from firstline.records import CustomerId
from firstline.sources.asked import Row
from firstline.sources.failure import SourceFailure
from firstline.sources.kept import Kept
from firstline.sources.lane import Lane
from firstline.sources.rest import Rest
from firstline.workspace.record_fields import display

SECONDS = 300.0
"""How long an answer is trusted: whose an address is hardly ever changes."""
_LEAST_DIGITS = 5


class Selecting(Protocol):
    """A database that answers a statement."""

    def select(self, statement: sa.TextClause, values: dict[str, str]) -> Sequence[Row]:
        """Return its rows."""
        ...


class AskedOwners:
    """Asks a statement with `:token` and `:digits` for the ids of whose an identifier is."""

    def __init__(
        self,
        reader: Selecting,
        statement: str,
        *,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._statement = sa.text(statement)
        self._lane = Lane(seconds=seconds)
        self._rest = Rest(clock)
        self._kept = Kept[frozenset[CustomerId]](seconds=SECONDS, clock=clock)

    def __call__(self, token: str) -> frozenset[CustomerId]:
        """Return the ids; raises SetupError when the database cannot be asked."""
        wanted = token.strip().casefold()
        held = self._kept.get(wanted)
        if held is not None:
            return held
        digits = "".join(char for char in wanted if char.isdigit())
        values = {"token": wanted, "digits": digits if len(digits) >= _LEAST_DIGITS else ""}
        try:
            rows = self._asked(values)
        except SourceFailure as failure:
            raise SetupError(f"whose an identifier is: {failure.problem}") from failure
        owners = frozenset(
            CustomerId(text) for row in rows for value in row.values() if (text := display(value))
        )
        self._kept.put(wanted, owners)
        return owners

    def _asked(self, values: dict[str, str]) -> Sequence[Row]:
        """Ask, unless the database is left alone."""
        self._rest.admit()
        try:
            rows = self._lane.run(lambda: self._reader.select(self._statement, values))
        except SourceFailure as failure:
            if failure.unwell:
                self._rest.failed(failure.problem)
            else:
                self._rest.succeeded()
            raise
        self._rest.succeeded()
        return rows
