"""The operator's word is asked in the claim itself: nothing queued leaves after the switch."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from firstline.records import Receipt, Ticket
from firstline.store import Caps, Inbox, Outbox, TicketStore
from firstline.store.approved_outbox import ApprovedOutbox
from tests.builders import a_ticket

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CAPS = Caps(per_requester=3, per_conversation=5)


def stopped(_connection: sa.Connection) -> str:
    """Forbid everything."""
    return "stopped"


@pytest.fixture
def ticket(engine: sa.Engine) -> Ticket:
    """Return a stored ticket."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOW)
    record = a_ticket()
    store.accept([(1, record)])
    return record


def test_what_is_forbidden_is_not_claimed(engine: sa.Engine, ticket: Ticket) -> None:
    """It is cancelled with the reason, leaves no trace, and a person may send it."""
    outbox = Outbox(engine)
    claim, receipt = outbox.under(stopped).claim(ticket, "reply", caps=CAPS, now=NOW)
    assert (claim, receipt.state, receipt.detail) == ("cancelled", "cancelled", "stopped")
    assert outbox.states(ticket.id) == {}
    assert ApprovedOutbox(engine).claim(ticket, "reply", now=NOW)[0] == "claimed"


def test_an_attempt_that_stopped_in_the_middle_may_not_be_repeated(
    engine: sa.Engine, ticket: Ticket
) -> None:
    """Whether it arrived is still to be found out; that it may not be sent again is said."""
    outbox = Outbox(engine)
    outbox.claim(ticket, "reply", caps=CAPS, now=NOW)
    claim, receipt = outbox.under(stopped).claim(ticket, "reply", caps=CAPS, now=NOW)
    assert (claim, receipt.detail) == ("unknown", "stopped")


def test_what_was_sent_stays_sent(engine: sa.Engine, ticket: Ticket) -> None:
    """The switch does not rewrite what has happened, and is not even asked."""

    def never(_connection: sa.Connection) -> str:
        raise AssertionError("nothing was left to forbid")

    outbox = Outbox(engine)
    _, receipt = outbox.claim(ticket, "reply", caps=CAPS, now=NOW)
    outbox.settle(Receipt(key=receipt.key, state="sent", at=NOW))
    assert outbox.under(never).claim(ticket, "reply", caps=CAPS, now=NOW)[0] == "done"


def test_a_failed_look_forbids_within_the_transaction(engine: sa.Engine, ticket: Ticket) -> None:
    """A look that fails on Postgres spoils its transaction; nothing is claimed, nothing raised."""

    def unreadable(connection: sa.Connection) -> str:
        try:
            connection.execute(sa.text("SELECT * FROM no_such_table"))
        except Exception:  # noqa: BLE001 - both databases say it with classes of their own
            return "autonomy_unreadable"
        return ""

    outbox = Outbox(engine)
    claim, receipt = outbox.under(unreadable).claim(ticket, "reply", caps=CAPS, now=NOW)
    assert (claim, receipt.detail) == ("cancelled", "autonomy_unreadable")
    assert outbox.states(ticket.id) == {}
    assert outbox.claim(ticket, "reply", caps=CAPS, now=NOW)[0] == "claimed"
