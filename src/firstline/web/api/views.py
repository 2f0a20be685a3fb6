"""A ticket as programs see it, from what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from firstline.pipeline.record import PREPARED
from firstline.records import (
    Context,
    Draft,
    Evidence,
    Finding,
    Outcome,
    Route,
    Sentence,
    TicketId,
    Verdict,
    decode,
)
from firstline.store.answered import BASIS
from firstline.store.feedback import StoredFeedback
from firstline.store.replies import Delivered, ReplyStore
from firstline.store.review_records import Decision, Review, ReviewState
from firstline.store.ticket_changes import Progress, Standing, TicketChanges
from firstline.store.tickets import Stages
from firstline.store.uses import UseLedger, Written
from firstline.web.api import told
from firstline.web.feedback.addresses import feedback_addresses
from firstline.web.site import Site

PATH = "/api/v1/tickets"


def state_of(outcome: Outcome | None, review: ReviewState | None) -> told.State:
    """Return how a ticket stands, of how it ended and how it stands in the queue."""
    if outcome is None:
        return "working"
    match review:
        case "waiting" | "snoozed":
            return "review"
        case "approved" | "handed" | "closed":
            return review
        case _ if outcome == "clarify":
            return "asked"
        case _ if outcome == "sent":
            return "answered"
        case _:
            return "review"


def event_of(ticket_id: TicketId, progress: Progress) -> told.EventTold:
    """Return how far a ticket is."""
    step: told.Step = "accepted"
    if progress.outcome is not None:
        step = "ended"
    elif progress.decided:
        step = "decided"
    elif progress.writing:
        step = "writing"
    return told.EventTold(
        id=ticket_id,
        state=state_of(progress.outcome, progress.review),
        step=step,
        outcome=progress.outcome,
        reason=progress.reason,
    )


def links_of(ticket_id: TicketId) -> told.Links:
    """Return where to go on from a ticket."""
    here = f"{PATH}/{ticket_id}"
    return told.Links(
        self=here,
        events=f"{here}/events",
        feedback=f"{here}/feedback",
        messages=f"{here}/messages",
        decisions=f"{here}/decisions",
    )


def line_of(standing: Standing) -> told.TicketLine:
    """Return a ticket of a list."""
    ticket = standing.ticket
    return told.TicketLine(
        id=ticket.id,
        external_id=ticket.external_id,
        conversation=ticket.conversation,
        inbox=ticket.inbox,
        channel=ticket.channel,
        customer=ticket.customer,
        state=state_of(standing.outcome, standing.review),
        outcome=standing.outcome,
        reason=standing.reason,
        received_at=ticket.received_at,
        ended_at=standing.ended_at,
        links=links_of(ticket.id),
    )


def ticket_of(site: Site, ticket_id: TicketId) -> told.TicketTold | None:
    """Return everything that is known of a ticket, or None."""
    engine = site.desk.engine
    standing = TicketChanges(engine).of(ticket_id)
    if standing is None:
        return None
    written = next(iter(UseLedger(engine).written([ticket_id])), None)
    held = site.reviews.store.get(ticket_id)
    decisions = site.reviews.store.decisions(ticket_id) if held is not None else ()
    deliveries = ReplyStore(engine).deliveries(ticket_id)
    said = site.reviews.feedback.of(ticket_id)
    ticket = standing.ticket
    stages = written.stages if written else {}
    draft, context = _written(written)
    return told.TicketTold(
        **line_of(standing).model_dump(exclude={"links"}),
        links=links_of(ticket_id),
        subject=ticket.subject,
        text=ticket.text,
        language=ticket.language.code,
        verified=ticket.verified,
        masked=list(ticket.masked),
        flags=list(ticket.flags),
        reply=_reply(site, ticket_id, written, deliveries),
        draft=_draft(draft),
        evidence=_evidence(context, written),
        findings=_findings(stages),
        route=_route(stages),
        verdict=_verdict(stages),
        cost=_cost(draft),
        latency=_latency(standing, stages),
        review=None if held is None else _review(held, site.now()),
        decisions=[decision_of(item) for item in decisions],
        feedback=None if said is None else feedback_of(said),
    )


def feedback_of(said: StoredFeedback) -> told.FeedbackTold:
    """Return what a customer says."""
    return told.FeedbackTold(
        ticket=said.ticket, answer=said.answer, at=said.at, changes=said.changes
    )


def decision_of(made: Decision) -> told.DecisionTold:
    """Return what a person decided."""
    delivers: Mapping[str, told.Delivers] = {
        "reply": "reply",
        "question": "question",
        "notice": "notice",
    }
    return told.DecisionTold(
        ticket=made.ticket,
        number=made.number,
        action=made.kind,
        by=made.by,
        at=made.at,
        reason=made.reason,
        note=made.note,
        delivers=delivers.get(made.delivers, ""),
        distance=made.distance,
        overridden=list(made.overridden),
    )


def _written(written: Written | None) -> tuple[Draft | None, Context | None]:
    if written is None:
        return None, None
    draft = decode(Draft, written.stages["generate"].body)
    return draft, decode(Context, written.stages["context"].body)


def _reply(
    site: Site, ticket_id: TicketId, written: Written | None, deliveries: Sequence[Delivered]
) -> told.ReplyTold | None:
    """Return the newest thing the customer was told; a reply comes before a notice."""
    sent = [item for item in deliveries if item.state == "sent"]
    if not sent:
        return None
    last = max(sent, key=lambda item: (item.kind != "notice", item.at))
    if last.kind == "notice":
        text = last.text or site.desk.workspace.voice.handoff
        sentences: tuple[Sentence, ...] = ()
        by_person = False
    else:
        draft = _released(written)
        text = last.text or (draft.text if draft else "")
        sentences = draft.sentences if draft else ()
        by_person = written is not None and written.released is not None
    return told.ReplyTold(
        kind=last.kind,
        text=text,
        sentences=_sentences(sentences),
        by="person" if by_person else "firstline",
        at=last.at,
        feedback_links=(
            _feedback_links(site, ticket_id, last.at) if last.kind == "reply" else None
        ),
    )


def _released(written: Written | None) -> Draft | None:
    """Return what was sent: what a person released, else the draft."""
    if written is None:
        return None
    return written.released or decode(Draft, written.stages["generate"].body)


def _feedback_links(site: Site, ticket_id: TicketId, at: datetime) -> told.FeedbackLinksTold | None:
    found = feedback_addresses(site, ticket_id, at)
    return None if found is None else told.FeedbackLinksTold.model_validate(found)


def _sentences(sentences: Iterable[Sentence]) -> list[told.SentenceTold]:
    return [
        told.SentenceTold(text=item.text, kind=item.kind, evidence=list(item.evidence))
        for item in sentences
    ]


def _draft(draft: Draft | None) -> told.DraftTold | None:
    if draft is None or draft.action == "escalate":
        return None
    return told.DraftTold(
        action=draft.action,
        text=draft.text,
        sentences=_sentences(draft.sentences),
        language=draft.language,
        model=draft.model,
        reason=draft.reason,
    )


def _evidence(context: Context | None, written: Written | None) -> list[told.EvidenceTold]:
    """Return what sentences of draft or reply name; of a customer's record no values."""
    if written is None or context is None:
        return []
    drafts = (decode(Draft, written.stages["generate"].body), written.released)
    named = {key for draft in drafts if draft for item in draft.sentences for key in item.evidence}
    held: dict[str, Evidence] = {item.id: item for item in context.evidence}
    if written.context is not None:
        held |= {item.id: item for item in written.context.evidence}
    return [
        told.EvidenceTold(
            id=item.id,
            kind=item.kind,
            source=item.source,
            version=item.version,
            title=item.title,
            url=item.url,
            text=item.text if item.kind == "passage" else "",
        )
        for key, item in held.items()
        if key in named
    ]


