"""In service: audits are drawn by lot, drift trips at once, everything is counted exactly once."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from firstline.pipeline.drift import Watched
from firstline.pipeline.gate import Case, gate
from firstline.pipeline.operating import Operator
from firstline.pipeline.release import Proofs
from firstline.pipeline.release_reader import SECONDS, ReleaseReader
from firstline.pipeline.service_watch import BY, ServiceWatch, drawn
from firstline.records import Answer, Hop, Outcome, Reason, TicketId, Verdict, decode
from firstline.store import Inbox, TicketStore
from firstline.store.autonomy import AutonomyStore
from firstline.store.labels import LabelLedger, NewLabel
from firstline.store.trust_tables import watch as watch_table
from firstline.trust.certificate import Basis, Certificate, Scope
from firstline.workspace import Autonomy
from firstline.workspace.models import TrustSettings
from tests.builders import a_context, a_draft, a_route, a_ticket, passed
from tests.pipeline.test_gate import a_workspace

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERYONE = Autonomy(level="percent", percent=100)


class Service:
    """A company's service: its tickets end as a test wants them to."""

    def __init__(self, engine: sa.Engine, *, proofs: Callable[[], Proofs] = Proofs) -> None:
        self.engine = engine
        self.at = NOON
        self.seconds = 0.0
        self.autonomy = AutonomyStore(engine)
        self.store = TicketStore(engine)
        self.store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
        self.reader = ReleaseReader(
            self.autonomy, proofs=proofs, now=self.now, clock=lambda: self.seconds
        )
        self.watch = ServiceWatch(self.reader, TrustSettings(), now=self.now)
        self.operator = Operator(self.autonomy, by="ana", now=self.now)

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    def accept(self, *names: str) -> None:
        """Store tickets."""
        self.store.accept([(at, a_ticket(name)) for at, name in enumerate(names)])

    def end(self, name: str, outcome: Outcome, **changes: Any) -> None:
        """End a ticket, as the engine does, a second after the one before."""
        self.at += timedelta(seconds=1)
        self.seconds += SECONDS
        ending = self.watch.ending(an_answer(name, **changes), outcome)
        self.store.record(
            TicketId(name), (), (), outcome=outcome, reason="r", now=self.at, ending=ending
        )
        if ending is not None:
            ending.tell()

    def state(self, scope: str = "*") -> Watched:
        """Return what is watched of a scope."""
        return decode(Watched, self.autonomy.states()[scope])

    def goes_out(self) -> bool:
        """Whether a good reply leaves now."""
        self.seconds += SECONDS
        case = Case(
            ticket=a_ticket(),
            route=a_route(),
            context=a_context(),
            draft=a_draft(),
            findings=passed(),
            workspace=a_workspace(EVERYONE),
            release=self.reader(),
        )
        return gate(case).action == "send"


def an_answer(name: str, **changes: Any) -> Answer:
    """Return what the stages said of a ticket."""
    code = changes.pop("code", "uncertified_percent")
    fields: dict[str, Any] = {
        "ticket": a_ticket(name),
        "route": a_route(),
        "context": a_context(),
        "draft": a_draft(),
        "findings": passed(),
        "verdict": Verdict(
            action="send",
            score=0.8,
            reasons=(Reason(code=code, detail=""),),
            autonomy="percent:100",
            certificate=changes.pop("certificate", None),
        ),
    }
    return Answer(**(fields | changes))


@pytest.fixture
def service(engine: sa.Engine) -> Service:
    """Return a service on an empty database."""
    return Service(engine)


def test_a_ticket_counts_once_however_often_it_is_ended(service: Service) -> None:
    """Doing a ticket's work again after a crash moves no test a second time."""
    service.accept("t1", "t2")
    for _ in range(3):
        service.end("t1", "escalate")
    service.end("t2", "sent")
    for scope in ("*", "export_data"):
        share = service.state(scope).shares["escalation"]
        assert (share.learned, share.yes) == (2, 1)


