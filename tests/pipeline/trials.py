"""Tickets on their way through the flow, with a model that says what a test wants."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

from firstline.claude.calls import Question, Reply, Stop
from firstline.claude.pace import Pace
from firstline.claude.prompts import Prompts
from firstline.claude.registry import load_registry, roles
from firstline.desk import Desk
from firstline.errors import ModelError, ModelFailure
from firstline.pipeline.flow import consider
from firstline.pipeline.models import Models
from firstline.records import Answer, Usage
from firstline.testing.support import answer_ticket
from firstline.workspace import Autonomy
from firstline.workspace.models import ModelSettings
from tests.builders import a_ticket

SETTINGS = ModelSettings(provider="anthropic")
COST = Usage(input=700, output=80, cost_usd=0.0001)
EVERYONE = Autonomy(level="percent", percent=100)
HALF_SURE = "How do I export a board to CSV for Zebrafish?"
"""A question the quoting writer is not sure about."""


def said(action: str = "answer", *sentences: tuple[str, str, str], **changes: Any) -> str:
    """Return what a model says, as JSON; sentences as (text, kind, label)."""
    told: dict[str, Any] = {
        "action": action,
        "sentences": [
            {"text": text, "kind": kind, "evidence": [label] if label else []}
            for text, kind, label in sentences
        ],
        "confidence": "high",
        "reason": "the article says so",
        "commitments": [],
        "language": "en",
    }
    return json.dumps(told | changes)


def a_reply(text: str, stop: Stop = "end_turn") -> Reply:
    """Return a paid reply."""
    return Reply(text=text, stop=stop, model="m", usage=COST)


class Scripted:
    """An asker that answers from a list, or quotes the first passage when the list is empty."""

    def __init__(self, *replies: Reply | ModelFailure) -> None:
        self.replies = list(replies)
        self.questions: list[Question] = []
        self.pace = Pace(lambda: 0.0)

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Return the next reply, or raise the next failure."""
        del seconds
        self.questions.append(question)
        if not self.replies:
            return a_reply(quoting(question))
        reply = self.replies.pop(0)
        if isinstance(reply, Reply):
            return reply
        raise ModelError("the model failed", failure=reply)

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def asked(self) -> list[tuple[str, str]]:
        """What was asked, as (purpose, model)."""
        return [(question.purpose, question.model) for question in self.questions]


def quoting(question: Question) -> str:
    """Return the answer of a model that quotes the first piece of knowledge it is shown."""
    body = {
        "system": question.system,
        "messages": [{"role": turn.role, "content": turn.text} for turn in question.turns],
        "output_config": {"format": {"schema": question.schema}},
    }
    said = answer_ticket(body)
    return said if isinstance(said, str) else said.text


class Trial:
    """A ticket on its way, with a scripted model."""

    def __init__(self, desk: Desk, *replies: Reply | ModelFailure) -> None:
        registry = load_registry(SETTINGS)
        self.asker = Scripted(*replies)
        models = Models(
            asker=self.asker,
            registry=registry,
            roles=roles(SETTINGS, registry, date(2026, 11, 22)),
            prompts=Prompts.of(desk.workspace),
        )
        self.parts = replace(desk.opened.parts, models=models)

    async def answer(self, text: str = HALF_SURE, **changes: Any) -> Answer:
        """Take a message to its verdict."""
        return await consider(a_ticket(text=text, **changes), self.parts, autonomy=EVERYONE)
