"""Counting tickets into figures, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from firstline.pipeline.record import stage_bodies
from firstline.records import Answer, Channel, Intent, IntentScore, Reason, StageTime, Verdict
from firstline.store import Inbox, TicketStore
from firstline.store.feedback import FeedbackStore
from firstline.store.metric_counting import COST, CUTS, WORK, Counting
from firstline.store.metric_now import MomentStore
from firstline.store.metric_records import Period
from firstline.store.metric_tables import metric_day, metric_ticket
from firstline.store.metrics import ALL_TIME, MetricsStore
from firstline.store.review_records import ReviewEntry
from firstline.store.reviews import ReviewStore
from firstline.store.schema import delivery, model_call, ticket
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision
from tests.builders import NOON, a_context, a_draft, a_passage, a_route, a_ticket, passed

DAY = date(2026, 5, 4)
LATER = NOON + timedelta(hours=1)
WHOLE = Period(first=DAY - timedelta(days=3), last=DAY + timedelta(days=3))


class Company:
    """A database with answered tickets."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.tickets = TicketStore(engine)
        self.counting = Counting(engine)
        self.metrics = MetricsStore(engine)
        self.tickets.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
        self.tickets.open_inbox(
            Inbox(id="trial", kind="file", target="trial", autonomy="percent:100"), NOON
        )

    def answer(
        self,
        name: str,
        action: str = "send",
        *,
        reason: str = "because",
        intent: str = "export_data",
        channel: Channel = "email",
        at: datetime = LATER,
        inbox: str = "inbox",
    ) -> None:
        """Store a ticket that was decided."""
        made: Any = action
        outcome: Any = {"send": "sent"}.get(action, action)
        record = a_ticket(name, channel=channel, inbox=inbox)
        answer = Answer(
            ticket=record,
            route=a_route(intents=(IntentScore(intent=Intent(intent), probability=0.9),)),
            context=a_context(a_passage()),
            draft=a_draft(),
            findings=passed(),
            verdict=Verdict(
                action=made,
                score=0.9,
                reasons=(Reason(code=reason, detail=""),),
                autonomy="percent:100",
            ),
        )
        self.tickets.accept([(0, record)])
        self.tickets.record(
            record.id,
            stage_bodies(answer),
            [
                StageTime(stage="route", wall_ms=10.0, cpu_ms=1.0),
                StageTime(stage="generate", wall_ms=20.0, cpu_ms=1.0),
            ],
            outcome=outcome,
            reason=reason,
            now=at,
        )

    def ask(self, name: str, key: str, *, pico: int = 10**9, failure: str = "") -> None:
        """Store a question to a model about a ticket."""
        row = {
            "key": key,
            "ticket": name,
            "intent": "export_data",
            "purpose": "write",
            "model": "small",
            "prompt_hash": "h",
            "state": "failed" if failure else "answered",
            "failure": failure,
            "attempts": 1,
            "batch": False,
            "input": 0 if failure else 100,
            "output": 0 if failure else 20,
            "cost_pico": 0 if failure else pico,
            "asked_at": instant(LATER),
            "day": DAY.isoformat(),
        }
        with self.engine.begin() as connection:
            connection.execute(model_call.insert(), row)

    def review(self, name: str, *, held_for: str = "because", sla: float = 8.0) -> None:
        """Put a ticket into the queue."""
        ReviewStore(self.engine).add(
            [
                ReviewEntry(
                    ticket=a_ticket(name).id,
                    inbox="inbox",
                    conversation=name,
                    channel="email",
                    intent="export_data",
                    held_for=held_for,
                    urgency="normal",
                    score=0.5,
                    loss=1.0,
                    delay=1.0,
                    received_at=NOON,
                    sla=timedelta(hours=sla),
                    entered_at=LATER,
                )
            ]
        )

    def count(self) -> int:
        """Count everything."""
        return self.counting.count_all(LATER)

    def paths(self, period: Period = WHOLE) -> dict[str, int]:
        """Return how many tickets ended each way."""
        found: dict[str, int] = {}
        for one in self.metrics.tickets(period, "channel"):
            found[one.path] = found.get(one.path, 0) + one.tickets
        return found


