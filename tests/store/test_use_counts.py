"""How often answers rest on what, counted as the list of each counts them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from firstline.desk import Desk, open_desk
from firstline.desk.recall import Recalls
from firstline.store import TicketStore
from firstline.store.use_counts import SourceUse, UseCounts
from tests.desk.small_company import answer, make_company, send

REFUND = "Is the first payment for a paid plan refunded in full?"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return the desk of a small company."""
    with open_desk(make_company(tmp_path / "tiny")) as opened:
        yield opened


async def test_sent_answers_and_open_drafts_are_counted_once_each(desk: Desk) -> None:
    """Documents, passages and the page of tickets agree with what the ledger lists."""
    await send(desk, "r1", REFUND)
    await send(desk, "r2", REFUND + " Really?")
    await answer(desk, "r3", REFUND + " Please.")
    await answer(desk, "r4", REFUND, outcome="sent")
    await send(desk, "e1", "How do I export a board to CSV?")
    recalls = Recalls(desk.opened, TicketStore(desk.engine))
    recalls.catch_up()
    counts = UseCounts(desk.engine)
    listed = recalls.ledger.resting_on("refunds")
    by_document = counts.by_document()
    assert set(by_document) == {"refunds", "export"}
    assert (by_document["refunds"].sent, by_document["refunds"].drafts) == (2, 1)
    assert by_document["refunds"].last == max(item.at for item in listed)
    passages = counts.by_passage("refunds")
    assert all(name.startswith("refunds#") for name, _ in passages)
    assert max(use.sent for use in passages.values()) == 2
    page = counts.resting("refunds", limit=2)
    assert (page.sent, page.drafts, page.total) == (2, 1, 3)
    rest = counts.resting("refunds", limit=2, offset=2)
    shown = [(one.ticket, one.state, one.at) for one in (*page.tickets, *rest.tickets)]
    assert shown == [(item.ticket, item.state, item.at) for item in listed]
    assert [one.external_id for one in rest.tickets] == ["r3"]


async def test_nothing_rests_on_what_nobody_was_told(desk: Desk) -> None:
    """An unused document has no count and an empty page."""
    assert UseCounts(desk.engine).by_document().get("excel", SourceUse()) == SourceUse()
    assert UseCounts(desk.engine).resting("excel", limit=5).total == 0
