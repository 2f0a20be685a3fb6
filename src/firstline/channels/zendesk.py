"""Zendesk Support as a helpdesk: replies, notes, assignment, polling, read-back.

A reply and its status are one conditional update (`safe_update` with `updated_stamp`), and the
attempt marker is in the same update's metadata, which people do not see and a customer cannot
write. So either all of it happened or none, and the ticket's audits tell which. A tag would be
seen by every agent and, since tags are one list, could only be added by a second request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import re2

from firstline.channels import zendesk_reading as reading
from firstline.channels.base import Parcel, ParcelKind, Presence
from firstline.channels.helpdesk import (
    Changes,
    Conversation,
    DeskRefused,
    HandOver,
    Hint,
    Status,
    Verdict,
)
from firstline.channels.markup import markup, without_placeholders
from firstline.channels.pace import Pace
from firstline.channels.read_back import refuse_if_answered, refuse_if_changed
from firstline.channels.zendesk_api import ZendeskApi, ZendeskSecrets, ZendeskSettings
from firstline.channels.zendesk_pages import pages_of, read
from firstline.channels.zendesk_polling import changed_since
from firstline.channels.zendesk_webhooks import hints_in, verdict
from firstline.observe import log
from firstline.outbound import HttpAnswer

MOST_COMMENTS = 500
"""Comments that are read of one ticket: the newest."""
MOST_AUDITS = 2_000
"""Updates of a ticket that are searched for a marker; beyond them nobody knows."""
MOST_GROUPS = 1_000
LONGEST_HTML = 60_000
"""Bytes of a message; Zendesk cuts at 64 kB without saying so."""
_TRIES = 3
_ID = re2.compile(r"[1-9][0-9]{0,18}")
_CUT = "\n\n(Shortened: the rest is in Firstline.)"
_NOT_A_TAG = re2.compile(r"[\s,]+")

Guard = Callable[[Conversation, Conversation], None]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Zendesk:
    """One Zendesk account; usable from any thread and event loop."""

    def __init__(
        self,
        settings: ZendeskSettings,
        secrets: ZendeskSecrets,
        *,
        pace: Pace | None = None,
        now: Callable[[], datetime] = _utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._webhook_secrets = secrets.webhook
        self._api = ZendeskApi(settings, secrets, pace=pace, sleep=sleep)
        self._now = now
        self._sleep = sleep
        self._me: int | None = None
        self._groups: dict[str, int] = {}

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        """Say whether a webhook is genuine, over its raw body, in constant time."""
        return verdict(headers, body, self._webhook_secrets, now)

    def hints(self, body: bytes) -> tuple[Hint, ...]:
        """Read a genuine webhook; raises InputError when it is none of Zendesk's."""
        return hints_in(body)

    async def fetch(self, ticket: str) -> Conversation:
        """Return a ticket afresh, with its newest 500 comments.

        Raises:
            DeskRefused: It is missing, or Zendesk would not tell.
        """
        path = _path(ticket)
        me = await self._own_id()
        answer = await self._api.get(path, {"include": "users"})
        shown = read(reading.ShownTicket, answer)
        people = {user.id: user for user in shown.users if user.id is not None}
        comments: list[reading.Comment] = []
        query = {"sort": "-created_at", "include": "users"}
        async with aclosing(
            pages_of(self._api, reading.CommentPage, f"{path}/comments", query)
        ) as pages:
            async for page in pages:
                comments += page.comments
                people |= {user.id: user for user in page.users if user.id is not None}
                if len(comments) >= MOST_COMMENTS:
                    break
        comments.sort(key=lambda item: (item.created_at, item.id))
        return reading.conversation(
            shown,
            comments,
            people,
            me=me,
            stamp=read(reading.Stamped, answer).ticket.updated_at,
            date=answer.headers.get("date", ""),
        )

    async def reply(self, parcel: Parcel, seen: Conversation, *, status: Status) -> str:
        """Post a public reply and set the status in the same write, if nothing changed since.

        A ticket that is solved needs an assignee: one without becomes our own agent's.

        Returns:
            The comment's id.

        Raises:
            DeskRefused: It was not posted; `changed` when somebody was faster.
            OSError: Nobody knows whether it was posted.
        """
        html = _html(parcel.text)
        if len(html.encode()) > LONGEST_HTML:
            raise DeskRefused("invalid", f"the reply to ticket {seen.id} is too long for Zendesk")
        if seen.version.endswith(reading.YOUNG):
            now = await self._settled(seen.id)
            _refuse_reply(seen, now)
            seen = now
        changes: dict[str, Any] = {"comment": {"html_body": html, "public": True}}
        changes["status"] = status
        if status == "solved" and not seen.assignee:
            changes["assignee_id"] = await self._own_id()
        return await self._update(parcel, seen, changes, _refuse_reply)

    async def note(self, parcel: Parcel, seen: Conversation) -> str:
        """Post an internal note, whatever happened to the ticket since; returns its id."""
        if done := await self._done_before(parcel, seen):
            return done
        changes = {"comment": {"html_body": _note_html(parcel.text), "public": False}}
        answer = await self._api.put(
            _path(seen.id),
            {"ticket": changes | _marked(parcel.marker)},
            "update",
            f"ticket:{seen.id}",
        )
        return _reference(answer)

    async def hand_over(self, parcel: Parcel, seen: Conversation, to: HandOver) -> str:
        """Assign a ticket to people, open it and leave the packet as a note, in one write.

        Its tags are added after that; when that alone fails, the hand-over stands and the log
        says so.

        Args:
            parcel: Its marker is carried; the text is `to.note`'s.
            seen: The conversation it was decided on.
            to: Groups by id or name, people by id or e-mail address.
        """
        changes: dict[str, Any] = {
            "comment": {"html_body": _note_html(to.note), "public": False},
            "status": "open",
        }
        if to.group:
            changes["group_id"] = await self._group(to.group)
        if to.assignee:
            name, value = _assignee(to.assignee)
            changes[name] = value
        elif seen.assignee == str(await self._own_id()):
            changes["assignee_id"] = None
        reference = await self._update(parcel, seen, changes, refuse_if_answered)
        if to.tags:
            await self._add_tags(seen.id, to.tags)
        return reference

    async def find(self, marker: str, ticket: str, *, kind: ParcelKind = "reply") -> Presence:
        """Look for a marker in all updates of a ticket.

        `unknown` when there are too many of them, or when our agent posted a comment through the
        API that carries no marker at all: then markers may not survive in this account.
        """
        del kind
        return (await self._search(marker, ticket))[0]

    async def changed(self, cursor: str) -> Changes:
        """Return the tickets that changed since a cursor; an empty one begins a little while ago.

        An administrator's token reads the incremental export, which tells of nothing that happened
        in the last minute; an agent's reads the tickets it may see, newest change first.
        """
        return await changed_since(self._api, cursor, self._now())

    async def check(self) -> str:
        """Try the credentials; return who we are there, for people.

        Raises:
            DeskRefused: `forbidden`: nobody, or somebody who is no agent.
        """
        user = await self._myself()
        return f"{user.name or user.id}, {user.role} at {self._settings.host}"

    async def _update(
        self, parcel: Parcel, seen: Conversation, changes: dict[str, Any], guard: Guard
    ) -> str:
        """Write under the condition that the ticket is as it was seen.

        Zendesk's stamp changes for small things too (a rule set a tag). So after a conflict the
        ticket is looked at again, and only what matters is a reason to stop.
        """
        if done := await self._done_before(parcel, seen):
            return done
        version = seen.version
        for _ in range(_TRIES):
            condition = {"safe_update": True, "updated_stamp": version.rstrip(reading.YOUNG)}
            body = {"ticket": changes | _marked(parcel.marker) | condition}
            try:
                answer = await self._api.put(_path(seen.id), body, "update", f"ticket:{seen.id}")
                return _reference(answer)
            except DeskRefused as refused:
                if refused.why != "changed":
                    raise
            presence, reference = await self._search(parcel.marker, seen.id)
            if presence == "present":
                return reference
            now = await self._settled(seen.id)
            guard(seen, now)
            version = now.version
        raise DeskRefused("changed", f"ticket {seen.id} keeps changing")

    async def _done_before(self, parcel: Parcel, seen: Conversation) -> str:
        """Return the message of this very attempt, if it is there although nobody knew.

        Zendesk is asked only where something of ours follows the customer's last message.
        """
        customer = [at for at, turn in enumerate(seen.turns) if turn.author == "customer"]
        after = seen.turns[customer[-1] + 1 :] if customer else seen.turns
        if not any(turn.author == "own" for turn in after):
            return ""
        return (await self._search(parcel.marker, seen.id))[1]

    async def _settled(self, ticket: str) -> Conversation:
        """Return a ticket whose stamp's second is over, so that the stamp stands for all of it."""
        for _ in range(_TRIES):
            found = await self.fetch(ticket)
            if not found.version.endswith(reading.YOUNG):
                return found
            await self._sleep(1.0)
        return await self.fetch(ticket)

    async def _search(self, marker: str, ticket: str) -> tuple[Presence, str]:
        """Return whether a marker is there, and the comment's id."""
        me = await self._own_id()
        doubtful = False
        searched = 0
        async with aclosing(
            pages_of(self._api, reading.AuditPage, f"{_path(ticket)}/audits")
        ) as pages:
            async for page in pages:
                for audit in page.audits:
                    if audit.marker == marker:
                        return "present", audit.comment or str(audit.id or "")
                    mine = audit.author_id == me and audit.by_api and audit.comment
                    doubtful = doubtful or bool(mine and not audit.marker)
                searched += len(page.audits)
                if searched >= MOST_AUDITS:
                    return "unknown", ""
        return ("unknown" if doubtful else "absent"), ""

    async def _add_tags(self, ticket: str, tags: tuple[str, ...]) -> None:
        """Add tags to what is there; repeated when somebody changed the ticket meanwhile."""
        wanted = [tag for tag in (_tag(item) for item in tags) if tag]
        try:
            for _ in range(_TRIES):
                answer = await self._api.get(_path(ticket))
                stamp = read(reading.Stamped, answer).ticket.updated_at
                body = {"tags": wanted, "safe_update": "true", "updated_stamp": stamp}
                try:
                    await self._api.put(f"{_path(ticket)}/tags", body, "update")
                except DeskRefused as refused:
                    if refused.why != "changed":
                        raise
                else:
                    return
            log.warning("zendesk_tags_not_added", ticket=ticket, why="changed")
        except OSError as error:
            why = error.why if isinstance(error, DeskRefused) else "uncertain"
            log.warning("zendesk_tags_not_added", ticket=ticket, why=why)

    async def _group(self, name: str) -> int:
        """Return a group's id, looked up by its name unless it is one."""
        if _ID.fullmatch(name):
            return int(name)
        wanted = name.casefold()
        if wanted not in self._groups:
            self._groups = await self._all_groups()
        if wanted not in self._groups:
            raise DeskRefused("invalid", f"Zendesk has no group called {name[:80]!r}")
        return self._groups[wanted]

    async def _all_groups(self) -> dict[str, int]:
        found: dict[str, int] = {}
        async with aclosing(pages_of(self._api, reading.GroupPage, "/api/v2/groups")) as pages:
            async for page in pages:
                found |= {group.name.casefold(): group.id for group in page.groups}
                if len(found) >= MOST_GROUPS:
                    break
        return found

    async def _own_id(self) -> int:
        if self._me is None:
            self._me = (await self._myself()).id
        if self._me is None:
            raise DeskRefused("forbidden", "Zendesk does not say who the token acts for")
        return self._me

    async def _myself(self) -> reading.User:
        user = read(reading.Me, await self._api.get("/api/v2/users/me")).user
        # A wrong token is answered 200 with an anonymous user.
        if user.id is None:
            raise DeskRefused("forbidden", "Zendesk does not know the token")
        if user.role not in ("agent", "admin"):
            raise DeskRefused("forbidden", "the token acts for somebody who is no agent")
        return user


