"""What one call of a model costs this process, beside the waiting: CPU by layer, calls a second.

The model is the loopback double, which waits 300 ms, in a process of its own; only this process's
CPU is counted. The request is an ordinary one: a prompt of about 1,000 tokens, an answer of 100.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.end_to_end import postgres
from benchmarks.throughput import double
from firstline.claude.calls import Question, Turn
from firstline.claude.client import Claude
from firstline.claude.provider import build_sdk, request_body
from firstline.claude.registry import load_registry
from firstline.records import TicketId
from firstline.store import CallLedger, open_database
from firstline.workspace.models import ModelSettings

KEY = {"ANTHROPIC_API_KEY": "sk-ant-loopback"}
ASKED_MS = 5.0
SCHEMA = {
    "type": "object",
    "properties": {
        "action": {"type": "string", "enum": ["answer", "clarify", "escalate"]},
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "kind": {"type": "string", "enum": ["quote", "courtesy"]},
                    "evidence": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["text", "kind", "evidence"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["action", "sentences"],
    "additionalProperties": False,
}
SYSTEM = "You answer support tickets of a board-game club from the passages alone. " * 40
PASSAGES = "Open the menu of a game and choose Export; the file has one line a move. " * 25
Ask = Callable[[int], Awaitable[object]]


def question(number: int) -> Question:
    """Return the question of one ticket."""
    return Question(
        ticket=TicketId(f"t{number}"),
        requester=f"customer-{number % 500}",
        intent="export",
        purpose="write",
        model="claude-haiku-5-5",
        system=SYSTEM,
        turns=(Turn(role="user", text=f"{PASSAGES}\n\nHow do I export game {number}?"),),
        schema=SCHEMA,
        max_tokens=600,
        prompt_hash="benchmark",
    )


async def measure(ask: Ask, calls: int, at_once: int) -> tuple[float, float]:
    """Return CPU milliseconds a call, and calls a second."""
    numbers = iter(range(calls + 2 * at_once))

    async def one_after_the_other(most: int) -> None:
        for _ in range(most):
            await ask(next(numbers))

    await asyncio.gather(*(one_after_the_other(2) for _ in range(at_once)))
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(one_after_the_other(calls // at_once) for _ in range(at_once)))
    done = calls // at_once * at_once
    return (
        (time.process_time() - cpu) / done * 1e3,
        done / (time.perf_counter() - wall),
    )


async def layers(url: str, databases: dict[str, str], calls: int, at_once: int) -> None:
    """Print a row for each layer, from the bare connection to the whole client."""
    settings = ModelSettings(provider="anthropic", base_url=url, calls_per_requester_per_day=0)
    registry = load_registry(settings)
    spec = registry.model("claude-haiku-5-5")

    def body(number: int) -> dict[str, Any]:
        return request_body(question(number), spec, settings)

    async def row(name: str, ask: Ask) -> None:
        cpu, rate = await measure(ask, calls, at_once)
        print(f"| {name} | {cpu:.2f} | {rate:.0f} |", flush=True)

    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
    async with httpx2.AsyncClient(timeout=60, limits=limits) as http:
        headers = {"authorization": "Bearer x", "anthropic-version": "2026-10-21"}
        address = f"{url}/v1/messages"
        await row(
            "httpx2 alone", lambda number: http.post(address, json=body(number), headers=headers)
        )
    sdk = build_sdk(settings, KEY)
    await row("SDK, `messages.create`", lambda number: sdk.messages.create(**body(number)))
    await row(
        "SDK, `post` (as used)",
        lambda number: sdk.post("/v1/messages", body=body(number), cast_to=httpx2.Response),
    )
    await sdk.close()
    for name, address in databases.items():
        engine = open_database(address)
        client = Claude(
            settings,
            registry,
            CallLedger(engine),
            sdk=build_sdk(settings, KEY),
            now=lambda: datetime.now(UTC),
        )
        await row(f"**the client, ledger on {name}**", lambda number: client.ask(question(number)))  # noqa: B023 - awaited within the loop
        await client.close()
        engine.dispose()


def main() -> None:
    """Measure every layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    given = parser.parse_args()
    print(f"{given.calls:,} calls, {given.at_once} at once, a model that takes 300 ms\n")
    print(f"| layer (asked: <= {ASKED_MS:.0f} ms) | CPU ms a call | calls a second |")
    print("|---|---|---|")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(double())
        databases = {}
        if given.only != "postgres":
            databases["SQLite"] = f"sqlite:///{folder / 'app.db'}"
        if given.only != "sqlite":
            databases["Postgres"] = stack.enter_context(postgres(folder))
        asyncio.run(layers(url, databases, given.calls, given.at_once))


if __name__ == "__main__":
    main()
