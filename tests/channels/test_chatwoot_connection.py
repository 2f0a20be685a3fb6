"""How Chatwoot is reached, and what it sends: addresses, networks, both kinds of webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firstline.channels.chatwoot import (
    Chatwoot,
    ChatwootSecrets,
    ChatwootSettings,
)
from firstline.channels.chatwoot_hooks import SIGNATURE, TIMESTAMP, WINDOW, signature
from firstline.channels.helpdesk import DeskRefused
from firstline.errors import InputError, WorkspaceError
from firstline.outbound import Outbound, Reach
from firstline.testing.chatwoot_double import (
    ACCOUNT,
    TOKEN,
    ChatwootDouble,
)

SERVER = ChatwootSettings(url="https://chat.acme.example", account_id="3")


@pytest.fixture
def double() -> Iterator[ChatwootDouble]:
    """Return a running double."""
    with ChatwootDouble() as running:
        yield running


@pytest.fixture
def desk(double: ChatwootDouble) -> Chatwoot:
    """Return Firstline's side of it."""
    return Chatwoot(double.settings, double.secrets)


def test_a_signature_has_its_time(double: ChatwootDouble, desk: Chatwoot) -> None:
    """Right within five minutes, stale beyond; a changed body or time is wrong."""
    headers, body = double.webhook(double.new_ticket("How?"))
    now = datetime.now(UTC)
    late, early = timedelta(seconds=WINDOW + 2), timedelta(seconds=-WINDOW - 2)
    assert desk.verify(headers, body, now) == "good"
    assert desk.verify(headers, body, now + late) == "stale"
    assert desk.verify(headers, body, now + early) == "stale"
    assert desk.verify(headers, body + b" ", now) == "wrong"
    moved = {**headers, "X-Chatwoot-Timestamp": str(int(now.timestamp()) + 1_000)}
    assert desk.verify(moved, body, now) == "wrong"


def test_the_signature_is_chatwoots() -> None:
    """Over the moment, a full stop and the body, as its documentation says; odd times are wrong."""
    made = signature("s3cr3t", "1777636800", b'{"event":"message_created"}')
    assert made == ("sha256=932bac3427499a07d78e48e83f293bd82bb860a6bc117a0fd04a11b8c578f280")
    desk = Chatwoot(SERVER, ChatwootSecrets(token=TOKEN, hook_secrets=("",)))
    for stamp in ("", "soon", "-1", "1e9", "9" * 21):
        signed = {SIGNATURE: signature("", stamp, b"{}"), TIMESTAMP: stamp}
        assert desk.verify(signed, b"{}", datetime.now(UTC)) == "wrong"


def test_an_older_server_brings_its_password(double: ChatwootDouble, desk: Chatwoot) -> None:
    """Without a signature the address's password counts; with a wrong one nothing helps."""
    ticket = double.new_ticket("How?")
    headers, body = double.old_webhook(ticket)
    now = datetime.now(UTC)
    assert desk.verify(headers, body, now) == "good"
    assert [hint.ticket for hint in desk.hints(body)] == [ticket]
    assert desk.verify(double.old_webhook(ticket, "guess")[0], body, now) == "wrong"
    forged = double.forged_webhook(ticket)[0]
    assert desk.verify({**forged, **headers}, body, now) == "wrong"
    for given in ("Basic", "Basic !", "Bearer x", "Basic " + "A" * 2_000):
        assert desk.verify({"authorization": given}, body, now) in ("unsigned", "wrong")
    bare = Chatwoot(double.settings, ChatwootSecrets(token=TOKEN, hook_secrets=("",)))
    assert bare.verify({"authorization": "Basic Zmlyc3RsaW5lOg=="}, body, now) == "wrong"


def test_what_a_webhook_points_at(desk: Chatwoot) -> None:
    """A message's conversation, or the conversation itself; other events point at nothing."""
    for event, ticket in (
        ({"event": "message_created", "id": 900, "conversation": {"id": 20}}, "20"),
        ({"event": "message_updated", "id": 900, "conversation": {"id": "20"}}, "20"),
        ({"event": "conversation_created", "id": 20}, "20"),
        ({"event": "conversation_status_changed", "id": 20}, "20"),
        ({"event": "conversation_typing_on", "conversation": {"id": 20}}, ""),
        ({"event": "contact_updated", "id": 20}, ""),
    ):
        (hint,) = desk.hints(json.dumps(event).encode())
        assert (hint.ticket, hint.topic) == (ticket, event["event"])


