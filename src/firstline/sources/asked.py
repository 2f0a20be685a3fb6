"""One source as it is asked: bounded in time, left alone when it is unwell, remembered if it may.

What it says is checked before anybody uses it: it must be about the customer who was asked about.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from firstline.observe import log
from firstline.sources.failure import SourceFailure
from firstline.sources.kept import Kept
from firstline.sources.lane import Lane
from firstline.sources.rest import Rest
from firstline.workspace.models import SourceSetting
from firstline.workspace.record_fields import covers, display, flatten
from firstline.workspace.source_settings import parameters_of

Row = Mapping[str, Any]
MOST_ROWS: Final = 50
"""Of one answer; a source that says more about one customer is not one of records."""
LONGEST_REFERENCE: Final = 320
FILE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """What a source is asked by; what is not known is empty."""

    reference: str = ""
    id: str = ""
    email: str = ""

    def values(self) -> dict[str, str]:
        """Return them by the names that queries and addresses use."""
        return {"reference": self.reference, "id": self.id, "email": self.email}

    def is_named_by(self, value: str) -> bool:
        """Whether a value is one of them, whatever its case."""
        given = {text.casefold() for text in (self.reference, self.id, self.email) if text}
        return value.strip().casefold() in given


class Reader(Protocol):
    """Asks one system once. What it needs to wait for is bounded by whoever calls it."""

    def read(self, who: Who) -> tuple[Row, ...]:
        """Return the rows about a customer; at most one more than MOST_ROWS.

        Raises:
            SourceFailure: It gave no usable answer.
        """
        ...

    def close(self) -> None:
        """Let connections go."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a source said about a customer."""

    rows: tuple[Row, ...]
    at: datetime


def patience(setting: SourceSetting) -> float:
    """Return the seconds for one question; a large file is indexed before it can be asked."""
    return FILE_SECONDS if setting.kind == "file" else setting.timeout_ms / 1_000


class Asked:
    """A source with everything around it. Safe to use from several threads."""

    def __init__(
        self,
        setting: SourceSetting,
        reader: Reader,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = setting.name
        self.setting = setting
        self._reader = reader
        self._lane = Lane(seconds=patience(setting))
        self._rest = Rest(clock)
        self._kept = Kept[Said](seconds=setting.cached_seconds, clock=clock)
        self._asks_by = parameters_of(setting)

    def ask(self, who: Who) -> Said:
        """Return what it says about a customer, checked.

        Raises:
            SourceFailure: It could not be asked, or its answer may not be used.
        """
        values = who.values()
        if any(len(value) > LONGEST_REFERENCE for value in values.values()):
            raise SourceFailure("what to ask by is too long", unwell=False)
        if not all(values.get(name) for name in self._asks_by):
            # A customer without an address is not in a system that knows people by theirs.
            return Said(rows=(), at=datetime.now(UTC))
        if self.setting.access == "cached" and (held := self._kept.get(who)) is not None:
            return held
        said = Said(rows=self._checked(who, self._read(who)), at=datetime.now(UTC))
        if self.setting.access == "cached":
            self._kept.put(who, said)
        return said

    def fields_of(self, said: Said) -> tuple[tuple[str, str], ...]:
        """Return what it said as flat fields below its name, those that are taken.

        Raises:
            SourceFailure: It says too much.
        """
        if not said.rows:
            return ()
        value: Any = list(said.rows) if self.setting.rows == "many" else said.rows[0]
        return self.taken({self.name: value}, below=f"{self.name}.")

    def taken(self, tree: Row, *, below: str = "") -> tuple[tuple[str, str], ...]:
        """Return the flat fields of a tree, of them those that the setting takes.

        Raises:
            SourceFailure: There are too many.
        """
        try:
            fields = flatten(tree)
        except ValueError as error:
            raise SourceFailure(str(error), unwell=False) from None
        wanted = tuple(f"{below}{path}" for path in self.setting.fields)
        return tuple(
            field for field in fields if not wanted or any(covers(one, field[0]) for one in wanted)
        )

    def close(self) -> None:
        """Let connections go."""
        self._reader.close()

    def _read(self, who: Who) -> tuple[Row, ...]:
        self._rest.admit()
        try:
            rows = self._lane.run(lambda: self._reader.read(who))
        except SourceFailure as failure:
            if failure.unwell:
                self._rest.failed(failure.problem)
            else:
                self._rest.succeeded()
            log.warning("source_failed", source=self.name, detail=failure.problem)
            raise
        self._rest.succeeded()
        return rows

    def _checked(self, who: Who, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        setting = self.setting
        if len(rows) > MOST_ROWS:
            raise SourceFailure(f"it says more than {MOST_ROWS} things", unwell=False)
        if setting.rows == "one" and len(rows) > 1:
            raise SourceFailure("it has more than one record of this customer", unwell=False)
        if setting.owner and not all(
            who.is_named_by(display(row.get(setting.owner))) for row in rows
        ):
            raise SourceFailure("its answer is about somebody else", unwell=False)
        return rows
