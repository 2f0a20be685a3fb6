"""How the queue is read: on indexes, however many tickets there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store import open_database
from firstline.store.marks import Marks
from firstline.store.review_queue import Filter, ReviewQueue
from firstline.store.reviews import ReviewStore
from tests.builders import NOON

LOOKS: dict[str, Callable[[sa.Engine], object]] = {
    "the queue": lambda engine: ReviewQueue(engine).page(NOON),
    "its later pages": lambda engine: ReviewQueue(engine).page(NOON, offset=5_000),
    "a reason": lambda engine: ReviewQueue(engine).page(NOON, Filter(reason="anger")),
    "a person's part": lambda engine: ReviewQueue(engine).page(NOON, Filter(assignee="ann")),
    "its counts": lambda engine: ReviewQueue(engine).waiting_by_reason(NOON),
    "what is not in it yet": lambda engine: ReviewQueue(engine).unlisted(),
    "a ticket by an id": lambda engine: ReviewQueue(engine).find("t1234"),
    "what waits to be delivered": lambda engine: ReviewStore(engine).pending(),
    "a review": lambda engine: ReviewStore(engine).get(TicketId("t1")),
    "what changed": lambda engine: Marks(engine)(),
}


@pytest.fixture
def lite(tmp_path: Any) -> Iterator[sa.Engine]:
    """Return an empty SQLite database, about whose contents its planner knows nothing."""
    opened = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    yield opened
    opened.dispose()


@contextmanager
def plans(engine: sa.Engine) -> Iterator[list[str]]:
    """Collect how each statement is carried out."""
    found: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            plain = cursor.connection
            rows = plain.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            found.extend(str(row[3]) for row in rows)

    sa.event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", explain)


@pytest.mark.parametrize("name", LOOKS)
def test_no_look_at_the_queue_reads_a_whole_table(lite: sa.Engine, name: str) -> None:
    """Tickets, reviews, deliveries and their lists are found through an index, not gone through."""
    with plans(lite) as found:
        LOOKS[name](lite)
    assert found
    tables = ("ticket", "review", "listed", "delivery", "stage")
    through = [
        step
        for step in found
        if step.startswith(tuple(f"SCAN {table}" for table in tables)) and "INDEX" not in step
    ]
    assert not through, found


@pytest.mark.parametrize("name", ["the queue", "its counts"])
def test_the_order_of_the_queue_is_made_from_an_index_alone(lite: sa.Engine, name: str) -> None:
    """Thousands of reviews are ordered and counted without being read."""
    with plans(lite) as found:
        LOOKS[name](lite)
    ordered = [step for step in found if "review_queue" in step]
    assert ordered
    assert all("COVERING INDEX review_queue" in step for step in ordered)


def test_what_is_not_in_the_queue_yet_has_an_index_of_its_own(lite: sa.Engine) -> None:
    """Looking for it costs the same however many tickets have ended."""
    with plans(lite) as found:
        ReviewQueue(lite).unlisted()
    assert any("listed_unlisted" in step for step in found), found
