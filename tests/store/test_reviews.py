"""Reviews: one holder at a time, every change on the version it was seen in — on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from firstline.records import ConversationId, Draft, Receipt, TicketId, encode
from firstline.store import Caps, Inbox, Outbox, TicketStore, open_database
from firstline.store.review_queue import Filter, ReviewQueue
from firstline.store.review_records import Change, Decision, Review, ReviewEntry, ReviewRefused
from firstline.store.reviews import ReviewStore
from firstline.store.schema import ticket
from tests.builders import NOON, a_draft, a_ticket

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
T1 = TicketId("t1")
PEOPLE = 50


def an_entry(name: str = "t1", **changes: Any) -> ReviewEntry:
    """Return a ticket's place in the queue."""
    fields: dict[str, Any] = {
        "ticket": TicketId(name),
        "inbox": "inbox",
        "conversation": name,
        "channel": "email",
        "intent": "export_data",
        "held_for": "autonomy_review",
        "urgency": "normal",
        "score": 0.5,
        "loss": 10.0,
        "delay": 5.0,
        "received_at": NOON,
        "sla": 8 * HOUR,
        "entered_at": NOON,
    }
    return ReviewEntry(**(fields | changes))


def a_change(held: Review, kind: Any = "approve", **changes: Any) -> Change:
    """Return a decision of the review's holder."""
    fields: dict[str, Any] = {
        "ticket": held.ticket,
        "kind": kind,
        "by": held.holder,
        "version": held.version,
        "state": "approved",
        "delivers": "reply",
        "text": a_draft().text,
        "draft": encode(a_draft()),
        "before_hash": "b",
        "after_hash": "a",
    }
    return Change(**(fields | changes))


@pytest.fixture
def tickets(engine: sa.Engine) -> TicketStore:
    """Return a store with one ticket that ended before a person."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    store.accept([(1, a_ticket())])
    store.end(T1, "review", "autonomy_review", NOON)
    return store


@pytest.fixture
def reviews(tickets: TicketStore) -> ReviewStore:
    """Return the reviews of a database with that ticket in the queue."""
    store = ReviewStore(tickets.engine)
    assert store.add([an_entry()]) == 1
    return store


def refused(reason: str, problem: str = ".") -> Any:
    """Expect a refusal with this code and these words."""
    return pytest.raises(ReviewRefused, match=problem, check=lambda e: e.refusal == reason)


def outcome(tickets: TicketStore, name: str = "t1") -> tuple[str | None, str | None]:
    """Return how a ticket ended."""
    stored = tickets.load(TicketId(name))
    assert stored is not None
    return stored.outcome, stored.reason


@pytest.mark.timeout(60)
def test_of_fifty_people_one_gets_the_ticket(database_url: str, tickets: TicketStore) -> None:
    """Fifty people claim at once, each over a connection of their own, and decide at once."""
    ReviewStore(tickets.engine).add([an_entry()])
    engines = [open_database(database_url) for _ in range(PEOPLE)]
    start = Barrier(PEOPLE)

    def decide(number: int) -> Decision | str:
        store = ReviewStore(engines[number])
        start.wait()
        try:
            held = store.claim(T1, f"person {number}", NOON)
            return store.decide(a_change(held), NOON + MINUTE)
        except ReviewRefused as error:
            return error.refusal

    with ThreadPoolExecutor(PEOPLE) as pool:
        found = list(pool.map(decide, range(PEOPLE)))
    for opened in engines:
        opened.dispose()
    made = [item for item in found if isinstance(item, Decision)]
    assert len(made) == 1
    assert set(found) - set(made) <= {"held", "not_open"}
    assert ReviewStore(tickets.engine).decisions(T1) == tuple(made)


@pytest.mark.timeout(60)
def test_of_fifty_decisions_on_one_version_one_counts(
    database_url: str, reviews: ReviewStore
) -> None:
    """One person's claim in fifty windows: the first decision is written, the others refused."""
    held = reviews.claim(T1, "ann", NOON)
    engines = [open_database(database_url) for _ in range(PEOPLE)]
    start = Barrier(PEOPLE)

    def decide(number: int) -> str:
        start.wait()
        try:
            ReviewStore(engines[number]).decide(a_change(held), NOON)
        except ReviewRefused as error:
            return error.refusal
        return "made"

    with ThreadPoolExecutor(PEOPLE) as pool:
        found = sorted(pool.map(decide, range(PEOPLE)))
    for opened in engines:
        opened.dispose()
    assert found == ["made"] + ["not_open"] * (PEOPLE - 1)
    assert len(reviews.decisions(T1)) == 1