@pytest.fixture
def company(engine: sa.Engine) -> Company:
    """Return a company without tickets."""
    return Company(engine)


def test_every_ticket_is_counted_once(company: Company) -> None:
    """Counting again, also in a new process, changes nothing."""
    company.answer("a")
    company.answer("b", "escalate", reason="anger")
    company.answer("c", "review", reason="check_proof")
    assert company.count() == 3
    assert company.count() == 0
    assert Counting(company.engine).count_all(LATER) == 0
    assert company.paths() == {"sent": 1, "escalate": 1, "review": 1}


def test_reasons_decompose_what_people_got(company: Company) -> None:
    """The tickets of each path add up over the reasons, with their intents and channels."""
    company.answer("a", "escalate", reason="anger")
    company.answer("b", "escalate", reason="anger", channel="chat")
    company.answer("c", "escalate", reason="policy", intent="refund")
    company.count()
    reasons = {one.name: one.tickets for one in company.metrics.tickets(WHOLE, "reason")}
    intents = {one.name: one.tickets for one in company.metrics.tickets(WHOLE, "intent")}
    assert reasons == {"anger": 2, "policy": 1}
    assert intents == {"export_data": 2, "refund": 1}


@pytest.mark.parametrize(
    ("channel", "intent", "expected"),
    [
        (None, None, 4),
        ("email", None, 3),
        (None, "refund", 2),
        ("email", "refund", 1),
        ("api", None, 0),
        (None, "", 0),
    ],
)
def test_channel_and_intent_choose(
    company: Company, channel: str | None, intent: str | None, expected: int
) -> None:
    """Any choice of channel and intent counts just its tickets."""
    company.answer("a")
    company.answer("b")
    company.answer("c", intent="refund")
    company.answer("d", intent="refund", channel="chat")
    company.count()
    period = Period(first=WHOLE.first, last=WHOLE.last, channel=channel, intent=intent)
    for cut in CUTS:
        counts = company.metrics.tickets(period, cut)
        assert sum(one.tickets for one in counts) == expected
    spread = company.metrics.spreads(period).get(WORK, {})
    assert sum(one.count for one in spread.values()) == expected


def test_a_later_decision_changes_no_count(company: Company) -> None:
    """What a person approves later was before a person, counted before or after the decision."""
    for name in ("early", "late"):
        company.answer(name, "review", reason="check_proof")
        company.review(name, held_for="check_proof")
        if name == "early":
            company.count()
        with company.engine.begin() as connection:
            connection.execute(
                ticket.update()
                .where(ticket.c.id == name)
                .values(
                    outcome="sent", reason="approved", ended_at=instant(LATER + timedelta(days=2))
                )
            )
    company.count()
    reasons = {
        (one.name, one.path, one.day): one.tickets
        for one in company.metrics.tickets(WHOLE, "reason", daily=True)
    }
    assert reasons == {("check_proof", "review", DAY.isoformat()): 2}


def test_a_ticket_that_was_given_up_is_escalated(company: Company) -> None:
    """A ticket without a verdict that a person answered counts as escalated."""
    company.tickets.accept([(0, a_ticket("lost"))])
    company.tickets.end(a_ticket("lost").id, "escalate", "engine_failed", LATER)
    company.review("lost", held_for="engine_failed")
    company.count()
    (one,) = company.metrics.tickets(WHOLE, "reason")
    assert (one.name, one.path, one.tickets) == ("engine_failed", "escalate", 1)


def test_trial_runs_are_left_out(company: Company) -> None:
    """Tickets of an inbox with a level of its own are in no figure, and not looked at again."""
    company.answer("a", inbox="trial")
    assert company.count() == 1
    assert company.paths() == {}
    assert company.counting.behind() == 0


