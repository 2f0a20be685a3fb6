"""The OpenAPI document: FastAPI's, with what it cannot know about our bodies and errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from firstline.web.api.problems import MEDIA, TITLES, Problem

MARK: Final = "x-firstline"
METHODS: Final = ("get", "post", "put", "patch", "delete")
WITH_BODY: Final = (400, 413, 415, 422)
WITH_KEY: Final = (401, 403, 429, 503)
FIRST_ERROR: Final = 400
_REFERENCE: Final = "#/components/schemas/{model}"
_MODELS: Final[dict[str, type[BaseModel]]] = {"Problem": Problem}
_WORDS: Final = {
    status: "; ".join(title for held, title in TITLES.values() if held == status)
    for status in sorted({status for status, _ in TITLES.values()})
}
DESCRIPTION: Final = (
    "Send customers' messages and get replies whose every sentence is proven. A key is made under "
    "Settings → API keys and sent as `Authorization: Bearer fl_…`. Errors are problem details "
    "(RFC 9457) with a `code`. Times are in UTC, RFC 3339."
)


def described(
    *problems: int,
    body: type[BaseModel] | None = None,
    events: type[BaseModel] | None = None,
    replays: bool = False,
) -> dict[str, Any]:
    """Return what the document says of an operation beyond what FastAPI knows.

    Args:
        problems: Statuses of the errors it may give, besides those that its kind always may.
        body: What it reads.
        events: The data of the server-sent events it answers with.
        replays: Whether it takes an Idempotency-Key.
    """
    for model in (body, events):
        if model is not None:
            _MODELS[model.__name__] = model
    return {
        MARK: {
            "problems": list(problems),
            "body": body.__name__ if body else "",
            "events": events.__name__ if events else "",
            "replays": replays,
        }
    }


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the application; made once."""
    held: dict[str, Any] | None = getattr(app.state, "openapi", None)
    if held is None:
        held = app.state.openapi = _made(app)
    return held


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title="Firstline",
        version=app.version,
        summary="Support answers with proof",
        description=DESCRIPTION,
        routes=app.routes,
        tags=[
            {"name": "Tickets", "description": "Sending messages, and what becomes of them."},
            {"name": "Decisions", "description": "What people decide about tickets."},
            {"name": "Service", "description": "The service itself."},
        ],
        servers=[{"url": "/", "description": "This server"}],
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for operation in operations(made):
        _complete(operation)
    _, definitions = models_json_schema(
        [
            (model, "serialization" if name in ("Problem", "EventTold") else "validation")
            for name, model in _MODELS.items()
        ],
        ref_template=_REFERENCE,
    )
    schemas.update(definitions["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return made


def operations(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every operation of a document."""
    for path in made["paths"].values():
        for method in METHODS:
            if method in path:
                yield path[method]


def _complete(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    more = operation.pop(MARK, None)
    if more is not None:
        _complete_ours(operation, more)
    for status in [*responses]:
        if status.isdigit() and int(status) >= FIRST_ERROR:
            words = responses[status].get("description", "")
            responses[status] = _problem(int(status), words)


def _complete_ours(operation: dict[str, Any], more: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    statuses = {*more["problems"]}
    if more["body"]:
        statuses.update(WITH_BODY)
        reference = {"$ref": _REFERENCE.format(model=more["body"])}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": reference}},
        }
    if operation.get("security"):
        statuses.update(WITH_KEY)
    if more["replays"]:
        statuses.update((400, 409, 422))
        responses["202"]["headers"] = _HEADERS
    if more["events"]:
        reference = {"$ref": _REFERENCE.format(model=more["events"])}
        responses["200"]["content"] = {"text/event-stream": {"schema": _event(reference)}}
    for status in sorted(statuses):
        responses[str(status)] = {}


_HEADERS: Final = {
    "Location": {
        "description": "Where the ticket is; not when a person's reply was noted.",
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "`true` when this is the answer to an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}


def _event(reference: dict[str, str]) -> dict[str, Any]:
    """Return the schema of each server-sent event, as OpenAPI 3.1 has it."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": reference}
    return {
        "type": "object",
        "properties": {"event": {"enum": ["progress", "ended"]}, "data": data},
        "required": ["event", "data"],
    }


def _problem(status: int, words: str) -> dict[str, Any]:
    return {
        "description": _WORDS.get(status, words) or words,
        "content": {MEDIA: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}},
    }
