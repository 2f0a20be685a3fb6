"""The page of a run: everything that is known of one ticket, put together."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import pydantic
from markupsafe import Markup

from firstline.pipeline.prepared import Prepared
from firstline.pipeline.record import PREPARED, answer_from
from firstline.records import (
    Answer,
    Context,
    Draft,
    Receipt,
    Route,
    TicketId,
    Verdict,
    decode,
    encode,
)
from firstline.store import CommitmentLedger, StageRecord, StoredTicket, TicketStore
from firstline.store.answered import BASIS
from firstline.store.certificates import CertificateBook, StoredCertificate
from firstline.store.commitments import StoredCommitment
from firstline.store.feedback import StoredFeedback
from firstline.store.labels import LabelLedger, StoredLabel
from firstline.store.review_records import Decision, Review
from firstline.store.run_records import RunRecord, RunRecords
from firstline.store.ticket_search import Related, TicketSearch
from firstline.trust.certificate import Basis
from firstline.web.site import Site
from firstline.web.tickets.stages import decided_stages, local_stages
from firstline.web.tickets.stages_after import after_view, deliver_view, people_view
from firstline.web.tickets.stages_in import intake_view
from firstline.web.tickets.stages_out import tokens_text
from firstline.web.tickets.timeline import Event, events, picture
from firstline.web.tickets.views import Fact, StageView, Tone, fact
from firstline.web.tickets.world import World, passages_of

OUTCOME: dict[str, Tone] = {
    "sent": "good",
    "clarify": "good",
    "review": "warn",
    "escalate": "bad",
}
NO_MODELS = "no models"
"""How a basis begins where the company used none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the stores know of a ticket."""

    stored: StoredTicket
    stages: dict[str, StageRecord]
    record: RunRecord
    review: Review | None
    decisions: tuple[Decision, ...]
    commitments: tuple[StoredCommitment, ...]
    feedback: StoredFeedback | None
    labels: tuple[StoredLabel, ...]
    certificate: StoredCertificate | None
    related: tuple[Related, ...]

    @property
    def answer(self) -> Answer | None:
        """What the stages said; None while nothing is decided."""
        if not self.stored.decided:
            return None
        return answer_from(self.stored.ticket, self.stages)

    @property
    def prepared(self) -> Prepared | None:
        """What the local stages said of a ticket that waited for a model."""
        held = self.stages.get(PREPARED)
        return None if held is None else decode(Prepared, held.body)

    @property
    def basis(self) -> Basis | None:
        """What was in use; None when it was not recorded, or by another version."""
        held = self.stages.get(BASIS)
        if held is None:
            return None
        try:
            return decode(Basis, held.body)
        except pydantic.ValidationError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the page shows."""

    known: Known
    headline: str
    tone: Tone
    totals: tuple[Fact, ...]
    stages: tuple[StageView, ...]
    versions: tuple[Fact, ...]
    picture: Markup
    events: tuple[Event, ...]


def known_of(site: Site, ticket_id: TicketId) -> Known | None:
    """Read everything about a ticket; None when there is no such ticket."""
    engine = site.desk.engine
    store = TicketStore(engine)
    stored, record = store.load(ticket_id), RunRecords(engine).of(ticket_id)
    if stored is None or record is None:
        return None
    stages = store.stages(ticket_id)
    return Known(
        stored=stored,
        stages=stages,
        record=record,
        review=site.reviews.store.get(ticket_id),
        decisions=site.reviews.store.decisions(ticket_id),
        commitments=CommitmentLedger(engine).of(ticket_id),
        feedback=site.reviews.feedback.of(ticket_id),
        labels=LabelLedger(engine).of(ticket_id),
        certificate=_certificate(site, stages),
        related=TicketSearch(engine).related(stored.ticket),
    )


def _certificate(site: Site, stages: dict[str, StageRecord]) -> StoredCertificate | None:
    gate = stages.get("gate")
    named = None if gate is None else decode(Verdict, gate.body).certificate
    if named is None:
        return None
    return next(
        (one for one in CertificateBook(site.desk.engine).all() if one.certificate.id == named),
        None,
    )


def run_of(site: Site, known: Known) -> Run:
    """Return the page of a run."""
    answer = known.answer
    stages = run_stages(site, known)
    tone, headline = _headline(known)
    return Run(
        known=known,
        headline=headline,
        tone=tone,
        totals=_totals(known, answer),
        stages=stages,
        versions=_versions(known, answer),
        picture=picture(stages),
        events=events(
            known.stored.ticket,
            answer,
            known.record,
            outcome=known.stored.outcome,
            reason=known.stored.reason,
            review=known.review,
            decisions=known.decisions,
            feedback=known.feedback,
        ),
    )


def world_of(site: Site, known: Known) -> World:
    """Return what is known beside the records of a run."""
    basis, prepared = known.basis, known.prepared
    return World(
        workspace=site.desk.workspace,
        has_customers=site.desk.opened.parts.customers is not None,
        has_models=None if basis is None else not basis.models.startswith(NO_MODELS),
        basis=basis,
        calls=known.record.calls,
        certificate=known.certificate,
        wanted=None if prepared is None else prepared.wanted,
        passage=passages_of(site.desk.opened.parts),
    )


