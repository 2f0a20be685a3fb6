"""A server that kills itself at a chosen place: right before or right after a commit or a send.

    python -m benchmarks.dying WORKSPACE PORT PLACE before|after NTH

Nothing in the program knows of this. The named function is replaced by one that counts its calls
and, at the NTH, kills the process as `kill -9` does. With an empty PLACE it just works. Without
any, it loads the program and then starts such a server for each line `PLACE<tab>before<tab>NTH`
that it reads, as a process of its own.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from firstline.channels import desk_channel, mail_desk
from firstline.channels.webhook import WebhookChannel
from firstline.desk import collecting, open_desk, working
from firstline.store import arrivals
from firstline.web.serve import Address, serve

_COMMON = (
    "firstline.pipeline.engine:Engine.submit",
    "firstline.store.tickets:TicketStore.record",
    "firstline.store.outbox:Outbox.claim",
    "firstline.store.outbox:Outbox.settle",
    "firstline.store.hand_overs:HandOverLedger.claim",
    "firstline.store.hand_overs:HandOverLedger.settle",
)
_HOOK = "firstline.web.hooks.keeper:Keeper._commit"
_COLLECTED = (
    "firstline.store.arrivals:Arrivals.take_cursor",
    "firstline.store.arrivals:Arrivals.keep_cursor",
    "firstline.store.arrivals:Arrivals.take",
    "firstline.desk.collecting:Collector._accept",
    "firstline.channels.desk_channel:HelpdeskChannel.send",
)
PLACES = {
    "zendesk": (
        *_COMMON,
        *_COLLECTED,
        _HOOK,
        "firstline.channels.zendesk:Zendesk.reply",
        "firstline.channels.zendesk:Zendesk.note",
        "firstline.channels.zendesk:Zendesk.hand_over",
    ),
    "intercom": (
        *_COMMON,
        *_COLLECTED,
        _HOOK,
        "firstline.channels.intercom:Intercom.reply",
        "firstline.channels.intercom:Intercom.note",
        "firstline.channels.intercom:Intercom.hand_over",
        "firstline.channels.desk_calls:DeskCalls.write",
        "firstline.channels.desk_calls:DeskCalls.set",
    ),
    "freshdesk": (
        *_COMMON,
        *_COLLECTED,
        _HOOK,
        "firstline.channels.freshdesk:Freshdesk.reply",
        "firstline.channels.freshdesk:Freshdesk.note",
        "firstline.channels.freshdesk:Freshdesk.hand_over",
        "firstline.channels.desk_calls:DeskCalls.write",
        "firstline.channels.desk_calls:DeskCalls.set",
    ),
    "chatwoot": (
        *_COMMON,
        *_COLLECTED,
        _HOOK,
        "firstline.channels.chatwoot:Chatwoot.reply",
        "firstline.channels.chatwoot:Chatwoot.note",
        "firstline.channels.chatwoot:Chatwoot.hand_over",
        "firstline.channels.desk_calls:DeskCalls.write",
        "firstline.channels.desk_calls:DeskCalls.set",
    ),
    "webhook": (*_COMMON, _HOOK, "firstline.channels.webhook:WebhookChannel.send"),
    "email": (
        *_COMMON,
        *_COLLECTED,
        "firstline.channels.mail_out:MailSender.send",
        "firstline.channels.mail_imap:Imap.append",
        "firstline.channels.mail_imap:Imap.mark",
    ),
}
"""Every commit and every send between a customer's words and the end of their ticket."""


LOADED = (mail_desk,)
"""Loaded beforehand, although the program does so only where it is needed."""


def deadly(function: Callable[..., Any], moment: str, nth: int) -> Callable[..., Any]:
    """Return a function that does the same and kills the process at its nth call."""
    calls = itertools.count(1)

    def due(number: int, now: str) -> None:
        if now == moment and number == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    async def deadly_async(*given: Any, **named: Any) -> Any:
        number = next(calls)
        due(number, "before")
        result = await function(*given, **named)
        due(number, "after")
        return result

    def deadly_plain(*given: Any, **named: Any) -> Any:
        number = next(calls)
        due(number, "before")
        result = function(*given, **named)
        due(number, "after")
        return result

    return deadly_async if inspect.iscoroutinefunction(function) else deadly_plain


def arm(place: str, moment: str, nth: int) -> None:
    """Make a place deadly."""
    module, _, name = place.partition(":")
    owner, _, method = name.partition(".")
    kind = getattr(import_module(module), owner)
    setattr(kind, method, deadly(getattr(kind, method), moment, nth))


def hurry() -> None:
    """Shorten every wait: the doubles answer at once, and nobody else shares the database."""
    desk_channel.SETTLE_SECONDS = 0.3  # type: ignore[misc] # see above
    WebhookChannel.settle_seconds = 0.3
    collecting.LOOK_SECONDS = 0.1  # type: ignore[misc] # see above
    working.LOOK_SECONDS = 0.3
    arrivals.LEASE = timedelta(seconds=2)
    arrivals.LONGEST_WAIT = timedelta(seconds=1)
    take = arrivals.Arrivals.take_cursor

    def often(
        self: arrivals.Arrivals, inbox: str, now: datetime, *, every: timedelta
    ) -> str | None:
        return take(self, inbox, now, every=min(every, timedelta(seconds=2)))

    arrivals.Arrivals.take_cursor = often  # type: ignore[method-assign] # see above


def live(folder: Path, port: int, place: str, moment: str, nth: int) -> None:
    """Arm, and serve."""
    hurry()
    if place:
        arm(place, moment, nth)
    with open_desk(folder, with_models=False) as desk:
        asyncio.run(serve(desk, Address(port=port)))


def breed(folder: Path, port: int) -> None:
    """Start a server for each line of the standard input; say its process, and how it ended."""
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        place, moment, nth = line.rstrip("\n").split("\t")
        child = os.fork()
        if not child:
            told.close()
            status = 1
            try:
                live(folder, port, place, moment, int(nth))
                status = 0
            except BaseException:  # noqa: BLE001 - whatever it is, it must not become a parent
                traceback.print_exc()
            finally:
                os._exit(status)
        told.write(f"{child}\n")
        _, ended = os.waitpid(child, 0)
        told.write(f"{os.waitstatus_to_exitcode(ended)}\n")


def main() -> None:
    """Serve once, or whenever told to: loading the program takes longer than all the rest."""
    folder, port, *place = sys.argv[1:]
    if place:
        live(Path(folder), int(port), place[0], place[1], int(place[2]))
    else:
        breed(Path(folder), int(port))


if __name__ == "__main__":
    main()
