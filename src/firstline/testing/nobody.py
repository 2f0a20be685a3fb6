"""An asker that is never asked: for looking at prompts without a model."""

from __future__ import annotations

import time

from firstline.claude.calls import Question, Reply
from firstline.claude.pace import Pace
from firstline.errors import ModelError


class Nobody:
    """Answers no question."""

    def __init__(self) -> None:
        self.pace = Pace(time.monotonic)

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Raise ModelError: there is nobody to ask."""
        del seconds
        raise ModelError(f"nobody answers for {question.model}", failure="unreachable")

    async def close(self) -> None:
        """Nothing is open."""
