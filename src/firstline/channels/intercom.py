"""Intercom: conversations over its REST API, version 2.16. docs/intercom.md says how to connect it.

What its API allows, and what follows:

- A reply carries no metadata and no idempotency key: the attempt marker is the small print of
  `read_back`, and the reply that is there already is not posted again.
- There is no conditional write: the conversation is fetched once more right before a reply. What
  comes in the second between the two is not seen.
- A reply does not close: it is posted first, then the conversation is closed, which may be repeated
  without harm. (`close_in_one_write` closes with the reply as its message instead.)
- A conversation comes with its 500 newest parts and its first message, never more.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from firstline.channels import intercom_wire as wire
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
from firstline.channels.hooks import any_equal, check_test_url, header, is_number
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

API_VERSION = "2.16"
HOSTS = {"us": "api.intercom.io", "eu": "api.eu.intercom.io", "au": "api.au.intercom.io"}
SIGNATURE = "x-hub-signature"
_NOBODY = "0"
"""As whom Intercom assigns a conversation to no teammate."""
SIZES = (150, 15, 1)
"""Conversations a page when polling: the most that Intercom gives, and fewer where those are more
than is read. Each brings its first message along, which may be a long mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercomSettings:
    """One Intercom workspace."""

    admin_id: str
    """The teammate that Firstline speaks as; its own seat, not a person's and not a bot."""
    region: Literal["us", "eu", "au"] = "us"
    seconds: float = SECONDS
    """For one request."""
    close_in_one_write: bool = False
    """Close with the reply as its message. One write; check that your customers get the mail."""
    base_url: str = ""
    """Another address of the API; only a loopback one, and only with `allow_loopback`."""
    allow_loopback: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be right; raises WorkspaceError."""
        if not is_number(self.admin_id):
            raise WorkspaceError(
                "intercom: `admin_id` is no id of a teammate",
                fix="Write the number that the teammate's address in Intercom ends with",
            )
        if self.region not in HOSTS:
            raise WorkspaceError("intercom: `region` is not known", fix="Write us, eu or au")
        check_test_url("intercom", self.base_url, allow_loopback=self.allow_loopback)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercomSecrets:
    """What must not be shown."""

    token: str = field(repr=False)
    """The app's access token."""
    client_secrets: tuple[str, ...] = field(default=(), repr=False)
    """The app's client secret, which signs webhooks; two while it is being changed."""


