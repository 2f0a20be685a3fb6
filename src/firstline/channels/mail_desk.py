"""A mail account as a helpdesk: conversations are threads, notes lie in a mailbox of their own.

Mail has no status, no assignee and no tags. An answered mail is marked as read and answered, one
for people is flagged and stays unread, and a packet is mailed to whoever is to have it.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final, TypeVar

from firstline.channels.base import NotWantedError, Parcel, ParcelKind, Presence
from firstline.channels.helpdesk import (
    Changes,
    Conversation,
    DeskRefused,
    HandOver,
    Hint,
    Status,
    Turn,
    Verdict,
)
from firstline.channels.mail_compose import Mail, Writer, subject_of
from firstline.channels.mail_imap import Imap
from firstline.channels.mail_in import MailReader
from firstline.channels.mail_out import MailSender
from firstline.channels.mail_seal import Seal
from firstline.channels.mail_settings import MailSettings
from firstline.channels.mail_threads import Head, People
from firstline.errors import InputError
from firstline.observe import log
from firstline.proof.automatic_mail import automatic
from firstline.records import IntakeFlag

T = TypeVar("T")

_TURNS: Final = 20
"""Mails of a conversation that are read, the latest ones."""
_WHOLE: Final = 3
"""The latest of them, which are read up to the account's limit."""
_THREADS: Final = 4
_OLDER_BYTES: Final = 256_000
_ANSWERED: Final = "\\Seen \\Answered"
_FOR_PEOPLE: Final = "\\Flagged"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _Watch:
    """A connection that waits for mail in a thread, until somebody else ends it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._imap: Imap | None = None
        self._ended = False

    def begin(self, imap: Imap) -> None:
        with self._lock:
            self._imap = imap
            if self._ended:
                imap.kill()

    def end(self) -> None:
        with self._lock:
            self._ended = True
            if self._imap:
                self._imap.kill()


class MailDesk:
    """One mail account. Network failures raise OSError; refusals raise `DeskRefused`.

    Args:
        settings: The account.
        now: The clock.
    """

    def __init__(self, settings: MailSettings, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._settings = settings
        self._now = now
        plus = settings.plus_addresses
        self._seal = Seal(settings.address, settings.key, settings.previous_keys, plus=plus)
        self.references = self._seal.message_ids  # As `Naming` has it, for bounces.
        self._writer = Writer(settings, self._seal)
        domain = settings.address.rpartition("@")[2]
        self._sender = MailSender(settings.smtp, hello=domain, timeout=settings.timeout)
        self._line = asyncio.Lock()
        # Of its own, since one thread may wait for mail for as long as the program runs.
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="mail")
        self._imap: Imap | None = None
        self._sent = settings.sent

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        """Say no: a mail account sends no webhooks."""
        del headers, body, now
        return "wrong"

    def hints(self, body: bytes) -> tuple[Hint, ...]:
        """Refuse: a mail account sends no webhooks."""
        del body
        raise InputError("a mail account has no webhooks", fix="It is polled; nothing to set up")

    async def changed(self, cursor: str) -> Changes:
        """Return the conversations that got mail since a cursor, and what bounced."""
        return await self._read(lambda imap, mail: mail.changed(imap, cursor))

    async def wait(self, cursor: str, seconds: float) -> bool:
        """Wait until there is mail that a cursor does not know, at most for some seconds.

        With an empty cursor only what comes from now on ends the waiting.

        Where the server can tell by itself (IDLE) this returns at once with the mail. It watches
        the first mailbox; the others are seen when the caller polls. A connection of its own is
        used, and cut when the waiting is cancelled.

        Returns:
            Whether to ask `changed` now; False also where the server cannot tell.
        """
        watch = _Watch()
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._watch, cursor, seconds, watch)
        finally:
            watch.end()

    async def fetch(self, ticket: str) -> Conversation:
        """Return a conversation afresh, its latest twenty mails."""
        return await self._read(lambda imap, mail: self._conversation(imap, mail, ticket))

    async def reply(self, parcel: Parcel, seen: Conversation, *, status: Status) -> str:
        """Answer the customer's latest mail, unless anything came since; return the Message-ID.

        Mail has no status: the mail that is answered is marked so.

        Raises:
            NotWantedError: A machine wrote the mail, or there is nobody to answer.
        """
        del status
        heads = await self._heads(seen.id)
        if self._version(heads) != seen.version:
            raise DeskRefused("changed", "the conversation has newer mail")
        latest = self._latest(heads)
        why = self._why_not(latest)
        if why:
            raise NotWantedError(why)
        written = self._writer.reply(
            parcel.marker, parcel.text, root=seen.id, to=latest, at=self._now()
        )
        await self._sender.send(written)
        await self._after(latest, _ANSWERED, written)
        return written.id

    async def note(self, parcel: Parcel, seen: Conversation) -> str:
        """Leave a note in the mailbox for notes; nothing is sent. Return its Message-ID."""
        heads = await self._heads(seen.id)
        written = self._note(parcel.marker, parcel.text, seen, heads, to="")
        await self._write(lambda imap: self._keep_note(imap, written))
        return written.id

    async def hand_over(self, parcel: Parcel, seen: Conversation, to: HandOver) -> str:
        """Flag the customer's mail, leave the packet as a note, and mail it to those in charge.

        The packet goes to `assignee` if that is an address of the settings, else to the address
        of `group`, else to the team's; without any it is only left as a note.
        """
        heads = await self._heads(seen.id)
        receiver = self._in_charge(to)
        written = self._note(parcel.marker, to.note or parcel.text, seen, heads, to=receiver)
        if receiver:
            await self._sender.send(written)
            await self._after(self._latest(heads), _FOR_PEOPLE, written, note=True)
        else:
            await self._write(lambda imap: self._keep_note(imap, written))
            await self._after(self._latest(heads), _FOR_PEOPLE, None)
        return written.id

    async def find(self, marker: str, ticket: str, *, kind: ParcelKind = "reply") -> Presence:
        """Look for the delivery's Message-ID among sent mail, notes, and what answers it.

        What is found is there. What is not may have left all the same: the copy is filed after
        the mail, so its absence proves nothing. A note that nobody is mailed is there or is not.
        """
        del ticket
        if await self._read(lambda imap, mail: mail.sent_as(imap, self.references(marker))):
            return "present"
        is_mailed = kind == "packet" and bool(self._settings.team or self._settings.groups)
        return "absent" if kind in ("note", "packet") and not is_mailed else "unknown"

    async def check(self) -> str:
        """Sign in to both servers and open every mailbox; return who we are, for people."""
        idles = await self._read(self._try_all)
        await self._sender.check()
        told = "is told of new mail at once" if idles else "looks for new mail now and then"
        boxes = ", ".join(self._settings.mailboxes)
        return f'{self._settings.address}: reads {boxes}, {told}, keeps sent mail in "{self._sent}"'

    async def close(self) -> None:
        """Sign out."""
        async with self._line:
            imap, self._imap = self._imap, None
            if imap:
                await asyncio.to_thread(imap.close)
        self._threads.shutdown(wait=False)

    async def _heads(self, root: str) -> tuple[Head, ...]:
        return await self._read(lambda imap, mail: mail.conversation(imap, root))

    def _conversation(self, imap: Imap, mail: MailReader, root: str) -> Conversation:
        heads = mail.conversation(imap, root)
        if not heads:
            raise DeskRefused("missing", "no mail of this conversation is there")
        recent = heads[-_TURNS:]
        turns = tuple(
            self._turn(imap, mail, head, begins=head is heads[0], whole=len(recent) - at <= _WHOLE)
            for at, head in enumerate(recent)
        )
        asked = [turn for turn in turns if turn.author == "customer"]
        senders = {turn.sender for turn in asked}
        last = asked[-1] if asked else None
        is_open = turns[-1].author == "customer"
        return Conversation(
            id=root,
            subject=subject_of(heads[0]),
            requester=last.sender if last else "",
            # Who joined by our own reply address is answered, but not as the first one.
            verified=bool(last and last.verified) and len(senders) == 1,
            status="open" if is_open else "pending",
            version=self._version(heads),
            turns=turns,
            headers=heads[0].headers,
        )

    def _turn(self, imap: Imap, mail: MailReader, head: Head, *, begins: bool, whole: bool) -> Turn:
        limit = self._settings.max_bytes if whole else _OLDER_BYTES
        inbound = mail.read(imap, head, limit)
        flags: tuple[IntakeFlag, ...] = inbound.flags
        if whole and head.size > limit:
            flags = (*flags, "too_large")
        address = head.sender.address or ""
        author = self._people.author(head, begins=begins)
        return Turn(
            id=self._seal.thread(head.id),
            author=author,
            text=inbound.text,
            is_html=inbound.is_html,
            is_public=head.mailbox != self._settings.notes,
            at=head.at,
            name=address if author == "staff" else "",
            attachments=inbound.attachments,
            sender=address,
            verified=inbound.verified,
            headers=head.headers,
            flags=tuple(dict.fromkeys(flags)),
        )

    @property
    def _people(self) -> People:
        return People(settings=self._settings, seal=self._seal, sent=self._sent)

    def _version(self, heads: tuple[Head, ...]) -> str:
        """Return what changes when a mail is added, except by ourselves."""
        people = self._people
        told = [head.id for head in heads if people.author(head, begins=False) != "own"]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]

    def _latest(self, heads: tuple[Head, ...]) -> Head:
        people = self._people
        asked = [one for one in heads if people.author(one, begins=one is heads[0]) == "customer"]
        if not asked:
            raise DeskRefused("missing", "no customer's mail is in this conversation")
        return asked[-1]

    def _why_not(self, head: Head) -> str:
        """Say why a mail must not be answered, whatever was decided before."""
        address = head.sender.address
        if not address or not head.sender.certain:
            return "no_sender"
        if self._settings.is_own(address):
            return "own_mail"
        if automatic(head.headers, sender=address, subject=subject_of(head)):
            return "automatic_mail"
        return ""

    def _in_charge(self, to: HandOver) -> str:
        groups = self._settings.groups
        known = (*groups.values(), self._settings.team, *self._settings.staff)
        if "@" in to.assignee.lstrip("@") and to.assignee in known:
            return to.assignee
        return groups.get(to.group) or self._settings.team

    def _note(
        self, marker: str, text: str, seen: Conversation, heads: tuple[Head, ...], *, to: str
    ) -> Mail:
        about = self._latest(heads)
        return self._writer.note(marker, text, root=seen.id, about=about, to=to, at=self._now())

    async def _after(
        self, about: Head, flags: str, sent: Mail | None, *, note: bool = False
    ) -> None:
        """File what was sent and mark what it is about: the mail has left, so nothing may fail."""

        def file(imap: Imap) -> None:
            if sent and note:
                self._keep_note(imap, sent)
            elif sent and not self._settings.files_sent_mail:
                imap.append(self._sent, sent.content, "\\Seen")

        def mark(imap: Imap) -> None:
            imap.select(about.mailbox, write=True)
            imap.mark(about.uid, flags)

        for change in (file, mark):
            try:
                await self._twice(change)
            except OSError as error:
                log.warning("mail_not_filed", problem=type(error).__name__, what=change.__name__)

    def _keep_note(self, imap: Imap, written: Mail) -> None:
        try:
            imap.append(self._settings.notes, written.content, "")
        except DeskRefused:
            imap.make(self._settings.notes)
            imap.append(self._settings.notes, written.content, "")

    def _try_all(self, imap: Imap, mail: MailReader) -> bool:
        for mailbox in (*mail.polled, *self._settings.searched):
            imap.select(mailbox)
        imap.make(self._settings.notes)
        imap.select(self._settings.notes)
        return imap.can_idle

    def _watch(self, cursor: str, seconds: float, watch: _Watch) -> bool:
        imap = self._connected()
        watch.begin(imap)
        try:
            mail = MailReader(self._people, self._now())
            first = self._settings.mailboxes[0]
            if not cursor:
                imap.select(first)
            elif mail.is_news(imap, cursor, first):
                return True
            return imap.can_idle and imap.idle(seconds)
        finally:
            imap.drop()

    async def _read(self, look: Callable[[Imap, MailReader], T]) -> T:
        """Look something up."""

        def looked(imap: Imap) -> T:
            return look(imap, MailReader(self._people, self._now()))

        return await self._twice(looked)

    async def _twice(self, do: Callable[[Imap], T]) -> T:
        """Do what may be done again, once more over a new connection if the old one broke."""
        try:
            return await self._write(do)
        except DeskRefused:
            raise
        except OSError:
            return await self._write(do)

    async def _write(self, change: Callable[[Imap], T]) -> T:
        """Use the one connection, alone; one that failed is not used again."""
        async with self._line:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._on_line, change)

    def _on_line(self, change: Callable[[Imap], T]) -> T:
        imap = self._imap or self._connected()
        self._imap = None
        try:
            done = change(imap)
        except DeskRefused:
            self._imap = imap
            raise
        except BaseException:
            imap.drop()
            raise
        self._imap = imap
        return done

    def _connected(self) -> Imap:
        imap = Imap(self._settings.imap, timeout=self._settings.timeout)
        self._settings = self._settings.with_notes_under(imap.prefix())
        if not self._sent:
            self._sent = imap.sent_mailbox()
        if not self._sent:
            imap.close()
            problem = f"{self._settings.imap.host} marks no mailbox as the one for sent mail"
            raise DeskRefused("unavailable", f"{problem}; name it")
        return imap
