"""The client: one question, one reply, paid for once."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from firstline.claude.breaker import BreakerSettings
from firstline.claude.calls import Reply
from firstline.claude.client import Claude, open_claude
from firstline.claude.recorded import Recorder
from firstline.claude.registry import load_registry
from firstline.errors import ModelError, SetupError
from firstline.records import decode
from firstline.store import open_database
from firstline.store.calls import CallLedger
from firstline.testing.claude_double import ClaudeDouble, Fault
from firstline.workspace.models import ModelSettings
from tests.claude.asking import KEY, NOON, a_client, a_conversation, a_question, arrived, now

TODAY = NOON.date().isoformat()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[sa.Engine]:
    """Return an SQLite database, for what does not depend on which it is."""
    opened = open_database(f"sqlite:///{tmp_path / 'lite.db'}")
    yield opened
    opened.dispose()


def the_row(engine: sa.Engine, ticket: str = "t1") -> dict[str, object]:
    """Return the ledger's entry for a ticket's only question."""
    rows = [row for row in CallLedger(engine).rows() if row.ticket == ticket]
    assert len(rows) == 1
    return {name: getattr(rows[0], name) for name in ("state", "failure", "attempts", "cost_pico")}


async def test_a_reply_is_priced_and_stored(engine: sa.Engine) -> None:
    """Tokens as the API counts them, dollars by the price list, the entry before the reply."""
    async with a_conversation(engine) as (client, double):
        reply = await client.ask(a_question())
        bill = double.bills[0].usage
    usage = reply.usage
    assert json.loads(reply.text) == {"action": "answer"}
    assert (usage.input, usage.output) == (bill["input_tokens"], bill["output_tokens"])
    pico = usage.input * 1_000_000 + usage.output * 5_000_000  # 1 and 5 dollars a million.
    assert usage.cost_usd == pico / 1e12
    assert the_row(engine) == {
        "state": "answered",
        "failure": "",
        "attempts": 1,
        "cost_pico": pico,
    }
    assert CallLedger(engine).spent(TODAY, TODAY) == pico


async def test_cached_tokens_are_priced_by_their_time_to_live(lite: sa.Engine) -> None:
    """The first question writes the prefix for an hour, the second reads it."""
    long = "Rules of the club: " + "be kind to each other and to the games. " * 900
    async with a_conversation(lite, cache="1h") as (client, _):
        first = (await client.ask(a_question(system=long))).usage
        second = (await client.ask(a_question("t2", system=long))).usage
    assert first.cache_write > 4096
    assert (first.cache_read, second.cache_read) == (0, first.cache_write)
    writing = first.input * 1.0 + first.cache_write * 2.0 + first.output * 5.0
    reading = second.input * 1.0 + second.cache_read * 0.1 + second.output * 5.0
    assert first.cost_usd == pytest.approx(writing / 1e6, abs=1e-12)
    assert second.cost_usd == pytest.approx(reading / 1e6, abs=1e-12)


async def test_the_same_question_is_paid_once(engine: sa.Engine) -> None:
    """Asked again by the same client, or by another one with the same ledger."""
    async with a_conversation(engine) as (client, double):
        first = await client.ask(a_question())
        second = await client.ask(a_question())
        other = a_client(engine, double.url)
        third = await other.ask(a_question())
        await other.close()
        assert double.billed == 1
    assert second == third == replace(first, stored=True)


async def test_asked_at_once_it_is_paid_once(engine: sa.Engine) -> None:
    """Ten who ask the same question wait for one call; another ticket is another question."""
    async with ClaudeDouble(wait_seconds=0.1) as double:
        client = a_client(engine, double.url)
        same = [client.ask(a_question()) for _ in range(10)]
        replies = await asyncio.gather(*same, client.ask(a_question("t2")))
        await client.close()
        assert double.billed == 2
    assert len({reply.request_id for reply in replies[:10]}) == 1


async def test_one_of_two_who_leaves_does_not_break_it_off(lite: sa.Engine) -> None:
    """The other one still gets the reply."""
    async with ClaudeDouble(wait_seconds=0.2) as double:
        client = a_client(lite, double.url)
        leaving = asyncio.create_task(client.ask(a_question()))
        staying = asyncio.create_task(client.ask(a_question()))
        await asyncio.sleep(0.05)
        leaving.cancel()
        assert (await staying).stop == "end_turn"
        assert double.billed == 1
        await client.close()
    assert leaving.cancelled()


async def test_the_last_one_to_leave_breaks_it_off(engine: sa.Engine) -> None:
    """Its reserve is let go, and the question can be asked again at once."""
    async with ClaudeDouble() as double:
        double.script(Fault.stalled(seconds=30))
        client = a_client(engine, double.url)
        leaving = asyncio.create_task(client.ask(a_question()))
        await arrived(double)
        leaving.cancel()
        await asyncio.wait({leaving})
        reply = await client.ask(a_question())
        assert not reply.stored
        await client.close()
    pico = round(reply.usage.cost_usd * 1e12)
    assert CallLedger(engine).spent(TODAY, TODAY) == pico


async def test_the_one_with_more_time_asks_on(lite: sa.Engine) -> None:
    """When the first who asked runs out of time, the second uses what is left of its own."""
    async with ClaudeDouble() as double:
        double.script(Fault.stalled(seconds=30))
        client = a_client(lite, double.url)
        short = asyncio.create_task(client.ask(a_question(), seconds=0.2))
        await asyncio.sleep(0.05)
        long = asyncio.create_task(client.ask(a_question(), seconds=5))
        with pytest.raises(ModelError, match="in time"):
            await short
        assert (await long).stop == "end_turn"
        await client.close()


async def test_closing_breaks_off_what_is_on_its_way(lite: sa.Engine) -> None:
    """Whoever waits is told so."""
    async with ClaudeDouble() as double:
        double.script(Fault.stalled(seconds=30))
        client = a_client(lite, double.url)
        waiting = asyncio.create_task(client.ask(a_question()))
        await arrived(double)
        await client.close()
        with pytest.raises(ModelError, match="closed"):
            await waiting
    assert the_row(lite)["failure"] == "cancelled"


def test_one_client_outlives_several_event_loops(lite: sa.Engine) -> None:
    """As `asyncio.run` makes one for every call."""
    with ClaudeDouble.in_thread() as double:
        client = a_client(lite, double.url)

        async def once(ticket: str) -> Reply:
            reply = await client.ask(a_question(ticket))
            await client.sdk.close()
            return reply

        assert asyncio.run(once("t1")).stop == "end_turn"
        assert asyncio.run(once("t2")).stop == "end_turn"
        asyncio.run(client.close())


async def test_the_budget_is_a_hard_stop(engine: sa.Engine) -> None:
    """Of twenty at once exactly as many are asked as their reserves fit, and nothing beyond."""
    async with ClaudeDouble(wait_seconds=0.3) as double:
        probe = a_client(engine, double.url)
        await probe.ask(a_question("probe"))
        await probe.close()
        spent = CallLedger(engine).spent(TODAY, TODAY)
        # What one question reserves: seen while it is on its way.
        reserving = a_client(engine, double.url)
        task = asyncio.create_task(reserving.ask(a_question("r00")))
        await arrived(double, 2)
        reserve = CallLedger(engine).spent(TODAY, TODAY) - spent
        await task
        await reserving.close()
        spent = CallLedger(engine).spent(TODAY, TODAY)
        double.reset()
        client = a_client(engine, double.url, day_usd=(spent + 5 * reserve) / 1e12)
        asked = [client.ask(a_question(f"t{number:02}")) for number in range(20)]
        results = await asyncio.gather(*asked, return_exceptions=True)
        await client.close()
        assert double.billed == 5
    refused = [result for result in results if isinstance(result, ModelError)]
    assert [error.failure for error in refused] == ["budget"] * 15
    assert sum(isinstance(result, Reply) for result in results) == 5
    assert CallLedger(engine).spent(TODAY, TODAY) <= spent + 5 * reserve


async def test_one_requester_cannot_use_up_everything(lite: sa.Engine) -> None:
    """The cap is a person's; another one is answered."""
    async with a_conversation(lite, calls_per_requester_per_day=2) as (client, double):
        await client.ask(a_question("t1"))
        await client.ask(a_question("t2"))
        with pytest.raises(ModelError) as caught:
            await client.ask(a_question("t3"))
        await client.ask(a_question("t4", requester="ben@example.com"))
        assert double.billed == 3
    assert caught.value.failure == "requester_cap"
    assert caught.value.place.ticket == "t3"


