"""What the double answers: plain text, or JSON that follows the schema it was asked for.

A caller gives its own function (`ClaudeDouble(answer=...)`), or registers one by a name that
`--answer` of the command takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

DEEPEST = 12
"""Levels of a schema that are followed; what nests deeper is left empty."""
THOUGHT = "The question is read, and what is asked for is written."
FORMATS = {
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
PLAIN = {"integer": 1, "number": 0.5, "boolean": True, "null": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model says, before it is put on the wire."""

    text: str = ""
    stop_reason: str = ""
    """Empty: `end_turn`, or `max_tokens` when the text does not fit."""
    stop_sequence: str | None = None
    stop_details: Mapping[str, Any] | None = None
    thinking: str | None = None
    """What is thought before the text; empty: nothing; None: as the model is wont."""
    model: str = ""
    """The name that is echoed; empty: the model's."""
    blocks: tuple[Mapping[str, Any], ...] | None = None
    """The content as it goes out, instead of the text."""
    output_tokens: int | None = None
    """None: estimated."""


AnswerFunction = Callable[[Mapping[str, Any]], str | Answer]
"""From a request's JSON body (with `model`) to the answer."""

_REGISTERED: dict[str, AnswerFunction] = {}


def register(name: str) -> Callable[[AnswerFunction], AnswerFunction]:
    """Register an answer function under a name."""

    def keep(function: AnswerFunction) -> AnswerFunction:
        _REGISTERED[name] = function
        return function

    return keep


def answer_named(name: str) -> AnswerFunction:
    """Return a registered function, or the one at `package.module:function`.

    Raises:
        LookupError: There is none of this name.
    """
    if name in _REGISTERED:
        return _REGISTERED[name]
    module, colon, attribute = name.partition(":")
    if not colon:
        raise LookupError(f"no answer function is called {name!r}: use {', '.join(_REGISTERED)}")
    function: AnswerFunction = getattr(import_module(module), attribute)
    return function


def schema_of(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the JSON schema a request asks its answer to follow."""
    wanted = (body.get("output_config") or {}).get("format")
    return wanted["schema"] if isinstance(wanted, Mapping) else None


@register("schema")
def follow_schema(body: Mapping[str, Any]) -> Answer:
    """Answer with the least that is valid: by the schema, by a forced tool, or in plain words."""
    tool = _forced_tool(body)
    if tool is not None:
        block = {
            "type": "tool_use",
            "id": "toolu_01" + "A" * 22,
            "name": tool["name"],
            "input": example_of(tool.get("input_schema", {"type": "object"})),
            "caller": {"type": "direct"},
        }
        return Answer(blocks=(block,), stop_reason="tool_use")
    schema = schema_of(body)
    if schema is None:
        return Answer(text="This is an answer of the double.")
    return Answer(text=json.dumps(example_of(schema), ensure_ascii=False))


def _forced_tool(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    choice = body.get("tool_choice") or {}
    tools = [tool for tool in body.get("tools") or () if "input_schema" in tool]
    if choice.get("type") == "any" and tools:
        return dict(tools[0])
    if choice.get("type") == "tool":
        return next((dict(tool) for tool in tools if tool.get("name") == choice.get("name")), None)
    return None


def example_of(schema: Mapping[str, Any]) -> Any:
    """Return the plainest value a JSON schema allows: first enum values, one item an array."""
    return _example(schema, schema.get("$defs") or schema.get("definitions") or {}, "value", 0)


def _example(schema: Any, definitions: Mapping[str, Any], name: str, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return None
    if "$ref" in schema:
        target = definitions.get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
        return _example(target, definitions, name, depth + 1)
    for key in ("const", "enum"):
        if key in schema:
            return schema[key] if key == "const" else schema[key][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return _example(_pick(schema[key]), definitions, name, depth + 1)
    return _example_of_type(schema, definitions, name, depth)


def _pick(options: Any) -> Any:
    """Return the first option that is not null."""
    return next((one for one in options if one.get("type") != "null"), options[0])


def _example_of_type(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], name: str, depth: int
) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind == "object":
        return {
            key: _example(value, definitions, key, depth + 1)
            for key, value in (schema.get("properties") or {}).items()
        }
    if kind == "array":
        return [_example(schema.get("items", {}), definitions, name, depth + 1)]
    if kind == "string":
        return FORMATS.get(schema.get("format", ""), f"Some {name}.")
    return PLAIN.get(kind)
