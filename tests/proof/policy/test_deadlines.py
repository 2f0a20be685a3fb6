"""Deadlines are read in the words of replies, and computed in the company's own time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.policy.deadlines import due_at, find_deadline, span_end
from firstline.workspace.policy_rules import BusinessHours
from firstline.workspace.policy_values import UNITS, Span

ZONE = "Australia/Sydney"
HOURS = BusinessHours(opens=time(8), closes=time(18), holidays=frozenset({date(2026, 5, 12)}))
FRIDAY = datetime(2026, 5, 8, 5, 0, tzinfo=UTC)
"""15:00 in Sydney, ten hours ahead."""


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("We'll e-mail you within 2 hours.", "2026-05-08T07:00"),
        ("within the next 30 minutes", "2026-05-08T05:30"),
        ("in less than an hour", "2026-05-08T06:00"),
        ("within 24 hours", "2026-05-09T05:00"),
        ("within four business hours", "2026-05-10T23:00"),
        ("within 1 business day", "2026-05-11T08:00"),
        ("within one to two working days", "2026-05-13T08:00"),
        ("in 5-7 business days", "2026-05-20T08:00"),
        ("in a couple of days", "2026-05-10T05:00"),
        ("within 2 weeks", "2026-05-22T05:00"),
        ("within a month", "2026-06-08T05:00"),
        ("by tomorrow", "2026-05-09T13:59:59"),
        ("today", "2026-05-08T08:00"),
        ("by the end of the day", "2026-05-08T08:00"),
        ("by Monday", "2026-05-11T08:00"),
        ("on Tuesday", "2026-05-12T13:59:59"),
        ("by Friday", "2026-05-08T08:00"),
        ("by the end of the week", "2026-05-08T08:00"),
        ("next week", "2026-05-15T08:00"),
        ("by the end of the month", "2026-05-31T13:59:59"),
        ("by 20 May", "2026-05-20T08:00"),
        ("by May 1st", "2027-05-01T13:59:59"),
        ("by 2026-06-01", "2026-06-01T08:00"),
        ("right away", "2026-05-08T05:00"),
    ],
)
def test_a_deadline_is_computed(text: str, due: str) -> None:
    """Days end when the company closes; spans of hours run on; holidays and weekends count not."""
    deadline = find_deadline(text)
    assert deadline is not None
    assert due_at(deadline, FRIDAY, ZONE, HOURS) == datetime.fromisoformat(due + "+00:00")


@pytest.mark.parametrize(
    "text",
    ["We will look at it.", "as soon as possible", "for 3 boards", "version 2.14 is out", "in May"],
)
def test_what_names_no_time_has_no_deadline(text: str) -> None:
    """Soon is no deadline, and neither is any number."""
    assert find_deadline(text) is None


def test_a_date_that_could_be_two_days_is_unclear() -> None:
    """It is seen, and has no moment."""
    deadline = find_deadline("by 03/04/2026")
    assert deadline is not None
    assert deadline.kind == "unclear"
    assert due_at(deadline, FRIDAY, ZONE, HOURS) is None


def test_the_clock_change_is_kept() -> None:
    """A business day that begins in summer time ends by the clock of the day it ends on."""
    before = datetime(2026, 4, 2, 5, tzinfo=UTC)
    assert span_end(Span(2, "business day"), before, ZONE, HOURS).isoformat() == (
        "2026-04-06T08:00:00+00:00"
    )


@given(
    st.integers(0, 9999),
    st.sampled_from(UNITS),
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_a_span_never_ends_before_it_begins(count: int, unit: str, moment: datetime) -> None:
    """Whatever the unit, more time is later."""
    since = moment.replace(tzinfo=UTC)
    span = Span(count, next(item for item in UNITS if item == unit))
    longer = Span(count + 1, span.unit)
    assert span_end(span, since, ZONE, HOURS) <= span_end(longer, since, ZONE, HOURS)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Any text has a deadline or none."""
    deadline = find_deadline(text.encode("utf-8", "replace").decode())
    if deadline is not None:
        due_at(deadline, FRIDAY, ZONE, HOURS)
