"""The reference that a message carries, so that it is found again where it was posted.

Intercom and Freshdesk keep no metadata of a reply and know no idempotency, so the attempt marker
travels in the message: a line of small print, "Ref: XXXXXXXXXXXX". It is plain text and therefore
survives every sanitiser; it says nothing about the ticket; a customer may even quote it. It counts
only in messages whose author is Firstline's own account, and in a note only as its last reference,
so that nothing a customer wrote, nor a note that quotes it, can pass for a delivery. In a reply any
reference counts, because helpdesks may add what was said before below it.
"""

from __future__ import annotations

from base64 import b32encode
from hashlib import sha256

import re2

from firstline.channels.base import Presence
from firstline.channels.helpdesk import Conversation, DeskRefused, Turn
from firstline.channels.markup import markup, readable, without_placeholders

_LENGTH = 12
"""Base32 letters: 60 bits, far more than a ticket has messages."""
_REFERENCE = re2.compile(rf"Ref:(?:\s|&nbsp;|\x{{a0}})*([A-Z2-7]{{{_LENGTH}}})")
_ENDED = ("solved", "closed")


def reference_of(marker: str) -> str:
    """Return the reference of an attempt marker: twelve letters, always the same."""
    return b32encode(sha256(marker.encode()).digest()).decode()[:_LENGTH]


def with_reference(text: str, marker: str) -> str:
    """Return a message as HTML with its reference as small print at the end."""
    html = markup(without_placeholders(text))
    return f"{html}<p><small>Ref: {reference_of(marker)}</small></p>"


def references(body: str) -> tuple[str, ...]:
    """Return the references in a message, as text or HTML, in their order."""
    return tuple(str(found) for found in _REFERENCE.findall(readable(body)))


def last_reference(body: str) -> str:
    """Return the last reference in a message; empty if it has none."""
    return (references(body) or ("",))[-1]


def delivered(conversation: Conversation, marker: str, *, public: bool | None = None) -> str:
    """Return the id of the own message that carries a marker; empty if there is none.

    Args:
        conversation: Fetched afresh.
        marker: The attempt marker.
        public: Only among replies (True) or notes (False).
    """
    reference = reference_of(marker)
    for turn in reversed(conversation.turns):
        ours = turn.author == "own" and public in (None, turn.is_public)
        told = references(turn.text) if ours else ()
        if reference in (told if turn.is_public else told[-1:]):
            return turn.id
    return ""


def presence(conversation: Conversation, marker: str) -> Presence:
    """Say whether a marker is in a conversation that was fetched as a whole."""
    return "present" if delivered(conversation, marker) else "absent"


def refuse_if_answered(seen: Conversation, now: Conversation) -> None:
    """Raise DeskRefused("changed") when a person took the ticket or answered since it was seen."""
    known = {turn.id for turn in seen.turns}
    if any(_spoken(turn, known) and turn.author == "staff" for turn in now.turns):
        raise DeskRefused("changed", f"a person answered ticket {now.id} in the meantime")
    if now.assignee and now.assignee != seen.assignee:
        raise DeskRefused("changed", f"a person took ticket {now.id} in the meantime")


def refuse_if_changed(seen: Conversation, now: Conversation) -> None:
    """Raise DeskRefused("changed") when a reply no longer fits what it was written for."""
    refuse_if_answered(seen, now)
    known = {turn.id for turn in seen.turns}
    if any(_spoken(turn, known) and turn.author == "customer" for turn in now.turns):
        raise DeskRefused("changed", f"the customer wrote again in ticket {now.id}")
    if now.status in _ENDED and seen.status not in _ENDED:
        raise DeskRefused("changed", f"ticket {now.id} was closed in the meantime")


def _spoken(turn: Turn, known: set[str]) -> bool:
    return turn.is_public and turn.id not in known
