"""Values that are found out in the background."""

from __future__ import annotations

from itertools import count
from threading import Event

from firstline.errors import SetupError
from firstline.web.kept import Kept

LONG = 10.0
"""Seconds: far more than any of this takes."""


def test_a_value_is_found_once_while_it_is_fresh() -> None:
    """Looking again shows what was found, with its time."""
    found: list[int] = []

    def find() -> int:
        found.append(1)
        return len(found)

    kept = Kept("n", find, fresh=60, clock=lambda: 0.0)
    assert kept.look(wait=LONG).value == 1
    known = kept.look()
    assert (known.value, known.working) == (1, False)
    assert known.at is not None


def test_nobody_waits_for_what_takes_long() -> None:
    """Without a value the page says that it is being found out; a stale one is shown meanwhile."""
    go, now = Event(), [0.0]
    values = count(1)

    def find() -> int:
        assert go.wait(LONG)
        return next(values)

    kept = Kept("n", find, fresh=60, clock=lambda: now[0])
    first = kept.look()
    assert (first.value, first.working) == (None, True)
    go.set()
    assert kept.look(wait=LONG).value == 1
    go.clear()
    now[0] = 61.0
    stale = kept.look(wait=LONG)
    assert (stale.value, stale.working) == (1, True)
    go.set()
    assert kept.renew(wait=LONG).value == 3


def test_renewing_sees_what_changed_while_it_was_being_found() -> None:
    """What was begun before the change is done once more after it."""
    begun, go = Event(), Event()
    state = ["before"]

    def find() -> str:
        seen = state[0]
        begun.set()
        assert go.wait(LONG)
        return seen

    kept = Kept("n", find, fresh=60)
    kept.look()
    assert begun.wait(LONG)
    state[0] = "after"
    assert kept.renew().value is None
    go.set()
    assert kept.look(wait=LONG).value == "after"


def test_what_fails_keeps_the_last_value_and_is_tried_again_later() -> None:
    """The page says that the last attempt failed; nothing is tried before its time."""
    now, broken, told = [0.0], [False], []

    def find() -> int:
        if broken[0]:
            raise SetupError("gone")
        return 7

    kept = Kept("n", find, fresh=60, told=lambda: told.append(1), clock=lambda: now[0])
    assert kept.look(wait=LONG).value == 7
    broken[0] = True
    known = kept.renew(wait=LONG)
    assert (known.value, known.failed) == (7, True)
    assert not kept.look().working
    broken[0], now[0] = False, 61.0
    kept.look()
    assert not kept.renew(wait=LONG).failed
    assert told
