"""Token counts by a stated approximation; the double has no tokenizer.

A token is 4 bytes of UTF-8 text, 3.5 of a tool's definition. A request adds 3 at its start and 3 at
its end, which are never cached, a message 3, a schema 150 and any tools 430, which is what recorded
exchanges with the API show for their instructions. Models from 4.7 on count 30% more for the same
text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

START, END, MESSAGE, SCHEMA, TOOLS = 3, 3, 3, 150, 430
BYTES_OF_TEXT, BYTES_OF_TOOL = 4.0, 3.5
IMAGE = 1_500
"""Tokens of an image or a PDF page."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of a prompt, in the order in which the cache sees it."""

    place: str
    """`tool`, `system`, or the role of its message."""
    block: Any
    tokens: int
    ttl: str
    """`5m` or `1h` where a breakpoint stands, else empty."""

    @property
    def canonical(self) -> bytes:
        """What must be the same for a prefix to be the same; the breakpoint is no part of it."""
        block = self.block
        if isinstance(block, dict) and "cache_control" in block:
            block = {key: value for key, value in block.items() if key != "cache_control"}
        return f"{self.place}\0{json.dumps(block, sort_keys=True)}\0".encode()


def text_tokens(text: str, factor: float = 1.0) -> int:
    """Return the approximate tokens of a text."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return ceil(size / BYTES_OF_TEXT * factor) if text else 0


def _block_tokens(block: Any, factor: float) -> int:
    if isinstance(block, str):
        return text_tokens(block, factor)
    kind = block.get("type")
    if kind in ("text", "thinking"):
        return text_tokens(str(block.get(kind, "")), factor)
    if kind in ("image", "document") and "data" in (block.get("source") or {}):
        source = block["source"]
        return text_tokens(source["data"], factor) if source.get("type") == "text" else IMAGE
    return ceil(len(json.dumps(block)) / BYTES_OF_TOOL * factor)


def _ttl(block: Any) -> str:
    control = block.get("cache_control") if isinstance(block, dict) else None
    return str(control.get("ttl", "5m")) if control else ""


def _blocks(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def pieces(body: Mapping[str, Any], factor: float) -> Iterator[Piece]:
    """Yield the blocks of a request in cache order: tools, system, messages."""
    extra = TOOLS if body.get("tools") else 0
    for tool in body.get("tools") or ():
        size = extra + ceil(len(json.dumps(tool)) / BYTES_OF_TOOL * factor)
        yield Piece("tool", tool, size, _ttl(tool))
        extra = 0
    for block in _blocks(body.get("system") or ()):
        yield Piece("system", block, _block_tokens(block, factor), _ttl(block))
    for message in body.get("messages") or ():
        extra = MESSAGE
        for block in _blocks(message["content"]):
            size = extra + _block_tokens(block, factor)
            yield Piece(message["role"], block, size, _ttl(block))
            extra = 0


def fixed_tokens(body: Mapping[str, Any], factor: float) -> int:
    """Return the tokens that stand before the first block: instructions, and the schema."""
    wanted = (body.get("output_config") or {}).get("format")
    if not wanted:
        return START
    return START + SCHEMA + ceil(len(json.dumps(wanted["schema"])) / BYTES_OF_TOOL * factor)


def count(body: Mapping[str, Any], factor: float) -> int:
    """Return the approximate tokens of a whole request."""
    return fixed_tokens(body, factor) + sum(piece.tokens for piece in pieces(body, factor)) + END
