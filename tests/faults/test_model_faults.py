"""Everything that can go wrong with a model: an answer or a stable code, nothing paid twice."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.claude.asking import KEY, NOON, QUICK, a_client, a_conversation, a_question

from firstline.claude.client import Claude
from firstline.errors import ModelError
from firstline.store import open_database
from firstline.store.calls import CallLedger, CallRow
from firstline.testing.claude_double import ClaudeDouble, Fault

TODAY = NOON.date().isoformat()
HASTY = replace(QUICK, silence=0.2)
"""Takes 0.4 seconds of silence for a stall."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """Return a database; the faults are the same on both kinds."""
    opened = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    yield opened
    opened.dispose()


async def failure(client: Claude, ticket: str = "t1", *, seconds: float = 10) -> str:
    """Ask, and return the code of the failure."""
    with pytest.raises(ModelError) as caught:
        await client.ask(a_question(ticket), seconds=seconds)
    assert caught.value.place.ticket == ticket
    assert "\n" not in str(caught.value)
    return caught.value.failure


def entry(engine: sa.Engine) -> CallRow:
    """Return the ledger's only entry."""
    (row,) = CallLedger(engine).rows()
    return row


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.spend_cap(), "spend_cap"),
        (Fault.usage_limit(), "spend_cap"),
        (Fault.unauthorized(), "key_rejected"),
        (Fault.forbidden(), "key_rejected"),
        (Fault.bad_request(), "bad_request"),
        (Fault(status=404, message="model: claude-x"), "bad_request"),
        (Fault(status=413, message="Request exceeds the maximum size"), "bad_request"),
        (Fault.bad_request("prompt is too long: 9 tokens > 8 maximum"), "context_exceeded"),
    ],
)
async def test_what_would_be_refused_again_is_asked_once(
    engine: sa.Engine, fault: Fault, code: str
) -> None:
    """One request, no reserve held, the reason in the ledger."""
    async with a_conversation(engine) as (client, double):
        double.script(fault.always())
        assert await failure(client) == code
        assert double.received == 1
        assert double.billed == 0
    row = entry(engine)
    assert (row.state, row.failure, row.cost_pico) == ("failed", code, 0)
    assert CallLedger(engine).spent(TODAY, TODAY) == 0


async def test_a_tiers_spend_cap_is_known_by_its_words_too(engine: sa.Engine) -> None:
    """An older form of it has no error code and no retry-after."""
    words = "You have reached your organization's monthly spend limit."
    async with a_conversation(engine) as (client, double):
        double.script(Fault(status=429, message=words).always())
        assert await failure(client) == "spend_cap"
        assert double.received == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault.rate_limited(0.1),
        Fault.rate_limited(None),
        Fault.ramp_limit(0.1),
        Fault.server_error(),
        Fault.server_error(503),
        Fault.overloaded(),
        Fault.gateway_page(),
        Fault(status=408, message="Request timeout"),
        Fault.reset("before"),
        Fault.reset("inside"),
    ],
)
async def test_what_passes_is_asked_again(engine: sa.Engine, fault: Fault) -> None:
    """Twice wrong, then right: one answer, paid for once by the ledger."""
    async with a_conversation(engine) as (client, double):
        double.script(fault.repeated(2))
        reply = await client.ask(a_question())
        assert double.received == 3
    assert reply.stop == "end_turn"
    assert CallLedger(engine).spent(TODAY, TODAY) == round(reply.usage.cost_usd * 1e12)


async def test_a_burst_of_overload_ends_after_a_few_attempts(engine: sa.Engine) -> None:
    """It is not asked for ever, and its reserve is let go."""
    async with a_conversation(engine) as (client, double):
        double.script(Fault.overloaded().always())
        assert await failure(client) == "overloaded"
        assert double.received == QUICK.attempts
    assert entry(engine).failure == "overloaded"
    assert CallLedger(engine).spent(TODAY, TODAY) == 0


async def test_a_wait_longer_than_the_deadline_is_not_begun(engine: sa.Engine) -> None:
    """Told to wait for a minute with two seconds left, it gives up at once."""
    async with a_conversation(engine) as (client, double):
        double.script(Fault.rate_limited(60).always())
        assert await failure(client, seconds=2) == "rate_limited"  # Else it were the deadline.
        assert double.received == 1


async def test_everybody_waits_when_one_is_told_to(engine: sa.Engine) -> None:
    """What `retry-after` says holds for the next question as well."""
    async with a_conversation(engine) as (client, double):
        double.script(Fault.rate_limited(30))
        assert await failure(client, seconds=5) == "rate_limited"
        assert 25 < client.pace.hold_seconds("claude-haiku-4-5") <= 30
        assert await failure(client, "t2", seconds=5) == "rate_limited"
        assert double.received == 1
        other = await client.ask(a_question("t3", model="claude-haiku-5-5"))
    assert other.stop == "end_turn"


async def test_a_refused_connection(engine: sa.Engine) -> None:
    """Nothing listens: unreachable, and nothing can have been billed."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = a_client(engine, f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert await failure(client) == "unreachable"
        await client.close()
    assert entry(engine).failure == "unreachable"


@asynccontextmanager
async def a_full_backlog() -> AsyncIterator[str]:
    """Yield the address of a port whose connections are never taken."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = []
        for _ in range(4):
            other = socket.socket()
            other.setblocking(False)
            other.connect_ex(server.getsockname())
            waiting.append(other)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for other in waiting:
            other.close()


