"""Judging replies of other systems."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from firstline.errors import InputError, Place
from firstline.evals import check as module
from firstline.evals.check import Examiner, examine
from firstline.evals.check_cases import case_of, read_check_cases
from firstline.evals.check_subject import subject_of
from firstline.evals.check_summary import summarise
from firstline.proof.checks import CHECKS
from firstline.proof.subject import Check, Subject
from firstline.records import Finding
from firstline.workspace import load

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "acme" / "evals" / "replies.jsonl"
LAMP = "The lamp has two settings. It is sold with a cable of three metres."
OWN = {"kind": "record", "fields": {"id": "c_1", "email": "ida@one.example", "plan": "Basic"}}
OTHER = {"kind": "record", "fields": {"id": "c_2", "email": "bo@two.example", "plan": "Deluxe"}}


def a_row(reply: str = LAMP, **changes: Any) -> dict[str, Any]:
    """Return a case about a lamp."""
    row = {"id": "1", "question": "How is the lamp?", "evidence": [LAMP], "reply": reply}
    return row | changes


def subject(**changes: Any) -> Subject:
    """Return what the checks look at for a case about a lamp."""
    return subject_of(case_of(a_row(**changes), Place()))


def test_a_reply_in_the_words_of_its_evidence_passes() -> None:
    """Every check ran, none blocks, and every sentence says what it rests on."""
    found = examine(a_row())
    assert found.verdict == "pass"
    assert {item.check for item in found.findings} == set(CHECKS)
    line = found.as_json()
    assert [item["text"] for item in line["sentences"]] == list(found.case.reply)
    for sentence in line["sentences"]:
        assert sentence["gaps"] == []
        (support,) = sentence["evidence"]
        assert LAMP[support["start"] : support["end"]] == sentence["text"]


def test_a_reply_that_makes_something_up_is_blocked() -> None:
    """The finding names the sentence, the line says so too."""
    found = examine(a_row("The lamp has two settings. Astronauts use the purple submarine daily."))
    assert found.verdict == "block"
    assert {item.sentence for item in found.findings if item.result == "block"} == {1}
    first, second = found.as_json()["sentences"]
    assert first["how"]
    assert second["how"] is None
    assert second["gaps"]


def test_the_line_has_exactly_the_stable_fields() -> None:
    """Scripts read these names."""
    line = json.loads(examine(a_row("It sinks.")).as_line())
    assert list(line) == ["id", "verdict", "findings", "sentences"]
    assert set(line["findings"][0]) == {
        "check",
        "result",
        "detail",
        "code",
        "sentence",
        "start",
        "end",
    }
    assert list(line["sentences"][0]) == ["text", "how", "evidence", "gaps"]
    assert set(line["sentences"][0]["gaps"][0]) == {"code", "detail", "start", "end"}


def test_a_case_that_is_too_large_is_blocked() -> None:
    """Nothing is looked at; the finding says why."""
    found = examine(a_row("word " * 10_000))
    assert (found.verdict, found.codes) == ("block", ("contract/too_large",))
    assert found.as_json()["sentences"] == []


def test_an_empty_reply_is_blocked() -> None:
    """Silence answers nothing."""
    assert examine(a_row("")).verdict == "block"


@pytest.mark.parametrize("broken", [lambda _subject: 1 // 0, lambda _subject: None])
def test_a_check_that_cannot_run_blocks(monkeypatch: pytest.MonkeyPatch, broken: Check) -> None:
    """A crash and an answer that is none keep the reply from being sent."""
    monkeypatch.setattr(module, "CHECKS", {"proof": broken})
    found = examine(a_row())
    assert (found.verdict, found.codes) == ("block", ("proof/check_failed",))


def test_a_proof_that_cannot_be_shown_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the proofs cannot be made for the report, no sentence is called proven."""

    def crash(_subject: Subject) -> tuple[()]:
        raise ValueError

    monkeypatch.setattr("firstline.evals.check_proofs.prove", crash)
    assert all(proof.gaps for proof in examine(a_row()).proofs)


def test_a_warning_does_not_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and the reply passes."""

    def warns(_subject: Subject) -> tuple[Finding, ...]:
        return (Finding(check="tone", result="warn", detail="curt", code="curt", sentence=0),)

    monkeypatch.setattr(module, "CHECKS", {"tone": warns})
    found = examine(a_row())
    assert (found.verdict, found.codes) == ("pass", ())
    assert found.as_json()["findings"][0]["result"] == "warn"


def test_only_the_named_checks_run() -> None:
    """A name that is no check is an error that lists them."""
    found = Examiner(only=("links",)).examine(case_of(a_row("It sinks."), Place()))
    assert {item.check for item in found.findings} == {"links"}
    with pytest.raises(InputError, match=r"no check spelling.*links"):
        Examiner(only=("spelling",))


def test_a_link_of_the_evidence_may_stand_in_the_reply() -> None:
    """Without a workspace the evidence says which hosts are allowed."""
    text = "See https://lamps.example/care for more."
    given = examine(a_row(text, evidence=[text])).findings
    assert [item.result for item in given if item.check == "links"] == ["pass"]
    foreign = examine(a_row(text, evidence=[LAMP])).findings
    assert [item.result for item in foreign if item.check == "links"] == ["block"]


@pytest.mark.parametrize(
    "customer",
    ["c_1", "ida@one.example", "IDA@one.example", {"id": "c_1"}, {"email": "ida@one.example"}],
)
def test_the_requesters_own_record_is_told_from_others(customer: object) -> None:
    """By id or e-mail address; a record that names nobody is the requester's."""
    made = subject(customer=customer, evidence=[OWN, OTHER, {"fields": {"order": "o_9"}}])
    assert [item.source == made.customer for item in made.evidence] == [True, False, True]


