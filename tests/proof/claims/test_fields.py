"""Fields of records and JSON are read with the units their paths give."""

from __future__ import annotations

import json

import pytest

from firstline.proof.claims import Facts, field_claims, find_claims, json_fields, supports

US = Facts()


def proves(field: tuple[str, str], made: str) -> bool:
    """Whether a field fully proves the last value of a text."""
    claim = find_claims(made, US)[-1]
    return any(supports(held, claim) for _, held in field_claims([field], US))


@pytest.mark.parametrize(
    ("path", "value", "made"),
    [
        ("seats.used", "12", "12 seats"),
        ("price", "342.81", "$342.81"),
        ("invoice.amount", "A$180.00", "A$180.00"),
        ("invoice.amount_cents", "18000", "$180.00"),
        ("created_at", "2024-05-15T13:00:00Z", "15 May 2024"),
        ("trial_days", "14", "14 days"),
        ("limits.storage_gb", "10", "10 GB"),
        ("discount_percent", "5", "5%"),
        ("card.last_four", "4421", "ending in 4421"),
        ("order_id", "#W2378156", "order W2378156"),
        ("attempts", "3", "three attempts"),
    ],
)
def test_a_field_proves_its_value(path: str, value: str, made: str) -> None:
    """The path of a field is the unit of its number."""
    assert proves((path, value), made)


@pytest.mark.parametrize(
    ("path", "value", "made"),
    [
        ("seats.used", "12", "12 boards"),
        ("price", "342.81", "$342.18"),
        ("trial_days", "14", "14 months"),
        ("created_at", "2024-05-15T13:00:00Z", "16 May 2024"),
    ],
)
def test_a_field_proves_nothing_else(path: str, value: str, made: str) -> None:
    """Another number, or the same of another thing, is not proven."""
    assert not proves((path, value), made)


def test_a_list_proves_how_many_it_has() -> None:
    """Three items under `orders` prove "3 orders"."""
    fields = [("orders.0.id", "A1"), ("orders.1.id", "A2"), ("orders.2.id", "A3")]
    (made,) = find_claims("3 orders", US)
    assert any(supports(held, made) for _, held in field_claims(fields, US))


def test_json_becomes_fields() -> None:
    """Keys and values come out as paths, numbers as they were written, in order."""
    text = '{"items": [{"price": 1.50}, {"name": "x"}], "ok": true, "none": null}'
    assert json_fields(text) == (
        ("items.0.price", "1.50"),
        ("items.1.name", "x"),
        ("ok", "yes"),
        ("none", ""),
    )


def test_a_key_that_is_an_id_is_a_value_as_well() -> None:
    """The id that a mapping is keyed by can be found."""
    fields = json_fields('{"variants": {"9523456873": {"price": 3}}}')
    assert fields == (("variants", "9523456873"), ("variants.9523456873.price", "3"))


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "{broken",
        "[" * 1000 + "]" * 1000,
        json.dumps(list(range(6000))),
        json.dumps({"a": "x" * 300_000}),
        '"only text"',
        "",
    ],
)
def test_json_that_is_none_or_too_much_is_not_read(text: str) -> None:
    """Broken, deep, long or wide JSON is refused whole."""
    assert json_fields(text) is None
