"""What a sentence rests on, or what it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from firstline.records import EvidenceId

How = Literal["quote", "record", "computed", "paraphrase", "courtesy", "question"]
"""In which way a sentence is proven; `courtesy` and `question` state nothing to be proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A place in the evidence that a sentence rests on."""

    evidence: EvidenceId
    start: int = 0
    """Offset into the evidence's text, in characters; 0 for a field of a record."""
    end: int = 0
    field: str = ""
    """The path of a record's field; empty for text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something a sentence says that the evidence does not."""

    code: str
    """What is wrong, to count by: `number`, `dropped_condition`, `negation` …"""
    detail: str
    """The same for staff; never the customer's words."""
    start: int = 0
    """Offset into the sentence, in characters."""
    end: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceProof:
    """The proof of one sentence, or why there is none."""

    how: How
    supports: tuple[Support, ...] = ()
    gaps: tuple[Gap, ...] = ()
    """Empty: the sentence is proven."""
