"""Lists of tickets, by everything they can be asked for, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from firstline.errors import InputError
from firstline.records import (
    ConversationId,
    Intent,
    IntentScore,
    Outcome,
    Ticket,
    TicketId,
    encode,
)
from firstline.store import Inbox, TicketStore
from firstline.store.listing_tables import create_listed, listed
from firstline.store.review_records import ReviewEntry
from firstline.store.reviews import ReviewStore
from firstline.store.schema import stage, ticket
from firstline.store.ticket_search import Place, TicketFilter, TicketSearch, TicketState
from firstline.store.trust_tables import review
from tests.builders import NOON, a_route, a_ticket

HOUR = timedelta(hours=1)


class Shelf:
    """A database with tickets, and what finds them."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.store = TicketStore(engine)
        self.store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
        self.search = TicketSearch(engine)

    def add(
        self,
        name: str,
        *,
        intent: str = "",
        outcome: Outcome | None = None,
        reason: str | None = None,
        **changes: Any,
    ) -> Ticket:
        """Store a ticket that was routed and ended like this."""
        made = a_ticket(name, **changes)
        assert self.store.accept([(1, made)]) == ["new"]
        scores = (IntentScore(intent=Intent(intent), probability=0.9),) if intent else ()
        self.store.record(
            made.id,
            (("route", encode(a_route(intents=scores))),),
            (),
            outcome=outcome,
            reason=reason,
            now=NOON,
        )
        return made

    def found(self, **wanted: Any) -> list[str]:
        """Return the ids of a first page."""
        return [item.id for item in self.search.page(TicketFilter(**wanted)).items]

    def queue(self, name: str, state: str) -> None:
        """Put a ticket into the queue of reviews in a state."""
        entry = ReviewEntry(
            ticket=TicketId(name),
            inbox="inbox",
            conversation=name,
            channel="file",
            intent="",
            held_for="x",
            urgency="normal",
            score=0.5,
            loss=1.0,
            delay=1.0,
            received_at=NOON,
            sla=HOUR,
            entered_at=NOON,
        )
        ReviewStore(self.engine).add([entry])
        with self.engine.begin() as connection:
            change = review.update().where(review.c.ticket == name).values(state=state)
            connection.execute(change)


@pytest.fixture
def shelf(engine: sa.Engine) -> Shelf:
    """Return an empty one."""
    return Shelf(engine)


def test_a_ticket_is_listed_from_the_moment_it_is_accepted(shelf: Shelf) -> None:
    """What is not known yet is empty, and known as soon as its stage has said it."""
    one = a_ticket("t1", channel="chat", subject="A subject")
    shelf.store.accept([(1, one)])
    (item,) = shelf.search.page().items
    assert (item.id, item.subject, item.channel) == ("t1", "A subject", "chat")
    assert (item.intent, item.outcome, item.state) == ("", "", "open")
    bodies = (("route", encode(a_route())),)
    shelf.store.record(one.id, bodies, (), outcome="review", reason="low_score", now=NOON)
    (item,) = shelf.search.page().items
    assert (item.intent, item.outcome, item.reason) == ("export_data", "review", "low_score")
    assert item.state == "waiting"


FILTERS: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({"outcome": "sent"}, ["a"]),
    ({"reason": "anger"}, ["b"]),
    ({"intent": "refunds"}, ["c", "b"]),
    ({"intent": "refunds", "channel": "email"}, ["b"]),
    ({"channel": "chat"}, ["c", "a"]),
    ({"state": "open"}, ["c"]),
    ({"state": "answered"}, ["a"]),
    ({"state": "waiting"}, ["b"]),
    ({"outcome": "nothing"}, []),
)


