"""A support agent of straw: answers Firstline's own prompts as a careful model might.

It quotes the first whole sentences of the first passage, hands over when there is none, and takes
the first intent it is offered when it is asked to route. It reads no meaning; it makes the way of
a ticket run with a double, so that everything but the wording is exercised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import re2

from firstline.claude.sections import decode
from firstline.proof.sentences import units
from firstline.testing.answers import Answer, register, schema_of

_KNOWLEDGE = re2.compile(r"(?s)<knowledge>\n(.*?)\n</knowledge>")
_PIECE = re2.compile(r"(?m)^<(e\d+)>.*$")
_INTENT = re2.compile(r"(?m)^- ([^:\n]+)")
QUOTED = 2
"""Units of the passage that are quoted."""


@register("support")
def answer_ticket(body: Mapping[str, Any]) -> Answer:
    """Answer a request by the schema it came with: a route, or a reply."""
    schema = schema_of(body) or {}
    properties = schema.get("properties", {})
    if "intent" in properties:
        said = _route(body, properties["intent"]["enum"])
    else:
        said = _reply(_prompt(body))
    return Answer(text=json.dumps(said, ensure_ascii=False))


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
    heads = list(_PIECE.finditer(knowledge))
    if not heads:
        return None
    end = heads[1].start() if len(heads) > 1 else len(knowledge)
    return heads[0].group(1), decode(knowledge[heads[0].end() : end].strip())


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
