"""Runs under the switch: nothing leaves, also what waited, and everything goes to a person."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.builders import a_ticket
from tests.conftest import new_postgres_database
from tests.pipeline.test_release import a_certificate

import firstline
from firstline.desk import Desk
from firstline.desk.basis import current_basis
from firstline.desk.build import utc_now
from firstline.desk.watching import watch_report
from firstline.pipeline.flow import consider
from firstline.pipeline.operating import Operator
from firstline.pipeline.release_reader import ReleaseReader
from firstline.pipeline.workflows import Line, deliver_now
from firstline.records import Answer
from firstline.store import Inbox
from firstline.store.autonomy import AutonomyStore
from firstline.store.certificates import CertificateBook
from firstline.store.trust_tables import audit, autonomy_change, watch, watch_point

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
INTENTS = ("export_data", "import_data", "login_help")
QUESTION = "How do I export my board to CSV?"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundled company with three of its intents: the rest takes long to learn."""
    folder = tmp_path_factory.mktemp("company") / "acme"
    left_out = shutil.ignore_patterns(".*", "knowledge", "evals", "recordings", "policies.yaml")
    shutil.copytree(ACME, folder, ignore=left_out)
    written = yaml.safe_load((ACME / "intents.yaml").read_text(encoding="utf-8"))["intents"]
    kept = {name: written[name] for name in INTENTS}
    (folder / "intents.yaml").write_text(yaml.safe_dump({"intents": kept}), encoding="utf-8")
    (folder / "knowledge").mkdir()
    articles = {name for spec in kept.values() for name in spec["articles"]}
    for path in (ACME / "knowledge").rglob("*.md"):
        if path.stem in articles:
            shutil.copy(path, folder / "knowledge")
    firstline.open(folder).close()
    return folder


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def opened(
    request: pytest.FixtureRequest, company: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Return the company's desk, opened once on a database of each kind."""
    folder = tmp_path_factory.mktemp("opened") / "acme"
    shutil.copytree(company, folder)
    for name in ("app.db", "app.db-wal", "app.db-shm"):
        (folder / ".firstline" / name).unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FIRSTLINE_DATABASE_URL", raising=False)
        if request.param == "postgres":
            server = request.getfixturevalue("postgres_server")
            patch.setenv("FIRSTLINE_DATABASE_URL", new_postgres_database(server))
        with firstline.open(folder) as desk:
            yield desk


@pytest.fixture
def desk(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return the desk as if nothing had been changed or watched."""
    url = opened.line().store.engine.url
    if url.drivername.startswith("postgresql"):  # The durable engine opens its own connections.
        shown = url.render_as_string(hide_password=False)
        monkeypatch.setenv("FIRSTLINE_DATABASE_URL", shown)
    with opened.line().store.engine.begin() as connection:
        for table in (autonomy_change, watch, watch_point, audit):
            connection.execute(table.delete())
    expire(opened)
    return opened


def expire(desk: Desk) -> None:
    """Let half a second pass for a desk that has just read its release."""
    reader = desk.opened.parts.release
    assert isinstance(reader, ReleaseReader)
    reader.forget()


def an_operator(desk: Desk) -> Operator:
    """Return somebody at a desk of their own on the same database."""
    return Operator(AutonomyStore(desk.line().store.engine), by="ana", now=utc_now)


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """Return a file of questions that are answered without a person."""
    path = tmp_path / "tickets.jsonl"
    rows = ({"id": f"q{at}", "text": QUESTION} for at in range(4))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """Return the records of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def test_while_stopped_a_run_sends_nothing(desk: Desk, tickets: Path, tmp_path: Path) -> None:
    """Every ticket ends with a person, prepared as ever; after resuming they go out again."""
    operator = an_operator(desk)
    operator.stop("wrong steps in the export article")
    expire(desk)
    summary = await desk.run(tickets, tmp_path / "stopped")
    assert summary.reasons == {"review/stopped": 4}
    assert not (tmp_path / "stopped" / "sent.jsonl").exists()
    packets = read(tmp_path / "stopped" / "people.jsonl")
    assert all(packet["suggested_reply"] for packet in packets)
    assert "wrong steps" in packets[0]["why"][0]["detail"]
    operator.resume("mended")
    expire(desk)
    summary = await desk.run(tickets, tmp_path / "resumed")
    assert summary.reasons == {"sent/uncertified_percent": 4}


async def test_a_trial_run_is_not_watched(desk: Desk, tickets: Path, tmp_path: Path) -> None:
    """What a level would do says nothing about the service; a run of the company's own does."""
    store = AutonomyStore(desk.line().store.engine)
    await desk.run(tickets, tmp_path / "trial", autonomy="percent:100")
    assert store.states() == {}
    await desk.run(tickets, tmp_path / "own")
    await desk.run(tickets, tmp_path / "own")
    reader = ReleaseReader(store, now=utc_now)
    report = watch_report(store, reader(), desk.workspace.settings.trust)
    learned = {(test.scope, test.name): test.usual for test in report.tests}
    assert learned["*", "escalation"] == "learning: 4 of 500"
    assert learned["export_data", "escalation"] == "learning: 4 of 500"


async def decided(desk: Desk, line: Line, name: str, inbox: str) -> Answer:
    """Return a stored ticket that was decided to be sent and waits for its delivery."""
    ticket = replace(a_ticket(name, text=QUESTION), inbox=inbox)
    line.store.accept([(1, ticket)])
    answer = await consider(ticket, desk.opened.parts)
    assert answer.verdict.action == "send"
    return answer


@pytest.mark.parametrize("how", ["stop", "set", "trial"])
async def test_what_waits_for_its_delivery_does_not_leave(
    desk: Desk, tmp_path: Path, how: str
) -> None:
    """A reply that was decided before the switch ends with a person; so after a stricter level."""
    line = desk.line()
    out = tmp_path / "out"
    out.mkdir()
    level = "percent:100" if how == "trial" else None
    box = Inbox(id=f"inbox-{how}", kind="file", target=str(out), autonomy=level)
    line.store.open_inbox(box, utc_now())
    first = await decided(desk, line, f"first-{how}", box.id)
    second = await decided(desk, line, f"second-{how}", box.id)
    assert await deliver_now(first, line) == "sent"
    operator = an_operator(desk)
    if how == "set":
        operator.set_level(desk.workspace, "export_data", "review", "look first")
    else:
        operator.stop("stop it")
    assert await deliver_now(second, line) == "cancelled"
    ended = line.store.load(second.ticket.id)
    assert ended is not None
    assert ended.outcome == "review"
    assert ended.reason == ("autonomy_review" if how == "set" else "stopped")
    assert [item["ticket"] for item in read(out / "sent.jsonl")] == [f"first-{how}"]


async def test_without_its_log_nothing_leaves(desk: Desk) -> None:
    """A database whose log of autonomy is gone answers nothing by itself."""
    engine = desk.line().store.engine
    await asyncio.to_thread(autonomy_change.drop, engine)
    try:
        expire(desk)
        answer = await desk.answer(QUESTION, autonomy="percent:100")
    finally:
        await asyncio.to_thread(autonomy_change.create, engine)
    assert answer.verdict.action == "review"
    assert answer.verdict.reasons[0].code == "autonomy_unreadable"


async def test_without_a_certificate_nothing_is_certified(desk: Desk) -> None:
    """The level that needs a certificate sends nothing without one."""
    answer = await desk.answer(QUESTION, autonomy="certified")
    assert answer.verdict.reasons[0].code == "no_certificate"


async def test_a_certificate_lets_go_until_its_basis_changes(desk: Desk, tmp_path: Path) -> None:
    """What is certified leaves, named; when an article changes, it waits for a person again."""
    basis = current_basis(
        desk.workspace,
        desk.opened.parts.knowledge,
        encoder=desk.opened.encoder.name if desk.opened.encoder else None,
        today=utc_now().date(),
        with_models=desk.opened.parts.models is not None,
    )
    today = utc_now().date()
    certificate = a_certificate(basis=basis, issued=today, expires=today + timedelta(days=90))
    book = CertificateBook(desk.line().store.engine)
    book.issue(certificate, now=utc_now())
    an_operator(desk).set_level(desk.workspace, "export_data", "certified", "it was shown")
    expire(desk)
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps({"id": "one", "text": QUESTION}) + "\n", encoding="utf-8")
    summary = await desk.run(path, tmp_path / "certified")
    assert summary.reasons == {"sent/certified": 1}
    other = replace(certificate, basis=replace(basis, knowledge="another"))
    book.issue(other, now=utc_now())
    expire(desk)
    answer = await desk.answer(QUESTION)
    assert answer.verdict.action == "review"
    assert answer.verdict.reasons[0].code == "certificate_void"
    assert "knowledge changed" in answer.verdict.reasons[0].detail
    book.void(other.id, reason="the test is over", now=utc_now())
