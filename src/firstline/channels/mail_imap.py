"""One connection to an IMAP server: bounded reads, and writes that say whether they were done.

imap-tools connects, names mailboxes and idles. The commands are given here, because its own
parse whole mails, mark them as read, and empty the bin of a shared mailbox after each flag.
"""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import imap_tools
import re2
from imap_tools.utils import encode_folder

from firstline.channels.helpdesk import DeskRefused
from firstline.channels.mail_settings import MailServer

MAX_HEAD = 256_000
"""Bytes of a mail's headers that are fetched."""
_WINDOW = 50_000
"""UIDs looked through by one search, which bounds the length of its answer."""
_CHUNK = 50
_MAX_IDLE = 1_500.0
"""Seconds; a server may end an idle connection after half an hour."""

_FOR_NOW = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
"""Codes of a refused sign-in that say nothing of the password (RFC 5530)."""

_UID = re2.compile(rb"\bUID (\d{1,10})")
_SIZE = re2.compile(rb"\bRFC822\.SIZE (\d{1,19})")
_DATE = re2.compile(rb'\bINTERNALDATE "([^"]{1,40})"')
_FLAGS = re2.compile(rb"\bFLAGS \(([^)]*)\)")
_OWN_PREFIX = re2.compile(rb'^\(\("([^"\\]{0,100})"')
_PLAIN = re2.compile(r"^[ !#-\[\]-~]{1,300}$")
"""What may stand between quotes in a search: no quote, no backslash, no control character."""


class Box(NamedTuple):
    """A mailbox as it stands."""

    validity: int
    """Changes when UIDs begin anew."""
    next_uid: int


class Fetched(NamedTuple):
    """A mail, or the beginning of one."""

    uid: int
    size: int
    """Bytes of the whole mail."""
    at: datetime
    """When it arrived here; unlike its Date, this is not its sender's to choose."""
    flags: frozenset[str]
    content: bytes


