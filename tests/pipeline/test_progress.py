"""Telling how far a ticket is: in order, to everybody who listens, and never at its cost."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from firstline.desk import Desk
from firstline.desk.runs import run_file
from firstline.pipeline.flow import consider
from firstline.pipeline.progress import Relay, Step, tell
from firstline.pipeline.warming import warm
from firstline.records import TicketId
from tests.builders import a_ticket

T1 = TicketId("t1")
Told = list[tuple[TicketId, Step]]


def test_everybody_who_listens_is_told() -> None:
    """Listeners that come later hear what comes later."""
    relay, first, second = Relay(), Told(), Told()
    relay(T1, "taken")
    relay.listen(lambda ticket, step: first.append((ticket, step)))
    relay(T1, "asked")
    relay.listen(lambda ticket, step: second.append((ticket, step)))
    relay(T1, "checked")
    assert first == [(T1, "asked"), (T1, "checked")]
    assert second == [(T1, "checked")]


def test_a_listener_that_fails_keeps_nothing_from_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its failure is logged with its kind, and the ticket goes on."""
    relay, heard = Relay(), Told()

    def broken(_ticket: TicketId, _step: Step) -> None:
        raise ValueError("a listener's own trouble")

    relay.listen(broken)
    relay.listen(lambda ticket, step: heard.append((ticket, step)))
    tell(relay, T1, "taken")
    tell(None, T1, "taken")
    assert heard == [(T1, "taken")]
    logged = capsys.readouterr().err
    assert "ValueError" in logged
    assert "own trouble" not in logged


def test_a_ticket_tells_its_steps_and_a_broken_listener_does_not_stop_it(
    desk: Desk, tmp_path: Path
) -> None:
    """Taken up, checked, delivered: for each ticket of a run, in this order."""
    heard = Told()

    def listen(ticket: TicketId, step: Step) -> None:
        heard.append((ticket, step))
        raise RuntimeError

    rows = ("How do I export a board to CSV?", "I want to talk to a human please")
    path = tmp_path / "tickets.jsonl"
    path.write_text("\n".join(json.dumps({"id": str(n), "text": t}) for n, t in enumerate(rows)))
    line = replace(desk.line(), told=listen)
    summary = asyncio.run(run_file(line, path, tmp_path / "out", autonomy="percent:100"))
    assert summary.outcomes == {"sent": 1, "escalate": 1}
    steps = {ticket: [step for whose, step in heard if whose == ticket] for ticket, _ in heard}
    sent = next(found for found in steps.values() if "held" not in found)
    held = next(found for found in steps.values() if "held" in found)
    assert (sent[0], sent[-1]) == ("taken", "delivered")
    assert "checked" in sent
    assert (held[0], held[-1]) == ("taken", "delivered"), "the notice of the handoff is delivered"


async def test_who_asked_for_a_person_gets_one_with_a_draft(desk: Desk) -> None:
    """The ticket is routed and drafted for the packet, no model is asked, and it escalates."""
    ticket = a_ticket(flags=("asked_for_person",), channel="chat")
    answer = await consider(ticket, desk.opened.parts)
    assert answer.route.intent == "export_data"
    assert answer.draft.text
    assert answer.verdict.action == "escalate"
    assert answer.verdict.reasons[0].code == "asked_for_person"
    assert answer.draft.hops == ()


def test_warming_stores_and_logs_nothing(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A message nobody sent goes through the local stages and leaves no trace."""
    warm(desk.opened.parts)
    assert "failed" not in capsys.readouterr().err
    with desk.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM ticket WHERE inbox = 'warming'")
        assert found.scalar() == 0
