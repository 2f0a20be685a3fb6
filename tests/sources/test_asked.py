"""Waiting for a source: bounded in time and number, whatever hangs."""

from __future__ import annotations

import threading

import pytest
from tests.sources.company import Answers, Clock

from firstline.sources.asked import Asked, Who
from firstline.sources.failure import SourceFailure
from firstline.sources.kept import Kept
from firstline.sources.lane import Lane
from firstline.workspace.models import SourceSetting


def test_an_answer_that_hangs_is_not_waited_for() -> None:
    """The caller goes on in time; the hanging question holds its place until it ends."""
    go, lane = threading.Event(), Lane(seconds=0.05, width=2)
    for _ in range(2):
        with pytest.raises(SourceFailure, match=r"no answer within 0\.05 s"):
            lane.run(lambda: go.wait(20))
    with pytest.raises(SourceFailure, match="too many questions"):
        lane.run(lambda: 1)
    go.set()
    for thread in threading.enumerate():
        if thread.name == "firstline-source":
            assert thread.daemon
            thread.join(5)
    assert lane.run(lambda: 1) == 1


def test_a_mistake_of_the_reader_reaches_the_caller() -> None:
    """What is no failure of the source is not hidden."""
    with pytest.raises(ZeroDivisionError):
        Lane(seconds=5).run(lambda: 1 // 0)


def test_a_hanging_source_is_left_alone() -> None:
    """Its timeouts count as failures: the fourth question does not wait."""
    go = threading.Event()
    setting = SourceSetting(name="crm", kind="sql", query="SELECT :id", timeout_ms=50)
    asked = Asked(setting, Answers(lambda: (go.wait(20), ())[1]), clock=Clock())
    for _ in range(3):
        with pytest.raises(SourceFailure, match="no answer within"):
            asked.ask(Who(id="c1"))
    with pytest.raises(SourceFailure, match="left alone"):
        asked.ask(Who(id="c1"))
    go.set()


def test_only_so_much_is_kept() -> None:
    """The answer that was put first goes first."""
    kept = Kept[str](seconds=60, clock=Clock(), most=2)
    for key in "abc":
        kept.put(key, key)
    assert [kept.get(key) for key in "abc"] == [None, "b", "c"]
