"""Route: what is asked, how risky it is, and who may answer it. No model is called here.

Order (R2.1): what the message itself forbids, then hard rules, then the local classifier. When
the classifier is unsure the route says so; the flow may ask a small model then, or a person.
"""

from __future__ import annotations

from dataclasses import replace

from firstline.pipeline.parts import Parts
from firstline.pipeline.reading import reading_text
from firstline.records import (
    ORDINARY_FLAGS,
    OUT_OF_SCOPE,
    Handler,
    IntentScore,
    Request,
    RiskSignal,
    Route,
    Ticket,
)
from firstline.routing import Classification, find_requests, find_signals, urgency_of
from firstline.workspace import IntentSpec


async def route_stage(ticket: Ticket, *, parts: Parts) -> Route:
    """Return where a ticket goes, and why."""
    text = reading_text(ticket)
    signals = find_signals(
        text, verified=ticket.verified, masked=ticket.masked, encode=parts.encode
    )
    unusual = [flag for flag in ticket.flags if flag not in ORDINARY_FLAGS]
    if unusual:
        return _to_person(ticket, signals, f"the message is {', '.join(unusual)}")
    if ticket.language.code not in (*parts.workspace.settings.languages, "und"):
        return _to_person(ticket, signals, f"written in {ticket.language.code}")
    if parts.classifier is None:
        return _to_person(ticket, signals, "the workspace has no examples to route by")
    read = text.strip()
    told = parts.classifier.classify(read, parts.vector(read), parts.encode)
    return _local(ticket, told, signals, parts)


def _to_person(ticket: Ticket, signals: tuple[RiskSignal, ...], reason: str) -> Route:
    return Route(
        intents=(),
        handler="person",
        risk="medium",
        urgency=urgency_of(reading_text(ticket)),
        signals=signals,
        source="rule",
        reason=reason,
    )


def _local(
    ticket: Ticket, told: Classification, signals: tuple[RiskSignal, ...], parts: Parts
) -> Route:
    settings = parts.workspace.settings
    best = told.intents[0] if told.intents else IntentScore(intent=OUT_OF_SCOPE, probability=0.0)
    spec = parts.workspace.intent(best.intent)
    foreign = told.in_scope < settings.minimum_in_scope or best.intent == OUT_OF_SCOPE
    unsure = foreign or best.probability < settings.minimum_probability
    base = Route(
        intents=told.intents,
        handler=_handler(spec),
        risk=spec.risk if spec else "medium",
        urgency=urgency_of(reading_text(ticket)),
        signals=signals,
        requests=_requests(ticket, parts),
        in_scope=told.in_scope,
        unsure=unsure,
        source="local",
        reason=f"{best.intent} at {best.probability:.2f}, in scope {told.in_scope:.2f}",
    )
    if spec is not None and spec.urgency == "high":
        return replace(base, urgency="high")
    return base


def _handler(spec: IntentSpec | None) -> Handler:
    return "person" if spec is None else spec.handler


def _requests(ticket: Ticket, parts: Parts) -> tuple[Request, ...]:
    if parts.classifier is None:
        return ()
    return find_requests(ticket.text, parts.classifier, parts.encode)
