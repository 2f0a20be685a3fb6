"""What an earlier automatic reply said is looked up again: it may have changed since.

A follow-up builds on the answer before it. Where that answer stated values which today's articles
and records no longer show, the customer is corrected by a person, not answered on a false premise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from firstline.knowledge import Knowledge
from firstline.pipeline.parts import Parts
from firstline.proof.quotes import SOURCE_PREFIX, quoted_units
from firstline.proof.sentences import units
from firstline.proof.values import unsupported, values
from firstline.records import Context, Ticket

REPLIES = 2
"""Earlier replies that are looked at, the latest."""
STATEMENTS = 8
"""Statements of a reply that are looked up, the first."""
PASSAGES = 3


def outdated(ticket: Ticket, context: Context, *, parts: Parts) -> tuple[str, ...]:
    """Return what earlier automatic replies stated that no longer stands, one text a statement.

    Raises:
        SetupError: The knowledge base cannot be searched.
    """
    own = [
        " ".join(value for _, value in item.fields)
        for item in context.evidence
        if item.kind == "record"
    ]
    held = [item.text for item in context.evidence if item.kind in ("passage", "policy")]
    return tuple(
        statement
        for statement in _statements(ticket)
        if unsupported(statement, own)
        and not _stands(statement, held)
        and not _stands(statement, _found(statement, parts.knowledge, parts))
    )


def _statements(ticket: Ticket) -> Iterator[str]:
    replies = [message.text for message in ticket.history if message.author == "bot"]
    for reply in replies[-REPLIES:]:
        stated = (
            unit.text
            for unit in units(reply)
            if values(unit.text) and not unit.text.startswith(SOURCE_PREFIX)
        )
        for _, text in zip(range(STATEMENTS), stated, strict=False):
            yield text


def _found(statement: str, knowledge: Knowledge, parts: Parts) -> list[str]:
    result = knowledge.search(statement, k=PASSAGES, vector=parts.vector(statement))
    return [hit.passage.text for hit in result.hits]


def _stands(statement: str, sources: Iterable[str]) -> bool:
    return any(quoted_units(statement, source) for source in sources)
