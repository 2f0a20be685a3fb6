"""What the API takes as the JSON schema of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from firstline.testing.fields import refuse

MOST_OPTIONAL, MOST_UNIONS = 24, 16
TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
FORMATS = frozenset(
    "date-time time date duration email hostname uri ipv4 ipv6 uuid".split(),
)
ANYWHERE = frozenset(
    {"type", "description", "title", "enum", "const", "default", "$ref", "$defs", "definitions"}
    | {"anyOf", "allOf", "$schema", "$id", "examples"}
)
OBJECTS = frozenset({"properties", "$defs", "definitions"})
LISTS = frozenset({"required", "enum", "anyOf", "allOf"})
BY_TYPE: Mapping[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "minItems"}),
    "string": frozenset({"format", "pattern"}),
}


@dataclass(slots=True)
class _Count:
    where: str
    optional: int = 0
    unions: int = 0
    followed: list[str] = field(default_factory=list)


def check_schema(schema: Any, where: str) -> None:
    """Check a schema, with everything in it.

    Raises:
        ApiError: 400, in the API's words.
    """
    if not isinstance(schema, dict):
        raise refuse(where, "Input should be a valid dictionary")
    seen = _Count(where)
    _check(schema, seen)
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    for definition in definitions.values():
        _check(definition, seen)
    for name in definitions:
        _check_recursion(name, definitions, (), where)
    if seen.optional > MOST_OPTIONAL:
        raise refuse(
            "",
            f"Schemas contains too many optional parameters ({seen.optional}), which would make "
            "grammar compilation inefficient. Reduce the number of optional parameters in your "
            f"schemas (limit: {MOST_OPTIONAL}).",
        )
    if seen.unions > MOST_UNIONS:
        raise refuse(
            "",
            f"Schemas contains too many parameters with union types ({seen.unions} parameters with "
            "type arrays or anyOf), which would make grammar compilation inefficient (limit: "
            f"{MOST_UNIONS}).",
        )


def _check(schema: Any, seen: _Count) -> None:
    _check_form(schema, seen.where)
    if "$ref" in schema:
        _check_reference(schema["$ref"], seen.where)
        return
    for key in ("anyOf", "allOf"):
        for option in schema.get(key) or ():
            _check(option, seen)
    if "anyOf" in schema or isinstance(schema.get("type"), list):
        seen.unions += 1
    kinds = schema.get("type")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        _check_kind(kind, schema, seen)


def _check_form(schema: Any, where: str) -> None:
    """Check that the keywords hold values of the right JSON types."""
    invalid = "JSON schema is invalid. It must match JSON Schema draft 2020-12"
    if not isinstance(schema, dict):
        raise refuse(where, invalid)
    for keys, kind in ((OBJECTS, dict), (LISTS, list)):
        for key in keys & schema.keys():
            if not isinstance(schema[key], kind):
                raise refuse(where, f"{invalid}: '{key}'")
    if any(not isinstance(name, str) for name in schema.get("required", ())):
        raise refuse(where, f"{invalid}: 'required'")
    kinds = schema.get("type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    if any(kind is not None and not isinstance(kind, str) for kind in listed):
        raise refuse(where, f"{invalid}: 'type'")
    if not schema.get("enum", [0]) or not schema.get("anyOf", [0]):
        raise refuse(where, f"{invalid}: an empty list of options")


def _check_reference(target: Any, where: str) -> None:
    if not str(target).startswith("#/"):
        raise refuse(where, f"External $ref is not supported: {target}")


def _check_kind(kind: Any, schema: Mapping[str, Any], seen: _Count) -> None:
    where = seen.where
    if kind is None:
        if not {"enum", "const", "anyOf", "allOf"} & schema.keys():
            raise refuse(where, "Schema must have a 'type', 'enum', 'const', '$ref' or 'anyOf'")
        return
    if kind not in TYPES:
        raise refuse(where, f"Invalid schema type: {kind}")
    unsupported = sorted(schema.keys() - ANYWHERE - BY_TYPE.get(kind, frozenset()))
    if isinstance(schema.get("type"), list):
        every = frozenset[str]().union(*BY_TYPE.values())
        unsupported = sorted(schema.keys() - ANYWHERE - every)
    if unsupported:
        raise refuse(
            where, f"For '{kind}' type, properties {', '.join(unsupported)} are not supported"
        )
    if kind == "object":
        _check_object(schema, seen)
    if kind == "array":
        _check_array(schema, seen)
    if kind == "string" and schema.get("format", "date") not in FORMATS:
        raise refuse(where, f"String format '{schema['format']}' is not supported")


def _check_object(schema: Mapping[str, Any], seen: _Count) -> None:
    if schema.get("additionalProperties") is not False:
        raise refuse(
            seen.where, "For 'object' type, 'additionalProperties' must be explicitly set to false"
        )
    properties = schema.get("properties") or {}
    required = schema.get("required") or []
    if unknown := [name for name in required if name not in properties]:
        raise refuse(seen.where, f"required property '{unknown[0]}' is not in properties")
    seen.optional += len(properties) - len(set(required))
    for value in properties.values():
        _check(value, seen)


def _check_array(schema: Mapping[str, Any], seen: _Count) -> None:
    if schema.get("minItems", 0) not in (0, 1):
        raise refuse(
            seen.where,
            "For 'array' type, 'minItems' values other than 0 or 1 are not supported",
        )
    if "items" in schema:
        _check(schema["items"], seen)


def _check_recursion(
    name: str, definitions: Mapping[str, Any], above: tuple[str, ...], where: str
) -> None:
    if name in above:
        raise refuse(where, f"Circular reference detected in schema definitions: {name}")
    for target in _references(definitions.get(name)):
        if target in definitions:
            _check_recursion(target, definitions, (*above, name), where)


def _references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        own = [str(schema["$ref"]).rsplit("/", 1)[-1]] if "$ref" in schema else []
        return own + [one for value in schema.values() for one in _references(value)]
    if isinstance(schema, list):
        return [one for value in schema for one in _references(value)]
    return []
