"""Runs with models: durable, paid once, and a person wherever a model fails. On both databases."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS
from tests.builders import a_ticket
from tests.conftest import new_postgres_database

import firstline
from firstline.desk import Desk
from firstline.desk.models import open_models
from firstline.pipeline.engine import Engine
from firstline.pipeline.flow import consider
from firstline.pipeline.record import PREPARED
from firstline.store import CallLedger
from firstline.testing.claude_double import ClaudeDouble
from firstline.testing.faults import NAMED, fault_named
from firstline.testing.limits import Limits, Meter
from firstline.testing.support import answer_ticket
from firstline.workspace import Autonomy, load

QUESTIONS = (
    "How do I export a board to CSV?",
    "How do I export a board to CSV for Zebrafish?",
    "hmm the thing with the thing from last week, it is about invoices or exports?",
    "How do I add a guest to my board for Quokkaware?",
    "I want to talk to a human please",
    "Can I import my lists from Wombatlist with a CSV file?",
)
"""One that is quoted, one for a person, the others for a model."""
ASKED = 4


def read(path: Path) -> list[dict[str, Any]]:
    """Return the records of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Path:
    """Return a copy of the bundled company whose index and classifier are built."""
    folder = tmp_path_factory.mktemp("company") / "acme"
    shutil.copytree(ready_acme, folder)
    for name in ("app.db", "app.db-wal", "app.db-shm"):
        (folder / ".firstline" / name).unlink(missing_ok=True)
    return folder


@pytest.fixture
def double() -> Iterator[ClaudeDouble]:
    """Return a model that quotes, on a loopback port."""
    with ClaudeDouble.in_thread(answer=answer_ticket, batch_seconds=0.2) as running:
        yield running


