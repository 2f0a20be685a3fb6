"""Validate: every check runs on every draft, and a check that cannot run blocks it.

The checks of `proof/checks` need only the reply and its evidence. Two more look up how things
stand now:

| check     | blocks when                                                                  |
|-----------|------------------------------------------------------------------------------|
| current   | evidence was changed or withdrawn since it was read, or is not public         |
| premise   | (warns) an earlier reply stated what no longer stands                         |
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from firstline.errors import FirstlineError
from firstline.pipeline.parts import Parts
from firstline.pipeline.premises import outdated
from firstline.proof.checks import CHECKS as PURE
from firstline.proof.run import SECONDS, run_checks
from firstline.proof.subject import Check, Subject, blocked, doubted, nobodys
from firstline.records import Context, Draft, Finding, Route, Ticket
from firstline.workspace import CustomerRecord
from firstline.workspace.needed_fields import needed_fields

LookUp = Callable[[Subject, Ticket, Context, Parts], object]
"""A check that asks the knowledge base or the records how things stand now."""


async def validate_stage(
    ticket: Ticket,
    route: Route,
    context: Context,
    draft: Draft,
    *,
    parts: Parts,
    checks: Mapping[str, Check] | None = None,
    seconds: float = SECONDS,
    spend: Callable[[float], None] | None = None,
) -> tuple[Finding, ...]:
    """Return what every check says; nothing to check (no reply proposed) gives no findings.

    Args:
        ticket: What is answered.
        route: Where it goes.
        context: What was collected for it.
        draft: The reply.
        parts: What the look-ups ask.
        checks: Instead of all.
        seconds: How long all of them may take.
        spend: Told the processor time they took, in ms.
    """
    if draft.action == "escalate":
        return ()
    if parts.vouched_for(ticket):
        # Off the event loop: another system may take its time to say who the customer is.
        subject = await asyncio.to_thread(subject_of, ticket, route, context, draft, parts=parts)
    else:
        subject = subject_of(ticket, route, context, draft, parts=parts)
    chosen = checks_for(ticket, context, parts) if checks is None else checks
    return await run_checks(subject, chosen, where=ticket.id, seconds=seconds, spend=spend)


def subject_of(
    ticket: Ticket, route: Route, context: Context, draft: Draft, *, parts: Parts
) -> Subject:
    """Return what the checks look at."""
    record = known_customer(ticket, route, parts)
    return Subject(
        asked=f"{ticket.subject}\n{ticket.text}",
        asked_in=ticket.language,
        draft=draft,
        evidence=context.evidence,
        workspace=parts.workspace,
        route=route,
        today=_today(ticket, parts),
        customer=None if record is None else record.id,
        channel=ticket.channel,
        record=None if record is None else record.fields,
        owners=nobodys if parts.customers is None else parts.customers.owners_of,
        earlier=tuple(message.text for message in ticket.history),
    )


def _today(ticket: Ticket, parts: Parts) -> date:
    return ticket.received_at.astimezone(ZoneInfo(parts.workspace.settings.timezone)).date()


def known_customer(ticket: Ticket, route: Route, parts: Parts) -> CustomerRecord | None:
    """Return the record of who asks, when the channel vouches for them.

    Nobody is known while the customers cannot be read: that can only make a check stricter.
    """
    if not ticket.verified or ticket.customer is None or parts.customers is None:
        return None
    wanted = needed_fields(parts.workspace, route.intent)
    try:
        return parts.customers.look_up(ticket.customer, wanted).record
    except FirstlineError:
        return None


def checks_for(ticket: Ticket, context: Context, parts: Parts) -> Mapping[str, Check]:
    """Return all checks of a ticket, by name."""

    def bound(look_up: LookUp) -> Check:
        return lambda subject: look_up(subject, ticket, context, parts)

    return {**PURE, **{name: bound(look_up) for name, look_up in LOOK_UPS.items()}}


def current(
    subject: Subject, ticket: Ticket, context: Context, parts: Parts
) -> tuple[Finding, ...]:
    """Check that passages still stand in the knowledge base as they were read."""
    del ticket, context
    found = []
    evidence = subject.held
    for at, sentence in enumerate(subject.draft.sentences):
        for key in sentence.evidence:
            item = evidence.get(key)
            if item is None or item.kind != "passage":
                continue
            now = parts.knowledge.passage(item.id)
            if now is None or now.version != item.version:
                detail = f"{key} was changed or withdrawn"
                found.append(blocked("current", detail, code="changed", sentence=at))
            elif now.audience != "public":
                detail = f"{key} is internal"
                found.append(blocked("current", detail, code="internal", sentence=at))
    return tuple(found)


def premises(
    subject: Subject, ticket: Ticket, context: Context, parts: Parts
) -> tuple[Finding, ...]:
    """Check that what earlier automatic replies stated still stands; a follow-up rests on it."""
    del subject
    stale = outdated(ticket, context, parts=parts)
    if not stale:
        return ()
    detail = f"{len(stale)} statements of an earlier reply no longer stand"
    return (doubted("premise", detail, code="outdated_premise"),)


LOOK_UPS: Mapping[str, LookUp] = {"current": current, "premise": premises}
NAMES: tuple[str, ...] = (*PURE, *LOOK_UPS)
"""The names of all checks: a reply that lacks a finding of one was not checked."""
