"""Flattened customer fields, slots, and which fields a need covers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.workspace import covers, flatten, slots_of
from firstline.workspace.record_fields import (
    MAXIMUM_FIELDS,
    FieldPaths,
    display,
    has_broken_slot,
    leaves,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=20,
)


def test_a_record_is_flattened_in_order() -> None:
    """Lists are counted from zero; empty values have no field."""
    record = {
        "id": "R-1",
        "billing": {"invoices": [{"amount": "$9.00"}, {"amount": None}], "tags": []},
        "active": True,
        "note": "",
        "address": "1 Long\n  Road",
        "broken\ud800\0": "a\x1b[1m\udfffb",
    }
    assert flatten(record) == (
        ("id", "R-1"),
        ("billing.invoices[0].amount", "$9.00"),
        ("active", "yes"),
        ("address", "1 Long Road"),
        ("broken", "a[1mb"),
    )


def test_deep_and_wide_records_are_bounded() -> None:
    """Depth costs no stack, and a record cannot have endless fields."""
    deep: dict[str, Any] = {}
    for _ in range(50_000):
        deep = {"a": deep} if len(deep) < 2 else deep
    assert len(list(leaves(deep))) == 1
    with pytest.raises(ValueError, match="more than 50,000"):
        flatten({"a": ["x"] * (MAXIMUM_FIELDS + 1)})


@given(record=st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_every_value_has_exactly_one_field(record: dict[str, Any]) -> None:
    """Flattening loses and invents nothing but empty values."""

    def count(value: Any) -> int:
        if isinstance(value, dict):
            return sum(map(count, value.values()))
        if isinstance(value, list):
            return sum(map(count, value))
        return bool(display(value))

    assert len(flatten(record)) == count(record)


@pytest.mark.parametrize(
    ("need", "path", "covered"),
    [
        ("plan", "plan", True),
        ("plan", "plans", False),
        ("plan", "planet.name", False),
        ("billing", "billing.next.amount", True),
        ("billing", "billing[0].amount", True),
        ("billing.next", "billing.nextinvoice", False),
        ("accounts.status", "accounts[1].status", True),
        ("accounts.status", "accounts[1].statusline", False),
        ("accounts[0]", "accounts[0].status", True),
        ("accounts[0]", "accounts[01].status", False),
        ("accounts[0].status", "accounts[1].status", False),
        ("", "plan", False),
    ],
)
def test_what_a_need_covers(need: str, path: str, *, covered: bool) -> None:
    """A need covers whole path segments, with or without list positions."""
    assert covers(need, path) is covered


def test_slots() -> None:
    """Slots are what stands in braces; a stray brace is broken."""
    assert slots_of("{plan} until {billing.next[0].date}.") == ("plan", "billing.next[0].date")
    assert not has_broken_slot("{plan} and {name}")
    for broken in ("{plan", "plan}", "{}", "{ plan}", "{a{b}}"):
        assert has_broken_slot(broken)


def test_field_paths_allow_what_may_come() -> None:
    """A slot may name a field below an empty one, but not an unknown one."""
    fields = FieldPaths()
    fields.add({"plan": "A", "refund": None, "orders": []})
    assert fields.allows_slot("plan")
    assert fields.allows_slot("refund.amount")
    assert fields.allows_slot("orders[0].id")
    assert not fields.allows_slot("plan.name")
    assert not fields.allows_slot("price")
    assert fields.allows_need("refund")
    assert not fields.allows_need("price")
    assert list(fields) == ["plan"]
