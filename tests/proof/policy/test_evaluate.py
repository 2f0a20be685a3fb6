"""Conditions decide; what cannot be told is told apart from what does not hold."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.policy.evaluate import decide, later
from firstline.proof.policy.facts import Facts, largest_amount, tree_of
from firstline.workspace.policy_language import parse
from firstline.workspace.policy_rules import BusinessHours
from firstline.workspace.policy_values import Span
from firstline.workspace.record_fields import flatten

RECORD = {
    "plan": "Team",
    "critical": False,
    "seats": {"used": 12, "included": 15},
    "billing": {
        "cycle": "monthly",
        "next": {"date": "2026-06-03", "amount": "A$135.00"},
        "odd": "03/04/2026",
        "invoices": [
            {"id": "I-1", "date": "2026-04-03", "amount": "A$120.00", "status": "paid"},
            {"id": "I-2", "date": "2026-05-03", "amount": "A$135.00", "status": "past due"},
        ],
        "notes": [{"by": "ann"}, {"at": "2026-01-01"}],
    },
}
FACTS = Facts(
    record=tree_of(flatten(RECORD)),
    ticket={"intent": "refund", "amount": "A$1,250"},
    today=date(2026, 5, 10),
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("plan == team", "yes"),
        ("plan != Team", "no"),
        ("plan in [Free, Team]", "yes"),
        ("critical == false", "yes"),
        ("critical == no", "yes"),
        ("seats.used < seats.included", "yes"),
        ("seats.used == 12", "yes"),
        ("seats.used == 12.0", "yes"),
        ("billing.cycle > 3", "unclear"),
        ("billing.next.amount > A$100", "yes"),
        ("billing.next.amount > $100", "yes"),
        ("billing.next.amount > 100", "yes"),
        ("billing.next.amount > EUR 100", "unclear"),
        ("billing.next.amount == EUR 135", "no"),
        ("amount(billing.next.amount) == 135", "yes"),
        ("days_since(billing.invoices.last.date) == 7", "yes"),
        ("days_until(billing.next.date) == 24", "yes"),
        ("days_since(plan) == 7", "unclear"),
        ("billing.invoices.last.date within 7 days", "yes"),
        ("billing.invoices.last.date within 6 days", "no"),
        ("billing.invoices.last.date within 5 business days", "yes"),
        ("billing.invoices.last.date within 4 business days", "no"),
        ("billing.next.date within 30 days", "no"),
        ("billing.next.date within the next 1 month", "yes"),
        ("billing.odd within 30 days", "unclear"),
        ("billing.next.date > today", "yes"),
        ("billing.invoices.count == 2", "yes"),
        ("billing.payments.count == 0", "yes"),
        ("billing.invoices.first.id == I-1", "yes"),
        ("billing.invoices[1].id == I-2", "yes"),
        ("billing.invoices[9].id == I-2", "missing"),
        ("billing.invoices.any.status == 'past due'", "yes"),
        ("billing.invoices.all.status == paid", "no"),
        ("billing.notes.any.by == ann", "yes"),
        ("billing.notes.all.by == ann", "missing"),
        ("billing.invoices.status == paid", "missing"),
        ("billing.invoices == paid", "unclear"),
        ("region == AU", "missing"),
        ("not region == AU", "missing"),
        ("region exists", "no"),
        ("not region exists", "yes"),
        ("region == AU and plan == Free", "no"),
        ("region == AU or plan == Team", "yes"),
        ("region == AU or billing.odd within 3 days", "unclear"),
        ("region == AU and plan == Team", "missing"),
        ("ticket.amount >= A$1,000", "yes"),
        ("ticket.intent in [refund]", "yes"),
        ("ticket.channel == email", "missing"),
        ("today > 2026-05-09", "yes"),
    ],
)
def test_a_condition_is_decided(text: str, answer: str) -> None:
    """Values compare as what they are, and what is not there is missing."""
    assert decide(parse(text), FACTS) == answer


def test_without_a_record_nothing_about_it_can_be_told() -> None:
    """Only `exists` knows the answer then."""
    nobody = Facts(today=date(2026, 5, 10))
    assert decide(parse("plan == Team"), nobody) == "missing"
    assert decide(parse("billing.invoices.count == 0"), nobody) == "missing"
    assert decide(parse("plan exists"), nobody) == "no"


@pytest.mark.parametrize(
    ("day", "span", "end"),
    [
        ("2026-05-08", Span(1, "business day"), "2026-05-11"),
        ("2026-05-08", Span(2, "business day"), "2026-05-13"),
        ("2026-01-31", Span(1, "month"), "2026-02-28"),
        ("2024-02-29", Span(1, "year"), "2025-02-28"),
        ("2026-05-08", Span(2, "week"), "2026-05-22"),
        ("9999-12-01", Span(9999, "year"), "9999-12-31"),
        ("9999-12-01", Span(9999, "business day"), "9999-12-31"),
    ],
)
def test_a_span_later(day: str, span: Span, end: str) -> None:
    """Business days skip weekends and holidays; a month ends on its last day."""
    hours = BusinessHours(holidays=frozenset({date(2026, 5, 12)}))
    assert later(date.fromisoformat(day), span, hours) == date.fromisoformat(end)


def test_the_largest_amount_of_a_message_is_found() -> None:
    """Of several amounts the largest counts; a message without one has none."""
    assert largest_amount("I paid $20 and then A$1,250.00, not EUR 300.") == "A$1,250.00"
    assert largest_amount("I paid twenty. \ud800") == ""


FIELD = st.dictionaries(st.text("ab.[]01", max_size=8), st.text(max_size=8), max_size=6)


@given(
    FIELD, st.sampled_from(["a.any.b == 1", "a.count > 0", "a.last.b within 3 days", "a[0] exists"])
)
def test_no_record_breaks_a_condition(fields: dict[str, str], text: str) -> None:
    """However odd a record is, a condition has one of four answers."""
    facts = Facts(record=tree_of(tuple(fields.items())), today=date(2026, 5, 10))
    assert decide(parse(text), facts) in ("yes", "no", "missing", "unclear")
