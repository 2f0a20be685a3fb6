"""From writer to writer: each proposes, is mended once, and the next is asked when that fails.

propose → checks ┬ nothing against it ─────────────────────────────▶ done
                 └ only unproven sentences: drop them → checks ┬ ▶ done
                              └ or one repair → checks (→ drop) ┴ ▶ the strong writer, or a person
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from firstline.pipeline.cascade import (
    CHECKS_FAILED,
    UNPROVEN,
    WORTH_ANOTHER,
    best,
    blocked,
    first_step,
    shortfall,
)
from firstline.pipeline.mending import is_unproven, without_unproven
from firstline.pipeline.model_writer import ModelWriter, supported
from firstline.pipeline.models import Models
from firstline.pipeline.parts import Parts
from firstline.pipeline.prepared import Prepared
from firstline.pipeline.writer import Assignment, Writer, assignment_of, hand_over
from firstline.records import Draft, Finding, Hop, Route, Ticket

NEWER = "newer_message"
DROPPED = "drop-unproven"
Candidate = tuple[Draft, tuple[Finding, ...]]


class Stages(Protocol):
    """What the flow does for one ticket."""

    async def local(self, route: Route) -> Prepared:
        """Run the local stages again for another route."""
        ...

    async def written(self, prepared: Prepared, writer: Writer) -> Candidate:
        """Return a model's draft and what the checks say about it."""
        ...

    async def checked(self, prepared: Prepared, draft: Draft) -> tuple[Finding, ...]:
        """Return what the checks say about a draft."""
        ...


@dataclass(slots=True, kw_only=True)
class Writing:
    """The drafts of one ticket, and what was done for each."""

    ticket: Ticket
    prepared: Prepared
    stages: Stages
    models: Models
    parts: Parts
    hops: list[Hop]
    candidates: list[Candidate] = field(default_factory=list)

    async def written(self) -> Prepared:
        """Return the ticket with the best draft there is, once one stands or nobody is left."""
        prepared = self.prepared
        self.hops.append(_local_hop(prepared.draft))
        self.candidates.append((prepared.draft, prepared.findings))
        writer, high = first(self.ticket, prepared, self.models, self.parts)
        reason = high or prepared.wanted
        while True:
            short = await self._step(writer, reason)
            if short == NEWER:
                return withdrawn(prepared)
            if short not in WORTH_ANOTHER or writer.step == "strong":
                break
            writer, reason = ModelWriter(models=self.models, step="strong"), short
        draft, findings = self.candidates[best(self.candidates)]
        return replace(prepared, draft=draft, findings=findings)

    async def _step(self, writer: ModelWriter, reason: str) -> str:
        """Let one writer propose and mend; return what is still against its draft, or nothing."""
        short = await self._proposed(writer, writer, reason)
        if short != CHECKS_FAILED:
            return short
        short = await self._dropped(writer)
        second = writer.second(self.candidates[-1][1]) if self._unproven() else None
        if short != CHECKS_FAILED or second is None:
            return short
        short = await self._proposed(writer, second, UNPROVEN)
        return await self._dropped(writer) if short == CHECKS_FAILED else short

    async def _proposed(self, writer: ModelWriter, how: Writer, reason: str) -> str:
        """Ask a writer, unless the customer wrote again; return what is against its draft."""
        if await superseded(self.ticket, self.parts):
            return NEWER
        draft, findings = await self.stages.written(self.prepared, how)
        short = self._short(draft, findings)
        self.hops.append(_model_hop(writer, reason, draft, short))
        named = draft.action == "escalate" and short
        self.candidates.append((replace(draft, cause=short) if named else draft, findings))
        return short

    async def _dropped(self, writer: ModelWriter) -> str:
        """Drop the unproven sentences of the latest draft; return what is against the rest."""
        draft, findings = self.candidates[-1]
        if not self._unproven() or writer.exchange is None:
            return CHECKS_FAILED
        mended = without_unproven(
            draft,
            findings,
            body=writer.exchange.places,
            evidence=self.prepared.context.evidence,
            requests=self._requests(),
        )
        if mended.draft is None:
            return self._not_dropped(mended.said)
        confidence, reason = supported(draft.confidence, draft.reason, mended.body, self._given())
        shorter = replace(mended.draft, confidence=confidence, reason=reason)
        found = await self.stages.checked(self.prepared, shorter)
        doubts = {finding.code or finding.check for finding in findings if _doubts(finding)}
        worse = [item for item in found if item.result == "block" or _doubts(item)]
        against = sorted({item.check for item in worse if (item.code or item.check) not in doubts})
        if blocked(found) or against:
            return self._not_dropped(f"the rest does not pass: {', '.join(against)}")
        self._note(mended.said)
        self.candidates.append((shorter, found))
        return self._short(shorter, found)

    def _not_dropped(self, why: str) -> str:
        self._note(f"not dropped: {why}")
        return CHECKS_FAILED

    def _note(self, result: str) -> None:
        self.hops.append(Hop(by=DROPPED, reason=UNPROVEN, result=result))

    def _unproven(self) -> bool:
        return is_unproven(*self.candidates[-1])

    def _short(self, draft: Draft, findings: tuple[Finding, ...]) -> str:
        enough = self.parts.workspace.settings.minimum_answerable
        answerable = self.prepared.context.answerable >= enough
        return shortfall(draft, findings, answerable=answerable)

    def _given(self) -> Assignment:
        return _given(self.ticket, self.prepared, self.parts)

    def _requests(self) -> tuple[str, ...]:
        """Return what is asked, one text a request."""
        text, found = self.ticket.text, self.prepared.route.requests
        every = tuple(text[item.start : item.end] for item in found)
        return every if len(every) > 1 else (f"{self.ticket.subject}\n{text}",)


def first(
    ticket: Ticket, prepared: Prepared, models: Models, parts: Parts
) -> tuple[ModelWriter, str]:
    """Return the writer that is asked first, and why when it is the strong one."""
    small = ModelWriter(models=models, step="small")
    prompt = small.rendered(_given(ticket, prepared, parts))
    step, why = first_step(prepared.case(ticket, parts, None), over_budget=prompt.over_budget)
    if step == "small":
        return ModelWriter(models=models, step=step, prompt=prompt), why
    return ModelWriter(models=models, step=step), why


async def superseded(ticket: Ticket, parts: Parts) -> bool:
    """Whether the customer wrote again: the newer ticket is answered, not this one."""
    return await parts.history.superseded(ticket)


def withdrawn(prepared: Prepared) -> Prepared:
    """Return a ticket whose draft nobody wants any more."""
    why = "the customer wrote again; the newer message is answered with this one before it"
    return replace(prepared, draft=hand_over("none", why, cause=NEWER), findings=())


def _given(ticket: Ticket, prepared: Prepared, parts: Parts) -> Assignment:
    return assignment_of(ticket, prepared.route, prepared.context, parts.workspace)


def _doubts(finding: Finding) -> bool:
    return finding.result == "warn"


def _local_hop(draft: Draft) -> Hop:
    result = "answered" if draft.action != "escalate" else "no_answer"
    return Hop(by=draft.model, reason="first", result=f"{result}: {draft.reason}")


def _model_hop(writer: ModelWriter, reason: str, draft: Draft, short: str) -> Hop:
    result = f"{short}: {draft.reason}" if short else draft.action
    return Hop(by=writer.step, model=writer.model, reason=reason, result=result, usage=draft.usage)
