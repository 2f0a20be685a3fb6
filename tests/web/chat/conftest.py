"""A chat that is served: nobody works on its tickets but the test itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import pytest
from tests.web.conftest import Served, running

from firstline.desk import Desk
from firstline.records import Context, Draft, Outcome, TicketId, encode
from firstline.store import Caps, Outbox, TicketStore
from firstline.store.chat_records import CHAT
from firstline.store.replies import ReplyStore
from firstline.web.chat.identity import Identity
from firstline.web.chat.talk import Chat, open_chat
from firstline.web.opening import open_site
from firstline.workspace.models import ChatSettings

API = "/api/v1/chat/"
SECRET = b"a secret of a test, long enough for it"
SITE = "https://shop.acme.example"
CAPS = Caps(per_requester=100, per_conversation=100)


def signed(secret: bytes = SECRET, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return an identity token as a company's site makes it."""
    said = {"aud": "firstline", "sub": "cus_1001", "exp": int(time.time()) + 300} | claims
    said = {name: value for name, value in said.items() if value is not None}
    head = {"alg": "HS256", "typ": "JWT"} if header is None else header
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, said)
    ]
    body = b".".join(parts)
    mark = base64.urlsafe_b64encode(hmac.digest(secret, body, hashlib.sha256)).rstrip(b"=")
    return (body + b"." + mark).decode()


@dataclass
class Talking:
    """A served chat, and what plays the worker."""

    url: str
    chat: Chat
    desk: Desk
    clients: list[httpx2.Client] = field(default_factory=list)

    def client(self, **given: str) -> httpx2.Client:
        """Return a client with a session; `given` is what it opens it with."""
        client = httpx2.Client(base_url=self.url, timeout=60)
        self.clients.append(client)
        opened = client.post(f"{API}session", json=given)
        assert opened.status_code == 200, opened.text
        client.headers["Authorization"] = f"Bearer {opened.json()['session']}"
        return client

    def ticket(self, client: httpx2.Client, text: str = "How do I export a board?") -> TicketId:
        """Write a message and return its ticket."""
        number = write(client, text)["number"]
        held = self.chat.known(client.headers["Authorization"].removeprefix("Bearer "))
        assert held is not None
        log = self.chat.store.log(held.id, self.chat.now())
        assert log is not None
        found = next(item.ticket for item in log.messages if item.number == number)
        assert found is not None
        return found

    def deliver(self, ticket_id: TicketId, text: str, *, kind: Any = "reply") -> None:
        """Deliver a reply as a worker does, and say so to the hub."""
        store, now = TicketStore(self.desk.engine), self.chat.now()
        stored = store.load(ticket_id)
        assert stored is not None
        outbox = Outbox(self.desk.engine)
        claim, receipt = outbox.claim(stored.ticket, kind, caps=CAPS, now=now)
        assert claim == "claimed"
        ReplyStore(self.desk.engine).put(
            marker=receipt.key,
            target=CHAT.target,
            external_id=stored.ticket.external_id,
            kind=kind,
            text=text,
            at=now,
        )
        outbox.settle(replace(receipt, state="sent", at=now))
        self.end(ticket_id, "sent" if kind == "reply" else "clarify", "certified")

    def end(self, ticket_id: TicketId, outcome: Outcome, reason: str) -> None:
        """End a ticket, and say so to the hub."""
        TicketStore(self.desk.engine).end(ticket_id, outcome, reason, self.chat.now())
        self.chat.hub.told(ticket_id, "delivered" if outcome == "sent" else "held")

    def record(self, ticket_id: TicketId, draft: Draft, context: Context) -> None:
        """Keep what the stages said about a ticket."""
        bodies = (("generate", encode(draft)), ("context", encode(context)))
        TicketStore(self.desk.engine).note(ticket_id, bodies)


def write(client: httpx2.Client, text: str, marker: str = "") -> dict[str, Any]:
    """Write a message; return what was accepted."""
    answer = client.post(
        f"{API}messages", json={"id": marker or secrets.token_hex(8), "text": text}
    )
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def read(client: httpx2.Client, after: int = 0) -> list[dict[str, Any]]:
    """Return the messages after a number."""
    answer = client.get(f"{API}messages", params={"after": after})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["messages"])


@pytest.fixture(scope="session")
def chat_desk(served: Served) -> Desk:
    """Return the served company with a chat on one site."""
    opened = served.site.desk.opened
    settings = replace(
        opened.workspace.settings,
        chat=ChatSettings(
            sites=(SITE, "https://*.acme.example"),
            answer_within="one working day",
            visitors_per_address=10_000,
            messages_per_minute=5,
        ),
    )
    workspace = replace(opened.workspace, settings=settings)
    changed = replace(opened, workspace=workspace, parts=replace(opened.parts, workspace=workspace))
    engine = served.site.desk.engine
    return Desk(changed, TicketStore(engine), Outbox(engine))


@pytest.fixture(scope="session")
def talking(chat_desk: Desk) -> Iterator[Talking]:
    """Serve a chat whose tickets wait for the test."""
    site = open_site(chat_desk)
    server = running(site)
    chat = open_chat(site)
    chat.identity = Identity((SECRET,), "firstline")
    server.app.state.chat = chat
    with server as url:
        made = Talking(url=url, chat=chat, desk=chat_desk)
        yield made
        for client in made.clients:
            client.close()
