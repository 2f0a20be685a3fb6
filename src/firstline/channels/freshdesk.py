"""Freshdesk: tickets over its REST API, version 2. docs/freshdesk.md says how to connect it.

What its API allows, and what follows:

- Webhooks are not signed: an automation rule sends a secret in a header, and names a ticket.
- A reply carries no metadata and no idempotency key: the attempt marker is the small print of
  `read_back`, and the reply that is there already is not posted again.
- There is no conditional write: the ticket is fetched once more right before a reply. What comes in
  the second between the two is not seen.
- A reply changes no status: it is posted first, then the status is set, which may be repeated
  without harm.
- Tags are replaced as a whole: they are read right before and written with what is added.
"""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import re2

from firstline.channels import freshdesk_wire as wire
from firstline.channels.base import Parcel, ParcelKind, Presence
from firstline.channels.desk_calls import DeskCalls
from firstline.channels.helpdesk import (
    Changes,
    Conversation,
    DeskRefused,
    HandOver,
    Hint,
    Status,
    Verdict,
)
from firstline.channels.hooks import any_equal, check_test_url, header
from firstline.channels.pace import Pace
from firstline.channels.read_back import (
    delivered,
    presence,
    reference_of,
    refuse_if_answered,
    refuse_if_changed,
    with_reference,
)
from firstline.channels.watermark import Watermark
from firstline.errors import WorkspaceError
from firstline.observe import log
from firstline.outbound import SECONDS, Outbound, Reach

HOOK_HEADER: Final = "x-firstline-secret"
PER_PAGE: Final = 100
MOST_PAGES: Final = 20
"""Pages of one ticket's conversations: 2,000 messages. A longer ticket is for people."""
LONGEST_TICKET: Final = 50_000_000
"""Characters of its messages; Freshdesk gives all that each mail quotes."""
LAST_PAGE: Final = 300
"""Pages of a list of tickets that Freshdesk gives."""
_HOST = re2.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.freshdesk\.com")
_DOMAIN: Final = ".freshdesk.com"
_STAMP: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshdeskSettings:
    """One Freshdesk account."""

    domain: str
    """`acme` or `acme.freshdesk.com`. The API is there only, also if you use a name of your own."""
    portal_needs_login: bool = False
    """Your portal takes tickets only from people who signed in: these then count as verified."""
    seconds: float = SECONDS
    """For one request."""
    base_url: str = ""
    """Another address of the API; only a loopback one, and only with `allow_loopback`."""
    allow_loopback: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be right; raises WorkspaceError."""
        if not self.domain.isascii() or not _HOST.fullmatch(self.host):
            raise WorkspaceError(
                "freshdesk: `domain` is no Freshdesk account",
                fix="Write the part before .freshdesk.com, for example acme",
            )
        check_test_url("freshdesk", self.base_url, allow_loopback=self.allow_loopback)

    @property
    def host(self) -> str:
        """The account's host."""
        return self.domain.lower().removesuffix(_DOMAIN) + _DOMAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshdeskSecrets:
    """What must not be shown."""

    api_key: str = field(repr=False)
    """Of Firstline's own agent."""
    hook_secrets: tuple[str, ...] = field(default=(), repr=False)
    """What the automation rules send; two while it is being changed."""


