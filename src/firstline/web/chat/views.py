"""What a visitor sees of a conversation. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from firstline.proof.quotes import SOURCE_PREFIX
from firstline.store.chat_records import ChatMessage
from firstline.web.chat.asked import ShownMessage, ShownSource
from firstline.workspace import Settings

AUTOMATIC: Final = "Answers here are written automatically, unless they say that a person wrote."
_OWN: Final = "c:"


def disclosure_of(settings: Settings) -> str:
    """Return who answers in the chat: always said, also where replies by mail do not say it."""
    return settings.disclosure or AUTOMATIC


def shown(item: ChatMessage) -> ShownMessage:
    """Return an entry as its visitor sees it: no ticket, no marker, nothing of anybody else."""
    own = item.author == "customer" and item.marker.startswith(_OWN)
    sources = [ShownSource(title=source.title, url=link(source.url)) for source in item.sources]
    return ShownMessage(
        number=item.number,
        id=item.marker.removeprefix(_OWN) if own else "",
        author=item.author,
        kind=item.kind,
        paragraphs=paragraphs(item.text, listed=bool(sources)),
        sources=sources,
        at=item.at,
        feedback=item.feedback,
    )


def paragraphs(text: str, *, listed: bool) -> list[str]:
    """Return a text's paragraphs; lines that name a source are left out where they are listed."""
    found = [part.strip() for part in text.split("\n\n")]
    return [part for part in found if part and not (listed and part.startswith(SOURCE_PREFIX))]


def link(url: str) -> str:
    """Return an address that a browser may follow, or nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("https", "http") and parts.hostname else ""
