"""Why a source of customer records gave nothing that may be used."""

from __future__ import annotations


class SourceFailure(Exception):
    """A source could not be asked, or what it said may not be used.

    The text is for staff: it never contains what was asked, what was answered, or a secret.

    Args:
        problem: What happened, in a few words: `no answer within 2 s`.
        unwell: Whether it says that the source is unwell, so that it is left alone for a while.
    """

    def __init__(self, problem: str, *, unwell: bool = True) -> None:
        self.problem = problem
        self.unwell = unwell
        super().__init__(problem)
