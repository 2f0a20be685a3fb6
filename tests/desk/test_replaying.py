"""Trials: without effect, paid only where somebody says so, and comparable with what was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.builders import a_ticket

import firstline
from firstline.desk import Desk
from firstline.desk.replaying import Asked, Step, replay, run_trial
from firstline.errors import InputError
from firstline.pipeline.prepared import Prepared
from firstline.records import ConversationId, Ticket, TicketId
from firstline.store import TicketStore
from firstline.store.schema import delivery, model_call, stage, ticket
from firstline.testing.claude_double import ClaudeDouble
from firstline.testing.support import answer_ticket

ALL = "percent:100"
QUOTED = "How do I export a board to CSV?"
FOR_A_MODEL = "How do I export a board to CSV for Zebrafish?"


@pytest.fixture(scope="module")
def double() -> Iterator[ClaudeDouble]:
    """Return a model that quotes, on a loopback port."""
    with ClaudeDouble.in_thread(answer=answer_ticket) as running:
        yield running


@pytest.fixture
async def desk(
    double: ClaudeDouble,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    company: Path,
) -> Desk:
    """Return Acme with a model, and a database of its own."""
    monkeypatch.setenv("FIRSTLINE_MODEL_PROVIDER", "anthropic")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", double.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-loopback")
    folder = tmp_path_factory.mktemp("replaying") / "acme"
    shutil.copytree(company, folder)
    return firstline.open(folder)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Path:
    """Return a copy of the bundled company whose index and classifier are built."""
    folder = tmp_path_factory.mktemp("company") / "acme"
    shutil.copytree(ready_acme, folder)
    for name in ("app.db", "app.db-wal", "app.db-shm"):
        (folder / ".firstline" / name).unlink(missing_ok=True)
    return folder


def rows(desk: Desk) -> dict[str, int]:
    """Return how much is stored of tickets and what became of them."""
    with desk.engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (ticket, stage, delivery)
        }


async def run(desk: Desk, folder: Path, *texts: str) -> list[Ticket]:
    """Answer messages for real and return their tickets."""
    path = folder / "tickets.jsonl"
    lines = [{"id": f"q{at}", "text": text, "channel": "chat"} for at, text in enumerate(texts)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    await desk.run(path, folder / "out", autonomy=ALL)
    with desk.engine.connect() as connection:
        ids = connection.scalars(sa.select(ticket.c.id).order_by(ticket.c.position)).all()
    store = TicketStore(desk.engine)
    loaded = [store.load(TicketId(key)) for key in ids]
    return [item.ticket for item in loaded if item is not None]


async def test_a_trial_asks_no_model_unless_it_may(desk: Desk, double: ClaudeDouble) -> None:
    """Without leave a question is left and says so; with it, it is paid, once."""
    async with desk:
        message = a_ticket(text=FOR_A_MODEL, customer="cus_1001")
        billed = double.billed
        shy = await run_trial(message, desk, autonomy=ALL)
        assert double.billed == billed
        assert (shy.left, shy.cost_usd) == (1, 0.0)
        assert shy.answer.verdict.action != "send"
        asked = await run_trial(message, desk, autonomy=ALL, may_ask=True)
        assert double.billed > billed
        assert asked.left == 0
        assert asked.cost_usd > 0
        assert {item.how for item in asked.asked} == {"asked"}
        billed = double.billed
        again = await run_trial(message, desk, autonomy=ALL)
        assert double.billed == billed
        assert (again.left, again.cost_usd) == (0, 0.0)
        assert {item.how for item in again.asked} == {"ledger"}
        assert again.answer.draft.sentences == asked.answer.draft.sentences
        assert again.answer.verdict == asked.answer.verdict


async def test_a_trial_uses_up_nothing_of_a_customer(desk: Desk) -> None:
    """What it asks stands in the ledger under nobody's name, and no ticket is stored."""
    async with desk:
        message = a_ticket("t2", text=FOR_A_MODEL, customer="cus_1001", verified=True)
        await run_trial(message, desk, autonomy=ALL, may_ask=True)
        with desk.engine.connect() as connection:
            asked = connection.execute(sa.select(model_call.c.requester)).all()
        assert asked
        assert {row.requester for row in asked} == {None}
        assert rows(desk) == {"ticket": 0, "stage": 0, "delivery": 0}


async def test_a_trial_tells_how_far_it_is(desk: Desk) -> None:
    """First what the local stages say, then each question, each stage as it begins."""
    told: list[Step] = []
    begun: list[str] = []
    async with desk:
        message = a_ticket("t3", text=FOR_A_MODEL)
        await run_trial(
            message, desk, autonomy=ALL, may_ask=True, tell=told.append, began=begun.append
        )
    assert isinstance(told[0], Prepared)
    assert all(isinstance(step, Asked) for step in told[1:])
    assert len(told) > 1
    assert begun[0] == "generate"
    assert begun[-1] == "gate"


async def test_a_replay_says_the_same_and_pays_nothing(
    desk: Desk, double: ClaudeDouble, tmp_path: Path
) -> None:
    """Under the level of the ticket's inbox, with the models' answers from the ledger."""
    async with desk:
        tickets = await run(desk, tmp_path, QUOTED, FOR_A_MODEL)
        billed, before = double.billed, rows(desk)
        for one in tickets:
            made = await replay(desk, one.id)
            assert made.trial.answer.verdict == made.before.verdict
            assert made.trial.answer.draft.sentences == made.before.draft.sentences
            assert made.trial.answer.findings == made.before.findings
            assert made.trial.cost_usd == 0
        assert double.billed == billed
        assert rows(desk) == before


async def test_a_newer_message_does_not_change_the_past(desk: Desk, tmp_path: Path) -> None:
    """When the ticket was decided, the customer had not written again."""
    async with desk:
        _, old = await run(desk, tmp_path, QUOTED, FOR_A_MODEL)
        newer = a_ticket("newer", inbox=old.inbox, conversation=ConversationId(old.conversation))
        TicketStore(desk.engine).accept([(9, newer)])
        made = await replay(desk, old.id)
        assert made.trial.answer.draft.cause != "newer_message"
        assert made.trial.answer.verdict == made.before.verdict


async def test_what_cannot_be_replayed_says_why(desk: Desk, tmp_path: Path) -> None:
    """An unknown ticket, and one about which nothing was decided."""
    async with desk:
        (old,) = await run(desk, tmp_path, QUOTED)
        TicketStore(desk.engine).accept([(9, a_ticket("open", inbox=old.inbox))])
        with pytest.raises(InputError, match="no ticket"):
            await replay(desk, TicketId("nobody"))
        with pytest.raises(InputError, match="nothing was decided"):
            await replay(desk, TicketId("open"))
        with pytest.raises(InputError, match="autonomy level"):
            await run_trial(old, desk, autonomy="everything")