CRASHING = """
import asyncio, os, sys
from firstline.store import open_database
from firstline.store.calls import CallLedger
from tests.claude.asking import a_client, a_question

url, database, moment = sys.argv[1:]
engine = open_database(database)

class Dying(CallLedger):
    def settle(self, key, settlement):
        if moment == "before":
            os._exit(9)
        super().settle(key, settlement)
        os._exit(9)

import tests.claude.asking as asking
asking.CallLedger = Dying
asyncio.run(a_client(engine, url).ask(a_question()))
"""


@pytest.mark.parametrize(("moment", "billed"), [("before", 2), ("after", 1)])
async def test_after_a_crash_a_stored_reply_is_not_paid_again(
    tmp_path: Path, moment: str, billed: int
) -> None:
    """Killed after storing: read. Killed before: asked again, and only one reserve is held."""
    database = f"sqlite:///{tmp_path / 'crash.db'}"
    script = tmp_path / "crash.py"
    script.write_text(textwrap.dedent(CRASHING), encoding="utf-8")
    with ClaudeDouble.in_thread() as double:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, str(script), double.url, database, moment],
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
            check=False,
            capture_output=True,
        )
        assert done.returncode == 9, done.stderr.decode()
        engine = open_database(database)
        state = the_row(engine)["state"]
        assert state == ("asked" if moment == "before" else "answered")
        client = a_client(engine, double.url)
        reply = await client.ask(a_question())
        await client.close()
        assert double.billed == billed
    assert reply.stored == (moment == "after")
    assert CallLedger(engine).spent(TODAY, TODAY) == round(reply.usage.cost_usd * 1e12)
    engine.dispose()


