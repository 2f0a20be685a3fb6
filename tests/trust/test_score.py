"""Features come from evidence, stay in range, and the prior orders the queue sensibly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.builders import a_context, a_draft, a_passage, a_quote, a_route, a_ticket, passed

from firstline.records import (
    Answer,
    Finding,
    Hop,
    RiskSignal,
    Sentence,
    Verdict,
)
from firstline.trust.score import features, prior, smoothed


def an_answer(**changes: Any) -> Answer:
    """Return a well-proven local answer."""
    given: dict[str, Any] = {
        "ticket": a_ticket(),
        "route": a_route(),
        "context": a_context(a_passage(), a_passage(id="other#1", score=0.3)),
        "draft": a_draft(),
        "findings": passed(),
        "verdict": Verdict(action="review", score=0, reasons=(), autonomy="review"),
    }
    return Answer(**(given | changes))


def test_a_proven_answer_scores_high() -> None:
    """A verbatim answer to a clear question has good features and a high prior."""
    found = features(an_answer(), history=0.9)
    assert found["proof_verbatim"] == found["proof_weakest"] == 1.0
    assert found["search_margin"] == pytest.approx(0.5)
    assert found["writer_local"] == found["signals_none"] == 1.0
    assert found["history"] == 0.9
    assert 0.8 < prior(found) <= 1
    assert all(0 <= value <= 1 for value in found.values())


WORSE: dict[str, dict[str, Any]] = {
    "an unsure route": {"route": replace(a_route(), intents=())},
    "evidence that hardly answers": {"context": a_context(answerable=0.1)},
    "a sentence of its own": {
        "draft": a_draft(a_quote(), Sentence(text="You pay A$9.", kind="computed"))
    },
    "a check that doubts": {
        "findings": (*passed(), Finding(check="tone", result="warn", detail="curt"))
    },
    "nothing checked": {"findings": ()},
}


@pytest.mark.parametrize("name", WORSE)
def test_weaker_evidence_lowers_the_prior(name: str) -> None:
    """Whatever is weaker comes earlier before a reviewer."""
    assert prior(features(an_answer(**WORSE[name]))) < prior(features(an_answer()))


def test_signals_and_models_are_seen() -> None:
    """A risk signal, the judge and the number of writers asked are features of their own."""
    signal = RiskSignal(signal="anger", start=0, end=1, reason="r")
    hops = tuple(
        Hop(by=step, model="m", reason="r", result="answered") for step in ("small", "strong")
    )
    judged = (*passed(), Finding(check="judge", result="pass", detail=""))
    found = features(
        an_answer(route=a_route(signals=(signal,)), draft=a_draft(hops=hops), findings=judged)
    )
    assert found["signals_none"] == found["writer_local"] == found["writer_first_try"] == 0.0
    assert found["judge_agreed"] == 1.0


def test_the_models_own_word_is_one_feature_of_many() -> None:
    """Its rating changes one feature and leaves the prior alone."""
    sure, unsure = features(an_answer()), features(an_answer(draft=a_draft(confidence="low")))
    assert {name for name in sure if sure[name] != unsure[name]} == {"own_rating"}
    assert prior(sure) == prior(unsure)


def test_history_is_drawn_to_the_middle_while_short() -> None:
    """One right reply is no record of a hundred per cent."""
    assert smoothed(0, 0) == 0.5
    assert smoothed(1, 1) == pytest.approx(2 / 3)
    assert smoothed(98, 98) == 0.99


def test_no_answer_scores_lowest() -> None:
    """A draft that says nothing has no proof to score."""
    empty = an_answer(draft=a_draft(action="escalate", sentences=()), findings=())
    assert prior(features(empty)) == 0.0
