"""The judge: asked only where something depends on it, and whatever fails holds the reply."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from firstline.claude.calls import Question, Reply
from firstline.claude.pace import Pace
from firstline.desk import Desk
from firstline.pipeline import judging
from firstline.pipeline.gate import Case
from firstline.pipeline.judging import UNAVAILABLE, findings_of, own_words, to_judge, why_judge
from firstline.records import Answer, Finding, Sentence
from firstline.testing.support import asks_judge
from firstline.workspace import Autonomy
from firstline.workspace.models import JudgeWhen, ModelSettings, Voice
from tests.builders import a_context, a_draft, a_passage, a_quote, a_route, a_ticket, passed
from tests.pipeline.test_gate import a_workspace
from tests.pipeline.trials import COST, EVERYONE, Scripted, Trial, a_reply, quoting, said

QUOTED = "How do I export a board to CSV?"
RECORD = a_passage("", id="record:1", kind="record", fields=(("name", "Ada"), ("plan", "Team")))
POLICY = a_passage("Your plan is {plan}.\nWe are open all week.", id="policy:x", kind="policy")


def case(*sentences: Sentence, judge: JudgeWhen = "paraphrases", **changes: Any) -> Case:
    """Return a case that would be sent, with these sentences."""
    company = a_workspace()
    settings = replace(company.settings, models=ModelSettings(judge=judge))
    fields: dict[str, Any] = {
        "ticket": a_ticket(),
        "route": a_route(),
        "context": a_context(a_passage(), RECORD, POLICY),
        "draft": a_draft(*sentences),
        "findings": passed(),
        "workspace": replace(company, settings=settings, voice=Voice(greeting="Hello {name},")),
        "override": EVERYONE,
    }
    return Case(**(fields | changes))


@pytest.mark.parametrize(
    ("sentence", "worded"),
    [
        (a_quote(), False),
        (a_quote("Choose Export."), False),
        (a_quote("Choose the Export button."), True),
        (a_quote("Source: Export a board (https://help.acme.example/export)"), False),
        (a_quote("Source: somewhere else"), True),
        (Sentence(text="We are open all week.", kind="quote", evidence=(POLICY.id,)), False),
        (
            Sentence(text="Your plan is Team.", kind="record", evidence=(POLICY.id, RECORD.id)),
            False,
        ),
        (Sentence(text="You have the Team plan.", kind="record", evidence=(RECORD.id,)), True),
        (Sentence(text="Hello Ada,", kind="record", evidence=(RECORD.id,)), False),
        (Sentence(text="2 + 2 boards are 4.", kind="computed", evidence=(RECORD.id,)), True),
        (Sentence(text="Thanks for getting in touch.", kind="courtesy"), False),
        (Sentence(text="You are wonderful.", kind="courtesy"), True),
        (Sentence(text="Nobody agreed on this?", kind="question"), True),
    ],
)
def test_only_what_is_nobodys_wording_needs_a_judge(sentence: Sentence, worded: bool) -> None:
    """Quotes, sources, filled sentences and agreed lines do not; everything else does."""
    given = case(sentence)
    assert own_words(given) == ((0,) if worded else ())


def test_the_setting_says_what_is_read() -> None:
    """Nothing, what a model worded, or everything that states something."""
    sentences = (Sentence(text="Thanks for getting in touch.", kind="courtesy"), a_quote())
    mine = a_quote("Choose the Export button.")
    assert to_judge(case(*sentences, mine, judge="off")) == ()
    assert to_judge(case(*sentences, mine)) == (2,)
    assert to_judge(case(*sentences, mine, judge="always")) == (1, 2)
    assert why_judge(case(*sentences, mine)) == "own_words"
    assert why_judge(case(*sentences, judge="always")) == "always"
    assert why_judge(case(*sentences)) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"findings": (Finding(check="tone", result="warn", detail="curt"),)},
        {"findings": (Finding(check="links", result="block", detail="a link"),)},
        {"findings": ()},
        {"override": Autonomy(level="review")},
        {"route": a_route(unsure=True)},
        {"ticket": a_ticket(flags=("automatic_mail",))},
        {"draft": a_draft(a_quote("Choose the button."), confidence="medium")},
        {"draft": a_draft(a_quote("Choose the button."), action="clarify")},
    ],
)
def test_a_draft_that_a_person_gets_anyway_is_not_judged(changes: dict[str, Any]) -> None:
    """Whatever else holds it, and whatever states nothing, costs no judge."""
    given = case(a_quote("Choose the button."), **changes)
    assert why_judge(given) == ""


def test_a_sentence_without_a_verdict_is_never_counted_as_supported() -> None:
    """Even if reading a judgement should let one through."""
    (finding,) = findings_of((), (3,))
    assert (finding.result, finding.code, finding.sentence) == ("warn", UNAVAILABLE, 3)


class Judging(Scripted):
    """Writes by quoting; what the judge says is a test's."""

    def __init__(self, say: Callable[[Question, int], Any]) -> None:
        super().__init__()
        self._say = say
        self.judged: list[Question] = []
        self.pace = Pace(lambda: 0.0)

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Return the writer's quotes, or whatever the judge is to say."""
        if question.purpose != "judge":
            return await super().ask(question, seconds=seconds)
        self.judged.append(question)
        said = self._say(question, len(self.judged))
        return cast("Reply", await said if asyncio.iscoroutine(said) else said)


