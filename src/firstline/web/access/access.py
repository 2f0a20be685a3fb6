"""Access: who is let in, and what is written down about it. One object a site; no state of its own.

Everything is in the database, so any web process answers any request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool

from firstline.errors import InputError
from firstline.store.access_log import AccessLog
from firstline.store.api_keys import ApiKeyStore
from firstline.store.attempts import AttemptStore, Counted
from firstline.store.entry_codes import EntryCodeStore
from firstline.store.people import Credentials, PeopleStore
from firstline.store.people_records import (
    Action,
    ApiKey,
    CodeKind,
    EntryCode,
    NewEvent,
    NewPerson,
    Person,
    Role,
    Scope,
)
from firstline.store.sessions import SessionStore
from firstline.web.access.elsewhere import person_proven
from firstline.web.access.given import an_email, key_name, person_name, storable
from firstline.web.access.password_rules import fault_of
from firstline.web.access.passwords import BusyError, Passwords
from firstline.web.access.sign_on import Proven, SignOn
from firstline.web.access.slowing import of_own_password, of_sign_in
from firstline.web.access.tokens import (
    LONGEST as LONGEST_TOKEN,
)
from firstline.web.access.tokens import (
    PREFIX_LETTERS,
    hash_of,
    new_code,
    new_key,
    new_token,
    typed_code,
)

SETUP_VALID: Final = timedelta(hours=24)
LINK_VALID: Final = timedelta(days=3)
PRODUCT: Final = "firstline"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Somebody is signed in: what their browser is given."""

    person: Person
    token: str
    """The session's."""
    device: str
    """Says that they signed in with this browser before."""
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSignedIn:
    """Nobody was signed in. What is said is the same whether the account exists or not."""

    why: Literal["wrong", "wait", "busy"]
    wait: timedelta = timedelta()
    """How long to wait before trying again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where a request comes from."""

    address: str = ""
    browser: str = ""
    device: str = ""
    """What its cookie says of earlier sign-ins."""


