"""The switch works within a second in every process, and what cannot be read releases nothing."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from firstline.pipeline.operating import Operator
from firstline.pipeline.release import Proofs, Release
from firstline.pipeline.release_reader import PROOF_SECONDS, SECONDS, ReleaseReader
from firstline.records import Intent
from firstline.store import open_database
from firstline.store.autonomy import AutonomyStore, NewChange
from firstline.workspace import Autonomy

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
EVERYONE = Autonomy(level="percent", percent=100)
SECOND = 1.0
"""What is promised; the test allows for a machine that is busy with others."""


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.seconds


def now() -> datetime:
    """Return the time of the tests."""
    return NOW


def goes_out(release: Release) -> bool:
    """Whether an intent that the files release still goes out."""
    return release.level_for(Intent("export_data"), files=EVERYONE).level == EVERYONE


def test_a_release_is_read_again_after_half_a_second(engine: sa.Engine) -> None:
    """Within half a second what was read is used again; then the database is asked."""
    clock = Clock()
    store = AutonomyStore(engine)
    reader = ReleaseReader(store, now=now, clock=clock)
    assert goes_out(reader())
    Operator(store, by="ana", now=now).stop("wrong steps")
    clock.seconds += SECONDS / 2
    assert goes_out(reader())
    clock.seconds += SECONDS / 2
    assert not goes_out(reader())
    assert reader.held.stopped is not None


def test_a_transaction_sees_the_switch_at_once(engine: sa.Engine) -> None:
    """What is asked right before a claim is not half a second old."""
    store = AutonomyStore(engine)
    reader = ReleaseReader(store, now=now, clock=Clock())
    assert goes_out(reader())
    Operator(store, by="ana", now=now).stop()
    with engine.connect() as connection:
        assert not goes_out(reader.at(connection))


def test_the_switch_reaches_another_process_within_a_second(database_url: str) -> None:
    """Two connections pools know nothing of each other, as two workers on two machines."""
    worker, desk = open_database(database_url), open_database(database_url)
    try:
        reader = ReleaseReader(AutonomyStore(worker), now=now)
        operator = Operator(AutonomyStore(desk), by="ana", now=now)
        for stop in (True, False):
            assert goes_out(reader()) is stop
            (operator.stop if stop else operator.resume)("a drill")
            begun = time.monotonic()
            while goes_out(reader()) is stop and time.monotonic() - begun < 10 * SECOND:
                time.sleep(0.01)
            assert goes_out(reader()) is not stop
        # The reader itself never waits longer than this, however busy the machine is.
        assert SECONDS < SECOND
    finally:
        worker.dispose()
        desk.dispose()


def test_without_its_table_nothing_goes_out(engine: sa.Engine) -> None:
    """Where the log cannot be read, a person approves everything, also inside a claim."""
    store = AutonomyStore(engine)
    clock = Clock()
    reader = ReleaseReader(store, now=now, clock=clock)
    assert goes_out(reader())
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE autonomy_change"))
    clock.seconds += SECONDS
    assert not goes_out(reader())
    assert reader.held.unreadable
    with engine.connect() as connection:
        assert not goes_out(reader.at(connection))


@pytest.mark.parametrize(
    "damaged",
    [
        NewChange(topic="level", scope="*", value="sometimes", by="x", reason=""),
        NewChange(topic="switch", scope="*", value="perhaps", by="x", reason=""),
    ],
)
def test_a_damaged_line_releases_nothing(engine: sa.Engine, damaged: NewChange) -> None:
    """A line that nobody understands is taken for the worst."""
    store = AutonomyStore(engine)
    store.change(damaged, NOW)
    assert not goes_out(ReleaseReader(store, now=now)())


def test_certificates_are_looked_for_less_often(engine: sa.Engine) -> None:
    """They cost more to read and change seldom; failing to read them releases nothing either."""
    clock = Clock()
    looks: list[float] = []

    def find() -> Proofs:
        looks.append(clock())
        if len(looks) > 1:
            raise OSError("the disk is gone")
        return Proofs()

    reader = ReleaseReader(AutonomyStore(engine), proofs=find, now=now, clock=clock)
    for _ in range(4):
        assert goes_out(reader())
        clock.seconds += SECONDS
    assert len(looks) == 1
    clock.seconds += PROOF_SECONDS
    assert not goes_out(reader())
