"""The conditions of policies.yaml: what is read, and what is explained."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.workspace.policy_language import DEEPEST, LONGEST, ConditionError, parse
from firstline.workspace.policy_tree import (
    Compare,
    Condition,
    Constant,
    Exists,
    Field,
    Joined,
    Not,
    OneOf,
    Today,
    Within,
    comparisons_of,
    fields_of,
)
from firstline.workspace.policy_values import Money, Span, read_span, read_value

PLAN = Field(("plan",))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("plan == Team", Compare(PLAN, "==", Constant("Team"))),
        ("plan != 'past due'", Compare(PLAN, "!=", Constant("past due"))),
        ("a.b <= 30", Compare(Field(("a", "b")), "<=", Constant(Decimal(30)))),
        ("a.b < c.d", Compare(Field(("a", "b")), "<", Field(("c", "d")))),
        ("x > A$1,200.50", Compare(Field(("x",)), ">", Constant(Money(Decimal("1200.50"), "AUD")))),
        ("x >= 2026-05-01", Compare(Field(("x",)), ">=", Constant(date(2026, 5, 1)))),
        ("due > today", Compare(Field(("due",)), ">", Today())),
        ("plan in [Team, 'B C']", OneOf(PLAN, (Constant("Team"), Constant("B C")))),
        ("plan not in [Team]", Not(OneOf(PLAN, (Constant("Team"),)))),
        ("not plan exists", Not(Exists(PLAN))),
        ("x within 30 days", Within(Field(("x",)), Span(30, "day"), ahead=False)),
        (
            "x within the next 2 business days",
            Within(Field(("x",)), Span(2, "business day"), ahead=True),
        ),
        ("record.plan exists", Exists(PLAN)),
        ("ticket.intent exists", Exists(Field(("intent",), of_ticket=True))),
        ("l.any.s exists", Exists(Field(("l", "any", "s"), "any"))),
        ("l[2].s exists", Exists(Field(("l", 2, "s")))),
    ],
)
def test_a_condition_is_read(text: str, condition: object) -> None:
    """Every form means what the page about policies says."""
    assert parse(text) == condition


def test_and_binds_tighter_than_or() -> None:
    """`a or b and c` is `a or (b and c)`; brackets change that."""
    condition = parse("a exists or b exists and c exists")
    assert isinstance(condition, Joined)
    assert condition.word == "or"
    assert parse("(a exists or b exists) and c exists") != condition


@pytest.mark.parametrize(
    ("text", "column", "problem", "fix"),
    [
        ("", 1, "stands where a value should", "field"),
        ("plan", 5, "compared with nothing", "plan exists"),
        ("plan = Team", 6, "`=` is not understood", "=="),
        ("plan == Team && x == 1", 14, "`&`", "`and`"),
        ("plan == 'Team", 9, "not understood", "Close the quote"),
        ("(plan == Team", 14, "should", "Close the bracket"),
        ("plan == Team x", 14, "follows a whole condition", "`and` or `or`"),
        ("days_sinc(x) < 3", 1, "no function", "`days_since`"),
        ("ticket.chanel == email", 1, "no `chanel`", "`ticket.channel`"),
        ("plan in Team", 9, "should", "list"),
        ("x within 30", 10, "no span of days", "30 days"),
        ("x within 3 hours", 10, "no span of days", "30 days"),
        ("a.any.b.all.c == 1", 1, "more than one of any and all", "first"),
        ("last.x == 1", 1, "does not say of which list", "first"),
        ("a.count.b == 1", 1, "nothing can follow `count`", "first"),
        ("'x' exists", 1, "Only a field", "plan exists"),
        ("exists(plan)", 1, "before its field", "plan exists"),
        ("plan not Team", 6, "after a value", "not in"),
        ("and == 1", 1, "where a value should", "quotes"),
    ],
)
def test_a_mistake_has_a_place_and_a_fix(text: str, column: int, problem: str, fix: str) -> None:
    """The character, what is wrong there and what to write are given."""
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert problem in caught.value.problem
    assert fix in caught.value.fix
    assert caught.value.column == column


def test_what_is_too_long_or_too_deep_is_refused() -> None:
    """A condition is short, and brackets stand inside each other a few times at most."""
    with pytest.raises(ConditionError, match="characters"):
        parse("x" * (LONGEST + 1))
    with pytest.raises(ConditionError, match="brackets"):
        parse("(" * (DEEPEST + 1) + "a exists" + ")" * (DEEPEST + 1))
    with pytest.raises(ConditionError, match="brackets"):
        parse("amount(" * 40 + "a" + ")" * 40 + " == 1")


WORDS = st.sampled_from(
    "plan a.b x.any.y and or not in exists within today ticket.intent ( ) [ ] , == != < <= 30 days "
    "days_since 'a' A$5 2026-01-01 2026-99-99 next business \" & 1,000 . -".split()
)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join)))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever is written is a condition, or a mistake with a place in it."""
    written = text.encode("utf-8", "replace").decode()
    condition = read_or_mistake(written)
    if isinstance(condition, ConditionError):
        assert 1 <= condition.column <= len(written) + 1
        assert condition.problem
        assert condition.fix
    else:
        assert isinstance(fields_of(condition), tuple)
        assert isinstance(comparisons_of(condition), tuple)


def read_or_mistake(text: str) -> Condition | ConditionError:
    """Return what a text means, or what is wrong with it."""
    try:
        return parse(text)
    except ConditionError as error:
        return error


def test_fields_and_comparisons_are_listed() -> None:
    """What a condition names can be checked against the records and the catalogue."""
    condition = parse(
        "not (plan == Team) and days_since(a.last.b) < 3 or plan in [Free] or c exists"
    )
    assert [str(field) for field in fields_of(condition)] == ["plan", "a.last.b", "plan", "c"]
    assert [value for _, value in comparisons_of(condition)] == ["Team", "Free"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A$135.00", Money(Decimal("135.00"), "AUD")),
        ("1,200 EUR", Money(Decimal(1200), "EUR")),
        ("€5", Money(Decimal(5), "EUR")),
        ("-$3", Money(Decimal(-3), "$")),
        ("1,200", Decimal(1200)),
        ("12.5%", Decimal("12.5")),
        ("0", Decimal(0)),
        ("2026-05-03T10:00:00Z", date(2026, 5, 3)),
        ("3 May 2026", date(2026, 5, 3)),
        ("May 3rd, 2026", date(2026, 5, 3)),
        ("03/04/2026", "03/04/2026"),
        ("2026-02-30", "2026-02-30"),
        ("INV 48120", "INV 48120"),
        ("1,2,3", "1,2,3"),
        ("", ""),
    ],
)
def test_a_value_is_what_it_can_only_be(text: str, value: object) -> None:
    """Money, numbers and dates are recognised; what could be two things stays text."""
    assert read_value(text) == value


@given(st.text(max_size=100))
def test_every_text_has_a_value(text: str) -> None:
    """Reading a value or a span never fails."""
    text = text.encode("utf-8", "replace").decode()
    assert read_value(text) is not None
    read_span(text)
