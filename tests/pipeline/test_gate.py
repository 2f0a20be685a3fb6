"""The gate: everything that should hold a ticket holds it, and nothing else sends one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.pipeline.gate import Case, gate, in_rollout
from firstline.records import (
    Evidence,
    EvidenceId,
    Finding,
    Intent,
    IntentScore,
    Language,
    Message,
    Request,
    RiskSignal,
    Verdict,
)
from firstline.workspace.models import (
    Autonomy,
    Catalogue,
    IntentSpec,
    Policies,
    Settings,
    Voice,
    Workspace,
)
from tests.builders import NOON, a_context, a_draft, a_route, a_ticket, passed

EVERYONE = Autonomy(level="percent", percent=100)


def a_workspace(autonomy: Autonomy = EVERYONE) -> Workspace:
    """Return a company with one intent."""
    return Workspace(
        folder=Path("acme"),
        settings=Settings(company="Acme"),
        intents=(IntentSpec(name=Intent("export_data"), autonomy=autonomy),),
        policies=Policies(signals={"anger": "review", "legal": "escalate", "injection": "note"}),
        catalogue=Catalogue(),
        voice=Voice(),
        version="1",
    )


def decide(**changes: Any) -> Verdict:
    """Return the verdict about a ticket that would be sent but for `changes`."""
    fields: dict[str, Any] = {
        "ticket": a_ticket(),
        "route": a_route(),
        "context": a_context(),
        "draft": a_draft(),
        "findings": passed(),
        "workspace": a_workspace(),
    }
    return gate(Case(**(fields | changes)))


def a_signal(kind: Any) -> RiskSignal:
    """Return a signal at the start of a message."""
    return RiskSignal(signal=kind, start=0, end=3, reason="recognised")


def test_a_proven_answer_of_a_released_intent_is_sent() -> None:
    """When nothing holds it, the reply leaves, and is called uncertified."""
    verdict = decide()
    assert verdict.action == "send"
    assert verdict.reasons[0].code == "uncertified_percent"
    assert verdict.score > 0


HOLDS: dict[str, tuple[dict[str, Any], str]] = {
    "automatic mail": ({"ticket": a_ticket(flags=("automatic_mail",))}, "escalate"),
    "several senders": ({"ticket": a_ticket(flags=("several_senders",))}, "escalate"),
    "a person asked for": ({"route": a_route(signals=(a_signal("human_request"),))}, "escalate"),
    "legal": ({"route": a_route(signals=(a_signal("legal"),))}, "escalate"),
    "anger": ({"route": a_route(signals=(a_signal("anger"),))}, "review"),
    "another language": (
        {"ticket": a_ticket(language=Language(code="de", confidence=0.9))},
        "escalate",
    ),
    "out of scope": ({"route": a_route(in_scope=0.01, unsure=True)}, "escalate"),
    "an unsure route": ({"route": a_route(unsure=True)}, "review"),
    "a person's intent": ({"route": a_route(handler="person")}, "escalate"),
    "several requests": (
        {
            "route": a_route(
                requests=tuple(
                    Request(start=at, end=at + 1, intent=Intent(str(at)), probability=0.9)
                    for at in (0, 1)
                )
            )
        },
        "review",
    ),
    "a missing source": ({"context": a_context(missing=("customers: gone",))}, "review"),
    "a critical account": (
        {
            "context": a_context(
                Evidence(
                    id=EvidenceId("record:c"),
                    kind="record",
                    source="c",
                    version="1",
                    fields=(("critical", "true"),),
                    fetched_at=NOON,
                )
            )
        },
        "review",
    ),
    "no answer": ({"draft": a_draft(action="escalate")}, "escalate"),
    "middling confidence": ({"draft": a_draft(confidence="medium")}, "review"),
    "low confidence": ({"draft": a_draft(confidence="low")}, "escalate"),
    "no check ran": ({"findings": ()}, "review"),
    "an unproven sentence": (
        {"findings": (*passed(), Finding(check="proof", result="block", detail="no"))},
        "review",
    ),
    "a blocked check": (
        {"findings": (*passed(), Finding(check="customer", result="block", detail="no"))},
        "escalate",
    ),
    "a doubt": (
        {"findings": (*passed(), Finding(check="tone", result="warn", detail="hm"))},
        "review",
    ),
    "autonomy off": ({"override": Autonomy(level="off")}, "escalate"),
    "shadow": ({"override": Autonomy(level="shadow")}, "review"),
    "review": ({"override": Autonomy(level="review")}, "review"),
    "no certificate": ({"override": Autonomy(level="certified")}, "review"),
}


@pytest.mark.parametrize("name", HOLDS)
def test_each_ground_holds_the_ticket(name: str) -> None:
    """Every single ground is enough to keep a reply from leaving."""
    changes, action = HOLDS[name]
    verdict = decide(**changes)
    assert verdict.action == action
    assert verdict.reasons[0].detail


@pytest.mark.parametrize("sent_at", [NOON, NOON - timedelta(days=7), None])
def test_nobody_talks_over_a_person_of_the_team(sent_at: datetime | None) -> None:
    """Where a person answered lately, or at a time nobody knows, the draft waits for a person."""
    spoke = Message(author="staff", text="I look into it.", sent_at=sent_at)
    later = Message(author="customer", text="Thanks.", sent_at=sent_at)
    verdict = decide(ticket=a_ticket(history=(spoke, later)))
    assert (verdict.action, verdict.reasons[0].code) == ("review", "with_person")


@pytest.mark.parametrize(
    "spoke",
    [
        Message(author="staff", text="Done.", sent_at=NOON - timedelta(days=7, seconds=1)),
        Message(author="bot", text="Open the menu.", sent_at=NOON),
        Message(author="customer", text="Where?", sent_at=NOON),
    ],
    ids=lambda spoke: spoke.author,
)
def test_what_no_person_talks_about_any_more_is_answered(spoke: Message) -> None:
    """An old answer of a person, Firstline's own or the customer's own words hold nothing."""
    assert decide(ticket=a_ticket(history=(spoke,))).action == "send"


def test_a_noted_signal_holds_nothing() -> None:
    """A signal whose policy is `note` is recorded with the route and sends on."""
    assert decide(route=a_route(signals=(a_signal("injection"),))).action == "send"


def test_a_signal_without_a_policy_goes_to_a_person() -> None:
    """What nobody decided about is a person's."""
    assert decide(route=a_route(signals=(a_signal("threat"),))).action == "escalate"


