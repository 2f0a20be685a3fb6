"""The JSON schemas a model's answers must follow, within what the API accepts.

Every object is closed and every property required; there are no unions, ranges, lengths or
recursion, which the API would refuse or not enforce. The order of keys never changes, because a
changed schema is compiled anew and loses the prompt cache. What a schema cannot say (how many
sentences, which labels) `answers.py` checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from firstline.records import Confidence, DraftAction, SentenceKind

NO_INTENT = "none"
"""What a router says when no candidate fits."""
OFFERED: tuple[SentenceKind, ...] = ("quote", "record", "computed", "question")
"""What a writer may say. Courtesies are added by code."""
_TEXT: Mapping[str, Any] = {"type": "string"}


def _closed(**properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _one_of(words: Sequence[str]) -> Mapping[str, Any]:
    return {"enum": list(words)}


def _list(items: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "array", "items": items}


ANSWER_SCHEMA: Mapping[str, Any] = _closed(
    action=_one_of(get_args(DraftAction)),
    sentences=_list(_closed(text=_TEXT, kind=_one_of(OFFERED), evidence=_list(_TEXT))),
    confidence=_one_of(get_args(Confidence)),
    reason=_TEXT,
    commitments=_list(_TEXT),
    language=_TEXT,
)
"""A writer's answer; the same for every ticket, so that it is compiled once.

It is charged with every ticket, so it is as short as it can be: a commitment is one text, `who |
what | by when`, because an object of three keys would cost as much as a sentence of evidence.
"""


def route_schema(candidates: Sequence[str]) -> Mapping[str, Any]:
    """Return the schema of a router's answer.

    Args:
        candidates: The names of the intents it may choose from. Their order does not matter:
            the same names always give the same schema.
    """
    return _closed(
        intent=_one_of([*sorted(set(candidates) - {NO_INTENT}), NO_INTENT]),
        confidence=_one_of(get_args(Confidence)),
        several={"type": "boolean"},
    )
