"""The ledger of questions to models: what is stored is never paid again, and limits are exact."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from firstline.store import Allowance, CallEntry, CallLedger, Settlement
from tests.builders import NOON

FREE = Allowance()
TODAY = "2026-05-04"


def an_entry(key: str = "k1", **changes: Any) -> CallEntry:
    """Return a question that may cost 1,000 picodollars."""
    fields: dict[str, Any] = {
        "key": key,
        "ticket": "t1",
        "intent": "export_data",
        "requester": "cus_1",
        "purpose": "write",
        "model": "claude-haiku-5-5",
        "prompt_hash": "p1",
        "reserve_pico": 1_000,
    }
    return CallEntry(**(fields | changes))


def settled(cost: int = 400) -> Settlement:
    """Return what a question came to."""
    return Settlement(
        reply='{"text":"yes"}',
        input=100,
        output=10,
        cache_read=0,
        cache_write=0,
        cost_pico=cost,
        wall_ms=300.0,
    )


def test_a_stored_reply_is_returned_and_costs_nothing_more(engine: sa.Engine) -> None:
    """The second time a question is asked the ledger answers."""
    ledger = CallLedger(engine)
    assert ledger.begin(an_entry(), FREE, NOON).reply is None
    ledger.settle("k1", settled())
    again = ledger.begin(an_entry(), FREE, NOON)
    assert again.reply == '{"text":"yes"}'
    assert ledger.spent(TODAY, TODAY) == 400
    assert [row.attempts for row in ledger.rows()] == [1]


def test_what_is_reserved_counts_until_it_is_settled_or_failed(engine: sa.Engine) -> None:
    """A question on its way counts as the most it may cost, a failed one as nothing."""
    ledger = CallLedger(engine)
    ledger.begin(an_entry("a"), FREE, NOON)
    ledger.begin(an_entry("b"), FREE, NOON)
    assert ledger.spent(TODAY, TODAY) == 2_000
    ledger.settle("a", settled(300))
    ledger.fail("b", "overloaded")
    assert ledger.spent(TODAY, TODAY) == 300
    assert {row.key: (row.state, row.failure) for row in ledger.rows()} == {
        "a": ("answered", ""),
        "b": ("failed", "overloaded"),
    }


def test_an_answer_lost_on_the_way_counts_as_spent(engine: sa.Engine) -> None:
    """The provider may charge for it, so a server that breaks every answer meets the budget."""
    ledger = CallLedger(engine)
    ledger.begin(an_entry("a"), FREE, NOON)
    ledger.fail("a", "unreachable", maybe_billed=True)
    assert ledger.spent(TODAY, TODAY) == 1_000
    assert [(row.state, row.cost_pico) for row in ledger.rows()] == [("failed", 1_000)]
    ledger.begin(an_entry("a"), FREE, NOON)
    assert ledger.spent(TODAY, TODAY) == 2_000


def test_what_a_dead_process_reserved_is_let_go_when_it_is_asked_again(engine: sa.Engine) -> None:
    """Asking again replaces the old reservation, also when it is asked on another day."""
    ledger = CallLedger(engine)
    ledger.begin(an_entry(), FREE, NOON)
    ledger.begin(an_entry(), FREE, NOON + timedelta(days=1))
    assert ledger.spent(TODAY, TODAY) == 0
    assert ledger.spent(TODAY, "2026-05-05") == 1_000
    assert [row.attempts for row in ledger.rows()] == [2]


def test_settling_twice_counts_once(engine: sa.Engine) -> None:
    """A result that is read twice, as a batch's may be, is paid once."""
    ledger = CallLedger(engine)
    ledger.begin(an_entry(), FREE, NOON)
    ledger.settle("k1", settled(300))
    ledger.settle("k1", settled(300))
    ledger.fail("k1", "late")
    assert ledger.spent(TODAY, TODAY) == 300
    assert ledger.reply("k1") is not None


def test_the_days_budget_is_a_hard_stop(engine: sa.Engine) -> None:
    """A question that could pass the limit is refused, and leaves nothing reserved."""
    ledger, allowance = CallLedger(engine), Allowance(day_pico=2_500)
    assert ledger.begin(an_entry("a"), allowance, NOON).refusal is None
    assert ledger.begin(an_entry("b"), allowance, NOON).refusal is None
    assert ledger.begin(an_entry("c"), allowance, NOON).refusal == "budget"
    assert ledger.spent(TODAY, TODAY) == 2_000
    assert ledger.begin(an_entry("c"), allowance, NOON + timedelta(days=1)).refusal is None


def test_the_months_budget_adds_its_days(engine: sa.Engine) -> None:
    """Days of the same month count together, those of the next do not."""
    ledger, allowance = CallLedger(engine), Allowance(month_pico=1_500)
    assert ledger.begin(an_entry("a"), allowance, NOON).refusal is None
    assert ledger.begin(an_entry("b"), allowance, NOON + timedelta(days=3)).refusal == "budget"
    assert ledger.begin(an_entry("b"), allowance, NOON + timedelta(days=30)).refusal is None


def test_the_budget_holds_when_many_ask_at_once(engine: sa.Engine) -> None:
    """Of thirty questions asked together exactly those are allowed that fit."""
    ledger, allowance = CallLedger(engine), Allowance(day_pico=10_000)
    entries = [an_entry(f"k{number}") for number in range(30)]
    with ThreadPoolExecutor(8) as threads:
        begun = list(threads.map(lambda entry: ledger.begin(entry, allowance, NOON), entries))
    assert sum(item.refusal is None for item in begun) == 10
    assert ledger.spent(TODAY, TODAY) == 10_000


def test_one_requester_cannot_spend_everything(engine: sa.Engine) -> None:
    """Each requester has so many questions in 24 hours; unknown senders are capped elsewhere."""
    ledger, allowance = CallLedger(engine), Allowance(calls_per_requester=2)
    for key in ("a", "b"):
        assert ledger.begin(an_entry(key), allowance, NOON).refusal is None
    assert ledger.begin(an_entry("c"), allowance, NOON).refusal == "requester_cap"
    assert ledger.begin(an_entry("b"), allowance, NOON).refusal is None
    assert ledger.begin(an_entry("d", requester="cus_2"), allowance, NOON).refusal is None
    later = NOON + timedelta(hours=25)
    assert ledger.begin(an_entry("c"), allowance, later).refusal is None


def test_rows_come_in_pages_without_a_gap(engine: sa.Engine) -> None:
    """Every question is reported once, whatever the page size."""
    ledger = CallLedger(engine)
    for number in range(7):
        ledger.begin(an_entry(f"k{number}"), FREE, NOON)
    assert [row.key for row in ledger.rows(page=3)] == [f"k{number}" for number in range(7)]
    assert list(ledger.rows("2026-05-05")) == []
