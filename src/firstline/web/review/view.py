"""A ticket as the review page shows it: from what is stored to what is read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from firstline.proof.claims import Facts
from firstline.proof.proofs import SentenceProof
from firstline.records import Answer, Message, RiskSignal, Ticket
from firstline.review.changes import in_shadow, usable
from firstline.review.reading import ReviewCase
from firstline.store.review_records import Decision
from firstline.web.review.marks import Mark, marked, shifted
from firstline.web.review.sentences_view import (
    FindingView,
    SentenceView,
    evidence_name,
    finding_view,
    sentence_views,
)
from firstline.web.review.standing import Standing, standing_of
from firstline.web.review.wording import (
    Tone,
    done_words,
    due_words,
    length_words,
    shown_code,
    shown_path,
    waiting_cost,
)
from firstline.workspace import Workspace

MOST_INTENTS: Final = 3
_WHO: Final = {"customer": "Customer", "staff": "Staff", "bot": "Firstline"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of the conversation."""

    who: str
    kind: str
    at: datetime | None
    subject: Markup
    text: Markup
    quoted: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that was found for the ticket, whether the draft uses it or not."""

    kind: str
    title: str
    url: str
    text: str
    internal: bool
    used: tuple[int, ...]
    """Numbers of the sentences that rest on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something that was decided."""

    by: str
    at: datetime
    words: str
    note: str
    overruled: tuple[str, ...]
    sent: str
    """What was released to the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """Why a ticket is at its place in the queue."""

    total: float
    loss: float
    waiting: float
    age: str
    sla: str
    due: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """Where the ticket was sent, and why."""

    intents: tuple[tuple[str, float], ...]
    handler: str
    risk: str
    urgency: str
    reason: str
    in_scope: float
    signals: tuple[tuple[str, str], ...]
    """Each with what was recognised."""
    requests: tuple[tuple[str, str], ...]
    """What is asked, in the customer's words, and as what it was understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A ticket as a person sees it."""

    ticket: str
    external_id: str
    title: str
    summary: str
    channel: str
    language: str
    customer: str
    verified: bool
    received_at: datetime
    standing: Standing
    rank: Rank
    score: float
    autonomy: str
    why: tuple[str, ...]
    """Why a person is needed; the first one decided."""
    route: RouteView
    turns: tuple[Turn, ...]
    sentences: tuple[SentenceView, ...]
    """Of the draft; empty when there is none to release."""
    asks: bool
    """Whether the draft asks a question instead of answering."""
    no_draft: str
    """Why there is no draft."""
    problems: tuple[FindingView, ...]
    """What the checks say about the reply as a whole."""
    passed: tuple[str, ...]
    """The checks that have nothing against it."""
    changed: tuple[str, ...]
    """What the draft rests on that has changed since."""
    found: tuple[Found, ...]
    """Every passage and answer, with its text."""
    sources: tuple[Found, ...]
    """The same by title: an article once, however many of its passages were found."""
    fields: tuple[tuple[str, str], ...]
    tried: tuple[str, ...]
    lacked: tuple[str, ...]
    suggested: str
    """What of the draft nothing is said against, where that is less than all of it."""
    draft: str
    """As it would be sent."""
    notice: str
    """What the customer is told when the ticket is handed over; empty: nothing."""
    shadow: bool
    overtaken: str
    feedback: str
    history: tuple[Done, ...]
    released: str
    """What was sent, or is on its way; empty: nothing yet."""


def case_view(
    case: ReviewCase,
    proofs: Sequence[SentenceProof],
    workspace: Workspace,
    *,
    me: str,
    now: datetime,
    changed: tuple[str, ...] = (),
) -> CaseView:
    """Return a ticket as one person sees it.

    Args:
        case: What is stored.
        proofs: One a sentence of the draft, made of the evidence as it was then.
        workspace: The company.
        me: Who looks.
        now: The time.
        changed: What the draft rests on that has changed since.
    """
    answer, packet = case.answer, case.packet
    ticket, draft = answer.ticket, usable(answer)
    facts = facts_of(workspace, ticket.received_at)
    sentences = (
        sentence_views(draft, proofs, answer.findings, answer.context.evidence, facts)
        if draft
        else ()
    )
    found = _found(answer, proofs if draft else ())
    tell = not ticket.flags and not in_shadow(answer)
    return CaseView(
        ticket=ticket.id,
        external_id=ticket.external_id,
        title=title_of(ticket),
        summary=packet.summary,
        channel=ticket.channel,
        language=ticket.language.code,
        customer=ticket.customer or "",
        verified=ticket.verified,
        received_at=ticket.received_at,
        standing=standing_of(case.review, case.decisions, me, now),
        rank=_rank(case, now),
        score=answer.verdict.score,
        autonomy=answer.verdict.autonomy,
        why=tuple(dict.fromkeys(item.detail or shown_code(item.code) for item in packet.why)),
        route=_route(answer),
        turns=_turns(answer),
        sentences=sentences,
        asks=draft is not None and draft.action == "clarify",
        no_draft="" if draft else answer.draft.reason,
        problems=_problems(answer),
        passed=_passed(answer),
        changed=changed,
        found=found,
        sources=_sources(found),
        fields=grouped(packet.customer),
        tried=packet.tried,
        lacked=packet.lacked,
        suggested=packet.suggested_reply if packet.suggested_reply != packet.draft else "",
        draft=packet.draft,
        notice=workspace.voice.handoff if tell else "",
        shadow=in_shadow(answer),
        overtaken=case.overtaken,
        feedback=case.feedback.answer if case.feedback else "",
        history=tuple(_done(item) for item in case.decisions),
        released=_released(case.decisions),
    )


