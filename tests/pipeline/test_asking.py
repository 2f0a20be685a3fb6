"""Asking models: from the small writer to the strong one to a person, each hop with its reason."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from firstline.claude.calls import Reply
from firstline.desk import Desk
from firstline.errors import ModelFailure
from firstline.pipeline.flow import prepare
from firstline.pipeline.prepared import Prepared
from firstline.records import Message, Ticket
from tests.builders import NOON, a_ticket
from tests.pipeline.trials import COST, EVERYONE, HALF_SURE, Trial, a_reply, said


async def test_the_question_needs_a_model(desk: Desk) -> None:
    """The message of these tests is one that quoting alone leaves to a person."""
    prepared = await prepare(a_ticket(text=HALF_SURE), Trial(desk).parts, autonomy=EVERYONE)
    assert isinstance(prepared, Prepared)
    assert prepared.wanted.startswith("quoting_")


async def test_common_questions_ask_no_model(desk: Desk) -> None:
    """What the knowledge base answers surely is quoted, and costs nothing."""
    trial = Trial(desk)
    answer = await trial.answer("How do I export a board to CSV?")
    assert answer.verdict.action == "send"
    assert trial.asker.asked == []
    assert answer.draft.hops == ()


async def test_a_proven_draft_of_the_small_writer_stands(desk: Desk) -> None:
    """One question, one hop after the local one, with its cost and reason."""
    trial = Trial(desk)
    answer = await trial.answer()
    assert trial.asker.asked == [("write", "claude-haiku-5-5")]
    assert answer.draft.model == "claude-haiku-5-5"
    assert [hop.by for hop in answer.draft.hops] == ["quoting-writer", "small"]
    assert answer.draft.spent == COST
    assert all(finding.result == "pass" for finding in answer.findings)


async def test_an_unproven_draft_goes_to_the_strong_writer(desk: Desk) -> None:
    """What a check blocks is tried once more by the other model, with that as the reason."""
    made_up = a_reply(said("answer", ("Exports are sent by pigeon.", "quote", "e1")))
    trial = Trial(desk, made_up, made_up)
    answer = await trial.answer()
    assert trial.asker.asked == [
        ("write", "claude-haiku-5-5"),
        ("repair", "claude-haiku-5-5"),
        ("write", "claude-sonnet-5-5"),
    ]
    written = [hop for hop in answer.draft.hops if hop.model]
    assert [hop.reason for hop in written][1:] == ["unproven", "checks_failed"]
    assert answer.draft.model == "claude-sonnet-5-5"
    assert "pigeon" not in answer.draft.text


async def test_when_both_make_things_up_nothing_of_it_leaves(desk: Desk) -> None:
    """The ticket ends with a person, and what was spent is known."""
    made_up = a_reply(said("answer", ("Exports are sent by pigeon.", "quote", "e1")))
    answer = await Trial(desk, *[made_up] * 4).answer()
    assert answer.verdict.action in ("review", "escalate")
    assert answer.draft.spent.cost_usd == pytest.approx(4 * COST.cost_usd)


@pytest.mark.parametrize(
    "failure",
    "overloaded unreachable rate_limited spend_cap key_rejected deadline breaker_open budget "
    "requester_cap bad_request not_recorded".split(),
)
async def test_when_the_service_fails_a_person_gets_the_ticket(
    desk: Desk, failure: ModelFailure
) -> None:
    """No second model is asked; the reason is in the hops, and in the packet when nothing else."""
    trial = Trial(desk, failure)
    answer = await trial.answer()
    assert len(trial.asker.asked) == 1
    assert answer.verdict.action in ("review", "escalate")
    assert f"model_{failure}" in answer.draft.hops[-1].result


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (a_reply("I can't help with that.", "refusal"), "model_refused"),
        (a_reply('{"action": "ans', "max_tokens"), "model_truncated"),
        (a_reply("", "context_exceeded"), "model_context_exceeded"),
        (a_reply(""), "model_empty"),
        (a_reply(said("escalate")), "over_refusal"),
    ],
)
async def test_what_a_stronger_model_may_do_better_is_asked_of_it(
    desk: Desk, reply: Reply, cause: str
) -> None:
    """A refusal, a cut or empty answer, and a needless handover go on to the strong writer."""
    trial = Trial(desk, reply)
    answer = await trial.answer()
    assert [hop.reason for hop in answer.draft.hops][-1] == cause
    assert answer.draft.model == "claude-sonnet-5-5"


async def test_a_malformed_answer_is_repaired_once(desk: Desk) -> None:
    """The model is told what is wrong, once; both calls are paid and counted."""
    trial = Trial(desk, a_reply("Sure! Here is the answer: exports are great."))
    answer = await trial.answer()
    assert [purpose for purpose, _ in trial.asker.asked] == ["write", "repair"]
    repair = trial.asker.questions[1]
    assert [turn.role for turn in repair.turns] == ["user", "assistant", "user"]
    assert answer.draft.model == "claude-haiku-5-5"
    assert answer.draft.spent.cost_usd == pytest.approx(2 * COST.cost_usd)


async def test_a_model_that_never_speaks_json_ends_with_a_person(desk: Desk) -> None:
    """Two writers, one repair each, then a person."""
    nonsense = a_reply("no json here")
    trial = Trial(desk, nonsense, nonsense, nonsense, nonsense)
    answer = await trial.answer()
    assert [purpose for purpose, _ in trial.asker.asked] == ["write", "repair"] * 2
    assert answer.verdict.action in ("review", "escalate")
    assert "model_malformed" in answer.draft.hops[-1].result


async def test_high_stakes_start_with_the_strong_writer(desk: Desk) -> None:
    """The small one is not asked at all."""
    spec = desk.workspace.intents[0]
    trial = Trial(desk)
    risky = tuple(replace(item, risk="high") for item in desk.workspace.intents)
    trial.parts = replace(trial.parts, workspace=replace(desk.workspace, intents=risky))
    answer = await trial.answer()
    assert spec.risk != "high"
    assert [model for _, model in trial.asker.asked] == ["claude-sonnet-5-5"]
    assert answer.draft.hops[-1].reason == "high_stakes"


async def test_an_unsure_route_is_asked_of_the_router(desk: Desk) -> None:
    """The model's word takes the place of the local guess, and is one more hop."""
    unclear = "hmm the thing with the thing from last week, it is about invoices or exports?"
    prepared = await prepare(a_ticket(text=unclear), Trial(desk).parts, autonomy=EVERYONE)
    assert isinstance(prepared, Prepared)
    assert prepared.wanted == "route_unsure"
    chosen = str(prepared.route.intents[1].intent)
    route = json.dumps({"intent": chosen, "confidence": "high", "several": False})
    trial = Trial(desk, a_reply(route))
    answer = await trial.answer(unclear)
    assert trial.asker.asked[0] == ("route", "claude-haiku-5-5")
    assert answer.route.intent == chosen
    assert answer.route.source == "model"
    assert answer.draft.hops[0].by == "router"