def test_an_intent_that_is_off_says_nothing(service: Service) -> None:
    """Tickets that escalate because nobody released their intent are no drift."""
    service.accept("t1")
    service.end("t1", "escalate", code="autonomy_off")
    assert service.autonomy.states() == {}


def test_given_up_tickets_count_as_escalated(service: Service) -> None:
    """A ticket whose work failed for good is an escalation of no intent in particular."""
    service.accept("t1")
    ending = service.watch.lost()
    service.store.end(TicketId("t1"), "escalate", "engine_failed", NOON, ending=ending)
    service.store.end(TicketId("t1"), "escalate", "engine_failed", NOON, ending=ending)
    assert service.state().shares["escalation"].yes == 1
    assert set(service.autonomy.states()) == {"*"}


def test_workers_count_together(engine: sa.Engine) -> None:
    """Eight threads that end tickets at the same time lose none and count none twice."""
    services = [Service(engine) for _ in range(8)]
    names = [f"t{at}" for at in range(80)]
    services[0].accept(*names)

    def work(at: int) -> None:
        for name in names[at::4]:  # two workers a ticket
            services[at].end(name, "escalate" if int(name[1:]) % 5 == 0 else "sent")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: work(at % 4) if at < 4 else work(at - 4), range(8)))
    for scope in ("*", "export_data"):
        share = services[0].state(scope).shares["escalation"]
        assert (share.learned, share.yes) == (80, 16)


