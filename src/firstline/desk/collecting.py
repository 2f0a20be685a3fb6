"""Collecting: what helpdesks and mailboxes told becomes tickets, and what they did not is found.

| step   | what is done                                        | when it is cut off               |
|--------|-----------------------------------------------------|----------------------------------|
| poll   | ask what changed since the cursor; list it and keep | the cursor stays: asked again    |
|        | the new cursor, in one transaction                  |                                  |
| take   | lease conversations of the list                     | the lease ends: taken again      |
| fetch  | read the conversation afresh                        | likewise                         |
| accept | store what nobody answered yet, and take it off the | nothing is stored, or all of it  |
|        | list: one transaction                               |                                  |
| queue  | hand the ticket's id to the engine                  | the engine's next look finds it  |

A webhook only shortens the wait: without any, the poll finds everything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from firstline.channels.helpdesk import Changes, Conversation, DeskRefused, Naming, Watchable
from firstline.channels.stored import position_at
from firstline.channels.unanswered import staff_replies, unanswered
from firstline.desk.connections import Connection, Connections
from firstline.errors import FirstlineError
from firstline.observe import log
from firstline.pipeline.intake import intake, masker_of
from firstline.records import ConversationId, Inbound, Ticket, TicketId
from firstline.store import TicketStore
from firstline.store.arrivals import Arrivals, Due
from firstline.store.bounces import take_back
from firstline.store.reviews import ReviewStore
from firstline.workspace import Settings

LOOK_SECONDS: Final = 1.0
"""How often the list is read when nobody says that there is something on it."""
AT_ONCE: Final = 8
"""Conversations that are fetched at the same time."""
WATCH_SECONDS: Final = 600.0
"""How long a mailbox is watched with one connection."""
FORGET_EVERY: Final = timedelta(hours=6)

Submit = Callable[[Iterable[TicketId]], Awaitable[None]]


@dataclass(kw_only=True)
class Collector:
    """Collects for all connections of a company. Any number of processes may do so at once."""

    connections: Connections
    store: TicketStore
    settings: Settings
    submit: Submit
    now: Callable[[], datetime]
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it when something was put on the list."""
    _forgot_at: datetime | None = None

    def __post_init__(self) -> None:
        """Open the ledgers."""
        self._arrivals = Arrivals(self.store.engine)
        self._reviews = ReviewStore(self.store.engine)
        self._kept: set[str] = set()
        """Inboxes that are stored."""
        self._pauses = {item.name: item.poll_seconds for item in self.connections.settings}

    async def keep_collecting(self, stop: asyncio.Event) -> None:
        """Collect until `stop` is set, each connection by itself: a slow one holds up no other.

        A step that fails, whatever it is, is logged and tried again.
        """
        names = [setting.name for setting in self.connections.settings]
        tasks = [asyncio.create_task(self._keep(name, stop)) for name in names]
        tasks += [asyncio.create_task(self._keep_watching(name)) for name in names]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str, stop: asyncio.Event) -> None:
        said = ""
        while not stop.is_set():
            self.woken.clear()
            more = False
            try:
                more = await self.look(self.connections.named(name))
                said = ""
            except Exception as error:  # noqa: BLE001 - a loop that ended would be missed by nobody
                problem = error.problem if isinstance(error, FirstlineError) else _problem(error)
                if problem != said:  # A secret that is missing is missing every second.
                    log.error("collecting_failed", channel=name, problem=problem)
                said = problem
            if not more:
                await _either(stop, self.woken, LOOK_SECONDS)

    async def look(self, connection: Connection) -> bool:
        """Poll if it is its turn, fetch what is due; return whether more may be due now."""
        now, inbox = self.now(), connection.inbox
        if inbox.id not in self._kept:
            # Stored first, with the level its mode gives it, so that hooks and tickets find it.
            await asyncio.to_thread(self.store.keep_inbox, inbox, now)
            self._kept.add(inbox.id)
        if connection.helpdesk is None:
            return False
        polled = await self._poll(connection)
        due = await asyncio.to_thread(self._arrivals.take, (inbox.id,), self.now(), most=AT_ONCE)
        await asyncio.gather(*(self._collect(connection, item) for item in due))
        if self._forgot_at is None or now - self._forgot_at > FORGET_EVERY:
            self._forgot_at = now
            await asyncio.to_thread(self._arrivals.forget, now)
        return polled or len(due) == AT_ONCE

    async def _poll(self, connection: Connection) -> bool:
        """Ask a helpdesk what changed; return whether it has more to tell at once."""
        desk, inbox = connection.helpdesk, connection.inbox.id
        every = timedelta(seconds=connection.setting.poll_seconds)
        after = await asyncio.to_thread(self._arrivals.take_cursor, inbox, self.now(), every=every)
        if after is None or desk is None:
            return False
        try:
            changes = await desk.changed(after)
            await self._take_back(connection, changes)
            await asyncio.to_thread(
                self._arrivals.keep_cursor,
                inbox,
                changes.cursor,
                changes.tickets,
                self.now(),
                more=changes.more,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the next turn begins there again
            problem = _problem(error)
            log.warning("poll_failed", channel=connection.name, problem=problem)
            await asyncio.to_thread(self._arrivals.poll_failed, inbox, problem, self.now())
            return False
        return changes.more or bool(changes.tickets)

    async def _take_back(self, connection: Connection, changes: Changes) -> None:
        """Put before a person what came back, before the cursor moves on."""
        desk: object = connection.helpdesk

        def sent_as(reference: str, key: str) -> bool:
            return isinstance(desk, Naming) and reference in desk.references(key)

        for bounce in changes.bounces:
            if bounce.action != "failed":
                continue
            ticket = await asyncio.to_thread(
                take_back,
                self.store.engine,
                connection.inbox.id,
                bounce.reference,
                bounce.status,
                self.now(),
                sent_as=partial(sent_as, bounce.reference),
            )
            log.warning("reply_bounced", channel=connection.name, ticket=ticket)

    async def _keep_watching(self, name: str) -> None:
        """Watch a mailbox, where its server can say that something came; without, it is polled."""
        while True:
            try:
                connection = self.connections.named(name)
                helpdesk: object = connection.helpdesk
                if not isinstance(helpdesk, Watchable):
                    return
                if await helpdesk.wait("", WATCH_SECONDS):
                    await asyncio.to_thread(self._arrivals.hurry, connection.inbox.id)
                    self.woken.set()
                    continue
            except Exception as error:  # noqa: BLE001 - the server, its connection, the database
                log.info("watch_failed", channel=name, problem=_problem(error))
            await asyncio.sleep(self._pauses[name])

    async def _collect(self, connection: Connection, due: Due) -> None:
        """Fetch one conversation and accept what nobody answered in it."""
        desk = connection.helpdesk
        if desk is None:
            return
        begun = time.perf_counter()
        try:
            conversation = await desk.fetch(due.conversation)
            ticket = await asyncio.to_thread(self._accept, connection, due, conversation)
        except DeskRefused as error:
            await self._refused(connection, due, error)
            return
        except Exception as error:  # noqa: BLE001 - one conversation's failure is not the others'
            problem = _problem(error)
            log.warning("fetch_failed", channel=connection.name, problem=problem, tries=due.tries)
            await asyncio.to_thread(self._arrivals.failed, due, problem, self.now())
            return
        if ticket is not None:
            took = round((time.perf_counter() - begun) * 1e3, 1)
            log.info("ticket_accepted", ticket=ticket, channel=connection.name, ms=took)
            await self.submit([ticket])

    async def _refused(self, connection: Connection, due: Due, error: DeskRefused) -> None:
        if error.why == "missing":  # It was deleted: there is nobody left to answer.
            log.info("conversation_gone", channel=connection.name)
            await asyncio.to_thread(self._arrivals.done, due)
            return
        log.warning("fetch_refused", channel=connection.name, why=error.why, tries=due.tries)
        after = None if error.retry_after is None else timedelta(seconds=error.retry_after)
        await asyncio.to_thread(self._arrivals.failed, due, error.why, self.now(), after=after)

    def _accept(
        self, connection: Connection, due: Due, conversation: Conversation
    ) -> TicketId | None:
        """Store what a conversation brings; return the ticket that is new."""
        inbox = connection.inbox
        for reply in staff_replies(conversation):
            self._reviews.note_staff_reply(inbox.id, conversation.id, reply.by, reply.at)
        inbound = unanswered(conversation, connection.setting.kind)
        if inbound is None:
            self._arrivals.done(due)
            return None
        ticket = taken(inbound, inbox.id, conversation.id, self.settings, self.now())
        with self.store.engine.begin() as connected:
            position = position_at(self.now())
            verdict = self.store.accept_on(connected, [(position, ticket)])[0]
            self._arrivals.done_on(connected, due)
        return ticket.id if verdict == "new" else None


def taken(
    inbound: Inbound, inbox: str, conversation: str, settings: Settings, now: datetime
) -> Ticket:
    """Return a message as a ticket of its conversation."""
    ticket = intake(
        inbound,
        inbox=inbox,
        now=now,
        own_addresses=settings.own_addresses,
        masker=masker_of(settings),
    )
    return replace(ticket, conversation=ConversationId(conversation))


def _problem(error: Exception) -> str:
    """Return a stable code for a failure; its words may hold a customer's."""
    return error.why if isinstance(error, DeskRefused) else type(error).__name__


async def _either(stop: asyncio.Event, woken: asyncio.Event, seconds: float) -> None:
    """Wait for either event, at most for some seconds."""
    waits: Sequence[asyncio.Task[bool]] = [
        asyncio.create_task(stop.wait()),
        asyncio.create_task(woken.wait()),
    ]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
