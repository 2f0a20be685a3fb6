"""The judge in runs: paid and counted, for batched tickets too, replayed, and held to its work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.builders import a_ticket

import firstline
from firstline.claude.spending import spending
from firstline.desk import Desk, open_desk
from firstline.desk.models import open_models
from firstline.pipeline.flow import consider
from firstline.store import CallLedger
from firstline.store.calls import CallRow
from firstline.testing.claude_double import ClaudeDouble
from firstline.testing.faults import fault_named
from firstline.testing.support import answer_ticket, asks_judge
from firstline.workspace import Autonomy, load

QUESTIONS = (
    "How do I export a board to CSV?",
    "How do I export a board to CSV for Zebrafish?",
    "Can I import my lists from Wombatlist with a CSV file?",
    "I want to talk to a human please",
)
RELEASED = Autonomy(level="percent", percent=100)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Path:
    """Return a copy of the bundled company that has every reply judged."""
    folder = tmp_path_factory.mktemp("judged") / "acme"
    shutil.copytree(ready_acme, folder)
    with (folder / "firstline.toml").open("a", encoding="utf-8") as file:
        file.write('\n[models]\njudge = "always"\ndeadline_seconds = 3\n')
    firstline.open(folder).close()
    for name in ("app.db", "app.db-wal", "app.db-shm"):
        (folder / ".firstline" / name).unlink(missing_ok=True)
    return folder


@pytest.fixture
def workspace(company: Path, tmp_path: Path) -> Path:
    """Return the company's folder with an empty database."""
    copy = tmp_path / "acme"
    shutil.copytree(company, copy)
    return copy


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClaudeDouble]:
    """Return a model that quotes, and judges by containment, on a loopback port."""
    with ClaudeDouble.in_thread(answer=answer_ticket, batch_seconds=0.2) as running:
        monkeypatch.setenv("FIRSTLINE_MODEL_PROVIDER", "anthropic")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-loopback")
        yield running


@pytest.fixture(scope="module")
def desk(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return the company, opened once without models."""
    copy = tmp_path_factory.mktemp("open") / "acme"
    shutil.copytree(company, copy)
    with open_desk(copy, with_models=False) as opened:
        yield opened


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """Return a file of the questions."""
    path = tmp_path / "tickets.jsonl"
    rows = [{"id": f"q{at}", "text": text, "channel": "chat"} for at, text in enumerate(QUESTIONS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


async def ran(
    workspace: Path, tickets: Path, out: Path, *, record: bool = False
) -> tuple[list[dict[str, Any]], list[CallRow]]:
    """Run a file with everything released; return the results and the ledger."""
    async with firstline.open(workspace, record=record) as opened:
        summary = await opened.run(tickets, out, autonomy="percent:100")
        rows = list(CallLedger(opened.line().store.engine).rows())
    assert summary.complete
    lines = (out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines], rows


def judging(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the hops of a result in which a judge was asked."""
    return [hop for hop in result["hops"] if hop["by"] == "judge" and hop["model"]]


async def test_what_is_sent_was_judged_and_paid_for_and_is_replayed(
    workspace: Path,
    tickets: Path,
    tmp_path: Path,
    double: ClaudeDouble,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every judgement is a hop, a row of the ledger, part of every cost, and can be recorded."""
    results, rows = await ran(workspace, tickets, tmp_path / "out", record=True)
    sent = [item for item in results if item["outcome"] == "sent"]
    assert sent
    assert all(len(judging(item)) == 1 for item in sent)
    asked = sum(len(judging(item)) for item in results)
    assert len([row for row in rows if row.purpose == "judge"]) == asked
    assert sum(asks_judge(call.body) for call in double.requests) == asked
    by_stage = spending(rows, max(row.asked_at for row in rows)).by_purpose
    for row in rows:
        # Haiku 5.5 at $0.10 and $0.50 a million tokens.
        assert row.cost_pico == row.input * 100_000 + row.output * 500_000
    paid = sum(hop["cost_usd"] for item in results for hop in judging(item))
    assert by_stage["judge"].cost_pico == round(paid * 1e12)
    total = sum(item["cost_usd"] for item in results)
    assert round(total * 1e12) == sum(row.cost_pico for row in rows)
    billed = double.billed
    monkeypatch.setenv("FIRSTLINE_MODEL_PROVIDER", "recorded")
    replayed, _ = await ran(workspace, tickets, tmp_path / "again")
    assert double.billed == billed
    for first, second in zip(results, replayed, strict=True):
        assert (first["outcome"], first["reason"]) == (second["outcome"], second["reason"])
        assert judging(first) == judging(second)


async def test_batched_tickets_are_judged_at_their_end(
    workspace: Path, tickets: Path, tmp_path: Path, double: ClaudeDouble
) -> None:
    """The writer's answer comes from the batch, the judgement is asked live."""
    path = workspace / "intents.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    handler: quote", "    handler: quote\n    lane: batch"))
    results, rows = await ran(workspace, tickets, tmp_path / "out")
    assert any(row.batch for row in rows)
    judged = [row for row in rows if row.purpose == "judge"]
    assert judged
    assert not any(row.batch for row in judged)
    sent = [item for item in results if item["outcome"] == "sent"]
    assert sent
    assert all(judging(item) for item in sent)
    assert double.bills


@pytest.mark.parametrize(
    "name",
    "overloaded spend_cap unauthorized bad_request server_error gateway_page reset stalled empty "
    "prose broken_json invalid_utf8 broken_body missing_keys other_case huge refusal truncated "
    "context_exceeded other_model".split(),
)
async def test_no_fault_of_a_judge_lets_a_reply_go(
    desk: Desk, double: ClaudeDouble, name: str
) -> None:
    """Each fault of the service on the judge's calls alone: a reviewer gets the draft."""
    fault = fault_named(name)
    if name == "prose":
        fault = replace(fault, change=lambda answer, _body: replace(answer, text="Supported."))
    double.script(fault.always().only(asks_judge))
    line = desk.line()
    company = load(desk.workspace.folder)
    quick = replace(company.settings.models, deadline_seconds=1.0)
    company = replace(company, settings=replace(company.settings, models=quick))
    models = open_models(company, line.store.engine, line.now)
    assert models is not None
    ticket = a_ticket(f"judge-{name}", text=QUESTIONS[0])
    answer = await consider(ticket, replace(line.parts, models=models), autonomy=RELEASED)
    await models.asker.close()
    assert answer.verdict.action == "review"
    assert answer.verdict.reasons[0].code == "check_judge"
    assert not [item for item in answer.findings if item.check == "judge" and item.result == "pass"]
    assert answer.draft.hops[-1].result.startswith("judge_unavailable: ")
    assert not double.crashes
