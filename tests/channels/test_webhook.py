"""Messages that come by a signed webhook, and replies that go by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firstline.channels.base import NotWantedError, Parcel
from firstline.channels.standard_webhooks import new_secret
from firstline.channels.webhook import (
    WebhookChannel,
    WebhookSecrets,
    WebhookSettings,
    event_id,
    outgoing,
)
from firstline.errors import InputError, WorkspaceError
from firstline.outbound import Outbound, Reach
from firstline.pipeline.deliver import carry
from firstline.records import Attachment, Receipt
from firstline.testing.desk_double import Failure
from firstline.testing.webhook_double import WebhookDouble

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def double() -> Iterator[WebhookDouble]:
    """Return a running double that takes a webhook of one id once."""
    with WebhookDouble() as running:
        yield running


@pytest.fixture
def channel(double: WebhookDouble) -> WebhookChannel:
    """Return Firstline's side of it, which does not wait between attempts."""
    return WebhookChannel(double.settings, double.secrets, sleep=no_wait)


async def no_wait(_seconds: float) -> None:
    """Let others run, and that is all."""
    await asyncio.sleep(0)


def careless(double: WebhookDouble) -> WebhookChannel:
    """Return a channel to a receiver that takes everything as often as it comes."""
    double.deduplicates = False
    return WebhookChannel(double.settings, double.secrets, sleep=no_wait)


def parcel(ticket: str, kind: Any = "reply") -> Parcel:
    """Return something to deliver."""
    return Parcel(marker="attempt-1", ticket=f"{ticket}:m-1", kind=kind, text="Choose Export.")


def read(channel: WebhookChannel, **data: Any) -> Any:
    """Read a message of these data."""
    whole = {"ticket": "T-1", "id": "m-1", "text": "How?", **data}
    body = {"type": "message.created", "data": {k: v for k, v in whole.items() if v is not None}}
    return channel.read({"Webhook-Id": "evt_1"}, json.dumps(body).encode())


def test_a_message_comes_in(double: WebhookDouble, channel: WebhookChannel) -> None:
    """What a customer wrote becomes a ticket under the ids of the sender."""
    ticket = double.new_ticket("How do I export a board?", subject="Export")
    headers, body = double.webhook(ticket)
    assert channel.verify(headers, body, datetime.now(UTC)) == "good"
    heard = channel.read(headers, body)
    assert (heard.topic, heard.ticket) == ("message.created", ticket)
    assert heard.inbound is not None
    assert heard.inbound.external_id == f"{ticket}:first"
    assert heard.inbound.text == "How do I export a board?"
    assert heard.inbound.channel == "webhook"
    assert heard.inbound.customer == "ada@customer.example"
    assert heard.inbound.verified
    assert not heard.inbound.is_html
    double.customer_says(ticket, "Hello?")
    second = channel.read(*double.webhook(ticket))
    assert second.id != heard.id
    assert second.inbound is not None
    assert second.inbound.is_html
    assert channel.read(*double.webhook(ticket)).id == second.id


def test_who_is_not_vouched_for_is_not_verified(channel: WebhookChannel) -> None:
    """A sender must say that it knows the customer; without a customer nobody is vouched for."""
    assert not read(channel, customer="cus_1").inbound.verified
    assert read(channel, customer="cus_1", verified=True).inbound.verified
    assert not read(channel, verified=True).inbound.verified


def test_null_vouches_for_nobody(channel: WebhookChannel) -> None:
    """What a serialiser writes for a value that was never set is no word for the customer."""
    data = {"ticket": "T-1", "id": "m-1", "text": "How?", "customer": "cus_1", "verified": None}
    body = json.dumps({"type": "message.created", "data": data}).encode()
    heard = channel.read({"webhook-id": "evt_1"}, body)
    assert heard.inbound is not None
    assert not heard.inbound.verified


