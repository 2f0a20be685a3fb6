"""The queue's rows and the filters in its address."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import NOON

from firstline.records import TicketId
from firstline.store.review_queue import QueuePage, Waiting
from firstline.store.review_records import Review
from firstline.web.review.queue_view import FIELDS, Wanted, queue_view, row_of, wanted_of

HOUR = timedelta(hours=1)


def waiting(name: str = "t1", **changes: Any) -> Waiting:
    """Return a ticket of the queue; `changes` are of its review."""
    held = Review(
        ticket=TicketId(name),
        inbox="i",
        conversation=name,
        channel="email",
        intent="export_data",
        held_for="autonomy_review",
        urgency="normal",
        score=0.5,
        loss=10.0,
        delay=5.0,
        received_at=NOON,
        sla_seconds=HOUR.total_seconds(),
        entered_at=NOON,
        state="waiting",
        version=0,
        holder="",
        held_until=None,
        claimed_at=None,
        assignee="",
        team="",
        wakes_at=None,
        pending="",
    )
    return Waiting(
        review=replace(held, **changes),
        external_id=f"ext-{name}",
        subject="",
        opening="How do I   export?",
        priority=12.5,
        due_at=NOON + HOUR,
    )


def test_a_row_without_a_subject_shows_how_the_message_begins() -> None:
    """Every ticket has something to be told by."""
    assert row_of(waiting(), "ann", NOON).title == "How do I export?"
    empty = replace(waiting(), opening=" ")
    assert row_of(empty, "ann", NOON).title == "(ext-t1)"


def test_a_row_says_who_else_has_it() -> None:
    """Of others the name is shown, of oneself nothing."""
    held = waiting(holder="Bo", held_until=NOON + HOUR)
    assert row_of(held, "Ann", NOON).who == "Bo"
    assert row_of(held, "Bo", NOON).who == ""
    assert row_of(held, "Bo", NOON).mine
    assert row_of(held, "Ann", NOON + 2 * HOUR).who == ""


def test_neighbours_and_the_next_free_ticket() -> None:
    """Next and before are of the list; the one to go on with is nobody else's."""
    items = (
        waiting("a"),
        waiting("b", holder="Bo", held_until=NOON + HOUR),
        waiting("c"),
    )
    queue = queue_view(QueuePage(items=items, total=60), Wanted(page=2), "Ann", NOON)
    above, below, after = queue.before("b"), queue.below("a"), queue.after("a")
    assert above is not None
    assert below is not None
    assert after is not None
    assert (above.ticket, below.ticket, after.ticket) == ("a", "b", "c")
    assert queue.after("c") is None
    assert queue.before("a") is None
    assert (queue.at("a"), queue.at("nowhere"), queue.pages) == (26, 0, 3)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*FIELDS, "page"], st.text(max_size=12))))
def test_an_address_says_the_same_when_it_is_read_again(params: dict[str, str]) -> None:
    """What is wanted survives being written into an address, whatever was typed."""
    wanted = wanted_of(params)
    again = wanted_of(dict(parse_qsl(wanted.tail.removeprefix("?"))))
    assert again == wanted


def test_only_known_states_and_pages_are_asked_for() -> None:
    """Nonsense in the address is left out, not an error."""
    wanted = wanted_of({"state": "stolen", "page": "-3", "q": "x" * 500})
    assert wanted.state == ""
    assert wanted.page == 1
    assert len(wanted.q) == 100
    assert wanted_of({"page": "\uff19"}).page == 1


def test_a_filter_can_be_left_out_by_itself() -> None:
    """Each thing asked for comes with the address without it."""
    wanted = wanted_of({"intent": "export_data", "q": "csv", "page": "3"})
    rest = {name: tail for name, _, tail in wanted.chosen}
    assert rest == {"intent": "?q=csv", "q": "?intent=export_data"}
    assert wanted.is_filtered
    assert not Wanted(page=4).is_filtered
