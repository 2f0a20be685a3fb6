"""The list of documents: what is shown of each, found, filtered, ordered and paged. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, get_args
from urllib.parse import quote, urlencode

from firstline.knowledge import IndexedDocument
from firstline.store.use_counts import SourceUse
from firstline.workspace.checks import OLD

Audience = Literal["", "public", "internal"]
Condition = Literal["", "old", "undated", "superseded", "unused", "used"]
Order = Literal["used", "title", "oldest", "newest"]
CONDITIONS: Final[Mapping[Condition, str]] = {
    "": "any",
    "old": "not updated for a year",
    "undated": "without a date",
    "superseded": "superseded",
    "used": "answers rest on it",
    "unused": "no answer rests on it",
}
ORDERS: Final[Mapping[Order, str]] = {
    "used": "most used",
    "title": "title",
    "oldest": "oldest first",
    "newest": "newest first",
}
PAGE: Final = 50
LONGEST_SEARCH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which documents a page shows."""

    search: str = ""
    audience: Audience = ""
    condition: Condition = ""
    order: Order = "used"
    page: int = 1

    def address(self, page: int = 1) -> str:
        """Return the address that shows them, at another page."""
        values = {
            "q": self.search,
            "audience": self.audience,
            "is": self.condition,
            "order": "" if self.order == "used" else self.order,
            "page": "" if page == 1 else str(page),
        }
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/knowledge?{query}" if query else "/knowledge"


def wanted(search: str, audience: str, condition: str, order: str, page: int) -> Wanted:
    """Return what is wanted; whatever cannot be understood is left out."""
    audiences: tuple[Audience, ...] = get_args(Audience)
    return Wanted(
        search=" ".join(search[:LONGEST_SEARCH].split()),
        audience=next((one for one in audiences if one == audience), ""),
        condition=next((one for one in CONDITIONS if one == condition), ""),
        order=next((one for one in ORDERS if one == order), "used"),
        page=max(1, page),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A document of the list."""

    id: str
    title: str
    audience: str
    updated: date | None
    days: int | None
    """Since it was updated; None without a date."""
    old: bool
    passages: int
    superseded_by: str | None
    use: SourceUse

    @property
    def address(self) -> str:
        """Its page."""
        return address_of(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A page of the list, with the figures of all of it."""

    rows: tuple[Row, ...]
    found: int
    pages: int
    documents: int
    passages: int
    internal: int
    old: int
    superseded: int
    unused: int


def address_of(document: str) -> str:
    """Return the address of a document's page, whatever is in its id."""
    return f"/knowledge/doc/{quote(document, safe='')}"


def row_of(item: IndexedDocument, use: SourceUse, today: date) -> Row:
    """Return what the list shows of a document."""
    age = None if item.updated is None else today - item.updated
    return Row(
        id=item.id,
        title=item.title or item.id,
        audience=item.audience,
        updated=item.updated,
        days=None if age is None else age.days,
        old=age is not None and age > OLD and item.superseded_by is None,
        passages=item.passages,
        superseded_by=item.superseded_by,
        use=use,
    )


def library(
    documents: Sequence[IndexedDocument],
    uses: Mapping[str, SourceUse],
    asked: Wanted,
    today: date,
) -> Library:
    """Return a page of the documents.

    Args:
        documents: All of them.
        uses: How many answers rest on each; empty: not counted yet.
        asked: Which of them are to be shown.
        today: The day by which documents are old.
    """
    none = SourceUse()
    rows = [row_of(item, uses.get(item.id, none), today) for item in documents]
    found = [row for row in rows if _fits(row, asked)]
    found.sort(key=lambda row: _place(row, asked.order))
    pages = max(1, -(-len(found) // PAGE))
    first = (min(asked.page, pages) - 1) * PAGE
    return Library(
        rows=tuple(found[first : first + PAGE]),
        found=len(found),
        pages=pages,
        documents=len(rows),
        passages=sum(row.passages for row in rows),
        internal=sum(row.audience == "internal" for row in rows),
        old=sum(row.old for row in rows),
        superseded=sum(row.superseded_by is not None for row in rows),
        unused=sum(_unused(row) for row in rows),
    )


def _fits(row: Row, asked: Wanted) -> bool:
    words = asked.search.casefold().split()
    said = f"{row.title} {row.id}".casefold()
    conditions = {
        "": True,
        "old": row.old,
        "undated": row.updated is None,
        "superseded": row.superseded_by is not None,
        "used": bool(row.use.sent or row.use.drafts),
        "unused": _unused(row),
    }
    return (
        all(word in said for word in words)
        and asked.audience in ("", row.audience)
        and conditions[asked.condition]
    )


def _unused(row: Row) -> bool:
    """Whether no answer rests on a document that customers may be told."""
    told = row.audience == "public" and row.superseded_by is None
    return told and not row.use.sent and not row.use.drafts


def _place(row: Row, order: Order) -> tuple[float, float, str, str]:
    name = (row.title.casefold(), row.id)
    last = row.use.last or datetime.min  # noqa: DTZ901 - only compared through its ordinal
    match order:
        case "used":
            return (-(row.use.sent + row.use.drafts), -last.toordinal(), *name)
        case "oldest":
            return (0 if row.updated else 1, row.updated.toordinal() if row.updated else 0, *name)
        case "newest":
            return (0 if row.updated else 1, -row.updated.toordinal() if row.updated else 0, *name)
        case _:
            return (0, 0, *name)
