"""How a mail account is reached, checked before the first byte leaves."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import re2

from firstline.channels.mail_tokens import AccessTokens
from firstline.errors import SetupError

Security = Literal["tls", "starttls", "none"]

_ADDRESS = re2.compile(
    r"^[A-Za-z0-9.!#$%&'*/=?^_`{|}~+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$"
)
_HOST = re2.compile(r"^[A-Za-z0-9.:-]{1,253}$")
_MIN_KEY = 16


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, told by its name alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """One server and how to sign in to it.

    Raises:
        SetupError: The host is no host, or the connection would cross a network in the clear.
    """

    host: str
    port: int
    security: Security = "tls"
    """`tls` from the first byte, `starttls` before the password, `none` on loopback only."""
    user: str = ""
    """Empty: no sign-in (a relay that knows this machine)."""
    password: str = field(default="", repr=False)
    tokens: AccessTokens | None = field(default=None, repr=False)
    """Signs in with access tokens instead of the password."""
    authority: str = ""
    """A PEM file of the authority that signed the server's certificate, if no public one did."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not _HOST.match(self.host) or not 0 < self.port < 1 << 16:
            fix = 'Name it like "mail.acme.example", and a port from 1 to 65535'
            raise SetupError("the mail server's host or port is not one", fix=fix)
        if self.security not in ("tls", "starttls", "none"):
            raise SetupError("security is tls, starttls or none", fix="Choose one")
        if self.security == "none" and not is_loopback(self.host):
            fix = 'Set security to "tls" or "starttls"'
            raise SetupError(f"{self.host} would be spoken to without encryption", fix=fix)
        if any(sign in self.user + self.password for sign in "\r\n\0\1"):
            fix = "Read it from a file without its line end"
            raise SetupError(
                "the mail user or password holds a line break or control character", fix=fix
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """One mail account: where tickets come in, how replies go out.

    Raises:
        SetupError: An address is none, or the key is too short to sign with.
    """

    address: str
    """What customers write to, and what replies come from."""
    imap: MailServer
    smtp: MailServer
    key: bytes = field(repr=False)
    """Signs Message-IDs and reply addresses; at least 16 bytes, the same for ever."""
    previous_keys: tuple[bytes, ...] = field(default=(), repr=False)
    """Keys whose signatures still count."""
    name: str = ""
    """Shown beside the address."""
    own_addresses: tuple[str, ...] = ()
    """Every other address of this account, so that its mail is never answered."""
    staff: tuple[str, ...] = ()
    """Addresses, or `@domain` for all of one, whose mail is a person's answer."""
    mailboxes: tuple[str, ...] = ("INBOX",)
    """Where tickets arrive."""
    searched: tuple[str, ...] = ()
    """Further mailboxes a conversation may be in (an archive); nothing there is a new ticket."""
    sent: str = ""
    """Where sent mail is kept; empty: the mailbox the server marks as such."""
    notes: str = "Firstline"
    """Where internal notes are left; made when it is missing."""
    files_sent_mail: bool = False
    """Whether the server itself keeps a copy of what is sent (Gmail does)."""
    plus_addresses: bool = True
    """Whether mail to `help+anything@` reaches `help@`."""
    bounce_addresses: bool = False
    """Whether mail may also leave under `help+anything@`, so that each report about a mail that
    came back names it by where it goes. Some providers refuse that; the reports of most servers
    name the mail anyway."""
    authservs: tuple[str, ...] = ()
    """Names under which the receiving server signs Authentication-Results; none: nobody is
    vouched for."""
    team: str = ""
    """Where packets for people are mailed, too; empty: they are left as notes only."""
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The address of each group a ticket may be handed to."""
    max_bytes: int = 10_000_000
    """Of a longer mail only the beginning is fetched, and a person gets it."""
    remembers_days: int = 90
    """How old a mail may be to be found as part of a conversation; searches go no further back."""
    timeout: float = 30.0
    """Seconds for each answer of a server."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        addresses = (self.address, *self.own_addresses, *self.groups.values())
        for address in (*addresses, *([self.team] if self.team else [])):
            if not _ADDRESS.match(address):
                fix = "Write it like help@acme.example"
                raise SetupError("a mail address of the settings is not one", fix=fix)
        if min(len(key) for key in (self.key, *self.previous_keys)) < _MIN_KEY:
            fix = f"Use {_MIN_KEY} random bytes or more"
            raise SetupError("the key that signs mail is too short", fix=fix)
        if not self.mailboxes:
            raise SetupError("no mailbox is read", fix='Name one, such as "INBOX"')

    def with_notes_under(self, prefix: str) -> MailSettings:
        """Return the same with the mailbox for notes where its server lets one be made."""
        if self.notes.startswith(prefix):
            return self
        return replace(self, notes=prefix + self.notes)

    @property
    def own(self) -> frozenset[str]:
        """The account's addresses in lower case."""
        return frozenset(address.lower() for address in (self.address, *self.own_addresses))

    def is_own(self, address: str) -> bool:
        """Whether an address is the account's, plus tags and case aside."""
        local, _, domain = address.lower().rpartition("@")
        pieces = local.split("+")  # The account itself may be under a tag.
        known = ("+".join(pieces[:count]) for count in range(1, len(pieces) + 1))
        return any(f"{one}@{domain}" in self.own for one in known)

    def is_staff(self, address: str) -> bool:
        """Whether an address belongs to a person of the team."""
        address = address.lower()
        named = {known.lower() for known in self.staff}
        _, at, domain = address.rpartition("@")
        return address in named or (bool(at) and f"@{domain}" in named)
