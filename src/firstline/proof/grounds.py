"""A sentence proven in the way its kind says, by the evidence it names. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import assert_never

from firstline.proof.proofs import Gap, How, SentenceProof, Support
from firstline.proof.quotes import is_source_line, quotation
from firstline.proof.sentences import plain
from firstline.proof.templates import is_filling, slots
from firstline.proof.values import values
from firstline.records import Evidence, EvidenceId, Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a company's own reply may rest on."""

    evidence: Mapping[EvidenceId, Evidence]
    """What the product held when the reply was written."""
    courtesies: Collection[str]
    """The only lines that may be said without evidence, made `plain`."""
    questions: Collection[str]
    """The only questions that may be asked without a model's check, made `plain`."""
    greeting: str
    """The company's greeting, with `{name}` where a name may stand."""


def own_way(sentence: Sentence, grounds: Grounds) -> SentenceProof:
    """Return the proof of a sentence in the way of its kind, or why there is none.

    Gap codes: `unknown_evidence`, `no_evidence`, `internal`, `not_quoted`, `cut_quote`,
    `not_filled`, `courtesy`, `question`, `question_states_value`, `not_computed`.
    """
    cited = [grounds.evidence[key] for key in sentence.evidence if key in grounds.evidence]
    how: How = sentence.kind
    if len(cited) != len(sentence.evidence):
        return _lacking(how, "unknown_evidence", "it names evidence that was not collected")
    match sentence.kind:
        case "quote":
            return _quote(sentence, cited)
        case "record":
            return _record(sentence, cited, grounds.greeting)
        case "courtesy":
            if plain(sentence.text) in grounds.courtesies:
                return SentenceProof(how=how)
            return _lacking(how, "courtesy", "it is no agreed courtesy line")
        case "question":
            if plain(sentence.text) not in grounds.questions:
                return _lacking(how, "question", "it is no agreed question")
            if values(sentence.text):
                detail = "a question may not state a value"
                return _lacking(how, "question_states_value", detail)
            return SentenceProof(how=how)
        case "computed":
            detail = "no computation was recorded that could be done again"
            return _lacking(how, "not_computed", detail)
        case _:
            assert_never(sentence.kind)


def _lacking(how: How, code: str, detail: str) -> SentenceProof:
    return SentenceProof(how=how, gaps=(Gap(code=code, detail=detail),))


def _quote(sentence: Sentence, cited: list[Evidence]) -> SentenceProof:
    if not cited:
        return _lacking("quote", "no_evidence", "a quote names no evidence")
    for item in cited:
        if item.audience == "internal":
            return _lacking("quote", "internal", "internal text may not reach a customer")
        if item.kind not in ("passage", "policy"):
            continue
        if is_source_line(sentence.text, item):
            return SentenceProof(how="quote", supports=(Support(evidence=item.id),))
        place = quotation(sentence.text, item.text)
        if place is not None:
            start, end = place
            return SentenceProof(
                how="quote", supports=(Support(evidence=item.id, start=start, end=end),)
            )
        if plain(sentence.text).rstrip(".!?") in plain(item.text):
            detail = "it is cut out of a sentence, which may say something else as a whole"
            return _lacking("quote", "cut_quote", detail)
    detail = "its words are not, whole and in order, in the evidence it names"
    return _lacking("quote", "not_quoted", detail)


def _record(sentence: Sentence, cited: list[Evidence], greeting: str) -> SentenceProof:
    records = [item for item in cited if item.kind == "record"]
    if len(records) != 1:
        detail = "a record sentence must rest on exactly one record"
        return _lacking("record", "no_evidence", detail)
    record = records[0]
    fields = dict(record.fields)
    lines = tuple(
        line for item in cited if item.kind == "policy" for line in item.text.splitlines()
    )
    template = next((line for line in lines if is_filling(sentence.text, (line,), fields)), "")
    name = (fields.get("name", "").split() or [""])[0]
    if not template and name and "{name}" in greeting:
        template = "{name}" if sentence.text == greeting.replace("{name}", name) else ""
    if template:
        shown = tuple(Support(evidence=record.id, field=path) for path in slots(template))
        return SentenceProof(how="record", supports=shown)
    return _lacking("record", "not_filled", "it is none of the company's filled sentences")
