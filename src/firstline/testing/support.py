"""A support agent of straw: answers Firstline's own prompts as a careful model might.

It quotes the first whole sentences of the first passage, hands over when there is none, and takes
the first intent it is offered when it is asked to route. As a judge it says honestly whether the
evidence has the words and figures of a sentence. It reads no meaning; it makes the way of
a ticket run with a double, so that everything but the wording is exercised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import re2

from firstline.claude.excerpts import topics
from firstline.claude.sections import decode
from firstline.proof.sentences import units
from firstline.testing.answers import Answer, register, schema_of

_KNOWLEDGE = re2.compile(r"(?s)<knowledge>\n(.*?)\n</knowledge>")
_EVIDENCE = re2.compile(r"(?s)<evidence>\n(.*?)\n</evidence>")
_SENTENCES = re2.compile(r"(?s)<sentences>\n(.*?)\n</sentences>")
_JUDGED = re2.compile(r"(?m)^<(s\d+)>$")
_FIGURE = re2.compile(r"\d+")
_PIECE = re2.compile(r"(?m)^<(e\d+)>.*$")
_INTENT = re2.compile(r"(?m)^- ([^:\n]+)")
QUOTED = 2
"""Units of the passage that are quoted."""
HELD = 0.75
"""Share of a sentence's words that evidence must have to say it, for the judge of straw."""


@register("support")
def answer_ticket(body: Mapping[str, Any]) -> Answer:
    """Answer a request by the schema it came with: a route, or a reply."""
    schema = schema_of(body) or {}
    properties = schema.get("properties", {})
    if "intent" in properties:
        said = _route(body, properties["intent"]["enum"])
    elif asks_judge(body):
        said = _judgement(_prompt(body))
    else:
        said = _reply(_prompt(body))
    return Answer(text=json.dumps(said, ensure_ascii=False))


def asks_judge(body: Mapping[str, Any]) -> bool:
    """Whether a request asks for a judgement: for faults that are meant for the judge alone."""
    return "claims" in (schema_of(body) or {}).get("properties", {})


def _route(body: Mapping[str, Any], intents: list[str]) -> dict[str, Any]:
    system = body.get("system", "")
    text = system if isinstance(system, str) else "\n".join(part["text"] for part in system)
    listed = (match.group(1) for match in _INTENT.finditer(text))
    chosen = next((name for name in listed if name in intents), intents[0])
    return {"intent": chosen, "confidence": "high", "several": False}


def _prompt(body: Mapping[str, Any]) -> str:
    content = body["messages"][0]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", "") for block in content)


def _reply(prompt: str) -> dict[str, Any]:
    found = _KNOWLEDGE.search(prompt)
    piece = _first_piece(found.group(1)) if found else None
    if piece is None:
        return _said("escalate", [], "low", "there is no knowledge to answer from")
    label, text = piece
    quoted = [unit.text for unit in units(text)][:QUOTED]
    sentences = [{"text": text, "kind": "quote", "evidence": [label]} for text in quoted]
    return _said("answer", sentences, "high", f"{label} answers this")


def _first_piece(knowledge: str) -> tuple[str, str] | None:
    return next(iter(_pieces(_PIECE, knowledge).items()), None)


def _pieces(head: Any, text: str) -> dict[str, str]:
    """Return what stands below each head of a section, by the head's label."""
    heads = list(head.finditer(text))
    ends = [*(found.start() for found in heads[1:]), len(text)]
    return {
        found.group(1): decode(text[found.end() : end].strip())
        for found, end in zip(heads, ends, strict=True)
    }


def _judgement(prompt: str) -> dict[str, Any]:
    shown, asked = _EVIDENCE.search(prompt), _SENTENCES.search(prompt)
    evidence = _pieces(_PIECE, shown.group(1)) if shown else {}
    sentences = _pieces(_JUDGED, asked.group(1)) if asked else {}
    return {"claims": [_claim(label, text, evidence) for label, text in sentences.items()]}


def _claim(label: str, sentence: str, evidence: Mapping[str, str]) -> dict[str, str]:
    """Judge a sentence as one claim, by whether the evidence has its figures and most words."""
    figures, said = set(_FIGURE.findall(sentence)), topics(sentence)
    every = "\n".join(evidence.values())
    shared = said & topics(every)
    best = max(evidence, key=lambda key: len(said & topics(evidence[key])), default="")
    if figures <= set(_FIGURE.findall(every)) and len(shared) >= HELD * len(said) and best:
        return {"sentence": label, "claim": sentence, "verdict": "supported", "evidence": best}
    return {"sentence": label, "claim": sentence, "verdict": "not_mentioned", "evidence": ""}


def _said(
    action: str, sentences: list[dict[str, Any]], confidence: str, reason: str
) -> dict[str, Any]:
    return {
        "action": action,
        "sentences": sentences,
        "confidence": confidence,
        "reason": reason,
        "commitments": [],
        "language": "en",
    }
