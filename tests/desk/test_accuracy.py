"""Accuracy of a small company, group by group, with labels and without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.builders import NOON
from tests.desk.small_company import answer, make_company, send

from firstline.desk import Desk, open_desk
from firstline.desk.accuracy import Accuracy, By, as_json, marks, measure
from firstline.errors import InputError
from firstline.records import TicketId
from firstline.store.labels import LabelLedger, NewLabel

EXPORT = "How do I export a board to CSV?"
PLAN = "Which plan am I on?"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return the desk of a small company."""
    with open_desk(make_company(tmp_path / "tiny")) as opened:
        yield opened


def by(desk: Desk, way: By, **options: Any) -> Accuracy:
    """Return the figures by something."""
    return measure(desk.opened, desk.engine, way, **options)


def label(desk: Desk, ticket: str, *, wrong: bool | None, **changes: Any) -> None:
    """Say what a reply was worth, blind and drawn by lot unless said otherwise."""
    fields: dict[str, Any] = {
        "ticket": TicketId(ticket),
        "kind": "audit",
        "wrong": wrong,
        "by": "kim",
        "inclusion": 0.5,
        "blind": True,
    }
    LabelLedger(desk.engine).add([NewLabel(**(fields | changes))], now=NOON)


async def tickets(desk: Desk) -> list[str]:
    """Store two sent answers, one under review and one that was escalated."""
    first, second = await send(desk, "a", EXPORT), await send(desk, "b", EXPORT)
    later = NOON + timedelta(hours=5)
    third = await answer(desk, "c", PLAN, reason="autonomy_review", received_at=later)
    fourth = await answer(desk, "d", "I want to talk to a human", outcome="escalate")
    return [first, second, third.ticket.id, fourth.ticket.id]


async def test_no_ticket_is_no_figure(desk: Desk) -> None:
    """An empty database has no groups and no accuracy."""
    found = by(desk, "intent")
    assert (found.groups, found.total.tickets, found.total.accuracy) == ((), 0, None)


async def test_every_ticket_is_counted_by_how_it_ended_and_why(desk: Desk) -> None:
    """Outcomes sum up, reasons sum up, and without labels nothing is said of accuracy."""
    await tickets(desk)
    found = by(desk, "intent")
    assert sum(group.tickets for group in found.groups) == found.total.tickets == 4
    assert found.total.outcomes == {"sent": 2, "escalate": 1, "review": 1}
    assert sum(found.total.reasons.values()) == 4
    assert (found.total.automated, found.total.escalated) == (0.5, 0.25)
    assert found.total.accuracy is None
    export = next(group for group in found.groups if group.name == "export_data")
    assert (export.tickets, export.automated) == (2, 1.0)
    assert export.latency_ms > 0


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("channel", {"file": 4}),
        ("language", {"en": 4}),
        ("hour", {"12:00": 3, "17:00": 1}),
    ],
)
async def test_groups_are_named(desk: Desk, way: By, expected: dict[str, int]) -> None:
    """Channel, language and the hour where the company is."""
    await tickets(desk)
    assert {group.name: group.tickets for group in by(desk, way).groups} == expected


async def test_a_segment_is_a_field_of_the_customer(desk: Desk) -> None:
    """Grouped by its value; a field that no customer has is an error."""
    await tickets(desk)
    assert {g.name: g.tickets for g in by(desk, "segment", segment="plan").groups} == {"Team": 4}
    with pytest.raises(InputError, match="no customer field is named"):
        by(desk, "segment")
    with pytest.raises(InputError, match="no customer of these tickets has a field 'shoe'"):
        by(desk, "segment", segment="shoe")


async def test_reasons_explain_escalation(desk: Desk) -> None:
    """By reason, each group is what the gate decided on."""
    await tickets(desk)
    names = {group.name: dict(group.outcomes) for group in by(desk, "reason").groups}
    assert names["human_request"] == {"escalate": 1}


async def test_accuracy_is_of_labels_drawn_by_lot(desk: Desk) -> None:
    """Drawn labels give a share with its interval, those of reviewers only a count."""
    first, second, third, _ = await tickets(desk)
    label(desk, first, wrong=False)
    label(desk, second, wrong=True)
    label(desk, third, wrong=False, kind="review", blind=False, inclusion=None)
    found = by(desk, "intent").total
    assert found.accuracy is not None
    assert (found.accuracy.count, found.accuracy.estimate) == (2, 0.5)
    assert found.accuracy.low < 0.02
    assert found.accuracy.high > 0.98
    assert found.sent_accuracy == found.accuracy
    assert (found.reviewed, found.reviewed_right) == (1, 1)
    shown = as_json(by(desk, "intent"))
    assert shown["total"]["accuracy"]["estimate"] == 0.5


async def test_since_leaves_out_what_is_older(desk: Desk) -> None:
    """Only tickets that came from then on are counted."""
    await tickets(desk)
    assert by(desk, "intent", since=NOON + timedelta(hours=1)).total.tickets == 1


async def test_people_who_differ_make_a_reply_wrong_until_it_is_settled(desk: Desk) -> None:
    """One mark a ticket: any doubt counts against it, and whoever settles it decides."""
    first, *_ = await tickets(desk)
    label(desk, first, wrong=False)
    assert not marks(desk.engine)[TicketId(first)].wrong
    label(desk, first, wrong=True, by="lee")
    assert marks(desk.engine)[TicketId(first)].wrong
    label(desk, first, wrong=False, by="ann", settles=True)
    assert not marks(desk.engine)[TicketId(first)].wrong
    assert marks(desk.engine)[TicketId(first)].inclusion == 0.5


async def test_what_says_nothing_of_a_reply_is_no_mark(desk: Desk) -> None:
    """Customers' feedback, spoilt drafts and "cannot tell" do not count."""
    first, second, third, _ = await tickets(desk)
    label(desk, first, wrong=True, kind="feedback")
    label(desk, second, wrong=True, kind="planted")
    label(desk, third, wrong=None)
    assert marks(desk.engine) == {}


async def test_an_imported_label_stands_for_itself(desk: Desk) -> None:
    """A file of labels without probabilities is taken for all there is."""
    first, *_ = await tickets(desk)
    label(desk, first, wrong=False, kind="import", inclusion=None)
    assert marks(desk.engine)[TicketId(first)].inclusion == 1.0