async def test_a_cancellation_while_storing_loses_nothing(lite: sa.Engine) -> None:
    """The reply is paid for, so it is stored, whoever has stopped waiting."""
    storing = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Slow(CallLedger):
        def settle(self, *entry: object) -> None:
            loop.call_soon_threadsafe(storing.set)
            super().settle(*entry)  # type: ignore[arg-type]  # passed on as they came

    async with a_conversation(lite) as (client, double):
        client.books._ledger = Slow(lite)  # noqa: SLF001 - to be cancelled at that moment
        task = asyncio.create_task(client.ask(a_question()))
        await storing.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await client.ask(a_question())).stored
        assert double.billed == 1


async def test_an_open_breaker_still_gives_what_is_stored(lite: sa.Engine) -> None:
    """Nothing is asked, nothing is entered; a stored reply costs nothing."""
    once = BreakerSettings(failures=2, share=0.1)
    async with a_conversation(lite, breaker=once) as (client, double):
        await client.ask(a_question())
        double.script(Fault.overloaded().always())
        with pytest.raises(ModelError, match="overloaded"):
            await client.ask(a_question("t2"))
        asked = double.received
        assert (await client.ask(a_question())).stored
        with pytest.raises(ModelError) as caught:
            await client.ask(a_question("t3"))
        assert double.received == asked
        other = await _asked_of_another(client, double)
    assert caught.value.failure == "breaker_open"
    assert other == "end_turn"
    assert [row.ticket for row in CallLedger(lite).rows() if row.ticket == "t3"] == []


