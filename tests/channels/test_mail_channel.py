"""Deliveries by mail through the channel that all helpdesks share: once, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.channels.mail_world import Failure, MailWorld, running_world

from firstline.channels.base import NotWantedError, Parcel
from firstline.channels.desk_channel import HelpdeskChannel, Manners
from firstline.channels.mail_desk import MailDesk
from firstline.channels.unanswered import staff_replies, unanswered


@pytest.fixture(scope="module")
def servers() -> Iterator[MailWorld]:
    """Run the servers for the whole file."""
    with running_world() as world:
        yield world


@pytest.fixture
def world(servers: MailWorld) -> MailWorld:
    """Return an account without mail."""
    servers.dovecot.empty()
    servers.postman.sent.clear()
    servers.postman.refusals.clear()
    return servers


@pytest.fixture
async def desk(world: MailWorld) -> AsyncIterator[MailDesk]:
    """Return the account as Firstline sees it."""
    desk = MailDesk(world.settings)
    yield desk
    await desk.close()


def channel_of(desk: MailDesk) -> HelpdeskChannel:
    """Return the account as a channel that does not dawdle."""
    return HelpdeskChannel(lambda: desk, Manners(shadow=False), pause=0.01)


async def parcel_for(desk: MailDesk, ticket: str, marker: str = "m1") -> Parcel:
    """Return the answer to what is open in a conversation."""
    inbound = unanswered(await desk.fetch(ticket), "email")
    assert inbound is not None
    return Parcel(marker=marker, ticket=inbound.external_id, kind="reply", text="An answer.")


async def test_a_question_is_answered_and_goes_on(desk: MailDesk, world: MailWorld) -> None:
    """Question, answer, question: each is one ticket with what was said before."""
    ticket = world.new_ticket("First?")
    channel = channel_of(desk)
    first = await parcel_for(desk, ticket)
    await channel.send(first)
    assert await channel.find(first) == "present"
    assert unanswered(await desk.fetch(ticket), "email") is None
    world.customer_says(ticket, "Second?")
    inbound = unanswered(await desk.fetch(ticket), "email")
    assert inbound is not None
    assert inbound.text.strip() == "Second?"
    assert [(turn.author, turn.text.strip()) for turn in inbound.messages] == [
        ("customer", "First?"),
        ("bot", "An answer."),
    ]
    await channel.send(await parcel_for(desk, ticket, "m2"))
    assert world.public_replies(ticket) == ["An answer.", "An answer."]


async def test_who_was_faster_is_not_talked_over(desk: MailDesk, world: MailWorld) -> None:
    """A newer mail or a person's answer stops what was written before it."""
    channel = channel_of(desk)
    asked_again, taken = world.new_ticket("A?"), world.new_ticket("B?")
    parcels = [await parcel_for(desk, one, one) for one in (asked_again, taken)]
    world.customer_says(asked_again, "And?")
    world.human_replies(taken, "Me first.")
    for parcel, why in zip(parcels, ("newer_message", "person_replied"), strict=True):
        with pytest.raises(NotWantedError) as caught:
            await channel.send(parcel)
        assert caught.value.why == why
    assert [reply.by for reply in staff_replies(await desk.fetch(taken))] == ["help@acme.example"]
    assert world.public_replies(asked_again) == world.public_replies(taken) == []


async def test_a_lost_answer_is_never_sent_again(desk: MailDesk, world: MailWorld) -> None:
    """Uncertain is uncertain: one mail, and a look that does not claim to know."""
    ticket = world.new_ticket("First?")
    parcel = await parcel_for(desk, ticket)
    world.fail_next("lost_response")
    channel = channel_of(desk)
    with pytest.raises(OSError, match="fell silent"):
        await channel.send(parcel)
    assert await channel.find(parcel) == "unknown"
    assert len(world.public_replies(ticket)) == 1


@pytest.mark.parametrize(
    ("kind", "sent"), [("slow", 1), ("invalid", 0), ("too_many", 0), ("unavailable", 0)]
)
async def test_a_refused_mail_is_certainly_not_sent(
    desk: MailDesk, world: MailWorld, kind: Failure, sent: int
) -> None:
    """What a server refuses is given up at once or after its wish to wait; slow is not refused."""
    ticket = world.new_ticket("First?")
    parcel = await parcel_for(desk, ticket)
    world.postman.delay = 0.2
    world.fail_next(kind)
    channel = channel_of(desk)
    if sent:
        await channel.send(parcel)
    else:
        with pytest.raises(NotWantedError, match="helpdesk_"):
            await channel.send(parcel)
    assert len(world.public_replies(ticket)) == sent


async def test_shadow_mode_leaves_a_note(desk: MailDesk, world: MailWorld) -> None:
    """A note is for the team, and the question stays open."""
    ticket = world.new_ticket("First?")
    asked = await parcel_for(desk, ticket)
    note = Parcel(marker="n", ticket=asked.ticket, kind="note", text="Would have said this.")
    packet = Parcel(marker="p", ticket=asked.ticket, kind="packet", text="Everything about it.")
    channel = channel_of(desk)
    await channel.send(note)
    await channel.send(packet)
    assert world.notes(ticket) == ["Would have said this.", "Everything about it."]
    assert world.public_replies(ticket) == []
    assert unanswered(await desk.fetch(ticket), "email") is not None
