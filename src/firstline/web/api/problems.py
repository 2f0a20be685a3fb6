"""Errors as problem details (RFC 9457): what happened, and what the caller can do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from firstline.errors import FirstlineError, InputError, SetupError
from firstline.store.review_records import ReviewRefused

MEDIA: Final = "application/problem+json"
DOCS: Final = "/api/v1/docs"
MOST_ERRORS: Final = 20
LONGEST: Final = 400

TITLES: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        "malformed": (400, "The body is not JSON that can be read"),
        "input": (400, "That cannot be used"),
        "cursor": (400, "The cursor cannot be used"),
        "unauthenticated": (401, "No key, or none of this server"),
        "forbidden": (403, "The key may not do that"),
        "cross_site": (403, "Request from another site"),
        "not_found": (404, "There is nothing here"),
        "method": (405, "This address takes other methods"),
        "id_conflict": (409, "This id belongs to another message"),
        "in_flight": (409, "The same request is being answered"),
        "not_answered": (409, "There is no reply to judge"),
        "not_waiting": (409, "There is nothing to decide"),
        "other_inbox": (409, "This conversation is held elsewhere"),
        "conflict": (409, "That is not possible any more"),
        "too_large": (413, "Request too large"),
        "media_type": (415, "The body is not JSON"),
        "invalid": (422, "Something in it is not right"),
        "key_reused": (422, "This Idempotency-Key belongs to another request"),
        "rate": (429, "Too many requests"),
        "error": (500, "Something went wrong here"),
        "unavailable": (503, "Not now"),
    }
)
"""Every code of ours with its status and title; conflicts about reviews bring their own codes."""
BY_STATUS: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "input",
        401: "unauthenticated",
        403: "forbidden",
        404: "not_found",
        405: "method",
        409: "conflict",
        413: "too_large",
        415: "media_type",
        422: "invalid",
        429: "rate",
        503: "unavailable",
    }
)


class Where(BaseModel):
    """One thing that is wrong with what was sent."""

    where: str = Field(description="The field, as a path: `messages.0.text`.", max_length=200)
    problem: str = Field(description="What is wrong with it.", max_length=LONGEST)


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": f"{DOCS}#not_found",
                    "title": "There is nothing here",
                    "status": 404,
                    "detail": "There is no ticket with this id.",
                    "instance": "/api/v1/tickets/0123456789abcdef0123",
                    "code": "not_found",
                }
            ]
        }
    )

    type: str = Field(description="Where the error is described.")
    title: str = Field(description="What kind of error it is, in words.")
    status: int = Field(description="The HTTP status.", ge=400, le=599)
    detail: str = Field(description="What happened this time, and what to do.")
    instance: str = Field(description="The address that was asked.")
    code: str = Field(description="What kind of error it is, for programs.")
    errors: list[Where] | None = Field(
        default=None, description="Of an invalid body: each thing that is wrong, at most 20."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An error, before it is an answer."""

    status: int
    code: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Where, ...] = ()


class ApiError(HTTPException):
    """An error of the API by its code."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Where] = (),
    ) -> None:
        status, title = TITLES[code]
        self.described = Described(
            status=status,
            code=code,
            title=title,
            detail=detail,
            headers=headers or {},
            errors=tuple(errors[:MOST_ERRORS]),
        )
        super().__init__(status, detail, dict(headers or {}))


def described(error: Exception) -> Described | None:
    """Return what an error is to a program; None where only the log may say."""
    match error:
        case ApiError():
            return error.described
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            code = BY_STATUS.get(error.status_code, "error")
            detail = str(error.detail)
            ended = detail if detail.endswith((".", "…", "?")) else f"{detail}."
            return _plain(code, error.status_code, ended, error.headers or {})
        case ReviewRefused():
            if error.refusal == "unknown":
                detail = "This ticket does not wait for a person, or not any more."
                return _plain("not_waiting", 409, detail)
            return Described(
                status=409,
                code=error.refusal,
                title=TITLES["conflict"][1],
                detail=_sentences(error),
            )
        case InputError():
            return _plain("input", 400, _sentences(error))
        case SetupError():
            detail = "The server cannot reach its database or a folder. Try again later."
            return _plain("unavailable", 503, detail, {"Retry-After": "10"})
        case _:
            return None


def answer(request: Request, found: Described) -> JSONResponse:
    """Return an error as the answer to a request."""
    body = Problem(
        type=f"{DOCS}#{found.code if found.code in TITLES else 'conflict'}",
        title=found.title,
        status=found.status,
        detail=found.detail,
        instance=request.url.path,
        code=found.code,
        errors=list(found.errors) or None,
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        found.status,
        headers=dict(found.headers),
        media_type=MEDIA,
    )


def _plain(
    code: str, status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Described:
    return Described(
        status=status, code=code, title=TITLES[code][1], detail=detail, headers=headers or {}
    )


def _sentences(error: FirstlineError) -> str:
    """Return what happened and what to do as sentences."""
    parts = [part[:1].upper() + part[1:] for part in (error.problem, error.fix) if part]
    return ". ".join(parts).rstrip(".") + "."


def _invalid(error: RequestValidationError) -> Described:
    """Return what is wrong with parameters; a path that cannot exist is not found."""
    found = error.errors()
    if any(item["loc"][0] == "path" for item in found):
        return _plain("not_found", 404, "There is no ticket with this id.")
    places = [
        Where(
            where=".".join(str(part) for part in item["loc"])[:200], problem=item["msg"][:LONGEST]
        )
        for item in found[:MOST_ERRORS]
    ]
    first = places[0]
    return Described(
        status=422,
        code="invalid",
        title=TITLES["invalid"][1],
        detail=f"{first.where}: {first.problem}.",
        errors=tuple(places),
    )