async def test_a_router_that_is_not_sure_leaves_the_route_unsure(desk: Desk) -> None:
    """Neither does one that fails; a person reads the ticket then."""
    unclear = "hmm the thing with the thing from last week, it is about invoices or exports?"
    for first in (
        a_reply(json.dumps({"intent": "none", "confidence": "low", "several": False})),
        "overloaded",
    ):
        trial = Trial(desk, first)
        answer = await trial.answer(unclear)
        assert answer.verdict.action in ("review", "escalate")
        assert answer.route.unsure
        if first == "overloaded":
            assert [purpose for purpose, _ in trial.asker.asked] == ["route"]
            assert "model_overloaded" in answer.draft.hops[-1].result


async def test_the_agreed_question_takes_the_place_of_the_models_own(desk: Desk) -> None:
    """A model may decide to ask back; what is asked is the company's wording."""
    own = said("clarify", ("What do you want, in 3 words?", "question", ""))
    trial = Trial(desk, a_reply(own), a_reply(own))
    answer = await trial.answer()
    spec = desk.workspace.intent(answer.route.intent)
    assert spec is not None
    if spec.clarify is None:
        assert answer.verdict.action == "review"
    else:
        assert spec.clarify in answer.draft.text
    assert "3 words" not in answer.draft.text or answer.verdict.action == "review"


async def test_a_newer_message_ends_the_draft(desk: Desk) -> None:
    """Before the first writer nothing is paid; before the second no more than the first."""

    class Newer:
        def __init__(self, after: int) -> None:
            self.looks = after

        def recent(self, ticket: Ticket) -> tuple[()]:
            del ticket
            return ()

        async def superseded(self, ticket: Ticket) -> bool:
            del ticket
            self.looks -= 1
            return self.looks < 0

    made_up = a_reply(said("answer", ("Exports are sent by pigeon.", "quote", "e1")))
    for after, calls in ((0, 0), (1, 1)):
        trial = Trial(desk, made_up)
        trial.parts = replace(trial.parts, history=Newer(after))
        answer = await trial.answer()
        assert len(trial.asker.asked) == calls
        assert answer.verdict.action == "review"
        assert answer.verdict.reasons[0].code == "newer_message"


async def test_a_premise_that_no_longer_stands_is_held(desk: Desk) -> None:
    """A follow-up to an answer that named a figure nobody holds any more goes to a person."""
    history = (
        Message(author="customer", text="How long do export links work?", sent_at=NOON),
        Message(author="bot", text="Export links work for 4711 days.", sent_at=NOON),
    )
    answer = await Trial(desk).answer("How do I export a board to CSV?", history=history)
    assert answer.verdict.action == "review"
    assert "check_premise" in [reason.code for reason in answer.verdict.reasons]


async def test_an_earlier_reply_that_still_stands_is_no_ground(desk: Desk) -> None:
    """What today's articles say word for word may be built upon."""
    first = await Trial(desk).answer("How do I export a board to CSV?")
    history = (
        Message(author="customer", text="How do I export a board to CSV?", sent_at=NOON),
        Message(author="bot", text=first.draft.text, sent_at=NOON),
    )
    answer = await Trial(desk).answer("How do I export a board to PDF?", history=history)
    assert "check_premise" not in [reason.code for reason in answer.verdict.reasons]
