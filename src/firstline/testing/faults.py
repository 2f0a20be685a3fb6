"""Ways in which a call goes wrong, to be put into `ClaudeDouble.script`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from firstline.testing.answers import Answer
from firstline.testing.http import Cut
from firstline.testing.wire import ApiError

Endpoint = Literal["messages", "count_tokens", "models", "batches", "results", "batch_item"]
Body = Mapping[str, Any]
Change = Callable[[Answer, Body], Answer]
FOREVER = 86_400.0
"""Seconds of a stall that no client waits out."""
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a call goes wrong. The class methods name the usual ones."""

    status: int = 0
    """Instead of an answer: an HTTP error."""
    message: str = ""
    kind: str = ""
    """The error's `type`; empty: what belongs to the status."""
    details: Mapping[str, Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """More headers, of an error or of an answer."""
    page: bytes | None = None
    """Of an error: a body of HTML instead of the API's JSON."""
    change: Change | None = None
    """Instead of the answer: another one, made from it and the request."""
    rewrite: Callable[[bytes], bytes] | None = None
    """Instead of the body's bytes: others."""
    cut: Cut | Literal["after"] = ""
    """Where the connection is reset; `after`: when the answer is made, and billed, but not sent."""
    stall: Literal["", "before", "inside"] = ""
    seconds: float = 0.0
    """Length of the stall."""
    result: Literal["", "expired", "canceled"] = ""
    """Of an item of a batch."""
    times: int = 1
    """How often it happens; 0: always."""
    when: Callable[[Body], bool] | None = None
    """Only for requests whose JSON body it accepts (an item: its `params` with `custom_id`)."""
    endpoint: Endpoint = "messages"

    def always(self) -> Fault:
        """Return the same fault for every call from now on."""
        return replace(self, times=0)

    def repeated(self, times: int) -> Fault:
        """Return the same fault for so many calls."""
        return replace(self, times=times)

    def only(self, when: Callable[[Body], bool]) -> Fault:
        """Return the same fault for the requests that a predicate accepts."""
        return replace(self, when=when)

    def at(self, endpoint: Endpoint) -> Fault:
        """Return the same fault for another endpoint."""
        return replace(self, endpoint=endpoint)

    def error(self) -> ApiError:
        """Return the error of a fault with a status."""
        return ApiError(
            self.status,
            self.message,
            kind=self.kind,
            details=self.details,
            headers=self.headers,
            page=self.page,
        )

    @classmethod
    def rate_limited(cls, retry_after: float | str | None = 1) -> Fault:
        """429 that passes, with `retry-after` in seconds (or as given), or without one."""
        return cls(
            status=429,
            message="This request would exceed your organization's rate limit of 1,000 requests "
            "per minute.",
            headers=() if retry_after is None else (("retry-after", str(retry_after)),),
        )

    @classmethod
    def spend_cap(cls, code: str = "enforced_spend_limit_reached") -> Fault:
        """429 that lasts until somebody raises a limit: an error code, no `retry-after`."""
        return cls(
            status=429,
            message="Your organization has reached the monthly API usage threshold of its tier.",
            details={"error_code": code},
        )

    @classmethod
    def ramp_limit(cls, retry_after: float = 5) -> Fault:
        """429 because usage grows too fast; passes after `retry-after`."""
        return cls(
            status=429,
            message="This request would exceed your organization's usage ramp limit.",
            details={"error_code": "ramp_limit_exceeded"},
            headers=(("retry-after", str(retry_after)),),
        )

    @classmethod
    def usage_limit(cls) -> Fault:
        """400: the spend limit the organization set for itself."""
        return cls(
            status=400,
            message="You have reached your specified API usage limits. You will regain access on "
            "2026-12-01 at 00:00 UTC.",
        )

    @classmethod
    def unauthorized(cls) -> Fault:
        """401: a key that was revoked."""
        return cls(status=401, message="invalid x-api-key")

    @classmethod
    def forbidden(cls) -> Fault:
        """403: a key without the right to it."""
        return cls(
            status=403,
            message="Your API key does not have permission to use the specified resource.",
        )

    @classmethod
    def bad_request(cls, message: str = "messages: Field required") -> Fault:
        """400 of any wording."""
        return cls(status=400, message=message)

    @classmethod
    def server_error(cls, status: int = 500) -> Fault:
        """500, 503 or 504."""
        return cls(status=status, message="Internal server error")

    @classmethod
    def overloaded(cls) -> Fault:
        """529."""
        return cls(status=529, message="Overloaded")

    @classmethod
    def gateway_page(cls) -> Fault:
        """502 with a page of HTML, as a proxy in between sends."""
        page = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
        return cls(status=502, message="Bad Gateway", page=page)

    @classmethod
    def reset(cls, cut: Cut | Literal["after"] = "before") -> Fault:
        """A connection that is reset: before an answer is made, after, or inside its body."""
        return cls(cut=cut)

    @classmethod
    def stalled(
        cls, where: Literal["before", "inside"] = "before", seconds: float = FOREVER
    ) -> Fault:
        """Silence before the response, or in the middle of its body."""
        return cls(stall=where, seconds=seconds)

    @classmethod
    def answers(cls, answer: Answer | str) -> Fault:
        """Say exactly this."""
        said = Answer(text=answer) if isinstance(answer, str) else answer
        return cls(change=lambda _answer, _body: said)

    @classmethod
    def empty(cls) -> Fault:
        """200 with `content: []` and `end_turn`."""
        return cls(change=lambda _answer, _body: Answer(blocks=(), stop_reason="end_turn"))

    @classmethod
    def prose(cls) -> Fault:
        """The right JSON, in a code fence with chatter around it."""

        def chat(answer: Answer, _body: Body) -> Answer:
            text = f"Here is the JSON:\n\n```json\n{answer.text}\n```\n\nTell me if more is needed."
            return replace(answer, text=text)

        return cls(change=chat)

    @classmethod
    def broken_json(cls) -> Fault:
        """An answer whose JSON stops half-way, with `end_turn`."""
        return cls(
            change=lambda answer, _body: replace(
                answer, text=answer.text[: max(1, len(answer.text) // 2)], stop_reason="end_turn"
            )
        )

    @classmethod
    def invalid_utf8(cls) -> Fault:
        """A body that is not UTF-8."""

        def spoil(body: bytes) -> bytes:
            start = body.find(b'"content":') + len(b'"content":')
            at = body.find(b'"', body.find(b'"text":"', start) + 8)
            return body[:at] + b"\xff\xfe\xc3" + body[at:]

        return cls(rewrite=spoil)

    @classmethod
    def broken_body(cls) -> Fault:
        """A complete HTTP response whose body is half the JSON."""
        return cls(rewrite=lambda body: body[: len(body) // 2])

    @classmethod
    def missing_keys(cls) -> Fault:
        """JSON without its first key."""
        return cls(change=_on_object(lambda value: dict(list(value.items())[1:])))

    @classmethod
    def extra_keys(cls) -> Fault:
        """JSON with a key nobody asked for."""
        return cls(change=_on_object(lambda value: {**value, "confidence_note": "very sure"}))

    @classmethod
    def other_case(cls) -> Fault:
        """Enum values in capitals, which structured outputs may do."""

        def shout(answer: Answer, body: Body) -> Answer:
            enums = _enum_values(body.get("output_config"))
            value = _parsed(answer)
            return answer if value is None else replace(answer, text=_dumps(_upper(value, enums)))

        return cls(change=shout)

    @classmethod
    def huge(cls, size: int = MEGABYTE) -> Fault:
        """An answer of a megabyte."""
        return cls(
            change=lambda _answer, _body: Answer(
                blocks=({"type": "text", "text": "x" * size},),
                stop_reason="end_turn",
                output_tokens=size // 4,
            )
        )

    @classmethod
    def refusal(cls, category: str | None = "general_harms") -> Fault:
        """200 with `stop_reason: refusal` and its details: billed, and not of the schema."""
        details = {
            "type": "refusal",
            "category": category,
            "explanation": "This request may relate to an area that was determined as harmful.",
        }
        return cls(
            change=lambda _answer, _body: Answer(
                text="I can't help with that.", stop_reason="refusal", stop_details=details
            )
        )

    @classmethod
    def truncated(cls) -> Fault:
        """An answer cut in the middle, with `stop_reason: max_tokens` and all tokens billed."""
        return cls(
            change=lambda answer, body: replace(
                answer,
                text=answer.text[: len(answer.text) // 2],
                stop_reason="max_tokens",
                output_tokens=body["max_tokens"],
            )
        )

    @classmethod
    def context_exceeded(cls) -> Fault:
        """200 with `stop_reason: model_context_window_exceeded`."""
        return cls(
            change=lambda answer, _body: replace(
                answer,
                text=answer.text[: len(answer.text) // 2],
                stop_reason="model_context_window_exceeded",
            )
        )

    @classmethod
    def thinking_first(cls) -> Fault:
        """A thinking block before the text, also from a model that was not asked to think."""
        return cls(change=lambda answer, _body: replace(answer, thinking="What is asked here?"))

    @classmethod
    def other_model(cls, model: str = "claude-some-other-model") -> Fault:
        """Another model is echoed than the one that was asked."""
        return cls(change=lambda answer, _body: replace(answer, model=model))

    @classmethod
    def expired(cls) -> Fault:
        """An item of a batch that was not processed in time."""
        return cls(result="expired", endpoint="batch_item")

    @classmethod
    def canceled(cls) -> Fault:
        """An item of a batch that was canceled."""
        return cls(result="canceled", endpoint="batch_item")


NAMED = (
    "rate_limited",
    "spend_cap",
    "ramp_limit",
    "usage_limit",
    "unauthorized",
    "forbidden",
    "bad_request",
    "server_error",
    "overloaded",
    "gateway_page",
    "reset",
    "stalled",
    "empty",
    "prose",
    "broken_json",
    "invalid_utf8",
    "broken_body",
    "missing_keys",
    "extra_keys",
    "other_case",
    "huge",
    "refusal",
    "truncated",
    "context_exceeded",
    "thinking_first",
    "other_model",
    "expired",
    "canceled",
)
"""Faults that can be asked for by name, over HTTP and on the command line."""


def fault_named(name: str) -> Fault:
    """Return a fault by its name.

    Raises:
        LookupError: There is none of this name.
    """
    if name not in NAMED:
        raise LookupError(f"no fault is called {name!r}: use one of {', '.join(NAMED)}")
    fault: Fault = getattr(Fault, name)()
    return fault


def _parsed(answer: Answer) -> Any:
    try:
        return json.loads(answer.text)
    except ValueError:
        return None


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _on_object(edit: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    def change(answer: Answer, _body: Body) -> Answer:
        value = _parsed(answer)
        return replace(answer, text=_dumps(edit(value))) if isinstance(value, dict) else answer

    return change


def _enum_values(schema: Any) -> frozenset[str]:
    if isinstance(schema, Mapping):
        found = [one for one in schema.get("enum", ()) if isinstance(one, str)]
        return frozenset(found).union(*(_enum_values(value) for value in schema.values()))
    if isinstance(schema, list):
        return frozenset().union(*(_enum_values(value) for value in schema))
    return frozenset()


def _upper(value: Any, enums: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _upper(item, enums) for key, item in value.items()}
    if isinstance(value, list):
        return [_upper(item, enums) for item in value]
    return value.upper() if isinstance(value, str) and value in enums else value
