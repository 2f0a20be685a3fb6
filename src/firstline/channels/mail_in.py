"""Reading a mail account: what is new since a cursor, and which mails are one conversation.

A cursor keeps the UIDVALIDITY of each mailbox and its next UID. UIDs only grow, so nothing is
passed over; when a server begins them anew, what arrived since the last look is read again, and
the caller knows by its id what it has had. Nothing is marked as read by looking at it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from firstline.channels.helpdesk import Bounce, Changes, DeskRefused
from firstline.channels.mail import read_mail
from firstline.channels.mail_bounces import is_report, read_bounce
from firstline.channels.mail_imap import Box, Imap, any_of, header_is, since
from firstline.channels.mail_threads import Head, People, head_of, joined
from firstline.errors import InputError, Place, TicketError
from firstline.records import Inbound

BATCH: Final = 50
"""New mails of one mailbox that are looked at before the caller may keep the cursor."""
_BEGINS: Final = timedelta(minutes=1)
_LOOK_BACK: Final = timedelta(hours=1)
"""How much earlier than the last look is read again when UIDs begin anew: clocks differ."""
_BROUGHT: Final = timedelta(days=3)
"""How long before the last look a mail may have arrived and still be new, since somebody moved it
here from the spam, say. Years of mail that are copied in are nobody's new questions."""
_OLDEST: Final = 5
_NEWEST: Final = 55
"""Mails of one mailbox that a conversation may have: its first ones and its latest."""
_REPORT: Final = 1_000_000
_FOLLOWED: Final = 10
_ROUNDS: Final = 3
"""How often, and for how many mails, those are looked for that answer them."""
_RECENT: Final = 200
"""UIDs that are looked through where a search finds nothing."""
_PARENTS: Final = 4
"""Ids a mail says it answers that are looked up."""
_CLIMB: Final = 5
"""How many answers a mail may be away from the first one where each names only the one before."""


@dataclass(slots=True)
class _Cursor:
    boxes: dict[str, Box]
    looked: datetime | None


