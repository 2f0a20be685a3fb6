"""Deliver: at most once, and only what is still wanted.

The claim is committed before anything leaves. After a crash the channel is asked whether the
parcel arrived, and the same when an answer was lost: what is there is there, what is certainly not
there is sent once more, and when the channel cannot tell, a person looks and nothing is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from firstline.channels import Channel, NotWantedError, Parcel
from firstline.observe import log
from firstline.records import Receipt, Ticket
from firstline.store import Caps, Kind, Outbox
from firstline.store.commitments import NewCommitment
from firstline.store.near import near
from firstline.store.outbox import AFTER_CRASH, AFTER_ERROR


async def deliver_stage(
    ticket: Ticket,
    kind: Kind,
    text: str,
    *,
    channel: Channel,
    outbox: Outbox,
    caps: Caps,
    now: Callable[[], datetime],
    promises: Sequence[NewCommitment] = (),
) -> Receipt:
    """Deliver a ticket's reply, question or notice; say what became of it."""
    claim, receipt = await near(
        outbox.engine, outbox.claim, ticket, kind, caps=caps, now=now(), promises=promises
    )
    parcel = Parcel(marker=receipt.key, ticket=ticket.external_id, kind=kind, text=text)
    match claim:
        case "done" | "cancelled":
            return receipt
        case "unknown" | "claimed":
            settled = await carry(parcel, receipt, channel, is_new=claim == "claimed", now=now)
        case _:
            assert_never(claim)
    await near(outbox.engine, outbox.settle, settled)
    return settled


async def carry(
    parcel: Parcel,
    receipt: Receipt,
    channel: Channel,
    *,
    is_new: bool,
    now: Callable[[], datetime],
) -> Receipt:
    """Bring a claimed parcel to its channel; return what became of it.

    Args:
        parcel: What is delivered.
        receipt: As it was claimed; a detail says that it may not be sent any more.
        channel: Where it goes.
        is_new: False: an earlier attempt stopped in the middle.
        now: The clock.
    """
    if is_new:
        settled = await _send(parcel, receipt, channel)
    else:
        settled = await _settled(
            parcel, receipt, channel, found=AFTER_CRASH, may_send=not receipt.detail
        )
    return replace(settled, at=now())


async def _send(parcel: Parcel, receipt: Receipt, channel: Channel) -> Receipt:
    try:
        reference = await channel.send(parcel)
    except NotWantedError as refusal:
        return replace(receipt, state="cancelled", detail=refusal.why)
    except OSError as error:
        if channel.is_local:
            return replace(receipt, state="uncertain", detail=f"send: {error}")
        log.warning("send_failed", key=parcel.marker, kind=type(error).__name__)
        return await _settled(parcel, receipt, channel, found=AFTER_ERROR, may_send=True)
    return replace(receipt, state="sent", detail=reference)


async def _settled(
    parcel: Parcel,
    receipt: Receipt,
    channel: Channel,
    *,
    found: str,
    may_send: bool,
) -> Receipt:
    """Ask the channel whether a parcel arrived; send it once more when it certainly did not.

    Or when it may have, and the channel takes each parcel once only. When it left is not known: a
    send may have waited for its turn long after it was claimed, and the ledger knows the claim. So
    the wait begins here.

    Args:
        parcel: It was sent, or was about to be.
        receipt: As it was claimed.
        channel: Where it was sent.
        found: What the receipt says when it is there.
        may_send: False: it may not leave any more.
    """
    presence = await _presence(parcel, channel)
    if presence in ("absent", "repeatable") and channel.settle_seconds > 0:
        # What was on its way when its sender lost sight of it may still arrive.
        await asyncio.sleep(channel.settle_seconds)
        presence = await _presence(parcel, channel)
    match presence:
        case "present":
            return replace(receipt, state="sent", detail=found)
        case "absent" if not may_send:
            return replace(receipt, state="cancelled")
        case "absent":
            return await _send_again(parcel, receipt, channel, may_be_there=False)
        case "repeatable" if may_send:
            return await _send_again(parcel, receipt, channel, may_be_there=True)
        case "unknown" | "repeatable":
            return replace(receipt, state="uncertain", detail="the channel cannot tell")
        case _:
            return replace(receipt, state="uncertain", detail=f"read back: {presence}")


async def _presence(parcel: Parcel, channel: Channel) -> str:
    """Return whether a parcel is there, or what went wrong when its channel was asked."""
    try:
        return await channel.find(parcel)
    except OSError as error:
        return f"{error}" or type(error).__name__


async def _send_again(
    parcel: Parcel, receipt: Receipt, channel: Channel, *, may_be_there: bool
) -> Receipt:
    try:
        reference = await channel.send(parcel)
    except NotWantedError as refusal:
        if may_be_there:  # What is refused now says nothing of what was taken before.
            return replace(receipt, state="uncertain", detail=f"send: {refusal.why}")
        return replace(receipt, state="cancelled", detail=refusal.why)
    except OSError as error:
        if await _presence(parcel, channel) == "present":
            return replace(receipt, state="sent", detail=AFTER_ERROR)
        return replace(receipt, state="uncertain", detail=f"send: {error}")
    return replace(receipt, state="sent", detail=reference)