def test_a_claim_lasts_as_long_as_its_lease(reviews: ReviewStore) -> None:
    """Nobody else gets the ticket until the lease ends; then whoever asks does."""
    ann = reviews.claim(T1, "ann", NOON, lease=HOUR)
    assert ann.held_by(NOON) == "ann"
    assert ann.held_by(NOON + HOUR) == ""
    with refused("held", r"ann holds it until 2026-05-04T13:00"):
        reviews.claim(T1, "bo", NOON + 59 * MINUTE)
    reviews.renew(T1, "ann", ann.version, NOON + 59 * MINUTE, lease=HOUR)
    with refused("held"):
        reviews.claim(T1, "bo", NOON + HOUR)
    bo = reviews.claim(T1, "bo", NOON + 2 * HOUR)
    assert bo.version == ann.version + 1


def test_who_lost_a_claim_decides_nothing(reviews: ReviewStore) -> None:
    """After the lease, another person's claim fences the first one off."""
    ann = reviews.claim(T1, "ann", NOON, lease=MINUTE)
    with refused("not_held", "ran out"):
        reviews.decide(a_change(ann), NOON + HOUR)
    reviews.claim(T1, "bo", NOON + HOUR)
    with refused("held", "bo holds it"):
        reviews.decide(a_change(ann), NOON + HOUR)
    with refused("held"):
        reviews.renew(T1, "ann", ann.version, NOON + HOUR)
    assert reviews.decisions(T1) == ()


def test_the_same_person_in_two_windows(reviews: ReviewStore) -> None:
    """Claiming again makes a new version; the older window's decision is refused."""
    first = reviews.claim(T1, "ann", NOON)
    second = reviews.claim(T1, "ann", NOON)
    with refused("changed", r"version 1, now 2"):
        reviews.decide(a_change(first), NOON)
    assert reviews.decide(a_change(second), NOON).number == second.version + 1


def test_a_ticket_given_back_is_free(reviews: ReviewStore) -> None:
    """A release ends the claim at once; only its holder can."""
    held = reviews.claim(T1, "ann", NOON)
    with refused("held"):
        reviews.release(T1, "bo", held.version, NOON)
    assert reviews.release(T1, "ann", held.version, NOON).holder == ""
    with refused("not_held"):
        reviews.decide(a_change(held), NOON)
    assert reviews.claim(T1, "bo", NOON).holder == "bo"


def test_an_unknown_ticket_is_not_claimed(reviews: ReviewStore) -> None:
    """What does not wait cannot be held."""
    with refused("unknown"):
        reviews.claim(TicketId("nobody"), "ann", NOON)


def test_a_decision_is_written_down_with_who_when_and_what(
    reviews: ReviewStore, tickets: TicketStore
) -> None:
    """The row tells how long it waited and was held, and what it was decided on."""
    held = reviews.claim(T1, "ann", NOON + HOUR)
    made = reviews.decide(
        a_change(held, "edit", distance=0.2, overridden=("proof:number",), note="checked"),
        NOON + HOUR + MINUTE,
    )
    assert reviews.decisions(T1) == (made,)
    assert (made.by, made.at, made.number) == ("ann", NOON + HOUR + MINUTE, 2)
    assert (made.waited_seconds, made.held_seconds) == (3660.0, 60.0)
    assert (made.before_hash, made.after_hash, made.distance) == ("b", "a", 0.2)
    assert (made.overridden, made.note) == (("proof:number",), "checked")
    assert (made.intent, made.channel, made.held_for) == ("export_data", "email", "autonomy_review")
    assert outcome(tickets) == ("review", "autonomy_review")


