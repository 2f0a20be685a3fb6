"""How soon a message wants an answer, by its own words."""

from __future__ import annotations

from functools import cache
from typing import Any

from firstline.proof.phrases import compile_phrases
from firstline.records import Urgency
from firstline.routing.signals.find import LONGEST_TEXT
from firstline.routing.signals.fold import fold
from firstline.routing.signals.rules import phrase_file

_FILE = "urgency.toml"


def urgency_of(text: str) -> Urgency:
    """Return `high` for outages, deadlines and people locked out, `low` when there is no rush.

    `high` wins over `low`: thanks at the end of a report of an outage change nothing.
    """
    folded = fold(text[:LONGEST_TEXT]).encode("ascii", "replace")
    if _pattern("high").search(_without_exceptions(folded)) is not None:
        return "high"
    if _pattern("low").search(folded) is not None:
        return "low"
    return "normal"


def _without_exceptions(folded: bytes) -> bytes:
    pieces: list[bytes] = []
    end = 0
    for match in _pattern("not_high").finditer(folded):
        pieces.append(folded[end : match.start()])
        end = match.end()
    return b" ".join((*pieces, folded[end:]))


@cache
def _pattern(name: str) -> Any:
    table = phrase_file(_FILE)
    return compile_phrases(table["urgency"][name], table.get("fragments", {}), place=_FILE)
