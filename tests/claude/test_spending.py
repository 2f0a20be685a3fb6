"""The ledger summed up: every question counted once, money to the picodollar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firstline.claude.spending import latest_contexts, seen, spending
from firstline.records import StageTime, TicketId, encode
from firstline.store import CallRow, Inbox, TicketStore, open_database
from firstline.store.calls import Allowance, CallEntry, CallLedger
from tests.builders import NOON, a_context, a_ticket

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)


def a_row(key: str = "k1", **changes: Any) -> CallRow:
    """Return an answered question."""
    fields: dict[str, Any] = {
        "key": key,
        "ticket": "t1",
        "intent": "refund",
        "purpose": "write",
        "model": "claude-haiku-5-5",
        "state": "answered",
        "failure": "",
        "attempts": 1,
        "batch": False,
        "input": 800,
        "output": 100,
        "cache_read": 0,
        "cache_write": 0,
        "system_tokens": 600,
        "cost_pico": 130_000_000,
        "wall_ms": 900.0,
        "asked_at": NOW - timedelta(hours=2),
        "day": "2026-11-22",
    }
    return CallRow(**(fields | changes))


def test_totals_by_day_stage_intent_and_model_agree() -> None:
    """Each way of cutting adds up to the same money."""
    rows = [
        a_row("a"),
        a_row("b", purpose="route", intent="", model="claude-haiku-4-5", cost_pico=7),
        a_row("c", day="2026-11-21", ticket="t2", model="claude-sonnet-5-5", cost_pico=11_000_000),
    ]
    found = spending(rows, NOW)
    whole = 130_000_000 + 7 + 11_000_000
    assert found.total.cost_pico == whole
    for group in (found.by_day, found.by_purpose, found.by_intent, found.by_model):
        assert sum(total.cost_pico for total in group.values()) == whole
        assert sum(total.calls for total in group.values()) == 3
    assert list(found.by_day) == ["2026-11-21", "2026-11-22"]
    assert next(iter(found.by_model)) == "claude-haiku-5-5"


def test_an_intent_may_be_named_like_a_stage() -> None:
    """Groups do not run into each other."""
    found = spending([a_row(intent="write", model="write")], NOW)
    assert found.by_intent["write"].calls == found.by_purpose["write"].calls == 1


def test_unanswered_questions_cost_nothing_and_are_counted() -> None:
    """Failed by code, abandoned, open, and the money that is only set aside."""
    rows = [
        a_row("a"),
        a_row("b", state="failed", failure="overloaded", cost_pico=0),
        a_row("c", state="failed", failure="abandoned", cost_pico=0),
        a_row("d", state="asked", cost_pico=5_000),
        a_row("e", state="asked", cost_pico=6_000, asked_at=NOW - timedelta(hours=26)),
    ]
    found = spending(rows, NOW)
    assert (found.questions, found.total.calls) == (5, 1)
    assert found.failed == {"overloaded": 1}
    assert (found.abandoned, found.open, found.reserved_pico) == (2, 1, 11_000)
    assert found.total.cost_pico == found.tickets["t1"] == 130_000_000


def test_an_answer_lost_on_the_way_is_money_but_no_answer() -> None:
    """The provider may charge for it, so what was reserved is in the total and in the groups."""
    lost = a_row("b", state="failed", failure="unreachable", cost_pico=900, input=0, output=0)
    found = spending([a_row("a"), lost], NOW)
    assert found.total.cost_pico == found.by_model["claude-haiku-5-5"].cost_pico == 130_000_900
    assert (found.total.calls, found.lost_pico, found.failed) == (1, 900, {"unreachable": 1})
    assert found.tickets["t1"] == 130_000_900
    assert found.traffic[0].calls == 1


def test_cost_per_ticket_is_by_ticket_not_by_question() -> None:
    """Mean, median and 95th percentile are over tickets; the alarm counts those above it."""
    rows = [a_row(f"k{at}", ticket=f"t{at:02}", cost_pico=at * 1_000) for at in range(1, 21)]
    rows.append(a_row("again", ticket="t20", cost_pico=20_000))
    found = spending(rows, NOW)
    each = found.per_ticket(19_000)
    assert each.tickets == 20
    assert each.mean == (210_000 + 20_000) // 20
    assert (each.p50, each.p95) == (10_000, 19_000)
    assert each.above_alarm == 1
    assert found.dearest(2) == (("t20", 40_000), ("t19", 19_000))
    assert found.per_ticket(0).above_alarm == 0


def test_nothing_asked_is_not_an_error() -> None:
    """An empty ledger has empty figures."""
    found = spending([], NOW)
    assert (found.questions, found.traffic, found.dearest()) == (0, (), ())
    assert found.per_ticket(1).tickets == 0


def test_traffic_is_counted_for_each_prefix() -> None:
    """Live answers that share model, stage and prefix; batches come when they like."""
    rows = [
        a_row(f"k{at}", asked_at=NOW - timedelta(minutes=30 * at), input=700 + at)
        for at in range(9)
    ]
    rows += [
        a_row("other", system_tokens=900),
        a_row("batch", batch=True),
        a_row("failed", state="failed", failure="refused"),
    ]
    found = spending(rows, NOW).traffic
    assert [(item.tokens, item.calls) for item in found] == [(600, 9), (900, 1)]
    assert found[0].calls_per_hour == pytest.approx(9 / 4)
    assert found[0].other_tokens == 104
    assert found[1].calls_per_hour == 1
    assert len(found[0].times) == 9
    assert found[0].prefix(0.5).hit_rate == 0.5


def test_tickets_without_a_question_are_seen(tmp_path: Path) -> None:
    """The share that needed no model counts finished tickets of the period only."""
    engine = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    store, ledger = TicketStore(engine), CallLedger(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target=str(tmp_path)), NOON)
    names = ("asked", "free", "free-too", "open")
    store.accept([(at, a_ticket(name)) for at, name in enumerate(names)])
    store.accept([(9, a_ticket("old", received_at=NOON - timedelta(days=9)))])
    ledger.begin(entry("asked"), Allowance(), NOON)
    ledger.begin(entry("open"), Allowance(), NOON)
    for name in ("asked", "free", "free-too", "old"):
        bodies = [("context", encode(a_context(tokens=321)))]
        times = [StageTime(stage="context", wall_ms=1, cpu_ms=1)]
        store.record(TicketId(name), bodies, times, outcome="review", reason="test", now=NOON)
    found = seen(engine, "2026-05-04")
    assert (found.tickets, found.asked) == (3, 1)
    assert found.avoided == pytest.approx(2 / 3)
    assert seen(engine, "").tickets == 4
    assert seen(engine, "2027-01-01").avoided is None
    assert len(latest_contexts(engine)) == 1
    assert '"tokens":321' in latest_contexts(engine)[0]
    engine.dispose()


def entry(ticket: str) -> CallEntry:
    """Return a question about a ticket."""
    return CallEntry(
        key=f"key-{ticket}",
        ticket=ticket,
        intent="refund",
        requester=None,
        purpose="write",
        model="claude-haiku-5-5",
        prompt_hash="p",
        reserve_pico=1_000,
    )