def test_a_reply_to_an_older_message_is_refused(reviews: ReviewStore, tickets: TicketStore) -> None:
    """Once the customer wrote again, the decision is refused in words and nothing is written."""
    held = reviews.claim(T1, "ann", NOON)
    newer = a_ticket("t2", conversation=ConversationId("t1"), received_at=NOON + MINUTE)
    tickets.accept([(2, newer)])
    with refused("newer_message", "the customer wrote again"):
        reviews.decide(a_change(held), NOON + HOUR / 6)
    assert reviews.decisions(T1) == ()
    still = reviews.get(T1)
    assert still == held
    overtaken = reviews.overtaken(T1)
    assert overtaken is not None
    assert overtaken.refusal == "newer_message"
    left = a_change(held, "reject", state="closed", delivers="", text="", draft="")
    assert reviews.decide(left, NOON + HOUR / 6).kind == "reject"


def test_a_reply_after_a_persons_own_is_refused(reviews: ReviewStore) -> None:
    """A reply somebody wrote past Firstline since the message came ends the need for another."""
    reviews.note_staff_reply("inbox", "t1", "Kim", NOON - MINUTE)
    held = reviews.claim(T1, "ann", NOON)
    assert reviews.overtaken(T1) is None
    reviews.note_staff_reply("inbox", "t1", "Kim", NOON + MINUTE)
    reviews.note_staff_reply("inbox", "t1", "Kim", NOON + MINUTE)
    with refused("person_replied", "Kim has answered"):
        reviews.decide(a_change(held), NOON + 2 * MINUTE)


def test_a_second_reply_is_refused(reviews: ReviewStore, tickets: TicketStore) -> None:
    """What was sent already is not sent again by approving it."""
    outbox = Outbox(tickets.engine)
    _, receipt = outbox.claim(
        a_ticket(), "reply", caps=Caps(per_requester=9, per_conversation=9), now=NOON
    )
    outbox.settle(replace(receipt, state="sent"))
    held = reviews.claim(T1, "ann", NOON)
    with refused("already_sent"):
        reviews.decide(a_change(held), NOON)


@pytest.mark.parametrize(
    ("state", "kind", "ends", "reason", "left"),
    [
        ("sent", "reply", "sent", "approved", "answered"),
        ("sent", "question", "clarify", "approved", "answered"),
        ("uncertain", "reply", "review", "delivery_uncertain", "waiting"),
        ("cancelled", "reply", "review", "newer_message", "waiting"),
    ],
)
def test_a_delivery_ends_the_ticket_or_returns_it(
    reviews: ReviewStore,
    tickets: TicketStore,
    *,
    state: Any,
    kind: Any,
    ends: str,
    reason: str,
    left: str,
) -> None:
    """Sent means delivered; anything else is before a person again, and that is written down."""
    held = reviews.claim(T1, "ann", NOON)
    made = reviews.decide(a_change(held, delivers=kind), NOON)
    assert reviews.pending() == ((T1, made.number),)
    released = reviews.approved_delivery(T1)
    assert released is not None
    assert (released.kind, released.text, released.by) == (kind, a_draft().text, "ann")
    assert isinstance(released.draft, Draft)
    assert released.draft.sentences == a_draft().sentences
    receipt = Receipt(
        key="k", state=state, at=NOON, detail="newer_message" if state == "cancelled" else ""
    )
    for _ in range(2):
        reviews.settle(released, receipt, NOON)
    assert outcome(tickets) == (ends, reason)
    after = reviews.get(T1)
    assert after is not None
    assert (after.state, after.pending) == (left, "")
    assert reviews.approved_delivery(T1) is None
    assert reviews.pending() == ()
    kinds = [item.kind for item in reviews.decisions(T1)]
    assert kinds == (["approve"] if left == "answered" else ["approve", "returned"])