def run_stages(site: Site, known: Known) -> tuple[StageView, ...]:
    """Return every stage of a stored ticket."""
    world, answer = world_of(site, known), known.answer
    begun = decided_stages(answer, world) if answer is not None else _begun(known, world)
    deliver = known.stages.get("deliver")
    return (
        *begun,
        deliver_view(
            answer,
            known.stored.outcome,
            known.record,
            None if deliver is None else decode(Receipt, deliver.body),
            None if deliver is None else deliver.wall_ms,
        ),
        people_view(answer, known.review, known.decisions, site.now()),
        after_view(known.record, known.commitments, known.feedback, known.labels),
    )


def _begun(known: Known, world: World) -> tuple[StageView, ...]:
    """Return the stages of a ticket without a verdict: those it came through, and what it lacks."""
    prepared = known.prepared
    so_far = _undecided(known, prepared)
    ended = known.stored.outcome is not None
    why = (known.stored.reason or "").replace("_", " ")
    waits = StageView(
        key="rest",
        title="The other stages",
        lead="What comes after the stages above.",
        reads="what the stages above said",
        headline="Nothing is stored of them." if ended else "Not done yet.",
        tone="bad" if ended else "quiet",
        idle=(f"Did nothing: the ticket was given up ({why})." if ended else _waiting(prepared),),
    )
    if prepared is None:
        return (intake_view(so_far, world), waits)
    return (*local_stages(so_far, world), waits)


def _waiting(prepared: Prepared | None) -> str:
    if prepared is None:
        return "Did nothing yet: no worker has come to this ticket."
    return f"Wait for a model, wanted because of {prepared.wanted.replace('_', ' ')}."


def _undecided(known: Known, prepared: Prepared | None) -> Answer:
    """Return an answer that holds what there is, for the views of the stages it came through."""
    nothing = "not done yet"
    route = Route(handler="person", risk="low", urgency="normal", source="rule", reason=nothing)
    return Answer(
        ticket=known.stored.ticket,
        route=route if prepared is None else prepared.route,
        context=Context(evidence=(), tokens=0) if prepared is None else prepared.context,
        draft=(
            Draft(action="escalate", reason=nothing, model="none")
            if prepared is None
            else prepared.draft
        ),
        findings=() if prepared is None else prepared.findings,
        verdict=Verdict(action="escalate", score=0.0, reasons=(), autonomy="off"),
        times=() if prepared is None else prepared.times,
    )


def _headline(known: Known) -> tuple[Tone, str]:
    stored = known.stored
    if stored.outcome is None:
        return "quiet", "It is being worked on."
    reason = (stored.reason or "").replace("_", " ")
    words = {
        "sent": "Answered",
        "clarify": "Asked the customer back",
        "review": "Before a person",
        "escalate": "Handed to a person",
    }[stored.outcome]
    return OUTCOME[stored.outcome], f"{words}: {reason}."


def _totals(known: Known, answer: Answer | None) -> tuple[Fact, ...]:
    spent = None if answer is None else answer.draft.spent
    times = () if answer is None else answer.times
    asked = 0 if answer is None else sum(bool(hop.model) for hop in answer.draft.hops)
    wall, cpu = sum(item.wall_ms for item in times), sum(item.cpu_ms for item in times)
    paid = sum(call.cost_usd for call in known.record.calls)
    return (
        fact("Took", wall, "ms"),
        fact("CPU", cpu, "ms"),
        fact("Models asked", asked, "number"),
        fact("Cost", 0.0 if spent is None else spent.cost_usd, "money"),
        *((fact("Paid in all", paid, "money"),) if paid else ()),
        fact("Score", None if answer is None else answer.verdict.score, "share"),
    )


def _versions(known: Known, answer: Answer | None) -> tuple[Fact, ...]:
    basis = known.basis
    found = []
    if basis is not None:
        found = [
            fact("Models", basis.models),
            fact("Prompts", basis.prompts, "code"),
            fact("Knowledge", basis.knowledge, "code"),
            fact("Checks, stages and company files", basis.checks, "code"),
        ]
    else:
        found = [fact("What was in use", "not recorded")]
    if answer is not None:
        found.append(fact("Draft by", answer.draft.model, "code"))
        found.append(fact("Its prompt", answer.draft.prompt_hash or "none", "code"))
        found.append(fact("Tokens", tokens_text(answer.draft.spent)))
    return (*found, fact("Inbox", known.stored.ticket.inbox, "code"))


def as_json(known: Known) -> dict[str, Any]:
    """Return everything that is stored about a ticket, for a download."""

    def raw(record: object) -> Any:
        return json.loads(encode(record))

    stored = known.stored
    return {
        "ticket": raw(stored.ticket),
        "outcome": stored.outcome,
        "reason": stored.reason,
        "stages": {
            name: {
                "wall_ms": item.wall_ms,
                "cpu_ms": item.cpu_ms,
                "said": json.loads(item.body),
            }
            for name, item in known.stages.items()
        },
        "record": raw(known.record),
        "review": None if known.review is None else raw(known.review),
        "decisions": [raw(item) for item in known.decisions],
        "commitments": [raw(item) for item in known.commitments],
        "feedback": None if known.feedback is None else raw(known.feedback),
        "labels": [raw(item) for item in known.labels],
        "certificate": None if known.certificate is None else raw(known.certificate),
        "related": [
            asdict(item) | {"received_at": item.received_at.isoformat()} for item in known.related
        ],
    }
