"""What a delivery promises becomes entries of the ledger, each with its owner and time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from structlog.testing import capture_logs

from firstline.pipeline.promised import promised, remind
from firstline.store import Inbox, TicketStore
from firstline.store.commitments import CommitmentLedger
from firstline.workspace import Workspace, load
from tests.builders import a_passage, a_ticket

MONDAY = datetime(2026, 5, 4, 2, tzinfo=UTC)
"""Noon in Sydney."""
ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"


def acme() -> Workspace:
    """Return the bundled company."""
    return load(ACME)


def test_ten_promises_make_ten_entries(engine: sa.Engine) -> None:
    """A reply with ten promises puts ten rows into the ledger, also when it is done again."""
    text = " ".join(f"We will look into invoice {number} tomorrow." for number in range(10))
    ticket = a_ticket(received_at=MONDAY, customer="c1")
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), MONDAY)
    store.accept([(1, ticket)])
    ledger = CommitmentLedger(engine)
    for _ in range(2):
        ledger.add(promised(ticket, text, acme()), by="firstline", now=MONDAY)
    rows = ledger.of(ticket.id)
    assert len(rows) == 10
    assert {row.due_at for row in rows} == {datetime(2026, 5, 5, 8, tzinfo=UTC)}
    with capture_logs() as logs:
        assert len(remind(ledger, datetime(2026, 5, 6, tzinfo=UTC))) == 10
        assert remind(ledger, datetime(2026, 5, 7, tzinfo=UTC)) == ()
    assert [entry["event"] for entry in logs] in (["commitment_overdue"] * 10, [])


def test_the_notice_of_a_handoff_is_owed_by_the_rules_owner() -> None:
    """The rule names who answers, and by when if the notice does not."""
    workspace = acme()
    ticket = a_ticket(received_at=MONDAY)
    (entry,) = promised(ticket, workspace.voice.handoff, workspace)
    assert (entry.owner, entry.by) == ("support-team", "")
    assert entry.rule.startswith("policies.yaml:")
    assert entry.rule.endswith(" first-answer")
    assert entry.due_at == datetime(2026, 5, 5, 8, tzinfo=UTC)


def test_what_is_published_is_owed_to_nobody_in_particular() -> None:
    """Quoting the knowledge base puts nothing into the ledger."""
    passage = a_passage("We answer within 5 business days.")
    ticket = a_ticket()
    assert promised(ticket, "We answer within 5 business days.", acme(), [passage]) == ()
    (entry,) = promised(ticket, "We answer within 5 business days.", acme())
    assert entry.owner == ""