def test_records_are_linked_through_what_they_name() -> None:
    """An order is the requester's when a profile with their address has its user."""
    profile = {"fields": {"user_id": "u_7", "email": "ida@one.example"}}
    own, foreign = ({"fields": {"order": "o", "user_id": name}} for name in ("u_7", "u_8"))
    made = subject(customer="ida@one.example", evidence=[own, profile, foreign])
    assert [item.source == made.customer for item in made.evidence] == [True, True, False]


def test_a_source_like_the_requesters_id_names_an_owner() -> None:
    """`c_2` as source of a record is another customer, `billing` is not."""
    pieces = [{"source": name, "fields": {"plan": "Basic"}} for name in ("c_1", "c_2", "billing")]
    made = subject(customer="c_1", evidence=pieces)
    assert [item.source == made.customer for item in made.evidence] == [True, False, True]


def test_the_only_profile_by_address_is_that_of_a_requester_by_id() -> None:
    """With one such profile it is the requester's; with two, nobody can tell, and none is."""
    ida, bo = ({"fields": {"email": f"{name}@one.example", "x": "y"}} for name in ("ida", "bo"))
    order = {"fields": {"user_id": "u_7"}}
    made = subject(customer="u_7", evidence=[order, ida])
    assert [item.source == made.customer for item in made.evidence] == [True, True]
    made = subject(customer="u_7", evidence=[order, ida, bo])
    assert [item.source == made.customer for item in made.evidence] == [True, False, False]


def test_without_a_requester_no_record_is_anybody_elses() -> None:
    """Nobody can say whose they are, so nothing is held against the reply."""
    made = subject(evidence=[OWN, OTHER])
    assert {item.source for item in made.evidence} == {made.customer}
    assert made.owners("bo@two.example") == frozenset()


def test_identifiers_of_the_records_have_owners() -> None:
    """An address of another customer's record is theirs, the requester's is the requester's."""
    made = subject(customer="c_1", evidence=[OWN, OTHER])
    assert made.owners("ida@one.example") == {made.customer}
    assert made.owners(" BO@two.example,") == {"c_2"}
    assert made.owners("nobody@three.example") == frozenset()


def test_the_record_of_another_customer_is_not_told() -> None:
    """A value that only somebody else's record has is blocked by the check for it."""
    reply = "Your address is bo@two.example."
    found = examine(a_row(reply, customer="c_1", evidence=[OWN, OTHER]))
    assert "customer" in {item.check for item in found.findings if item.result == "block"}


def test_a_workspace_brings_its_rules() -> None:
    """What the company never says is blocked by its policies and by nothing else."""
    phrase = "This is legal advice."
    row = a_row(phrase, evidence=[phrase])
    assert examine(row).verdict == "pass"
    company = load(ROOT / "examples" / "acme")
    assert "forbidden" in {code.partition("/")[0] for code in examine(row, company).codes}


def test_a_customer_of_the_workspace_is_found_by_address() -> None:
    """The company's own file says whose an identifier is."""
    company = load(ROOT / "examples" / "acme")
    case = case_of(a_row(customer="priya@harbourlane.example"), Place())
    made = Examiner(company)
    made_subject = subject_of(case, company, made._customers)  # noqa: SLF001 - what it hands on
    assert made_subject.customer == "cus_1001"
    assert made_subject.owners("tom@beckettjoinery.example") == {"cus_1002"}


def test_replies_are_counted_beside_their_labels() -> None:
    """Precision, recall and false blocks are those of blocking."""
    rows: list[Mapping[str, Any]] = [
        a_row(label="good"),
        a_row("Astronauts use the purple submarine daily.", id="2", label="bad"),
        a_row("Astronauts use the purple submarine daily.", id="3", label="good"),
        a_row(id="4", label="bad"),
        a_row(id="5"),
    ]
    counted = summarise([examine(row) for row in rows])
    assert (counted.n, counted.blocked, counted.labelled) == (5, 2, 4)
    assert (counted.precision, counted.recall, counted.false_block_share) == (0.5, 0.5, 0.5)
    assert (counted.missed, counted.wrongly_blocked) == (("4",), ("3",))
    assert sum(counted.false_by_code.values()) >= 1
    assert json.loads(json.dumps(counted.as_json()))["missed"] == ["4"]


def test_figures_over_nothing_are_absent() -> None:
    """Without labels there is no precision."""
    counted = summarise([examine(a_row())])
    assert (counted.precision, counted.recall, counted.false_block_share) == (None, None, None)


def test_the_sample_replies_are_cases() -> None:
    """The bundled company brings replies of another bot, good and bad."""
    cases = read_check_cases(SAMPLE)
    assert len(cases) >= 12
    assert {case.label for case in cases} == {"pass", "block"}
