"""Which mails are one conversation, and who wrote each (never by subject alone).

Anybody can put anything into References. So a mail joins a conversation only when its sender
already takes part in it, or it was sent to a reply address that we sealed. Else it begins one
of its own, and nothing that was said to somebody else goes along with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import re2

from firstline.channels.helpdesk import Author
from firstline.channels.mail import read_headers
from firstline.channels.mail_imap import Fetched
from firstline.channels.mail_seal import Seal
from firstline.channels.mail_settings import MailSettings
from firstline.channels.sender import Headers, Sender, address_in, addresses_in, denied

ROOT_HEADER = "X-Firstline-Conversation"
"""Names the conversation in our own mail; believed nowhere but among what we sent."""
_MESSAGE_ID = re2.compile(r"<\s*([^<>\s]{1,250})\s*>")
_PLAIN_ID = re2.compile(r"^[!#-\[\]-~]{1,250}$")
_MAX_PARENTS = 50
_MAX_ADDRESSES = 100
_TO = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A mail's headers and where it lies."""

    mailbox: str
    uid: int
    size: int
    at: datetime
    """When it arrived, by the server's clock."""
    flags: frozenset[str]
    headers: Headers
    validity: int
    """The mailbox's UIDVALIDITY."""

    @property
    def id(self) -> str:
        """The Message-ID, or, where there is none to search by, where it lies."""
        found = _ids(self.value("message-id"))
        if found and _PLAIN_ID.match(found[0]) and not found[0].startswith("uid:"):
            return found[0]
        return self.place

    @property
    def place(self) -> str:
        """Where it lies, which names a mail whose id is none, or another one's too."""
        return f"uid:{self.validity}:{self.uid}:{self.mailbox}"

    def nameless(self) -> Head:
        """Return it without its id, as what is named by its place."""
        kept = tuple(header for header in self.headers if header[0] != "message-id")
        return replace(self, headers=kept)

    def is_copy_of(self, other: Head) -> bool:
        """Whether two mails are the same one; some programs give all of theirs the same id."""
        written = (self.id, self.sender, self.value("date"))
        return written == (other.id, other.sender, other.value("date"))

    @property
    def parents(self) -> tuple[str, ...]:
        """What it answers: the first of References, In-Reply-To, then the others, latest first."""
        references = _ids(self.value("references"))
        answered = _ids(self.value("in-reply-to"))
        named = [*references[:1], *answered[:1], *references[:0:-1]][:_MAX_PARENTS]
        return tuple(dict.fromkeys(one for one in named if _PLAIN_ID.match(one)))

    @property
    def references(self) -> tuple[str, ...]:
        """The ids in References, in order."""
        named = _ids(self.value("references"))[:_MAX_PARENTS]
        return tuple(one for one in named if _PLAIN_ID.match(one))

    @property
    def sender(self) -> Sender:
        """The address in From."""
        return address_in([value for name, value in self.headers if name == "from"])

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address it was sent to, in lower case."""
        found: list[str] = []
        for name, value in self.headers:
            if name in _TO and len(found) < _MAX_ADDRESSES:
                found.extend(addresses_in(value))
        return tuple(found[:_MAX_ADDRESSES])

    def value(self, name: str) -> str:
        """Return the first header of a name, empty when there is none."""
        return next((value for known, value in self.headers if known == name), "")


def head_of(fetched: Fetched, mailbox: str, validity: int) -> Head:
    """Return the head of a mail whose headers were fetched."""
    return Head(
        mailbox=mailbox,
        uid=fetched.uid,
        size=fetched.size,
        at=fetched.at,
        flags=fetched.flags,
        headers=read_headers(fetched.content),
        validity=validity,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who is who in this account's mail."""

    settings: MailSettings
    seal: Seal
    sent: str
    """The mailbox of sent mail, which only this account can write to."""

    def sent_here(self, head: Head) -> bool:
        """Whether a mail left this account for certain."""
        return head.mailbox in (self.sent, self.settings.notes)

    def author(self, head: Head, *, begins: bool) -> Author:
        """Say who wrote a mail.

        Args:
            head: The mail.
            begins: Whether it begins its conversation. Mail under our own address that nobody
                here sent is then somebody's request, and a person looks at it.
        """
        address = head.sender.address or ""
        is_ours = self.settings.is_own(address)
        if self.seal.is_own_id(head.id) and (is_ours or self.sent_here(head)):
            return "own"
        if self.sent_here(head):
            return "staff"
        if begins or denied(head.headers, self.settings.authservs):
            return "customer"
        return "staff" if is_ours or self.settings.is_staff(address) else "customer"

    def root_named(self, head: Head) -> str:
        """Return the conversation that a mail of ours names, empty for any other mail."""
        if not self.sent_here(head):
            return ""
        named = _ids(head.value(ROOT_HEADER.lower()))
        return named[0] if named and _PLAIN_ID.match(named[0]) else ""


def joined(root: str, heads: Iterable[Head], people: People) -> tuple[Head, ...]:
    """Return the mails that are the conversation which began with `root`, oldest first.

    Args:
        root: The first mail's id.
        heads: What a search for it found: more than belongs, and a mail perhaps twice.
        people: Who is who.
    """
    thread = people.seal.thread(root)
    taking_part: set[str] = set()
    members: dict[str, Head] = {}
    for head in sorted(heads, key=lambda one: (one.at, not people.sent_here(one), one.uid)):
        sender = head.sender.address or ""
        ours = people.sent_here(head) or people.author(head, begins=False) == "own"
        invited = people.seal.thread_in(head.recipients) == thread
        if head.id in members:
            if ours and not people.sent_here(members[head.id]):
                members[head.id] = head
            continue
        is_staff = people.author(head, begins=False) == "staff"
        if not (ours or invited or is_staff or head.id == root or sender in taking_part):
            continue
        members[head.id] = head
        if ours or head.id == root:
            taking_part.update(head.recipients)
        if ours or invited or head.id == root:
            taking_part.add(sender)
    return _in_order(tuple(members.values()), people)


def _in_order(members: tuple[Head, ...], people: People) -> tuple[Head, ...]:
    """Put each of our answers right behind the mail it answers, whenever it was filed.

    What a customer wrote while our answer was under way then stands behind it, unanswered. It
    also keeps mails in order that arrived within the same second.
    """
    order: list[Head] = []
    waiting: list[Head] = []
    for head in members:
        answered = set(_ids(head.value("in-reply-to")))
        at = next((place for place, one in enumerate(order) if one.id in answered), None)
        if at is not None and people.author(head, begins=False) == "own":
            while at + 1 < len(order) and _answers(order[at + 1], order[at].id, people):
                at += 1
            order.insert(at + 1, head)
        elif at is None and any(one.id in answered for one in members):
            waiting.append(head)  # It was sorted before the mail it answers.
        else:
            order.append(head)
            late = [one for one in waiting if head.id in _ids(one.value("in-reply-to"))]
            order.extend(late)
            waiting = [one for one in waiting if one not in late]
    return (*order, *waiting)


def _answers(head: Head, answered: str, people: People) -> bool:
    """Whether a mail is another answer of ours to the same mail."""
    is_own = people.author(head, begins=False) == "own"
    return is_own and answered in _ids(head.value("in-reply-to"))


def _ids(value: str) -> list[str]:
    return [str(found) for found in _MESSAGE_ID.findall(value)]
