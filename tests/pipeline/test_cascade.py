"""Who writes: when a model is asked, which one, and whose draft stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from firstline.pipeline.cascade import WORTH_ANOTHER, best, first_step, shortfall, why_ask
from firstline.pipeline.gate import Case
from firstline.records import Finding, Intent, RiskSignal
from firstline.workspace import Autonomy, IntentSpec
from tests.builders import a_context, a_draft, a_route, a_ticket, passed
from tests.pipeline.test_gate import a_workspace

BLOCKED = (Finding(check="proof", result="block", detail="not proven"),)


@pytest.fixture
def case() -> Case:
    """Return a case whose local writer is only half sure."""
    return Case(
        ticket=a_ticket(),
        route=a_route(),
        context=a_context(),
        draft=a_draft(confidence="medium"),
        findings=passed(),
        workspace=a_workspace(),
    )


def test_a_sure_quote_needs_no_model(case: Case) -> None:
    """What the knowledge base answers is not paid for."""
    assert why_ask(replace(case, draft=a_draft())) == ""
    clarify = a_draft(action="clarify", confidence="medium")
    assert why_ask(replace(case, draft=clarify)) == ""


def test_an_unsure_quote_is_a_models_turn(case: Case) -> None:
    """Half sure, blocked by a check, or no answer at all: each has its own reason."""
    assert why_ask(case) == "quoting_medium"
    assert why_ask(replace(case, draft=a_draft(), findings=BLOCKED)) == "checks_failed"
    nothing = a_draft(action="escalate", confidence="low")
    assert why_ask(replace(case, draft=nothing, findings=())) == "quoting_no_answer"


def test_without_evidence_no_model_is_asked(case: Case) -> None:
    """A model that has nothing to go by could only guess."""
    empty = replace(case.context, evidence=())
    assert why_ask(replace(case, context=empty)) == ""


def test_an_unsure_route_is_asked_about_once(case: Case) -> None:
    """The router is asked when the local classifier is unsure, not when a model was."""
    unsure = replace(case.route, unsure=True)
    assert why_ask(replace(case, route=unsure)) == "route_unsure"
    routed = replace(unsure, source="model")
    assert why_ask(replace(case, route=routed)) == "quoting_medium"


@pytest.mark.parametrize("handler", ["rule", "record", "person"])
def test_what_no_model_can_add_is_not_asked(case: Case, handler: Any) -> None:
    """A missing record stays missing, and what people handle they handle."""
    draft = a_draft(action="escalate", confidence="low")
    route = replace(case.route, handler=handler)
    assert why_ask(replace(case, route=route, draft=draft)) == ""


def test_an_intent_may_want_a_model_from_the_start(case: Case) -> None:
    """Handler `model` goes straight to the writer."""
    draft = a_draft(action="escalate", confidence="low")
    route = replace(case.route, handler="model")
    assert why_ask(replace(case, route=route, draft=draft)) == "model_handler"


def test_what_a_person_gets_anyway_is_not_paid_for(case: Case) -> None:
    """A signal that escalates, automatic mail, a foreign language, or autonomy off."""
    threat = RiskSignal(signal="threat", start=0, end=1, reason="a threat")
    assert why_ask(replace(case, route=replace(case.route, signals=(threat,)))) == ""
    assert why_ask(replace(case, ticket=a_ticket(flags=("automatic_mail",)))) == ""
    assert why_ask(replace(case, override=Autonomy(level="off"))) == ""
    assert why_ask(replace(case, override=Autonomy(level="review"))) == "quoting_medium"


def test_high_stakes_and_large_evidence_go_to_the_strong_writer(case: Case) -> None:
    """Everything else starts with the small one."""
    assert first_step(case, over_budget=False) == ("small", "")
    assert first_step(case, over_budget=True) == ("strong", "over_budget")
    risky = replace(case, route=replace(case.route, risk="high"))
    assert first_step(risky, over_budget=False) == ("strong", "high_stakes")
    declared = IntentSpec(name=Intent("export_data"), risk="high")
    workspace = replace(case.workspace, intents=(declared,))
    assert first_step(replace(case, workspace=workspace), over_budget=False)[0] == "strong"


def test_what_falls_short_is_named() -> None:
    """Blocked, unsure, declined though there was an answer, or failed: each by its own code."""
    good = a_draft()
    assert shortfall(good, passed(), answerable=True) == ""
    assert shortfall(good, BLOCKED, answerable=True) == "checks_failed"
    assert shortfall(a_draft(confidence="low"), passed(), answerable=True) == "confidence_low"
    declined = a_draft(action="escalate")
    assert shortfall(declined, (), answerable=True) == "over_refusal"
    assert shortfall(declined, (), answerable=False) == ""
    failed = a_draft(action="escalate", cause="model_overloaded")
    assert shortfall(failed, (), answerable=True) == "model_overloaded"


def test_an_unwell_service_is_not_asked_again() -> None:
    """Only what a stronger writer may do better goes on; outages and budgets end the way."""
    assert "over_refusal" in WORTH_ANOTHER
    for cause in ("model_overloaded", "model_budget", "model_key_rejected", "model_deadline"):
        assert cause not in WORTH_ANOTHER


def test_the_best_draft_stands() -> None:
    """Something before nothing, proven before unproven, sure before unsure, late before early."""
    local = (a_draft(confidence="medium"), passed())
    failed = (a_draft(action="escalate", confidence="low"), ())
    unproven = (a_draft(), BLOCKED)
    sure = (a_draft(), passed())
    assert best([local, failed]) == 0
    assert best([local, unproven]) == 0
    assert best([local, sure]) == 1
    assert best([local, local]) == 1
    assert best([failed, unproven, failed]) == 1
    assert best([failed, failed]) == 1