def _findings(stages: Stages) -> list[told.FindingTold]:
    if "validate" not in stages:
        return []
    return [
        told.FindingTold(
            check=item.check,
            result=item.result,
            detail=item.detail,
            code=item.code,
            sentence=item.sentence,
        )
        for item in decode(tuple[Finding, ...], stages["validate"].body)
    ]


def _route(stages: Stages) -> told.RouteTold | None:
    if "route" not in stages:
        return None
    route = decode(Route, stages["route"].body)
    return told.RouteTold(
        intents=[
            told.IntentTold(intent=item.intent, probability=min(1.0, max(0.0, item.probability)))
            for item in route.intents
        ],
        handler=route.handler,
        risk=route.risk,
        urgency=route.urgency,
        signals=list(dict.fromkeys(item.signal for item in route.signals)),
        source=route.source,
        reason=route.reason,
    )


def _verdict(stages: Stages) -> told.VerdictTold | None:
    if "gate" not in stages:
        return None
    verdict = decode(Verdict, stages["gate"].body)
    return told.VerdictTold(
        action=verdict.action,
        score=verdict.score,
        reasons=[told.ReasonTold(code=item.code, detail=item.detail) for item in verdict.reasons],
        autonomy=verdict.autonomy,
        certificate=verdict.certificate,
    )


def _cost(draft: Draft | None) -> told.CostTold:
    hops = draft.hops if draft else ()
    spent = [item.usage for item in hops]
    return told.CostTold(
        usd=round(sum(item.cost_usd for item in spent), 12),
        input_tokens=sum(item.input for item in spent),
        output_tokens=sum(item.output for item in spent),
        cache_read_tokens=sum(item.cache_read for item in spent),
        cache_write_tokens=sum(item.cache_write for item in spent),
        hops=[
            told.HopTold(
                by=item.by,
                model=item.model,
                reason=item.reason,
                result=item.result,
                usd=item.usage.cost_usd,
            )
            for item in hops
        ],
    )


def _latency(standing: Standing, stages: Stages) -> told.LatencyTold:
    total = None
    if standing.ended_at is not None:
        seconds = (standing.ended_at - standing.ticket.received_at).total_seconds()
        total = round(max(0.0, seconds * 1e3), 3)
    return told.LatencyTold(
        total_ms=total,
        stages_ms={
            name: item.wall_ms for name, item in stages.items() if name not in (PREPARED, BASIS)
        },
    )


def _review(held: Review, now: datetime) -> told.ReviewTold:
    return told.ReviewTold(
        state=held.state,
        version=held.version,
        held_by=held.held_by(now),
        assignee=held.assignee,
        team=held.team,
        held_for=held.held_for,
    )
