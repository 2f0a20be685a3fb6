"""What the address of the dashboard asks for."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest

from firstline.errors import InputError
from firstline.web.dashboard.asked import Asked, asked

TODAY = date(2026, 5, 28)


def again(query: str) -> Asked:
    """Return what a query asks for."""
    given = dict(parse_qsl(query))
    return asked(
        TODAY,
        days=given.get("range", ""),
        first=given.get("from", ""),
        last=given.get("to", ""),
        channel=given.get("channel", ""),
        intent=given.get("intent", ""),
    )


def test_the_last_four_weeks_unless_said_otherwise() -> None:
    """A bare address asks for 28 days of everything, and has no query."""
    view = asked(TODAY)
    assert (view.period.first, view.period.last) == (date(2026, 5, 1), TODAY)
    assert (view.days, view.query()) == (28, "")


@pytest.mark.parametrize(
    "given",
    [
        {"days": "7"},
        {"days": "90", "channel": "chat", "intent": "export_data"},
        {"first": "2026-01-01", "last": "2026-02-01", "intent": "-"},
        {"intent": "a & b=c"},
    ],
)
def test_an_address_says_what_is_shown(given: dict[str, str]) -> None:
    """Following a view's own query shows the same."""
    view = asked(TODAY, **given)
    assert again(view.query()) == view


def test_a_range_keeps_the_filters() -> None:
    """Choosing another range keeps channel and intent, and drops own dates."""
    view = asked(TODAY, first="2026-01-01", last="2026-02-01", channel="chat")
    other = again(view.range_query(7))
    assert (other.days, other.period.channel) == (7, "chat")
    days = again(view.days_query(date(2026, 3, 1), date(2026, 3, 2)))
    assert (days.days, days.period.first) == (None, date(2026, 3, 1))


def test_tickets_without_an_intent_can_be_asked_for() -> None:
    """A dash asks for what was not recognised."""
    assert asked(TODAY, intent="-").period.intent == ""
    assert asked(TODAY, intent="").period.intent is None


@pytest.mark.parametrize(
    "given",
    [
        {"days": "13"},
        {"days": "x"},
        {"first": "yesterday"},
        {"first": "2026-06-01", "last": "2026-05-01"},
        {"first": "0001-01-01"},
        {"channel": "pigeon"},
        {"intent": "x" * 101},
        {"intent": "a\x00b"},
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, str]) -> None:
    """A wrong address says what is wrong with it."""
    with pytest.raises(InputError):
        asked(TODAY, **given)
