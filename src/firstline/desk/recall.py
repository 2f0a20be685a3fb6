"""Answer recall: which answers rest on what has changed, and what to do about each (R7.5).

An answer is right as long as its evidence stands. When an article is changed or withdrawn, the
answers that quoted it are found again, each sentence is proven again on what stands there now, and
those that can no longer be said are listed with what to tell the customer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from firstline.desk.build import Opened
from firstline.errors import InputError
from firstline.pipeline.record import answer_from
from firstline.pipeline.rests import rests_on
from firstline.pipeline.standing import Live, Restated, restand, stale_uses, text_version
from firstline.pipeline.validate import subject_of
from firstline.records import Answer, TicketId
from firstline.store import TicketStore
from firstline.store.uses import ReplyState, Resting, Use, UseLedger, Version, Written

Todo = Literal["correct", "check", "redraft", "nothing"]
TODO: dict[Todo, str] = {
    "correct": "Tell the customer what is right now: a value they were told has changed",
    "check": "Compare the wordings, and tell the customer if what they were told is wrong now",
    "redraft": "Do not approve it: write it anew from what stands there now",
    "nothing": "Nothing: every sentence can still be said",
}
"""What to do about a recalled answer."""
SHORTEST = 6
"""Characters of a ticket's id that are enough to name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """An answer that rests on what has changed, or on what was asked about."""

    ticket: TicketId
    external_id: str
    customer: str | None
    conversation: str
    intent: str
    state: ReplyState
    at: datetime
    """When it was sent; of a draft, when its ticket came."""
    sentences: tuple[Restated, ...]
    """Those that rest on it."""
    todo: Todo
    standing: str
    """The hash of what stands there now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """How many answers rest on what has changed, not counting those dealt with."""

    sent: int
    drafts: int
    sources: tuple[str, ...]
    """The documents and fixed answers that changed."""


class Recalls:
    """The recalls of an open company."""

    def __init__(self, opened: Opened, store: TicketStore) -> None:
        self._parts = opened.parts
        self._ledger = UseLedger(store.engine)

    @property
    def ledger(self) -> UseLedger:
        """What every reply rests on."""
        return self._ledger

    def catch_up(self) -> int:
        """Read what replies rest on that were written since; return how many were read."""
        return self._ledger.catch_up(self._uses)

    def affected(self, *, since: datetime | None = None) -> Affected:
        """Count the answers that rest on what has changed; no proof is done again."""
        self.catch_up()
        live = Live(self._parts)
        changed = self._changed(live)
        resting = self._open(self._resting(changed, since), live)
        counts = Counter(item.state for item, _, _ in resting)
        return Affected(
            sent=counts["sent"],
            drafts=counts["draft"],
            sources=tuple(dict.fromkeys(_name(item) for item in changed)),
        )

    def changed(self, *, since: datetime | None = None) -> tuple[Recall, ...]:
        """Return the answers that rest on what has changed, sent ones first, newest first.

        Of sent answers documents and fixed answers count, of drafts also the customer's record.

        Raises:
            SetupError: The knowledge base or the customers cannot be read.
        """
        self.catch_up()
        live = Live(self._parts)
        resting = [*self._resting(self._changed(live), since), *self._on_records(since)]
        once = {item.ticket: item for item in resting}
        found = (
            self._recall(written, item, live, standing)
            for item, written, standing in self._open(tuple(once.values()), live)
        )
        return tuple(item for item in found if item.sentences)

    def resting_on(self, name: str, *, since: datetime | None = None) -> tuple[Recall, ...]:
        """Return every answer that rests on a document, passage or customer record.

        Args:
            name: A document's id, a passage's (`refund-policy#2`), a customer's or
                `policy:intent`.
            since: Leaves out what is older.

        Raises:
            InputError: No answer rests on it and there is nothing of this name.
        """
        self.catch_up()
        live = Live(self._parts)
        resting = self._ledger.resting_on(name, since=since)
        if not resting and since is None and not self._is_known(name):
            raise InputError(
                f"no answer rests on {name}, and no article has this id",
                fix="`firstline kb list` shows the ids; a passage is `id#number`",
            )
        return tuple(
            self._recall(written, item, live, self._standing(written, live), name=name)
            for item, written in self._with_written(resting)
        )

    def settle(self, reference: str, *, by: str, note: str, now: datetime) -> Recall:
        """Note that a recalled answer has been dealt with, until its evidence changes again.

        Args:
            reference: The ticket's id, its sender's id for it, or how either begins.
            by: Who dealt with it.
            note: What was done.
            now: The time.

        Raises:
            InputError: The reference fits no single recalled answer.
        """
        fitting = [item for item in self.changed() if _is_meant(item, reference)]
        if len(fitting) != 1:
            problem = "several recalled answers fit" if fitting else "no recalled answer fits"
            raise InputError(
                f"{problem} {reference!r}", fix="`firstline recall` lists them; name one ticket"
            )
        found = fitting[0]
        self._ledger.settle(found.ticket, found.standing, by=by, note=note, at=now)
        return found

    def _uses(self, written: Written) -> tuple[Use, ...]:
        answer = answer_of(written)
        return rests_on(
            subject_of(answer.ticket, answer.route, answer.context, answer.draft, parts=self._parts)
        )

    def _changed(self, live: Live) -> tuple[Version, ...]:
        """Return the versions of passages and fixed answers that do not stand any more."""
        return tuple(
            item
            for kind in ("passage", "policy")
            for item in self._ledger.versions(kind)
            if live.change(_use_of(item)) is not None
        )

    def _resting(self, changed: Sequence[Version], since: datetime | None) -> tuple[Resting, ...]:
        return self._ledger.resting_on_versions(changed, since=since) if changed else ()

    def _on_records(self, since: datetime | None) -> tuple[Resting, ...]:
        return self._ledger.drafts_on("record", since=since)

    def _open(
        self, resting: Sequence[Resting], live: Live
    ) -> tuple[tuple[Resting, Written, str], ...]:
        """Return the answers nobody has dealt with as things stand now."""
        settled = self._ledger.settled()
        return tuple(
            (item, written, standing)
            for item, written in self._with_written(resting)
            if (item.ticket, standing := self._standing(written, live)) not in settled
        )

    def _with_written(self, resting: Sequence[Resting]) -> list[tuple[Resting, Written]]:
        found: list[tuple[Resting, Written]] = []
        for start in range(0, len(resting), PAGE):
            page = {item.ticket: item for item in resting[start : start + PAGE]}
            written = self._ledger.written(list(page))
            found.extend((page[item.ticket.id], item) for item in written)
        return found

    def _standing(self, written: Written, live: Live) -> str:
        """Return the hash of all that a reply rests on, as it stands now."""
        uses = self._ledger.of(written.ticket.id)
        return text_version("\n".join(sorted({live.fingerprint(use) for use in uses})))

    def _recall(
        self, written: Written, resting: Resting, live: Live, standing: str, name: str = ""
    ) -> Recall:
        answer = answer_of(written)
        is_draft = resting.state == "draft"
        if name:
            uses = [
                use
                for use in self._ledger.of(written.ticket.id)
                if name in (use.source, use.evidence)
            ]
            sentences = restand(
                answer, uses, self._parts, live, everything=True, records_as_now=is_draft
            )
        elif is_draft:
            sentences = stale_uses(answer, self._parts, live)
        else:
            uses = list(self._ledger.of(written.ticket.id))
            sentences = restand(answer, uses, self._parts, live)
        return Recall(
            ticket=answer.ticket.id,
            external_id=answer.ticket.external_id,
            customer=answer.ticket.customer,
            conversation=answer.ticket.conversation,
            intent=str(answer.route.intent or ""),
            state=resting.state,
            at=resting.at,
            sentences=sentences,
            todo=todo_of(sentences, resting.state),
            standing=standing,
        )

    def _is_known(self, name: str) -> bool:
        document = name.rpartition("#")[0] or name
        return any(item.id in (name, document) for item in self._parts.knowledge.documents())


PAGE = 200
"""Tickets that are read at once."""


def answer_of(written: Written) -> Answer:
    """Return a ticket's answer, with the reply that a person released where one did."""
    answer = answer_from(written.ticket, written.stages)
    if written.released is None:
        return answer
    return replace(answer, draft=written.released, context=written.context or answer.context)