class Access:
    """The people, sessions, keys and audit of one site."""

    def __init__(
        self,
        engine: sa.Engine,
        *,
        company: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        passwords: Passwords | None = None,
        sign_on: SignOn | None = None,
    ) -> None:
        self.people = PeopleStore(engine)
        self.sessions = SessionStore(engine)
        self.keys = ApiKeyStore(engine)
        self.codes = EntryCodeStore(engine)
        self.log = AccessLog(engine)
        self.passwords = passwords or Passwords()
        self.sign_on = sign_on
        self.company = company
        self.now = now
        self._attempts = AttemptStore(engine)

    # Who asks

    def person_of(self, token: str) -> Person | None:
        """Return who is signed in with a session's token."""
        if not token or len(token) > LONGEST_TOKEN:
            return None
        return self.sessions.find(hash_of(token), self.now())

    def key_of(self, token: str) -> ApiKey | None:
        """Return the key with which a program asks, if it is good."""
        if not token or len(token) > LONGEST_TOKEN:
            return None
        return self.keys.find(hash_of(token), self.now())

    # What is written down

    def saw(
        self,
        who: Person | ApiKey,
        kind: str,
        subject: str,
        *,
        action: Action = "viewed",
        detail: str = "",
    ) -> None:
        """Write down that somebody saw or took away what is about a customer.

        Args:
            who: The person or the program's key.
            kind: What it is: `ticket`, `customer`, `export` …
            subject: Which one: its id.
            action: `viewed` or `exported`.
            detail: What of it, such as the filter of an export.
        """
        event = NewEvent(
            action=action, actor=who.id, name=who.name, kind=kind, subject=subject, detail=detail
        )
        self.log.saw(event, self.now())

    # Signing in and out

    async def sign_in(self, email: str, password: str, visitor: Visitor) -> SignedIn | NotSignedIn:
        """Sign somebody in by e-mail address and password.

        Takes as long for an unknown address as for a known one, and says the same.
        """
        email = storable(email)
        known_device, counted = await run_in_threadpool(self._counted, email, visitor)
        wait = await run_in_threadpool(self._attempts.begin, counted, self.now())
        if wait is not None:
            return NotSignedIn(why="wait", wait=wait)
        found = await run_in_threadpool(self.people.credentials, email)
        try:
            checked = await self.passwords.check_apart(password, found.hashed if found else "")
        except BusyError:
            return NotSignedIn(why="busy", wait=timedelta(seconds=5))
        if found is None or not checked.right or found.is_disabled:
            await run_in_threadpool(self._failed, found, visitor)
            return NotSignedIn(why="wrong")
        return await run_in_threadpool(
            self._enter, found, checked.renewed, counted, visitor, known_device
        )

    def _counted(self, email: str, visitor: Visitor) -> tuple[bool, tuple[Counted, ...]]:
        """Return whether this browser is known, and what the attempt counts for."""
        device = hash_of(visitor.device) if visitor.device else ""
        known = bool(device) and self.sessions.knows_device(device, email, self.now())
        return known, of_sign_in(email, device if known else "", visitor.address)

    def _failed(self, found: Credentials | None, visitor: Visitor) -> None:
        # What was typed is not kept: it may be a password in the wrong field.
        event = NewEvent(
            action="sign-in failed",
            kind="person",
            subject=found.person.email if found else "",
            detail="" if found else "unknown address",
            address=visitor.address,
        )
        if found is not None and found.is_disabled:
            event = replace(event, detail="disabled")
        self.log.add(event, self.now())

    def _enter(
        self,
        found: Credentials,
        renewed: str,
        counted: tuple[Counted, ...],
        visitor: Visitor,
        known_device: bool,
    ) -> SignedIn | NotSignedIn:
        hashed = found.hashed
        if renewed:
            self.people.renew_hash(found.person.id, hashed, renewed)
            hashed = renewed
        signed_in = self.open_session(
            found.person, visitor, hashed=hashed, device=visitor.device if known_device else ""
        )
        if signed_in is None:
            return NotSignedIn(why="wrong")
        account, *rest = (one.key for one in counted)
        self._attempts.succeeded([account], rest)
        return signed_in

    def open_session(
        self, who: Person, visitor: Visitor, *, hashed: str | None, device: str = ""
    ) -> SignedIn | None:
        """Open a session; None when the person may not sign in any more."""
        token = new_token()
        device = device or new_token()
        expires_at = self.sessions.open(
            who,
            hash_of(token),
            hashed=hashed,
            device_hash=hash_of(device),
            address=visitor.address,
            browser=storable(visitor.browser),
            now=self.now(),
        )
        if expires_at is None:
            return None
        return SignedIn(person=who, token=token, device=device, expires_at=expires_at)

    def known_elsewhere(self, proven: Proven) -> Person:
        """Return the person an identity provider vouches for; raises SignOnError."""
        return person_proven(self.people, self.codes, proven, self.now())

    def sign_out(self, token: str) -> None:
        """End the session of a token, if there is one."""
        who = self.person_of(token)
        if who is not None:
            self.sessions.end(hash_of(token), who, self.now(), out=True)

    # Setting up, inviting, passwords

    def setup_code(self) -> str | None:
        """Return a new one-time code for setting the first admin up; None once anybody is here."""
        if self.codes.is_set_up():
            return None
        code = new_code()
        self.codes.add(self._code(code, "setup", valid=SETUP_VALID, made_by=""), None)
        return code

    async def set_up(
        self, code: str, *, email: str, name: str, password: str, visitor: Visitor
    ) -> Person | None:
        """Make the first admin; None when the code is wrong, used or too old.

        Raises:
            InputError: The address, the name or the password cannot be used.
            BusyError: Too many passwords wait to be hashed.
        """
        email, name = an_email(email), person_name(name)
        self._require(password, name, email)
        hashed_code, now = hash_of(typed_code(code)), self.now()
        if await run_in_threadpool(self.codes.find, hashed_code, ("setup",), now) is None:
            return None
        hashed = await self.passwords.hash_apart(password)
        new = NewPerson(email=email, name=name, role="admin", hashed=hashed)
        return await run_in_threadpool(
            self.codes.set_up, hashed_code, new, visitor.address, self.now()
        )

    def invite(self, *, email: str, name: str, role: Role, by: Person | None) -> str:
        """Return the token of a link with which a new person chooses a password.

        Raises:
            InputError: The address or the name cannot be used, or is somebody's.
        """
        token, made_by = new_token(), by.name if by else ""
        code = self._code(token, "invite", valid=LINK_VALID, made_by=made_by)
        code = replace(code, email=an_email(email), name=person_name(name), role=role)
        self.codes.add(code, by)
        return token

    def reset(self, person_id: str, by: Person | None) -> str:
        """Return the token of a link with which a person chooses another password.

        Raises:
            InputError: There is no such person, or they are disabled.
        """
        whose = self.people.get(person_id)
        if whose is None or whose.disabled_at is not None:
            raise InputError("there is no such person, or they are disabled")
        token, made_by = new_token(), by.name if by else ""
        code = self._code(token, "reset", valid=LINK_VALID, made_by=made_by)
        code = replace(code, person=whose.id, email=whose.email, name=whose.name, role=whose.role)
        self.codes.add(code, by)
        return token

    def _code(self, token: str, kind: CodeKind, *, valid: timedelta, made_by: str) -> EntryCode:
        now = self.now()
        return EntryCode(
            hash=hash_of(token), kind=kind, made_by=made_by, made_at=now, expires_at=now + valid
        )

    def invitation(self, token: str) -> EntryCode | None:
        """Return what a link allows, while it can be used."""
        if len(token) > LONGEST_TOKEN:
            return None
        return self.codes.find(hash_of(token), ("invite", "reset"), self.now())

    async def accept(self, token: str, password: str, visitor: Visitor) -> Person | None:
        """Use a link: add its person, or set its person's password; None when it is no good.

        Raises:
            InputError: The password cannot be used, or the name was taken meanwhile.
            BusyError: Too many passwords wait to be hashed.
        """
        code = await run_in_threadpool(self.invitation, token)
        if code is None:
            return None
        self._require(password, code.name, code.email)
        hashed = await self.passwords.hash_apart(password)
        return await run_in_threadpool(
            self.codes.accept, code.hash, hashed, visitor.address, self.now()
        )

    async def change_password(
        self, who: Person, old: str, new: str, visitor: Visitor
    ) -> SignedIn | NotSignedIn:
        """Change one's own password: ends all sessions, and opens a new one here.

        Raises:
            InputError: The new password cannot be used.
        """
        self._require(new, who.name, who.email)
        counted = of_own_password(who.id)
        wait = await run_in_threadpool(self._attempts.begin, counted, self.now())
        if wait is not None:
            return NotSignedIn(why="wait", wait=wait)
        found = await run_in_threadpool(self.people.credentials_of, who.id)
        try:
            checked = await self.passwords.check_apart(old, found.hashed if found else "")
            hashed = await self.passwords.hash_apart(new) if checked.right else ""
        except BusyError:
            return NotSignedIn(why="busy", wait=timedelta(seconds=5))
        if not checked.right:
            return NotSignedIn(why="wrong")

        def change() -> SignedIn | NotSignedIn:
            self._attempts.succeeded([counted[0].key], [])
            self.people.set_password(who.id, hashed, who, self.now())
            opened = self.open_session(who, visitor, hashed=hashed)
            return opened or NotSignedIn(why="wrong")

        return await run_in_threadpool(change)

    def add_person(
        self, *, email: str, name: str, role: Role, password: str, by: Person | None = None
    ) -> Person:
        """Add a person with a password, from the command line.

        Raises:
            InputError: The address, name or password cannot be used.
        """
        email, name = an_email(email), person_name(name)
        self._require(password, name, email)
        new = NewPerson(
            email=email,
            name=name,
            role=role,
            hashed=self.passwords.hash(password),
            made_by=by.name if by else "",
        )
        return self.people.add(new, by, self.now())

    def _require(self, password: str, name: str, email: str) -> None:
        fault = fault_of(password, known=(self.company, PRODUCT, name, email))
        if fault:
            raise InputError(fault.rstrip("."), fix="Choose another one")

    # Keys

    def make_key(
        self,
        *,
        name: str,
        scopes: tuple[Scope, ...],
        valid: timedelta | None,
        by: Person | None,
    ) -> tuple[ApiKey, str]:
        """Make a key for a program; return it with its token, which is shown this once.

        Raises:
            InputError: It has no name or no scope.
        """
        if not scopes:
            raise InputError("the key may do nothing", fix="Choose at least one scope")
        token, now = new_key(), self.now()
        key = ApiKey(
            id=hash_of(token)[:16],
            name=key_name(name),
            prefix=token[:PREFIX_LETTERS],
            scopes=scopes,
            made_by=by.name if by else "",
            made_at=now,
            expires_at=now + valid if valid else None,
        )
        self.keys.add(key, hash_of(token), by)
        return key, token
