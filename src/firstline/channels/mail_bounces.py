"""Mail that came back (RFC 3464): it marks the delivery, and is no ticket.

A report counts only when it names a delivery of ours by something that we sealed: the bounce
address it was sent to, or a Message-ID inside it. Who can name that has had our mail.
"""

from __future__ import annotations

from typing import Literal

import re2

from firstline.channels.helpdesk import Bounce
from firstline.channels.mail_seal import Seal
from firstline.channels.mail_threads import Head

Action = Literal["failed", "delayed", "delivered"]

_READ = 1_000_000
_DELIVERY_STATUS = re2.compile(r"(?i)report-type\s*=\s*\"?delivery-status")
_ACTION = re2.compile(rb"(?mi)^Action:[ \t]*(failed|delayed|delivered|relayed|expanded)\b")
_STATUS = re2.compile(rb"(?mi)^Status:[ \t]*([245]\.\d{1,3}\.\d{1,3})")
_RETURNED = re2.compile(rb"(?mi)^Message-ID:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,250}>)")
_DAEMON = re2.compile(r"(?i)^(?:mailer[-_.]?daemon|postmaster|mail[-_.]?daemon)@")


def is_report(head: Head) -> bool:
    """Whether a mail looks like a report about a delivery, so that its body is worth reading."""
    kind = head.value("content-type")
    if kind.lower().startswith("multipart/report") and _DELIVERY_STATUS.search(kind):
        return True
    if head.value("x-failed-recipients"):
        return True
    if not _DAEMON.match(head.sender.address or ""):
        return False
    # A person who writes from such an address can be answered; a report cannot.
    return head.value("return-path").replace(" ", "") in ("", "<>")


def read_bounce(head: Head, raw: bytes, seal: Seal) -> Bounce | None:
    """Return what a report says about a delivery of ours; None when it is about none.

    Args:
        head: Its headers.
        raw: The whole mail; its first megabyte is read.
        seal: What recognises our own.
    """
    if not is_report(head):
        return None
    begin = raw[:_READ]
    named = _named(begin, seal)
    reference = seal.bounced_id(head.recipients) or (named[0] if named else "")
    if not reference:
        return None
    action, status = _ACTION.search(begin), _STATUS.search(begin)
    code = status.group(1).decode() if status else ""
    return Bounce(reference=reference, action=_action(action, code), status=code)


def _named(begin: bytes, seal: Seal) -> tuple[str, ...]:
    """Return the ids of ours in a report, that of the mail it returns first.

    A report may name the whole conversation in its References, and so our earlier answers.
    """
    returned = b" ".join(hit.group(1) for hit in _RETURNED.finditer(begin))
    return seal.own_ids(returned) or seal.own_ids(begin)


def _action(found: re2.Match | None, code: str) -> Action:
    said = found.group(1).decode().lower() if found else ""
    if said == "failed" or (not said and not code.startswith(("2", "4"))):
        return "failed"
    return "delayed" if said == "delayed" or code.startswith("4") else "delivered"
