"""What lasts is left alone by the garbage collector; what does not is still collected."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from firstline.lasting import THRESHOLDS, spare_what_lasts


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the collector as it was."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Knot:
    """Refers to itself, so that only the collector can let go of it."""

    def __init__(self) -> None:
        self.own = self


def test_what_is_in_use_is_not_looked_at_again() -> None:
    """Everything there is at the time is out of the collector's sight."""
    held = Knot()
    spare_what_lasts()
    assert not any(item is held for item in gc.get_objects())
    assert gc.get_threshold() == THRESHOLDS


def test_what_comes_later_is_still_let_go_of() -> None:
    """Knots made afterwards are found and undone."""
    spare_what_lasts()
    later = weakref.ref(Knot())
    gc.collect()
    assert later() is None
