"""A mail account with customers and a team, under the names the helpdesk doubles use."""

from __future__ import annotations

import email
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Literal

from tests.channels.dovecot import (
    ADDRESS,
    Dovecot,
    Postman,
    running_dovecot,
    running_postman,
    settings_for,
)

from firstline.channels.mail_settings import MailSettings

Failure = Literal["lost_response", "invalid", "too_many", "unavailable", "slow"]
"""Mail knows no conflict: there is nothing to make a write depend on."""
_REFUSALS: dict[str, tuple[str, str]] = {
    "invalid": ("DATA", "554 5.7.1 refused"),
    "too_many": ("MAIL", "451 4.7.0 too many"),
    "unavailable": ("MAIL", "451 4.3.2 not now"),
}


@dataclass
class MailWorld:
    """Everybody but Firstline: customers who write, people who answer, servers that fail."""

    dovecot: Dovecot
    postman: Postman
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _asked: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By ticket: who asked, and the id of their latest mail."""

    @property
    def settings(self) -> MailSettings:
        """The account's settings."""
        return settings_for(self.dovecot, self.postman)

    def new_ticket(self, text: str, *, requester: str = "ann@x.example") -> str:
        """Let somebody write for the first time; return the ticket's id."""
        ticket = f"{next(self._numbers)}@x.example"
        self._asked[ticket] = (requester, ticket)
        self._deliver("INBOX", ticket, requester, ADDRESS, text)
        return ticket

    def customer_says(self, ticket: str, text: str) -> None:
        """Let the customer write again, in answer to the latest mail of the ticket."""
        requester, _ = self._asked[ticket]
        name = f"{next(self._numbers)}@x.example"
        self._deliver("INBOX", name, requester, ADDRESS, text, ticket)
        self._asked[ticket] = (requester, name)

    def human_replies(self, ticket: str, text: str) -> None:
        """Let somebody of the team answer from a mail program."""
        requester, latest = self._asked[ticket]
        name = f"{next(self._numbers)}@acme.example"
        self._deliver("Sent", name, ADDRESS, requester, text, ticket, latest)

    def public_replies(self, ticket: str) -> list[str]:
        """Return what the customer got from Firstline, in order."""
        mails = [_read(envelope.content) for envelope in self.postman.sent]
        return [_plain(mail) for mail in mails if f"<{ticket}>" in str(mail["References"])]

    def notes(self, ticket: str) -> list[str]:
        """Return the notes the team sees."""
        mails = [_read(raw) for raw, _ in self.dovecot.mails("Firstline")]
        return [_plain(mail) for mail in mails if f"<{ticket}>" in str(mail["References"])]

    def fail_next(self, kind: Failure, times: int = 1) -> None:
        """Let the next mails that are sent fail in one way."""
        if kind == "lost_response":
            self.postman.hang_up = times
        elif kind == "slow":
            self.postman.slow = times
        else:
            command, answer = _REFUSALS[kind]
            self.postman.refusals[command] = [answer] * times

    def _deliver(
        self, mailbox: str, name: str, sender: str, to: str, text: str, *answered: str
    ) -> None:
        threads = ""
        if answered:
            references = " ".join(f"<{one}>" for one in dict.fromkeys(answered))
            threads = f"References: {references}\r\nIn-Reply-To: <{answered[-1]}>\r\n"
        head = f"From: {sender}\r\nTo: {to}\r\nSubject: A question\r\nMessage-ID: <{name}>\r\n"
        self.dovecot.deliver(f"{head}{threads}\r\n{text}\r\n".encode(), mailbox)


@contextmanager
def running_world() -> Iterator[MailWorld]:
    """Start both servers; the test is skipped where there is no Dovecot."""
    with running_dovecot() as dovecot, running_postman() as postman:
        yield MailWorld(dovecot, postman)


def _read(raw: bytes | str | None) -> Message:
    assert isinstance(raw, bytes)
    return email.message_from_bytes(raw)


def _plain(mail: Message) -> str:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n").strip()