async def _asked_of_another(client: Claude, double: ClaudeDouble) -> str:
    double.clear_script()
    reply = await client.ask(a_question("t4", model="claude-haiku-5-5"))
    return reply.stop


async def test_the_pace_is_learned_from_answers(lite: sa.Engine) -> None:
    """The limits of the headers, and the tokens of the answers."""
    async with a_conversation(lite) as (client, _):
        assert client.pace.tickets_per_minute(1, 1000) is None
        await client.ask(a_question())
        rate = client.pace.tickets_per_minute(1, 1000)
    assert rate is not None
    assert rate > 0


async def test_calls_wait_while_nothing_is_left(lite: sa.Engine) -> None:
    """Until the reset that the header names, or not at all when that is too late."""
    async with a_conversation(lite) as (client, double):
        gone = {
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": (NOON + timedelta(seconds=0.2)).isoformat(),
        }
        client.pace.learn("claude-haiku-4-5", gone, NOON)
        assert (await client.ask(a_question())).stop == "end_turn"
        client.pace.hold("claude-haiku-4-5", 30)
        with pytest.raises(ModelError) as caught:
            await client.ask(a_question("t2"), seconds=2)
        assert double.billed == 1
    assert caught.value.failure == "rate_limited"


async def test_a_stored_reply_of_another_version_is_an_error_not_a_crash(lite: sa.Engine) -> None:
    """It can be seen, and is not paid for again."""
    async with a_conversation(lite) as (client, double):
        await client.ask(a_question())
        with lite.begin() as connection:
            connection.execute(sa.text("UPDATE model_call SET reply = '{}'"))
        with pytest.raises(ModelError) as caught:
            await client.ask(a_question())
        assert double.billed == 1
    assert caught.value.failure == "malformed"


async def test_an_unknown_model_is_refused_before_anything(lite: sa.Engine) -> None:
    """As a mistake of the set-up, with the nearest name."""
    async with a_conversation(lite) as (client, double):
        with pytest.raises(SetupError, match="claude-haiku"):
            await client.ask(a_question(model="claude-haiku-9"))
        assert not double.received


async def test_logs_say_what_it_took_and_no_words(
    lite: sa.Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """One event a call; the requester, the question and the key are not in it."""
    async with a_conversation(lite) as (client, double):
        double.script(Fault.bad_request("messages.0: How do I export my games?"))
        with pytest.raises(ModelError) as caught:
            await client.ask(a_question())
    lines = capsys.readouterr().err
    event = json.loads(lines)
    assert (event["event"], event["failure"], event["attempts"]) == (
        "model_call_failed",
        "bad_request",
        1,
    )
    for text in (lines, str(caught.value)):
        assert "games" not in text
        assert "mia@" not in text
        assert KEY not in text


async def test_open_claude_opens_what_is_configured(
    lite: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider with a key, or recordings without one."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    ledger = CallLedger(lite)
    async with ClaudeDouble() as double:
        settings = ModelSettings(provider="anthropic", base_url=double.url)
        live = open_claude(settings, load_registry(settings), ledger, now=now)
        said = await Recorder(live, tmp_path / "recordings").ask(a_question())
        await live.close()
    settings = ModelSettings(provider="recorded")
    replay = open_claude(settings, load_registry(settings), ledger, now=now, folder=tmp_path)
    assert (await replay.ask(a_question("t9"))).text == said.text
    await replay.close()


async def test_a_reply_is_stored_whole(lite: sa.Engine) -> None:
    """What the ledger keeps is the reply, not a summary of it."""
    async with a_conversation(lite) as (client, _):
        reply = await client.ask(a_question())
    text = CallLedger(lite).reply(a_question().key)
    assert text is not None
    assert decode(Reply, text) == reply