def _refuse_reply(seen: Conversation, now: Conversation) -> None:
    """Refuse what no longer fits, and a second answer to the same message."""
    refuse_if_changed(seen, now)
    known = {turn.id for turn in seen.turns}
    if any(turn.author == "own" and turn.is_public and turn.id not in known for turn in now.turns):
        raise DeskRefused("changed", f"ticket {now.id} was answered by us in the meantime")


def _marked(marker: str) -> dict[str, Any]:
    return {"metadata": {reading.MARKER: marker}}


def _reference(answer: HttpAnswer) -> str:
    """Return the id of the comment that an update made; the update itself is certain."""
    try:
        audit = read(reading.Written, answer).audit
    except DeskRefused as error:
        raise OSError("Zendesk took a write and its answer cannot be read") from error
    return (audit.comment or str(audit.id or "")) if audit else ""


def _path(ticket: str) -> str:
    if not _ID.fullmatch(ticket):
        raise DeskRefused("missing", "not the id of a Zendesk ticket")
    return f"/api/v2/tickets/{ticket}"


def _assignee(person: str) -> tuple[str, int | str]:
    if _ID.fullmatch(person):
        return "assignee_id", int(person)
    if "@" in person:
        return "assignee_email", person
    raise DeskRefused("invalid", "a Zendesk assignee is an agent's id or e-mail address")


def _tag(text: str) -> str:
    return str(_NOT_A_TAG.sub("_", text.strip().lower()))[:80]


def _html(text: str) -> str:
    """Return a message as HTML without Zendesk's placeholders.

    Zendesk fills `{{ticket.requester.phone}}` in an agent's comment; a quoted text must not ask.
    """
    return markup(without_placeholders(text))


def _note_html(text: str) -> str:
    html = _html(text)
    while len(html.encode()) > LONGEST_HTML:
        text = text.removesuffix(_CUT)
        text = text[: len(text) * 4 // 5] + _CUT
        html = _html(text)
    return html
