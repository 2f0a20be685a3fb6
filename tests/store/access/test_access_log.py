"""The audit of access: complete, searchable, and only ever added to — on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from firstline.store.access_log import LONGEST_DETAIL, AccessLog, EventFilter
from firstline.store.people_records import NewEvent
from tests.builders import NOON

MINUTE = timedelta(minutes=1)
LOOK = NewEvent(action="viewed", actor="p1", name="Ada Ling", kind="ticket", subject="t1")


@pytest.fixture
def log(engine: sa.Engine) -> AccessLog:
    """Return an empty audit."""
    return AccessLog(engine)


@pytest.mark.parametrize(
    "statement", ["UPDATE access_event SET name = 'Eve'", "DELETE FROM access_event"]
)
def test_the_database_refuses_to_alter_or_remove_events(
    engine: sa.Engine, log: AccessLog, statement: str
) -> None:
    """Whatever a program tries."""
    log.add(LOOK, NOON)
    with pytest.raises(DBAPIError, match="only ever added"), engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert log.page(EventFilter()).events[0].name == "Ada Ling"


def test_a_page_that_renews_itself_is_one_look(log: AccessLog) -> None:
    """The same person and ticket within a minute; others count for themselves."""
    log.saw(LOOK, NOON)
    log.saw(LOOK, NOON + MINUTE / 2)
    assert len(log.page(EventFilter()).events) == 1
    log.saw(LOOK, NOON + 2 * MINUTE)
    log.saw(NewEvent(action="viewed", actor="p2", name="Bo", kind="ticket", subject="t1"), NOON)
    log.saw(NewEvent(action="viewed", actor="p1", name="Ada", kind="ticket", subject="t2"), NOON)
    assert len(log.page(EventFilter()).events) == 4


def test_events_are_found_by_each_part_of_a_filter(log: AccessLog) -> None:
    """By who (name or id), what, of which kind, which one, and when."""
    log.add(LOOK, NOON)
    log.add(NewEvent(action="signed in", actor="p2", name="Bo Ek", kind="person"), NOON + MINUTE)
    for wanted in (
        EventFilter(who="Ada Ling"),
        EventFilter(who="p1"),
        EventFilter(action="viewed"),
        EventFilter(kind="ticket"),
        EventFilter(subject="t1"),
        EventFilter(until=NOON + MINUTE),
    ):
        assert [event.name for event in log.page(wanted).events] == ["Ada Ling"], wanted
    assert [event.name for event in log.page(EventFilter(since=NOON + MINUTE)).events] == ["Bo Ek"]


def test_pages_lead_to_the_oldest_event_and_no_further(log: AccessLog) -> None:
    """Each event is on exactly one page, the newest first."""
    for number in range(7):
        log.add(NewEvent(action="viewed", subject=f"t{number}"), NOON)
    seen, before = [], None
    while True:
        page = log.page(EventFilter(), before=before, limit=3)
        seen += [event.subject for event in page.events]
        before = page.before
        if before is None:
            break
    assert seen == [f"t{number}" for number in reversed(range(7))]
    assert [event.subject for event in log.every(EventFilter(), limit=5)] == seen[:5]


def test_details_are_bounded(log: AccessLog) -> None:
    """What is told at length is cut."""
    log.add(NewEvent(action="viewed", subject="t\x001", detail="x" * 9_999), NOON)
    assert log.page(EventFilter()).events[0].subject == "t1"
    assert len(log.page(EventFilter()).events[0].detail) == LONGEST_DETAIL
