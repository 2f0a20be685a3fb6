"""What a visitor can do: begin, go on, write, ask for a person, say whether an answer helped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from firstline.channels.stored import position_at
from firstline.errors import SetupError
from firstline.observe import log
from firstline.pipeline.intake import Masker, intake, masker_of
from firstline.pipeline.warming import warm_intake
from firstline.records import (
    Author,
    ConversationId,
    Inbound,
    IntakeFlag,
    Message,
    Ticket,
    TicketId,
)
from firstline.store.chat import ChatStore
from firstline.store.chat_records import CHAT, ChatMessage, Conversation, Log, Sent
from firstline.store.database import LockedError, briefly
from firstline.store.feedback import FeedbackAnswer
from firstline.web.access.slowing import neighbourhood
from firstline.web.chat.hub import Hub
from firstline.web.chat.identity import Identity, Visitor, open_identity
from firstline.web.chat.limits import PerMinute
from firstline.web.site import Site
from firstline.workspace import Settings

ASKS: Final = "I would like to talk to a person."
"""What a visitor says who presses the button and writes nothing."""
HISTORY: Final = 12
"""Entries of the conversation that go along with a message."""
TRIES: Final = 3
PAUSE: Final = 0.02
"""Seconds without a further message after which those received are queued."""
PAUSES: Final = 15
AUTHORS: Final[dict[str, Author]] = {"customer": "customer", "bot": "bot", "staff": "staff"}
Given = ParamSpec("Given")
Found = TypeVar("Found")
IdentityState = Literal["anonymous", "verified", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A conversation, and the token that opens it."""

    conversation: Conversation
    token: str
    identity: IdentityState
    """`refused`: a token was given that counts for nothing; the visitor is anonymous."""