def grouped(fields: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a record to be read: each item of a list on one line."""
    found: dict[str, list[str]] = {}
    for path, value in fields:
        name, listed, rest = path.partition("[")
        number = rest.partition("]")[0]
        is_item = bool(listed) and number.isascii() and number.isdigit()
        key = f"{shown_path(name)} {int(number) + 1}" if is_item else shown_path(path)
        found.setdefault(key, []).append(value)
    return tuple((name, " · ".join(values)) for name, values in found.items())


def facts_of(workspace: Workspace, at: datetime) -> Facts:
    """Return how the company writes money and days, on the day of a message."""
    settings = workspace.settings
    today: date = at.astimezone(ZoneInfo(settings.timezone)).date()
    return Facts(locale=settings.locale, today=today)


def title_of(ticket: Ticket) -> str:
    """Return what a ticket is called: its subject, or how its text begins."""
    found = " ".join((ticket.subject or ticket.text[:160]).split())
    return found[:90] or f"({ticket.external_id})"


def _rank(case: ReviewCase, now: datetime) -> Rank:
    held = case.review
    sla = timedelta(seconds=held.sla_seconds)
    due, tone = due_words(held.received_at + sla, sla, now)
    waiting = waiting_cost(held, now)
    return Rank(
        total=held.loss + waiting,
        loss=held.loss,
        waiting=waiting,
        age=length_words(now - held.received_at),
        sla=length_words(sla),
        due=due,
        tone=tone,
    )


def _route(answer: Answer) -> RouteView:
    route, ticket = answer.route, answer.ticket
    requests = route.requests if len(route.requests) > 1 else ()
    return RouteView(
        intents=tuple(
            (shown_code(item.intent), item.probability) for item in route.intents[:MOST_INTENTS]
        ),
        handler=route.handler,
        risk=route.risk,
        urgency=route.urgency,
        reason=route.reason,
        in_scope=route.in_scope,
        signals=tuple(
            dict.fromkeys((shown_code(item.signal), item.reason) for item in route.signals)
        ),
        requests=tuple(
            (" ".join(ticket.text[item.start : item.end].split()), shown_code(item.intent))
            for item in requests
        ),
    )


def _turns(answer: Answer) -> tuple[Turn, ...]:
    ticket = answer.ticket
    return (*(_earlier(item) for item in ticket.history), _newest(ticket, answer.route.signals))


def _earlier(item: Message) -> Turn:
    return Turn(
        who=_WHO[item.author],
        kind=item.author,
        at=item.sent_at,
        subject=Markup(""),
        text=marked(item.text),
    )


def _newest(ticket: Ticket, signals: Sequence[RiskSignal]) -> Turn:
    """Return the message that is answered, with what decides who may answer it marked."""
    marks = [Mark(item.start, item.end, "signal") for item in signals]
    return Turn(
        who=_WHO["customer"],
        kind="customer",
        at=ticket.received_at,
        subject=marked(ticket.subject, marks),
        text=marked(ticket.text, shifted(marks, -len(ticket.subject) - 1)),
        quoted=ticket.quoted,
        files=tuple(f"{item.name} ({item.size:,} bytes)" for item in ticket.attachments),
    )


def _problems(answer: Answer) -> tuple[FindingView, ...]:
    return tuple(
        finding_view(item)
        for item in answer.findings
        if item.result != "pass" and item.sentence is None
    )


def _passed(answer: Answer) -> tuple[str, ...]:
    against = {item.check for item in answer.findings if item.result != "pass"}
    return tuple(dict.fromkeys(item.check for item in answer.findings if item.check not in against))


def _found(answer: Answer, proofs: Sequence[SentenceProof]) -> tuple[Found, ...]:
    used: dict[str, list[int]] = {}
    for number, proof in enumerate(proofs, 1):
        for key in {support.evidence for support in proof.supports}:
            used.setdefault(key, []).append(number)
    return tuple(
        Found(
            kind=item.kind,
            title=evidence_name(item),
            url=item.url if item.url.startswith(("https://", "http://")) else "",
            text=item.text,
            internal=item.audience == "internal",
            used=tuple(used.get(item.id, ())),
        )
        for item in answer.context.evidence
        if item.kind != "record"
    )


def _sources(found: Sequence[Found]) -> tuple[Found, ...]:
    kept: dict[tuple[str, str], Found] = {}
    for item in found:
        key = (item.kind, item.title)
        used = kept[key].used if key in kept else ()
        kept[key] = replace(item, used=tuple(sorted({*used, *item.used})))
    return tuple(kept.values())


def _done(made: Decision) -> Done:
    parts = (shown_code(made.reason) if made.kind == "reject" else "", made.note)
    return Done(
        by=made.by,
        at=made.at,
        words=done_words(made),
        note=" – ".join(part for part in parts if part),
        overruled=made.overridden,
        sent=made.text if made.delivers in ("reply", "question") else "",
    )


def _released(decisions: Sequence[Decision]) -> str:
    sent = [item for item in decisions if item.kind in ("approve", "edit", "returned")]
    return sent[-1].text if sent else ""
