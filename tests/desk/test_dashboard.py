"""Records of a dashboard: what the counts are made into, and the whole of it on a database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.builders import NOON
from tests.store.test_metrics import LATER, Company, a_decision, add_decisions

from firstline.desk.dashboard import LONGEST, Dashboards, period_of
from firstline.desk.dashboard_figures import (
    feedback_figures,
    latency_figures,
    model_figures,
    outcomes_of,
    reviewer_figures,
)
from firstline.desk.dashboard_records import FEW, Dashboard, rate
from firstline.desk.dashboard_trust import retirements_of
from firstline.errors import InputError
from firstline.pipeline.release import Release, Stopped
from firstline.records import decode, encode
from firstline.store import open_database
from firstline.store.metric_records import (
    CallSum,
    DecisionCount,
    FeedbackCount,
    TicketCount,
)
from firstline.store.spread import Spread
from firstline.workspace import Workspace, load
from firstline.workspace.models import ModelSettings

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
DAY = date(2026, 5, 4)


@pytest.fixture(scope="module")
def acme() -> Workspace:
    """Return the bundled company's files."""
    return load(ACME)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """Return a database; what differs between databases is tested with the store."""
    opened = open_database(f"sqlite:///{tmp_path / 'app.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
def company(engine: sa.Engine) -> Company:
    """Return a company without tickets."""
    return Company(engine)


def boards(company: Company, acme: Workspace, now: datetime = LATER) -> Dashboards:
    """Return the dashboards of a company."""
    return Dashboards(company.engine, acme, release=Release, now=lambda: now)


def test_a_share_of_few_says_how_far_it_may_be_off() -> None:
    """Below FEW cases there is an interval around the share, above it there is none."""
    few, many = rate(6, 10), rate(6 * FEW, 10 * FEW)
    assert few.low is not None
    assert few.high is not None
    assert few.low < 0.6 < few.high
    assert (many.low, many.high, many.share) == (None, None, 0.6)
    assert rate(0, 0).share is None


def test_outcomes_add_up() -> None:
    """Automatic is what nobody had to look at, and money is divided by all tickets."""
    paths = (("sent", 6), ("clarify", 1), ("review", 2), ("escalate", 1))
    found = outcomes_of(
        TicketCount(name="email", path=path, tickets=count, asked=1, cost_pico=10**11)
        for path, count in paths
    )
    assert (found.tickets, found.automatic, found.asked) == (10, 7, 4)
    assert found.cost_per_ticket == pytest.approx(0.04)


def test_feedback_is_told_apart_by_who_answered() -> None:
    """Automatic replies and those a person released have their own rates."""
    said = [
        FeedbackCount(day="2026-05-04", path="sent", answer="yes", replies=3),
        FeedbackCount(day="2026-05-04", path="clarify", answer="no", replies=1),
        FeedbackCount(day="2026-05-04", path="review", answer="yes", replies=1),
    ]
    automatic, approved = feedback_figures(said, {"sent": 2})
    assert (automatic.helpful.yes, automatic.helpful.of, automatic.reopened) == (3, 4, 2)
    assert (approved.helpful.share, approved.reopened) == (1.0, 0)
    assert feedback_figures([], {}) == ()


def test_latency_is_told_by_stage_in_their_order() -> None:
    """Stages come in the order they run, with percentiles over all days and a day at a time."""
    one, two = Spread(), Spread()
    for value in range(1, 101):
        one.add(float(value))
        two.add(10.0)
    spreads = {"work": {"2026-05-04": one}, "route": {"2026-05-04": two}}
    found = latency_figures(spreads, period_of(DAY))
    assert [item.stage for item in found] == ["route", "work"]
    assert found[1].times.p50 == pytest.approx(50, rel=0.05)
    assert found[1].times.p99 == pytest.approx(99, rel=0.05)
    assert found[0].days[0][0] == DAY


def test_long_periods_are_told_week_by_week() -> None:
    """Of more than three months the steps are weeks, Mondays first, made of all their values."""
    days = {day: Spread() for day in ("2026-04-27", "2026-05-01", "2026-05-04")}
    for at, spread in enumerate(days.values()):
        spread.add(10.0**at)
    (found,) = latency_figures({"work": days}, period_of(DAY, days=200))
    assert [(first.isoformat(), times.count) for first, times in found.days] == [
        ("2026-04-27", 2),
        ("2026-05-04", 1),
    ]
    assert found.times.count == 3


def test_models_are_told_by_purpose() -> None:
    """Answers, failures by code, tokens and money of each model and purpose."""
    used = CallSum(
        model="small",
        purpose="write",
        calls=9,
        input=900,
        output=90,
        cache_read=0,
        cache_write=0,
        cost_pico=2 * 10**12,
    )
    lost = replace(used, failure="deadline", calls=1, input=0, output=0, cost_pico=0)
    (found,) = model_figures([used, lost])
    assert (found.answered, found.failed.yes, found.failed.of) == (9, 1, 10)
    assert (found.cost_usd, found.tokens.input, found.failures) == (2.0, 900, (("deadline", 1),))


def test_reviewers_are_judged_by_drafts() -> None:
    """Rates are of drafts decided on; handing over is counted apart; a return is nobody's."""
    counts = [
        DecisionCount(by="ann", kind=kind, held_seconds=held, decisions=n, distance=d, edits=e)
        for kind, held, n, d, e in (
            ("approve", 30, 2, 0.0, 0),
            ("approve", 600, 1, 0.0, 0),
            ("edit", 60, 2, 0.5, 2),
            ("reject", 60, 1, 0.0, 0),
            ("take", 5, 3, 0.0, 0),
        )
    ]
    counts.append(
        DecisionCount(
            by="firstline", kind="returned", held_seconds=0, decisions=1, distance=0, edits=0
        )
    )
    (ann,) = reviewer_figures(counts)
    assert (ann.decisions, ann.approved.yes, ann.approved.of, ann.other) == (9, 3, 6, 3)
    assert (ann.mean_distance, ann.median_held_seconds) == (0.25, 60)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 5, 2), date(2026, 5, 1)),
        (date(2026, 5, 2), date(2026, 5, 2) + timedelta(days=LONGEST)),
        (date(1, 1, 1), date(1, 1, 2)),
        (date(9999, 12, 30), date(9999, 12, 31)),
    ],
)
def test_impossible_periods_are_refused(first: date, last: date) -> None:
    """A period that ends before it begins, is too long or of another time is an error."""
    with pytest.raises(InputError):
        period_of(DAY, first=first, last=last)


