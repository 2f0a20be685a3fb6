"""The gate: send, review, clarify or escalate. Pure; when in doubt, a person.

Read `GROUNDS` from the top: the first ground that applies decides, the others are kept as
further reasons. Only when none applies may a reply leave, as far as its autonomy level allows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, assert_never

from firstline.pipeline.release import Applied, Release
from firstline.proof.checks.agreement import needless_handover
from firstline.proof.checks.policy import escalations
from firstline.proof.policy.facts import facts_of_ticket
from firstline.records import (
    OUT_OF_SCOPE,
    Context,
    Draft,
    Finding,
    IntakeFlag,
    Reason,
    Route,
    Signal,
    Ticket,
    Verdict,
    VerdictAction,
)
from firstline.trust.certificate import Certificate
from firstline.trust.score import features
from firstline.workspace import Autonomy, SignalPolicy, Workspace

Hold = Literal["review", "escalate"]
TAKEN_OVER = ("newer_message",)
"""Causes for which there is no answer because another ticket or a person gives it."""
UNPROVEN = ("proof", "judge")
"""Checks whose block means that something may be missing, not that something is wrong."""
TRUE = ("true", "True", "yes", "1")
"""How a customer field says that it holds."""
FLAGGED: Mapping[IntakeFlag, str] = {
    "asked_for_person": "the customer asked for a person in this conversation",
    "several_senders": "several people wrote, and a reply reaches only one of them",
}
"""What a flag means where it says more than that this is no message to answer."""
WITH_PERSON = timedelta(days=7)
"""How long a conversation is a person's after they answered in it."""
NOTHING_CHANGED = Release()
"""No switch, no level set while running, no certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything the gate may look at."""

    ticket: Ticket
    route: Route
    context: Context
    draft: Draft
    findings: tuple[Finding, ...]
    workspace: Workspace
    override: Autonomy | None = None
    """A level that replaces the intent's own, for a trial run."""
    release: Release | None = None
    """What was changed while running, and what was shown; None: only the files speak."""

    @property
    def applied(self) -> Applied:
        """The level that applies, and what holds it down."""
        spec = self.workspace.intent(self.route.intent)
        return (self.release or NOTHING_CHANGED).level_for(
            self.route.intent,
            files=spec.autonomy if spec else self.workspace.settings.autonomy,
            override=self.override,
            ticket=self.ticket,
        )

    @property
    def autonomy(self) -> Autonomy:
        """The level that applies."""
        return self.applied.level

    @property
    def certificate(self) -> Certificate | Reason:
        """The certificate that speaks of this ticket, or why none does."""
        return (self.release or NOTHING_CHANGED).certificate_for(self.route.intent, self.ticket)

    @property
    def score(self) -> float:
        """How likely the draft is right, as far as the evidence says; 0 of what is no answer."""
        if self.draft.action != "answer":
            return 0.0
        scorer = (self.release or NOTHING_CHANGED).proofs.scorer
        return scorer.of(scorer.completed(features(self), self.route.intent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A reason not to send, and where the ticket goes instead."""

    hold: Hold
    reason: Reason


def gate(case: Case) -> Verdict:
    """Return what happens to a ticket."""
    grounds = [ground for look in GROUNDS for ground in look(case)]
    reasons = tuple(ground.reason for ground in grounds)
    action: VerdictAction
    if not grounds:
        action = "clarify" if case.draft.action == "clarify" else "send"
        reasons = (Reason(code=_released(case), detail=case.draft.reason),)
    elif any(ground.hold == "escalate" for ground in grounds):
        action = "escalate"
        first = next(ground.reason for ground in grounds if ground.hold == "escalate")
        reasons = (first, *(reason for reason in reasons if reason is not first))
    else:
        action = "review"
    autonomy = case.autonomy
    found = case.certificate if not grounds and autonomy.level == "certified" else None
    return Verdict(
        action=action,
        score=case.score,
        reasons=reasons,
        autonomy=str(autonomy),
        certificate=found.id if isinstance(found, Certificate) else None,
    )


def reserved_for_people(case: Case) -> bool:
    """Whether a person gets a ticket whatever is written: no model is worth asking then."""
    before = (
        intake_grounds,
        signal_grounds,
        language_grounds,
        policy_grounds,
        autonomy_grounds,
    )
    held = (ground.hold == "escalate" for look in before for ground in look(case))
    return any(held) or (case.route.handler == "person" and not case.route.unsure)


def _released(case: Case) -> str:
    if case.draft.action == "clarify":
        return "clarify"
    level = case.autonomy.level
    return level if level == "certified" else f"uncertified_{level}"


def intake_grounds(case: Case) -> Iterator[Ground]:
    """Hold what is no ordinary message: automatic mail, too large, empty, unreadable."""
    for flag in case.ticket.flags:
        yield _escalate(flag, FLAGGED.get(flag, "the message is not one to answer automatically"))


def signal_grounds(case: Case) -> Iterator[Ground]:
    """Hold what the company's policy holds, whatever the intent."""
    for kind in dict.fromkeys(signal.signal for signal in case.route.signals):
        policy: SignalPolicy = case.workspace.policies.signals.get(kind, "escalate")
        detail = "; ".join(dict.fromkeys(_reasons(case, kind)))
        match policy:
            case "escalate":
                yield _escalate(kind, detail)
            case "review":
                yield _review(kind, detail)
            case "note":
                continue
            case _:
                assert_never(policy)


def _reasons(case: Case, kind: Signal) -> Iterator[str]:
    return (signal.reason for signal in case.route.signals if signal.signal == kind)


def policy_grounds(case: Case) -> Iterator[Ground]:
    """Hold what `escalate_when` of policies.yaml keeps for people, whatever is drafted."""
    policies = case.workspace.policies
    if not policies.rules.escalations:
        return
    records = [item.fields for item in case.context.evidence if item.kind == "record"]
    fields = records[0] if records and case.ticket.verified else None
    facts = facts_of_ticket(case.ticket, case.route, fields, case.workspace)
    asked = f"{case.ticket.subject}\n{case.ticket.text}"
    for finding in escalations(policies, facts, asked):
        hold = _escalate if finding.result == "block" else _review
        yield hold("policy", finding.detail)


def conversation_grounds(case: Case) -> Iterator[Ground]:
    """Hold what a person of the team is talking about with the customer: nobody talks over them."""
    for message in case.ticket.history:
        if message.author != "staff":
            continue
        age = case.ticket.received_at - (message.sent_at or case.ticket.received_at)
        if age <= WITH_PERSON:
            yield _review("with_person", "a person of the team answers in this conversation")
            return


def language_grounds(case: Case) -> Iterator[Ground]:
    """Hold what is written in a language the company does not answer in."""
    code = case.ticket.language.code
    if code not in (*case.workspace.settings.languages, "und"):
        yield _escalate("language", f"written in {code}")


def route_grounds(case: Case) -> Iterator[Ground]:
    """Hold what is out of scope, unclear, or reserved for people."""
    route, settings = case.route, case.workspace.settings
    if route.source != "rule":
        foreign = route.in_scope < settings.minimum_in_scope
        by_model = route.source == "model"
        if (foreign and not by_model) or route.intent == OUT_OF_SCOPE:
            yield _escalate("out_of_scope", route.reason)
        elif foreign:
            yield _review("scope_by_model", f"only a model finds it in scope: {route.reason}")
        elif route.unsure:
            yield _review("route_unsure", route.reason)
    if route.handler == "person":
        yield _escalate("person_handles", route.reason)
    if len(route.requests) > 1:
        names = ", ".join(request.intent for request in route.requests)
        yield _review("several_requests", f"asks for {names}")


def context_grounds(case: Case) -> Iterator[Ground]:
    """Hold what lacks a source that should have been asked, and critical accounts."""
    for source in case.context.missing:
        yield _review("source_missing", source)
    for item in case.context.evidence:
        if item.kind == "record" and dict(item.fields).get("critical", "") in TRUE:
            yield _review("critical_account", "a person answers this customer")


def draft_grounds(case: Case) -> Iterator[Ground]:
    """Hold what no writer could answer well."""
    if case.draft.cause in TAKEN_OVER:
        yield _review(case.draft.cause, case.draft.reason)
    elif case.draft.action == "escalate":
        # Nobody knows yet whether there is an answer while a source could not be asked.
        hold = _review if case.context.missing else _escalate
        yield hold(case.draft.cause or "no_answer", case.draft.reason)
        needless = needless_handover(
            case.draft,
            case.route,
            f"{case.ticket.subject}\n{case.ticket.text}",
            case.workspace.settings,
            answerable=case.context.answerable,
        )
        if needless is not None:
            yield Ground(hold="review", reason=needless)
    elif case.draft.action == "answer" and case.draft.confidence != "high":
        hold = _review if case.draft.confidence == "medium" else _escalate
        yield hold(f"confidence_{case.draft.confidence}", case.draft.reason)
    checked = any(finding.check == "promises" for finding in case.findings)
    if case.draft.commitments and not checked:
        yield _review("commitment", "nobody looked at what it promises")


def check_grounds(case: Case) -> Iterator[Ground]:
    """Hold what a check blocked or doubted; no findings at all means no check ran."""
    if case.draft.action != "escalate" and not case.findings:
        yield _review("unchecked", "no check ran")
    for finding in case.findings:
        unasked = finding.code == "check_failed" and bool(case.context.missing)
        if finding.result == "block" and finding.check not in UNPROVEN and not unasked:
            yield _escalate(f"check_{finding.check}", finding.detail)
        elif finding.result != "pass":
            yield _review(f"check_{finding.check}", finding.detail)


def autonomy_grounds(case: Case) -> Iterator[Ground]:
    """Hold what the operator has not released (R6.4)."""
    applied = case.applied
    level = applied.level
    if applied.held is not None:
        yield Ground(hold="review", reason=applied.held)
        return
    match level.level:
        case "off":
            yield _escalate("autonomy_off", "automatic answers are off here")
        case "shadow":
            yield _review("autonomy_shadow", "answers are only recorded here")
        case "review":
            yield _review("autonomy_review", "a person approves answers here")
        case "certified":
            yield from _certificate_grounds(case)
        case "percent":
            if not in_rollout(case.ticket, level.percent):
                yield _review("outside_rollout", f"not among the {level.percent} %")
        case _:
            assert_never(level.level)


def _certificate_grounds(case: Case) -> Iterator[Ground]:
    """Hold what no valid certificate covers, or what scores too low for it."""
    found = case.certificate
    if not isinstance(found, Certificate):
        yield Ground(hold="review", reason=found)
    elif case.score < found.threshold:
        detail = f"score {case.score:.4f}; certificate {found.id} begins at {found.threshold:.4f}"
        yield _review("below_threshold", detail)


def in_rollout(ticket: Ticket, percent: int) -> bool:
    """Whether a ticket's customer is among the first `percent` of a hundred; sticky (R6.4)."""
    key = ticket.customer or ticket.conversation
    bucket = int.from_bytes(hashlib.sha256(f"rollout:{key}".encode()).digest()[:8]) % 100
    return bucket < percent


def _escalate(code: str, detail: str) -> Ground:
    return Ground(hold="escalate", reason=Reason(code=code, detail=detail))


def _review(code: str, detail: str) -> Ground:
    return Ground(hold="review", reason=Reason(code=code, detail=detail))


GROUNDS: tuple[Callable[[Case], Iterator[Ground]], ...] = (
    intake_grounds,
    signal_grounds,
    conversation_grounds,
    language_grounds,
    route_grounds,
    context_grounds,
    draft_grounds,
    check_grounds,
    autonomy_grounds,
)
