"""Runs of the bundled company: durable, resumable, with honest results, on both databases."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import new_postgres_database

import firstline
from firstline.desk import Desk
from firstline.errors import InputError, SetupError

FEW = 12


def read(path: Path) -> list[dict[str, Any]]:
    """Return the records of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Path:
    """Return a copy of the bundled company whose index and classifier are built."""
    folder = tmp_path_factory.mktemp("company") / "acme"
    shutil.copytree(ready_acme, folder)
    return folder


@pytest.fixture(params=["sqlite", "postgres"])
def desk(
    request: pytest.FixtureRequest,
    company: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """Return the company's desk on an empty database of each kind."""
    copy = tmp_path / "acme"
    shutil.copytree(company, copy)
    for name in ("app.db", "app.db-wal", "app.db-shm"):
        (copy / ".firstline" / name).unlink(missing_ok=True)
    if request.param == "postgres":
        url = new_postgres_database(request.getfixturevalue("postgres_server"))
        monkeypatch.setenv("FIRSTLINE_DATABASE_URL", url)
    with firstline.open(copy) as opened:
        yield opened


@pytest.fixture
def few(company: Path, tmp_path: Path) -> Path:
    """Return a file of a few tickets."""
    lines = (company / "tickets.jsonl").read_text(encoding="utf-8").splitlines()[:FEW]
    path = tmp_path / "few.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


async def test_every_ticket_ends_and_sent_means_delivered(
    desk: Desk, few: Path, tmp_path: Path
) -> None:
    """Each ticket has one line of results, in order, and exactly the sent ones left."""
    out = tmp_path / "out"
    summary = await desk.run(few, out)
    results = read(out / "results.jsonl")
    assert [item["id"] for item in results] == [item["id"] for item in read(few)]
    assert summary.complete
    assert sum(summary.outcomes.values()) == FEW
    left = {item["ticket"] for item in read(out / "sent.jsonl") if item["kind"] != "notice"}
    assert left == {item["id"] for item in results if item["outcome"] in ("sent", "clarify")}
    assert left
    for item in results:
        assert item["outcome"] in ("sent", "review", "escalate", "clarify")
        assert item["cost_usd"] == 0
        if item["outcome"] == "sent":
            held = {evidence["id"] for evidence in item["evidence"]}
            assert all(set(line["evidence"]) <= held for line in item["sentences"])
            assert all(finding["result"] == "pass" for finding in item["findings"])
        else:
            assert item["reason"]
    packets = {item["id"] for item in read(out / "people.jsonl")}
    assert packets == {item["id"] for item in results if item["outcome"] in ("review", "escalate")}


async def test_a_second_run_does_nothing_twice(desk: Desk, few: Path, tmp_path: Path) -> None:
    """Running again with the same folder leaves results and deliveries as they are."""
    out = tmp_path / "out"
    await desk.run(few, out)
    before = [(out / name).read_text(encoding="utf-8") for name in ("results.jsonl", "sent.jsonl")]
    await desk.run(few, out)
    after = [(out / name).read_text(encoding="utf-8") for name in ("results.jsonl", "sent.jsonl")]
    assert before == after


async def test_a_stopped_run_goes_on(desk: Desk, few: Path, tmp_path: Path) -> None:
    """A run that is told to stop at once leaves its tickets to the next run."""
    out = tmp_path / "out"
    stop = asyncio.Event()
    stop.set()
    summary = await desk.run(few, out, stop=stop)
    assert not summary.complete
    summary = await desk.run(few, out)
    assert summary.complete
    assert sum(summary.outcomes.values()) == FEW
    markers = [item["marker"] for item in read(out / "sent.jsonl")]
    assert len(markers) == len(set(markers))


async def test_another_autonomy_needs_another_folder(desk: Desk, few: Path, tmp_path: Path) -> None:
    """A folder keeps the level it was run with; `review` sends nothing at all."""
    out = tmp_path / "out"
    summary = await desk.run(few, out, autonomy="review")
    assert summary.outcomes["sent"] == summary.outcomes["clarify"] == 0
    assert not (out / "sent.jsonl").exists()
    with pytest.raises(InputError, match="autonomy"):
        await desk.run(few, out, autonomy="percent:100")
    with pytest.raises(InputError, match="no autonomy level"):
        await desk.run(few, out, autonomy="sometimes")


async def test_wrong_lines_are_named_and_the_rest_goes_on(desk: Desk, tmp_path: Path) -> None:
    """A broken line and a conflicting id cost only themselves."""
    path = tmp_path / "mixed.jsonl"
    path.write_text(
        '{"id": "a", "text": "How do I export a board to CSV?"}\n'
        "{broken\n"
        '{"id": "b", "text": ""}\n'
        '{"id": "a", "text": "Something else entirely"}\n',
        encoding="utf-8",
    )
    summary = await desk.run(path, tmp_path / "out")
    assert len(summary.errors) == 2
    assert any("mixed.jsonl:2" in error for error in summary.errors)
    results = read(tmp_path / "out" / "results.jsonl")
    assert {item["id"]: item["outcome"] for item in results}["b"] == "escalate"
    assert [item["id"] for item in results] == ["a", "b"]


async def test_an_output_folder_that_cannot_be_used_is_named(
    desk: Desk, few: Path, tmp_path: Path
) -> None:
    """A file in the folder's place is an error that says so, before anything starts."""
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    with pytest.raises(SetupError, match="output folder"):
        await desk.run(few, blocked / "out")


async def test_results_of_something_else_are_not_overwritten(
    desk: Desk, few: Path, tmp_path: Path
) -> None:
    """A folder with foreign results is refused."""
    (tmp_path / "results.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"results\.jsonl"):
        await desk.run(few, tmp_path)