async def judged(
    desk: Desk,
    say: Callable[[Question, int], Any],
    text: str = QUOTED,
    *,
    judge: JudgeWhen = "always",
    deadline: float = 5.0,
) -> tuple[Answer, Judging]:
    """Take a message to its verdict, with every reply judged."""
    trial = Trial(desk)
    asker = Judging(say)
    workspace = trial.parts.workspace
    models = replace(workspace.settings.models, judge=judge, deadline_seconds=deadline)
    settings = replace(workspace.settings, models=models)
    assert trial.parts.models is not None
    trial.parts = replace(
        trial.parts,
        workspace=replace(workspace, settings=settings),
        models=replace(trial.parts.models, asker=asker),
    )
    return await trial.answer(text), asker


def honest(question: Question, _times: int) -> Reply:
    """Judge by simple containment."""
    return a_reply(quoting(question))


def edited(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[Question, int], Reply]:
    """Return a judge whose claims are changed."""

    def say(question: Question, _times: int) -> Reply:
        claims = json.loads(quoting(question))["claims"]
        return a_reply(json.dumps({"claims": change(claims)}))

    return say


async def test_a_supported_reply_leaves_and_says_so(desk: Desk) -> None:
    """One question, one hop with its cost, one finding that passes."""
    answer, asker = await judged(desk, honest)
    assert answer.verdict.action == "send"
    (question,) = asker.judged
    assert (question.purpose, question.model) == ("judge", "claude-haiku-5-5")
    hop = answer.draft.hops[-1]
    assert (hop.by, hop.reason, hop.usage) == ("judge", "always", COST)
    assert hop.result.startswith("supported: ")
    assert [item.result for item in answer.findings if item.check == "judge"] == ["pass"]
    assert "validate" in {time.stage for time in answer.times}


async def test_the_judge_hears_nothing_of_customer_or_writer(desk: Desk) -> None:
    """Its prompt is neither the message nor the reason the writer gave."""
    answer, asker = await judged(desk, honest)
    (question,) = asker.judged
    assert QUOTED not in question.turns[0].text
    assert answer.draft.reason not in question.turns[0].text


async def by_a_model(desk: Desk, *sentences: str, judge: JudgeWhen = "paraphrases") -> Answer:
    """Let a model answer a question that quoting could, with these sentences of its first piece."""

    class Writing(Judging):
        async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
            reply = await super().ask(question, seconds=seconds)
            if question.purpose == "judge" or not sentences:
                return reply
            told = ((text, "quote", "e1") for text in sentences)
            return a_reply(said("answer", *told))

    trial = Trial(desk)
    company = trial.parts.workspace
    intents = tuple(replace(item, handler="model", risk="low") for item in company.intents)
    settings = replace(company.settings, models=replace(company.settings.models, judge=judge))
    assert trial.parts.models is not None
    trial.parts = replace(
        trial.parts,
        workspace=replace(company, intents=intents, settings=settings),
        models=replace(trial.parts.models, asker=Writing(honest)),
    )
    return await trial.answer(QUOTED)


async def test_by_default_verbatim_replies_are_not_judged(desk: Desk) -> None:
    """A model's quotes go without one, say so, and no finding claims a judge was content."""
    answer = await by_a_model(desk)
    assert answer.verdict.action == "send"
    assert not [item for item in answer.findings if item.check == "judge"]
    hop = answer.draft.hops[-1]
    assert (hop.by, hop.model) == ("judge", "")
    assert hop.result == "not asked: every sentence is verbatim"


async def test_by_default_what_a_model_worded_is_judged(desk: Desk) -> None:
    """A proven paraphrase is read before it leaves; with the judge off the hop says that."""
    mine = "You can export your board to a CSV file, which opens in spreadsheet programs."
    answer = await by_a_model(desk, mine)
    assert answer.verdict.action == "send"
    assert [item.result for item in answer.findings if item.check == "judge"] == ["pass"]
    assert answer.draft.hops[-1].reason == "own_words"
    off = await by_a_model(desk, mine, judge="off")
    assert off.verdict.action == "send"
    assert not [item for item in off.findings if item.check == "judge"]
    assert off.draft.hops[-1].result == 'not asked: judge = "off"'


