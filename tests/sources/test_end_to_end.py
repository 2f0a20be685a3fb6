"""Tickets answered from a database, and what becomes of them when it is dead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sources.company import ASKS_BALANCE, ASKS_PLAN, make_billed, write_balances

from firstline.desk import Desk, open_desk
from firstline.records import Answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a company with a database of balances."""
    return make_billed(tmp_path / "tiny")


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    """Return its desk."""
    with open_desk(folder) as opened:
        yield opened


def record_of(answer: Answer) -> dict[str, str]:
    """Return what was read about the customer for an answer."""
    return dict(next((e.fields for e in answer.context.evidence if e.kind == "record"), ()))


async def test_a_ticket_is_answered_from_the_database(desk: Desk) -> None:
    """The reply states the balance as the database has it, and is sent."""
    answer = await desk.answer(ASKS_BALANCE, customer="mia@b.example")
    assert answer.route.intent == "my_balance"
    assert "Your balance is $42.10." in answer.draft.text
    assert answer.verdict.action == "send", answer.verdict.reasons
    assert record_of(answer) == {"billing.balance": "$42.10", "name": "Mia Lund"}
    assert answer.context.missing == ()


async def test_live_means_as_it_is_now(desk: Desk, folder: Path) -> None:
    """A balance that changes between two tickets is the new one in the second."""
    await desk.answer(ASKS_BALANCE, customer="c1")
    write_balances(folder / "billing.db", "$5.00")
    answer = await desk.answer(ASKS_BALANCE, customer="c1")
    assert "$5.00" in answer.draft.text
    assert "$42.10" not in answer.draft.text


async def test_a_dead_source_puts_the_ticket_before_a_person_with_the_reason(
    desk: Desk, folder: Path
) -> None:
    """Without the database nothing is guessed: review, and the source is named."""
    (folder / "billing.db").unlink()
    answer = await desk.answer(ASKS_BALANCE, customer="c1")
    assert answer.verdict.action == "review"
    assert answer.verdict.reasons[0].code == "source_missing"
    codes = {reason.code: reason.detail for reason in answer.verdict.reasons}
    assert "stage_failed" not in codes
    assert codes["source_missing"].startswith("customers: billing: the database refused it")
    assert "$" not in answer.draft.text


async def test_a_dead_source_holds_only_tickets_that_need_it(desk: Desk, folder: Path) -> None:
    """A question about the plan is answered while the billing database is away."""
    (folder / "billing.db").unlink()
    answer = await desk.answer(ASKS_PLAN, customer="c1")
    assert answer.verdict.action == "send", answer.verdict.reasons
    assert "You are on the Team plan." in answer.draft.text


async def test_an_unverified_sender_gets_nothing_of_a_record(desk: Desk) -> None:
    """Nothing is asked about somebody who only claims to be a customer."""
    answer = await desk.answer(ASKS_BALANCE, customer="c1", verified=False)
    assert record_of(answer) == {}
    assert answer.verdict.action != "send"


async def test_a_customer_whom_the_database_does_not_know(desk: Desk, folder: Path) -> None:
    """No row is no balance: a person answers, and no source is blamed."""
    text = '[{"id": "c9", "email": "new@b.example", "name": "New One", "plan": "Team"}]'
    (folder / "customers.json").write_text(text, encoding="utf-8")
    answer = await desk.answer(ASKS_BALANCE, customer="c9")
    assert answer.context.missing == ()
    assert answer.verdict.action != "send"


async def test_a_broken_customers_file_is_a_reason_and_no_failure(desk: Desk, folder: Path) -> None:
    """A quoted answer to a known sender waits for a person who is told what is broken."""
    (folder / "customers.json").write_text("[{", encoding="utf-8")
    answer = await desk.answer("How do I export a board to CSV?", customer="c1")
    codes = [reason.code for reason in answer.verdict.reasons]
    assert answer.verdict.action == "review", answer.verdict.reasons
    assert "source_missing" in codes
    assert "stage_failed" not in codes
