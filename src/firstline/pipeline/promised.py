"""The hook of the ledger: what a delivery promises, ready to be written down with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from firstline.observe import log
from firstline.proof.policy.owners import due, owned_promises
from firstline.proof.sentences import units
from firstline.records import Evidence, Ticket
from firstline.store.commitments import CommitmentLedger, NewCommitment, Reminder
from firstline.workspace import Workspace


def promised(
    ticket: Ticket,
    text: str,
    workspace: Workspace,
    evidence: Sequence[Evidence] = (),
    *,
    since: datetime | None = None,
) -> tuple[NewCommitment, ...]:
    """Return what a text promises its customer: one entry a promise, each with its owner.

    What the company publishes for everybody, and agreed lines for which no rule names an owner,
    put nothing in the ledger. A promise of nobody does, for it was made.

    Args:
        ticket: Which it answers.
        text: What is delivered: a reply, a question or the notice of a handoff.
        workspace: The company.
        evidence: What the reply rests on.
        since: When it is said; when the message came, if not given.
    """
    moment = since or ticket.received_at
    sentences = [unit.text for unit in units(text)]
    found: dict[str, NewCommitment] = {}
    for owned in owned_promises(sentences, workspace, evidence):
        if owned.source in ("knowledge", "agreed"):
            continue
        promise = owned.promise
        entry = NewCommitment(
            ticket=ticket.id,
            conversation=ticket.conversation,
            customer=ticket.customer,
            who=promise.who,
            owner=owned.rule.owner if owned.rule else "",
            rule=owned.rule.place if owned.rule else "",
            what=promise.what,
            by=promise.by,
            fingerprint=promise.fingerprint,
            promised_at=moment,
            due_at=due(owned, moment, workspace),
        )
        found.setdefault(entry.fingerprint, entry)
    return tuple(found.values())


def remind(ledger: CommitmentLedger, now: datetime) -> tuple[Reminder, ...]:
    """Log what is due soon or overdue, each once a stage; call it every few minutes."""
    reminders = ledger.reminders(now)
    for item in reminders:
        held = item.commitment
        log.warning(
            "commitment_" + item.stage,
            commitment=held.id,
            ticket=held.ticket,
            owner=held.owner or "nobody",
            due=held.due_at.isoformat() if held.due_at else "",
        )
    return reminders