def test_drift_takes_autonomy_away_at_once(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """When more tickets escalate than was usual, everything goes to review, with the reason."""
    service.operator.tune("learn", "100", "a short test")
    lot = random.Random(11)  # noqa: S311 - a reproducible draw, not a secret
    names = [f"t{at}" for at in range(600)]
    service.accept(*names)
    ended = iter(names)
    for _ in range(150):
        service.end(next(ended), "escalate" if lot.random() < 0.2 else "sent")
    assert service.goes_out()
    left = 0
    while service.goes_out():
        service.end(next(ended), "escalate" if lot.random() < 0.6 else "sent")
        left += 1
    assert left < 150
    trips = [one for one in service.autonomy.log() if one.topic == "trip"]
    assert {one.scope for one in trips} <= {"*", "export_data"}
    assert len({one.scope for one in trips}) == len(trips)
    assert all(one.by == BY and "escalation" in one.reason for one in trips)
    assert "autonomy_alarm" in capsys.readouterr().err
    assert service.autonomy.points(trips[0].scope, "escalation")
    for one in trips:
        service.operator.reset(one.scope, "an outage of the shop, mended")
    assert service.goes_out()
    assert not service.state(trips[0].scope).tripped


def test_an_alarm_may_only_be_logged(service: Service) -> None:
    """Where an operator wants no more than a line in the log, the test begins anew."""
    service.operator.tune("escalation", "log", "seasonal")
    service.operator.baseline("*", 0.1, "by last year")
    names = [f"t{at}" for at in range(12)]
    service.accept(*names)
    for name in names:
        service.end(name, "escalate")
    assert not [one for one in service.autonomy.log() if one.topic == "trip"]
    assert not service.state().tripped
    assert service.goes_out()


def test_replies_are_drawn_by_lot_with_their_probability(service: Service) -> None:
    """About the share that is set is drawn, of what was sent only, and written down with it."""
    service.operator.tune("audit_rate", "0.3", "more in the first week")
    names = [f"t{at}" for at in range(60)]
    service.accept(*names)
    for at, name in enumerate(names):
        service.end(name, "sent" if at % 2 else "review")
    waiting = service.autonomy.audits()
    assert 2 <= len(waiting) <= 18
    assert {one.probability for one in waiting} == {0.3}
    assert all(int(one.ticket[1:]) % 2 for one in waiting)
    salt = service.autonomy.salt(NOON)
    assert all(drawn(one.ticket, salt, 0.3) for one in waiting)
    share = sum(drawn(TicketId(f"x{at}"), salt, 0.3) for at in range(2_000)) / 2_000
    assert 0.25 < share < 0.35


def test_wrong_replies_break_the_promise(service: Service) -> None:
    """Audits that find too much wrong trip what they were drawn from, exactly once."""
    service.operator.tune("audit_rate", "1", "look at all")
    names = [f"t{at}" for at in range(12)]
    service.accept(*names)
    for name in names:
        service.end(name, "sent")
    assert service.goes_out()
    for at, name in enumerate(names):
        assert service.watch.label(TicketId(name), wrong=at % 2 == 0)
        assert not service.watch.label(TicketId(name), wrong=True)
    assert not service.watch.label(TicketId("unknown"), wrong=True)
    errors = service.state("export_data").errors
    assert errors is not None
    assert (errors.errors, errors.seen) == (6, 12)
    assert not service.goes_out()
    trips = [one for one in service.autonomy.log() if one.topic == "trip"]
    assert sorted(one.scope for one in trips) == ["*", "export_data"]
    assert all("audited replies were wrong" in one.reason for one in trips)


def test_labels_that_others_gave_are_counted_once(service: Service) -> None:
    """A label in the ledger moves the test of its reply, whichever worker sees it first."""
    service.operator.tune("audit_rate", "1", "look at all")
    service.accept("t1", "t2")
    service.end("t1", "sent")
    service.end("t2", "sent")
    label = NewLabel(ticket=TicketId("t1"), kind="audit", wrong=True, by="ana")
    LabelLedger(service.engine).add([label], now=NOON)
    assert [service.watch.settle() for _ in range(2)] == [1, 0]
    errors = service.state("export_data").errors
    assert errors is not None
    assert (errors.errors, errors.seen) == (1, 1)


def test_a_certified_reply_is_held_to_its_certificate(engine: sa.Engine) -> None:
    """Its audits are counted against its own promise, in its own scope."""
    basis = Basis(models="m", prompts="p", knowledge="k", checks="c", score="s")
    certificate = Certificate(
        scope=Scope(name="how-to", intents=(a_route().intents[0].intent,)),
        alpha=0.05,
        delta=0.05,
        threshold=0.5,
        count=400,
        errors=1,
        bound=0.02,
        coverage=0.6,
        basis=basis,
        issued=date(2026, 11, 1),
        expires=date(2027, 1, 30),
    )
    service = Service(engine, proofs=lambda: Proofs(certificates=(certificate,), basis=basis))
    service.operator.tune("audit_rate", "1", "look at all")
    service.accept("t1")
    service.end("t1", "sent", certificate=certificate.id, code="certified")
    audit = service.autonomy.audits()[0]
    assert (audit.scope, audit.alpha) == ("certificate:how-to", 0.05)
    assert audit.certificate == certificate.id
    service.watch.label(TicketId("t1"), wrong=False)
    for scope in ("certificate:how-to", "*"):
        errors = service.state(scope).errors
        assert errors is not None
        assert errors.limit == 0.05


def test_what_cannot_be_read_trips(service: Service) -> None:
    """A damaged state is no state: its scope goes to review, and tickets still end."""
    service.accept("t1", "t2")
    service.end("t1", "sent")
    with service.engine.begin() as connection:
        connection.execute(watch_table.update().values(body="{damaged"))
    service.end("t2", "sent")
    assert not service.goes_out()
    stored = service.store.load(TicketId("t2"))
    assert stored is not None
    assert stored.outcome == "sent"


def test_a_model_is_told_from_none(service: Service) -> None:
    """Cost counts where a model was asked; time is watched apart for both."""
    service.accept("t1", "t2")
    hop = Hop(by="small", model="m", reason="r", result="answered")
    service.end("t1", "sent")
    service.end("t2", "sent", draft=replace(a_draft(), hops=(hop,)))
    state = service.state()
    assert (state.shares["models"].learned, state.shares["models"].yes) == (2, 1)
    assert {name: one.learned for name, one in state.heights.items()} == {
        "latency_local": 1,
        "cost": 1,
        "latency_model": 1,
    }
