"""The packet a person gets with a ticket: everything needed to answer it, on one page. Pure.

Nothing here is written by a model. What the customer tried is taken from their own sentences, and
only fields that the ticket's intent may see are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import re2

from firstline.proof.quotes import SOURCE_PREFIX
from firstline.proof.sentences import units
from firstline.records import Answer, Evidence, Finding, Reason, Ticket
from firstline.workspace import IntentSpec, covers

MOST_TRIED: Final = 5
LONGEST_TRIED: Final = 300
"""Characters of a sentence that are shown."""
ALWAYS_SHOWN: Final = ("name", "critical")
"""Fields a person sees whatever the intent is: how to greet, and whether to take special care."""
_FACTUAL = ("quote", "record", "computed")
_BY: Final = {
    "email": "by e-mail",
    "chat": "in the chat",
    "api": "through the API",
    "zendesk": "through Zendesk",
    "intercom": "through Intercom",
    "freshdesk": "through Freshdesk",
    "chatwoot": "through Chatwoot",
    "webhook": "through a webhook",
    "file": "in a file",
}
_DONE = (
    "tried|checked|restarted|rebooted|reinstalled|uninstalled|installed|updated|upgraded|cleared"
    "|refreshed|reloaded|reset|changed|switched|turned|unplugged|reconnected|disconnected|removed"
    "|deleted|added|opened|clicked|pressed|followed|searched|looked|read|asked|called|contacted"
    "|e-?mailed|wrote|waited|repeated|logged|signed"
)
_TRIED = re2.compile(
    rf"(?i)\b(?:i|we|i've|we've|i have|we have|my \w+)(?: \w+){{0,3}}? (?:{_DONE})\b"
    rf"|^(?:already |also )?(?:{_DONE})\b|\b(?:have|has|had|'ve) already\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """What a person gets with a ticket."""

    summary: str
    """One sentence: who asks what, how, and why a person is needed."""
    subject: str
    message: str
    """What the customer newly wrote, masked."""
    why: tuple[Reason, ...]
    draft: str
    """As it was written, with whatever is wrong with it; empty when there is none."""
    against: tuple[str, ...]
    """What the checks have against the draft."""
    suggested_reply: str
    """What of the draft nothing is said against; empty when that answers nothing."""
    tried: tuple[str, ...]
    """What the customer says they did, in their words."""
    answered_before: tuple[str, ...]
    """What earlier replies in this conversation said, the start of each."""
    customer: tuple[tuple[str, str], ...]
    """Fields of the customer's record that this kind of request may see."""
    verified: bool
    sources: tuple[str, ...]
    """Titles of the articles that were found, with their addresses."""
    lacked: tuple[str, ...]
    """What the writer would have needed."""


def packet(answer: Answer, *, spec: IntentSpec | None = None) -> Packet:
    """Return the packet of a ticket.

    Args:
        answer: Everything the stages said.
        spec: What the company says about its intent; without one no field is shown but those of
            ALWAYS_SHOWN.
    """
    ticket, draft = answer.ticket, answer.draft
    written = draft.text if draft.action != "escalate" else ""
    evidence = answer.context.evidence
    return Packet(
        summary=summary_of(answer, spec),
        subject=ticket.subject,
        message=ticket.text,
        why=answer.verdict.reasons,
        draft=written,
        against=tuple(_against(answer.findings)),
        suggested_reply=_suggestion(answer) if written else "",
        tried=tried(ticket),
        answered_before=tuple(
            message.text[:LONGEST_TRIED]
            for message in ticket.history
            if message.author != "customer"
        ),
        customer=_customer(evidence, spec),
        verified=ticket.verified,
        sources=tuple(dict.fromkeys(_source(item) for item in evidence if item.kind == "passage")),
        lacked=tuple(dict.fromkeys(_lacked(answer))),
    )


def summary_of(answer: Answer, spec: IntentSpec | None = None) -> str:
    """Return who asks what, how, and why a person is needed, in one sentence."""
    ticket, route = answer.ticket, answer.route
    who = "A verified customer" if ticket.verified else "An unverified sender"
    about = (spec.description if spec else "") or str(route.intent or "").replace("_", " ")
    topic = f"about “{about}”" if about else "about something that was not recognised"
    language = "" if ticket.language.code in ("en", "und") else f" in {ticket.language.code}"
    reason = answer.verdict.reasons[0]
    why = (reason.detail or reason.code).rstrip(".")
    hurry = ", urgently" if route.urgency == "high" else ""
    return (
        f"{who} writes {_BY[ticket.channel]}{language}{hurry} {topic}; a person is needed: {why}."
    )


def tried(ticket: Ticket) -> tuple[str, ...]:
    """Return the sentences in which a customer says what they did already. English only."""
    texts = [item.text for item in ticket.history if item.author == "customer"]
    found = (
        unit.text.strip()[:LONGEST_TRIED]
        for text in (*texts, ticket.text)
        for unit in units(text)
        if "?" not in unit.text and _TRIED.search(unit.text)
    )
    return tuple(dict.fromkeys(found))[-MOST_TRIED:]


def _against(findings: Sequence[Finding]) -> Iterator[str]:
    for item in findings:
        if item.result != "pass":
            place = "" if item.sentence is None else f", sentence {item.sentence + 1}"
            yield f"{item.check}{place}: {item.detail or item.code}"


def _suggestion(answer: Answer) -> str:
    """Return the sentences nothing is said against, if they still answer."""
    against = [item for item in answer.findings if item.result == "block"]
    if any(item.sentence is None for item in against):
        return ""
    named = {item.sentence for item in against}
    left = [item for at, item in enumerate(answer.draft.sentences) if at not in named]
    says = any(item.kind in _FACTUAL and not item.text.startswith(SOURCE_PREFIX) for item in left)
    asks = answer.draft.action == "clarify" and any(item.kind == "question" for item in left)
    return "\n\n".join(item.text for item in left) if says or asks else ""


def _customer(evidence: Sequence[Evidence], spec: IntentSpec | None) -> tuple[tuple[str, str], ...]:
    needs = spec.needs if spec else ()
    return tuple(
        (path, value)
        for item in evidence
        if item.kind == "record"
        for path, value in item.fields
        if path in ALWAYS_SHOWN or any(covers(need, path) for need in needs)
    )


def _source(item: Evidence) -> str:
    return f"{item.title or item.source} ({item.url})" if item.url else item.title or item.source


def _lacked(answer: Answer) -> Iterator[str]:
    context, draft = answer.context, answer.draft
    yield from context.missing
    if not any(item.kind in ("passage", "policy") for item in context.evidence):
        yield "no article was found that speaks of this"
    if not answer.ticket.verified:
        yield "the sender is not verified, so no customer record was read"
    if context.trimmed:
        yield f"{len(context.trimmed)} more sources were found than fit"
    if draft.action == "escalate":
        yield draft.reason
    for item in answer.findings:
        if item.check == "proof" and item.result == "block":
            yield f"evidence for: {item.detail or item.code}"
