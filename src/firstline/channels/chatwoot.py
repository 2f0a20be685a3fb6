"""Chatwoot: conversations over its application API. docs/chatwoot.md says how to connect it.

What its API allows, and what follows:

- A message carries no metadata that every version keeps and no idempotency key: the attempt marker
  is the small print of `read_back`, and the reply that is there already is not posted again.
  (`echo_id` is not kept, and a message with a `source_id` is never delivered.)
- There is no conditional write: the conversation is fetched once more right before a reply. What
  comes in the second between the two is not seen.
- A reply changes no status: it is posted first, then the status is set, which may be repeated
  without harm. Whoever opens a conversation is given it; Firstline gives it back.
- Labels are replaced as a whole: they are read right before and written with what is added.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from firstline.channels import chatwoot_hooks as webhooks
from firstline.channels import chatwoot_wire as wire
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
from firstline.channels.pace import Pace
from firstline.channels.read_back import (
    delivered,
    presence,
    reference_of,
    refuse_if_answered,
    refuse_if_changed,
)
from firstline.channels.watermark import Watermark
from firstline.errors import WorkspaceError
from firstline.observe import log
from firstline.outbound import SECONDS, Outbound, Reach

PER_PAGE: Final = 100
"""Messages that Chatwoot gives after one that is named."""
OVERLAP: Final = 10
"""Messages that a page repeats of the one before it. Pages go by ids, and are sorted by time; of
two messages of the same moment the later one may have the smaller id."""
MOST: Final = 2_000
"""Messages of one conversation. A longer one is for people."""
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatwootSettings:
    """One account of a Chatwoot server."""

    url: str
    """The server's address, `https://chat.acme.example`."""
    account_id: str
    """The number after `/accounts/` in the address of every page."""
    network: Literal["public", "private", "loopback"] = "public"
    """Where the server may be: `private`, in your own network; `loopback`, on this machine."""
    seconds: float = SECONDS
    """For one request."""

    def __post_init__(self) -> None:
        """Refuse what cannot be right; raises WorkspaceError."""
        if self.network not in ("public", "private", "loopback"):
            raise WorkspaceError(
                "chatwoot: `network` is not known", fix="Write public, private or loopback"
            )
        if not self._is_a_server():
            raise WorkspaceError(
                "chatwoot: `url` is no address of a server",
                fix="Write https://chat.acme.example, without a path",
            )
        if not wire.is_id(self.account_id):
            raise WorkspaceError(
                "chatwoot: `account_id` is no number",
                fix="Write the number after /accounts/ in the address of Chatwoot's pages",
            )

    @property
    def host(self) -> str:
        """The server's name."""
        return (urlsplit(self.url).hostname or "").lower()

    @property
    def api(self) -> str:
        """The address of the API."""
        return f"{self.url.rstrip('/')}/api/v1"

    def _is_a_server(self) -> bool:
        """Whether the address is one of https, or of http on this machine, and nothing else."""
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        plain = parts.scheme == "http" and self.network == "loopback" and host in _LOOPBACK
        bare = self.url.isascii() and self.url.isprintable() and " " not in self.url
        return (
            bool(host)
            and (plain or parts.scheme == "https")
            and port != 0
            and bare
            and self.url.rstrip("/") == f"{parts.scheme}://{parts.netloc}"
            and "@" not in parts.netloc
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatwootSecrets:
    """What must not be shown."""

    token: str = field(repr=False)
    """The access token of Firstline's own agent."""
    hook_secrets: tuple[str, ...] = field(default=(), repr=False)
    """The webhook's secret; two while it is being changed."""


class Chatwoot:
    """One account of a Chatwoot server as a helpdesk."""

    def __init__(
        self,
        settings: ChatwootSettings,
        secrets: ChatwootSecrets,
        *,
        pace: Pace | None = None,
        outbound: Outbound | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; nothing is asked yet."""
        self._settings = settings
        self._secrets = secrets
        self._now = now
        self._agent = ""
        self._teams: dict[str, str] = {}
        self._account = f"/accounts/{settings.account_id}"
        reach = Reach(
            hosts=(settings.host,),
            allow_loopback=settings.network == "loopback",
            allow_private=settings.network == "private",
        )
        self._calls = DeskCalls(
            "Chatwoot",
            settings.api,
            outbound or Outbound(reach, seconds=settings.seconds),
            headers={"api_access_token": secrets.token, "accept": "application/json"},
            pace=pace or Pace(),
            sleep=sleep,
        )

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        """Check `X-Chatwoot-Signature`, or the password of the address where there is none."""
        return webhooks.verdict(headers, body, self._secrets.hook_secrets, now)

    def hints(self, body: bytes) -> tuple[Hint, ...]:
        """Read a genuine webhook; raises InputError when it is none of Chatwoot's."""
        return webhooks.hints(body)

    async def fetch(self, ticket: str) -> Conversation:
        """Return a conversation with all its messages.

        Raises:
            DeskRefused: Among others `unreadable`, when it has more than 2,000 messages.
        """
        return (await self._whole(ticket))[0]

    async def reply(self, parcel: Parcel, seen: Conversation, *, status: Status) -> str:
        """Post a message, which Chatwoot delivers through the inbox, then set the status.

        Raises:
            DeskRefused: Nothing was posted; `changed` when somebody was faster.
            OSError: Nobody knows whether it was posted.
        """
        fresh, said = await self._whole(seen.id)
        posted = delivered(fresh, parcel.marker, public=True)
        if posted:
            return posted
        refuse_if_changed(seen, fresh)
        if not wire.takes_replies(said):
            raise DeskRefused("invalid", "the conversation's channel delivers no reply any more")
        message = await self._post(seen.id, parcel.text, parcel.marker, private=False)
        await self._set_status(fresh, status)
        return message

    async def note(self, parcel: Parcel, seen: Conversation) -> str:
        """Post a private note, unless it is there; raises DeskRefused or OSError as `reply`."""
        posted = delivered(await self.fetch(seen.id), parcel.marker, public=False)
        return posted or await self._post(seen.id, parcel.text, parcel.marker, private=True)

    async def hand_over(self, parcel: Parcel, seen: Conversation, to: HandOver) -> str:
        """Open, assign and label a conversation, then leave the packet as a private note.

        The note comes last and carries the marker: where it is, everything before it was done, and
        everything before it may be done twice.
        """
        fresh = await self.fetch(seen.id)
        posted = delivered(fresh, parcel.marker, public=False)
        if posted:
            return posted
        refuse_if_answered(seen, fresh)
        team, person = await self._team(to.group), _number(to.assignee)
        if fresh.status != "open":
            await self._toggle(seen.id, "open")
        if team and team != fresh.group:
            await self._assign(seen.id, "team_id", team)
        await self._give(fresh, person)
        await self._label(fresh, to.tags)
        return await self._post(seen.id, to.note, parcel.marker, private=True)

    async def find(self, marker: str, ticket: str, *, kind: ParcelKind = "reply") -> Presence:
        """Say whether a delivery with this marker is in the conversation."""
        del kind
        try:
            return presence(await self.fetch(ticket), marker)
        except DeskRefused as error:
            if error.why == "unreadable":
                return "unknown"
            raise

    async def changed(self, cursor: str) -> Changes:
        """Return the conversations with activity since a cursor, a page of 25 at a time.

        The list begins with the latest activity. What becomes active while pages are read moves to
        its beginning, and pushes others only onto pages that are still to come; it is later than
        all that was seen, and so the next poll's.
        """
        now = self._now()
        mark = Watermark.of(cursor, now)
        page = int(mark.page or 1)
        said = await self._calls.read(
            f"{self._account}/conversations",
            {"status": "all", "assignee_type": "all", "page": page},
        )
        listed = wire.found(said)
        fresh = [item for item in listed if item[1] >= mark.since]
        goes_on = bool(listed) and len(fresh) == len(listed)
        return mark.step(fresh, now, page=str(page + 1) if goes_on else "")

    async def check(self) -> str:
        """Return which agent the token belongs to; raises DeskRefused, also for a wrong account."""
        said = await self._me()
        accounts = {
            str(item.get("id")): item
            for item in said.get("accounts") or []
            if isinstance(item, dict)
        }
        account = accounts.get(self._settings.account_id)
        if account is None:
            raise DeskRefused("forbidden", "the token's agent is in no account of `account_id`")
        name = str(said.get("name") or said.get("email") or "an agent")
        return f"{name} of the Chatwoot account {account.get('name') or self._settings.account_id}"

    async def _whole(self, ticket: str) -> tuple[Conversation, Any]:
        """Return a conversation with all its messages, and what Chatwoot said of it."""
        path = self._path(ticket)
        own = await self._own_agent()
        said = await self._calls.read(path)
        if not isinstance(said, dict):
            raise DeskRefused("unreadable", "Chatwoot sent a conversation of unknown form")
        entries = await self._messages(path, said)
        return wire.conversation(said, entries, own=own), said

    async def _messages(self, path: str, said: Any) -> list[Any]:
        """Return all messages of a conversation, which itself shows only the latest."""
        try:
            newest = wire.newest(said)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise DeskRefused("unreadable", "Chatwoot sent messages of unknown form") from None
        held: dict[int, Any] = {}
        while True:
            after = sorted(held)[-OVERLAP] if len(held) >= OVERLAP else 0
            page = wire.messages(await self._calls.read(f"{path}/messages", {"after": after}))
            is_new = not page.keys() <= held.keys()
            held |= page
            if len(held) > MOST:
                problem = f"a conversation has more than {MOST:,} messages"
                raise DeskRefused("unreadable", problem)
            if len(page) >= PER_PAGE and not is_new:
                raise DeskRefused("unreadable", "Chatwoot sent the same messages again")
            if not is_new or (len(page) < PER_PAGE and (not newest or newest in held)):
                return list(held.values())

    async def _me(self) -> Mapping[str, Any]:
        said = await self._calls.read("/profile")
        if not isinstance(said, dict) or not wire.is_id(str(said.get("id"))):
            raise DeskRefused("unreadable", "Chatwoot did not say whose token it is")
        return said

    async def _own_agent(self) -> str:
        """Return the id of the token's agent; asked once."""
        if not self._agent:
            self._agent = str((await self._me())["id"])
        return self._agent

    async def _team(self, wanted: str) -> str:
        """Return the number of a team by its number or name; empty for none."""
        if not wanted or wire.is_id(wanted):
            return wanted
        name = wanted.casefold()
        if name not in self._teams:
            self._teams = wire.teams(await self._calls.read(f"{self._account}/teams"))
        if name not in self._teams:
            raise DeskRefused("invalid", "Chatwoot has no team of the name that `group` says")
        return self._teams[name]

    async def _post(self, ticket: str, text: str, marker: str, *, private: bool) -> str:
        body = {
            "content": wire.outgoing(text, marker),
            "message_type": "outgoing",
            "private": private,
        }
        said = await self._calls.write("POST", f"{self._path(ticket)}/messages", body)
        posted = said.get("id") if isinstance(said, dict) else None
        return str(posted) if posted else f"ref-{reference_of(marker)}"

    async def _set_status(self, fresh: Conversation, status: Status) -> None:
        """Set the status after a reply is out: trouble here must not look like a refusal."""
        if status == fresh.status == "open":
            return  # Opening it once more would give it to Firstline.
        try:
            await self._toggle(fresh.id, status)
            if status == "open":
                await self._give(fresh, "")
        except DeskRefused as error:
            log.warning("chatwoot.status_left", ticket=fresh.id, why=error.why)

    async def _toggle(self, ticket: str, status: Status) -> None:
        body = {"status": wire.STATUSES[status]}
        await self._calls.set("POST", f"{self._path(ticket)}/toggle_status", body)

    async def _give(self, fresh: Conversation, person: str) -> None:
        """Give a conversation to a person; else back, if Firstline has it, to whoever had it."""
        said = await self._calls.read(self._path(fresh.id))
        holder = wire.has_it(said) if isinstance(said, dict) else ""
        if person and holder != person:
            await self._assign(fresh.id, "assignee_id", person)
        elif not person and holder == await self._own_agent():
            await self._assign(fresh.id, "assignee_id", fresh.assignee or "0")

    async def _assign(self, ticket: str, what: str, to: str) -> None:
        """Assign a conversation; 0 is nobody. Chatwoot takes a wrong number for nobody too."""
        path = f"{self._path(ticket)}/assignments"
        said = await self._calls.set("POST", path, {what: int(to)})
        if int(to) and not (isinstance(said, dict) and str(said.get("id")) == str(int(to))):
            raise DeskRefused("invalid", f"Chatwoot has none of this {what}")

    async def _label(self, fresh: Conversation, tags: tuple[str, ...]) -> None:
        """Add labels to those that a conversation has now."""
        if set(tags) <= set(fresh.tags):
            return
        path = f"{self._path(fresh.id)}/labels"
        now = wire.labels(await self._calls.read(path))
        whole = list(dict.fromkeys((*now, *tags)))
        await self._calls.set("POST", path, {"labels": whole})

    def _path(self, ticket: str) -> str:
        if not wire.is_id(ticket):
            raise DeskRefused("missing", "that is no number of a Chatwoot conversation")
        return f"{self._account}/conversations/{ticket}"


def _number(person: str) -> str:
    if person and not wire.is_id(person):
        raise DeskRefused("invalid", "the assignee is not one of Chatwoot's numbers")
    return person