def test_the_period_before_is_as_long() -> None:
    """What a period is compared with has as many days and ends the day before."""
    period = period_of(DAY, days=7, channel="email")
    before = period.before()
    assert (before.days, before.last, before.channel) == (
        7,
        period.first - timedelta(days=1),
        "email",
    )


def test_a_whole_dashboard(company: Company, acme: Workspace) -> None:
    """Tickets, people, money and the queue of a day stand on one board, days without any too."""
    company.answer("a")
    company.ask("a", "k1", pico=10**10)
    company.answer("b", "escalate", reason="anger")
    company.answer("c", "review", reason="check_proof")
    company.review("c", held_for="check_proof")
    add_decisions(company, [a_decision(1)])
    dashboards = boards(company, acme)
    assert dashboards.catch_up() == 0
    board = dashboards.of(period_of(DAY, days=7))
    assert (board.total.tickets, board.total.sent, board.total.escalate) == (3, 1, 1)
    assert [day.outcomes.tickets for day in board.days] == [0, 0, 0, 0, 0, 0, 3]
    assert {(one.path, one.reason) for one in board.reasons} == {
        ("escalate", "anger"),
        ("review", "check_proof"),
    }
    assert sum(one.rate.yes for one in board.reasons) == board.total.review + board.total.escalate
    assert board.total.cost_usd == pytest.approx(0.01)
    assert board.queue.waiting == 1
    assert board.reviewers[0].name == "ann"
    assert [day.decided for day in board.days][-1] == 1
    assert decode(Dashboard, encode(board)) == board


def test_an_empty_dashboard(company: Company, acme: Workspace) -> None:
    """A new company has a dashboard of zeros."""
    board = boards(company, acme).of(period_of(DAY))
    assert (board.total.tickets, board.known, board.helpful.share) == (0, None, None)
    assert len(board.days) == 28
    assert board.alerts == ()


def test_old_decisions_are_remembered_and_new_ones_seen(company: Company, acme: Workspace) -> None:
    """Days that are over are asked once; what is decided today shows at once."""
    company.answer("a", "review")
    dashboards = boards(company, acme, now=LATER + timedelta(days=5))
    period = period_of(DAY + timedelta(days=5), days=7)
    add_decisions(company, [a_decision(1)])
    assert dashboards.of(period).reviewers[0].decisions == 1
    now = LATER + timedelta(days=5)
    add_decisions(company, [a_decision(2, at=now.isoformat(timespec="microseconds"))])
    assert dashboards.of(period).reviewers[0].decisions == 2


def test_alerts_come_from_the_database(company: Company, acme: Workspace) -> None:
    """Escalations of today are told with their reasons; so is the switch."""
    for at in range(20):
        company.answer(f"t{at}", "escalate", reason="anger")
    stopped = Release(stopped=Stopped(since=NOON, by="ann", why="checking"))
    dashboards = Dashboards(company.engine, acme, release=lambda: stopped, now=lambda: LATER)
    dashboards.count_all()
    found = {alert.code: alert for alert in dashboards.alerts()}
    assert "anger 20" in found["escalation"].detail
    assert "ann stopped it" in found["stopped"].detail


def test_models_in_use_and_until_when(acme: Workspace) -> None:
    """Each model in use is named once with its roles; without a provider there are none."""
    settings = replace(acme.settings, models=replace(ModelSettings(), provider="anthropic"))
    found = retirements_of(replace(acme, settings=settings), DAY)
    assert {role for one in found for role in one.roles} == {"router", "writer", "strong", "judge"}
    assert len({one.model for one in found}) == len(found)
    gone = replace(acme.settings, models=replace(settings.models, writer="claude-2.0"))
    assert retirements_of(replace(acme, settings=gone), DAY)
    none = replace(acme.settings, models=ModelSettings())
    assert retirements_of(replace(acme, settings=none), DAY) == ()
