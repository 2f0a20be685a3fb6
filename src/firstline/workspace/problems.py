"""Collects what is wrong with a folder, so that one reading mends all of it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from firstline.errors import Place, WorkspaceError, WorkspaceErrors

_SHOWN = 60


class Problems:
    """The mistakes found so far, in no particular order until they are raised."""

    def __init__(self) -> None:
        self._errors: dict[tuple[str, int, str], WorkspaceError] = {}

    def __len__(self) -> int:
        """How many different mistakes are known."""
        return len(self._errors)

    def add(self, file: Path, line: int | None, problem: str, fix: str) -> None:
        """Note one mistake; the same one at the same place counts once."""
        place = Place(file=str(file), line=line)
        key = (str(file), line or 0, problem)
        self._errors.setdefault(key, WorkspaceError(problem, place=place, fix=fix))

    def raise_if_any(self) -> None:
        """Raise WorkspaceErrors, sorted by file and line, unless nothing is wrong."""
        if self._errors:
            raise WorkspaceErrors(tuple(error for _, error in sorted(self._errors.items())))


def shown(text: str) -> str:
    """Return text fit for one line of a message: in backquotes, clipped, no line breaks."""
    flat = " ".join(text.split())
    clipped = flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"
    return f"`{clipped}`"


def listed(names: Iterable[str], *, most: int = 12) -> str:
    """Return names as `a, b and 3 more`."""
    everything = list(names)
    text = ", ".join(everything[:most])
    rest = len(everything) - most
    return f"{text} and {rest} more" if rest > 0 else text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` was most likely meant to be, if one is close."""
    candidates = list(known)
    by_folded = {name.casefold(): name for name in candidates}
    match = get_close_matches(word[:100].casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[match[0]] if match else None


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return `Did you mean …?` when a known word is close, else the other advice."""
    meant = nearest(word, known)
    return f"Did you mean `{meant}`?" if meant is not None else otherwise