async def test_a_connection_that_is_never_made(engine: sa.Engine) -> None:
    """The deadline ends it."""
    async with a_full_backlog() as url:
        client = a_client(engine, url, patience=HASTY)
        assert await failure(client, seconds=1) in {"unreachable", "deadline"}
        await client.close()
    assert entry(engine).state == "failed"


@pytest.mark.parametrize("where", ["before", "inside"])
async def test_a_stall_is_broken_off_and_asked_again(engine: sa.Engine, where: str) -> None:
    """Silence longer than any answer of that length takes is a failure, not an answer to come."""
    async with a_conversation(engine, patience=HASTY) as (client, double):
        double.script(Fault.stalled(where="inside" if where == "inside" else "before"))
        reply = await client.ask(a_question())
        assert double.received == 2
    assert reply.stop == "end_turn"


@pytest.mark.parametrize("where", ["before", "inside"])
async def test_a_stall_to_the_end_is_the_deadline(engine: sa.Engine, where: str) -> None:
    """With no time to ask again the question fails; its answer may be billed, so it counts."""
    async with a_conversation(engine) as (client, double):
        double.script(Fault.stalled(where="inside" if where == "inside" else "before"))
        assert await failure(client, seconds=0.3) == "deadline"
    assert entry(engine).failure == "deadline"
    assert CallLedger(engine).spent(TODAY, TODAY) == entry(engine).cost_pico > 0


@pytest.mark.parametrize("fault", [Fault.invalid_utf8(), Fault.broken_body(), Fault.huge()])
async def test_what_cannot_be_read_is_not_asked_again(engine: sa.Engine, fault: Fault) -> None:
    """Each answer was billed; a second one would be as well."""
    async with a_conversation(engine) as (client, double):
        double.script(fault)
        assert await failure(client) == "malformed"
        assert double.received == 1
        assert CallLedger(engine).spent(TODAY, TODAY) > 0
        assert (await client.ask(a_question("t2"))).stop == "end_turn"


async def test_prose_instead_of_a_message(engine: sa.Engine) -> None:
    """A captive portal answers 200 with a page."""
    page = Fault(rewrite=lambda _body: b"<html>Please sign in</html>")
    async with a_conversation(engine) as (client, double):
        double.script(page)
        assert await failure(client) == "malformed"


@pytest.mark.parametrize(
    ("fault", "stop"),
    [
        (Fault.refusal(), "refusal"),
        (Fault.truncated(), "max_tokens"),
        (Fault.context_exceeded(), "context_exceeded"),
        (Fault.thinking_first(), "end_turn"),
        (Fault.prose(), "end_turn"),
        (Fault.missing_keys(), "end_turn"),
        (Fault.extra_keys(), "end_turn"),
        (Fault.other_case(), "end_turn"),
    ],
)
async def test_whatever_was_billed_is_a_reply(engine: sa.Engine, fault: Fault, stop: str) -> None:
    """The layer above judges it; it is entered as paid, and asking again pays nothing."""
    async with a_conversation(engine) as (client, double):
        double.script(fault)
        reply = await client.ask(a_question())
        assert (await client.ask(a_question())).stored
        assert double.billed == 1
    assert reply.stop == stop
    assert reply.usage.cost_usd > 0
    assert "What is asked here?" not in reply.text
    assert reply.text
    assert entry(engine).cost_pico == round(reply.usage.cost_usd * 1e12)


async def test_an_empty_answer_is_a_reply_without_text(engine: sa.Engine) -> None:
    """It was billed, so it is entered as paid."""
    async with a_conversation(engine) as (client, double):
        double.script(Fault.empty())
        reply = await client.ask(a_question())
    assert (reply.text, reply.stop) == ("", "end_turn")
    assert entry(engine).cost_pico == round(reply.usage.cost_usd * 1e12) > 0


@pytest.mark.parametrize("echoed", ["claude-some-other-model", "claude-sonnet-4-5-20250929"])
async def test_another_model_than_the_one_asked(engine: sa.Engine, echoed: str) -> None:
    """Its answer is not used, its cost is entered at its own price, and it is not asked again."""
    async with a_conversation(engine) as (client, double):
        double.script(Fault.other_model(echoed))
        assert await failure(client) == "wrong_model"
        assert await failure(client) == "wrong_model"
        assert double.billed == 1
    row = entry(engine)
    prices = (3, 15) if "sonnet" in echoed else (1, 5)
    assert row.state == "answered"
    assert row.cost_pico == row.input * prices[0] * 10**6 + row.output * prices[1] * 10**6


async def test_a_key_that_is_revoked_while_running(engine: sa.Engine) -> None:
    """From then on every question fails with its reason, and what is stored is still there."""
    async with ClaudeDouble(keys=(KEY,)) as double:
        client = a_client(engine, double.url)
        await client.ask(a_question())
        double.keys = frozenset({"sk-another"})
        assert await failure(client, "t2") == "key_rejected"
        assert (await client.ask(a_question())).stored
        await client.close()


async def test_a_redirect_is_not_followed(engine: sa.Engine) -> None:
    """A question goes to the server it was meant for, or nowhere."""
    async with a_conversation(engine) as (client, double):
        elsewhere = Fault(status=307, headers=(("location", f"{double.url}/v1/elsewhere"),))
        double.script(elsewhere)
        assert await failure(client) == "bad_request"
        assert double.received == 1
