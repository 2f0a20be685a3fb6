"""Asking a double through the SDK, and checking what comes by the SDK's types."""

from __future__ import annotations

from typing import Any

from anthropic import AsyncAnthropic
from anthropic.types import Message, OutputConfigParam
from pydantic import BaseModel

HAIKU = "claude-haiku-4-5"
THINKER = "claude-haiku-5-5"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "intent": {"type": "string", "enum": ["refund", "export"]},
        "sentences": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["intent", "sentences"],
    "additionalProperties": False,
}
STRUCTURED: OutputConfigParam = {"format": {"type": "json_schema", "schema": SCHEMA}}


def unknown_keys(value: Any) -> list[str]:
    """Return the keys of a parsed answer that the SDK's types do not have."""
    if isinstance(value, BaseModel):
        inner = [getattr(value, name) for name in type(value).model_fields]
        return [*(value.model_extra or ()), *unknown_keys(inner)]
    if isinstance(value, list):
        return [key for item in value for key in unknown_keys(item)]
    return []


def checked_message(body: Any) -> Message:
    """Return a body as the SDK's message; fail when a type is wrong or a key is not the API's."""
    message = Message.model_validate(body)
    assert unknown_keys(message) == []
    return message


def text_of(message: Message) -> str:
    """Return the text of a message, whatever stands before it."""
    return "".join(block.text for block in message.content if block.type == "text")


def request(text: str = "How do I export a board?", **more: Any) -> dict[str, Any]:
    """Return the body of a plain request."""
    turns = [{"role": "user", "content": text}]
    return {"model": HAIKU, "max_tokens": 300, "messages": turns, **more}


async def ask(client: AsyncAnthropic, text: str = "Where is my invoice?", **more: Any) -> Message:
    """Ask for a message."""
    answer: Message = await client.messages.create(**request(text, **more))
    return answer
