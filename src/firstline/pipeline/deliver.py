"""Deliver: at most once, and only what is still wanted.

The claim is committed before anything leaves. After a crash the channel is asked whether the
parcel arrived; when it cannot tell, a person looks, and nothing is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from firstline.channels import Channel, Parcel
from firstline.records import Receipt, Ticket
from firstline.store import Caps, Kind, Outbox
from firstline.store.commitments import NewCommitment


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
    claim, receipt = await asyncio.to_thread(
        outbox.claim, ticket, kind, caps=caps, now=now(), promises=promises
    )
    parcel = Parcel(marker=receipt.key, ticket=ticket.external_id, kind=kind, text=text)
    match claim:
        case "done" | "cancelled":
            return receipt
        case "unknown":
            settled = await _after_a_crash(parcel, receipt, channel)
        case "claimed":
            settled = await _send(parcel, receipt, channel)
        case _:
            assert_never(claim)
    settled = replace(settled, at=now())
    await asyncio.to_thread(outbox.settle, settled)
    return settled


async def _after_a_crash(parcel: Parcel, receipt: Receipt, channel: Channel) -> Receipt:
    try:
        presence = await channel.find(parcel.marker)
    except OSError as error:
        return replace(receipt, state="uncertain", detail=f"read back: {error}")
    match presence:
        case "present":
            return replace(receipt, state="sent", detail="found after a crash")
        case "absent" if receipt.detail:  # It may not be sent any more.
            return replace(receipt, state="cancelled")
        case "absent":
            return await _send(parcel, receipt, channel)
        case "unknown":
            return replace(receipt, state="uncertain", detail="the channel cannot tell")
        case _:
            assert_never(presence)


async def _send(parcel: Parcel, receipt: Receipt, channel: Channel) -> Receipt:
    try:
        reference = await channel.send(parcel)
    except OSError as error:
        return replace(receipt, state="uncertain", detail=f"send: {error}")
    return replace(receipt, state="sent", detail=reference)
