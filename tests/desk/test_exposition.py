"""The text for Prometheus, held against the rules of its format."""

from __future__ import annotations

from datetime import timedelta

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import NOON

from firstline.desk.alerts import Alert
from firstline.desk.dashboard_records import BudgetFigures, Retirement
from firstline.desk.exposition import (
    EDGES,
    Family,
    Sample,
    Standing,
    exposition,
    histogram,
    lines,
)
from firstline.pipeline.release import Release, Trip
from firstline.store.arrivals import Standing as Arriving
from firstline.store.metric_records import CallSum, DeliveryDoubts, QueueState, TicketCount
from firstline.store.spread import Spread

SAMPLE = re2.compile(
    r'^(firstline_[a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)*\})? '
    r"(-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$"
)
COMMENT = re2.compile(r"^# (HELP|TYPE) (firstline_[a-z_]+) (.+)$")
NAMES = ("_bucket", "_sum", "_count")


def a_standing(reason: str = "anger") -> Standing:
    """Return something of everything."""
    spread = Spread()
    for value in (0.5, 12.0, 250.0, 90_000.0):
        spread.add(value)
    alert = Alert(code="cost", level="warn", title="t", detail="d", action="a")
    return Standing(
        now=NOON,
        by_channel=[TicketCount(name="email", path="sent", tickets=3, asked=1, cost_pico=5)],
        by_reason=[
            TicketCount(name=reason, path="escalate", tickets=2, asked=0, cost_pico=0),
            TicketCount(name="certified", path="sent", tickets=3, asked=0, cost_pico=0),
        ],
        calls=[
            CallSum(
                model="small",
                purpose="write",
                calls=4,
                input=10,
                output=2,
                cache_read=0,
                cache_write=0,
                cost_pico=15 * 10**9,
            )
        ],
        spreads={"route": spread},
        feedback={"yes": 2},
        queue=QueueState(waiting=2, oldest=NOON - timedelta(minutes=3)),
        doubts=DeliveryDoubts(uncertain=1),
        budgets=[
            BudgetFigures(period="day", limit_usd=5.0, spent_usd=1.25),
            BudgetFigures(period="month", limit_usd=None, spent_usd=2.0),
        ],
        retirements=[
            Retirement(
                model="small", roles=("writer",), on=None, certain=False, days=None, successor=""
            )
        ],
        release=Release(trips=(Trip(scope="refund", since=NOON, why="x"),)),
        certificates=1,
        alerts=(alert, alert),
        channels=[
            Arriving(
                inbox="zendesk:support",
                waiting=3,
                failing=1,
                oldest=NOON - timedelta(minutes=2),
                polled_at=NOON - timedelta(seconds=30),
                problem="unavailable",
                hooks={},
            )
        ],
        hooks={("zendesk:support", "good"): 40, ("zendesk:support", "wrong"): 2},
    )


def read(text: str) -> dict[str, float]:
    """Return the samples of a text, checked against the format line by line."""
    assert text.endswith("\n")
    found: dict[str, float] = {}
    kinds: dict[str, str] = {}
    current = ""
    for line in text[:-1].split("\n"):
        comment = COMMENT.match(line)
        if comment:
            current = comment.group(2)
            if comment.group(1) == "TYPE":
                assert current not in kinds, f"{current} has two types"
                kinds[current] = comment.group(3)
            continue
        sample = SAMPLE.match(line)
        assert sample, line
        name = sample.group(1)
        base = next((name.removesuffix(end) for end in NAMES if name.endswith(end)), name)
        assert current in (name, base), f"{line} is not below its own type"
        if kinds[current] == "counter":
            assert name.endswith("_total")
        key = line.rpartition(" ")[0]
        assert key not in found, f"{key} is there twice"
        found[key] = float(sample.group(3))
    return found


def test_everything_is_exposed_in_the_format() -> None:
    """Each line obeys the grammar, each family has one type, no sample is there twice."""
    found = read(exposition(a_standing()))
    assert found['firstline_tickets_total{channel="email",path="sent"}'] == 3
    assert found['firstline_tickets_held_total{path="escalate",reason="anger"}'] == 2
    assert found['firstline_model_cost_dollars_total{model="small"}'] == 0.015
    assert found['firstline_reviews{state="waiting"}'] == 2
    assert found["firstline_reviews_oldest_seconds"] == 180
    inbox = 'inbox="zendesk:support"'
    assert found[f"firstline_arrivals_waiting{{{inbox}}}"] == 3
    assert found[f"firstline_arrivals_failing{{{inbox}}}"] == 1
    assert found[f"firstline_arrivals_oldest_seconds{{{inbox}}}"] == 120
    assert found[f"firstline_poll_age_seconds{{{inbox}}}"] == 30
    assert found[f"firstline_poll_failing{{{inbox}}}"] == 1
    assert found[f'firstline_webhooks_total{{{inbox},verdict="wrong"}}'] == 2
    assert found['firstline_alert{code="cost",level="warn"}'] == 2
    assert found['firstline_autonomy_tripped{scope="refund"}'] == 1
    assert 'firstline_budget_limit_dollars{period="month"}' not in found


@settings(max_examples=25)
@given(st.text(max_size=30))
def test_any_label_survives(reason: str) -> None:
    """Quotes, backslashes and line breaks in a label break no line."""
    if "\r" in reason or any(letter in reason for letter in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"):
        reason = "plain"
    read(exposition(a_standing(reason)))


def test_a_histogram_rises_to_its_count() -> None:
    """Buckets are cumulative, the last one holds all, and what they hold is exact."""
    spread = Spread()
    for value in (1.0, 10.0, 10.0, 99_999_999.0):
        spread.add(value)
    samples = list(histogram(spread, (("stage", "route"),)))
    buckets = [sample.value for sample in samples if sample.suffix == "_bucket"]
    assert buckets == sorted(buckets)
    assert len(buckets) == len(EDGES) + 1
    bounds = {dict(sample.labels).get("le"): sample.value for sample in samples}
    assert (bounds["0.001"], bounds["0.01"], bounds["+Inf"]) == (1, 3, 4)
    assert samples[-1].value == 4


def test_broken_names_and_repeats_are_refused() -> None:
    """What would break a scrape is an error here."""
    one = Sample(value=1)
    with pytest.raises(ValueError, match="no name"):
        list(lines(Family(name="bad-name", kind="gauge", help="", samples=(one,))))
    with pytest.raises(ValueError, match="two samples"):
        list(lines(Family(name="fine", kind="gauge", help="", samples=(one, one))))
    with pytest.raises(ValueError, match="label"):
        list(
            lines(
                Family(
                    name="fine",
                    kind="gauge",
                    help="",
                    samples=(Sample(value=1, labels=(("a b", "c"),)),),
                )
            )
        )


def test_odd_values_are_written_as_the_format_has_them() -> None:
    """Infinite and unknown values have names of their own."""
    values = (float("inf"), float("-inf"), float("nan"), 3.0, 0.25)
    samples = tuple(
        Sample(value=value, labels=(("n", str(at)),)) for at, value in enumerate(values)
    )
    text = "".join(lines(Family(name="firstline_x", kind="gauge", help="h", samples=samples)))
    assert [line.split()[-1] for line in text.splitlines()[2:]] == [
        "+Inf",
        "-Inf",
        "NaN",
        "3",
        "0.25",
    ]
