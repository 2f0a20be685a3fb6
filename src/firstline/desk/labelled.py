"""What the stages drafted and what people found it to be worth, brought together.

Which labels may certify: those given blind, about a draft that was drawn by lot or that stands in
an imported file, made under what is in use now, not too old. All others serve the score at most.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from firstline.pipeline.gate import GROUNDS, Case, autonomy_grounds
from firstline.pipeline.record import answer_from
from firstline.records import Answer, Draft, Intent, TicketId
from firstline.store.answered import answered
from firstline.store.labels import LabelKind, LabelLedger, StoredLabel
from firstline.store.samples import SampleBook
from firstline.trust.score import Features, features
from firstline.workspace import Workspace

CERTIFYING: tuple[LabelKind, ...] = ("audit", "import", "review")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A drafted reply, as far as trust goes: no word of anybody's is kept."""

    ticket: TicketId
    external_id: str
    intent: Intent
    channel: str
    language: str
    draft: str
    """Hash of the draft."""
    features: Features
    """With a neutral history."""
    releasable: bool
    """Whether nothing but autonomy would keep it from going out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Everything that was decided while the same things were in use."""

    replies: tuple[Reply, ...]
    tickets: Mapping[tuple[Intent, str, str], int]
    """Decided tickets by intent, channel and language, whether anything was drafted or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the labels of a ticket come to."""

    wrong: bool | None
    """None: nobody could tell."""
    contradictory: bool = False
    """Whether people differ and nobody has settled it."""
    inclusion: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Everything labels say about the drafts made under what is in use now."""

    certifying: Mapping[TicketId, Mark]
    judged: Mapping[TicketId, bool]
    """Whether a reply was right, by anybody's word: to fit the score."""
    waiting: frozenset[TicketId]
    """Drawn, and not labelled yet."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Labels that may not certify, by the reason."""


def draft_hash(draft: Draft) -> str:
    """Return the hash of what a customer would read."""
    return hashlib.sha256(draft.text.encode()).hexdigest()[:16]


def answers(engine: sa.Engine, under: str | None) -> Iterator[Answer]:
    """Yield the stored answers, by ticket id.

    Args:
        engine: The database.
        under: Only those made while this was in use (`basis.made_under`).
    """
    for stored, stages in answered(engine, made_under=under):
        yield answer_from(stored.ticket, stages)


def collect(engine: sa.Engine, workspace: Workspace, under: str) -> Traffic:
    """Return what was drafted while this was in use."""
    found, tickets = [], Counter[tuple[Intent, str, str]]()
    for answer in answers(engine, under):
        ticket = answer.ticket
        key = (answer.route.intent or Intent(""), ticket.channel, ticket.language.code)
        tickets[key] += 1
        if says_something(answer.draft):
            found.append(reply_of(answer, workspace))
    return Traffic(replies=tuple(found), tickets=dict(tickets))


def says_something(draft: Draft) -> bool:
    """Whether there is a reply to label."""
    return draft.action == "answer" and bool(draft.sentences)


def reply_of(answer: Answer, workspace: Workspace) -> Reply:
    """Return what trust looks at of an answer."""
    ticket = answer.ticket
    return Reply(
        ticket=ticket.id,
        external_id=ticket.external_id,
        intent=answer.route.intent or Intent(""),
        channel=ticket.channel,
        language=ticket.language.code,
        draft=draft_hash(answer.draft),
        features=features(answer),
        releasable=is_releasable(answer, workspace),
    )


def is_releasable(answer: Answer, workspace: Workspace) -> bool:
    """Whether nothing but autonomy keeps a reply from going out."""
    case = Case(
        ticket=answer.ticket,
        route=answer.route,
        context=answer.context,
        draft=answer.draft,
        findings=answer.findings,
        workspace=workspace,
    )
    others = (look for look in GROUNDS if look is not autonomy_grounds)
    return not any(True for look in others for _ in look(case))


def labelled(
    engine: sa.Engine, found: Sequence[Reply], *, now: datetime, valid_days: int
) -> Labelled:
    """Return what the labels say about these replies.

    Args:
        engine: The database.
        found: All replies made under what is in use now.
        now: The time.
        valid_days: How old a label may be to certify.
    """
    current = {reply.ticket: reply for reply in found}
    drawn = {item.ticket: item.inclusion for item in SampleBook(engine).items()}
    oldest = now - timedelta(days=valid_days)
    left_out: Counter[str] = Counter()
    may: dict[TicketId, list[tuple[StoredLabel, float]]] = {}
    judging: dict[TicketId, list[StoredLabel]] = {}
    for one in LabelLedger(engine).last():
        reply = current.get(one.ticket)
        why = _unfit(one, reply, oldest)
        if why in ("", "not blind", "too old", "a customer's"):
            judging.setdefault(one.ticket, []).append(one)
        inclusion = drawn.get(one.ticket, one.inclusion)
        if inclusion is None and one.kind == "import":
            inclusion = 1.0
        if not why and inclusion is None:
            why = "not drawn by lot"
        if why or inclusion is None:
            left_out[why] += 1
        else:
            may.setdefault(one.ticket, []).append((one, inclusion))
    return Labelled(
        certifying={ticket: _mark(given) for ticket, given in may.items()},
        judged=_judged(judging),
        waiting=frozenset(ticket for ticket in drawn if ticket in current and ticket not in may),
        left_out=dict(left_out),
    )


def _unfit(one: StoredLabel, reply: Reply | None, oldest: datetime) -> str:
    """Return why a label may not certify, or nothing."""
    if reply is None:
        return "made under something else"
    if one.draft and one.kind != "review" and one.draft != reply.draft:
        return "of another draft"
    if one.kind not in CERTIFYING:
        return "a customer's"
    if not one.blind:
        return "not blind"
    return "too old" if one.at < oldest else ""


def _mark(given: Sequence[tuple[StoredLabel, float]]) -> Mark:
    inclusion = min(share for _, share in given)
    settled = [one for one, _ in given if one.settles]
    if settled:
        return Mark(wrong=settled[-1].wrong, inclusion=inclusion)
    said = {one.wrong for one, _ in given} - {None}
    if len(said) > 1:
        return Mark(wrong=True, contradictory=True, inclusion=inclusion)
    return Mark(wrong=said.pop() if said else None, inclusion=inclusion)


def _judged(judging: Mapping[TicketId, Sequence[StoredLabel]]) -> dict[TicketId, bool]:
    """Return whether each reply was right; staff count before the customer, disputes not at all."""
    found = {}
    for ticket, given in judging.items():
        staff = [one for one in given if one.kind in CERTIFYING]
        settled = [one for one in staff if one.settles]
        said = {one.wrong for one in (settled[-1:] or staff or given)} - {None}
        if len(said) == 1:
            found[ticket] = not said.pop()
    return found
