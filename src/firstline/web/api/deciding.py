"""Decisions by way of the API: the same reviews, claims and versions as in the console."""

from __future__ import annotations

from typing import assert_never

from starlette.concurrency import run_in_threadpool

from firstline.errors import InputError
from firstline.observe import log
from firstline.records import TicketId
from firstline.review.reviews import Reviews
from firstline.store.review_records import Decision, Review, ReviewRefused
from firstline.web.api.asked import Approve, Edit, Escalate, NewDecision, Reject, Take
from firstline.web.site import Site


async def decide(site: Site, ticket_id: TicketId, asked: NewDecision, key: str) -> Decision:
    """Make a decision on the version that a person saw, and queue what it delivers.

    Args:
        site: The company's site.
        ticket_id: The ticket.
        asked: What the person decided.
        key: The name of the key it came with.

    Raises:
        ReviewRefused: Somebody else has it, it changed, or the checks are against it.
        InputError: The reply is empty or too long.
    """
    who = f"{asked.root.by} via {key}"
    held = await run_in_threadpool(_claimed, site.reviews, ticket_id, who, asked.root.version)
    try:
        made = await _made(site, held, who, asked)
    except (ReviewRefused, InputError):
        await run_in_threadpool(_give_back, site.reviews, held, who)
        raise
    if made.delivers:
        await _hand_on(site, made)
    for topic in ("reviews", f"ticket:{ticket_id}", "tickets", "metrics"):
        site.feed.changed(topic)
    return made


def _claimed(reviews: Reviews, ticket_id: TicketId, who: str, version: int) -> Review:
    """Return the review, held by `who`, if nothing happened to it since they saw it."""
    seen = reviews.review(ticket_id)
    if seen.version != version:
        raise _changed(ticket_id, version, seen.version)
    if seen.held_by(reviews.now()) == who:
        return seen
    held = reviews.claim(ticket_id, who)
    if held.version != version + 1:
        _give_back(reviews, held, who)
        raise _changed(ticket_id, version, held.version - 1)
    return held


def _give_back(reviews: Reviews, held: Review, who: str) -> None:
    try:
        reviews.release(held.ticket, who, version=held.version)
    except ReviewRefused:
        return  # somebody else has it already


def _changed(ticket_id: TicketId, seen: int, now: int) -> ReviewRefused:
    return ReviewRefused(
        f"it changed since the person looked (version {seen}, now {now})",
        refusal="changed",
        ticket=ticket_id,
        fix="Get the ticket and decide on what it is now",
    )


async def _made(site: Site, held: Review, who: str, asked: NewDecision) -> Decision:
    reviews, parts, version = site.reviews, site.desk.opened.parts, held.version
    match asked.root:
        case Approve(override=override):
            return await reviews.approve(
                held.ticket, who, parts=parts, version=version, override=override
            )
        case Edit(text=text, override=override):
            return await reviews.edit(
                held.ticket, who, text, parts=parts, version=version, override=override
            )
        case Reject(reason=reason, note=note):
            return await run_in_threadpool(
                reviews.reject, held.ticket, who, reason=reason, note=note, version=version
            )
        case Escalate(team=team, note=note, notify=notify):
            return await run_in_threadpool(
                reviews.escalate,
                held.ticket,
                who,
                team=team,
                note=note,
                notify=notify,
                version=version,
            )
        case Take(note=note):
            return await run_in_threadpool(
                reviews.take, held.ticket, who, note=note, version=version
            )
        case _:
            assert_never(asked.root)


async def _hand_on(site: Site, made: Decision) -> None:
    """Queue a delivery. The decision is stored: if queueing fails, the next look finds it."""
    try:
        await site.work.enqueue_approved(made.ticket, made.number)
    except Exception as error:  # noqa: BLE001 - what is committed is decided, whatever fails now
        log.error("not_queued", ticket=made.ticket, kind=type(error).__name__)
