"""Looking for words among the tickets that wait: in subject, text, customer and ids.

The queue holds thousands of open tickets, not millions, so their stored records are looked through
as they are. A record is JSON with its fields in one order, and in a string of JSON no quote stands
without a backslash: so `"text":"` … word … `","subject":"` is a word of the text, and never one of
a field's name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from firstline.store.schema import ticket

WORDS: Final = 6
"""Words of a search that count."""
LONGEST: Final = 100
"""Characters of a search that count."""
_Likes = Callable[[sa.Column[str], str], sa.ColumnElement[bool]]
_ESCAPE: Final = "\\"
_PLACES: Final = ('"text":"', '","subject":"', '","quoted":"')
"""What stands before a record's text, before its subject, and after it."""


def says(text: str, *, dialect: str) -> list[sa.ColumnElement[bool]]:
    """Return what must hold of a ticket in which every word of a search is found.

    Case does not count; on SQLite that is so for ASCII only. Nothing is asked of no words.

    Args:
        text: The words.
        dialect: Of the database: SQLite's own `LIKE` needs no help to leave case out, and is
            half as slow without it.
    """
    like = _like if dialect == "sqlite" else _ilike
    return [_has(word, like) for word in text.replace("\x00", "")[:LONGEST].split()[:WORDS]]


def _has(word: str, like: _Likes) -> sa.ColumnElement[bool]:
    anywhere = f"%{_literal(word)}%"
    # A record holds all that is searched: one look leaves out most of them.
    return sa.and_(
        like(ticket.c.body, f"%{_literal(_written(word))}%"),
        sa.or_(
            like(ticket.c.id, f"{_literal(word)}%"),
            like(ticket.c.external_id, anywhere),
            like(ticket.c.customer, anywhere),
            *(like(ticket.c.body, pattern) for pattern in _patterns(word)),
        ),
    )


def _written(word: str) -> str:
    """Return a word as it stands in a record."""
    return json.dumps(word, ensure_ascii=False)[1:-1]


def _patterns(word: str) -> tuple[str, ...]:
    """Return how a record is written that has a word in its text or subject.

    The two stand side by side, so one look over both is enough, unless the word is part of what
    stands between them.
    """
    written = _written(word)
    before_text, between, after = _PLACES
    held = f"%{_literal(written)}%"
    if written.lower() in between:
        return f"%{before_text}{held}{between}%", f"%{between}{held}{after}%"
    return (f"%{before_text}{held}{after}%",)


def _like(column: sa.Column[str], pattern: str) -> sa.ColumnElement[bool]:
    return column.like(pattern, escape=_ESCAPE)


def _ilike(column: sa.Column[str], pattern: str) -> sa.ColumnElement[bool]:
    if pattern.isascii():  # half as slow without the rules of other alphabets
        return sa.func.lower(column.collate("C")).like(pattern.lower(), escape=_ESCAPE)
    return column.ilike(pattern, escape=_ESCAPE)


def _literal(word: str) -> str:
    for sign in (_ESCAPE, "%", "_"):
        word = word.replace(sign, _ESCAPE + sign)
    return word
