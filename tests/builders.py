"""Records for tests, with everything that does not matter filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from firstline.records import (
    Context,
    ConversationId,
    Draft,
    Evidence,
    EvidenceId,
    Finding,
    Intent,
    IntentScore,
    Language,
    Route,
    Sentence,
    Ticket,
    TicketId,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def a_ticket(name: str = "t1", **changes: Any) -> Ticket:
    """Return a plain English ticket."""
    fields: dict[str, Any] = {
        "id": TicketId(name),
        "inbox": "inbox",
        "external_id": name,
        "conversation": ConversationId(name),
        "text": "How do I export a board to CSV?",
        "received_at": NOON,
        "language": Language(code="en", confidence=0.9),
    }
    return Ticket(**(fields | changes))


def a_route(**changes: Any) -> Route:
    """Return a confident local route."""
    fields: dict[str, Any] = {
        "intents": (IntentScore(intent=Intent("export_data"), probability=0.95),),
        "handler": "quote",
        "risk": "low",
        "urgency": "normal",
        "in_scope": 0.9,
        "source": "local",
        "reason": "export_data at 0.95",
    }
    return Route(**(fields | changes))


def a_passage(text: str = "Open the board menu. Choose Export.", **changes: Any) -> Evidence:
    """Return a public passage."""
    fields: dict[str, Any] = {
        "id": EvidenceId("export-csv#1"),
        "kind": "passage",
        "source": "export-csv",
        "version": "v1",
        "text": text,
        "title": "Export a board",
        "url": "https://help.acme.example/export",
        "score": 0.8,
        "fetched_at": NOON,
    }
    return Evidence(**(fields | changes))


def a_context(*evidence: Evidence, **changes: Any) -> Context:
    """Return a context with this evidence, or one passage."""
    fields: dict[str, Any] = {
        "evidence": evidence or (a_passage(),),
        "tokens": 40,
        "answerable": 0.9,
    }
    return Context(**(fields | changes))


def a_quote(text: str = "Open the board menu. Choose Export.", **changes: Any) -> Sentence:
    """Return a sentence that quotes the passage."""
    fields: dict[str, Any] = {
        "text": text,
        "kind": "quote",
        "evidence": (EvidenceId("export-csv#1"),),
    }
    return Sentence(**(fields | changes))


def a_draft(*sentences: Sentence, **changes: Any) -> Draft:
    """Return a confident answer."""
    fields: dict[str, Any] = {
        "action": "answer",
        "sentences": sentences or (a_quote(),),
        "confidence": "high",
        "reason": "export-csv answers this",
    }
    return Draft(**(fields | changes))


def passed(*names: str) -> tuple[Finding, ...]:
    """Return findings that all pass."""
    return tuple(
        Finding(check=name, result="pass", detail="") for name in names or ("proof", "links")
    )
