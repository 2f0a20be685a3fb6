"""What needs somebody: each alert at, below and above its bound."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.builders import NOON

from firstline.desk.alerts import LEVELS, Alert, Model, Readings, alerts


def found(**seen: Any) -> dict[str, Alert]:
    """Return the alerts of some readings by code."""
    return {alert.code: alert for alert in alerts(Readings(now=NOON, **seen))}


def test_nothing_is_wrong() -> None:
    """A quiet company has no alerts."""
    assert found() == {}
    assert found(tickets=1000, escalated=200, cost_usd=1.0, alarm_usd=0.02, waiting=3) == {}


@pytest.mark.parametrize(
    ("escalated", "level"), [(30, None), (31, "warn"), (40, "warn"), (41, "page")]
)
def test_escalation_is_judged_by_its_share(escalated: int, level: str | None) -> None:
    """More than 30 % warns, more than 40 % pages, and the reasons are named."""
    alert = found(tickets=100, escalated=escalated, reasons=(("anger", 20), ("policy", 9))).get(
        "escalation"
    )
    assert (alert and alert.level) == level
    if alert:
        assert "anger 20, policy 9" in alert.detail


def test_few_tickets_are_no_rate() -> None:
    """Five escalated of five are not an alarm yet, nor is one dear ticket."""
    assert found(tickets=5, escalated=5, cost_usd=1.0, alarm_usd=0.02) == {}


@pytest.mark.parametrize(("cost", "alarms"), [(2.0, False), (2.01, True)])
def test_dear_tickets(cost: float, alarms: bool) -> None:
    """A mean of more than the limit is an alarm; without a limit it never is."""
    assert ("cost" in found(tickets=100, cost_usd=cost, alarm_usd=0.02)) is alarms
    assert "cost" not in found(tickets=100, cost_usd=cost, alarm_usd=0.0)


@pytest.mark.parametrize(
    ("spent", "level"), [(7.99, None), (8.0, "warn"), (9.99, "warn"), (10.0, "page"), (12, "page")]
)
def test_budgets(spent: float, level: str | None) -> None:
    """A budget warns at four fifths and pages when it is spent; no limit never does."""
    alert = found(budgets=(("day", spent, 10.0), ("month", 99.0, 0.0))).get("budget_day")
    assert (alert and alert.level) == level


def test_customers_who_wait_too_long() -> None:
    """Overdue tickets warn; when most of a long queue is overdue, they page."""
    oldest = NOON - timedelta(hours=50)
    few = found(waiting=100, overdue=1, oldest=oldest)["unanswered"]
    assert few.level == "warn"
    assert few.title.startswith("1 ticket waiting")
    assert "2 days" in few.detail
    assert found(waiting=30, overdue=29, oldest=oldest)["unanswered"].level == "page"


@pytest.mark.parametrize(
    ("entered", "decided", "waiting", "alarms"),
    [(25, 0, 25, False), (26, 0, 26, True), (130, 100, 200, False), (140, 100, 200, True)],
)
def test_a_growing_queue(entered: int, decided: int, waiting: int, alarms: bool) -> None:
    """A queue that grew by more than 25 and by a fifth in a day is told."""
    seen = found(entered=entered, decided=decided, waiting=waiting)
    assert ("queue_growth" in seen) is alarms


def test_tickets_that_nobody_works_on() -> None:
    """A ticket without a decision for a quarter of an hour means that no worker runs."""
    assert found(working=3, working_since=NOON - timedelta(minutes=14)) == {}
    stuck = found(working=3, working_since=NOON - timedelta(minutes=16))["stuck"]
    assert stuck.level == "page"
    assert "16 minutes" in stuck.detail


@pytest.mark.parametrize(
    ("calls", "failures", "level"),
    [
        (100, (("overloaded", 10),), None),
        (100, (("overloaded", 11),), "warn"),
        (100, (("overloaded", 51),), "page"),
        (9, (("overloaded", 9),), None),
        (1, (("key_rejected", 1),), "page"),
        (100, (("spend_cap", 1),), "page"),
    ],
)
def test_models_that_do_not_answer(
    calls: int, failures: tuple[tuple[str, int], ...], level: str | None
) -> None:
    """A share of failures warns or pages; what does not pass by itself always pages."""
    alert = found(calls=calls, failures=failures).get("model_errors")
    assert (alert and alert.level) == level


def test_deliveries_in_doubt() -> None:
    """Uncertain deliveries warn, stuck ones page, and answering twice always pages."""
    assert found(uncertain=1)["outbox_uncertain"].level == "warn"
    assert found(stuck=1)["outbox_uncertain"].level == "page"
    assert found(duplicates=2)["duplicate_send"].level == "page"


def test_what_may_not_go_out() -> None:
    """A trip, a stop and an unreadable release are each told."""
    seen = found(trips=(("refund", "share rose"),), stopped="ann stopped it", unreadable="no table")
    assert seen["drift"].level == "warn"
    assert seen["stopped"].level == "note"
    assert seen["autonomy_unreadable"].level == "page"
    assert found(trips=(("*", "share rose"),))["drift"].level == "page"


@pytest.mark.parametrize(
    ("days", "certain", "level"),
    [
        (61, True, None),
        (60, True, "warn"),
        (14, True, "page"),
        (-1, True, "page"),
        (5, False, "warn"),
    ],
)
def test_models_that_retire(days: int, certain: bool, level: str | None) -> None:
    """A model warns 60 days before its end and pages 14 days before, if the end is certain."""
    model = Model(name="m1", on=NOON.date() + timedelta(days=days), certain=certain, successor="m2")
    alert = found(models=(model,)).get("retirement")
    assert (alert and alert.level) == level
    assert alert is None or "m2" in alert.detail


def test_promises_that_end() -> None:
    """Certificates that expire soon and intents without one are told."""
    soon, late = NOON.date() + timedelta(days=14), date(2027, 1, 1)
    seen = found(expiring=(("common", soon), ("rare", late)), uncovered=("a", "b"))
    assert "common ends in 14 days" in seen["certificate_expires"].title
    assert "2 intents" in seen["uncovered"].title


def test_the_urgent_comes_first() -> None:
    """Alerts are ordered by level, and every one says what to do."""
    everything = alerts(
        Readings(
            now=NOON,
            tickets=100,
            escalated=35,
            duplicates=1,
            stopped="ann",
            uncovered=("a",),
            uncertain=1,
        )
    )
    ranks = [LEVELS.index(alert.level) for alert in everything]
    assert ranks == sorted(ranks)
    assert all(alert.action.endswith(".") and alert.detail for alert in everything)
