"""One document: what it says, what it said before, and which answers rest on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from firstline.knowledge import IndexedDocument, Passage
from firstline.knowledge.index import PassageVersion
from firstline.store.use_counts import SourceUse
from firstline.web.knowledge.library import Row, address_of, row_of
from firstline.web.paths import place
from firstline.workspace import Workspace

LISTED = 20
"""Answers on one page."""
WEB = ("https://", "http://")
EARLIER = 50
"""Earlier wordings that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A passage, as it stands or stood."""

    id: str
    number: str
    heading: str
    text: str
    version: str
    ended_at: datetime | None
    use: SourceUse
    """The answers that rest on exactly this wording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A document's page."""

    row: Row
    known: bool
    """Whether it is in the knowledge base now; False: withdrawn."""
    version: str
    url: str
    """Where customers read it; empty where that is no address of the web."""
    source: str
    """Relative to the workspace."""
    successor: str
    """The address of the document that replaces it; empty without one."""
    replaces: tuple[tuple[str, str], ...]
    """Titles and addresses of those it replaces."""
    intents: tuple[str, ...]
    """Intents that name it as an answer."""
    cuts: tuple[Cut, ...]
    earlier: tuple[Cut, ...]
    earlier_total: int
    on_earlier: int
    """Answers that rest on a wording that does not stand any more."""


def shown(
    name: str,
    documents: Sequence[IndexedDocument],
    versions: Sequence[PassageVersion],
    uses: Mapping[tuple[str, str], SourceUse],
    *,
    total: SourceUse,
    workspace: Workspace,
    today: date,
) -> Shown | None:
    """Return a document's page, or None when nothing of this name was ever known. Pure.

    Args:
        name: The document's id.
        documents: All that are in the knowledge base now.
        versions: Every passage it has or had.
        uses: How many answers rest on each, by id and version.
        total: How many answers rest on the document.
        workspace: The company.
        today: The day by which documents are old.
    """
    item = next((one for one in documents if one.id == name), None)
    if item is None and not versions:
        return None
    listed = item or _withdrawn(versions[0].passage)
    cuts = [_cut(one, uses) for one in versions]
    earlier = [one for one in cuts if one.ended_at is not None]
    successor = listed.superseded_by
    known = {one.id for one in documents}
    return Shown(
        row=row_of(listed, total, today),
        known=item is not None,
        version=listed.version,
        url=listed.url if listed.url.startswith(WEB) else "",
        source=place(listed.source, workspace),
        successor=address_of(successor) if successor in known and successor else "",
        replaces=tuple(
            (one.title or one.id, address_of(one.id))
            for one in documents
            if one.superseded_by == name
        ),
        intents=tuple(str(spec.name) for spec in workspace.intents if name in spec.articles),
        cuts=tuple(one for one in cuts if one.ended_at is None),
        earlier=tuple(earlier[:EARLIER]),
        earlier_total=len(earlier),
        on_earlier=sum(one.use.sent + one.use.drafts for one in earlier),
    )


def _cut(one: PassageVersion, uses: Mapping[tuple[str, str], SourceUse]) -> Cut:
    passage = one.passage
    return Cut(
        id=passage.id,
        number=passage.id.rpartition("#")[2],
        heading=passage.heading,
        text=passage.text,
        version=passage.version,
        ended_at=one.ended_at,
        use=uses.get((passage.id, passage.version), SourceUse()),
    )


def _withdrawn(passage: Passage) -> IndexedDocument:
    return IndexedDocument(
        id=passage.document,
        title=passage.title,
        version="",
        audience=passage.audience,
        url=passage.url,
        updated=passage.updated,
        superseded_by=None,
        source="",
        passages=0,
    )
