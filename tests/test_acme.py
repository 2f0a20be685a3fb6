"""The bundled company's tickets end as its expected outcomes allow."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import firstline

ACME = Path(__file__).resolve().parents[1] / "examples" / "acme"
AGREEMENT = 0.82
"""Share of tickets that must end as expected. The rest end more carefully than expected."""


def read(path: Path) -> list[dict[str, Any]]:
    """Return the records of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> dict[str, dict[str, Any]]:
    """Return the results of all of Acme's tickets by id."""
    folder = tmp_path_factory.mktemp("acme")
    company = folder / "acme"
    shutil.copytree(ready_acme, company)
    with firstline.open(company) as desk:
        asyncio.run(desk.run(company / "tickets.jsonl", folder / "out"))
    return {item["id"]: item for item in read(folder / "out" / "results.jsonl")}


@pytest.fixture(scope="module")
def replayed(
    tmp_path_factory: pytest.TempPathFactory, ready_acme: Path
) -> dict[str, dict[str, Any]]:
    """Return the results with a model's part, from the recordings that come with the company."""
    folder = tmp_path_factory.mktemp("replayed")
    company = folder / "acme"
    shutil.copytree(ready_acme, company)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTLINE_MODEL_PROVIDER", "recorded")
        with firstline.open(company) as desk:
            asyncio.run(desk.run(company / "tickets.jsonl", folder / "out"))
    return {item["id"]: item for item in read(folder / "out" / "results.jsonl")}


EXPECTED = {item["id"]: item for item in read(ACME / "expected.jsonl")}


@pytest.mark.parametrize("way", ["ended", "replayed"])
def test_nothing_is_sent_that_a_person_should_see(way: str, request: pytest.FixtureRequest) -> None:
    """No reply leaves for a ticket whose expected outcomes do not contain `sent`."""
    wrong = [
        key
        for key, item in request.getfixturevalue(way).items()
        if item["outcome"] == "sent" and "sent" not in EXPECTED[key]["outcome"]
    ]
    assert wrong == []


def test_the_recordings_answer_every_question(replayed: dict[str, dict[str, Any]]) -> None:
    """Prompts and recordings belong together: `python -m benchmarks.record` renews them."""
    hops = [hop["result"] for item in replayed.values() for hop in item["hops"] if hop["model"]]
    assert hops
    assert not [result for result in hops if "not_recorded" in result]


def test_a_third_of_the_tickets_needs_no_model(replayed: dict[str, dict[str, Any]]) -> None:
    """At least 35 of 100 end without one (R2.1); and what models cost stays below a cent each."""
    without = [item for item in replayed.values() if not any(hop["model"] for hop in item["hops"])]
    assert len(without) >= 0.35 * len(replayed)
    assert max(item["cost_usd"] for item in replayed.values()) < 0.01


def test_what_is_sent_rests_on_the_right_article(ended: dict[str, dict[str, Any]]) -> None:
    """A reply that quotes articles quotes one of those that answer the ticket."""
    for key, item in ended.items():
        wanted = EXPECTED[key].get("article")
        passages = {
            evidence.rpartition("#")[0]
            for sentence in item["sentences"]
            for evidence in sentence["evidence"]
            if "#" in evidence
        }
        if item["outcome"] == "sent" and wanted and passages:
            assert passages & set(wanted), key


def test_most_tickets_end_as_expected_and_every_outcome_is_seen(
    ended: dict[str, dict[str, Any]],
) -> None:
    """The demo shows every outcome, and those who wrote the expectations mostly agree with it."""
    assert set(ended) == set(EXPECTED)
    agreed = sum(item["outcome"] in EXPECTED[key]["outcome"] for key, item in ended.items())
    assert agreed / len(ended) >= AGREEMENT
    assert {item["outcome"] for item in ended.values()} == {"sent", "clarify", "review", "escalate"}


def test_requests_for_a_person_and_risks_are_honoured(ended: dict[str, dict[str, Any]]) -> None:
    """Tickets that may only be escalated are never answered, asked back, or queued as drafts."""
    only = [key for key, item in EXPECTED.items() if item["outcome"] == ["escalate"]]
    assert only
    assert {ended[key]["outcome"] for key in only} == {"escalate"}