def test_open_tickets_wait_for_their_decision(company: Company) -> None:
    """A ticket without an end is not counted until it has one."""
    company.tickets.accept([(0, a_ticket("open"))])
    assert company.count() == 0
    company.tickets.end(a_ticket("open").id, "escalate", "engine_failed", LATER)
    assert company.count() == 1


def test_calls_and_costs_belong_to_the_tickets_day(company: Company) -> None:
    """Answers, failures, tokens and money are summed, and the ticket knows that it asked."""
    company.answer("a")
    company.ask("a", "a1")
    company.ask("a", "a2", failure="overloaded")
    company.answer("b")
    company.count()
    (counts,) = company.metrics.tickets(WHOLE, "channel")
    assert (counts.tickets, counts.asked, counts.cost_pico) == (2, 1, 10**9)
    calls = {one.failure: one for one in company.metrics.calls(WHOLE, "failure")}
    assert (calls[""].calls, calls[""].input, calls["overloaded"].calls) == (1, 100, 1)
    assert company.metrics.spreads(WHOLE)[COST][DAY.isoformat()].percentile(50) == pytest.approx(
        1000, rel=0.05
    )


def test_several_at_once_count_each_ticket_once(company: Company) -> None:
    """Processes that count at the same time agree."""
    for at in range(40):
        company.answer(f"t{at}")
    others = [Counting(company.engine) for _ in range(3)]
    threads = [threading.Thread(target=other.count_all, args=(LATER,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert company.paths() == {"sent": 40}
    assert company.metrics.spreads(ALL_TIME)[WORK][DAY.isoformat()].count == 40


def test_what_was_lost_is_counted_anew(company: Company) -> None:
    """Emptying the counts makes the next process count everything again."""
    company.answer("a")
    company.count()
    with company.engine.begin() as connection:
        connection.execute(metric_ticket.delete())
        connection.execute(metric_day.delete())
    assert Counting(company.engine).count_all(LATER) == 1
    assert company.paths() == {"sent": 1}


def test_late_clocks_are_waited_for(company: Company) -> None:
    """A ticket that another machine ended minutes before, by its clock, is still found."""
    company.answer("a")
    company.count()
    company.answer("b", at=LATER - timedelta(minutes=5))
    assert company.count() == 1


def test_feedback_knows_who_answered(company: Company) -> None:
    """What customers say is counted by the day they say it and by who answered."""
    company.answer("a")
    company.answer("b", "review")
    company.review("b")
    company.count()
    said = FeedbackStore(company.engine)
    said.record(a_ticket("a").id, "no", LATER)
    said.record(a_ticket("a").id, "yes", LATER)
    said.record(a_ticket("b").id, "more_help", LATER)
    found = {(one.path, one.answer): one.replies for one in company.metrics.feedback(WHOLE)}
    assert found == {("sent", "yes"): 1, ("review", "more_help"): 1}
    assert company.metrics.feedback_now() == {"yes": 1, "more_help": 1}


def a_decision(number: int, **changes: Any) -> dict[str, Any]:
    """Return a row of a decision."""
    texts = "reason note before_hash after_hash overridden target delivers text draft evidence"
    return {
        **dict.fromkeys(texts.split(), ""),
        "ticket": "a",
        "number": number,
        "kind": "approve",
        "by": "ann",
        "at": instant(LATER),
        "intent": "export_data",
        "channel": "email",
        "held_for": "x",
        "distance": None,
        "waited_seconds": 60.0,
        "held_seconds": 31.0,
        **changes,
    }


def add_decisions(company: Company, rows: Iterable[dict[str, Any]]) -> None:
    """Store decisions."""
    with company.engine.begin() as connection:
        connection.execute(decision.insert(), list(rows))


def test_decisions_are_counted_by_person(company: Company) -> None:
    """Kinds, distances and times of each person are there, times to within five seconds."""
    company.answer("a", "review")
    add_decisions(
        company,
        [
            a_decision(1),
            a_decision(2, kind="edit", distance=0.25, held_seconds=62.0),
            a_decision(3, by="bo", at=instant(LATER + timedelta(days=9))),
        ],
    )
    found = {one.kind: one for one in company.metrics.decisions(WHOLE)}
    assert set(found) == {"approve", "edit"}
    assert (found["approve"].held_seconds, found["edit"].held_seconds) == (30, 60)
    assert (found["edit"].distance, found["edit"].edits) == (0.25, 1)
    assert company.metrics.decided(WHOLE) == {DAY.isoformat(): 2}


def test_the_queue_knows_its_ages(company: Company) -> None:
    """Depth, the oldest, reasons, bands of ages and what is overdue come from one look."""
    company.answer("a", "review", reason="check_proof")
    company.review("a", held_for="check_proof", sla=1)
    company.answer("b", "review")
    company.review("b", sla=100)
    company.tickets.accept([(0, a_ticket("c"))])
    state = MomentStore(company.engine).queue(LATER + timedelta(hours=5))
    assert (state.waiting, state.overdue, state.working) == (2, 1, 1)
    assert state.oldest == LATER
    assert state.ages == (0, 0, 2, 0, 0, 0)
    assert dict(state.reasons) == {"check_proof": 1, "because": 1}
    assert state.working_since == NOON


def test_an_empty_queue_is_empty(company: Company) -> None:
    """Nothing waits, and nothing breaks."""
    state = MomentStore(company.engine).queue(LATER)
    assert (state.waiting, state.overdue, state.oldest, state.working_since) == (0, 0, None, None)


def a_delivery(key: str, **changes: Any) -> dict[str, Any]:
    """Return a row of a delivery."""
    return {
        "key": key,
        "ticket": key,
        "kind": "reply",
        "requester": None,
        "inbox": "inbox",
        "conversation": "talk",
        "message_at": instant(NOON),
        "state": "sent",
        "detail": "",
        "at": instant(LATER),
        **changes,
    }


def test_doubtful_deliveries_are_found(company: Company) -> None:
    """The uncertain, the stuck, and the same message answered twice in one conversation."""
    for name in ("a", "b", "c", "d"):
        company.answer(name)
    with company.engine.begin() as connection:
        connection.execute(
            delivery.insert(),
            [
                a_delivery("a"),
                a_delivery("b"),
                a_delivery("c", state="uncertain", conversation="other"),
                a_delivery("d", state="sending", conversation="other"),
            ],
        )
    moment = MomentStore(company.engine)
    doubts = moment.doubts(LATER + timedelta(hours=1))
    assert (doubts.uncertain, doubts.stuck, doubts.duplicates) == (1, 1, 1)
    assert moment.doubts(LATER + timedelta(minutes=1)).stuck == 0
    assert moment.doubts(LATER + timedelta(days=8)).duplicates == 0


def test_models_that_do_not_answer_are_noticed(company: Company) -> None:
    """Failures of the last hour are counted by their code."""
    company.ask("a", "k1")
    company.ask("a", "k2", failure="overloaded")
    health = MomentStore(company.engine).call_health(LATER - timedelta(minutes=1))
    assert (health.calls, health.failed, dict(health.failures)) == (2, 1, {"overloaded": 1})
    assert MomentStore(company.engine).call_health(LATER + timedelta(minutes=1)).calls == 0


def test_what_moved_in_a_day_is_counted(company: Company) -> None:
    """Tickets that came before people, and tickets they decided, each once."""
    company.answer("a", "review")
    company.review("a")
    add_decisions(company, [a_decision(1, kind="snooze"), a_decision(2), a_decision(3)])
    moved = MomentStore(company.engine).moved(LATER, LATER + timedelta(hours=1))
    assert moved == (1, 1)


def test_known_days_and_names(company: Company) -> None:
    """A company knows since when and by what it counts; a new one knows nothing."""
    assert company.metrics.known_days() is None
    company.answer("a")
    company.answer("b", channel="chat", at=LATER + timedelta(days=2))
    company.count()
    assert company.metrics.known_days() == (DAY, DAY + timedelta(days=2))
    assert company.metrics.names("channel") == ("chat", "email")
