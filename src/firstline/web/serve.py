"""Serving: the web and, unless it is told otherwise, the workers, in one process.

On Postgres any number of these processes may run; what they share is the database. A stopped
server ends its streams first, then answers what it has begun, then lets running tickets finish for
a moment; what is left is taken up by the next start.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from socket import AF_INET, AF_INET6, IPPROTO_TCP, TCP_NODELAY, create_server, socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from firstline.desk import Desk
from firstline.desk.collecting import Collector
from firstline.desk.runs import asking_back
from firstline.desk.working import keep_working
from firstline.errors import SetupError
from firstline.observe import silence
from firstline.pipeline.approved import enqueue_approved
from firstline.pipeline.engine import QUEUES, Engine
from firstline.pipeline.progress import Relay, Step
from firstline.records import TicketId
from firstline.web.access.limits import Limits
from firstline.web.app import create_app
from firstline.web.chat.talk import open_chat
from firstline.web.opening import open_site
from firstline.web.site import Site

BACKLOG = 2048
"""Connections that may wait to be taken."""
GRACE_SECONDS = 2
"""How long requests, and after them tickets, may still run when the server is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server listens, and how it is reached."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0: any that is free."""
    public_url: str = ""
    """Where people and customers reach it, when a proxy with TLS stands before it."""
    proxies: str = "127.0.0.1"
    """Addresses of proxies whose word about the client is believed, comma-separated."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it directly."""
        return self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def secure(self) -> bool:
        """Whether cookies are sent through TLS only."""
        return self.public_url.startswith("https://") or not self.is_loopback


class EngineWork:
    """Hands work to the engine of this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_up = False

    async def enqueue(self, ticket_id: TicketId) -> None:
        """Queue an accepted ticket."""
        await self._engine.submit([ticket_id])

    async def enqueue_approved(self, ticket_id: TicketId, number: int) -> None:
        """Queue the delivery of a person's decision."""
        await enqueue_approved(ticket_id, number)


class Server(uvicorn.Server):
    """Says when it listens, and ends the streams first when it is told to stop.

    Open ones would hold it up.
    """

    def __init__(self, config: uvicorn.Config, site: Site, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._site = site
        self._ready = ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started and sockets:
            port = sockets[0].getsockname()[1]
            host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            self._ready(f"http://{host}:{port}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at a second Ctrl-C without waiting for what is under way.

        Uvicorn's own would keep the signal and raise it again once its part has ended: that would
        kill the process before the workers' part has.
        """
        del frame
        self._site.feed.close_streams()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


async def serve(
    desk: Desk,
    address: Address,
    *,
    web_only: bool = False,
    ready: Callable[[Site, str], None] = lambda _site, _url: None,
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        desk: An open company; the caller closes it.
        address: Where to listen.
        web_only: Work on no tickets: workers run elsewhere.
        ready: Called with the site and its address once it listens.

    Raises:
        SetupError: The database or the address cannot be used.
    """
    listening = _bound(address)
    relay = Relay()
    line = replace(desk.line(), told=relay)
    if address.public_url:
        asks_back = asking_back(desk.workspace.data, address.public_url, line.now)
        line = replace(line, asks_back=asks_back)
    engine = Engine(line, desk.workspace.data, listen=() if web_only else tuple(QUEUES))
    work = EngineWork(engine)
    site = open_site(desk, work=work, public_url=address.public_url, secure=address.secure)
    stop = asyncio.Event()
    await engine.start()
    work.is_up = True
    collector = None if web_only or not desk.connections else desk.collector(engine.submit)
    tending = (
        None
        if web_only
        else asyncio.create_task(keep_working(engine, line, stop, collector=collector))
    )
    app = _application(site, relay, collector)
    try:
        await _listen(app, address, listening, tending, ready)
    finally:
        listening.close()
        stop.set()
        work.is_up = False
        if tending is not None:
            await asyncio.gather(tending, return_exceptions=True)
        await engine.stop(grace_seconds=GRACE_SECONDS)
        await desk.disconnect()


def _application(site: Site, relay: Relay, collector: Collector | None) -> FastAPI:
    """Return the application, whose streams hear at once how far this process's tickets are."""
    wake = (lambda: None) if collector is None else collector.woken.set
    app = create_app(site, limits=Limits(), wake=wake)
    app.state.chat = chat = open_chat(site)
    relay.listen(chat.hub.told)
    relay.listen(partial(_tell_pages, site))
    return app


def _tell_pages(site: Site, ticket_id: TicketId, step: Step) -> None:
    if step in ("delivered", "held"):
        site.feed.changed(f"ticket:{ticket_id}")


async def _listen(
    app: FastAPI,
    address: Address,
    listening: socket,
    tending: asyncio.Task[None] | None,
    ready: Callable[[Site, str], None],
) -> None:
    silence("uvicorn.error")  # What failed is in our own log, without the words of a ticket.
    site: Site = app.state.site
    server = Server(_config(app, address), site, partial(ready, site))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    watched = {serving} if tending is None else {serving, tending}
    await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():  # The workers' loop failed: nobody would see to the tickets any more.
        server.handle_exit(signal.SIGTERM, None)
    await serving
    if tending is not None and tending.done():
        tending.result()


def _bound(address: Address) -> socket:
    """Return a listening socket, before anything else is begun."""
    family = AF_INET6 if ":" in address.host else AF_INET
    try:
        made = create_server((address.host, address.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SetupError(
            f"nothing can listen on {address.host} port {address.port} ({error.strerror})",
            fix="Choose another port with --port, or an address of this machine with --host",
        ) from error
    # asyncio does so only for sockets it makes itself; without it each answer takes 40 ms more.
    made.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    return made


def _config(app: FastAPI, address: Address) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=address.host,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(address.proxies),
        forwarded_allow_ips=address.proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=15,
        h11_max_incomplete_event_size=64 * 1024,
    )
