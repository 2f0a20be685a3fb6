"""What people read beside a ticket in their own helpdesk: the packet as plain text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from firstline.records import Answer, Reason
from firstline.review.packet import Packet, packet
from firstline.store import StoredTicket
from firstline.workspace import IntentSpec

LONGEST: Final = 8_000
"""Characters of a note; the rest is in Firstline."""
_MOST_LINES: Final = 8


def note_text(
    stored: StoredTicket, answer: Answer | None, spec: IntentSpec | None, *, link: str = ""
) -> str:
    """Return the note of a ticket, paragraphs separated by blank lines.

    Args:
        stored: The ticket, with how it ended.
        answer: What the stages said; None when they came to no verdict.
        spec: What the company says about the ticket's intent.
        link: Where the whole run is shown; empty where nobody can reach it.
    """
    if answer is None:
        why = stored.reason or "no reason was kept"
        parts = [f"Firstline could not work on this message ({why}). Please answer it yourself."]
    else:
        parts = list(_paragraphs(packet(answer, spec=spec), stored, answer))
    if link:
        parts.append(f"Everything that was checked: {link}")
    return "\n\n".join(parts)[:LONGEST]


def _paragraphs(held: Packet, stored: StoredTicket, answer: Answer) -> Iterator[str]:
    yield held.summary
    if late := _since_the_verdict(stored, answer):
        yield late
    if held.suggested_reply:
        yield "Suggested reply, not sent:"
        yield held.suggested_reply
    elif held.draft:
        yield "Draft, not sent, which the checks object to:"
        yield held.draft
    yield from _list("The checks say:", held.against)
    yield from _list("Why a person:", [_reason(item) for item in held.why])
    yield from _list("The customer already tried:", held.tried)
    known = [f"{name}: {value}" for name, value in held.customer]
    yield from _list("From the customer's record:" if held.verified else "On record:", known)
    yield from _list("Articles:", held.sources)
    yield from _list("What was missing:", held.lacked)


def _since_the_verdict(stored: StoredTicket, answer: Answer) -> str:
    """Return what happened after the verdict, when the ticket ended otherwise than it said."""
    if answer.verdict.action in ("send", "clarify") and stored.reason:
        return f"A reply was ready, but did not go out for certain ({stored.reason})."
    return ""


def _reason(reason: Reason) -> str:
    return f"{reason.detail} ({reason.code})" if reason.detail else reason.code


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield "\n".join([title, *(f"- {item}" for item in items[:_MOST_LINES])])