@pytest.mark.parametrize(
    "told",
    [
        {"event": "message_created", "id": 20},
        {"event": "message_created", "conversation": {"id": "../agents"}},
        {"event": "conversation_created", "id": None},
        {"event": "conversation_created", "id": True},
        {"event": "conversation_created", "id": 2.5},
        {"event": 7},
        {"id": 20},
    ],
)
def test_a_hook_must_name_a_conversation(desk: Chatwoot, told: Any) -> None:
    """What is no number of a conversation is refused as input."""
    with pytest.raises(InputError):
        desk.hints(json.dumps(told).encode())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "chat.acme.example",
        "http://chat.acme.example",
        "http://127.0.0.1:3000",
        "https://",
        "https://user:pass@chat.acme.example",
        "https://chat.acme.example/app",
        "https://chat.acme.example?x=1",
        "https://chat.acme.example#x",
        "https://chat.acme.example:0",
        "https://chat.acme.example:99999",
        "https://chat.acme.example\n",
        "https://chat acme.example",
        "ftp://chat.acme.example",
        "https://chat.acmé.example",
    ],
)
def test_an_address_is_a_servers(url: str) -> None:
    """Only https, and a host with nothing behind it."""
    with pytest.raises(WorkspaceError, match="chatwoot"):
        ChatwootSettings(url=url, account_id="3")


def test_what_else_settings_refuse() -> None:
    """Plain http beyond this machine, another network, an account that is no number."""
    with pytest.raises(WorkspaceError, match="url"):
        replace(SERVER, url="http://chat.acme.example", network="loopback")
    with pytest.raises(WorkspaceError, match="network"):
        replace(SERVER, network="home")  # type: ignore[arg-type] # that is the point
    with pytest.raises(WorkspaceError, match="account_id"):
        replace(SERVER, account_id="acme")
    assert replace(SERVER, url="https://Chat.Acme.example:8443/").host == "chat.acme.example"
    assert replace(SERVER, url="http://127.0.0.1:3000/", network="loopback").api == (
        "http://127.0.0.1:3000/api/v1"
    )


@pytest.mark.parametrize(
    ("network", "address", "may"),
    [
        ("public", "10.0.0.7", False),
        ("private", "10.0.0.7", True),
        ("public", "127.0.0.1", False),
        ("private", "127.0.0.1", False),
        ("private", "169.254.169.254", False),
    ],
)
def test_where_a_servers_name_may_lead(network: Any, address: str, may: bool) -> None:
    """Into a private network only when the setting says so; to metadata services never."""
    desk = Chatwoot(replace(SERVER, network=network), ChatwootSecrets(token=TOKEN))
    reach = desk._calls._outbound.reach  # noqa: SLF001 - what every request is held to
    assert reach.names("chat.acme.example")
    assert not reach.names("evil.example")
    assert reach.admits(address) is may


async def test_a_host_that_leads_inside_is_refused() -> None:
    """When the server's name resolves to an address inside, nothing is sent."""

    async def inside(_name: str, _port: int) -> tuple[str, ...]:
        return ("10.0.0.7",)

    outbound = Outbound(Reach(hosts=("chat.acme.example",)), resolve=inside)
    desk = Chatwoot(SERVER, ChatwootSecrets(token=TOKEN), outbound=outbound)
    with pytest.raises(DeskRefused) as caught:
        await desk.check()
    assert caught.value.why == "forbidden"


async def test_an_account_that_the_agent_is_not_in(double: ChatwootDouble) -> None:
    """The token is good, and the account is another's."""
    other = Chatwoot(replace(double.settings, account_id=str(ACCOUNT + 1)), double.secrets)
    with pytest.raises(DeskRefused) as caught:
        await other.check()
    assert caught.value.why == "forbidden"
