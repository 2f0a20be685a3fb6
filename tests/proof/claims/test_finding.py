"""Every kind of value is found where it stands, with its unit and its bound."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from firstline.proof.claims import (
    MAX_CLAIMS,
    MAX_TEXT,
    Claim,
    Facts,
    TextTooLongError,
    find_claims,
)

US = Facts()
AU = Facts(locale="en-AU")


def only(text: str, facts: Facts = US) -> Claim:
    """Return the one claim of a text."""
    found = find_claims(text, facts)
    assert len(found) == 1, (text, found)
    return found[0]


@pytest.mark.parametrize(
    ("text", "kind", "low", "high", "unit", "bound"),
    [
        ("It is $1,234.50 now", "money", "1234.50", "1234.50", "USD", "exact"),
        ("It is A$1.2k now", "money", "1200", "1200", "AUD", "exact"),
        ("USD 5 million was raised", "money", "5000000", "5000000", "USD", "exact"),
        ("costs 99 dollars", "money", "99", "99", "USD", "exact"),
        ("costs ninety-nine dollars", "money", "99", "99", "USD", "exact"),
        ("costs 75 cents", "money", "0.75", "0.75", "USD", "exact"),
        ("between $5-$10", "money", "5", "10", "USD", "exact"),
        ("€1.234,50 was paid", "money", "1234.50", "1234.50", "EUR", "exact"),
        ("**$99** per month", "money", "99", "99", "USD/month", "exact"),
        ("AUD 99 per member per month", "money", "99", "99", "AUD/member/month", "exact"),
        ("$8/user/mo", "money", "8", "8", "USD/month/user", "exact"),
        ("a monthly fee of $12.00", "money", "12", "12", "USD/month", "exact"),
        ("down from $40", "money", "40", "40", "USD", "exact"),
        ("five per cent", "percent", "5", "5", "", "exact"),
        ("rose 2 percentage points", "percent", "2", "2", "point", "exact"),
        ("earns 4.25% APY", "percent", "4.25", "4.25", "apy", "exact"),
        ("five to seven business days", "duration", "5", "7", "business day", "exact"),
        ("a 30-day trial", "duration", "2592000", "2592000", "second", "exact"),
        ("takes a fortnight", "duration", "1209600", "1209600", "second", "exact"),
        ("1 hour 30 minutes", "duration", "5400", "5400", "second", "exact"),
        ("up to 2 years", "duration", "24", "24", "month", "at_most"),
        ("typically takes 5-7 days", "duration", "432000", "604800", "second", "about"),
        ("within the next 30 days", "duration", "2592000", "2592000", "second", "at_most"),
        ("up to 10 GB", "quantity", "10000000000", "10000000000", "byte", "at_most"),
        ("10 GB minimum", "quantity", "10000000000", "10000000000", "byte", "at_least"),
        ("100 or more projects", "quantity", "100", "100", "project", "at_least"),
        ("fewer than 3 failed attempts", "quantity", "3", "3", "attempt", "less_than"),
        ("100 requests per minute", "quantity", "100", "100", "request/minute", "exact"),
        ("allowed once a week", "quantity", "1", "1", "time/week", "exact"),
        ("a 6-digit code", "quantity", "6", "6", "digit", "exact"),
        ("up to one project", "quantity", "1", "1", "project", "at_most"),
        ("a dozen", "number", "12", "12", "", "exact"),
        ("one hundred and five", "number", "105", "105", "", "exact"),
        ("9am", "time", "540", "540", "", "exact"),
        ("9 am to 5 pm AEST", "time", "540", "1020", "AEST", "exact"),
        ("9:00-17:00", "time", "540", "1020", "", "exact"),
    ],
)
def test_an_amount_is_read(
    text: str, kind: str, low: str, high: str, unit: str, bound: str
) -> None:
    """An amount has its value in base units, its unit and its bound."""
    claim = only(text)
    assert (claim.kind, claim.unit, claim.bound) == (kind, unit, bound)
    assert (claim.low, claim.high) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-22",
        "22 January 2025",
        "January 22nd, 2025",
        "Jan 22, 2025",
        "22 Jan 2025",
        "the 22nd of January 2025",
        "22/01/2025",
        "22-Jan-2025",
        "2025/01/22",
    ],
)
def test_every_spelling_of_a_day_is_the_same_day(text: str) -> None:
    """A day is its ordinal, whatever its spelling."""
    claim = only(text)
    assert claim.unit == "day"
    assert claim.low == claim.high == date(2025, 1, 22).toordinal()


def test_day_and_month_come_in_the_order_of_the_country() -> None:
    """03/04/2026 is 4 March in the United States and 3 April in Australia."""
    assert only("03/04/2026", US).low == date(2026, 3, 4).toordinal()
    assert only("03/04/2026", AU).low == date(2026, 4, 3).toordinal()


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("between 22 and 24 January 2025", (2025, 1, 22), (2025, 1, 24), "day"),
        ("in March 2026", (2026, 3, 1), (2026, 3, 31), "month"),
        ("in Q1 2026", (2026, 1, 1), (2026, 3, 31), "quarter"),
        ("in 2026", (2026, 1, 1), (2026, 12, 31), "year"),
    ],
)
def test_a_span_of_days_is_read(
    text: str, low: tuple[int, int, int], high: tuple[int, int, int], unit: str
) -> None:
    """A month, a quarter, a year and a range are their first and last day."""
    claim = only(text)
    assert claim.unit == unit
    assert claim.low == date(*low).toordinal()
    assert claim.high == date(*high).toordinal()


def test_two_days_joined_by_and_are_two() -> None:
    """The words "May 19 and 20" name two days, not the time between them."""
    assert [claim.low for claim in find_claims("on May 19 and 20, 2024", US)] == [
        date(2024, 5, 19).toordinal(),
        date(2024, 5, 20).toordinal(),
    ]


def test_tomorrow_needs_today() -> None:
    """A relative date is a word until today is known."""
    assert only("tomorrow").unit == "relative"
    known = only("tomorrow", Facts(today=date(2026, 3, 31)))
    assert known.low == date(2026, 4, 1).toordinal()


def test_next_friday_may_be_either() -> None:
    """Said on a Wednesday, "next Friday" is in two days or in nine."""
    claim = only("next Friday", Facts(today=date(2026, 11, 25)))
    assert claim.low == date(2026, 11, 27).toordinal()
    assert claim.high == date(2026, 12, 4).toordinal()


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("INV-50711", "reference", "INV-50711"),
        ("order #W2378156", "reference", "W2378156"),
        ("customer cus_1002", "reference", "CUS_1002"),
        ("item 9523456873 (blue)", "reference", "9523456873"),
        ("version 2.3", "version", "2.3"),
        ("v1.2.3", "version", "1.2.3"),
        ("https://help.acme.example/export?a=1.", "url", "help.acme.example/export?a=1"),
        ("see help.acme.example/export", "url", "help.acme.example/export"),
        ("Help@Acme.example", "email", "help@acme.example"),
        ("+61 2 9999 9999", "phone", "+61299999999"),
        ("(555) 010-0199", "phone", "5550100199"),
        ("within a few seconds", "duration", "few second"),
    ],
)
def test_a_name_is_read(text: str, kind: str, key: str) -> None:
    """A link, an address, a version or a reference has a canonical spelling."""
    claim = only(text)
    assert (claim.kind, claim.key) == (kind, key)


@pytest.mark.parametrize(
    "text",
    [
        "This is one of the best, and no one minds.",
        "1. Open the board",
        "We answer 24/7.",
        "Step 2: save",
        "Once a one-time code came",
        "How can I help you today?",
        "Please hold on for a moment.",
        "a -> b",
        "You may march on.",
        "I will try that.",
        "the last four digits",
    ],
)
def test_what_is_no_value_is_not_found(text: str) -> None:
    """Pronouns, numbering and idioms are no values."""
    assert find_claims(text, US) == ()


def test_the_first_number_takes_the_noun_of_the_second() -> None:
    """Seats are counted both times in "12 of your 15 seats"."""
    found = find_claims("You use 12 of your 15 seats.", US)
    assert [str(claim.low) for claim in found] == ["12", "15"]
    assert [claim.unit for claim in found] == ["seat", "seat"]


def test_a_date_with_a_time_is_both() -> None:
    """An ISO date-time is a date and a time in its zone."""
    day, time = find_claims("2024-05-15T13:00:00Z", US)
    assert (day.kind, time.kind, time.unit) == ("date", "time", "UTC")
    assert time.low == Decimal(13 * 60)


def test_pounds_are_money_only_where_pounds_are_spent() -> None:
    """A weight in the United States, "50 pounds" is money in Britain."""
    assert only("50 pounds").kind == "quantity"
    assert only("50 pounds", Facts(locale="en-GB")).unit == "GBP"


def test_the_bounding_words_are_inside_the_claim() -> None:
    """Offsets take in the words that bound the value, and its unit."""
    text = "You get up to 10 GB free."
    claim = only(text)
    assert text[claim.start : claim.end] == "up to 10 GB"


def test_an_invisible_character_breaks_a_number() -> None:
    """A zero-width space inside "100" leaves no claim of a hundred."""
    found = find_claims("1\u200b00 projects", US)
    assert all(claim.low != Decimal(100) for claim in found)


@pytest.mark.parametrize("text", ["x" * (MAX_TEXT + 1), "7 " * (MAX_CLAIMS + 1)])
def test_too_much_text_is_refused(text: str) -> None:
    """Text too long, or with too many values, is never read in part."""
    with pytest.raises(TextTooLongError):
        find_claims(text, US)
