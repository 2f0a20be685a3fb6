"""Telling the garbage collector what lasts as long as the process.

Knowledge, word lists, compiled patterns, statements and modules are some hundred thousand objects
that never become garbage. The collector would look at all of them again and again while tickets
come and go: a quarter of a second each time, in which nothing else runs.
"""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (5_000, 20, 20)
"""New objects after which the young ones are looked at, and how many such looks make an older
one. Python's own 700 is for small programs: a single ticket makes more than that."""


def spare_what_lasts() -> None:
    """Leave alone, from now on, whatever is in use now. For programs, once everything is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
