"""Knowledge gaps: what customers ask and no article answers, grouped by meaning (R7.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import numpy as np
import re2
import sqlalchemy as sa

from firstline.desk.build import Opened, Progress, silent
from firstline.knowledge import Hit
from firstline.knowledge.grouping import MOST, Vectors, grouped
from firstline.pipeline.parts import Parts
from firstline.pipeline.quoting import content
from firstline.pipeline.record import answer_from
from firstline.proof.masking import ALL_KINDS, mask
from firstline.proof.sentences import units, word_count, words
from firstline.records import OUT_OF_SCOPE, Answer, DocumentId, EvidenceId, TicketId
from firstline.store.answered import answered
from firstline.store.database import reading
from firstline.store.trust_tables import decision
from firstline.workspace import Workspace

Cause = Literal["no_answer", "looks_in_scope", "hardly_answered", "rejected"]
CAUSES: dict[Cause, str] = {
    "no_answer": "nothing in the knowledge base answered it",
    "looks_in_scope": "taken for out of scope, but near to what the company handles",
    "hardly_answered": "an article was near, but hardly answered it",
    "rejected": "a reviewer rejected the draft as incomplete, outdated or off topic",
}
UNANSWERED: Final = frozenset({"no_answer", "quoting_no_answer", "confidence_low"})
"""Deciding reasons that say that there was no answer."""
LACKING: Final = frozenset({"incomplete", "outdated", "off_topic", "missing_article"})
"""Reasons to reject a draft that an article could mend."""
BY_ARTICLE: Final = ("quote", "model")
"""Handlers that answer from articles; a record or a fixed answer is no gap in knowledge."""
NEARLY: Final = 0.5
"""Share of the scope threshold from which a foreign message looks like one of the company's."""
SAMPLES: Final = 6
NEAR: Final = 3
"""Articles named beside a group."""
TELLING: Final = 3
"""Words of meaning from which a sentence says what it asks about."""
LONGEST: Final = 240
"""Characters of a sample question."""
SUBJECT: Final = 80
_ASKS = re2.compile(
    r"(?i)\?|^(?:how|what|where|when|why|which|who|can|could|is|are|do|does|will|would)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A message that no article answered; masked."""

    ticket: TicketId
    external_id: str
    intent: str
    cause: Cause
    text: str
    """The subject and the part that asks, to be grouped and searched by."""
    sample: str
    """The part that asks, short."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NearArticle:
    """An article that comes near a group's questions, and why it does not answer them."""

    document: DocumentId
    title: str
    questions: int
    """Of those looked at, how many it was among the nearest for."""
    score: float
    """The best likeness: cosine with an encoder, else the share of words found, 0 to 1."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions of one meaning that the knowledge base does not answer."""

    title: str
    size: int
    causes: Mapping[str, int]
    intents: Mapping[str, int]
    questions: tuple[Question, ...]
    """The most typical first, no two alike, at most SAMPLES."""
    tickets: tuple[str, ...]
    """The senders' ids of all of them."""
    ids: tuple[TicketId, ...]
    """Firstline's own, in the same order."""
    near: tuple[NearArticle, ...]
    terms: tuple[str, ...]
    """Words that the questions share."""
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """All gaps, the largest first."""

    groups: tuple[Gap, ...]
    questions: int
    tickets: int
    """Tickets that were looked at."""
    left_out: int = 0
    """Older questions beyond the most that are grouped at once."""
    by_meaning: bool = True
    """False: grouped by words, for want of an encoder."""


def find_gaps(
    opened: Opened,
    engine: sa.Engine,
    *,
    since: datetime | None = None,
    progress: Progress = silent,
) -> Gaps:
    """Return the knowledge gaps among decided tickets.

    Takes a pass over the tickets, and of at most MOST questions the newest: an encoding each and
    one grouping. The same tickets give the same gaps.

    Raises:
        SetupError: The database or the knowledge base cannot be read.
    """
    parts = opened.parts
    rejected = lacking(engine)
    seen = 0
    found: list[Question] = []
    for stored, stages in answered(engine, since=since):
        seen += 1
        answer = answer_from(stored.ticket, stages)
        cause = cause_of(answer, parts.workspace, rejected=stored.ticket.id in rejected)
        if cause is not None:
            found.append(question(answer, cause, parts.workspace))
    asked = [item for item in found if word_count(item.text)]
    asked.sort(key=lambda item: (item.at, item.ticket), reverse=True)
    kept = asked[:MOST]
    vectors = _vectors([item.text for item in kept], parts, progress)
    groups = grouped([item.text for item in kept], vectors)
    return Gaps(
        groups=tuple(_gap([kept[at] for at in group], parts) for group in groups),
        questions=len(kept),
        tickets=seen,
        left_out=len(asked) - len(kept),
        by_meaning=vectors is not None,
    )


def lacking(engine: sa.Engine) -> frozenset[TicketId]:
    """Return the tickets whose draft a reviewer rejected for what an article could mend."""
    query = sa.select(decision.c.ticket).where(
        decision.c.kind == "reject", decision.c.reason.in_(sorted(LACKING))
    )
    with reading(engine).connect() as connection:
        return frozenset(TicketId(name) for name in connection.scalars(query))


def cause_of(answer: Answer, workspace: Workspace, *, rejected: bool = False) -> Cause | None:
    """Return why a ticket shows a gap in knowledge, or None when it shows none. Pure.

    What a person answers whatever is written (a threat, a wish for a human), what is in another
    language or no message at all, and what only a customer's record could answer, is no gap.
    """
    settings, route, draft = workspace.settings, answer.route, answer.draft
    if answer.ticket.flags or answer.ticket.language.code not in (*settings.languages, "und"):
        return None
    if rejected:
        return "rejected"
    code = answer.verdict.reasons[0].code
    if code == "out_of_scope":
        near = route.in_scope >= NEARLY * settings.minimum_in_scope
        ours = near and route.intent not in (OUT_OF_SCOPE, None)
        return "looks_in_scope" if ours else None
    if route.handler not in BY_ARTICLE:
        return None
    weak = answer.context.answerable < settings.minimum_answerable
    if code in UNANSWERED and (weak or route.handler == "quote"):
        return "no_answer"
    hardly = code in ("confidence_medium", "route_unsure") and weak
    return "hardly_answered" if hardly and draft.action != "clarify" else None


def question(answer: Answer, cause: Cause, workspace: Workspace) -> Question:
    """Return what a ticket asks, with everything personal in it masked. Pure."""
    ticket = answer.ticket
    region = workspace.settings.locale.rpartition("-")[2]
    names = _names(answer)

    def clean(text: str) -> str:
        hidden = mask(text, kinds=ALL_KINDS, region=region).text
        return _without(hidden, names)

    sample = " ".join(_asking(ticket.text)) or ticket.subject
    sample = _short(clean(" ".join(sample.split())))
    subject = _short(clean(ticket.subject), SUBJECT)
    return Question(
        ticket=ticket.id,
        external_id=ticket.external_id,
        intent=str(answer.route.intent or ""),
        cause=cause,
        text=f"{subject}\n{sample}".strip() if subject not in sample else sample,
        sample=sample,
        at=ticket.received_at,
    )


def _asking(text: str) -> Iterator[str]:
    """Yield the two sentences that ask and say most, else the one that says most."""
    cut = [unit.text for unit in units(text)]
    weights = [len(content(one)) for one in cut]
    asking = [
        at for at, one in enumerate(cut) if weights[at] >= TELLING and _ASKS.search(one) is not None
    ]
    if not asking:
        yield from ([cut[weights.index(max(weights))]] if cut else ())
        return
    asking.sort(key=lambda at: (-weights[at], at))
    yield from (cut[at] for at in sorted(asking[:2]))


def _names(answer: Answer) -> frozenset[str]:
    """Return the words of the customer's own name and company, as far as they are known."""
    shown = (
        value
        for item in answer.context.evidence
        if item.kind == "record"
        for path, value in item.fields
        if path.rpartition(".")[2] in ("name", "first_name", "last_name", "company")
    )
    return frozenset(word for value in shown for word in words(value) if len(word) > 1)


def _without(text: str, names: frozenset[str]) -> str:
    """Return a text with these names masked."""
    if not names:
        return text
    kept = []
    for piece in text.split(" "):
        said = words(piece)
        mine = said and {word.removesuffix("'s") for word in said} <= names
        kept.append("****" if mine and piece[:1].isupper() else piece)
    return " ".join(kept)


def _short(text: str, most: int = LONGEST) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _vectors(texts: Sequence[str], parts: Parts, progress: Progress) -> Vectors | None:
    """Return a unit vector a text, each distinct text encoded once; None without an encoder."""
    encoder = parts.knowledge.encoder
    if encoder is None or not texts:
        return None
    places = {text: at for at, text in enumerate(dict.fromkeys(texts))}
    rows = []
    for done, text in enumerate(places, start=1):
        rows.append(encoder.encode([text])[0])
        progress("reading questions", done, len(places))
    return np.stack([rows[places[text]] for text in texts])


def _gap(group: Sequence[Question], parts: Parts) -> Gap:
    distinct = {" ".join(words(item.sample)): item for item in reversed(group)}
    shown = tuple(reversed(distinct.values()))[:SAMPLES]
    terms = _terms(group)
    return Gap(
        title=_title(shown[0].sample),
        size=len(group),
        causes=_counts(item.cause for item in group),
        intents=_counts(item.intent or "none" for item in group),
        questions=shown,
        tickets=tuple(item.external_id for item in group),
        ids=tuple(item.ticket for item in group),
        near=_near(shown, terms, parts),
        terms=terms,
        first_at=min(item.at for item in group),
        last_at=max(item.at for item in group),
    )


def _counts(names: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _title(sample: str) -> str:
    """Return a question as the heading of an article: its first sentence, short."""
    first = next((unit.text for unit in units(sample)), sample)
    return _first_words(first.lstrip("-*• ").rstrip(" .!"))


def _first_words(text: str, most: int = 90) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


def _terms(group: Sequence[Question]) -> tuple[str, ...]:
    """Return the words most of the questions share, as they are mostly written."""
    written: dict[str, Counter[str]] = {}
    spread: Counter[str] = Counter()
    for item in group:
        stems = {}
        for word in words(item.text):
            for stem in content(word):
                stems[stem] = word
        for stem, word in stems.items():
            written.setdefault(stem, Counter())[word] += 1
            spread[stem] += 1
    least = max(2, len(group) // 3) if len(group) > 1 else 1
    common = [
        stem
        for stem, count in spread.items()
        if count >= least and len(stem) > 1 and any(char.isalpha() for char in stem)
    ]
    common.sort(key=lambda stem: (-spread[stem], stem))
    return tuple(
        min(written[stem].items(), key=lambda item: (-item[1], item[0]))[0] for stem in common[:8]
    )


def _near(shown: Sequence[Question], terms: Sequence[str], parts: Parts) -> tuple[NearArticle, ...]:
    """Return the articles nearest to a group's questions, internal and superseded ones too."""
    best: dict[DocumentId, Hit] = {}
    count: Counter[DocumentId] = Counter()
    answerable: dict[DocumentId, float] = {}
    for item in shown:
        result = parts.knowledge.search(item.text, k=NEAR, audience=None)
        for document in dict.fromkeys(hit.passage.document for hit in result.hits):
            count[document] += 1
            answerable[document] = max(answerable.get(document, 0.0), result.answerable)
        for hit in result.hits:
            known = best.get(hit.passage.document)
            if known is None or _likeness(hit) > _likeness(known):
                best[hit.passage.document] = hit
    order = sorted(best, key=lambda name: (-count[name], -_likeness(best[name]), name))
    listed = {item.id: item for item in parts.knowledge.documents()}
    return tuple(
        NearArticle(
            document=name,
            title=best[name].passage.title,
            questions=count[name],
            score=round(_likeness(best[name]), 4),
            why=_why(best[name], terms, parts, hidden=listed[name].superseded_by is not None)
            if name in listed
            else "it was withdrawn a moment ago",
        )
        for name in order[:NEAR]
    )


def _likeness(hit: Hit) -> float:
    return hit.cosine or hit.lexical


def _why(hit: Hit, terms: Sequence[str], parts: Parts, *, hidden: bool) -> str:
    """Return why an article does not answer, as far as can be told without understanding it."""
    passage = hit.passage
    if passage.audience == "internal":
        return "it is internal: publish what customers may know of it"
    if hidden:
        return "it is superseded and not shown to customers"
    said = set(content(" ".join(_whole(hit, parts))))
    absent = [term for term in terms if not set(content(term)) <= said]
    if absent:
        return f"it does not mention {', '.join(absent[:4])}"
    if hit.lexical < parts.workspace.settings.minimum_answerable:
        share = f"{hit.lexical:.0%}"
        return f"its nearest passage has only {share} of what is asked, by weight of the words"
    return "its words are near, but no passage of it answers: say it in one place, plainly"


def _whole(hit: Hit, parts: Parts) -> Iterator[str]:
    """Yield everything an article says."""
    yield hit.passage.title
    at = 1
    while (one := parts.knowledge.passage(EvidenceId(f"{hit.passage.document}#{at}"))) is not None:
        yield f"{one.heading} {one.text}"
        at += 1