class Intercom:
    """One Intercom workspace as a helpdesk."""

    def __init__(
        self,
        settings: IntercomSettings,
        secrets: IntercomSecrets,
        *,
        pace: Pace | None = None,
        outbound: Outbound | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; nothing is asked yet."""
        host = HOSTS[settings.region]
        self._settings = settings
        self._secrets = secrets
        self._now = now
        self._identities_verified: bool | None = None
        self._tags: dict[str, str] = {}
        self._teams: dict[str, str] = {}
        reach = Reach(hosts=(host,), allow_loopback=settings.allow_loopback)
        self._calls = DeskCalls(
            "Intercom",
            settings.base_url.rstrip("/") or f"https://{host}",
            outbound or Outbound(reach, seconds=settings.seconds),
            headers={
                "authorization": f"Bearer {secrets.token}",
                "intercom-version": API_VERSION,
                "accept": "application/json",
            },
            pace=pace or Pace(),
            sleep=sleep,
        )

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        """Check `X-Hub-Signature`, an HMAC-SHA1 of the raw body.

        Intercom signs no time, so nothing is ever stale; a webhook that is sent again later makes
        us look at the conversation again, and no more.
        """
        del now
        given = header(headers, SIGNATURE)
        if not given:
            return "unsigned"
        wanted = [signature(secret, body) for secret in self._secrets.client_secrets if secret]
        return "good" if any_equal(given.encode(), wanted) else "wrong"

    def hints(self, body: bytes) -> tuple[Hint, ...]:
        """Read a genuine webhook; raises InputError when it is none of Intercom's."""
        return wire.hints(body)

    async def fetch(self, ticket: str) -> Conversation:
        """Return a conversation with its first message and its 500 newest parts.

        It comes whole or not at all: one that is larger than is read comes as plain text.
        """
        is_html = True
        try:
            said = await self._calls.read(_path(ticket))
        except DeskRefused as refused:
            if refused.why != "unreadable":
                raise
            said, is_html = (
                await self._calls.read(_path(ticket), {"display_as": "plaintext"}),
                False,
            )
        source = said.get("source") if isinstance(said, dict) else None
        author = source.get("author") if isinstance(source, dict) else None
        known = isinstance(author, dict) and author.get("type") == "user"
        return wire.conversation(
            said,
            admin=self._settings.admin_id,
            identities_verified=known and await self._vouches(),
            is_html=is_html,
        )

    async def reply(self, parcel: Parcel, seen: Conversation, *, status: Status) -> str:
        """Post a comment, then close or open the conversation as the status wants it.

        Raises:
            DeskRefused: Nothing was posted; `changed` when somebody was faster.
            OSError: Nobody knows whether it was posted.
        """
        fresh = await self.fetch(seen.id)
        posted = delivered(fresh, parcel.marker, public=True)
        if posted:
            return posted
        refuse_if_changed(seen, fresh)
        closing = status in ("solved", "closed")
        if closing and self._settings.close_in_one_write:
            return await self._post(seen.id, "parts", "close", parcel.text, parcel.marker)
        part = await self._post(seen.id, "reply", "comment", parcel.text, parcel.marker)
        await self._set_status(fresh, closing=closing)
        return part

    async def note(self, parcel: Parcel, seen: Conversation) -> str:
        """Post an internal note, unless it is there; raises DeskRefused or OSError as `reply`."""
        posted = delivered(await self.fetch(seen.id), parcel.marker, public=False)
        return posted or await self._post(seen.id, "reply", "note", parcel.text, parcel.marker)

    async def hand_over(self, parcel: Parcel, seen: Conversation, to: HandOver) -> str:
        """Assign, tag and open a conversation, then leave the packet as a note.

        What our own seat has, because Intercom may assign whoever replies, it gives back.
        The note comes last and carries the marker: where it is, everything before it was done, and
        everything before it may be done twice.
        """
        fresh = await self.fetch(seen.id)
        posted = delivered(fresh, parcel.marker, public=False)
        if posted:
            return posted
        refuse_if_answered(seen, fresh)
        if fresh.status != "open":
            await self._manage(seen.id, {"message_type": "open"})
        team = await self._team(to.group)
        if fresh.assignee == self._settings.admin_id and not to.assignee:
            await self._assign(seen.id, "admin", _NOBODY)
        if team and team != fresh.group:
            await self._assign(seen.id, "team", team)
        if to.assignee and to.assignee != fresh.assignee:
            await self._assign(seen.id, "admin", to.assignee)
        for name in to.tags:
            if name not in fresh.tags:
                await self._tag(seen.id, name)
        return await self._post(seen.id, "reply", "note", to.note, parcel.marker)

    async def find(self, marker: str, ticket: str, *, kind: ParcelKind = "reply") -> Presence:
        """Say whether a delivery with this marker is in the conversation."""
        del kind
        return presence(await self.fetch(ticket), marker)

    async def changed(self, cursor: str) -> Changes:
        """Return the conversations that changed since a cursor, a page of at most 150 at a time."""
        now = self._now()
        mark = Watermark.of(cursor, now)
        after = {"starting_after": mark.page} if mark.page else {}
        query = {"field": "updated_at", "operator": ">", "value": str(mark.since - 1)}
        found, page = wire.found(await self._search(query, after))
        return mark.step(found, now, page=page)

    async def check(self) -> str:
        """Return as whom we speak, and where; raises DeskRefused, also for a wrong `admin_id`."""
        app = (await self._me()).get("app") or {}
        try:
            admin = await self._calls.read(f"/admins/{self._settings.admin_id}")
        except DeskRefused as error:
            if error.why != "missing":
                raise
            raise DeskRefused("missing", "no teammate in Intercom has the `admin_id`") from None
        name = str(wire.text_of(admin, "name") or wire.text_of(admin, "email") or "a teammate")
        where = wire.text_of(app, "name") or wire.text_of(app, "id_code") or "?"
        return f"{name} of the Intercom workspace {where}"

    async def _search(self, query: Mapping[str, str], after: Mapping[str, str]) -> Any:
        """Return a page of conversations, a smaller one if it is too large to be read."""
        for size in SIZES:
            wanted = {"query": query, "pagination": {"per_page": size, **after}}
            try:
                return await self._calls.search("/conversations/search", wanted)
            except DeskRefused as refused:
                if refused.why != "unreadable" or size == SIZES[-1]:
                    raise
        raise AssertionError("the last size returns or raises")

    async def _me(self) -> Mapping[str, Any]:
        said = await self._calls.read("/me")
        if not isinstance(said, dict):
            raise DeskRefused("unreadable", "Intercom did not say whose token it is")
        return said

    async def _vouches(self) -> bool:
        """Whether the workspace verifies its users' identities; asked once."""
        if self._identities_verified is None:
            app = (await self._me()).get("app") or {}
            self._identities_verified = app.get("identity_verification") is True
        return self._identities_verified

    async def _post(self, ticket: str, where: str, kind: str, text: str, marker: str) -> str:
        said = await self._calls.write(
            "POST",
            f"{_path(ticket)}/{where}",
            {
                "message_type": kind,
                "type": "admin",
                "admin_id": self._settings.admin_id,
                "body": with_reference(text, marker),
            },
        )
        reference = reference_of(marker)
        return wire.own_part(said, reference) or f"ref-{reference}"

    async def _set_status(self, fresh: Conversation, *, closing: bool) -> None:
        """Close or open after a reply is out: trouble here must not look like a refusal."""
        ended = fresh.status in ("solved", "closed")
        if closing == ended:
            return
        body = {"message_type": "close", "type": "admin"} if closing else {"message_type": "open"}
        try:
            await self._manage(fresh.id, body)
        except DeskRefused as error:
            log.warning("intercom.status_left", ticket=fresh.id, why=error.why)

    async def _assign(self, ticket: str, kind: Literal["admin", "team"], to: str) -> None:
        body = {"message_type": "assignment", "type": kind, "assignee_id": to}
        await self._manage(ticket, body)

    async def _team(self, wanted: str) -> str:
        """Return the id of a team by its id or name; empty for none."""
        if not wanted or is_number(wanted):
            return wanted
        if wanted not in self._teams:
            said = await self._calls.read("/teams")
            self._teams = wire.teams(said)
        if wanted not in self._teams:
            raise DeskRefused("invalid", "Intercom has no team of the name that `group` says")
        return self._teams[wanted]

    async def _manage(self, ticket: str, body: Mapping[str, str]) -> None:
        whole = {**body, "admin_id": self._settings.admin_id}
        await self._calls.set("POST", f"{_path(ticket)}/parts", whole)

    async def _tag(self, ticket: str, name: str) -> None:
        """Add a tag; creating one that exists returns it."""
        if name not in self._tags:
            made = await self._calls.set("POST", "/tags", {"name": name})
            if not isinstance(made, dict) or not made.get("id"):
                raise DeskRefused("unreadable", "Intercom made a tag without an id")
            self._tags[name] = str(made["id"])
        body = {"id": self._tags[name], "admin_id": self._settings.admin_id}
        await self._calls.set("POST", f"{_path(ticket)}/tags", body)


def _path(ticket: str) -> str:
    if not wire.is_conversation_id(ticket):
        raise DeskRefused("missing", "that is no id of an Intercom conversation")
    return f"/conversations/{ticket}"


def signature(secret: str, body: bytes) -> bytes:
    """Return what Intercom puts into `X-Hub-Signature`."""
    # SHA-1 is Intercom's choice; as an HMAC it still cannot be forged.
    return b"sha1=" + hmac.new(secret.encode(), body, "sha1").hexdigest().encode()
