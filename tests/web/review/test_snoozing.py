"""Times to wake a ticket, in the company's time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from firstline.errors import InputError
from firstline.web.review.snoozing import choices, chosen

SYDNEY = ZoneInfo("Australia/Sydney")
FRIDAY = datetime(2026, 5, 8, 3, 0, tzinfo=UTC)
"""13:00 in Sydney."""
SUNDAY = datetime(2026, 5, 10, 3, 0, tzinfo=UTC)


def test_mornings_are_the_companys() -> None:
    """Tomorrow at nine is nine o'clock where the company is."""
    offered = {words: value for value, words in choices(FRIDAY, SYDNEY)}
    assert list(offered) == ["In 1 hour", "In 4 hours", "Tomorrow 9:00", "Monday 9:00"]
    tomorrow = datetime.fromisoformat(offered["Tomorrow 9:00"]).astimezone(SYDNEY)
    assert (tomorrow.day, tomorrow.hour) == (9, 9)
    monday = datetime.fromisoformat(offered["Monday 9:00"]).astimezone(SYDNEY)
    assert (monday.day, monday.hour) == (11, 9)


def test_monday_is_offered_once() -> None:
    """On a Sunday, tomorrow is Monday."""
    assert [words for _, words in choices(SUNDAY, SYDNEY)][-1] == "Tomorrow 9:00"


def test_what_is_offered_can_be_chosen() -> None:
    """Every choice is a time that the form's receiver understands."""
    for value, _ in choices(FRIDAY, SYDNEY):
        assert chosen(value, SYDNEY, FRIDAY) > FRIDAY


def test_a_time_without_an_offset_is_the_companys() -> None:
    """A browser sends the hour as it was typed."""
    assert chosen("2026-05-09T09:00", SYDNEY, FRIDAY) == datetime(2026, 5, 8, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["", "soon", "9999-12-31T23:59", "0001-01-01T00:00", "2028-01-01T00:00"]
)
def test_what_is_no_time_of_this_year_is_refused(written: str) -> None:
    """Neither nonsense nor a time that no calendar here reaches is taken."""
    with pytest.raises(InputError):
        chosen(written, SYDNEY, FRIDAY)
