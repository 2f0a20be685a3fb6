"""A ticket's place in the queue, and how tickets get into it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from firstline.records import Intent, Outcome, Reason, TicketId, Verdict, encode
from firstline.review.entries import Entrance, entry_of
from firstline.review.stakes import Costs, IntentStakes, stakes_of
from firstline.store import Inbox, TicketStore, open_database
from firstline.store.review_queue import Ended, ReviewQueue
from firstline.store.reviews import ReviewStore
from tests.builders import NOON, a_route, a_ticket

HOUR = timedelta(hours=1)


def a_verdict(score: float = 0.75) -> Verdict:
    """Return a verdict to have a person look."""
    reason = Reason(code="autonomy_review", detail="")
    return Verdict(action="review", score=score, reasons=(reason,), autonomy="review")


def test_the_expected_loss_is_what_a_wrong_answer_costs_times_the_doubt() -> None:
    """Risk decides the cost and urgency the time, unless the company says otherwise."""
    route = a_route(risk="medium", urgency="high")
    ended = Ended(
        ticket=a_ticket(),
        reason="autonomy_review",
        ended_at=NOON + HOUR,
        route=encode(route),
        verdict=encode(a_verdict()),
    )
    entry = entry_of(ended)
    assert (entry.loss, entry.delay, entry.sla) == (5.0, 25.0, HOUR)
    assert (entry.intent, entry.urgency, entry.score) == ("export_data", "high", 0.75)
    own = {Intent("export_data"): IntentStakes(costs=Costs(wrong=8.0), sla=3 * HOUR)}
    assert (entry_of(ended, own).loss, entry_of(ended, own).sla) == (2.0, 3 * HOUR)


def test_a_ticket_that_failed_before_it_was_routed_is_grave() -> None:
    """Nothing is known of it, so it is taken for the worst."""
    ended = Ended(ticket=a_ticket(), reason="engine_failed", ended_at=NOON, route="", verdict="")
    entry = entry_of(ended)
    assert (entry.intent, entry.score, entry.loss) == ("", 0.0, 100.0)


@pytest.mark.parametrize("score", [-1.0, 0.0, 1.0, 7.0])
def test_no_score_makes_a_loss_negative(score: float) -> None:
    """A score outside 0 to 1 is taken for the nearer end."""
    stakes = stakes_of(None, "low", "low")
    assert 0.0 <= stakes.loss(score) <= stakes.costs.wrong


def test_every_ticket_that_ends_with_a_person_enters_once(engine: sa.Engine) -> None:
    """However many look at once, and whenever the ticket ended by its worker's clock."""
    tickets = TicketStore(engine)
    tickets.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    tickets.accept([(at, a_ticket(f"t{at}")) for at in range(4)])
    bodies = (("route", encode(a_route())), ("gate", encode(a_verdict())))
    ends: tuple[tuple[str, Outcome | None], ...] = (("t0", "review"), ("t1", "sent"), ("t2", None))
    for name, how in ends:
        tickets.record(TicketId(name), bodies, (), outcome=how, reason="because", now=NOON)
    store, queue = ReviewStore(engine), ReviewQueue(engine)
    entrance = Entrance(store, queue)
    assert entrance.admit() == 1
    assert entrance.admit() == 0
    tickets.end(TicketId("t2"), "escalate", "engine_failed", NOON - HOUR)
    assert Entrance(store, queue).admit() == 1
    tickets.end(TicketId("t3"), "escalate", "anger", NOON - 20 * HOUR)
    assert entrance.admit() == 1
    assert {item.review.ticket for item in queue.page(NOON).items} == {"t0", "t2", "t3"}


def test_an_old_database_gets_the_reviews(tmp_path: Path) -> None:
    """Opening it again applies nothing twice."""
    url = f"sqlite:///{tmp_path}/app.db"
    open_database(url).dispose()
    opened = open_database(url)
    assert ReviewQueue(opened).page(NOON).total == 0
    opened.dispose()