def test_everything_of_a_message_is_read(channel: WebhookChannel) -> None:
    """Earlier turns, attachments and the moment come along."""
    inbound = read(
        channel,
        sent_at="2026-05-01T21:30:00+09:30",
        messages=[{"author": "staff", "text": "Which board?"}],
        attachments=[{"name": "a.pdf", "media_type": "application/pdf", "size": 5}],
    ).inbound
    assert inbound.received_at == NOW
    assert inbound.messages[0].author == "staff"
    assert inbound.attachments == (Attachment(name="a.pdf", media_type="application/pdf", size=5),)


def test_no_message_is_from_the_future(channel: WebhookChannel) -> None:
    """A sender whose clock is ahead does not make what follows look older than its message."""
    ahead = datetime.now(UTC) + timedelta(hours=9, minutes=30)
    assert read(channel, sent_at=ahead.isoformat()).inbound.received_at <= datetime.now(UTC)


def test_a_person_who_answered_and_a_trial_are_told(
    double: WebhookDouble, channel: WebhookChannel
) -> None:
    """`staff.replied` names the ticket, `ping` nothing; neither has a message."""
    heard = channel.read(*double.staff_webhook("T-1"))
    assert (heard.topic, heard.ticket, heard.inbound) == ("staff.replied", "T-1", None)
    ping = channel.read({"webhook-id": "evt_2"}, b'{"type": "ping"}')
    assert (ping.topic, ping.ticket, ping.id) == ("ping", "", "evt_2")


@pytest.mark.parametrize(
    "data",
    [
        {"ticket": None},
        {"ticket": ""},
        {"ticket": "a:b"},
        {"ticket": "x" * 101},
        {"ticket": "a\nb"},
        {"ticket": True},
        {"id": None},
        {"id": ["m"]},
        {"text": None},
        {"text": 7},
        {"format": "markdown"},
        {"format": ["html"]},
        {"customer": "cus_1", "verified": "yes"},
        {"sent_at": "yesterday"},
        {"messages": [{"author": "nobody", "text": "x"}]},
        {"txt": "misspelt"},
    ],
)
def test_a_wrong_message_is_an_error(channel: WebhookChannel, data: dict[str, Any]) -> None:
    """A field that is missing, wrong or unknown is named, and its content is not repeated."""
    with pytest.raises(InputError) as caught:
        read(channel, **data)
    assert "nobody" not in str(caught.value)
    assert "misspelt" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"{", b'{"type": "x"}', b'{"type": []}'])
def test_another_form_is_an_error(channel: WebhookChannel, body: bytes) -> None:
    """What is of no known type is refused."""
    with pytest.raises(InputError):
        channel.read({}, body)


def test_forged_and_old_webhooks_are_told_apart(
    double: WebhookDouble, channel: WebhookChannel
) -> None:
    """A wrong signature is wrong, a right one from six minutes ago is stale."""
    ticket = double.new_ticket("How?")
    now = datetime.now(UTC)
    assert channel.verify(*double.forged_webhook(ticket), now) == "wrong"
    assert channel.verify(*double.webhook(ticket), now + timedelta(minutes=6)) == "stale"
    assert channel.verify({}, b"{}", now) == "unsigned"


def test_a_changed_secret_leaves_no_gap(double: WebhookDouble) -> None:
    """While the sender changes its secret, both are good."""
    old = double.webhook(double.new_ticket("How?"))
    double.incoming = (new_secret(), *double.incoming)
    channel = WebhookChannel(double.settings, double.secrets)
    assert channel.verify(*old, datetime.now(UTC)) == "good"
    assert channel.verify(*double.webhook("1001"), datetime.now(UTC)) == "good"