def test_a_notice_leaves_the_ticket_with_its_team(
    reviews: ReviewStore, tickets: TicketStore
) -> None:
    """A handoff is a change of state; delivering its notice changes nothing more."""
    held = reviews.claim(T1, "ann", NOON)
    change = a_change(
        held,
        "escalate",
        state="handed",
        team="billing",
        delivers="notice",
        text="A person has it.",
        draft="",
        outcome="escalate",
        outcome_reason="escalated",
    )
    reviews.decide(change, NOON)
    assert outcome(tickets) == ("escalate", "escalated")
    released = reviews.approved_delivery(T1)
    assert released is not None
    assert (released.kind, released.draft) == ("notice", None)
    reviews.settle(released, Receipt(key="k", state="sent", at=NOON), NOON)
    after = reviews.get(T1)
    assert after is not None
    assert (after.state, after.team, after.pending) == ("handed", "billing", "")
    assert reviews.claim(T1, "anybody", NOON).holder == "anybody"


def test_what_a_person_took_over_is_theirs(reviews: ReviewStore, tickets: TicketStore) -> None:
    """Nobody else claims it until it is reopened; that needs no claim but the right version."""
    held = reviews.claim(T1, "ann", NOON)
    taken = a_change(held, "take", state="handed", assignee="ann", delivers="", text="", draft="")
    made = reviews.decide(taken, NOON)
    with refused("taken", "ann took it over"):
        reviews.claim(T1, "bo", NOON + HOUR)
    again = Change(
        ticket=T1,
        kind="reopen",
        by="bo",
        version=made.number - 1,
        state="waiting",
        outcome="review",
        outcome_reason="reopened",
    )
    with refused("taken"):
        reviews.reopen(again, NOON)
    reviews.reopen(replace(again, version=made.number), NOON)
    assert outcome(tickets) == ("review", "reopened")
    assert reviews.claim(T1, "bo", NOON).holder == "bo"


def test_only_what_is_done_with_is_reopened(reviews: ReviewStore) -> None:
    """A ticket that waits, or whose reply is on its way, stays as it is."""
    held = reviews.claim(T1, "ann", NOON)
    again = Change(ticket=T1, kind="reopen", by="bo", version=held.version, state="waiting")
    with refused("held"):
        reviews.reopen(again, NOON)
    made = reviews.decide(a_change(held), NOON)
    with refused("not_open", "on its way"):
        reviews.reopen(replace(again, version=made.number), NOON)


def test_the_queue_is_ordered_by_what_waiting_costs(
    engine: sa.Engine, tickets: TicketStore
) -> None:
    """Expected loss first; age moves a cheap ticket past a dear one, up to a cap."""
    tickets.accept([(at, a_ticket(f"t{at}")) for at in range(2, 6)])
    store, queue = ReviewStore(engine), ReviewQueue(engine)
    store.add(
        [
            an_entry("t2", loss=10.0, received_at=NOON),
            an_entry("t3", loss=12.0, received_at=NOON + 8 * HOUR),
            an_entry("t4", loss=10.0, received_at=NOON + HOUR),
            an_entry("t5", loss=1.0, delay=25.0, sla=HOUR, received_at=NOON + 8 * HOUR),
        ]
    )

    def order(now: datetime) -> list[str]:
        return [item.review.ticket for item in queue.page(now).items]

    assert order(NOON + 8 * HOUR) == ["t2", "t4", "t3", "t5"]
    assert order(NOON + 9 * HOUR) == ["t5", "t2", "t4", "t3"]
    at_the_cap = queue.page(NOON + timedelta(days=99)).items[0]
    assert at_the_cap.priority == pytest.approx(1.0 + 5 * 25.0)
    assert at_the_cap.due_at == NOON + 9 * HOUR


