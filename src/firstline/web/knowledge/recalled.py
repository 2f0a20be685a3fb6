"""Recall: what has changed under answers that were given, and what to do about each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlencode

from firstline.desk.recall import TODO, Recall, Todo
from firstline.pipeline.standing import Change, Restated
from firstline.web.knowledge.library import address_of

PAGE: Final = 10
CHANGES: Final[dict[Change, str]] = {
    "changed": "was changed",
    "withdrawn": "was withdrawn",
    "internal": "is internal now",
    "superseded": "was superseded",
}
TONES: Final[dict[Todo, str]] = {
    "correct": "bad",
    "check": "warn",
    "redraft": "warn",
    "nothing": "quiet",
}
TITLES: Final[dict[Todo, str]] = {
    "correct": "to correct",
    "check": "to check",
    "redraft": "do not approve",
    "nothing": "still right",
}
Shown = Literal["", "correct", "check", "redraft", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallsWanted:
    """Which recalls a page shows."""

    todo: Shown = ""
    """Empty: all that something is to be done about."""
    page: int = 1

    def address(self, page: int = 1) -> str:
        """Return the address that shows them, at another page."""
        values = {"todo": self.todo, "page": "" if page == 1 else str(page)}
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/knowledge/recall?{query}" if query else "/knowledge/recall"


def recalls_wanted(todo: str, page: int) -> RecallsWanted:
    """Return what is wanted; whatever cannot be understood is left out."""
    return RecallsWanted(todo=next((one for one in TODO if one == todo), ""), page=max(1, page))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something that changed."""

    name: str
    change: str
    address: str
    """Its page; empty for a record or a fixed answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallCard:
    """A recalled answer, as it is shown."""

    item: Recall
    title: str
    tone: str
    advice: str
    sources: tuple[Source, ...]
    sentences: tuple[Restated, ...]
    """Those that cannot be said any more; of an answer that stands, none."""
    more: int
    """Further sentences that nothing shows now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallList:
    """A page of recalls, with the figures of all of them."""

    cards: tuple[RecallCard, ...]
    found: int
    pages: int
    counts: tuple[tuple[Todo, str, int], ...]
    """What to do, in words, and about how many."""
    sources: tuple[tuple[Source, int], ...]
    """What changed, and how many answers rest on it."""


MOST_SENTENCES: Final = 6


def recall_list(
    found: Sequence[Recall], documents: frozenset[str], asked: RecallsWanted
) -> RecallList:
    """Return a page of recalls.

    Args:
        found: All of them, sent ones first.
        documents: The ids of documents that have a page.
        asked: Which are to be shown.
    """
    chosen = [item for item in found if _fits(item, asked.todo)]
    pages = max(1, -(-len(chosen) // PAGE))
    first = (min(asked.page, pages) - 1) * PAGE
    counts = Counter(item.todo for item in found)
    changed = Counter(source for item in found for source in _sources(item, documents))
    return RecallList(
        cards=tuple(_card(item, documents) for item in chosen[first : first + PAGE]),
        found=len(chosen),
        pages=pages,
        counts=tuple((todo, TITLES[todo], counts[todo]) for todo in TODO),
        sources=tuple(changed.most_common(MOST_SENTENCES)),
    )


def _fits(item: Recall, todo: Shown) -> bool:
    return item.todo == todo if todo else item.todo != "nothing"


def _card(item: Recall, documents: frozenset[str]) -> RecallCard:
    lost = tuple(one for one in item.sentences if one.stands == "no")
    return RecallCard(
        item=item,
        title=TITLES[item.todo],
        tone=TONES[item.todo],
        advice=TODO[item.todo],
        sources=_sources(item, documents),
        sentences=lost[:MOST_SENTENCES],
        more=max(0, len(lost) - MOST_SENTENCES),
    )


def _sources(item: Recall, documents: frozenset[str]) -> tuple[Source, ...]:
    named: dict[tuple[str, Change], None] = {}
    for one in item.sentences:
        if one.change is not None:
            named.update(dict.fromkeys((name, one.change) for name in one.sources))
    return tuple(
        Source(
            name=name,
            change=CHANGES[change],
            address=address_of(name) if name in documents else "",
        )
        for name, change in named
    )