class MailReader:
    """Reads one account over a connection that its caller keeps.

    Made anew for each look, since it keeps what it saw.

    Args:
        people: Who is who.
        now: The time.
    """

    def __init__(self, people: People, now: datetime) -> None:
        self._people = people
        self._settings = people.settings
        self._now = now
        self._latest: tuple[Head, ...] | None = None

    @property
    def polled(self) -> tuple[str, ...]:
        """The mailboxes where something new can be: where tickets arrive, and what people sent."""
        return tuple(dict.fromkeys((*self._settings.mailboxes, self._people.sent)))

    def changed(self, imap: Imap, cursor: str) -> Changes:
        """Return the conversations that got mail since a cursor; an empty one begins a minute ago.

        Raises:
            InputError: The cursor is none of ours.
        """
        known = _parsed(cursor)
        tickets: dict[str, None] = {}
        bounces: list[Bounce] = []
        more = False
        for mailbox in self.polled:
            box = imap.select(mailbox)
            first, oldest = self._first(imap, known.boxes.get(mailbox), box, known.looked)
            heads, next_uid = self._new(imap, mailbox, box, first)
            more = more or next_uid < box.next_uid
            known.boxes[mailbox] = Box(box.validity, next_uid)
            for head in heads:
                if head.at < oldest:
                    continue
                bounce = self._bounce(imap, head)
                if bounce:
                    bounces.append(bounce)
                elif not self._is_ours(head):
                    tickets[self.root_of(imap, head)] = None
        if not more or known.looked is None:
            # While a batch is waiting, what is new is still judged by when nobody had looked.
            known.looked = self._now
        return Changes(
            tickets=tuple(tickets), cursor=_written(known), more=more, bounces=tuple(bounces)
        )

    def is_news(self, imap: Imap, cursor: str, mailbox: str) -> bool:
        """Whether a mailbox, which is open afterwards, got mail since a cursor."""
        known = _parsed(cursor).boxes.get(mailbox)
        return imap.select(mailbox) != known

    def root_of(self, imap: Imap, head: Head) -> str:
        """Return the conversation a mail belongs to: the id of the mail that began it.

        A mail that has the id of another one begins its own, named by where it lies.
        """
        for first in head.references[:1]:
            # As a rule it is the first mail itself, and nothing else needs to be looked up.
            members = {one.id: one for one in self.conversation(imap, first)}
            if _holds(members, head) and first in members and not members[first].parents:
                return first
        for root in self._candidates(imap, head):
            members = {one.id: one for one in self.conversation(imap, root)}
            if _holds(members, head):
                return root
        known = {one.id: one for one in joined(head.id, self._under(imap, head.id), self._people)}
        return head.place if head.id in known and not _holds(known, head) else head.id

    def conversation(self, imap: Imap, root: str) -> tuple[Head, ...]:
        """Return the mails of the conversation that began with an id, oldest first.

        Where a search finds none, the latest mails are looked through: some servers search an
        index that lags behind their mail.
        """
        if root.startswith("uid:"):
            lone = self._at(imap, root)
            return (lone,) if lone else ()
        heads = list(self._found(imap, self._searches(root)))
        if not heads:
            if self._latest is None:
                self._latest = tuple(self._recent(imap))
            heads = [one for one in self._latest if self._is_about(one, root)]
        followed = {root}
        for _ in range(_ROUNDS):
            # Some programs name only the mail they answer, and not the first one.
            further = [one.id for one in heads if one.id not in followed][-_FOLLOWED:]
            if not further:
                break
            followed.update(further)
            heads += self._found(imap, [header_is("In-Reply-To", f"<{one}>") for one in further])
        return joined(root, heads, self._people)

    def _is_about(self, head: Head, root: str) -> bool:
        """Whether a search for a conversation should have found a mail."""
        if root in (head.id, *head.parents):
            return True
        return self._people.seal.thread_in(head.recipients) == self._people.seal.thread(root)

    def read(self, imap: Imap, head: Head, limit: int) -> Inbound:
        """Return what a mail says, of at most its first `limit` bytes.

        Raises:
            DeskRefused: It was moved or deleted since its head was read.
        """
        imap.opened(head.mailbox)
        fetched = imap.mail(head.uid, limit)
        if fetched is None:
            raise DeskRefused("changed", "a mail was moved or deleted while it was read")
        place = Place(file=head.mailbox)
        try:
            inbound = read_mail(fetched.content, place=place, authservs=self._settings.authservs)
        except TicketError:
            return Inbound(external_id=head.id, text="", channel="email", flags=("undecodable",))
        if head.id != head.place:
            return inbound
        # No answer can name it, so nobody can see whether it has one: a person looks.
        return replace(inbound, flags=(*inbound.flags, "undecodable"))

    def sent_as(self, imap: Imap, message_ids: Iterable[str]) -> bool:
        """Whether a mail of ours is there, or one that answers it; a report proves nothing."""
        named = [f"<{one}>" for one in message_ids]
        wanted = [header_is(name, one) for name in ("Message-ID", "In-Reply-To") for one in named]
        return any(not is_report(head) for head in self._found(imap, wanted))

    def _first(
        self, imap: Imap, known: Box | None, box: Box, looked: datetime | None
    ) -> tuple[int, datetime]:
        """Return the first UID to look at, and when what counts as new arrived at the earliest."""
        if known is not None and looked and known.validity == box.validity:
            return known.next_uid, looked - _BROUGHT
        moment = looked - _LOOK_BACK if known is not None and looked else self._now - _BEGINS
        dated = imap.heads(imap.search(since(moment)), limit=1)
        return min((one.uid for one in dated if one.at >= moment), default=box.next_uid), moment

    def _new(self, imap: Imap, mailbox: str, box: Box, first: int) -> tuple[list[Head], int]:
        """Return the next heads of the open mailbox, and the UID after the last of them."""
        uids: list[int] = []
        for uid in imap.arrived(first, box.next_uid):
            if len(uids) == BATCH:
                break
            uids.append(uid)
        heads = [head_of(one, mailbox, box.validity) for one in imap.heads(uids)]
        return heads, uids[-1] + 1 if len(uids) == BATCH else max(first, box.next_uid)

    def _bounce(self, imap: Imap, head: Head) -> Bounce | None:
        if not is_report(head):
            return None
        imap.opened(head.mailbox)
        fetched = imap.mail(head.uid, _REPORT)
        return read_bounce(head, fetched.content, self._people.seal) if fetched else None

    def _is_ours(self, head: Head) -> bool:
        return self._people.author(head, begins=False) == "own"

    def _under(self, imap: Imap, message_id: str) -> Iterator[Head]:
        """Return every mail that has an id."""
        asked = header_is("Message-ID", f"<{message_id}>")
        return (one for one in self._found(imap, [asked]) if one.id == message_id)

    def _candidates(self, imap: Imap, head: Head) -> Iterator[str]:
        """Return the conversations a mail may belong to, the surest first."""
        named = self._people.root_named(head)
        if named:
            yield named
        thread = self._people.seal.thread_in(head.recipients)
        if thread:
            yield from self._roots_of_thread(imap, thread)
        climbed: list[Head] = []
        parent = self._parent(imap, head, ())
        while parent and len(climbed) < _CLIMB:
            climbed.append(parent)
            parent = self._parent(imap, parent, climbed)
        for above in reversed(climbed):
            named = self._people.root_named(above)
            yield from (named,) if named else (*above.references[:1], above.id)
        yield from head.parents[:1]

    def _parent(self, imap: Imap, head: Head, below: Iterable[Head]) -> Head | None:
        """Return the mail that a mail answers, if it is there and not below it already."""
        if self._people.root_named(head):
            return None
        known = {head.id, *(one.id for one in below)}
        wanted = [one for one in head.parents[:_PARENTS] if one not in known]
        found = self._found(imap, [header_is("Message-ID", f"<{one}>") for one in wanted])
        by_id = {one.id: one for one in found}
        return next((by_id[one] for one in wanted if one in by_id), None)

    def _roots_of_thread(self, imap: Imap, thread: str) -> Iterator[str]:
        """Return the conversation of a sealed address, as our own sent mail names it."""
        imap.opened(self._people.sent)
        asked = header_is("Reply-To", f"+t{thread}")
        uids = imap.search(f"{self._lately} {asked}")[-_FOLLOWED:]
        for fetched in imap.heads(uids):
            root = self._people.root_named(head_of(fetched, self._people.sent, 0))
            if self._people.seal.thread(root) == thread:
                yield root
                return

    def _searches(self, root: str) -> list[str]:
        answered = [header_is(name, f"<{root}>") for name in ("Message-ID", "References")]
        tagged = f"+t{self._people.seal.thread(root)}"
        to = (
            [header_is(name, tagged) for name in ("To", "Cc")]
            if self._settings.plus_addresses
            else []
        )
        return [*answered, header_is("In-Reply-To", f"<{root}>"), *to]

    def _found(self, imap: Imap, searches: Iterable[str]) -> Iterator[Head]:
        criteria = any_of(searches)
        if not criteria:
            return
        for mailbox, box in self._each(imap):
            uids = imap.search(f"{self._lately} {criteria}")
            kept = uids if len(uids) <= _OLDEST + _NEWEST else uids[:_OLDEST] + uids[-_NEWEST:]
            for fetched in imap.heads(kept):
                yield head_of(fetched, mailbox, box.validity)

    def _recent(self, imap: Imap) -> Iterator[Head]:
        """Return the latest heads of the mailboxes where tickets arrive."""
        for mailbox in self._settings.mailboxes:
            box = imap.select(mailbox)
            uids = imap.search(f"UID {max(1, box.next_uid - _RECENT)}:*")
            for fetched in imap.heads(uids):
                yield head_of(fetched, mailbox, box.validity)

    @property
    def _lately(self) -> str:
        """The part of each search that keeps it from going through years of mail."""
        return since(self._now - timedelta(days=self._settings.remembers_days))

    def _each(self, imap: Imap) -> Iterator[tuple[str, Box]]:
        """Open each mailbox a conversation may be in, one after the other."""
        needed = self.polled
        names = tuple(dict.fromkeys((*needed, *self._settings.searched, self._settings.notes)))
        # Opening costs most, so a round ends where the next one begins.
        for mailbox in names if imap.open_now == names[0] else reversed(names):
            try:
                yield mailbox, imap.opened(mailbox)
            except DeskRefused:
                if mailbox in needed:
                    raise

    def _at(self, imap: Imap, place: str) -> Head | None:
        """Return the mail that has no Message-ID of its own, by where it lies."""
        _, validity, uid, mailbox = (*place.split(":", 3), "", "", "")[:4]
        if mailbox not in self.polled or not (validity.isdecimal() and uid.isdecimal()):
            return None
        box = imap.select(mailbox)
        if box.validity != int(validity):
            return None
        found = [head_of(one, mailbox, box.validity) for one in imap.heads([int(uid)])]
        return found[0].nameless() if found else None


def _holds(members: Mapping[str, Head], head: Head) -> bool:
    """Whether a mail, or a copy of it, is among some by their ids."""
    known = members.get(head.id)
    return known is not None and known.is_copy_of(head)


def _parsed(cursor: str) -> _Cursor:
    if not cursor:
        return _Cursor({}, None)
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        told: dict[str, Any] = json.loads(cursor)
        boxes = {str(name): Box(int(at[0]), int(at[1])) for name, at in told["boxes"].items()}
        return _Cursor(boxes, datetime.fromisoformat(told["looked"]).astimezone(UTC))
    raise InputError("the cursor is not one of a mail account", fix="Begin with an empty one")


def _written(cursor: _Cursor) -> str:
    boxes = {name: list(box) for name, box in cursor.boxes.items()}
    looked = cursor.looked.isoformat() if cursor.looked else ""
    return json.dumps({"boxes": boxes, "looked": looked}, separators=(",", ":"))
