"""Drafts, reviews, chats and the doctor, when what a draft rests on stands in another system."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.sources.company import ASKS_BALANCE, ASKS_PLAN, BILLING, make_billed, write_balances

from firstline.desk import Desk, open_desk
from firstline.errors import SetupError
from firstline.pipeline.standing import stale_uses
from firstline.web.chat.identity import Visitor
from firstline.web.chat.talk import Chat
from firstline.web.review import opening


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a company with a database of balances."""
    return make_billed(tmp_path / "tiny")


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    """Return its desk."""
    with open_desk(folder) as opened:
        yield opened


async def test_a_draft_is_stale_when_the_database_says_something_else(
    desk: Desk, folder: Path
) -> None:
    """As it was it stands; a new balance makes it stale; without the database nobody can tell."""
    parts = desk.opened.parts
    answer = await desk.answer(ASKS_BALANCE, customer="c1")
    assert stale_uses(answer, parts) == ()
    write_balances(folder / "billing.db", "$5.00")
    (stale,) = stale_uses(answer, parts)
    assert stale.sources == ("c1: billing.balance",)
    (folder / "billing.db").unlink()
    with pytest.raises(SetupError, match="billing"):
        stale_uses(answer, parts)


async def test_a_draft_of_other_fields_does_not_ask_the_database(desk: Desk, folder: Path) -> None:
    """A reply about the plan can be approved while the billing database is away."""
    (folder / "billing.db").unlink()
    answer = await desk.answer(ASKS_PLAN, customer="c1")
    assert stale_uses(answer, desk.opened.parts) == ()


async def test_a_person_can_read_a_ticket_while_a_source_is_dead(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says that nobody knows how things stand now, instead of failing."""
    answer = await desk.answer(ASKS_BALANCE, customer="c1", autonomy="review")
    case: Any = SimpleNamespace(answer=answer, review=SimpleNamespace(state="open"))
    monkeypatch.setattr(opening, "CLAIMABLE", ("open",))
    site: Any = SimpleNamespace(desk=desk)
    assert opening._changed(site, case) == ()  # noqa: SLF001 - the page itself needs a whole server
    (folder / "billing.db").unlink()
    (said,) = opening._changed(site, case)  # noqa: SLF001 - as above
    assert said.startswith("not known, billing: the database refused it")


def test_a_chat_begins_while_nobody_knows_the_customers(desk: Desk, folder: Path) -> None:
    """The visitor writes under the id that the site gave."""
    chat = SimpleNamespace(_site=SimpleNamespace(desk=desk))
    visitor = Visitor(subject="u-77", name="Mia", email="mia@b.example")
    named = Chat._customer  # noqa: SLF001 - a chat itself needs a whole server
    assert named(cast("Any", chat), visitor) == "mia@b.example"
    (folder / "customers.json").write_text("[{", encoding="utf-8")
    assert named(cast("Any", chat), visitor) == "u-77"


def test_the_doctor_asks_every_source(folder: Path) -> None:
    """One that answers, and one whose statement is wrong, with the line of its settings."""
    settings = folder / "firstline.toml"
    broken = BILLING.replace('"billing"', '"ledger"').replace("FROM accounts", "FROM nowhere")
    settings.write_text(settings.read_text() + broken, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "firstline", "doctor", "--json", "-w", str(folder)],
        capture_output=True,
        check=False,
        timeout=100,
        env=os.environ | {"FIRSTLINE_LOG": "error"},
    )
    checks = {item["name"]: item for item in json.loads(done.stdout)}
    assert checks["source billing"]["state"] == "ok"
    assert checks["source billing"]["detail"] == "sql, answers; live"
    assert checks["source ledger"]["state"] == "missing"
    line = broken.count("\n") + 1
    total = settings.read_text().count("\n")
    assert f"firstline.toml:{total - line + 3}: ledger:" in checks["source ledger"]["detail"]
    assert done.returncode == 1