class Freshdesk:
    """One Freshdesk account as a helpdesk."""

    def __init__(
        self,
        settings: FreshdeskSettings,
        secrets: FreshdeskSecrets,
        *,
        pace: Pace | None = None,
        outbound: Outbound | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; nothing is asked yet."""
        host = settings.host
        self._settings = settings
        self._secrets = secrets
        self._now = now
        self._agent = ""
        self._groups: dict[str, str] = {}
        key = b64encode(f"{secrets.api_key}:X".encode()).decode()
        reach = Reach(hosts=(host,), allow_loopback=settings.allow_loopback)
        self._calls = DeskCalls(
            "Freshdesk",
            f"{settings.base_url.rstrip('/') or f'https://{host}'}/api/v2",
            outbound or Outbound(reach, seconds=settings.seconds),
            headers={"authorization": f"Basic {key}", "accept": "application/json"},
            pace=pace or Pace(),
            sleep=sleep,
        )

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        """Check the secret in `X-Firstline-Secret`. It signs neither body nor time."""
        del body, now
        given = header(headers, HOOK_HEADER)
        if not given:
            return "unsigned"
        wanted = [secret.encode() for secret in self._secrets.hook_secrets if secret]
        return "good" if any_equal(given.encode(), wanted) else "wrong"

    def hints(self, body: bytes) -> tuple[Hint, ...]:
        """Read a genuine webhook; raises InputError when it is none of Freshdesk's."""
        return wire.hints(body)

    async def fetch(self, ticket: str) -> Conversation:
        """Return a ticket with all its messages.

        Raises:
            DeskRefused: Among others `unreadable`, when it has more than 2,000 messages, or is
                longer than `LONGEST_TICKET`.
        """
        path = _path(ticket)
        agent = await self._own_agent()
        said = await self._calls.read(path, {"include": "requester"})
        return wire.conversation(
            said,
            await self._entries(f"{path}/conversations"),
            agent=agent,
            portal_needs_login=self._settings.portal_needs_login,
        )

    async def reply(self, parcel: Parcel, seen: Conversation, *, status: Status) -> str:
        """Post a reply, which Freshdesk mails to the requester, then set the status.

        Raises:
            DeskRefused: Nothing was posted; `changed` when somebody was faster.
            OSError: Nobody knows whether it was posted.
        """
        fresh = await self.fetch(seen.id)
        posted = delivered(fresh, parcel.marker, public=True)
        if posted:
            return posted
        refuse_if_changed(seen, fresh)
        body = {"body": with_reference(parcel.text, parcel.marker)}
        said = await self._calls.write("POST", f"{_path(seen.id)}/reply", body)
        await self._set_status(seen.id, status)
        return _id_of(said, parcel.marker)

    async def note(self, parcel: Parcel, seen: Conversation) -> str:
        """Post a private note, unless it is there; raises DeskRefused or OSError as `reply`."""
        posted = delivered(await self.fetch(seen.id), parcel.marker, public=False)
        return posted or await self._note(seen.id, parcel.text, parcel.marker)

    async def hand_over(self, parcel: Parcel, seen: Conversation, to: HandOver) -> str:
        """Assign, tag and open a ticket, then leave the packet as a private note.

        The note comes last and carries the marker: where it is, everything before it was done, and
        everything before it may be done twice.
        """
        fresh = await self.fetch(seen.id)
        posted = delivered(fresh, parcel.marker, public=False)
        if posted:
            return posted
        refuse_if_answered(seen, fresh)
        agent = await self._own_agent()
        change = _change(fresh, replace(to, group=await self._group(to.group)), agent)
        if change:
            await self._calls.set("PUT", _path(seen.id), change)
        return await self._note(seen.id, to.note, parcel.marker)

    async def find(self, marker: str, ticket: str, *, kind: ParcelKind = "reply") -> Presence:
        """Say whether a delivery with this marker is in the ticket."""
        del kind
        try:
            return presence(await self.fetch(ticket), marker)
        except DeskRefused as error:
            if error.why == "unreadable":
                return "unknown"
            raise

    async def changed(self, cursor: str) -> Changes:
        """Return the tickets that changed since a cursor, a page of at most 100 at a time.

        The next page is asked for by the time of the last ticket, not by its number: tickets that
        change meanwhile move to the end and would push others over the edge of a page unseen. Only
        where one second has more tickets than a page are they counted by pages.
        """
        now = self._now()
        mark = Watermark.of(cursor, now)
        page = int(mark.page or 1)
        said = await self._calls.read(
            "/tickets",
            {
                "updated_since": datetime.fromtimestamp(mark.since, UTC).strftime(_STAMP),
                "order_by": "updated_at",
                "order_type": "asc",
                "per_page": PER_PAGE,
                "page": page,
            },
        )
        found = wire.found(said)
        if len(said) < PER_PAGE or page >= LAST_PAGE:
            return mark.step(found, now)
        last = max((stamp for _, stamp in found), default=mark.since)
        if last - 1 > mark.since:
            # A second earlier, in case "since" means later than.
            return mark.step(found, now, page="1", since=last - 1)
        return mark.step(found, now, page=str(page + 1))

    async def check(self) -> str:
        """Return which agent the key belongs to; raises DeskRefused."""
        contact = (await self._me()).get("contact") or {}
        name = str(contact.get("name") or contact.get("email") or "an agent")
        return f"{name} of the Freshdesk account {self._settings.domain}"

    async def _entries(self, path: str) -> list[Any]:
        """Return all messages of a ticket, oldest first."""
        entries: list[Any] = []
        signs = 0
        for page in range(1, MOST_PAGES + 1):
            some = await self._page(path, page, PER_PAGE)
            entries += some
            signs += wire.length(some)
            if signs > LONGEST_TICKET:
                break
            if len(some) < PER_PAGE:
                return entries
        most = f"{MOST_PAGES * PER_PAGE:,} messages or {LONGEST_TICKET:,} characters"
        raise DeskRefused("unreadable", f"a ticket has more than {most}")

    async def _page(self, path: str, page: int, size: int) -> list[Any]:
        """Return a page of messages, put together of smaller ones if it is too large to be read."""
        try:
            some = await self._calls.read(path, {"per_page": size, "page": page})
        except DeskRefused as refused:
            if refused.why != "unreadable" or size == 1:
                raise
        else:
            if not isinstance(some, list):
                raise DeskRefused("unreadable", "Freshdesk sent no list of conversations")
            return some
        less = size // 10
        found: list[Any] = []
        for small in range((page - 1) * 10 + 1, page * 10 + 1):
            some = await self._page(path, small, less)
            found += some
            if len(some) < less or wire.length(found) > LONGEST_TICKET:
                break
        return found

    async def _me(self) -> Mapping[str, Any]:
        said = await self._calls.read("/agents/me")
        if not isinstance(said, dict) or not wire.is_id(str(said.get("id"))):
            raise DeskRefused("unreadable", "Freshdesk did not say whose key it is")
        return said

    async def _own_agent(self) -> str:
        """Return the id of the key's agent; asked once."""
        if not self._agent:
            self._agent = str((await self._me())["id"])
        return self._agent

    async def _group(self, wanted: str) -> str:
        """Return the number of a group by its number or name; empty for none."""
        if not wanted or wire.is_id(wanted):
            return wanted
        if wanted not in self._groups:
            self._groups = await self._all_groups()
        if wanted not in self._groups:
            raise DeskRefused("invalid", "Freshdesk has no group of the name that `group` says")
        return self._groups[wanted]

    async def _all_groups(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for page in range(1, MOST_PAGES + 1):
            said = await self._calls.read("/groups", {"per_page": PER_PAGE, "page": page})
            found |= wire.groups(said)
            if len(said) < PER_PAGE:
                break
        return found

    async def _note(self, ticket: str, text: str, marker: str) -> str:
        body = {"body": with_reference(text, marker), "private": True}
        return _id_of(await self._calls.write("POST", f"{_path(ticket)}/notes", body), marker)

    async def _set_status(self, ticket: str, status: Status) -> None:
        """Set the status after a reply is out: trouble here must not look like a refusal."""
        try:
            await self._calls.set("PUT", _path(ticket), {"status": wire.STATUSES[status]})
        except DeskRefused as error:
            log.warning("freshdesk.status_left", ticket=ticket, why=error.why)


def _change(fresh: Conversation, to: HandOver, agent: str) -> dict[str, Any]:
    """Return what a hand-over changes of a ticket; tags are added to those it has.

    What our own agent has it gives back: nobody looks there.
    """
    change: dict[str, Any] = {}
    if fresh.status != "open":
        change["status"] = wire.STATUSES["open"]
    for key, wanted, now in (
        ("group_id", to.group, fresh.group),
        ("responder_id", to.assignee, fresh.assignee),
    ):
        if wanted and wanted != now:
            change[key] = _number(wanted, key)
    if fresh.assignee == agent and not to.assignee:
        change["responder_id"] = None
    tags = tuple(dict.fromkeys((*fresh.tags, *to.tags)))
    if tags != fresh.tags:
        change["tags"] = list(tags)
    return change


def _number(text: str, what: str) -> int:
    if not wire.is_id(text):
        raise DeskRefused("invalid", f"{what} is not one of Freshdesk's numbers")
    return int(text)


def _id_of(said: Any, marker: str) -> str:
    """Return the id of what was posted."""
    posted = said.get("id") if isinstance(said, dict) else None
    return str(posted) if posted else f"ref-{reference_of(marker)}"


def _path(ticket: str) -> str:
    if not wire.is_id(ticket):
        raise DeskRefused("missing", "that is no number of a Freshdesk ticket")
    return f"/tickets/{ticket}"
