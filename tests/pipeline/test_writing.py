"""What becomes of unproven sentences: dropped, mended once, the strong writer, then a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from firstline.claude.calls import Question, Reply
from firstline.desk import Desk
from firstline.records import Answer, Hop
from tests.pipeline.trials import Scripted, Trial, a_reply, quoting

PIGEON = "Every export is carried to you by pigeon."
SMALL, STRONG = "claude-haiku-5-5", "claude-sonnet-5-5"
Sentences = list[dict[str, Any]]


class Changing(Scripted):
    """Quotes, with what a test makes of each answer in turn; later answers are only quotes."""

    def __init__(self, *changes: Callable[[Sentences], Sentences]) -> None:
        super().__init__()
        self._changes = list(changes)

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Return the quotes of the first passage, changed."""
        del seconds
        self.questions.append(question)
        said = json.loads(quoting(question))
        if self._changes and "sentences" in said:
            said["sentences"] = self._changes.pop(0)(said["sentences"])
        return a_reply(json.dumps(said))


def stating(text: str) -> dict[str, Any]:
    """Return a sentence that claims to be a quote."""
    return {"text": text, "kind": "quote", "evidence": ["e1"]}


def adding(text: str) -> Callable[[Sentences], Sentences]:
    """Return a change that puts a sentence after the quotes."""
    return lambda sentences: [*sentences, stating(text)]


def only(text: str) -> Callable[[Sentences], Sentences]:
    """Return a change that leaves nothing but this sentence."""
    return lambda _sentences: [stating(text)]


async def answered(
    desk: Desk, *changes: Callable[[Sentences], Sentences]
) -> tuple[Answer, Changing]:
    """Take the half-sure question to its verdict."""
    trial = Trial(desk)
    asker = Changing(*changes)
    assert trial.parts.models is not None
    trial.parts = replace(trial.parts, models=replace(trial.parts.models, asker=asker))
    return await trial.answer(), asker


def drops(answer: Answer) -> list[str]:
    """Return what the hops say about dropping."""
    return [hop.result for hop in answer.draft.hops if hop.by == "drop-unproven"]


async def test_an_unproven_sentence_is_dropped_when_the_rest_answers(desk: Desk) -> None:
    """No further question is paid, the checks ran on what is left, and the hop tells it."""
    whole, _ = await answered(desk)
    answer, asker = await answered(desk, adding(PIGEON))
    assert asker.asked == [("write", SMALL)]
    assert answer.draft.text == whole.draft.text
    assert answer.verdict == whole.verdict
    assert all(item.result == "pass" for item in answer.findings)
    assert len(drops(answer)) == 1
    assert drops(answer)[0].startswith("dropped 1 of 3 sentences: ")
    assert answer.draft.spent == whole.draft.spent


async def test_what_an_unproven_limit_limits_goes_with_it(desk: Desk) -> None:
    """The reply never keeps the rule and loses the condition."""
    whole, _ = await answered(desk)
    answer, _ = await answered(desk, adding("But only pigeons of Business customers fly."))
    kept = [item.text for item in answer.draft.sentences]
    quoted = [item.text for item in whole.draft.sentences if item.kind == "quote"]
    assert quoted[1] not in kept
    assert "with 1 that belong to them" in drops(answer)[0]


async def test_a_draft_of_nothing_proven_is_mended_once(desk: Desk) -> None:
    """The same writer hears which sentence is not proven; what it says then stands."""
    answer, asker = await answered(desk, only(PIGEON))
    assert asker.asked == [("write", SMALL), ("repair", SMALL)]
    said = asker.questions[1].turns
    assert [turn.role for turn in said] == ["user", "assistant", "user"]
    assert PIGEON in said[1].text
    assert "sentences[0] (" in said[2].text
    assert drops(answer) == ["not dropped: the rest would not answer"]
    assert [hop.reason for hop in answer.draft.hops if hop.model] == [
        "quoting_medium",
        "unproven",
    ]
    assert "pigeon" not in answer.draft.text


async def test_a_mended_draft_may_lose_a_sentence_too(desk: Desk) -> None:
    """Dropping costs nothing, so it is tried again before another model is asked."""
    answer, asker = await answered(desk, only(PIGEON), adding(PIGEON))
    assert asker.asked == [("write", SMALL), ("repair", SMALL)]
    assert drops(answer)[-1].startswith("dropped 1 of 3")
    assert "pigeon" not in answer.draft.text


async def test_one_repair_a_step_and_then_the_strong_writer(desk: Desk) -> None:
    """Two unproven drafts of the small one, two of the strong one, then a person with findings."""
    answer, asker = await answered(desk, *[only(PIGEON)] * 4)
    assert asker.asked == [
        ("write", SMALL),
        ("repair", SMALL),
        ("write", STRONG),
        ("repair", STRONG),
    ]
    assert answer.verdict.action in ("review", "escalate")
    assert "pigeon" not in answer.draft.text


async def test_a_repair_of_the_form_is_the_one_repair(desk: Desk) -> None:
    """An answer that was malformed first is not mended again when it is unproven then."""
    trial = Trial(desk)
    broken = a_reply("no json here")

    class Broken(Changing):
        async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
            reply = await super().ask(question, seconds=seconds)
            return broken if len(self.questions) == 1 else reply

    asker = Broken(lambda sentences: sentences, only(PIGEON))
    assert trial.parts.models is not None
    trial.parts = replace(trial.parts, models=replace(trial.parts.models, asker=asker))
    answer = await trial.answer()
    assert asker.asked == [("write", SMALL), ("repair", SMALL), ("write", STRONG)]
    assert "pigeon" not in answer.draft.text


async def test_what_another_check_blocks_is_not_dropped(desk: Desk) -> None:
    """A link that is not allowed may be an attack: it is not quietly taken out."""
    answer, asker = await answered(desk, adding("See https://evil.example/export for more."))
    assert drops(answer) == []
    assert [purpose for purpose, _ in asker.asked] == ["write", "write"]


async def test_what_is_dropped_cannot_make_a_draft_surer(desk: Desk) -> None:
    """The rest is rated by what it rests on, and never above what the model said."""
    trial = Trial(desk)

    class Humble(Changing):
        async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
            reply = await super().ask(question, seconds=seconds)
            return replace(reply, text=reply.text.replace('"high"', '"medium"'))

    assert trial.parts.models is not None
    asker = Humble(adding(PIGEON))
    trial.parts = replace(trial.parts, models=replace(trial.parts.models, asker=asker))
    answer = await trial.answer()
    assert answer.draft.confidence == "medium"
    assert answer.verdict.action == "review"


async def test_a_newer_message_ends_it_before_a_repair(desk: Desk) -> None:
    """Nothing more is paid for a reply nobody waits for."""

    class Newer:
        def __init__(self) -> None:
            self.looks = 1

        def recent(self, ticket: Any) -> tuple[()]:
            del ticket
            return ()

        async def superseded(self, ticket: Any) -> bool:
            del ticket
            self.looks -= 1
            return self.looks < 0

    trial = Trial(desk)
    asker = Changing(only(PIGEON))
    assert trial.parts.models is not None
    models = replace(trial.parts.models, asker=asker)
    trial.parts = replace(trial.parts, models=models, history=Newer())
    answer = await trial.answer()
    assert asker.asked == [("write", SMALL)]
    assert answer.verdict.reasons[0].code == "newer_message"
    hops: tuple[Hop, ...] = answer.draft.hops
    assert hops
