"""The built-in answers of the double."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.testing.answers import Answer, answer_named, example_of, follow_schema
from firstline.testing.schema_rules import check_schema

LEAVES = st.one_of(
    st.sampled_from(
        [{"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}]
    ),
    st.builds(
        lambda values: {"type": "string", "enum": values},
        st.lists(st.text(max_size=8), min_size=1, max_size=3, unique=True),
    ),
    st.just({"type": ["string", "null"]}),
    st.just({"const": "fixed"}),
)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda option: {"anyOf": [{"type": "null"}, option]}, inner),
        st.builds(_object, st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)),
    ),
    max_leaves=8,
)


def conforms(value: Any, schema: dict[str, Any]) -> bool:
    """Check a value against the part of JSON Schema that these tests use."""
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    if "anyOf" in schema:
        return any(conforms(value, option) for option in schema["anyOf"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return any(_is_of(value, kind, schema) for kind in kinds)


def _is_of(value: Any, kind: str, schema: dict[str, Any]) -> bool:
    if kind == "object":
        properties = schema["properties"]
        return set(value) == set(properties) and all(
            conforms(value[key], properties[key]) for key in properties
        )
    if kind == "array":
        return isinstance(value, list) and all(conforms(item, schema["items"]) for item in value)
    types: dict[str, Any] = {
        "string": str,
        "integer": int,
        "number": int | float,
        "boolean": bool,
        "null": type(None),
    }
    return isinstance(value, types[kind])


@given(SCHEMAS)
def test_the_example_follows_any_schema_the_api_takes(schema: dict[str, Any]) -> None:
    """A made-up answer is valid by the schema it was made from."""
    whole = _object({"answer": schema})
    check_schema(whole, "schema")
    assert conforms(example_of(whole), whole)


def test_references_and_formats_are_followed() -> None:
    """Definitions are looked up, formats give a value of their kind, arrays one item."""
    schema = {
        **_object({"when": {"type": "string", "format": "date"}, "all": {"$ref": "#/$defs/list"}}),
        "$defs": {"list": {"type": "array", "items": {"type": "string", "enum": ["b", "a"]}}},
    }
    assert example_of(schema) == {"when": "2026-01-02", "all": ["b"]}


def test_without_a_schema_the_answer_is_prose() -> None:
    """A request without a schema gets a sentence."""
    assert follow_schema({"messages": []}) == Answer(text="This is an answer of the double.")


def test_a_named_function_is_found_by_its_name_or_its_place() -> None:
    """Registered names and `module:function` both work; anything else says what there is."""
    assert answer_named("schema") is follow_schema
    assert answer_named("firstline.testing.answers:follow_schema") is follow_schema
    with pytest.raises(LookupError, match="schema"):
        answer_named("nobody")


def test_a_forced_tool_is_called_with_a_valid_input() -> None:
    """A forced tool gets a `tool_use` block that fits its input schema."""
    tool = {"name": "look_up", "input_schema": _object({"id": {"type": "integer"}})}
    answer = follow_schema({"tools": [tool], "tool_choice": {"type": "any"}})
    assert isinstance(answer, Answer)
    assert answer.blocks is not None
    assert answer.blocks[0]["input"] == {"id": 1}
    assert answer.stop_reason == "tool_use"
