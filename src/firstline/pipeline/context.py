"""Context: exactly the evidence this ticket needs, labelled, within its budget.

An unverified sender gets general knowledge only (R3.6). A source that cannot be asked is named,
so that the gate holds the ticket instead of letting a writer guess.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

from firstline.errors import FirstlineError
from firstline.knowledge import Hit, SearchResult
from firstline.pipeline.parts import Parts
from firstline.pipeline.reading import question_of
from firstline.proof.sentences import word_count
from firstline.records import Context, Evidence, EvidenceId, Route, Ticket
from firstline.workspace import IntentSpec
from firstline.workspace.needed_fields import needed_fields

WORDS_PER_TOKEN = 0.75
"""English text averages about three words for four tokens."""
CRITICAL = "critical"
"""The customer field that puts every answer to a customer before a person (R5.5)."""


async def context_stage(ticket: Ticket, route: Route, *, parts: Parts) -> Context:
    """Return the evidence for a ticket, best first, and what could not be had."""
    settings = parts.workspace.settings
    spec = parts.workspace.intent(route.intent)
    query = question_of(ticket)
    missing: list[str] = []
    about: list[Evidence] = []
    if parts.vouched_for(ticket):
        # Off the event loop: another system may take its time to answer.
        about, unasked = await asyncio.to_thread(_record, ticket, route, parts)
        missing.extend(unasked)
    found = _search(query, parts, settings.passages, missing)
    evidence = [
        *_fixed(spec, parts),
        *about,
        *(_passage(hit, parts) for hit in found.hits),
        *parts.history.recent(ticket),
    ]
    kept, trimmed, tokens = _within(evidence, settings.token_budget)
    return Context(
        evidence=tuple(kept),
        tokens=tokens,
        trimmed=tuple(trimmed),
        answerable=found.answerable,
        missing=tuple(missing),
    )


def _search(query: str, parts: Parts, k: int, missing: list[str]) -> SearchResult:
    if not query:
        return SearchResult(hits=(), answerable=0.0)
    try:
        return parts.knowledge.search(query, k=k, audience="public", vector=parts.vector(query))
    except FirstlineError as error:
        missing.append(f"knowledge: {error.problem}")
        return SearchResult(hits=(), answerable=0.0)


def _passage(hit: Hit, parts: Parts) -> Evidence:
    passage = hit.passage
    return Evidence(
        id=passage.id,
        kind="passage",
        source=passage.document,
        version=passage.version,
        text=passage.text,
        title=passage.title,
        url=passage.url,
        audience=passage.audience,
        score=round(hit.score, 4),
        fetched_at=parts.now(),
    )


def _fixed(spec: IntentSpec | None, parts: Parts) -> list[Evidence]:
    """Return the company's own wording for this intent, if it has one."""
    if spec is None or not spec.answer:
        return []
    text = "\n".join(spec.answer)
    return [
        Evidence(
            id=EvidenceId(f"policy:{spec.name}"),
            kind="policy",
            source="intents.yaml",
            version=hashlib.sha256(text.encode()).hexdigest()[:16],
            text=text,
            title=spec.name,
            fetched_at=parts.now(),
        )
    ]


def _record(ticket: Ticket, route: Route, parts: Parts) -> tuple[list[Evidence], list[str]]:
    """Return what is known of a verified sender, as far as the intent may see it.

    Beside it come the sources that could not be asked: each puts the ticket before a person.
    """
    if parts.customers is None or ticket.customer is None or not ticket.verified:
        return [], []
    try:
        wanted = needed_fields(parts.workspace, route.intent)
        found = parts.customers.look_up(ticket.customer, wanted)
    except FirstlineError as error:
        return [], [f"customers: {error.problem}"]
    missing = [f"customers: {problem}" for problem in found.missing]
    record = found.record
    if record is None:
        return [], missing
    spec = parts.workspace.intent(route.intent)
    fields = record.only(spec.needs if spec else ()).fields
    always = [(key, value) for key, value in record.fields if key == CRITICAL]
    if record.name:
        always.append(("name", record.name))
    evidence = Evidence(
        id=EvidenceId(f"record:{record.id}"),
        kind="record",
        source=record.id,
        version=record.version,
        fields=tuple(dict((*fields, *always)).items()),
        fetched_at=record.fetched_at,
    )
    return [evidence], missing


def _within(
    evidence: Sequence[Evidence], budget: int
) -> tuple[list[Evidence], list[EvidenceId], int]:
    """Keep evidence in rank order while it fits; the first item is always kept."""
    kept: list[Evidence] = []
    trimmed: list[EvidenceId] = []
    used = 0
    for item in evidence:
        cost = tokens_of(item)
        if kept and used + cost > budget:
            trimmed.append(item.id)
            continue
        kept.append(item)
        used += cost
    return kept, trimmed, used


def tokens_of(item: Evidence) -> int:
    """Estimate how many tokens an item takes in a prompt."""
    fields = sum(word_count(name) + word_count(value) for name, value in item.fields)
    return int((word_count(item.title) + word_count(item.text) + fields) / WORDS_PER_TOKEN) + 4