def todo_of(sentences: Sequence[Restated], state: ReplyState) -> Todo:
    """Return what to do about an answer."""
    if all(item.change is None for item in sentences):
        return "nothing"
    if state == "draft":
        return "redraft"
    lost = [item for item in sentences if item.stands == "no"]
    if not lost:
        return "nothing"
    values = (one.values_were for item in lost for one in item.rewordings if one.now)
    return "correct" if any(values) else "check"


def as_json(item: Recall) -> dict[str, Any]:
    """Return a recall as `firstline recall --json` prints it."""
    return {
        "ticket": item.ticket,
        "external_id": item.external_id,
        "customer": item.customer,
        "conversation": item.conversation,
        "intent": item.intent or None,
        "state": item.state,
        "at": item.at.isoformat(),
        "todo": item.todo,
        "todo_text": TODO[item.todo],
        "approvable": item.state == "draft" and item.todo != "redraft",
        "standing": item.standing,
        "sentences": [
            {
                "index": sentence.sentence,
                "text": sentence.text,
                "evidence": list(sentence.evidence),
                "sources": list(sentence.sources),
                "change": sentence.change,
                "stands": sentence.stands,
                "rewordings": [
                    {
                        "was": one.was,
                        "now": one.now or None,
                        "values_were": list(one.values_were),
                        "values_are": list(one.values_are),
                    }
                    for one in sentence.rewordings
                ],
            }
            for sentence in item.sentences
        ],
    }


def _use_of(item: Version) -> Use:
    return Use(
        sentence=0,
        evidence=item.evidence,
        kind=item.kind,
        source=item.source,
        version=item.version,
    )


def _name(item: Version) -> str:
    return item.evidence if item.kind == "policy" else item.source


def _is_meant(item: Recall, reference: str) -> bool:
    if reference in (item.ticket, item.external_id):
        return True
    return len(reference) >= SHORTEST and item.ticket.startswith(reference)
