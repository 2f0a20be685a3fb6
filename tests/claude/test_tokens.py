"""The approximate counter against what the API reported, and its sums."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from firstline.claude.schemas import ANSWER_SCHEMA
from firstline.claude.tokens import REQUEST, SCHEMA, count_tokens, estimate, schema_tokens

OLDER = ("sonnet-4-5", "haiku-4-5", "4-6", "sonnet-4-2")
ANSWER = 3
"""Tokens an answer has besides its text."""


def answers(folder: Path) -> Iterator[tuple[str, int, bool]]:
    """Yield the plain-text answers on record: text, tokens reported, older tokenizer or not."""
    for line in (folder / "claude_wire" / "data.jsonl").read_text(encoding="utf-8").splitlines():
        response = json.loads(line).get("response")
        if not isinstance(response, dict) or not response.get("content"):
            continue
        blocks: list[dict[str, Any]] = response["content"]
        if {block.get("type") for block in blocks} != {"text"} or "usage" not in response:
            continue
        text = "".join(block["text"] for block in blocks)
        older = any(name in response["model"] for name in OLDER)
        yield text, response["usage"]["output_tokens"], older


def test_the_count_is_close_to_what_the_api_reported(shared_data: Path) -> None:
    """For answers of 40 tokens or more the median error is below 4 %, the largest below 15 %."""
    ratios = [
        (estimate(text) + ANSWER) / tokens
        for text, tokens, older in answers(shared_data)
        if older and tokens >= 40
    ]
    assert len(ratios) >= 20
    assert median(abs(ratio - 1) for ratio in ratios) < 0.04
    assert max(abs(ratio - 1) for ratio in ratios) < 0.15


def test_the_newer_tokenizer_stays_below_the_factor(shared_data: Path) -> None:
    """Together, answers of newer models take no more than 1.3 times the count."""
    newer = [
        (estimate(text) + ANSWER, tokens)
        for text, tokens, older in answers(shared_data)
        if not older
    ]
    assert len(newer) >= 10
    ratio = sum(tokens for _, tokens in newer) / sum(count for count, _ in newer)
    assert 1.1 < ratio < 1.3


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=6))
def test_parts_add_up_to_at_least_the_whole(parts: list[str]) -> None:
    """Counting line by line never gives less than counting all at once, nor much more."""
    whole = estimate("\n".join(parts))
    added = sum(estimate(part) for part in parts) + 1.6 * max(len(parts) - 1, 0)
    assert added >= whole - 1e-9
    assert whole >= max((estimate(part) for part in parts), default=0) - 1e-9


def test_gibberish_and_other_scripts_are_not_free() -> None:
    """A word of a thousand letters, a long number and Chinese count many tokens."""
    assert count_tokens("a" * 1_000) > 150
    assert count_tokens("7" * 1_000) >= 500
    assert count_tokens("请问如何导出数据") >= 8
    assert count_tokens("") == 0


def test_the_factor_is_applied_before_rounding() -> None:
    """A model that needs more tokens for the same text is counted so."""
    text = "You can export a board to a CSV file."
    assert count_tokens(text, 1.3) > count_tokens(text)
    assert abs(count_tokens(text * 50, 1.3) - 1.3 * estimate(text * 50)) <= 1


def test_a_schema_costs_more_than_its_text() -> None:
    """The words the API adds are counted."""
    bare = estimate(json.dumps(ANSWER_SCHEMA, separators=(",", ":")))
    assert bare + SCHEMA <= schema_tokens(ANSWER_SCHEMA) < bare + SCHEMA + 1
    assert schema_tokens(ANSWER_SCHEMA, 1.3) > schema_tokens(ANSWER_SCHEMA)
    assert REQUEST > 0