def test_the_queue_is_filtered_and_paged(engine: sa.Engine, tickets: TicketStore) -> None:
    """By intent, reason, channel and who has it; every ticket stands on one page."""
    names = [f"q{at:02}" for at in range(25)]
    tickets.accept([(at, a_ticket(name)) for at, name in enumerate(names, 2)])
    store, queue = ReviewStore(engine), ReviewQueue(engine)
    kinds = [
        {"intent": "refund"},
        {"held_for": "anger"},
        {"channel": "chat"},
        {"intent": "refund", "held_for": "anger"},
    ]
    store.add([an_entry(name, **kinds[at % 4]) for at, name in enumerate(names)])
    pages = [queue.page(NOON, offset=at, limit=10) for at in (0, 10, 20)]
    assert [page.total for page in pages] == [25] * 3
    assert sorted(item.review.ticket for page in pages for item in page.items) == names
    assert queue.page(NOON, Filter(intent="refund")).total == 13
    assert queue.page(NOON, Filter(intent="refund", reason="anger")).total == 6
    assert queue.page(NOON, Filter(channel="chat")).total == 6
    assert queue.waiting_by_reason(NOON) == {"anger": 12, "autonomy_review": 13}
    store.claim(TicketId("q00"), "ann", NOON)
    assert [item.review.ticket for item in queue.page(NOON, Filter(assignee="ann")).items] == [
        "q00"
    ]
    assert queue.page(NOON + HOUR, Filter(assignee="ann")).total == 0


def test_a_snoozed_ticket_wakes_by_itself(reviews: ReviewStore) -> None:
    """It is off the queue until its time, and may be claimed all the same."""
    queue = ReviewQueue(reviews.engine)
    held = reviews.claim(T1, "ann", NOON)
    sleeping = a_change(
        held,
        "snooze",
        state="snoozed",
        wakes_at=NOON + HOUR,
        delivers="",
        text="",
        draft="",
    )
    reviews.decide(sleeping, NOON)
    assert queue.page(NOON).total == 0
    assert queue.page(NOON, Filter(state="snoozed")).total == 1
    assert queue.page(NOON + HOUR).total == 1
    assert reviews.claim(T1, "bo", NOON).holder == "bo"


def test_what_is_not_listed_yet_is_found_exactly(engine: sa.Engine, tickets: TicketStore) -> None:
    """Tickets that ended with a person and have no review, whenever that was; no others."""
    tickets.accept([(at, a_ticket(f"t{at}")) for at in range(2, 6)])
    tickets.end(TicketId("t2"), "escalate", "anger", NOON + HOUR)
    tickets.end(TicketId("t3"), "sent", "uncertified_percent", NOON)
    store, queue = ReviewStore(engine), ReviewQueue(engine)
    assert {item.ticket.id for item in queue.unlisted()} == {"t1", "t2"}
    assert len(queue.unlisted(limit=1)) == 1
    assert store.add([an_entry("t1"), an_entry("t1"), an_entry("t2")]) == 2
    assert queue.unlisted() == ()


def test_a_ticket_is_found_by_its_id_its_start_or_its_senders_id(
    engine: sa.Engine, tickets: TicketStore
) -> None:
    """A start of three characters is too short, and patterns match nothing."""
    tickets.accept([(2, a_ticket("abcdef", external_id="T-9")), (3, a_ticket("abcdxx"))])
    queue = ReviewQueue(engine)
    assert queue.find("abcdef") == queue.find("abcde") == queue.find("T-9") == ("abcdef",)
    assert len(queue.find("abcd")) == 2
    assert queue.find("abc") == queue.find("____") == queue.find("%%%%") == ()


def test_the_decisions_of_a_period(reviews: ReviewStore) -> None:
    """Half open: what was decided at its end belongs to the next."""
    held = reviews.claim(T1, "ann", NOON)
    made = reviews.decide(a_change(held), NOON)
    queue = ReviewQueue(reviews.engine)
    assert list(queue.decided(NOON, NOON + HOUR)) == [made]
    assert list(queue.decided(NOON - HOUR, NOON)) == []


def test_a_database_of_the_time_before_reviews_gets_its_index(engine: sa.Engine) -> None:
    """The index on how and when tickets ended is there, on a new database and an old one."""
    names = {item["name"] for item in sa.inspect(engine).get_indexes(ticket.name)}
    assert "ticket_ended" in names
