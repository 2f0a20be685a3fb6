"""The labelled sections of a prompt, and the encoding that keeps each text inside its own.

    <knowledge>
    <e1> Export a board to CSV
    You can export a board to a CSV file …
    <e2>
    The CSV file has one row for each card …
    </knowledge>

A section opens and closes with a tag, and every piece of evidence begins with a tag that is its
label. Nothing that a customer or a document wrote can contain the sign a tag begins with, so it
can neither close its section nor open another nor pass for evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import re2

from firstline.records import Author, Evidence, Message

_OPENERS = {"<": "&lt;", "＜": "&#65308;", "﹤": "&#65124;"}  # noqa: RUF001 - the signs that look like it are encoded too
_NAMED = {escape: sign for sign, escape in _OPENERS.items()} | {"&amp;": "&"}
_ENCODED = str.maketrans(_OPENERS)
_LOOKS_ENCODED = re2.compile("&(lt;|amp;|#65308;|#65124;)")
_ESCAPE = re2.compile("&lt;|&amp;|&#65308;|&#65124;")
_AUTHORS: dict[Author, str] = {"customer": "customer", "staff": "agent", "bot": "bot"}
_FIELD_CHARACTERS = 300
"""Of one value of a record."""


def encode(text: str) -> str:
    """Return text that contains no sign a tag could begin with; `decode` gives it back.

    Only what would be ambiguous is encoded, because every escape costs tokens and every
    difference between a passage and what the model reads is a chance to copy it wrongly.
    """
    if "&" in text:
        text = _LOOKS_ENCODED.sub(r"&amp;\1", text)
    return text.translate(_ENCODED)


def decode(text: str) -> str:
    """Return what `encode` was given."""
    if "&" not in text:
        return text
    return str(_ESCAPE.sub(lambda match: _NAMED[match.group(0)], text))


def section(name: str, body: str) -> str:
    """Return a section; nothing when it has nothing to say.

    Args:
        name: The tag.
        body: Already encoded.
    """
    return f"<{name}>\n{body}\n</{name}>" if body else ""


def labelled(label: str, title: str, body: str) -> str:
    """Return one piece of evidence, beginning with its label.

    Args:
        label: `e1` and so on.
        title: Any text, or nothing when it is the title of the piece before.
        body: Any text.
    """
    head = f"<{label}> {encode(_flat(title))}".rstrip()
    return f"{head}\n{encode(body)}"


def record_lines(evidence: Evidence, hidden: frozenset[str]) -> tuple[str, ...]:
    """Return a record's fields, those of one branch on a line, encoded.

    Args:
        evidence: Of kind `record`.
        hidden: Fields that a model has no use for.
    """
    shown = [(path, value) for path, value in evidence.fields if path not in hidden]
    return tuple(_branches(shown))


def _branches(fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    for branch, group in groupby(fields, key=lambda field: field[0].rpartition(".")[0]):
        told = "; ".join(
            f"{encode(_flat(path.rpartition('.')[2]))}: {encode(_flat(value)[:_FIELD_CHARACTERS])}"
            for path, value in group
        )
        yield f"{encode(_flat(branch))}: {told}" if branch else told


def turn(message: Message, text: str, zone: ZoneInfo) -> str:
    """Return one earlier message of a conversation as a line, encoded.

    Args:
        message: Who wrote it, and when.
        text: As much of it as there is room for.
        zone: The company's time zone.
    """
    at = f"{moment(message.sent_at, zone)} " if message.sent_at else ""
    return f"{at}{_AUTHORS[message.author]}: {encode(_flat(text))}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return a time as people of the company read it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _flat(text: str) -> str:
    return " ".join(text.split())
