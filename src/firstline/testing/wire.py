"""The JSON and the headers of responses, on the three platforms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any, Literal

from firstline.testing.answers import THOUGHT, Answer
from firstline.testing.catalogue import KnownModel
from firstline.testing.http import HttpResponse
from firstline.testing.prompt_cache import CacheUse
from firstline.testing.tokens import BYTES_OF_TEXT, text_tokens

Platform = Literal["anthropic", "bedrock", "vertex"]
ORGANIZATION = "00000000-d0b1-4e00-8000-000000000000"
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
SIGNATURE = "EqQBCkYIDBgCKkBkb3VibGU="
"""Of a thinking block; it signs nothing."""
PASSING = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
"""Statuses that may be better the next time."""
AWS_KINDS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
    529: "ServiceUnavailableException",
}
GOOGLE_KINDS = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}
TOKENS_OF_THE_ENVELOPE = 4
"""Output tokens that an answer costs beside its text; also an empty one."""


class ApiError(Exception):
    """A request is refused."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "",
        details: Mapping[str, Any] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        page: bytes | None = None,
    ) -> None:
        self.page = page
        """A body of HTML, as a proxy sends it, instead of the API's JSON."""
        self.status = status
        self.message = message
        self.kind = kind or KINDS.get(status, "api_error")
        self.details = details
        self.headers = headers
        super().__init__(message)

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the error as the API words it."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.details is not None:
            error["details"] = dict(self.details)
        return {"type": "error", "error": error, "request_id": request_id}


class Ids:
    """Identifiers of the API's form that count up, so that a run is repeatable."""

    def __init__(self) -> None:
        self._next = count(1)

    def new(self, prefix: str) -> str:
        """Return `prefix` with 24 characters after it."""
        return f"{prefix}01D0UB1E{next(self._next):016d}"


def encode(value: Any) -> bytes:
    """Return JSON as the API sends it: compact, UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def usage_of(
    use: CacheUse, model: KnownModel, output: int, thinking: int, *, batch: bool
) -> dict[str, Any]:
    """Return the `usage` of an answer."""
    usage: dict[str, Any] = {
        "input_tokens": use.input,
        "cache_creation_input_tokens": use.write_5m + use.write_1h,
        "cache_read_input_tokens": use.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": use.write_5m,
            "ephemeral_1h_input_tokens": use.write_1h,
        },
        "output_tokens": output,
        "service_tier": "batch" if batch else "standard",
        "inference_geo": "not_available" if model.old else "global",
    }
    if thinking or model.thinks_unasked:
        usage["output_tokens_details"] = {"thinking_tokens": thinking}
    return usage


def _thought(answer: Answer, model: KnownModel, body: Mapping[str, Any]) -> str | None:
    """Return what is thought before the answer, None where nothing is."""
    if answer.thinking is not None:
        return answer.thinking or None
    wanted = (body.get("thinking") or {}).get("type")
    if wanted in ("disabled", "between_tools") or answer.blocks is not None:
        return None
    return THOUGHT if wanted in ("enabled", "adaptive") or model.thinks_unasked else None


def _thinking_block(thought: str, model: KnownModel, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the block; later models leave its text out unless a summary is asked for."""
    display = (body.get("thinking") or {}).get("display")
    shown = display == "summarized" or (display is None and model.samples)
    return {"type": "thinking", "thinking": thought if shown else "", "signature": SIGNATURE}


def message(
    answer: Answer,
    model: KnownModel,
    body: Mapping[str, Any],
    use: CacheUse,
    *,
    message_id: str,
    batch: bool = False,
) -> dict[str, Any]:
    """Return the message an answer becomes; a text that does not fit `max_tokens` is cut.

    Args:
        answer: What is said.
        model: Who says it.
        body: The request.
        use: Its input tokens.
        message_id: The message's id.
        batch: Whether it was asked in a batch.
    """
    left = int(body["max_tokens"])
    content: list[Mapping[str, Any]] = []
    thinking = 0
    thought = _thought(answer, model, body) if left else None
    if thought is not None:
        thinking = min(left, text_tokens(thought, model.token_factor))
        content.append(_thinking_block(thought, model, body))
    said, stopped_at = _stopped(answer, body)
    text, full = _fitted(said, left - thinking, model)
    if answer.blocks is not None:
        content.extend(answer.blocks)
    elif text and left:
        content.append({"type": "text", "text": text})
    output = answer.output_tokens
    if output is None:
        shown = text if answer.blocks is None else json.dumps(answer.blocks)
        output = thinking + text_tokens(shown, model.token_factor) + TOKENS_OF_THE_ENVELOPE
        output = min(output, left) if left else 0
    return {
        "model": answer.model or model.name,
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": answer.stop_reason or _stop_reason(stopped_at, full=full and left > 0),
        "stop_sequence": stopped_at if full else None,
        "stop_details": answer.stop_details,
        "usage": usage_of(use, model, output, thinking, batch=batch),
    }


def _stopped(answer: Answer, body: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the text before the first stop sequence, and that sequence."""
    found = [one for one in body.get("stop_sequences") or () if one in answer.text]
    if not found:
        return answer.text, answer.stop_sequence
    first = min(found, key=answer.text.index)
    return answer.text[: answer.text.index(first)], first


def _stop_reason(stopped_at: str | None, *, full: bool) -> str:
    if not full:
        return "max_tokens"
    return "stop_sequence" if stopped_at is not None else "end_turn"


def _fitted(text: str, left: int, model: KnownModel) -> tuple[str, bool]:
    """Return as much of a text as its tokens allow, and whether that is all."""
    if text_tokens(text, model.token_factor) <= left:
        return text, True
    size = int(left * BYTES_OF_TEXT / model.token_factor)
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore"), False


def failure(error: ApiError, request_id: str, platform: Platform) -> HttpResponse:
    """Return an error as the platform words it."""
    if error.page is not None:
        html = (("content-type", "text/html"),)
        return HttpResponse(status=error.status, headers=html + error.headers, body=error.page)
    kind = ("content-type", "application/json")
    if platform == "bedrock":
        headers = (
            kind,
            ("x-amzn-requestid", request_id),
            ("x-amzn-errortype", AWS_KINDS.get(error.status, "InternalServerException")),
        )
        status = 503 if error.status == 529 else error.status  # noqa: PLR2004 - AWS has no 529
        return HttpResponse(
            status=status, headers=headers + error.headers, body=encode({"message": error.message})
        )
    if platform == "vertex" and error.status in GOOGLE_KINDS:
        body = {
            "error": {
                "code": error.status,
                "message": error.message,
                "status": GOOGLE_KINDS[error.status],
            }
        }
        return HttpResponse(status=error.status, headers=(kind, *error.headers), body=encode(body))
    own: tuple[tuple[str, str], ...] = (("request-id", request_id),)
    if platform == "anthropic":
        own += (("anthropic-organization-id", ORGANIZATION),)
        if error.details is None:
            own += (("x-should-retry", "true" if error.status in PASSING else "false"),)
    return HttpResponse(
        status=error.status,
        headers=(kind, *error.headers, *own),
        body=encode(error.body(request_id)),
    )