class Chat:
    """The chat of one company."""

    def __init__(self, site: Site, store: ChatStore, identity: Identity, hub: Hub) -> None:
        settings = site.desk.workspace.settings
        self._site = site
        self._masker: Masker = masker_of(settings)
        self.settings: Settings = settings
        self.store = store
        self.identity = identity
        self.hub = hub
        self._latest = 0.0
        self.beginners = PerMinute(settings.chat.visitors_per_address)

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""
        return self._site.now

    def may_begin(self, address: str) -> bool:
        """Whether this address may begin one more conversation now. Asking counts."""
        return self.beginners.allow(neighbourhood(address))

    async def queue(self, ticket_id: TicketId) -> None:
        """Queue a ticket, after those who still wait to hear that theirs was received.

        Where everybody writes at once, the first answers would otherwise hold up the last receipt.
        """
        for _ in range(PAUSES):
            await asyncio.sleep(PAUSE)
            if time.monotonic() - self._latest >= PAUSE:
                break
        await self._site.work.enqueue(ticket_id)

    async def _near(
        self, transaction: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs
    ) -> Found:
        """Do as `store.near` says, but on a thread of the web: those of the workers are busy."""
        if self.store.is_local:
            try:
                with briefly():
                    return transaction(*args, **kwargs)
            except LockedError:
                pass
        return await run_in_threadpool(transaction, *args, **kwargs)

    async def conversation(self, token: str) -> Conversation | None:
        """Return what `known` does, on a thread only where the database is far."""
        return await self._near(self.known, token)

    async def log(self, conversation_id: str, after: int) -> Log | None:
        """Return a conversation from a number on, on a thread only where there is a wait."""
        return await self._near(self.store.log, conversation_id, self.now(), after=after)

    def known(self, token: str) -> Conversation | None:
        """Return the conversation that a session's token opens, or None."""
        return self.store.of_session(token, self.now()) if token else None

    def visitor(self, identity: str) -> tuple[Visitor | None, IdentityState]:
        """Return who an identity token names."""
        if not identity:
            return None, "anonymous"
        read = self.identity.read(identity, self.now())
        if isinstance(read, Visitor):
            return read, "verified"
        log.warning("chat_identity_refused", reason=read)
        return None, "refused"

    def resumed(self, token: str, visitor: Visitor | None) -> Conversation | None:
        """Return the conversation that a visitor who comes back may go on with.

        A customer's conversation opens only to whoever the site says is that customer now: the
        next person at the same browser may be somebody else.
        """
        held = self.known(token)
        customer = None if visitor is None else self._customer(visitor)
        if held is not None and held.customer == customer:
            return held
        return None

    def begin(self, visitor: Visitor | None, state: IdentityState) -> Begun:
        """Begin a conversation, or go on with the customer's latest."""
        now = self.now()
        customer = None if visitor is None else self._customer(visitor)
        found = None if customer is None else self.store.latest_of(customer, now)
        held = found or self.store.begin(
            now, customer=customer, name="" if visitor is None else visitor.name
        )
        return Begun(conversation=held, token=self.store.open_session(held.id, now), identity=state)

    def afresh(self, before: Conversation) -> str:
        """Begin another conversation for the same visitor; return its token."""
        now = self.now()
        made = self.store.begin(now, customer=before.customer, name=before.name)
        return self.store.open_session(made.id, now)

    def _customer(self, visitor: Visitor) -> str:
        """Return the customer's record by the id the site gave, or by the address it gave."""
        customers = self._site.desk.opened.parts.customers
        if customers is None or not visitor.email:
            return visitor.subject
        try:
            for given in (visitor.subject, visitor.email):
                if customers.find(given, ()) is not None:
                    return given
        except SetupError as error:
            # Who cannot be looked up may write all the same; a person sees that it failed.
            log.warning("chat_customer_unknown", reason=error.problem)
        return visitor.subject

    async def accept(
        self, conversation: Conversation, client_id: str, text: str, *, hand_over: bool = False
    ) -> Sent:
        """Accept a message and tell its streams; `queue` the ticket then. See `send`."""
        self._latest = time.monotonic()
        sent = await self._near(self.send, conversation, client_id, text, hand_over=hand_over)
        if sent.state == "new" and sent.ticket is not None:
            self.hub.accepted(sent.ticket, conversation.id)
        return sent

    def send(
        self, conversation: Conversation, client_id: str, text: str, *, hand_over: bool = False
    ) -> Sent:
        """Accept a message. The caller then queues its ticket, if it is a new one."""
        for attempt in range(TRIES):
            held = self._so_far(conversation, begun=attempt > 0)
            if held is None:
                break
            to_person = hand_over or held.conversation.with_person
            ticket = self._ticket(held, client_id, text, to_person=to_person)
            sent = self.store.send(
                held.conversation,
                client_id,
                ticket,
                position_at(ticket.received_at),
                self.now(),
                per_minute=self.settings.chat.messages_per_minute,
                hand_over=hand_over and not held.conversation.with_person,
            )
            if sent.state != "changed":
                return sent
        return Sent(state="changed")

    def _so_far(self, conversation: Conversation, *, begun: bool) -> Log | None:
        """Return the conversation up to now; one that was just begun needs no look."""
        if conversation.last_number or begun:
            return self.store.log(conversation.id, self.now())
        return Log(conversation=conversation, messages=(), waiting=False)

    def _ticket(self, held: Log, client_id: str, text: str, *, to_person: bool) -> Ticket:
        conversation = held.conversation
        flags: tuple[IntakeFlag, ...] = ("asked_for_person",) if to_person else ()
        inbound = Inbound(
            external_id=f"{conversation.id}.{client_id}",
            text=text,
            customer=conversation.customer,
            verified=conversation.customer is not None,
            channel="chat",
            messages=tuple(_turn(item) for item in held.messages if item.author in AUTHORS)[
                -HISTORY:
            ],
            flags=flags,
            source="chat",
        )
        ticket = intake(
            inbound,
            inbox=CHAT.id,
            now=self.now(),
            own_addresses=self.settings.own_addresses,
            masker=self._masker,
        )
        return replace(ticket, conversation=ConversationId(conversation.id))

    def feedback(self, conversation: Conversation, number: int, answer: FeedbackAnswer) -> bool:
        """Keep what a visitor says about a reply of their conversation; False: no such reply."""
        ticket_id = self.store.ticket_of(conversation.id, number)
        if ticket_id is None or self._site.reviews.customer_says(ticket_id, answer) is None:
            return False
        if answer == "more_help":
            self.store.hand_over(conversation.id, ticket_id, self.now())
        return True


def _turn(item: ChatMessage) -> Message:
    return Message(author=AUTHORS[item.author], text=item.text, sent_at=item.at)


def notice_of(site: Site) -> str:
    """Return what a visitor is told when a person gets their message: what happens, and when."""
    workspace = site.desk.workspace
    within = workspace.settings.chat.answer_within
    when = (
        f"You will usually have an answer here within {within}."
        if within
        else "The answer appears here as soon as somebody has written it."
    )
    return f"{workspace.voice.handoff} {when}"


def open_chat(site: Site) -> Chat:
    """Return the chat of a site.

    Raises:
        SetupError: The secrets for identities cannot be used.
    """
    settings = site.desk.workspace.settings.chat
    warm_intake(site.desk.workspace.settings, site.desk.opened.parts)
    store = ChatStore(site.desk.engine, notice=notice_of(site))
    store.open_inbox(site.now())
    hub = Hub(
        store.activity,
        now=site.now,
        stopping=lambda: site.feed.is_stopping,
        per_address=settings.visitors_per_address,
    )
    return Chat(site, store, open_identity(settings.audience), hub)


async def chat_of(request: Request) -> Chat:
    """Return the chat of the site that a request came to, opened at the first request."""
    state = request.app.state
    if not hasattr(state, "chat"):
        state.chat = open_chat(state.site)
    chat: Chat = state.chat
    return chat
