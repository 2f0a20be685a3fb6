"""An operator says what may go out, always with a reason that is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from firstline.errors import InputError
from firstline.pipeline.operating import Operator
from firstline.pipeline.release_reader import ReleaseReader
from firstline.store.autonomy import AutonomyStore
from firstline.workspace import parse_autonomy
from tests.pipeline.test_gate import a_workspace

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
Act = Callable[[Operator], object]


@pytest.fixture
def store(engine: sa.Engine) -> AutonomyStore:
    """Return an empty log."""
    return AutonomyStore(engine)


@pytest.fixture
def operator(store: AutonomyStore) -> Operator:
    """Return somebody who may change it."""
    return Operator(store, by="ana", now=lambda: NOW)


def test_levels_are_set_and_given_back(operator: Operator, store: AutonomyStore) -> None:
    """A level holds until another is set, or the files are to speak again."""
    company = a_workspace()
    assert operator.set_level(company, "export_data", "Percent: 10 %", "a start") == "percent:10"
    operator.set_level(company, "*", "certified", "everything else")
    levels = ReleaseReader(store, now=lambda: NOW)().levels
    assert levels == {
        "export_data": parse_autonomy("percent:10"),
        "*": parse_autonomy("certified"),
    }
    assert operator.set_level(company, "export_data", "files", "back") == "files"
    assert set(ReleaseReader(store, now=lambda: NOW)().levels) == {"*"}
    assert [one.by for one in store.log()] == ["ana"] * 3


def test_stopping_needs_no_reason_and_resuming_does(
    operator: Operator, store: AutonomyStore
) -> None:
    """Nobody is to look for words while something goes wrong."""
    operator.stop()
    with pytest.raises(InputError, match="reason"):
        operator.resume("  ")
    assert ReleaseReader(store, now=lambda: NOW)().stopped is not None
    operator.resume("mended")
    assert ReleaseReader(store, now=lambda: NOW)().stopped is None
    with pytest.raises(InputError, match="nothing is stopped"):
        operator.resume("again")


WRONG: dict[str, tuple[Act, str]] = {
    "an unknown intent": (
        lambda it: it.set_level(a_workspace(), "export_dat", "off", "why"),
        "export_data",
    ),
    "an unknown level": (
        lambda it: it.set_level(a_workspace(), "export_data", "maybe", "why"),
        "no autonomy level",
    ),
    "a level without a reason": (
        lambda it: it.set_level(a_workspace(), "export_data", "off", ""),
        "reason",
    ),
    "an unknown setting": (lambda it: it.tune("colour", "red", "why"), "colour"),
    "a setting out of range": (lambda it: it.tune("audit_rate", "2", "why"), "audit_rate"),
    "a setting that is no number": (lambda it: it.tune("learn", "many", "why"), "learn"),
    "a reset of nothing": (lambda it: it.reset("refunds", "why"), "nothing is watched"),
    "a reset without a reason": (lambda it: it.reset("*", ""), "reason"),
    "a baseline that is no share": (lambda it: it.baseline("*", 20, "why"), "no share"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_and_not_kept(
    name: str, operator: Operator, store: AutonomyStore
) -> None:
    """A mistake is named with its mending, and nothing is written down."""
    act, words = WRONG[name]
    with pytest.raises(InputError) as caught:
        act(operator)
    assert words in str(caught.value)
    assert store.log() == ()


def test_a_baseline_is_watched_at_once(operator: Operator, store: AutonomyStore) -> None:
    """What an operator knows needs no tickets to be learned; relearning forgets it."""
    operator.baseline("*", 0.2, "last year's share")
    assert '"usual":0.2' in store.states()["*"]
    operator.reset("*", "a new product", relearn=True)
    assert '"usual"' not in store.states()["*"]
    assert [one.topic for one in store.log()] == ["trip", "baseline"]
