"""Taking a message nobody sent through the local stages, so that no customer waits for loading.

Word lists, language profiles and compiled patterns are loaded when they are first used: about a
second altogether, which the first customer after a start would wait for.
"""

from __future__ import annotations

import asyncio

from firstline.pipeline.flow import prepare
from firstline.pipeline.intake import intake, masker_of
from firstline.pipeline.parts import Parts
from firstline.proof.language import detect
from firstline.records import Inbound, Ticket
from firstline.workspace import Settings

TEXT = "Hello, how do I do that? I tried it on 3 May and it says 12.50, thanks."
UNCLEAR = "Export board download link CSV spreadsheet settings"
"""Without the small words that tell a language, so that its profiles are needed: their loading
takes a second in which nothing else runs."""


def warm_intake(settings: Settings, parts: Parts) -> Ticket:
    """Read a message nobody sent; return it as a ticket. Nothing is stored."""
    return intake(
        Inbound(external_id="warming", text=TEXT, channel="chat"),
        inbox="warming",
        now=parts.now(),
        own_addresses=settings.own_addresses,
        masker=masker_of(settings),
    )


def warm(parts: Parts) -> None:
    """Do what needs no model for a message nobody sent. On a thread of its own; stores nothing."""
    ticket = warm_intake(parts.workspace.settings, parts)
    detect(UNCLEAR)
    asyncio.run(_prepared(ticket, parts))


async def _prepared(ticket: Ticket, parts: Parts) -> None:
    await prepare(ticket, parts)
