"""Writing a mail: threaded, marked as automatic, plain and as simple HTML.

Whatever a customer wrote goes into a header only as one line of bounded length, so nothing can
begin a header of its own. The library's oldest policy folds, since the newer one encodes long
Message-IDs and so breaks threads.
"""

from __future__ import annotations

from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import NamedTuple

import re2

from firstline.channels.mail import decoded
from firstline.channels.mail_seal import Seal
from firstline.channels.mail_settings import MailSettings
from firstline.channels.mail_threads import ROOT_HEADER, Head
from firstline.channels.markup import markup
from firstline.proof.normal import normalise

_MAX_SUBJECT = 200
_MAX_REFERENCES = 20
_MAX_FROM = 100
_ANSWERED = re2.compile(r"(?i)^(?:(?:re|aw|antw|sv|vs|odp|ynt|r)\s*(?:\[\d{1,3}\])?\s*[:：]\s*)+")
_FOLDED = compat32.clone(linesep="\r\n")


class Mail(NamedTuple):
    """A mail that is ready to leave."""

    id: str
    """Its Message-ID, without brackets."""
    envelope: str
    """Where it returns to if it fails."""
    to: str
    """Empty: it is kept, not sent."""
    content: bytes


class Writer:
    """Writes the mails of one account.

    Args:
        settings: The account.
        seal: Makes its ids and addresses.
    """

    def __init__(self, settings: MailSettings, seal: Seal) -> None:
        self._settings = settings
        self._seal = seal

    def reply(self, marker: str, text: str, *, root: str, to: Head, at: datetime) -> Mail:
        """Return the answer to a mail, to the one address in its From.

        Args:
            marker: The delivery's attempt marker.
            text: The reply, plain; empty lines part paragraphs.
            root: The conversation's first Message-ID.
            to: What is answered.
            at: Now.
        """
        message = MIMEMultipart("alternative", policy=compat32)
        message.attach(_text(_encodable(text), "plain"))
        body = f"<html><body>{markup(_encodable(text))}</body></html>"
        message.attach(_text(body, "html"))
        message["Reply-To"] = self._seal.reply_address(root)
        message["Auto-Submitted"] = "auto-replied"
        subject = f"Re: {subject_of(to)}".strip()
        receiver = to.sender.address or ""
        return self._finished(message, marker, subject, receiver, root=root, about=to, at=at)

    def note(
        self, marker: str, text: str, *, root: str, about: Head, to: str, at: datetime
    ) -> Mail:
        """Return a note about a mail, for people of the team only.

        It names the conversation, so that mail programs show both together. An answer to it goes
        to the account itself, and joins nothing: it has no sealed reply address.
        """
        message = _text(_encodable(text), "plain")
        message["Auto-Submitted"] = "auto-generated"
        subject = f"[Firstline] {subject_of(about)}".strip()
        return self._finished(message, marker, subject, to, root=root, about=about, at=at)

    def _finished(
        self,
        message: Message,
        marker: str,
        subject: str,
        to: str,
        *,
        root: str,
        about: Head,
        at: datetime,
    ) -> Mail:
        settings = self._settings
        own_id = self._seal.message_id(marker)
        message["From"] = formataddr((one_line(settings.name, _MAX_FROM), settings.address))
        message["To"] = to or settings.address
        message["Subject"] = Header(subject, "us-ascii" if subject.isascii() else "utf-8").encode()
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{own_id}>"
        message["X-Auto-Response-Suppress"] = "All"
        references = _references(about, root)
        if references:
            message["References"] = " ".join(f"<{one}>" for one in references)
        if not about.id.startswith("uid:"):
            message["In-Reply-To"] = f"<{about.id}>"
        if not root.startswith("uid:"):
            message[ROOT_HEADER] = f"<{root}>"
        tagged = settings.bounce_addresses and settings.plus_addresses
        envelope = self._seal.bounce_address(marker) if tagged else settings.address
        return Mail(own_id, envelope, to, message.as_bytes(policy=_FOLDED))


def subject_of(head: Head) -> str:
    """Return a mail's subject on one line, without "Re:"."""
    return str(_ANSWERED.sub("", one_line(decoded(head.value("subject")), _MAX_SUBJECT)))


def one_line(text: str, limit: int) -> str:
    """Return a text as one visible line of at most `limit` characters."""
    return " ".join(normalise(text[: limit * 4]).split())[:limit].strip()


def _references(about: Head, root: str) -> tuple[str, ...]:
    """Return the way from the first mail to the one that is answered; the middle may be cut."""
    way = dict.fromkeys((root, *about.references, about.id))
    named = [one for one in way if one.isascii() and not one.startswith("uid:")]
    return (*named[:1], *named[1:][-_MAX_REFERENCES:])


def _text(text: str, kind: str) -> MIMEText:
    charset = Charset("utf-8")
    charset.body_encoding = QP  # Readable as it stands, and lines of any length survive.
    part = MIMEText("", kind, "utf-8", policy=compat32)
    del part["Content-Transfer-Encoding"]
    part.set_payload(text, charset)
    return part


def _encodable(text: str) -> str:
    """Return text without lone surrogates, with the line ends of mail."""
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\r\n", "\n").replace("\r", "\n")
