"""Reads [chat] of firstline.toml: which sites may show the chat, and what its visitors may do."""

from __future__ import annotations

from typing import get_args

import re2

from firstline.workspace.models import ChatDemo, ChatSettings
from firstline.workspace.nodes import Fields
from firstline.workspace.problems import shown

CHAT_KEYS = (
    "sites",
    "audience",
    "welcome",
    "answer_within",
    "message_length",
    "messages_per_minute",
    "visitors_per_address",
    "demo",
)
DEMOS: tuple[ChatDemo, ...] = get_args(ChatDemo)
MOST_SITES = 50
_DEFAULTS = ChatSettings()
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_SITE = re2.compile(rf"^https://(\*\.)?({_LABEL}\.)+[a-z]{{2,63}}(:\d{{1,5}})?$")
_OWN_MACHINE = re2.compile(r"^https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$")
_AUDIENCE = re2.compile(r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$")


def read_chat(chat: Fields) -> ChatSettings:
    """Return what [chat] says; every mistake is noted in its sheet."""
    return ChatSettings(
        sites=_sites(chat),
        audience=_audience(chat),
        welcome=chat.text("welcome", _DEFAULTS.welcome),
        answer_within=chat.text("answer_within", _DEFAULTS.answer_within, may_be_empty=True),
        message_length=chat.whole("message_length", _DEFAULTS.message_length, 100, 10_000),
        messages_per_minute=chat.whole(
            "messages_per_minute", _DEFAULTS.messages_per_minute, 1, 1_000
        ),
        visitors_per_address=chat.whole(
            "visitors_per_address", _DEFAULTS.visitors_per_address, 1, 100_000
        ),
        demo=chat.choice("demo", DEMOS, _DEFAULTS.demo),
    )


def is_site(value: str) -> bool:
    """Whether this is the origin of a site, as a browser writes it, or a family of them."""
    return _SITE.match(value) is not None or _OWN_MACHINE.match(value) is not None


def _sites(chat: Fields) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for line, value in chat.lines("sites"):
        if is_site(value):
            found[value] = None
            continue
        fix = "Write https:// and the host in small letters, such as https://www.acme.example."
        if is_site(value.lower().rstrip("/")):
            fix = f'Write "{value.lower().rstrip("/")}".'
        chat.sheet.note(line, f"`sites` of [chat] contains {shown(value)}", fix)
    if len(found) > MOST_SITES:
        chat.sheet.note(
            chat.line_of("sites"),
            f"`sites` of [chat] lists {len(found)} sites, more than {MOST_SITES}",
            "Use https://*.acme.example for all hosts of a domain.",
        )
    return tuple(found)[:MOST_SITES]


def _audience(chat: Fields) -> str:
    value = chat.text("audience", _DEFAULTS.audience)
    if _AUDIENCE.match(value):
        return value
    chat.sheet.note(
        chat.line_of("audience"),
        f"`audience` of [chat] is {shown(value)}, which no token should carry",
        "Write one word such as firstline, or the address of this server.",
    )
    return _DEFAULTS.audience
