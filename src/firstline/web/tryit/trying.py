"""A pasted message as a ticket, and what is shown while it goes through the stages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlencode

from firstline.desk import Desk, autonomy_level
from firstline.errors import InputError
from firstline.pipeline.intake import intake, masker_of
from firstline.records import Channel, Inbound, Ticket

INBOX = "try"
LONGEST = 100_000
"""Characters of a message that are taken; intake says what it makes of long ones."""
LONGEST_LINE = 320
LINKED = 2_000
"""Characters of a message up to which a link can carry it."""
LEVELS = ("", "percent:100", "certified", "review", "shadow", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person wants to try."""

    text: str = ""
    subject: str = ""
    customer: str = ""
    verified: bool = True
    channel: Channel = "chat"
    autonomy: str = ""
    ask: bool = False
    """Whether models may be asked; it costs money."""

    @property
    def link(self) -> str:
        """The address of a form filled in like this; empty when the message is too long for one."""
        if len(self.text) > LINKED:
            return ""
        pairs = {
            "text": self.text,
            "subject": self.subject,
            "customer": self.customer,
            "channel": self.channel,
            "autonomy": self.autonomy,
        }
        query = {name: value for name, value in pairs.items() if value}
        if not self.verified:
            query["verified"] = "no"
        return f"/try?{urlencode(query)}"


def wanted_of(form: Mapping[str, Any], *, sent: bool) -> Wanted:
    """Return what a form or an address says.

    Args:
        form: Its fields.
        sent: Whether it is a form that was sent, where an empty box means no.
    """
    channel = _line(form, "channel")
    box = _line(form, "verified")
    return Wanted(
        text=str(form.get("text", ""))[: LONGEST + 1],
        subject=_line(form, "subject"),
        customer=_line(form, "customer"),
        verified=box == "yes" if sent else box != "no",
        channel=next((known for known in get_args(Channel) if known == channel), "chat"),
        autonomy=_line(form, "autonomy"),
        ask=_line(form, "ask") == "yes",
    )


def _line(form: Mapping[str, Any], name: str) -> str:
    return str(form.get(name, ""))[:LONGEST_LINE].strip()


def wanted_like(ticket: Ticket) -> Wanted:
    """Return what tries a stored ticket's message again."""
    return Wanted(
        text=ticket.text,
        subject=ticket.subject,
        customer=ticket.customer or "",
        verified=ticket.verified,
        channel=ticket.channel,
    )


def ticket_of(wanted: Wanted, desk: Desk) -> Ticket:
    """Return the ticket a message makes.

    The same message makes the same ticket: what a model answered about it before is answered from
    the ledger.

    Raises:
        InputError: There is no message, it is too long, or the level does not exist.
    """
    if not wanted.text.strip() and not wanted.subject:
        raise InputError("there is no message", fix="Write or paste what a customer would send")
    if len(wanted.text) > LONGEST:
        raise InputError(f"the message is longer than {LONGEST:,} characters", fix="Shorten it")
    autonomy_level(wanted.autonomy or None)
    said = (wanted.text, wanted.subject, wanted.customer, str(wanted.verified), wanted.channel)
    name = hashlib.sha256("\x1f".join(said).encode("utf-8", "replace")).hexdigest()[:20]
    settings = desk.workspace.settings
    return intake(
        Inbound(
            external_id=name,
            text=wanted.text,
            subject=wanted.subject,
            customer=wanted.customer or None,
            verified=wanted.verified and bool(wanted.customer),
            channel=wanted.channel,
        ),
        inbox=INBOX,
        now=desk.opened.parts.now(),
        own_addresses=settings.own_addresses,
        masker=masker_of(settings),
    )
