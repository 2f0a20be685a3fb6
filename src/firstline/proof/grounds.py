"""Is a sentence proven by the evidence it names? One function a sentence kind; all pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import assert_never

from firstline.proof.quotes import is_source_line, quoted_units
from firstline.proof.sentences import plain
from firstline.proof.templates import is_filling
from firstline.proof.values import values
from firstline.records import Evidence, EvidenceId, Sentence


def unproven(
    sentence: Sentence,
    evidence: Mapping[EvidenceId, Evidence],
    *,
    courtesies: Collection[str],
    questions: Collection[str],
    greeting: str,
) -> str:
    """Return why a sentence is not proven, or nothing when it is.

    Args:
        sentence: The sentence, with the evidence it claims to rest on.
        evidence: What the product held when the reply was written.
        courtesies: The only lines that may be said without evidence, made `plain`.
        questions: The only questions that may be asked without a model's check, made `plain`.
        greeting: The company's greeting, with `{name}` where a name may stand.
    """
    cited = [evidence[key] for key in sentence.evidence if key in evidence]
    if len(cited) != len(sentence.evidence):
        return "it names evidence that was not collected"
    match sentence.kind:
        case "quote":
            return _quote(sentence, cited)
        case "record":
            return _record(sentence, cited, greeting)
        case "courtesy":
            return "" if plain(sentence.text) in courtesies else "it is no agreed courtesy line"
        case "question":
            if plain(sentence.text) not in questions:
                return "it is no agreed question"
            return "" if not values(sentence.text) else "a question may not state a value"
        case "computed":
            return "no computation was recorded that could be done again"
        case _:
            assert_never(sentence.kind)


def _quote(sentence: Sentence, cited: list[Evidence]) -> str:
    if not cited:
        return "a quote names no evidence"
    for item in cited:
        if item.audience == "internal":
            return "internal text may not reach a customer"
        if item.kind not in ("passage", "policy"):
            continue
        if quoted_units(sentence.text, item.text) or is_source_line(sentence.text, item):
            return ""
    return "its words are not, whole and in order, in the evidence it names"


def _record(sentence: Sentence, cited: list[Evidence], greeting: str) -> str:
    records = [item for item in cited if item.kind == "record"]
    if len(records) != 1:
        return "a record sentence must rest on exactly one record"
    fields = dict(records[0].fields)
    lines = tuple(
        line for item in cited if item.kind == "policy" for line in item.text.splitlines()
    )
    if is_filling(sentence.text, lines, fields):
        return ""
    name = (fields.get("name", "").split() or [""])[0]
    if name and "{name}" in greeting and sentence.text == greeting.replace("{name}", name):
        return ""
    return "it is none of the company's sentences filled from this record"
