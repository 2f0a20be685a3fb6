"""The evidence of a case, as other systems write it: passages, records, JSON of a tool.

Generous in what is read (a text, a list of texts, objects with or without ids and kinds) and
strict about what cannot be understood: the error says where it is and how to write it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from firstline.errors import InputError, Place
from firstline.records import Audience, Evidence, EvidenceId, EvidenceKind
from firstline.workspace.record_fields import display, leaves

MAX_ITEMS: Final = 1_000
MAX_CHARACTERS: Final = 400_000
"""Of all evidence of a case together, names of fields included."""
MAX_FIELDS: Final = 20_000
"""Values of all records of a case together."""
KINDS: Final[Mapping[str, EvidenceKind]] = {
    **dict.fromkeys(
        ("passage", "article", "chunk", "doc", "document", "faq", "snippet", "text", "web"),
        "passage",
    ),
    **dict.fromkeys(("record", "customer", "json", "row", "tool"), "record"),
    "ticket": "ticket",
    "policy": "policy",
}
"""What `kind` may say, and what it is taken for."""
_SHAPE = (
    'Write a text, or {"id": ..., "kind": "passage", "text": ...}, '
    'or {"id": ..., "kind": "record", "fields": {...}}'
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TooLargeError(Exception):
    """A case is beyond what is judged; the message says which part and the limit."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence before ids and owners are settled."""

    id: str
    """Empty when the case gives none."""
    kind: EvidenceKind
    text: str
    fields: tuple[tuple[str, str], ...]
    title: str
    url: str
    audience: Audience
    source: str


def read_evidence(value: Any, place: Place) -> tuple[Evidence, ...]:
    """Return the evidence of a case.

    Args:
        value: What stands under `evidence`: a list, or a single piece.
        place: For errors.

    Raises:
        InputError: A piece cannot be understood.
        TooLargeError: There is more than is judged.
    """
    items = value if isinstance(value, list) else [value]
    if len(items) > MAX_ITEMS:
        raise TooLargeError(f"it has {len(items):,} pieces of evidence, the limit is {MAX_ITEMS:,}")
    pieces = [_piece(item, at, place) for at, item in enumerate(items, start=1)]
    _hold_limits(pieces)
    names = _unique([piece.id or f"e{at}" for at, piece in enumerate(pieces, start=1)])
    return tuple(_evidence(piece, name) for piece, name in zip(pieces, names, strict=True))


def sound(text: str) -> str:
    """Return text without lone surrogates, which cannot be written anywhere."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _piece(item: Any, at: int, place: Place) -> Piece:
    if isinstance(item, str):
        item = {"text": item}
    if not isinstance(item, dict):
        raise InputError(f"evidence {at} is neither a text nor an object", place=place, fix=_SHAPE)
    text, fields = _content(item, at, place)
    audience = item.get("audience", "public")
    if audience not in ("public", "internal"):
        raise InputError(
            f"evidence {at} has an audience that is neither public nor internal",
            place=place,
            fix='Write "public" for what customers may read, "internal" for what they may not',
        )
    return Piece(
        id=_word(item, "id"),
        kind=_kind(item, at, place, is_record=bool(fields)),
        text=text,
        fields=fields,
        title=_word(item, "title"),
        url=_word(item, "url"),
        audience=audience,
        source=_word(item, "source"),
    )


def _content(
    item: Mapping[str, Any], at: int, place: Place
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a piece's text and fields; JSON in a text becomes fields."""
    text, fields = item.get("text"), item.get("fields")
    if fields is None and isinstance(text, dict | list):
        text, fields = None, text
    if text is not None and not isinstance(text, str):
        raise InputError(f"the text of evidence {at} is no text", place=place, fix=_SHAPE)
    if fields is not None:
        return sound(text or ""), _fields(fields, at, place)
    if text is None:
        raise InputError(f"evidence {at} has neither text nor fields", place=place, fix=_SHAPE)
    held = _json_of(text)
    return ("", _fields(held, at, place)) if held is not None else (sound(text), ())


def _json_of(text: str) -> Any:
    """Return what a tool's output holds when it is JSON of an object or list, else None."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return held if isinstance(held, dict) or _has_objects(held) else None


def _has_objects(held: list[Any]) -> bool:
    return any(isinstance(entry, dict | list) for entry in held)


def _fields(value: Any, at: int, place: Place) -> tuple[tuple[str, str], ...]:
    """Return the fields of a nested object, a list of objects, or a list of pairs."""
    found: list[tuple[str, str]] = []
    for path, leaf in _leaves(value, at, place):
        shown = sound(display(leaf))
        if shown:
            found.append((sound(display(path)), shown))
        if len(found) > MAX_FIELDS:
            raise TooLargeError(f"evidence {at} has more than {MAX_FIELDS:,} values")
    return tuple(found)


def _leaves(value: Any, at: int, place: Place) -> Iterator[tuple[str, Any]]:
    match value:
        case dict():
            return leaves(value)
        case list() if value and all(_is_pair(entry) for entry in value):
            return ((path, leaf) for path, leaf in value)
        case list():
            return leaves({"": value})
        case _:
            raise InputError(
                f"the fields of evidence {at} are neither an object nor a list",
                place=place,
                fix='Write "fields": {"plan": "Team", "billing": {"amount": "$9"}}',
            )


def _is_pair(entry: Any) -> bool:
    pair = isinstance(entry, list) and len(entry) == len(("path", "value"))
    return pair and isinstance(entry[0], str) and not isinstance(entry[1], dict | list)


def _kind(item: Mapping[str, Any], at: int, place: Place, *, is_record: bool) -> EvidenceKind:
    told = item.get("kind")
    if told is None or told == "":
        return "record" if is_record else "passage"
    kind = KINDS.get(told.strip().casefold()) if isinstance(told, str) else None
    if kind is None:
        raise InputError(
            f"evidence {at} has a kind nobody knows",
            place=place,
            fix=f"Write one of {', '.join(sorted(KINDS))}, or leave it out",
        )
    if kind == "record" and not is_record:
        return "passage"
    return "record" if is_record and kind == "passage" else kind


def _word(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return "" if isinstance(value, dict | list) else sound(display(value))


def _hold_limits(pieces: Sequence[Piece]) -> None:
    characters = sum(
        len(piece.text) + sum(len(path) + len(value) for path, value in piece.fields)
        for piece in pieces
    )
    if characters > MAX_CHARACTERS:
        raise TooLargeError(
            f"its evidence has {characters:,} characters, the limit is {MAX_CHARACTERS:,}"
        )
    if sum(len(piece.fields) for piece in pieces) > MAX_FIELDS:
        raise TooLargeError(f"its records have more than {MAX_FIELDS:,} values")


def _unique(names: Sequence[str]) -> list[str]:
    """Return names of which each is there once: the second `faq` becomes `faq (2)`."""
    seen: dict[str, int] = {}
    taken = set(names)
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique = name
        while seen[name] > 1 and unique in taken:
            unique = f"{name} ({seen[name]})"
            seen[name] += unique in taken
        taken.add(unique)
        found.append(unique)
    return found


def _evidence(piece: Piece, name: str) -> Evidence:
    content = json.dumps([piece.text, piece.fields, piece.title, piece.url])
    return Evidence(
        id=EvidenceId(name),
        kind=piece.kind,
        source=piece.source or piece.id or name,
        version=sha256(content.encode()).hexdigest()[:16],
        text=piece.text,
        fields=piece.fields,
        title=piece.title,
        url=piece.url,
        audience=piece.audience,
        fetched_at=_EPOCH,
    )
