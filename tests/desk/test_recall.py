"""Recalls of a small company: the answers that rest on what changed, and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.builders import NOON
from tests.desk.small_company import REFUNDS, answer, make_company, send, write_customer

from firstline.desk import Desk, open_desk
from firstline.desk.recall import Recall, Recalls, as_json
from firstline.errors import InputError
from firstline.store import TicketStore


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """Return the folder of a small company."""
    return make_company(tmp_path / "tiny")


@pytest.fixture
def desk(company: Path) -> Iterator[Desk]:
    """Return its desk, before anything changes."""
    with open_desk(company) as opened:
        yield opened


def rewrite(company: Path, text: str | None) -> None:
    """Change the article on refunds, or delete it."""
    path = company / "knowledge" / "refunds.md"
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")


def recalled(company: Path, name: str = "") -> tuple[Recall, ...]:
    """Open the company as a later command does, and return the recalls."""
    with open_desk(company) as later:
        recalls = Recalls(later.opened, TicketStore(later.engine))
        return recalls.resting_on(name) if name else recalls.changed()


REFUND = "Is the first payment for a paid plan refunded in full?"
EXPORT = "How do I export a board to CSV?"
PLAN = "Which plan am I on?"


async def test_only_what_rests_on_the_change_is_recalled(desk: Desk, company: Path) -> None:
    """A sent answer whose value changed is to be corrected; others are left alone."""
    await send(desk, "r1", REFUND)
    await send(desk, "e1", EXPORT)
    assert recalled(company) == ()
    rewrite(company, REFUNDS.replace("30 days", "14 days"))
    (found,) = recalled(company)
    assert (found.external_id, found.state, found.todo) == ("r1", "sent", "correct")
    lost = [item for item in found.sentences if item.stands == "no"]
    values = [(one.values_were, one.values_are) for item in lost for one in item.rewordings]
    assert values == [(("within 30 days",), ("within 14 days",))]


async def test_a_change_beside_what_was_said_needs_nothing(desk: Desk, company: Path) -> None:
    """An answer of which every sentence still stands is counted, with nothing to do."""
    await send(desk, "r1", REFUND)
    rewrite(company, REFUNDS + "\nGift cards are not refunded.\n")
    (found,) = recalled(company)
    assert found.todo == "nothing"
    assert {item.stands for item in found.sentences} == {"verbatim"}


async def test_drafts_on_changed_evidence_may_not_be_approved(desk: Desk, company: Path) -> None:
    """Open drafts are marked, also those on a customer's record that changed."""
    await answer(desk, "r1", REFUND)
    await answer(desk, "p1", PLAN)
    await send(desk, "p2", PLAN)
    rewrite(company, REFUNDS.replace("30 days", "14 days"))
    write_customer(company, "Business")
    found = {item.external_id: item for item in recalled(company)}
    assert {name: item.todo for name, item in found.items()} == {"r1": "redraft", "p1": "redraft"}
    assert not any(as_json(item)["approvable"] for item in found.values())
    (line,) = found["p1"].sentences
    assert line.sources == ("c1: plan",)


async def test_a_withdrawn_article_is_to_be_checked(desk: Desk, company: Path) -> None:
    """What nothing shows any more is listed, to be looked at by a person."""
    await send(desk, "r1", REFUND)
    rewrite(company, None)
    (found,) = recalled(company)
    assert found.todo == "check"
    assert {item.change for item in found.sentences} == {"withdrawn"}


async def test_what_rests_on_something_can_be_asked(desk: Desk, company: Path) -> None:
    """By article, passage, customer and fixed answer; an unknown name is said to be unknown."""
    await send(desk, "r1", REFUND)
    await send(desk, "p1", PLAN)
    for name, expected in (
        ("refunds", {"r1"}),
        ("refunds#1", {"r1"}),
        ("policy:my_plan", {"p1"}),
        ("export", set()),
    ):
        found = recalled(company, name)
        assert {item.external_id for item in found} == expected
        assert {item.todo for item in found} <= {"nothing"}
    assert "p1" in {item.external_id for item in recalled(company, "c1")}
    with pytest.raises(InputError, match="no answer rests on nonsense"):
        recalled(company, "nonsense")


async def test_a_settled_recall_is_gone_until_it_changes_again(
    company: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dealt with means dealt with as things stand; the next change is a new matter. On both."""
    monkeypatch.setenv("FIRSTLINE_DATABASE_URL", database_url)
    with open_desk(company) as desk:
        ticket = await send(desk, "r1", REFUND)
    rewrite(company, REFUNDS.replace("30 days", "14 days"))
    with open_desk(company) as later:
        recalls = Recalls(later.opened, TicketStore(later.engine))
        assert (recalls.affected().sent, recalls.affected().sources) == (1, ("refunds",))
        with pytest.raises(InputError, match="no recalled answer fits"):
            recalls.settle("zz", by="kim", note="", now=NOON)
        done = recalls.settle(ticket[:8], by="kim", note="wrote to Mia", now=NOON)
        assert done.external_id == "r1"
        assert recalls.changed() == ()
        assert recalls.affected().sent == 0
    rewrite(company, REFUNDS.replace("30 days", "7 days"))
    assert [item.external_id for item in recalled(company)] == ["r1"]


async def test_a_recall_survives_json(desk: Desk, company: Path) -> None:
    """What is printed for programs is plain JSON with the sentences and what stands there now."""
    await send(desk, "r1", REFUND)
    rewrite(company, REFUNDS.replace("30 days", "14 days"))
    (item,) = json.loads(json.dumps([as_json(item) for item in recalled(company)]))
    assert item["state"] == "sent"
    assert item["todo"] == "correct"
    lost = [one for one in item["sentences"] if one["stands"] == "no"]
    assert lost[0]["rewordings"][0]["values_are"] == ["within 14 days"]
