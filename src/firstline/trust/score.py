"""What speaks for a reply, as numbers: evidence first, the model's own word last.

Until people have labelled enough replies, `prior` orders the review queue and releases nothing.
After that `calibration.fit` weighs the same features by what reviewers found.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log1p
from typing import Protocol

from firstline.records import Confidence, Context, Draft, Finding, Route, SentenceKind, Ticket

Features = Mapping[str, float]
FIRMNESS: Mapping[SentenceKind, float] = {
    "quote": 1.0,
    "record": 0.9,
    "computed": 0.7,
    "question": 0.5,
    "courtesy": 1.0,
}
"""How firm a sentence of each kind stands; a reply stands as firm as its weakest sentence."""
FACTUAL = ("quote", "record", "computed")
RATING: Mapping[Confidence, float] = {"low": 0.0, "medium": 0.5, "high": 1.0}
NEUTRAL_HISTORY = 0.5
"""What is assumed of an intent nobody has labelled yet."""
MODEL_STEPS = ("small", "strong")


class Considered(Protocol):
    """What the stages said of a ticket: an `Answer`, or what the gate decides about."""

    @property
    def ticket(self) -> Ticket:
        """The request."""
        ...

    @property
    def route(self) -> Route:
        """Where it goes."""
        ...

    @property
    def context(self) -> Context:
        """The evidence."""
        ...

    @property
    def draft(self) -> Draft:
        """The proposed reply."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the checks say about it."""
        ...


def features(answer: Considered, *, history: float = NEUTRAL_HISTORY) -> Features:
    """Return the features of a reply, each about 0 to 1, higher usually better.

    Args:
        answer: What the stages said.
        history: Share of this intent's labelled replies that were right, smoothed.
    """
    draft, route, context = answer.draft, answer.route, answer.context
    factual = [item for item in draft.sentences if item.kind in FACTUAL]
    verbatim = sum(item.kind == "quote" for item in factual)
    passages = sorted(
        (item.score for item in context.evidence if item.kind == "passage"), reverse=True
    )
    margin = passages[0] - passages[1] if len(passages) > 1 else 0.0
    checks = len(answer.findings)
    passed = sum(finding.result == "pass" for finding in answer.findings)
    asked = [hop.by for hop in draft.hops if hop.by in MODEL_STEPS]
    judged = any(finding.check == "judge" for finding in answer.findings)
    return {
        "proof_verbatim": verbatim / len(factual) if factual else 0.0,
        "proof_weakest": min((FIRMNESS[item.kind] for item in factual), default=0.0),
        "proof_short": 1 / (1 + len(factual)),
        "search_answerable": context.answerable,
        "search_margin": max(0.0, min(1.0, margin)),
        "route_probability": route.probability,
        "route_in_scope": route.in_scope,
        "route_by_model": float(route.source == "model"),
        "checks_passed": passed / checks if checks else 0.0,
        "judge_agreed": float(judged and passed == checks),
        "writer_local": float(not asked),
        "writer_first_try": float(len(asked) <= 1),
        "message_short": 1 / (1 + log1p(len(answer.ticket.text)) / 10),
        "signals_none": float(not route.signals),
        "one_request": float(len(route.requests) <= 1),
        "history": history,
        "own_rating": RATING[draft.confidence],
    }


def prior(found: Features) -> float:
    """Return a score from 0 to 1 before anything was labelled; it certifies nothing.

    The product of what must all hold for a reply to be right: the ticket was understood, the
    evidence answers it, the sentences are firm, and the checks agree.
    """
    understood = found["route_probability"]
    support = found["search_answerable"] if found["writer_local"] else 1.0
    firm = (1 + found["proof_weakest"]) / 2
    return round(understood * max(support, 0.05) * firm * found["checks_passed"], 4)


def smoothed(right: int, count: int) -> float:
    """Return the share that was right, drawn towards 0.5 while there are few (Laplace)."""
    return (right + 1) / (count + 2)
