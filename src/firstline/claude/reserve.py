"""How many tokens a question may take, for what the ledger reserves before it is asked."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import Final

from firstline.claude.calls import Question
from firstline.claude.specs import ModelSpec
from firstline.claude.tokens import REQUEST, TURN, count_tokens, estimate, schema_tokens

_MARGIN: Final = 1.5
"""The estimate is off by an eighth at most for prose; nobody promises that it is prose."""
_BYTES_A_TOKEN: Final = 2
"""Gibberish, which the estimate takes for words, has a token every two or three letters."""


def system_tokens(question: Question, model: ModelSpec) -> int:
    """Return about how many tokens the stable prefix takes."""
    return _counted(question.system, model.tokens_factor)


def most_tokens(question: Question, model: ModelSpec) -> int:
    """Return more input tokens than the question takes, whatever a customer wrote into it."""
    own = system_tokens(question, model) + schema_tokens(question.schema, model.tokens_factor)
    written = sum(
        TURN + max(_MARGIN * estimate(turn.text), len(turn.text.encode()) / _BYTES_A_TOKEN)
        for turn in question.turns
    )
    return ceil(_MARGIN * own + written * model.tokens_factor) + REQUEST


@lru_cache(maxsize=64)
def _counted(text: str, factor: float) -> int:
    """Count once for a prefix that thousands of questions share."""
    return count_tokens(text, factor)
