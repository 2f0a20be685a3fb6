"""The operations as people read them: rows for a page, from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firstline.web.api.openapi import METHODS
from firstline.web.api.problems import TITLES

_NAME = "#/components/schemas/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A parameter or a field."""

    name: str
    kind: str
    needed: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status and what it means."""

    status: str
    words: str
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An object that is sent or answered."""

    name: str
    words: str
    fields: tuple[Row, ...]
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something that can be asked."""

    id: str
    tag: str
    method: str
    path: str
    title: str
    words: str
    needs_key: bool
    parameters: tuple[Row, ...]
    shapes: tuple[Shape, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """A kind of error."""

    code: str
    status: int
    title: str


def problems_of() -> tuple[Error, ...]:
    """Return every kind of error by its code."""
    return tuple(
        Error(code=code, status=status, title=title) for code, (status, title) in TITLES.items()
    )


def operations_of(written: Mapping[str, Any]) -> tuple[Operation, ...]:
    """Return the operations of an OpenAPI document, in its order."""
    schemas = written["components"]["schemas"]
    return tuple(
        _operation(path, method, methods[method], schemas)
        for path, methods in written["paths"].items()
        for method in METHODS
        if method in methods
    )


def _operation(
    path: str, method: str, said: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Operation:
    body = said.get("requestBody", {}).get("content", {})
    sent = [content["schema"] for content in body.values()]
    told = [
        content["schema"]
        for status, answer in said["responses"].items()
        if status.startswith("2")
        for kind, content in answer.get("content", {}).items()
        if kind == "application/json"
    ]
    return Operation(
        id=said["operationId"],
        tag=(said.get("tags") or ["Other"])[0],
        method=method.upper(),
        path=path,
        title=said.get("summary", ""),
        words=said.get("description", ""),
        needs_key=bool(said.get("security")),
        parameters=tuple(
            Row(
                name=item["name"],
                kind=f"{item['in']}, {_kind(item['schema'])}",
                needed=bool(item.get("required")),
                words=item.get("description", ""),
            )
            for item in said.get("parameters", ())
        ),
        shapes=tuple(
            _shape(name, schemas[name])
            for schema in [*sent, *told]
            for name in _names(schema, schemas)
        ),
        answers=tuple(
            Answer(
                status=status,
                words=answer.get("description", ""),
                shape=", ".join(answer.get("content", {})),
            )
            for status, answer in said["responses"].items()
        ),
    )


def _names(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[str]:
    """Return the objects that a schema names, those of a choice each by itself."""
    found = [item.removeprefix(_NAME) for item in _references(schema)]
    return [
        inner
        for name in found
        for inner in ([name] if "properties" in schemas[name] else _names(schemas[name], schemas))
    ]


def _references(schema: Mapping[str, Any]) -> list[str]:
    if "$ref" in schema:
        return [schema["$ref"]]
    choices = schema.get("oneOf") or schema.get("anyOf") or ()
    return [item["$ref"] for item in choices if "$ref" in item]


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    needed = schema.get("required", ())
    examples = schema.get("examples") or ()
    return Shape(
        name=name,
        words=schema.get("description", ""),
        fields=tuple(
            Row(
                name=field,
                kind=_kind(said),
                needed=field in needed,
                words=said.get("description", ""),
            )
            for field, said in schema["properties"].items()
        ),
        example=json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else "",
    )


def _kind(schema: Mapping[str, Any]) -> str:
    """Return what kind of value a schema asks for, in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_NAME)
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if choices:
        return " or ".join(_kind(item) for item in choices)
    if "enum" in schema:
        return " | ".join(str(item) or "(empty)" for item in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}" if "items" in schema else "list"
    kind = str(schema.get("format") or schema.get("type", "any"))
    if "maxLength" in schema:
        return f"{kind}, at most {schema['maxLength']:,} characters"
    return kind
