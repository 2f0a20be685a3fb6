"""The labelling desk: what is drawn, what is shown next, and what is written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from firstline.desk.labelled import CERTIFYING, answers, draft_hash, says_something
from firstline.desk.planting import is_good, names, spoil
from firstline.errors import InputError
from firstline.pipeline.record import answer_from
from firstline.records import Answer, Draft, Evidence, Ticket, TicketId
from firstline.store import TicketStore
from firstline.store.answered import BASIS, find_tickets
from firstline.store.labels import Added, LabelLedger, NewLabel
from firstline.store.samples import Drawn, NewPlant, SampleBook, SampleItem
from firstline.trust.agreement import Agreement, pairs, together

_NOBODY = "`firstline labels next` shows names; ids of tickets are those of your files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A draft as a reviewer sees it: no verdict, no score, no findings."""

    item: str
    ticket: Ticket
    draft: Draft
    evidence: tuple[Evidence, ...]
    """What the reply rests on, and nothing else that was found."""
    left: int
    """Drafts still to label, this one included."""


def draw(
    engine: sa.Engine,
    under: str,
    *,
    rate: float | None = None,
    count: int | None = None,
    by: str,
    now: datetime,
) -> Drawn:
    """Draw some of the drafts that were made while this was in use.

    Raises:
        InputError: There are none, or neither a rate nor a number makes sense.
    """
    if (rate is None) == (count is None):
        raise InputError("Say how many to draw", fix="Give either --rate 0.1 or --count 200")
    if rate is not None and not 0 < rate <= 1:
        raise InputError("The rate is no share", fix="Give one above 0 and up to 1, such as 0.1")
    if count is not None and count < 1:
        raise InputError("The number is below 1", fix="Give one such as 200")
    drafts = [one.ticket.id for one in answers(engine, under) if says_something(one.draft)]
    if not drafts:
        raise InputError(
            "No draft was made under what is in use now",
            fix="Run some tickets first; drafts made before the last change certify nothing",
        )
    return SampleBook(engine).draw(drafts, rate=rate, count=count, by=by, now=now)


def next_shown(engine: sa.Engine, *, by: str, again: bool = False) -> Shown | None:
    """Return the next draft for a reviewer, or None when nothing is left.

    Args:
        engine: The database.
        by: The reviewer.
        again: Show drafts that others have labelled, to see how far people agree.
    """
    waiting = list(_waiting(engine, by, again=again))
    if not waiting:
        return None
    item, ticket, spoilt = min(waiting, key=lambda one: one[0])
    answer = load_answer(engine, ticket)
    draft = answer.draft if spoilt is None else spoilt
    cited = {evidence for sentence in draft.sentences for evidence in sentence.evidence}
    return Shown(
        item=item,
        ticket=answer.ticket,
        draft=draft,
        evidence=tuple(one for one in answer.context.evidence if one.id in cited),
        left=len(waiting),
    )


def _waiting(
    engine: sa.Engine, by: str, *, again: bool
) -> Iterator[tuple[str, TicketId, Draft | None]]:
    samples, ledger = SampleBook(engine), LabelLedger(engine)
    by_all: dict[TicketId, set[str]] = {}
    for one in ledger.last(*CERTIFYING):
        if one.blind:
            by_all.setdefault(one.ticket, set()).add(one.by)
    for item in _current(engine, samples.items()):
        labellers = by_all.get(item.ticket, set())
        if by not in labellers and bool(labellers) == again:
            yield item.item, item.ticket, None
    if again:
        return
    mine = {one.ticket for one in ledger.last("planted") if one.by == by}
    for spoilt in samples.plants():
        if spoilt.ticket not in mine:
            yield spoilt.item, spoilt.ticket, spoilt.spoilt


def _current(engine: sa.Engine, items: Sequence[SampleItem]) -> Iterator[SampleItem]:
    """Yield the items whose draft was made like that of the last draw: others show nothing now."""
    if not items:
        return
    store = TicketStore(engine)
    last = max(items, key=lambda one: (one.at, one.item))
    wanted = _basis_of(store, last.ticket)
    for item in items:
        if item.at == last.at or _basis_of(store, item.ticket) == wanted:
            yield item


def _basis_of(store: TicketStore, ticket: TicketId) -> str:
    found = store.stages(ticket).get(BASIS)
    return "" if found is None else found.body


