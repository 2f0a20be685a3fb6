"""What a writer is told when it is asked to mend its unproven sentences."""

from __future__ import annotations

from firstline.pipeline.repairing import LISTED_CHARACTERS, unproven_problem
from firstline.records import Finding

SEEN = "<e1> Exports\nAn export takes 5 minutes.\nsentences: exports take 9 minutes"


def problem(*findings: Finding) -> str:
    """Return what is said, for a draft whose second line is the model's first sentence."""
    return str(unproven_problem(findings, {1: 0, 2: 2}, SEEN))


def block(detail: str, *, sentence: int | None = 1, code: str = "wrong_number") -> Finding:
    """Return a finding against a sentence."""
    return Finding(check="proof", result="block", detail=detail, code=code, sentence=sentence)


def test_each_sentence_is_named_by_its_place_in_the_answer() -> None:
    """Number, code in words, and detail."""
    said = problem(block("it says 9 minutes"), block("", sentence=2, code=""))
    assert "sentences[0] (wrong number: it says 9 minutes)" in said
    assert "sentences[2] (not shown)" in said
    assert "leave it out" in said


def test_what_the_model_never_saw_is_not_told() -> None:
    """A figure, an id or a quotation from elsewhere stays out; the code is said alone."""
    for detail in (
        "export-pdf#3 says otherwise",
        "the record says 4711",
        "the evidence has “within a day”",
    ):
        assert "sentences[0] (wrong number)" in problem(block(detail))


def test_findings_of_other_lines_are_not_told() -> None:
    """What code added, what passed, and what is about no sentence is not the model's to mend."""
    passed = Finding(check="proof", result="pass", detail="", sentence=2)
    said = problem(block("", sentence=0), block("", sentence=None), passed)
    assert "sentences[" not in said


def test_it_stays_short() -> None:
    """However long the details are."""
    many = [block(f"it is wrong {'very ' * 50}", sentence=at % 2 + 1) for at in range(60)]
    assert len(problem(*many)) < LISTED_CHARACTERS + 200
