"""What a form on the review page asks for, and doing it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, assert_never, get_args
from zoneinfo import ZoneInfo

from firstline.errors import InputError
from firstline.records import TicketId
from firstline.review.outcomes import reject_reason
from firstline.store.review_records import Decision, Refusal, ReviewRefused
from firstline.web.review.snoozing import chosen
from firstline.web.site import Site

Action = Literal["approve", "edit", "reject", "escalate", "take", "snooze", "reopen", "release"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
MENDABLE: Final[frozenset[Refusal]] = frozenset(
    {"unproven", "not_overridable", "evidence_changed", "no_draft"}
)
"""Refusals that are about the reply: whoever decides still has the ticket, and may mend it."""
_LONGEST_NUMBER: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a form asks for."""

    action: Action
    version: int
    """Of the review as the person saw it."""
    text: str = ""
    override: str = ""
    reason: str = ""
    note: str = ""
    team: str = ""
    notify: bool = False
    until: str = ""
    following: str = ""
    """The ticket that came next when the page was made; empty: none."""


def asked_of(form: Mapping[str, str]) -> Asked:
    """Return what a form asks for; raises InputError when it is none of this page's."""
    action = next((one for one in ACTIONS if one == form.get("action")), None)
    version = form.get("version", "")
    if action is None or not version.isascii() or not version.isdigit():
        raise InputError("that is no decision", fix="Open the ticket again")
    if len(version) > _LONGEST_NUMBER:
        raise InputError("that is no version", fix="Open the ticket again")
    own = form.get("own", "") if form.get("until") == "own" else form.get("until", "")
    return Asked(
        action=action,
        version=int(version),
        text=form.get("text", ""),
        override=form.get("override", ""),
        reason=form.get("reason", ""),
        note=form.get("note", ""),
        team=form.get("team", ""),
        notify=form.get("notify") == "yes",
        until=own,
        following=form.get("next", ""),
    )


async def decided(site: Site, ticket_id: TicketId, by: str, asked: Asked) -> Decision | None:
    """Do what a form asks for, and hand what has to be delivered to the workers.

    Who held a ticket longer than their claim lasted still decides, as long as nobody else has
    touched it: it is claimed again, and its version shows that it is as it was.

    Returns:
        The decision; None where a ticket was only given back.

    Raises:
        ReviewRefused: Somebody else has it, it is not as it was, or the checks are against it.
        InputError: Something that the decision needs is missing.
    """
    try:
        made = await _decide(site, ticket_id, by, asked)
    except ReviewRefused as refused:
        if refused.refusal != "not_held" or asked.action == "release":
            raise
        held = await asyncio.to_thread(site.reviews.claim, ticket_id, by)
        if held.version != asked.version + 1:
            problem = "it changed since you looked"
            raise ReviewRefused(
                problem, refusal="changed", ticket=ticket_id, fix="Look at it again"
            ) from refused
        made = await _decide(site, ticket_id, by, replace(asked, version=held.version))
    if made is not None and made.delivers:
        await site.work.enqueue_approved(ticket_id, made.number)
    for topic in ("reviews", f"ticket:{ticket_id}", "metrics"):
        site.feed.changed(topic)
    return made


async def _decide(site: Site, ticket_id: TicketId, by: str, asked: Asked) -> Decision | None:
    reviews, parts = site.reviews, site.desk.opened.parts
    if asked.action in ("approve", "edit"):
        # Whoever lost the ticket is told so, not what the checks say about their words.
        await asyncio.to_thread(reviews.renew, ticket_id, by, asked.version)
    match asked.action:
        case "approve":
            return await reviews.approve(
                ticket_id, by, parts=parts, version=asked.version, override=asked.override
            )
        case "edit":
            return await reviews.edit(
                ticket_id,
                by,
                asked.text,
                parts=parts,
                version=asked.version,
                override=asked.override,
            )
        case _:
            return await asyncio.to_thread(_settle, site, ticket_id, by, asked)


def _settle(site: Site, ticket_id: TicketId, by: str, asked: Asked) -> Decision | None:
    """Do what needs no checks."""
    reviews, note, seen = site.reviews, asked.note.strip(), asked.version
    match asked.action:
        case "reject":
            reason = reject_reason(asked.reason)
            return reviews.reject(ticket_id, by, reason=reason, note=note, version=seen)
        case "escalate":
            return reviews.escalate(
                ticket_id, by, team=asked.team, note=note, notify=asked.notify, version=seen
            )
        case "take":
            return reviews.take(ticket_id, by, note=note, version=seen)
        case "snooze":
            zone = ZoneInfo(site.desk.workspace.settings.timezone)
            until = chosen(asked.until, zone, site.now())
            return reviews.snooze(ticket_id, by, until, note=note, version=seen)
        case "reopen":
            return reviews.reopen(ticket_id, by, note=note, version=seen)
        case "release":
            reviews.release(ticket_id, by, version=seen)
            return None
        case "approve" | "edit":
            raise AssertionError("these are checked first")
        case _:
            assert_never(asked.action)