@pytest.mark.parametrize(
    ("kind", "topic", "public"),
    [
        ("reply", "reply.created", True),
        ("question", "reply.created", True),
        ("notice", "reply.created", True),
        ("note", "note.created", False),
        ("packet", "handover.created", False),
    ],
)
async def test_each_delivery_has_its_type(
    double: WebhookDouble, channel: WebhookChannel, kind: str, topic: str, *, public: bool
) -> None:
    """Replies are public, notes and hand-overs are not; all are signed and have the marker's id."""
    ticket = double.new_ticket("How?")
    assert await channel.send(parcel(ticket, kind)) == event_id("attempt-1")
    body = double.taken[event_id("attempt-1")][0]
    assert (body["type"], body["data"]["kind"], body["data"]["public"]) == (topic, kind, public)
    assert (body["data"]["ticket"], body["data"]["message"]) == (ticket, "m-1")
    assert len(double.public_replies(ticket)) == int(public)


async def test_a_shadow_posts_notes_alone(double: WebhookDouble) -> None:
    """In shadow mode nothing for customers leaves; notes do."""
    channel = WebhookChannel(replace(double.settings, shadow=True), double.secrets)
    ticket = double.new_ticket("How?")
    for kind in ("reply", "question", "notice"):
        with pytest.raises(NotWantedError, match="shadow_mode"):
            await channel.send(parcel(ticket, kind))
    await channel.send(parcel(ticket, "note"))
    assert len(double.requests) == len(double.notes(ticket)) == 1


def test_the_body_of_a_reply() -> None:
    """A reply says its ticket, the message it answers, and its words as text and as HTML."""
    sent = replace(parcel("T-1"), text="One & two.\n\nThree.")
    assert outgoing(sent, NOW) == {
        "type": "reply.created",
        "timestamp": "2026-05-01T12:00:00Z",
        "data": {
            "ticket": "T-1",
            "message": "m-1",
            "kind": "reply",
            "public": True,
            "text": "One & two.\n\nThree.",
            "html": "<p>One &amp; two.</p><p>Three.</p>",
        },
    }
    assert outgoing(replace(sent, ticket="T-1"), NOW)["data"]["ticket"] == "T-1"


@pytest.mark.parametrize("kind", ["lost_response", "broken", "too_many", "unavailable"])
async def test_a_careful_receiver_gets_it_again(
    double: WebhookDouble, channel: WebhookChannel, kind: Failure
) -> None:
    """To a receiver that takes each id once it is sent until it is taken, and counts once."""
    ticket = double.new_ticket("How?")
    double.fail_next(kind, times=2)
    await channel.send(parcel(ticket))
    await channel.send(parcel(ticket))
    assert double.public_replies(ticket) == ["Choose Export."]
    assert await channel.find(parcel(ticket)) == "repeatable"


@pytest.mark.parametrize("kind", ["lost_response", "broken"])
async def test_a_careless_receiver_gets_it_once(double: WebhookDouble, kind: Failure) -> None:
    """To any other receiver it is sent once, and whether it arrived stays unknown."""
    channel = careless(double)
    ticket = double.new_ticket("How?")
    double.fail_next(kind)
    with pytest.raises(OSError, match="nobody knows"):
        await channel.send(parcel(ticket))
    assert len(double.requests) == 1
    assert await channel.find(parcel(ticket)) == "unknown"


@pytest.mark.parametrize("kind", ["too_many", "unavailable"])
async def test_turned_away_is_not_taken(double: WebhookDouble, kind: Failure) -> None:
    """429, and 503 that says when to come back, are certain; it is tried again, three times."""
    channel = careless(double)
    ticket = double.new_ticket("How?")
    double.fail_next(kind, times=2)
    await channel.send(parcel(ticket))
    assert double.public_replies(ticket) == ["Choose Export."]
    double.fail_next(kind, times=3)
    with pytest.raises(NotWantedError, match="webhook_unavailable"):
        await channel.send(replace(parcel(ticket), marker="attempt-2"))


