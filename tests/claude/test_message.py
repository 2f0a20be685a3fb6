"""Reading answers of the Messages API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.claude.message import LONGEST_ANSWER, NotAMessageError, message_of, read_message


def an_answer(**changes: Any) -> dict[str, Any]:
    """Return a plain answer as JSON."""
    answer = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5-20251001",
        "content": [{"type": "text", "text": '{"action":"answer"}'}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 12, "output_tokens": 7},
    }
    return answer | changes


def test_thinking_is_left_out_and_texts_are_joined() -> None:
    """Blocks are chosen by type, wherever they stand."""
    blocks = [
        {"type": "thinking", "thinking": "Hm.", "signature": "x"},
        {"type": "text", "text": '{"action":'},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "text", "text": '"answer"}'},
    ]
    assert message_of(an_answer(content=blocks)).text == '{"action":"answer"}'


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "end_turn"),
        ("stop_sequence", "end_turn"),
        ("max_tokens", "max_tokens"),
        ("refusal", "refusal"),
        ("model_context_window_exceeded", "context_exceeded"),
        ("pause_turn", "other"),
        ("something_new", "other"),
        (None, "other"),
        (["end_turn"], "other"),
    ],
)
def test_every_stop_reason_has_a_place(reason: object, stop: str) -> None:
    """Unknown reasons are `other`, not an error."""
    assert message_of(an_answer(stop_reason=reason)).stop == stop


def test_all_of_the_usage_is_read() -> None:
    """Cache reads, writes by time to live, and thinking."""
    usage = {
        "input_tokens": 100,
        "output_tokens": 50,
        "cache_read_input_tokens": 2000,
        "cache_creation_input_tokens": 300,
        "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 100},
        "output_tokens_details": {"thinking_tokens": 20},
    }
    message = message_of(an_answer(usage=usage))
    counts = (message.input, message.output, message.cache_read, message.cache_write)
    assert counts == (100, 50, 2000, 300)
    assert (message.write_1h, message.thinking) == (100, 20)


def test_what_is_null_counts_as_none() -> None:
    """Compatible servers send null for what they do not have."""
    usage = {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": None}
    message = message_of(an_answer(usage=usage | {"cache_creation": None}))
    assert (message.cache_read, message.cache_write, message.write_1h) == (0, 0, 0)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"Sure! Here is the answer you wanted.",
        b"\xff\xfe{}",
        json.dumps(an_answer()).encode()[:-10],
        b"[1]",
        b"null",
        b"[" * 200_000,
        b'{"a":NaN}',
        json.dumps({"type": "error", "error": {"type": "api_error"}}).encode(),
        json.dumps(an_answer(content=None)).encode(),
        json.dumps(an_answer(content=["text"])).encode(),
        json.dumps(an_answer(content=[{"type": "text"}])).encode(),
        json.dumps(an_answer(usage=None)).encode(),
        json.dumps(an_answer(usage={"output_tokens": 1})).encode(),
        json.dumps(an_answer(usage={"input_tokens": -1, "output_tokens": 1})).encode(),
        json.dumps(an_answer(usage={"input_tokens": 10**12, "output_tokens": 1})).encode(),
        json.dumps(an_answer(usage={"input_tokens": True, "output_tokens": 1})).encode(),
        json.dumps(an_answer(model=None)).encode(),
        b'{"content":[{"type":"text","text":"\\ud800"}]}',
        json.dumps(an_answer(x="y" * LONGEST_ANSWER)).encode(),
    ],
)
def test_what_is_no_message_is_refused(broken: bytes) -> None:
    """One exception class, whatever is wrong."""
    with pytest.raises(NotAMessageError):
        read_message(broken)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_refused(body: bytes) -> None:
    """No other exception gets out."""
    try:
        read_message(body)
    except NotAMessageError as error:
        assert str(error).isascii()  # noqa: PT017 - it is raised or not, both are right
