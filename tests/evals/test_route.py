"""Measuring a classifier."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from firstline.errors import InputError
from firstline.evals.route import (
    RouteCase,
    calibration_error,
    coverage_at,
    evaluate_route,
    read_route_cases,
)
from firstline.routing import Classifier

EXAMPLES = [
    ("How do I export my board?", "export_data"),
    ("Download all cards as CSV", "export_data"),
    ("I forgot my password", "reset_password"),
    ("Please reset my login password", "reset_password"),
]
CLASSIFIER = Classifier.fit(EXAMPLES, None)


def cases(*pairs: tuple[str, str]) -> list[RouteCase]:
    """Return pairs of text and label as cases."""
    return [RouteCase(text=text, label=label) for text, label in pairs]


def test_cases_are_read(tmp_path: Path) -> None:
    """Each line is a case; empty lines and further fields do not matter."""
    path = tmp_path / "cases.jsonl"
    path.write_text('{"text": "a", "label": "x", "id": 1}\n\n{"text": "", "label": " oos "}\n')
    assert read_route_cases(path) == tuple(cases(("a", "x"), ("", "oos")))


@pytest.mark.parametrize(
    "line",
    ["nonsense", "[]", '{"text": "a"}', '{"text": 1, "label": "x"}', '{"text": "a", "label": " "}'],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    """The error says in which file and line the case is wrong, and how to write one."""
    path = tmp_path / "cases.jsonl"
    path.write_text('{"text": "a", "label": "x"}\n' + line)
    with pytest.raises(InputError, match=r"cases\.jsonl:2: this is not a routing case.*label"):
        read_route_cases(path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe"])
def test_a_file_without_cases_is_named(tmp_path: Path, content: bytes) -> None:
    """Nothing to measure is an error, not a score."""
    path = tmp_path / "cases.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cases\.jsonl"):
        read_route_cases(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that is not there is reported as the user wrote it."""
    with pytest.raises(InputError, match=r"absent\.jsonl: the cases cannot be read"):
        read_route_cases(tmp_path / "absent.jsonl")


def test_right_and_wrong_are_counted() -> None:
    """Accuracy and F1 count in-scope cases, n counts all, and the report is JSON."""
    report = evaluate_route(
        CLASSIFIER,
        None,
        cases(
            ("export the board", "export_data"),
            ("download cards", "export_data"),
            ("reset password", "reset_password"),
            ("password forgotten", "export_data"),
            ("penguins on the moon", "oos"),
        ),
    )
    assert report.n == 5
    assert report.accuracy == 0.75
    assert report.per_intent["export_data"].recall == pytest.approx(2 / 3)
    assert report.per_intent["export_data"].precision == 1.0
    assert report.per_intent["reset_password"].precision == 0.5
    assert report.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert report.oos_auroc == 1.0
    assert report.unknown_labels == {}
    written = json.loads(json.dumps(report.as_json()))
    assert written["per_intent"]["export_data"]["n"] == 3
    figures = "n accuracy ece oos_auroc macro_f1 coverage_at_95 p50_ms p99_ms cpu_ms per_intent"
    assert set(written) >= set(figures.split())


def test_without_out_of_scope_cases_there_is_no_auroc() -> None:
    """A figure over no case is null, not zero."""
    report = evaluate_route(CLASSIFIER, None, cases(("export", "export_data")))
    assert report.as_json()["oos_auroc"] is None
    alone = evaluate_route(CLASSIFIER, None, cases(("penguins", "oos")))
    assert alone.accuracy is alone.ece is alone.macro_f1 is alone.coverage_at_95 is None


def test_a_label_the_company_lacks_counts_as_wrong() -> None:
    """Labels that are not intents are named and lower the accuracy."""
    report = evaluate_route(
        CLASSIFIER, None, cases(("export", "export_data"), ("refund", "refund"), ("pay", "refund"))
    )
    assert report.unknown_labels == {"refund": 2}
    assert report.accuracy == pytest.approx(1 / 3)


def test_labels_of_another_company_are_an_error() -> None:
    """When no label is known the file is the wrong one."""
    with pytest.raises(InputError, match=r"none of the cases' labels.*refund"):
        evaluate_route(CLASSIFIER, None, cases(("a", "refund")))


def test_no_cases_are_an_error() -> None:
    """An empty list is refused."""
    with pytest.raises(InputError, match="no routing cases"):
        evaluate_route(CLASSIFIER, None, [])


def test_calibration_error_is_the_gap() -> None:
    """Certainty of 0.9 that is right half of the time is off by 0.4; honest certainty by 0."""
    right = np.array([True, False] * 10)
    assert calibration_error(np.full(20, 0.9), right) == pytest.approx(0.4)
    assert calibration_error(np.full(20, 0.5), right) == pytest.approx(0.0)
    assert calibration_error(np.ones(3), np.ones(3, dtype=bool)) == 0.0


def test_coverage_is_the_largest_accurate_share() -> None:
    """Cases count from the most probable on, and equal probabilities stay together."""
    sure = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, True, False])
    assert coverage_at(0.95, sure, right) == 0.75
    assert coverage_at(0.75, sure, right) == 1.0
    assert coverage_at(0.95, np.full(4, 0.5), right) == 0.0
