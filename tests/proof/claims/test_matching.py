"""What evidence proves of what a reply says: equal forms do, different values never."""

from __future__ import annotations

import pytest

from firstline.proof.claims import Claim, Facts, best_fit, find_claims, fit, supports

US = Facts()
AU = Facts(locale="en-AU")


def claim(text: str, facts: Facts = US) -> Claim:
    """Return the one claim of a text."""
    (found,) = find_claims(text, facts)
    return found


@pytest.mark.parametrize(
    ("held", "made"),
    [
        ("5-7 business days", "five to seven business days"),
        ("5-7 business days", "5 to 7 working days"),
        ("5–7 business days", "within 5-7 business days"),
        ("within 5-7 business days", "5-7 business days"),
        ("5-7 business days", "within 7 business days"),
        ("5-7 business days", "at least 5 business days"),
        ("$99 a month", "99 USD per month"),
        ("$99/mo", "$99.00 monthly"),
        ("$8 per user per month", "$8/month per user"),
        ("24 hours", "1 day"),
        ("14 days", "two weeks"),
        ("a fortnight", "14 days"),
        ("two (2) days", "2 days"),
        ("two and a half hours", "2.5 hours"),
        ("takes an hour and a half", "takes 90 minutes"),
        ("takes half an hour", "30 min"),
        ("between one and two weeks", "1-2 weeks"),
        ("three-to-five working days", "3 to 5 business days"),
        ("24-48 hours", "1-2 days"),
        ("$10 per user, per month", "$10 per month for each user"),
        ("$99-a-month", "$99 (USD) per month"),
        ("minimum balance of $500", "minimum $500 balance"),
        ("4% p.a.", "4% per annum"),
        ("an APR of 4.5%", "4.5% APR"),
        ("twice a day", "two times per day"),
        ("the first quarter of 2026", "Q1 2026"),
        ("12 noon", "12:00"),
        ("9 am to 5 pm Eastern", "9am-5pm EST"),
        ("12 months", "one year"),
        ("5 %", "five percent"),
        ("up to 10 GB", "10 GB at most"),
        ("10,000 MB", "10 GB"),
        ("no more than 3 attempts", "maximum 3 attempts"),
        ("at least 8 characters", "8 characters or more"),
        ("100 projects", "up to 100 projects"),
        ("15 January 2025", "January 15th, 2025"),
        ("2025-01-15", "15 Jan"),
        ("9 am to 5 pm", "9:00-17:00"),
        ("13:00", "1 pm"),
        ("1,000 boards", "1000 boards"),
        ("a dozen seats", "12 seats"),
        ("gift_card_5309492", "card ending in 9492"),
        ("#W2378156", "order W2378156"),
        ("+61 2 9999 9999", "(02) 9999 9999"),
        ("https://help.acme.example/a/", "help.acme.example/a"),
        ("about 5 days", "approximately 5 days"),
        ("5 days", "about 5 days"),
        ("within a few seconds", "in a few seconds"),
    ],
)
def test_equivalent_forms_prove_each_other(held: str, made: str) -> None:
    """The same value in other words is proven."""
    assert supports(claim(held), claim(made))


@pytest.mark.parametrize(
    ("held", "made"),
    [
        ("within 30 days", "within 60 days"),
        ("up to 10 GB", "over 10 GB"),
        ("up to 10 GB", "at least 10 GB"),
        ("up to 10 GB", "10 GB minimum"),
        ("10 GB", "at least 10 GB"),
        ("10 GB", "more than 10 GB"),
        ("up to 10 GB", "less than 10 GB"),
        ("5-7 business days", "5-7 days"),
        ("5-7 business days", "5 business days"),
        ("5-7 business days", "within 5 business days"),
        ("7 business days", "5-7 business days"),
        ("30 days", "1 month"),
        ("$99 a month", "$99 a year"),
        ("$99 a month", "$89 a month"),
        ("$99 per member", "$99 per board"),
        ("A$99", "US$99"),
        ("€99", "$99"),
        ("5%", "5 percentage points"),
        ("100 projects", "100 boards"),
        ("10 GB", "10 MB"),
        ("15 January 2025", "15 January 2026"),
        ("15 January 2025", "16 January"),
        ("by 15 January 2025", "after 15 January 2025"),
        ("9 am", "9 pm"),
        ("9 am AEST", "9 am PST"),
        ("9 am EST", "9 am EDT"),
        ("5-7 business days", "7-5 days"),
        ("within the $100 allowance", "at least $100"),
        ("minimum balance of $500", "up to $500"),
        ("INV-50711", "INV-50712"),
        ("version 2.3", "version 2.4"),
        ("help@acme.example", "sales@acme.example"),
        ("https://acme.example/a", "https://acme.example/b"),
        ("within a few minutes", "within a few seconds"),
        ("$5-$10", "$5"),
    ],
)
def test_different_values_never_fit(held: str, made: str) -> None:
    """Another value, unit, currency, period or bound is not proven, not even loosely."""
    assert fit(claim(held), claim(made)) is None


@pytest.mark.parametrize(
    ("held", "made", "left_out", "added"),
    [
        ("$99 a month", "$99", ("period",), ()),
        ("$99", "$99 a month", (), ("period",)),
        ("100 projects", "100", ("unit",), ()),
        ("100", "100 projects", (), ("unit",)),
        ("up to 10 GB", "10 GB", ("bound",), ()),
        ("about 5 days", "5 days", ("hedge",), ()),
        ("15 January", "15 January 2025", (), ("year",)),
        ("15 January 2025", "the 15th", ("month",), ()),
        ("9 am AEST", "9 am", ("zone",), ()),
        ("9 am", "9 am AEST", (), ("zone",)),
        ("A$180.00", "$180.00", ("currency",), ()),
        ("usually within 5 days", "within 5 days", ("hedge",), ()),
    ],
)
def test_less_precise_words_fit_loosely(
    held: str, made: str, left_out: tuple[str, ...], added: tuple[str, ...]
) -> None:
    """What is left out or added is named, and is no full proof."""
    found = fit(claim(held), claim(made))
    assert found is not None
    assert (found.left_out, found.added) == (left_out, added)
    assert not supports(claim(held), claim(made))


def test_a_bare_dollar_is_the_country_s() -> None:
    """A US workspace means US dollars by "$99", an Australian one Australian ones."""
    assert supports(claim("99 USD"), claim("$99"))
    assert supports(claim("AUD 99", AU), claim("$99", AU))
    assert supports(claim("$99", AU), claim("A$99", AU))
    assert not supports(claim("99 USD", AU), claim("$99", AU))


def test_a_period_left_out_must_be_clear() -> None:
    """With "$99 a month" and "$99 a year" both held, "$99" says too little."""
    month, year = claim("$99 a month"), claim("$99 a year")
    assert best_fit(claim("$99"), [month]) is not None
    assert best_fit(claim("$99"), [month, year]) is None


def test_the_best_fit_is_the_full_one() -> None:
    """A full fit is preferred to a loose one before it."""
    held = [claim("up to 10 GB"), claim("10 GB")]
    found = best_fit(claim("10 GB"), held)
    assert found is not None
    assert found[0] == 1
    assert found[1].full
