"""Trying a question: what would be found, why, whether it is enough, and what would be said.

Nothing is stored, no model is asked, and no customer is known: it is what the knowledge base
by itself has to say.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import re2
from markupsafe import Markup

from firstline.knowledge import Hit, SearchResult
from firstline.knowledge.lexicon import Stemmer
from firstline.pipeline.context import context_stage
from firstline.pipeline.intake import intake, masker_of
from firstline.pipeline.parts import NoHistory, Parts
from firstline.pipeline.quoting import NARROW_MARGIN, QuotingWriter, unmet_names
from firstline.pipeline.reading import question_of
from firstline.pipeline.route import route_stage
from firstline.pipeline.validate import validate_stage
from firstline.pipeline.writer import Assignment, assignment_of
from firstline.records import (
    Audience,
    Confidence,
    Context,
    Draft,
    Finding,
    Inbound,
    Route,
    Ticket,
)
from firstline.web.knowledge.library import address_of
from firstline.web.review.marks import Mark, marked

LONGEST: Final = 2_000
"""Characters of a question that is tried."""
SHOWN: Final = 8
"""Passages that are shown."""
_WORD = re2.compile(r"[\p{L}\p{N}]+")
Enough = Literal["yes", "person", "no"]
ENOUGH: Final[dict[Confidence, Enough]] = {"high": "yes", "medium": "person", "low": "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of the question that is searched for."""

    text: str
    first: bool
    """Whether the best passage has it."""
    anywhere: bool
    """Whether any passage shown has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A passage that was found, with the words that it shares with the question marked."""

    id: str
    title: str
    heading: Markup
    text: Markup
    address: str
    audience: str
    superseded: bool
    used: bool
    """Whether the writer would get it; internal and superseded ones never reach it."""
    score: float
    cosine: float
    lexical: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of a question."""

    question: str
    """As it is read: masked."""
    route: Route
    enough: Enough
    answerable: float
    minimum: float
    """What `answerable` must reach."""
    margin: float | None
    """How much better the best document is than the next; None with one document."""
    narrow: bool
    """Whether that is a tie."""
    absent: tuple[str, ...]
    """Names in the question that the best document does not mention."""
    words: tuple[Word, ...]
    found: tuple[Found, ...]
    draft: Draft
    findings: tuple[Finding, ...]
    """What the checks object to."""
    by_meaning: bool
    """Whether an encoder was used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What the stages make of a question."""

    assignment: Assignment
    draft: Draft
    findings: tuple[Finding, ...]


class Trier:
    """Tries questions on an open company. Safe to use from several threads."""

    def __init__(self, parts: Parts, stemmer: Stemmer) -> None:
        self._parts = replace(parts, models=None, history=NoHistory())
        self._stemmer = stemmer

    def answer(self, text: str, *, audience: Audience | None = "public") -> Trial | None:
        """Return what comes of a question; None when nothing is asked.

        Args:
            text: As somebody typed it.
            audience: Which documents are shown; None: all. The answer rests on public ones only.
        """
        parts = self._parts
        settings = parts.workspace.settings
        ticket = intake(
            Inbound(external_id=uuid.uuid4().hex, text=text[:LONGEST], channel="api"),
            inbox="try",
            now=parts.now(),
            masker=masker_of(settings),
        )
        query = question_of(ticket)
        if not query:
            return None
        written = asyncio.run(_written(ticket, parts))
        public = self._search(query, "public")
        shown = public if audience == "public" else self._search(query, audience)
        wanted = self._content(query)
        margin = _margin(public.hits)
        return Trial(
            question=ticket.text,
            route=written.assignment.route,
            enough=ENOUGH[written.draft.confidence],
            answerable=written.assignment.context.answerable,
            minimum=settings.minimum_answerable,
            margin=margin,
            narrow=margin is not None and margin < NARROW_MARGIN,
            absent=_absent(written.assignment),
            words=tuple(self._words(wanted, shown.hits)),
            found=tuple(self._found(shown, written.assignment.context, wanted)),
            draft=written.draft,
            findings=tuple(one for one in written.findings if one.result != "pass"),
            by_meaning=parts.knowledge.encoder is not None,
        )

    def _search(self, query: str, audience: Audience | None) -> SearchResult:
        vector = self._parts.vector(query)
        return self._parts.knowledge.search(query, k=SHOWN, audience=audience, vector=vector)

    def _content(self, query: str) -> Mapping[str, str]:
        """Return the words of a question that are searched for, by their stem."""
        words = [match.group(0) for match in _WORD.finditer(query)]
        carrying = frozenset(self._stemmer.content_words(query))
        stems = self._stems(words)
        found: dict[str, str] = {}
        for word in words:
            for stem in stems[word]:
                if stem in carrying:
                    found.setdefault(stem, word)
        return found

    def _stems(self, words: Iterable[str]) -> Mapping[str, Sequence[str]]:
        distinct = list(dict.fromkeys(words))
        return dict(zip(distinct, self._stemmer.stems(distinct), strict=True))

    def _marks(self, text: str, wanted: frozenset[str]) -> list[Mark]:
        places = [(match.start(), match.end(), match.group(0)) for match in _WORD.finditer(text)]
        stems = self._stems(word for _, _, word in places)
        return [Mark(start, end) for start, end, word in places if wanted & set(stems[word])]

    def _words(self, wanted: Mapping[str, str], hits: Sequence[Hit]) -> Iterator[Word]:
        held = [set(self._stemmer.stems([hit.passage.searchable])[0]) for hit in hits]
        for stem, word in wanted.items():
            first = bool(held) and stem in held[0]
            yield Word(text=word, first=first, anywhere=any(stem in one for one in held))

    def _found(
        self, result: SearchResult, context: Context, wanted: Mapping[str, str]
    ) -> Iterator[Found]:
        stems = frozenset(wanted)
        used = {str(item.id) for item in context.evidence}
        listed = {item.id: item for item in self._parts.knowledge.documents()}
        for hit in result.hits:
            passage = hit.passage
            document = listed.get(passage.document)
            yield Found(
                id=passage.id,
                title=passage.title or passage.document,
                heading=marked(passage.heading, self._marks(passage.heading, stems)),
                text=marked(passage.text, self._marks(passage.text, stems)),
                address=f"{address_of(passage.document)}#p{passage.id.rpartition('#')[2]}",
                audience=passage.audience,
                superseded=document is not None and document.superseded_by is not None,
                used=passage.id in used,
                score=hit.score,
                cosine=hit.cosine,
                lexical=hit.lexical,
            )


async def _written(ticket: Ticket, parts: Parts) -> _Written:
    """Take a question through the stages that need no model, with the quoting writer."""
    route = await route_stage(ticket, parts=parts)
    context = await context_stage(ticket, route, parts=parts)
    assignment = assignment_of(ticket, route, context, parts.workspace)
    draft = await QuotingWriter().write(assignment)
    findings = await validate_stage(ticket, route, context, draft, parts=parts)
    return _Written(assignment=assignment, draft=draft, findings=findings)


def _margin(hits: Sequence[Hit]) -> float | None:
    """Return how much better the best document is than the next one; None with one only."""
    if not hits:
        return None
    best = hits[0]
    others = (hit for hit in hits if hit.passage.document != best.passage.document)
    rival = next(others, None)
    return None if rival is None else best.score - rival.score


def _absent(assignment: Assignment) -> tuple[str, ...]:
    """Return the names in the question that the best document does not mention."""
    passages = [item for item in assignment.context.evidence if item.kind == "passage"]
    if not passages:
        return ()
    best = [item for item in passages if item.source == passages[0].source]
    return unmet_names(assignment, best)