@pytest.fixture
def with_model(double: ClaudeDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let companies ask the double."""
    monkeypatch.setenv("FIRSTLINE_MODEL_PROVIDER", "anthropic")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", double.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-loopback")


@pytest.fixture(params=["sqlite", "postgres"])
def workspace(
    request: pytest.FixtureRequest,
    company: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    with_model: None,
) -> Path:
    """Return the company's folder with an empty database of each kind."""
    del with_model
    copy = tmp_path / "acme"
    shutil.copytree(company, copy)
    if request.param == "postgres":
        url = new_postgres_database(request.getfixturevalue("postgres_server"))
        monkeypatch.setenv("FIRSTLINE_DATABASE_URL", url)
    return copy


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """Return a file of the questions, from as many customers."""
    path = tmp_path / "tickets.jsonl"
    rows = [{"id": f"q{at}", "text": text, "channel": "chat"} for at, text in enumerate(QUESTIONS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def add(workspace: Path, text: str) -> None:
    """Add lines to a company's settings."""
    with (workspace / "firstline.toml").open("a", encoding="utf-8") as file:
        file.write(text)


async def ran(workspace: Path, tickets: Path, out: Path) -> list[dict[str, Any]]:
    """Run a file with everything released, and return the results."""
    async with firstline.open(workspace) as desk:
        summary = await desk.run(tickets, out, autonomy="percent:100")
    assert summary.complete
    return read(out / "results.jsonl")


def ledger_of(desk: Desk) -> CallLedger:
    """Return the ledger of questions."""
    return CallLedger(desk.line().store.engine)


async def test_models_are_asked_only_where_they_are_wanted(
    workspace: Path, tickets: Path, tmp_path: Path, double: ClaudeDouble
) -> None:
    """Each ticket says who was asked and what it cost, and the sum is what the API billed."""
    results = await ran(workspace, tickets, tmp_path / "out")
    asked = [item["id"] for item in results if item["cost_usd"] > 0]
    assert len(asked) == ASKED
    assert results[0]["outcome"] == "sent"
    assert results[0]["hops"] == []
    assert results[4]["outcome"] == "escalate"
    tokens = sum(item["tokens"]["input"] for item in results)
    billed = sum(bill.usage["input_tokens"] for bill in double.bills)
    assert tokens == billed
    async with firstline.open(workspace) as desk:
        rows = list(ledger_of(desk).rows())
        assert {row.state for row in rows} == {"answered"}
        spent = sum(row.cost_pico for row in rows) / 1e12
        assert sum(item["cost_usd"] for item in results) == pytest.approx(spent)


async def test_running_again_pays_nothing(
    workspace: Path, tickets: Path, tmp_path: Path, double: ClaudeDouble
) -> None:
    """Neither for the same folder, nor for tickets whose questions were answered before."""
    await ran(workspace, tickets, tmp_path / "out")
    billed = double.billed
    await ran(workspace, tickets, tmp_path / "out")
    assert double.billed == billed


@pytest.fixture(scope="module")
def impatient(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a desk that gives its models three seconds: long for an answer, short for a wait."""
    copy = tmp_path_factory.mktemp("impatient") / "acme"
    shutil.copytree(company, copy)
    add(copy, "\n[models]\ndeadline_seconds = 3\n")
    with firstline.open(copy) as opened:
        yield opened


@pytest.mark.parametrize("name", [name for name in NAMED if name not in ("expired", "canceled")])
async def test_whatever_goes_wrong_a_ticket_ends(
    impatient: Desk, double: ClaudeDouble, with_model: None, name: str
) -> None:
    """With the fault on every call, the ticket is answered or a person's, and it says why."""
    del with_model
    double.script(fault_named(name).always())
    line = impatient.line()
    workspace = load(impatient.workspace.folder)
    models = open_models(workspace, line.store.engine, line.now)
    assert models is not None
    ticket = a_ticket(f"t-{name}", text=QUESTIONS[1])
    released = Autonomy(level="percent", percent=100)
    answer = await consider(ticket, replace(line.parts, models=models), autonomy=released)
    await models.asker.close()
    assert answer.verdict.action in ("send", "review", "escalate")
    assert answer.verdict.reasons[0].code != "stage_failed"
    last = [hop for hop in answer.draft.hops if hop.model][-1]
    harmless = ("extra_keys", "other_case", "thinking_first", "prose")
    if name in harmless:
        assert last.result == "answer"
    else:
        assert last.result.startswith("model_"), last.result


async def test_when_the_model_is_down_everything_else_goes_on(
    workspace: Path, tickets: Path, tmp_path: Path, double: ClaudeDouble
) -> None:
    """Rules and quotes answer, the rest goes to people, and nothing is paid."""
    add(workspace, "\n[models]\ndeadline_seconds = 1\n")
    double.script(fault_named("overloaded").always())
    results = await ran(workspace, tickets, tmp_path / "out")
    assert results[0]["outcome"] == "sent"
    assert {item["outcome"] for item in results[1:]} <= {"review", "escalate"}
    assert double.billed == 0
    assert all(item["cost_usd"] == 0 for item in results)
    reasons = [hop["result"] for item in results for hop in item["hops"] if hop["model"]]
    assert reasons
    unwell = ("model_overloaded", "model_breaker_open", "model_deadline")
    assert all(reason.startswith(unwell) for reason in reasons)


async def test_a_key_that_is_revoked_on_the_way_loses_nothing(
    workspace: Path, tickets: Path, tmp_path: Path, double: ClaudeDouble
) -> None:
    """The first answers stay; later tickets go to people with that reason."""
    first = fault_named("unauthorized").always()
    seen: list[int] = []

    def after_one(_body: Any) -> bool:
        seen.append(1)
        return len(seen) > 1

    double.script(first.only(after_one))
    results = await ran(workspace, tickets, tmp_path / "out")
    said = [hop["result"] for item in results for hop in item["hops"] if hop["model"]]
    assert any(reason.startswith("model_key_rejected") for reason in said)
    assert double.billed == 1


async def test_the_budget_is_a_hard_stop(
    workspace: Path, tickets: Path, tmp_path: Path, double: ClaudeDouble
) -> None:
    """Once it is spent, rules and people go on without models."""
    add(workspace, "\n[budget]\nday_usd = 0.0000001\n")
    results = await ran(workspace, tickets, tmp_path / "out")
    assert double.billed == 0
    assert results[0]["outcome"] == "sent"
    said = [hop["result"] for item in results for hop in item["hops"] if hop["model"]]
    assert said
    assert all(reason.startswith("model_budget") for reason in said)


def patient(workspace: Path) -> None:
    """Let every intent of the company wait for a batch."""
    path = workspace / "intents.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    handler: quote", "    handler: quote\n    lane: batch"))


async def test_the_batch_lane_answers_at_half_the_price(
    workspace: Path, tickets: Path, tmp_path: Path, double: ClaudeDouble
) -> None:
    """Tickets that can wait go in one batch, and then the same way as any other."""
    patient(workspace)
    results = await ran(workspace, tickets, tmp_path / "out")
    assert len(double.batches.newest_first(double.now())) == 1
    assert [bill for bill in double.bills if bill.batch]
    async with firstline.open(workspace) as desk:
        rows = list(ledger_of(desk).rows())
    batched = [row for row in rows if row.batch]
    assert batched
    for row in batched:
        # Haiku 5.5 at half of $0.10 and $0.50 a million tokens.
        assert row.cost_pico == row.input * 50_000 + row.output * 250_000
    assert all(item["outcome"] in ("sent", "review", "escalate") for item in results)


async def test_a_batch_survives_a_restart(
    workspace: Path, tickets: Path, tmp_path: Path, double: ClaudeDouble
) -> None:
    """What was submitted is not submitted again; its answers are applied by the next process."""
    patient(workspace)
    double.batches.seconds = 3_600.0
    stop = asyncio.Event()

    async def stop_when_submitted() -> None:
        while not double.batches.newest_first(double.now()):  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        stop.set()

    async with firstline.open(workspace) as desk:
        watching = asyncio.create_task(stop_when_submitted())
        summary = await desk.run(tickets, tmp_path / "out", autonomy="percent:100", stop=stop)
        await watching
    assert not summary.complete
    double.finish_batches()
    results = await ran(workspace, tickets, tmp_path / "out")
    assert len(double.batches.newest_first(double.now())) == 1
    assert all(item["outcome"] for item in results)


async def test_what_a_batch_did_not_answer_is_asked_live(
    workspace: Path, tickets: Path, tmp_path: Path, double: ClaudeDouble
) -> None:
    """Items that expired or were cancelled cost nothing, and their tickets do not wait."""
    patient(workspace)
    double.script(fault_named("expired").at("batch_item").always())
    await ran(workspace, tickets, tmp_path / "out")
    assert double.bills
    assert not any(bill.batch for bill in double.bills)


async def test_all_workers_start_no_faster_than_the_api_lets_them(
    workspace: Path, double: ClaudeDouble
) -> None:
    """What the headers say becomes the shared queue's limiter."""
    double.meter = Meter(Limits(requests=120))
    async with firstline.open(workspace) as desk:
        line = desk.line()
        engine = Engine(line, desk.workspace.data)
        await desk.answer(QUESTIONS[1])
        await engine.start()
        try:
            await engine.keep_pace()
            queue = await DBOS.retrieve_queue_async("generate")
            assert queue is not None
            assert queue.limiter is not None
            per_minute = queue.limiter["limit"] / queue.limiter["period"] * 60
        finally:
            await engine.stop()
    assert 40 <= per_minute <= 120


async def test_a_configured_limit_holds_from_the_first_ticket(
    workspace: Path, tickets: Path, tmp_path: Path
) -> None:
    """Tickets that want a model wait in its queue, where the limiter lets them start."""
    add(workspace, "\n[models]\nrequests_per_minute = 120\n")
    results = await ran(workspace, tickets, tmp_path / "out")
    asked = {item["id"] for item in results if item["cost_usd"] > 0}
    assert len(asked) == ASKED
    inbox = json.loads((tmp_path / "out" / ".firstline-run.json").read_text())["inbox"]
    async with firstline.open(workspace) as desk:
        waited = {
            stored.ticket.external_id
            for stored, stages in desk.line().store.in_order(inbox)
            if PREPARED in stages
        }
    assert waited == asked
