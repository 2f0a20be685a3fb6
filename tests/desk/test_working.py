"""The loop of every process that works: a busy database does not end it, a lost one does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from tests.desk.small_company import make_company

from firstline.desk import open_desk, working
from firstline.errors import SetupError
from firstline.pipeline.engine import Engine


@dataclass
class Busy:
    """An engine whose first looks fail."""

    failures: int
    looks: list[int] = field(default_factory=list)

    async def submit(self, _ids: Any) -> None:
        """Take nothing."""

    async def tend(self) -> None:
        """Fail so many times."""
        self.looks.append(1)
        if len(self.looks) <= self.failures:
            raise SetupError("the database cannot be used: database is locked")


@pytest.mark.parametrize(("failures", "ends"), [(2, False), (99, True)])
async def test_a_database_that_is_busy_for_a_moment_ends_nothing(
    failures: int, ends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks that fail are logged and repeated; only a minute of them ends the loop."""
    monkeypatch.setattr(working, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(working, "MOST_FAILURES", 4)
    engine, stop = Busy(failures), asyncio.Event()
    with open_desk(make_company(tmp_path / "small"), with_models=False) as desk:
        line = desk.line()

        def wanted() -> bool:
            return len(engine.looks) < 6

        loop = working.keep_working(cast("Engine", engine), line, stop, wanted=wanted)
        if ends:
            with pytest.raises(SetupError):
                await loop
        else:
            await loop
    assert len(engine.looks) == (4 if ends else 6)
