"""Questions and clients for the tests of the client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from firstline.claude.attempts import Patience
from firstline.claude.breaker import BreakerSettings
from firstline.claude.calls import Question, Turn
from firstline.claude.client import Claude
from firstline.claude.provider import build_sdk
from firstline.claude.registry import load_registry
from firstline.records import TicketId
from firstline.store.calls import CallLedger
from firstline.testing.claude_double import ClaudeDouble
from firstline.workspace.models import ModelSettings

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "sk-test-key"
SCHEMA = {
    "type": "object",
    "properties": {"action": {"type": "string", "enum": ["answer", "escalate"]}},
    "required": ["action"],
    "additionalProperties": False,
}
QUICK = Patience(first_pause=0.01, longest_pause=0.02, silence=2.0, tokens_per_second=1000)
"""Retries without waiting."""


def now() -> datetime:
    """Return noon, always."""
    return NOON


@dataclass(slots=True)
class Clock:
    """Seconds that pass when told to."""

    time: float = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.time


def a_question(ticket: str = "t1", **changes: Any) -> Question:
    """Return a short question to the small 4.5 model."""
    question = Question(
        ticket=TicketId(ticket),
        requester="mia@example.com",
        intent="export_data",
        purpose="write",
        model="claude-haiku-4-5",
        system="You answer support tickets of a board-game club.",
        turns=(Turn(role="user", text="How do I export my games?"),),
        schema=SCHEMA,
        max_tokens=200,
        prompt_hash="p1",
    )
    return replace(question, **changes)


def a_client(
    engine: sa.Engine,
    url: str,
    *,
    patience: Patience = QUICK,
    breaker: BreakerSettings | None = None,
    key: str = KEY,
    **settings: Any,
) -> Claude:
    """Return a client of the server at `url`, with a ledger in a database."""
    made = ModelSettings(**{"provider": "anthropic", "base_url": url, **settings})
    return Claude(
        made,
        load_registry(made),
        CallLedger(engine),
        sdk=build_sdk(made, {"ANTHROPIC_API_KEY": key}),
        now=now,
        patience=patience,
        breaker=breaker,
    )


async def arrived(double: ClaudeDouble, requests: int = 1) -> None:
    """Wait until so many requests have reached a double."""
    for _ in range(1000):
        if double.received >= requests:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("no request came")


@asynccontextmanager
async def a_conversation(
    engine: sa.Engine, **options: Any
) -> AsyncIterator[tuple[Claude, ClaudeDouble]]:
    """Run a double and a client of it; options are the client's."""
    async with ClaudeDouble(clock=NOON.timestamp) as double:
        client = a_client(engine, double.url, **options)
        try:
            yield client, double
        finally:
            await client.close()