@pytest.mark.parametrize(
    ("kind", "why"), [("conflict", "webhook_changed"), ("invalid", "webhook_refused")]
)
async def test_a_refusal_is_certain(
    double: WebhookDouble, channel: WebhookChannel, kind: Failure, why: str
) -> None:
    """409 says that somebody was faster, any other 4xx that it is refused; it is not repeated."""
    ticket = double.new_ticket("How?")
    double.fail_next(kind)
    with pytest.raises(NotWantedError, match=why):
        await channel.send(parcel(ticket))
    assert len(double.requests) == 1


async def test_a_refusal_after_a_lost_answer_is_not_certain(
    double: WebhookDouble, channel: WebhookChannel
) -> None:
    """What may have been taken before counts as uncertain, whatever the receiver says later."""
    ticket = double.new_ticket("How?")
    double.fail_next("lost_response")
    double.fail_next("conflict")
    with pytest.raises(OSError, match="nobody knows"):
        await channel.send(parcel(ticket))


@pytest.mark.parametrize("then", ["unavailable", "conflict"])
async def test_what_was_taken_is_never_written_down_as_refused(
    double: WebhookDouble, channel: WebhookChannel, then: Failure
) -> None:
    """A receiver that takes a reply, loses its answers and is then away leaves it uncertain."""
    channel.settle_seconds = 0.0
    ticket = double.new_ticket("How?")
    double.fail_next("lost_response", times=3)
    double.fail_next(then, times=3)
    receipt = Receipt(key="attempt-1", state="uncertain", at=NOW)
    settled = await carry(parcel(ticket), receipt, channel, is_new=True, now=lambda: NOW)
    assert double.public_replies(ticket) == ["Choose Export."]
    assert settled.state == "uncertain"


async def test_nobody_listening_is_certain(double: WebhookDouble, channel: WebhookChannel) -> None:
    """Where no connection comes about nothing was taken."""
    double.stop()
    with pytest.raises(NotWantedError, match="webhook_unavailable"):
        await channel.send(parcel("1"))


async def test_without_an_address_nothing_is_sent() -> None:
    """A connection that only listens refuses to send."""
    channel = WebhookChannel(WebhookSettings(), WebhookSecrets())
    with pytest.raises(NotWantedError, match="webhook_refused"):
        await channel.send(parcel("1"))


@pytest.mark.parametrize(
    "url", ["http://hooks.example/x", "ftp://hooks.example", "https://", "https://a@b/", "x"]
)
def test_an_address_must_be_safe(url: str) -> None:
    """Only https, with a host, without a password in it."""
    with pytest.raises(WorkspaceError, match="url"):
        WebhookChannel(WebhookSettings(url=url), WebhookSecrets(outgoing=(new_secret(),)))


def test_what_goes_out_is_signed() -> None:
    """An address without a secret is refused, and so is a secret that is none."""
    with pytest.raises(WorkspaceError, match="nothing signs"):
        WebhookChannel(WebhookSettings(url="https://hooks.example/x"), WebhookSecrets())
    with pytest.raises(WorkspaceError, match="whsec_"):
        WebhookChannel(WebhookSettings(), WebhookSecrets(incoming=("canary",)))


async def test_an_address_cannot_lead_inside() -> None:
    """A name that resolves to an address inside is refused, unless private ones are allowed."""
    asked: list[str] = []

    async def inside(name: str, _port: int) -> tuple[str, ...]:
        asked.append(name)
        return ("169.254.169.254",)

    reach = Reach(hosts=("hooks.example",), allow_private=True)
    channel = WebhookChannel(
        WebhookSettings(url="https://hooks.example/x", allow_private=True),
        WebhookSecrets(outgoing=(new_secret(),)),
        outbound=Outbound(reach, resolve=inside),
    )
    with pytest.raises(NotWantedError, match="webhook_refused"):
        await channel.send(parcel("1"))
    assert asked == ["hooks.example"]


def test_secrets_show_nowhere(double: WebhookDouble, channel: WebhookChannel) -> None:
    """The repr of what holds secrets shows none."""
    shown = f"{double.secrets!r} {channel!r} {double.settings!r}"
    assert "whsec_" not in shown
    assert "Secrets(" in shown