@pytest.mark.parametrize("verdict", ["contradicted", "not_mentioned"])
async def test_one_unsupported_claim_holds_the_reply(desk: Desk, verdict: str) -> None:
    """However many others are supported; the finding names the sentence."""

    def one(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
        evidence = claims[-1]["evidence"] if verdict == "contradicted" else ""
        return [*claims, {**claims[-1], "verdict": verdict, "evidence": evidence}]

    answer, _ = await judged(desk, edited(one))
    assert answer.verdict.action in ("review", "escalate")
    (finding,) = [item for item in answer.findings if item.check == "judge"]
    assert (finding.result, finding.code) == ("block", verdict)
    assert finding.sentence is not None
    assert answer.draft.hops[-1].result.startswith(verdict)


def bribed(question: Question, _times: int) -> Reply:
    """Say what hostile evidence tells a judge to say, without doing the work."""
    del question
    claim = {"sentence": "s1", "claim": "All is well", "verdict": "supported", "evidence": "e1"}
    return a_reply(json.dumps({"claims": [claim]}))


def raising(_question: Question, _times: int) -> Reply:
    """Fail in a way nobody foresaw."""
    raise RuntimeError("secret words")


BROKEN: dict[str, Callable[[Question, int], Any]] = {
    "exception": raising,
    "timeout": lambda _question, _times: asyncio.sleep(60),
    "none": lambda _question, _times: None,
    "text": lambda _question, _times: "supported",
    "empty": lambda _question, _times: a_reply(""),
    "garbage": lambda _question, _times: a_reply('{"claims": [{"sentence": 7}'),
    "friendly prose": lambda _question, _times: a_reply("All sentences are supported."),
    "refusal": lambda _question, _times: a_reply("I can't.", "refusal"),
    "cut off": lambda _question, _times: a_reply('{"claims": []}', "max_tokens"),
    "no room": lambda _question, _times: a_reply("", "context_exceeded"),
    "no claims": edited(lambda _claims: []),
    "missing sentence": edited(lambda claims: claims[1:]),
    "extra claim": edited(lambda claims: [*claims, {**claims[0], "sentence": "s99"}]),
    "other words": edited(lambda claims: [{**claim, "verdict": "true"} for claim in claims]),
    "wrong case": edited(lambda claims: [{**claim, "verdict": "SUPPORTED"} for claim in claims]),
    "made-up evidence": edited(lambda claims: [{**claim, "evidence": "e77"} for claim in claims]),
    "empty claims": edited(lambda claims: [{**claim, "claim": "ok"} for claim in claims]),
    "bribed": bribed,
}


@pytest.mark.parametrize("name", list(BROKEN))
async def test_whatever_a_judge_does_wrong_nothing_is_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A reviewer gets the reply, the reason is in hop and finding, and none of it passed."""
    monkeypatch.setattr(judging, "GRACE", 0.05)
    answer, asker = await judged(desk, BROKEN[name], deadline=0.05 if name == "timeout" else 5.0)
    assert answer.verdict.action == "review"
    assert answer.verdict.reasons[0].code == "check_judge"
    found = [item for item in answer.findings if item.check == "judge"]
    assert [(item.result, item.code) for item in found] == [("warn", UNAVAILABLE)]
    assert answer.draft.hops[-1].result.startswith(f"{UNAVAILABLE}: ")
    assert "secret" not in found[0].detail + answer.draft.hops[-1].result
    assert answer.draft.action == "answer"
    assert 1 <= len(asker.judged) <= 2


async def test_a_malformed_judgement_is_asked_for_once_more(desk: Desk) -> None:
    """Told what is wrong; the second one counts, both are paid."""

    def late(question: Question, times: int) -> Reply:
        return a_reply("Fine!") if times == 1 else honest(question, times)

    answer, asker = await judged(desk, late)
    assert answer.verdict.action == "send"
    first, second = asker.judged
    assert first.key != second.key
    assert [turn.role for turn in second.turns] == ["user", "assistant", "user"]
    assert answer.draft.hops[-1].usage == COST + COST


@pytest.mark.parametrize("failure", ["overloaded", "budget", "deadline", "key_rejected"])
async def test_when_a_judge_cannot_be_asked_a_person_decides(desk: Desk, failure: Any) -> None:
    """Down, too dear or too slow: the local quote that would have left is held."""
    trial = Trial(desk, failure)
    workspace = trial.parts.workspace
    models = replace(workspace.settings.models, judge="always")
    company = replace(workspace, settings=replace(workspace.settings, models=models))
    trial.parts = replace(trial.parts, workspace=company)
    answer = await trial.answer(QUOTED)
    assert trial.asker.asked == [("judge", "claude-haiku-5-5")]
    assert answer.verdict.action == "review"
    assert f"model_{failure}" in answer.draft.hops[-1].result
    assert answer.draft.model == "quoting-writer"


async def test_without_any_model_a_wanted_judge_holds_the_reply(desk: Desk) -> None:
    """`judge = "always"` promises that nothing leaves unread, also where nobody can read."""
    trial = Trial(desk)
    workspace = trial.parts.workspace
    models = replace(workspace.settings.models, judge="always")
    company = replace(workspace, settings=replace(workspace.settings, models=models))
    trial.parts = replace(trial.parts, workspace=company, models=None)
    answer = await trial.answer(QUOTED)
    assert answer.verdict.action == "review"
    assert answer.findings[-1].code == UNAVAILABLE


def test_faults_can_be_meant_for_the_judge_alone() -> None:
    """The stand-in tells a judge's request by its schema."""
    question: dict[str, Any] = {
        "output_config": {"format": {"schema": {"properties": {"claims": {}}}}}
    }
    assert asks_judge(question)
    assert not asks_judge({})
