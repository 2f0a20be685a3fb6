"""What is asked of a model and what comes back: the only types that cross this package's edge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from firstline.records import TicketId, Usage

Purpose = Literal["route", "write", "repair", "judge"]
Stop = Literal["end_turn", "max_tokens", "refusal", "context_exceeded", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of the conversation with the model."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request to a model, complete: the same question always has the same key."""

    ticket: TicketId
    requester: str | None
    """Whose ticket it is, for caps."""
    intent: str
    purpose: Purpose
    model: str
    """A name of the registry."""
    system: str
    """The stable prefix: the same for every ticket of a handler, so that it can be cached."""
    turns: tuple[Turn, ...]
    schema: Mapping[str, Any]
    """The JSON schema the answer must follow."""
    max_tokens: int
    prompt_hash: str
    """Hash of the prompt files."""

    @property
    def key(self) -> str:
        """Hash of everything that decides the answer, and the ticket: what is paid once."""
        parts: list[Any] = [self.ticket, self.purpose, self.model, self.content]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]

    @property
    def content(self) -> str:
        """Hash of everything the model gets to see: what a recording is found by."""
        parts = [
            self.model,
            self.system,
            [[turn.role, turn.text] for turn in self.turns],
            self.schema,
            self.max_tokens,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said. Any answer the API billed is one, also a refusal."""

    text: str
    stop: Stop
    model: str
    """As the API named it."""
    usage: Usage
    request_id: str = ""
    stored: bool = False
    """Whether it was read from the ledger: nothing was paid now."""
    batch: bool = False


class Asker(Protocol):
    """Asks models. Implemented by the client, by recordings, and by tests."""

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Return the model's answer.

        Args:
            question: What to ask.
            seconds: Time for all of it, retries included; None: the workspace's deadline.

        Raises:
            ModelError: There is none; `failure` says why.
        """
        ...