class Imap:
    """A signed-in connection. Not for two threads at once, save `kill`.

    Raises:
        DeskRefused: The sign-in was refused.
        OSError: The server cannot be reached, or the connection broke.
    """

    def __init__(self, server: MailServer, *, timeout: float) -> None:
        self._open: tuple[str, Box] | None = None
        with _as_oserror(server):
            self._mail = _connect(server, timeout)
        try:
            self._sign_in(server)
        except BaseException:
            self.drop()
            raise

    def _sign_in(self, server: MailServer) -> None:
        if not server.user:
            raise DeskRefused("forbidden", f"no user is named for {server.host}")
        token = server.tokens.current() if server.tokens else ""
        try:
            if token:
                self._mail.xoauth2(server.user, token, initial_folder=None)
            elif server.user.isascii() and server.password.isascii():
                self._mail.login(server.user, server.password, initial_folder=None)
            else:
                self._mail.login_utf8(server.user, server.password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise ConnectionError(f"{server.host} ended the connection at sign-in") from None
        except (imaplib.IMAP4.error, imap_tools.MailboxLoginError) as error:
            # Without its cause: no traceback may hold what was sent.
            if any(code in str(error).upper() for code in _FOR_NOW):
                problem = f"{server.host} lets nobody sign in now"
                raise DeskRefused("unavailable", problem, retry_after=60.0) from None
            if server.tokens:
                server.tokens.forget(token)
            what = "access token" if token else "password"
            problem = f"{server.host} refused the user or {what}"
            raise DeskRefused("forbidden", problem) from None

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of news by itself."""
        return "IDLE" in self._mail.client.capabilities

    def select(self, mailbox: str, *, write: bool = False) -> Box:
        """Open a mailbox; raises `DeskRefused("unavailable")` when there is none now."""
        with _as_oserror():
            answer, _ = self._mail.client.select(_quoted(mailbox), readonly=not write)
            if answer != "OK":
                self._open = None
                raise DeskRefused("unavailable", f'there is no mailbox "{mailbox}"')
            box = Box(self._number("UIDVALIDITY"), self._number("UIDNEXT"))
            self._open = (mailbox, box)
            return box

    @property
    def open_now(self) -> str:
        """The mailbox that is open, empty if none is."""
        return self._open[0] if self._open else ""

    def opened(self, mailbox: str) -> Box:
        """Have a mailbox open, without opening it again; its next UID may be an older one."""
        if self._open is None or self._open[0] != mailbox:
            return self.select(mailbox)
        with _as_oserror():
            self._mail.client.noop()  # The server tells what came and went.
        return self._open[1]

    def _number(self, name: str) -> int:
        told: list[Any] = self._mail.client.response(name)[1]
        values = [bytes(value) for value in told if value]
        if not values or not values[-1].isdigit():
            raise ConnectionError(f"the mail server does not tell {name}")
        return int(values[-1])

    def arrived(self, first: int, end: int) -> Iterator[int]:
        """Return the UIDs of the open mailbox from `first` up to `end`, in order."""
        for start in range(max(1, first), end, _WINDOW):
            last = min(start + _WINDOW, end) - 1
            for uid in self.search(f"UID {start}:{last}"):
                if start <= uid <= last:  # "9:5" means 5 to 9 to a server.
                    yield uid

    def search(self, criteria: str) -> list[int]:
        """Return the UIDs that a search finds in the open mailbox, in order."""
        with _as_oserror():
            answer, found = self._mail.client.uid("SEARCH", criteria)
            if answer != "OK":
                raise OSError("the mail server refused a search")
            words = b" ".join(bytes(line) for line in found if line).split()
            return sorted(int(word) for word in words if word.isdigit())

    def heads(self, uids: Iterable[int], *, limit: int = MAX_HEAD) -> Iterator[Fetched]:
        """Return the headers of mails of the open mailbox; one that is gone is left out."""
        wanted = list(uids)
        for start in range(0, len(wanted), _CHUNK):
            some = ",".join(map(str, wanted[start : start + _CHUNK]))
            yield from self._fetch(some, f"BODY.PEEK[HEADER]<0.{limit}>")

    def mail(self, uid: int, limit: int) -> Fetched | None:
        """Return a mail, at most its first `limit` bytes; None when it is gone."""
        return next(iter(self._fetch(str(uid), f"BODY.PEEK[]<0.{limit}>")), None)

    def _fetch(self, uids: str, part: str) -> list[Fetched]:
        with _as_oserror():
            items = f"(UID RFC822.SIZE INTERNALDATE FLAGS {part})"
            answer, lines = self._mail.client.uid("FETCH", uids, items)
            if answer != "OK":
                raise OSError("the mail server refused to hand out a mail")
            return sorted(_fetched(lines))

    def append(self, mailbox: str, content: bytes, flags: str) -> None:
        """Put a mail into a mailbox."""
        with _as_oserror():
            # Dated by the server, whose clock dates what arrives, too.
            answer, _ = self._mail.client.append(_quoted(mailbox), flags, None, content)
            if answer != "OK":
                problem = f'nothing can be put into the mailbox "{mailbox}"'
                raise DeskRefused("unavailable", problem)

    def mark(self, uid: int, flags: str) -> None:
        """Set flags on a mail of the open mailbox."""
        with _as_oserror():
            answer, _ = self._mail.client.uid("STORE", str(uid), "+FLAGS.SILENT", f"({flags})")
            if answer != "OK":
                raise DeskRefused("forbidden", "the mail server refused to flag a mail")

    def make(self, mailbox: str) -> None:
        """Make a mailbox if there is none of that name."""
        with _as_oserror():
            self._mail.client.create(_quoted(mailbox))  # NO: it is there, or cannot be.
            self._mail.client.subscribe(_quoted(mailbox))

    def prefix(self) -> str:
        """Return what the name of each mailbox of one's own begins with; on most servers nothing.

        The inbox itself is an exception.
        """
        told: list[Any] = []
        with _as_oserror():
            try:
                _, told = self._mail.client.namespace()
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:  # It knows no namespaces, and so has none.
                return ""
        found = _OWN_PREFIX.match(bytes(told[0])) if told and told[0] else None
        return found.group(1).decode("ascii", "replace") if found else ""

    def sent_mailbox(self) -> str:
        """Return the mailbox that the server marks as the one for sent mail, or an empty name."""
        with _as_oserror():
            found = [box.name for box in self._mail.folder.list() if "\\Sent" in box.flags]
        return found[0] if found else ""

    def idle(self, seconds: float) -> bool:
        """Wait until the open mailbox gets mail; False when none came in time."""
        with _as_oserror():
            told = self._mail.idle.wait(timeout=min(seconds, _MAX_IDLE))
        return any(b"EXISTS" in line for line in told)

    def close(self) -> None:
        """Say goodbye."""
        with suppress(imaplib.IMAP4.error, imap_tools.ImapToolsError, OSError):
            self._mail.logout()
        self.drop()

    def drop(self) -> None:
        """Let go of the connection without a word."""
        _drop(self._mail)

    def kill(self) -> None:
        """Cut the connection from another thread; whoever waits for it gets an OSError."""
        with suppress(OSError):
            self._mail.client.sock.shutdown(socket.SHUT_RDWR)


def since(moment: datetime) -> str:
    """Return a search for what arrived on the day of a moment or later."""
    # A day earlier, since a server counts days in its own zone.
    day = moment.astimezone(UTC) - timedelta(days=1)
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[day.month - 1]
    return f"SINCE {day.day}-{month}-{day.year}"


def header_is(name: str, value: str) -> str:
    """Return a search for a header that holds a value, empty where it cannot be asked for."""
    return f'HEADER {name} "{value}"' if _PLAIN.match(value) else ""


def any_of(criteria: Iterable[str]) -> str:
    """Return a search that finds what any of some searches finds."""
    kept = [one for one in criteria if one]
    return "".join("OR " for _ in kept[1:]) + " ".join(kept)


def _connect(server: MailServer, timeout: float) -> imap_tools.BaseMailBox:
    if server.security == "none":
        return imap_tools.MailBoxUnencrypted(server.host, server.port, timeout)
    context = ssl.create_default_context(cafile=server.authority or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.security == "tls":
        return imap_tools.MailBox(server.host, server.port, timeout, ssl_context=context)
    mail = imap_tools.MailBoxUnencrypted(server.host, server.port, timeout)
    try:
        mail.client.starttls(context)
    except BaseException:
        _drop(mail)
        raise
    return mail


def _drop(mail: imap_tools.BaseMailBox) -> None:
    with suppress(OSError):
        mail.client.shutdown()


@contextmanager
def _as_oserror(server: MailServer | None = None) -> Iterator[None]:
    """Let everything that goes wrong on a connection be an OSError."""
    where = server.host if server else "the mail server"
    try:
        yield
    except (imaplib.IMAP4.error, imap_tools.ImapToolsError) as error:
        raise ConnectionError(f"{where} broke off ({type(error).__name__})") from error


def _quoted(mailbox: str) -> str:
    """Return a mailbox's name as a command takes it: in its own alphabet, between quotes."""
    return encode_folder(mailbox.replace("\r", "").replace("\n", "")).decode("ascii")


def _fetched(lines: list[Any]) -> Iterator[Fetched]:
    """Read a FETCH answer.

    A literal is a pair; what follows it stands alone, and so does a mail whose part is empty.
    """
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else b""
        if isinstance(line, tuple):
            about = bytes(line[0]) + b" " + (after if isinstance(after, bytes) else b"")
            content = bytes(line[1])
        else:
            about, content = bytes(line or b""), b""
        uid, size, date = _UID.search(about), _SIZE.search(about), _DATE.search(about)
        if not (uid and size and date):
            continue
        flags = _FLAGS.search(about)
        yield Fetched(
            int(uid.group(1)),
            int(size.group(1)),
            _arrival(date.group(1)),
            frozenset(flags.group(1).decode("ascii", "replace").split() if flags else ()),
            content,
        )


def _arrival(written: bytes) -> datetime:
    """Return a server's date, such as ` 7-Nov-2026 10:00:00 +0100`, in UTC."""
    try:
        text = written.decode("ascii").strip()
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except ValueError as error:
        raise ConnectionError("the mail server's dates cannot be read") from error
