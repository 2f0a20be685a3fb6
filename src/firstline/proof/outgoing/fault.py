"""Something that may not leave, and where it stands."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """A place in a sentence that keeps the reply from being sent."""

    code: str
    """Stable, to count by."""
    detail: str
    """What is wrong, for staff; never words of the text."""
    start: int
    end: int
    """Offsets into the sentence; the whole sentence where it had to be decoded first."""