def test_filters_narrow_the_list(shelf: Shelf) -> None:
    """Each alone and together; the newest first."""
    shelf.add("a", intent="export", outcome="sent", reason="quote", channel="chat")
    shelf.add(
        "b",
        intent="refunds",
        outcome="escalate",
        reason="anger",
        channel="email",
        received_at=NOON + HOUR,
    )
    shelf.add("c", intent="refunds", channel="chat", received_at=NOON + 2 * HOUR)
    for wanted, names in FILTERS:
        assert shelf.found(**wanted) == names, wanted


def test_the_state_of_a_review_is_the_ticket_s(shelf: Shelf) -> None:
    """A ticket before a person stands as its review does, and in no other list."""
    states: Sequence[TicketState] = ("snoozed", "handed", "approved", "closed", "waiting")
    for state in states:
        shelf.add(state, outcome="review", reason="x")
        shelf.queue(state, state)
    for state in states:
        assert shelf.found(state=state) == [state]
    assert not shelf.found(state="open")
    assert not shelf.found(state="answered")
    assert {item.id: item.state for item in shelf.search.page().items} == {
        state: state for state in states
    }


def test_a_second_end_is_listed_too(shelf: Shelf) -> None:
    """A ticket that a person released afterwards is answered."""
    shelf.add("a", outcome="review", reason="x")
    with shelf.engine.begin() as connection:
        change = ticket.update().where(ticket.c.id == "a")
        connection.execute(change.values(outcome="sent", reason="approved"))
    assert shelf.found(state="answered", reason="approved") == ["a"]


SEARCHES: tuple[tuple[str, bool], ...] = (
    ("INVOICE", True),
    ("voic 4711", True),
    ("invoice nothing", False),
    ("ann@acme.example", True),
    ("100%", True),
    ("1%0", False),
    ("a_b", True),
    ("axb", False),
    ("müller", True),
    ("MÜLLER", True),
    ('say "no"', True),
    ("\\", True),
    ("t1", True),
    ("' OR 1=1 --", False),
    ("", True),
)


def test_words_are_found_wherever_they_stand(shelf: Shelf) -> None:
    """In subject, customer and both ids; letters of any case; no sign means anything else."""
    shelf.add(
        "t1",
        external_id="ext-4711",
        customer="Ann@Acme.example",
        subject='Invoice of 100% a_b for Herr Müller, "say "no"" c:\\x',
    )
    for text, found in SEARCHES:
        assert shelf.found(text=text) == (["t1"] if found else []), text


def test_days_begin_in_the_company_s_time_zone(shelf: Shelf) -> None:
    """The last day is included; a ticket at its very end belongs to it."""
    sydney = ZoneInfo("Australia/Sydney")
    late = datetime(2026, 5, 4, 23, 59, 59, tzinfo=sydney)
    shelf.add("late", received_at=late.astimezone(UTC))
    wanted = TicketFilter(since=date(2026, 5, 4), until=date(2026, 5, 4))
    assert [item.id for item in shelf.search.page(wanted, zone=sydney).items] == ["late"]
    other = TicketFilter(since=date(2026, 5, 5))
    assert not shelf.search.page(other, zone=sydney).items
    everything = TicketFilter(since=date.min, until=date(9999, 12, 30))
    assert len(shelf.search.page(everything, zone=sydney).items) == 1
    assert len(shelf.search.page(TicketFilter(until=date.max), zone=sydney).items) == 1