def test_an_escalation_names_its_own_reason_first() -> None:
    """When a review and an escalation both apply, the escalation decides and is the reason."""
    verdict = decide(
        route=a_route(signals=(a_signal("anger"), a_signal("legal"))),
        override=Autonomy(level="review"),
    )
    assert verdict.action == "escalate"
    assert [reason.code for reason in verdict.reasons] == ["legal", "anger", "autonomy_review"]


def test_an_unknown_intent_takes_the_company_default() -> None:
    """An intent nobody described never gets more autonomy than the default."""
    route = a_route(intents=(IntentScore(intent=Intent("unknown"), probability=0.99),))
    assert decide(route=route).action == "review"


def test_a_clarifying_question_needs_the_same_release() -> None:
    """A question leaves where a reply may leave, and waits for a person elsewhere."""
    question = a_draft(action="clarify", confidence="medium")
    assert decide(draft=question).action == "clarify"
    assert decide(draft=question, override=Autonomy(level="review")).action == "review"


@given(st.text(min_size=1), st.integers(1, 100))
def test_the_rollout_is_sticky_and_monotone(customer: str, percent: int) -> None:
    """A customer who is in at some share stays in at every larger one."""
    ticket = a_ticket(customer=customer)
    if in_rollout(ticket, percent):
        assert all(in_rollout(ticket, share) for share in range(percent, 101))
    assert in_rollout(ticket, 100)
    assert not in_rollout(ticket, 0)


def test_the_rollout_takes_about_its_share() -> None:
    """Ten per cent of many customers are about ten per cent."""
    share = sum(in_rollout(a_ticket(customer=f"cus_{n}"), 10) for n in range(5000)) / 5000
    assert 0.08 < share < 0.12


@given(
    flags=st.lists(st.sampled_from(["automatic_mail", "empty"]), max_size=1),
    in_scope=st.floats(0, 1),
    unsure=st.booleans(),
    handler=st.sampled_from(["quote", "record", "rule", "person"]),
    action=st.sampled_from(["answer", "clarify", "escalate"]),
    confidence=st.sampled_from(["high", "medium", "low"]),
    results=st.lists(st.sampled_from(["pass", "warn", "block"]), max_size=4),
    level=st.sampled_from(["off", "shadow", "review", "percent", "certified"]),
)
def test_nothing_leaves_unless_everything_allows_it(
    *,
    flags: list[Any],
    in_scope: float,
    unsure: bool,
    handler: Any,
    action: Any,
    confidence: Any,
    results: list[Any],
    level: Any,
) -> None:
    """Whatever the combination, sending implies each single condition for it."""
    override = Autonomy(level=level, percent=100 if level == "percent" else 0)
    verdict = decide(
        ticket=a_ticket(flags=tuple(flags)),
        route=a_route(in_scope=in_scope, unsure=unsure, handler=handler),
        draft=replace(a_draft(), action=action, confidence=confidence),
        findings=tuple(Finding(check="c", result=result, detail="d") for result in results),
        override=override,
    )
    if verdict.action in ("send", "clarify"):
        assert not flags
        assert not unsure
        assert in_scope >= a_workspace().settings.minimum_in_scope
        assert handler != "person"
        assert action == ("answer" if verdict.action == "send" else "clarify")
        assert action == "clarify" or confidence == "high"
        assert results
        assert set(results) == {"pass"}
        assert level == "percent"
    assert verdict.reasons
