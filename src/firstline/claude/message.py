"""Reading an answer of the Messages API: bytes from outside into what Firstline uses. Pure.

The SDK would build its own objects of it and accept what is not there; this reads only the fields
that are needed and refuses an answer that lacks one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from firstline.claude.calls import Stop

LONGEST_ANSWER: Final = 512 * 1024
"""Bytes of an answer that are read; the longest one that is asked for has a tenth of it."""
MOST_TOKENS: Final = 100_000_000
"""A count above it is nonsense, and would not fit the ledger's columns."""
_STOPS: Final[Mapping[object, Stop]] = {
    "end_turn": "end_turn",
    "stop_sequence": "end_turn",
    "max_tokens": "max_tokens",
    "refusal": "refusal",
    "model_context_window_exceeded": "context_exceeded",
}


class NotAMessageError(ValueError):
    """What came cannot be read as a message. Says what is wrong with it, none of its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one answer says and used."""

    text: str
    """All text blocks; thinking is left out."""
    stop: Stop
    model: str
    input: int
    """Tokens neither read from nor written to the cache."""
    output: int
    """Tokens, thinking included."""
    thinking: int
    cache_read: int
    cache_write: int
    write_1h: int
    """Those of `cache_write` that live an hour."""


def read_message(body: bytes) -> Message:
    """Return the message in the body of an answer with status 200.

    Raises:
        NotAMessageError: It is not UTF-8, not JSON, too long, or not a message.
    """
    if len(body) > LONGEST_ANSWER:
        raise NotAMessageError(f"longer than {LONGEST_ANSWER} bytes")
    try:
        value = from_json(body, allow_inf_nan=False, cache_strings=False)
    except ValueError:
        raise NotAMessageError("not JSON in UTF-8") from None
    return message_of(value)


def message_of(value: object) -> Message:
    """Return the message in a JSON value, as of one result of a batch.

    Raises:
        NotAMessageError: As for `read_message`.
    """
    if not isinstance(value, dict) or not isinstance(value.get("content"), list):
        raise NotAMessageError("not a message")
    usage = value.get("usage")
    if not isinstance(usage, dict):
        raise NotAMessageError("a message without usage")
    model = value.get("model")
    if not isinstance(model, str):
        raise NotAMessageError("a message without a model")
    written = _count(usage, "cache_creation_input_tokens")
    return Message(
        text="".join(_texts(value["content"])),
        stop=_stop(value.get("stop_reason")),
        model=model[:200],
        input=_count(usage, "input_tokens", required=True),
        output=_count(usage, "output_tokens", required=True),
        thinking=_count(_part(usage, "output_tokens_details"), "thinking_tokens"),
        cache_read=_count(usage, "cache_read_input_tokens"),
        cache_write=written,
        write_1h=min(written, _count(_part(usage, "cache_creation"), "ephemeral_1h_input_tokens")),
    )


def _stop(reason: object) -> Stop:
    return _STOPS.get(reason, "other") if isinstance(reason, str) else "other"


def _texts(blocks: list[Any]) -> list[str]:
    """Return the texts of the text blocks; a thinking block often comes first."""
    texts = []
    for block in blocks:
        if not isinstance(block, dict):
            raise NotAMessageError("a content block that is no object")
        if block.get("type") == "text":
            text = block.get("text")
            if not isinstance(text, str):
                raise NotAMessageError("a text block without text")
            texts.append(text)
    return texts


def _part(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = usage.get(name)
    return part if isinstance(part, dict) else {}


def _count(usage: Mapping[str, Any], name: str, *, required: bool = False) -> int:
    """Return a number of tokens; what is null or absent is none, unless it is required."""
    value = usage.get(name)
    if value is None and not required:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_TOKENS:
        raise NotAMessageError(f"{name} is no number of tokens")
    return value
