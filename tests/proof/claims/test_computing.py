"""Values worked out again: accepted when the computation is the evidence, else not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from firstline.proof.claims import Computation, Facts, compute, find_claims

US = Facts()
TODAY = date(2025, 1, 16)


def worked_out(
    value: str,
    sentence: str,
    evidence: str,
    *,
    nearby: str = "",
    records: Sequence[int] = (),
    holidays: frozenset[date] = frozenset(),
) -> Computation | None:
    """Return how the value that a sentence spells so follows from an evidence's values."""
    made = next(c for c in find_claims(sentence, US) if value in sentence[c.start : c.end])
    held = find_claims(evidence, US)
    return compute(
        made, sentence, held, TODAY, nearby=nearby, records=records, holidays=holidays, facts=US
    )


REFUND = "Refund issued 15 January 2025. Refunds take 5-7 business days."


@pytest.mark.parametrize(
    "sentence",
    [
        "It arrives between 22 and 24 January.",
        "It arrives between 22 and 24 January 2025.",
        "You will have it by 24 January.",
        "You will have it by January 24th, 2025.",
    ],
)
def test_business_days_make_a_range_of_dates(sentence: str) -> None:
    """15 January 2025 and 5 to 7 business days is 22 to 24 January."""
    found = worked_out("24", sentence, REFUND)
    assert found is not None
    assert found.formula == "15 Jan 2025 + 5 to 7 business days = 22 Jan 2025 to 24 Jan 2025"
    assert found.inputs == (0, 1)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("22", "You will have it by January 22nd."),
        ("22", "You will have it on 22 January."),
        ("24", "You will have it on 24 January."),
        ("23", "It arrives by 23 January 2025."),
        ("22", "It arrives between 20 and 22 January."),
    ],
)
def test_the_early_end_of_a_range_is_no_promise(value: str, sentence: str) -> None:
    """The promise "by January 22nd" does not follow from 5 to 7 business days."""
    assert worked_out(value, sentence, REFUND) is None


def test_a_holiday_is_no_business_day() -> None:
    """A holiday moves the deadline."""
    holidays = frozenset({date(2025, 1, 20)})
    assert worked_out("27", "By 27 January.", REFUND, holidays=holidays) is not None
    assert worked_out("24", "By 24 January.", REFUND, holidays=holidays) is None


@pytest.mark.parametrize(
    ("value", "sentence", "evidence"),
    [
        ("2 June", "The window ends on 2 June 2026.", "Bought 3 May 2026. Within 30 days."),
        ("29 February", "By 29 February 2024.", "Since 31 January 2024. 1 month."),
        ("Wednesday", "It was Wednesday 15 January 2025.", "15 January 2025"),
        ("14 days", "The charges are 14 days apart.", "1 March 2025, 15 March 2025"),
        ("$119.00", "$99.00 and $20.00 come to $119.00 in total.", "$99.00. $20.00"),
        ("$79.00", "After $20.00 the difference is $79.00.", "$99.00. $20.00"),
        ("$297", "For 3 seats that is $297 in total.", "$99 per seat"),
        ("$9.90", "10% of $99 is $9.90.", "$99. 10%"),
        ("$89.10", "With 10% off $99.00 you pay $89.10.", "$99.00. A discount of 10%"),
        ("$16", "The unused 16 days are worth $16 as a prorated credit.", "$31 per month"),
        ("3 seats", "You use 12 of 15 seats, so 3 seats are left.", "12 seats, 15 seats"),
        ("over 24 hours", "Booked 3 January 2025, over 24 hours ago.", "3 January 2025"),
    ],
)
def test_a_value_is_worked_out(value: str, sentence: str, evidence: str) -> None:
    """Dates, weekdays, sums, differences, products, percentages and parts are done again."""
    assert worked_out(value, sentence, evidence) is not None


@pytest.mark.parametrize(
    ("value", "sentence", "evidence"),
    [
        ("Thursday", "It was Thursday 15 January 2025.", "15 January 2025"),
        ("3 days", "The charges are 3 days apart.", "1 March 2025, 15 March 2025"),
        ("$120.00", "$99.00 and $20.00 come to $120.00 in total.", "$99.00. $20.00"),
        ("$119.00", "The plan costs $119.00.", "$99.00. $20.00"),
        ("$298", "For 3 seats that is $298 in total.", "$99 per seat"),
        ("€119", "€119 in total with the fee.", "$99. $20"),
        ("$99.50", "10% of $99 is $99.50.", "$99. 10%"),
        ("over 24 hours", "Booked 15 January 2025, over 24 hours ago.", "15 January 2025"),
    ],
)
def test_a_wrong_value_is_not_worked_out(value: str, sentence: str, evidence: str) -> None:
    """A wrong result, or one that nothing says is a result, is refused."""
    assert worked_out(value, sentence, evidence) is None


def test_amounts_of_different_records_are_not_added() -> None:
    """Two charges of two customers make no total, unless the reply names both."""
    evidence = "$99.00. $20.00"
    sentence = "You paid $119.00 in total."
    assert worked_out("$119.00", sentence, evidence, records=(1, 1)) is not None
    assert worked_out("$119.00", sentence, evidence, records=(1, 2)) is None
    named = "You paid $99.00 and then $20.00."
    assert worked_out("$119.00", sentence, evidence, nearby=named, records=(1, 2)) is not None


def test_an_amount_said_later_is_no_input() -> None:
    """Two invented amounts cannot prove each other."""
    assert worked_out("$500", "That is $500 in total with $300 and $200.", "$200") is None
