"""Measuring how well personal data is found, on marked texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firstline.errors import InputError
from firstline.evals.pii import Mark, PiiCase, evaluate_pii, kind_of, read_pii_cases


def a_case(text: str, *marks: tuple[str, str]) -> PiiCase:
    """Return a text with the places of these words marked."""
    return PiiCase(
        text=text,
        marks=tuple(
            Mark(type=kind, start=text.index(word), end=text.index(word) + len(word))
            for kind, word in marks
        ),
    )


def test_recall_and_precision_by_type() -> None:
    """A mark counts when all of it is covered; what is found elsewhere counts against."""
    report = evaluate_pii(
        [
            a_case("Card 4111 1111 1111 1111", ("CREDIT_CARD", "4111 1111 1111 1111")),
            a_case("Card 4111 1111 1111 1112 x", ("CREDIT_CARD", "4111 1111 1111 1112 x")),
            a_case("Write to jo@acme.example, Jo", ("PERSON", "Jo")),
        ]
    )
    card, email = report.per_type["card"], report.per_type["email"]
    assert (card.marked, card.covered, card.found, card.right) == (2, 1, 2, 2)
    assert (card.recall, card.precision) == (0.5, 1.0)
    assert (email.marked, email.found, email.right) == (0, 1, 0)
    assert (email.recall, email.precision) == (None, 0.0)
    assert report.ignored == {"PERSON": 1}
    assert json.loads(json.dumps(report.as_json()))["per_type"]["card"]["recall"] == 0.5


@pytest.mark.parametrize(
    ("name", "kind"),
    [("US_SSN", "ssn"), ("phone", "phone"), ("EMAIL_ADDRESS", "email"), ("GPE", None)],
)
def test_types_of_data_sets_and_our_own(name: str, kind: str | None) -> None:
    """Both names of a type are understood; what is not looked for is ignored."""
    assert kind_of(name) == kind


def test_cases_are_read(tmp_path: Path) -> None:
    """One object a line."""
    path = tmp_path / "cases.jsonl"
    span = {"type": "PHONE_NUMBER", "start": 5, "end": 17, "text": "905-674-3793"}
    path.write_text(json.dumps({"text": "Call 905-674-3793", "spans": [span]}) + "\n")
    (case,) = read_pii_cases(path)
    assert case.marks == (Mark(type="PHONE_NUMBER", start=5, end=17),)
    assert evaluate_pii([case]).per_type["phone"].recall == 1.0


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"text": "a", "spans": [{"type": "X", "start": 0, "end": 9}]}',
        '{"text": "a", "spans": [{"type": "X", "start": 1, "end": 1}]}',
        '{"text": "a", "spans": "none"}',
        "[]",
    ],
)
def test_a_wrong_case_is_named(tmp_path: Path, line: str) -> None:
    """The error says the line and the shape, never the text."""
    path = tmp_path / "cases.jsonl"
    path.write_text('{"text": "a", "spans": []}\n' + line)
    with pytest.raises(InputError) as error:
        read_pii_cases(path)
    assert error.value.place.line == 2