def test_pages_show_each_ticket_once_in_both_directions(shelf: Shelf) -> None:
    """Also where several came at the same moment, and while new ones come in."""
    for number in range(7):
        shelf.add(f"t{number}", received_at=NOON + (number // 3) * HOUR)
    page = shelf.search.page(limit=3)
    assert page.newer is None
    seen = [item.id for item in page.items]
    shelf.add("new", received_at=NOON + 9 * HOUR)
    while page.older is not None:
        page = shelf.search.page(after=page.older, limit=3)
        seen += [item.id for item in page.items]
    assert seen == ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]
    back = [item.id for item in page.items]
    while page.newer is not None:
        page = shelf.search.page(before=page.newer, limit=3)
        back = [item.id for item in page.items] + back
    assert back == ["new", *seen]


@pytest.mark.parametrize(
    "written", ["", "x", "2026-05-04_", "2026-05-04T12:00:00_t1", "_t1", "9" * 400 + "_t1"]
)
def test_a_damaged_place_is_refused(written: str) -> None:
    """A place that no page gave is the sender's mistake, not a failure."""
    with pytest.raises(InputError):
        Place.read(written)


def test_a_place_survives_its_address() -> None:
    """What a page gives is read again as it was."""
    place = Place(received_at="2026-05-04T12:00:00.000000+00:00", ticket="t_1")
    assert Place.read(str(place)) == place


def test_tickets_from_before_the_list_are_listed_alike(shelf: Shelf) -> None:
    """What the migration fills in is what the triggers write."""
    shelf.add("a", intent="refunds", outcome="review", reason="x", subject='Say "hi" \\ Ünder')
    shelf.add("b", channel="chat", customer="cus_1", received_at=NOON + HOUR)
    shelf.queue("a", "handed")
    with shelf.engine.begin() as connection:
        written = connection.execute(sa.select(listed).order_by(listed.c.ticket)).all()
        for name, table in (
            ("listed_accepted", "ticket"),
            ("listed_ended", "ticket"),
            ("listed_routed", "stage"),
            ("listed_queued", "review"),
            ("listed_reviewed", "review"),
        ):
            lite = connection.dialect.name == "sqlite"
            connection.exec_driver_sql(
                f"DROP TRIGGER {name}" if lite else f"DROP TRIGGER {name} ON {table}"
            )
        connection.exec_driver_sql("DROP TABLE listed")
        create_listed(connection)
        assert connection.execute(sa.select(listed).order_by(listed.c.ticket)).all() == written


def test_what_cannot_be_read_refuses_no_ticket(shelf: Shelf) -> None:
    """A record of another form is stored all the same; its column stays empty."""
    with shelf.engine.begin() as connection:
        row = {
            "id": "odd",
            "inbox": "inbox",
            "external_id": "odd",
            "conversation": "odd",
            "content": "x",
            "received_at": "2026-05-04T12:00:00.000000+00:00",
            "position": 1,
            "body": "not json",
        }
        connection.execute(ticket.insert().values(row))
        said = {"ticket": "odd", "stage": "route", "body": "{", "wall_ms": 0.0, "cpu_ms": 0.0}
        connection.execute(stage.insert().values(said))
        kept = connection.execute(sa.select(listed)).one()
    assert (kept.ticket, kept.channel, kept.intent) == ("odd", "", "")


def test_reasons_to_choose_from_are_those_of_late(shelf: Shelf) -> None:
    """Each once, sorted; an open ticket has none."""
    shelf.add("a", outcome="review", reason="b_reason")
    shelf.add("b", outcome="review", reason="a_reason")
    shelf.add("c", outcome="review", reason="a_reason")
    shelf.add("d")
    assert shelf.search.recent_reasons() == ("a_reason", "b_reason")


def test_related_tickets_are_the_conversation_s_then_the_customer_s(shelf: Shelf) -> None:
    """An unverified sender has no others, whoever they say they are."""
    thread = ConversationId("thread")
    shelf.add("a", conversation=thread, customer="cus_1", verified=True, outcome="sent", reason="q")
    shelf.add("b", customer="cus_1", verified=True, received_at=NOON + HOUR)
    shelf.add("c", conversation=ConversationId("other"), customer="cus_2")
    mine = a_ticket("d", conversation=thread, customer="cus_1", verified=True)
    shelf.store.accept([(1, mine)])
    found = shelf.search.related(mine)
    assert [(item.id, item.why) for item in found] == [("a", "conversation"), ("b", "customer")]
    assert found[0].subject.startswith("How do I export")
    claimed = a_ticket("e", customer="cus_1", verified=False)
    assert shelf.search.related(claimed) == ()