def load_answer(engine: sa.Engine, ticket: TicketId) -> Answer:
    """Return what the stages said about a ticket; raises InputError when it has no verdict."""
    store = TicketStore(engine)
    stored = store.load(ticket)
    if stored is None or not stored.decided:
        raise InputError("The ticket has no draft yet", fix="Label it when it has been answered")
    return answer_from(stored.ticket, store.stages(ticket))


def add(
    engine: sa.Engine,
    name: str,
    wrong: bool | None,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> Added:
    """Write down what a reviewer says of a draft.

    Under the name that `next` showed it is a blind label; under a ticket's own id it is not: who
    knows the ticket may have seen what became of it.

    Raises:
        InputError: Nothing has this name, or the ticket has no draft.
    """
    samples, ledger = SampleBook(engine), LabelLedger(engine)
    spoilt = names(samples.plants()).get(name)
    if spoilt is not None:
        label = NewLabel(
            ticket=spoilt.ticket,
            kind="planted",
            wrong=wrong,
            by=by,
            reason=reason,
            blind=True,
            draft=spoilt.draft,
        )
        return ledger.add([label], now=now)[0]
    item = next((one for one in samples.items() if one.item == name), None)
    ticket = _ticket(engine, name) if item is None else item.ticket
    label = NewLabel(
        ticket=ticket,
        kind="audit",
        wrong=wrong,
        by=by,
        reason=reason,
        inclusion=None if item is None else item.inclusion,
        blind=item is not None,
        draft=draft_hash(load_answer(engine, ticket).draft),
    )
    return ledger.add([label], now=now)[0]


def settle(
    engine: sa.Engine,
    name: str,
    wrong: bool | None,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> Added:
    """End a disagreement: this label counts instead of all others of its ticket.

    Raises:
        InputError: Nothing has this name, or nobody has labelled it.
    """
    item = next((one for one in SampleBook(engine).items() if one.item == name), None)
    ticket = _ticket(engine, name) if item is None else item.ticket
    ledger = LabelLedger(engine)
    given = [one for one in ledger.of(ticket) if one.kind in CERTIFYING]
    if not given:
        raise InputError("Nobody has labelled it yet", fix="Use `firstline labels add`")
    blind = any(one.blind for one in given)
    shares = [one.inclusion for one in given if one.inclusion is not None]
    label = NewLabel(
        ticket=ticket,
        kind="import" if all(one.kind == "import" for one in given) else "audit",
        wrong=wrong,
        by=by,
        reason=reason,
        inclusion=min(shares, default=None),
        blind=blind,
        settles=True,
    )
    return ledger.add([label], now=now)[0]


def _ticket(engine: sa.Engine, name: str) -> TicketId:
    found = find_tickets(engine, name)
    if not found:
        raise InputError("There is no draft and no ticket with this name", fix=_NOBODY)
    return found[0]


def plant(engine: sa.Engine, under: str, *, count: int, by: str, now: datetime) -> int:
    """Spoil some good drafts that were not drawn, and put them among the drawn ones.

    Returns how many were planted; fewer than asked for where there are not enough good drafts.
    """
    samples = SampleBook(engine)
    taken = {one.ticket for one in samples.items()} | {one.ticket for one in samples.plants()}
    taken |= {one.ticket for one in LabelLedger(engine).last() if one.wrong is not False}
    good = {
        one.ticket.id: one
        for one in answers(engine, under)
        if one.ticket.id not in taken and is_good(one)
    }
    order = samples.lots(sorted(good), purpose="plant", now=now)
    spoilt: list[NewPlant] = []
    for at, ticket in enumerate(order):
        if len(spoilt) == count:
            break
        found = spoil(good[ticket], good[order[at - 1]].draft)
        if found is not None:
            spoilt.append(found)
    return samples.plant(spoilt, by=by, now=now)


def agreement(engine: sa.Engine) -> tuple[tuple[Agreement, ...], Agreement]:
    """Return how far each two people agree, and all together; customers and plants left out."""
    said: dict[str, dict[str, bool | None]] = {}
    for one in LabelLedger(engine).last(*CERTIFYING):
        if not one.settles:
            said.setdefault(one.by, {})[one.ticket] = one.wrong
    return pairs(said), together(said)
