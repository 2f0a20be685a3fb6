"""What is at stake with a ticket: what a wrong answer costs, and how long it may wait.

All figures are dollars and are the same for every company until it says otherwise; they decide
the order of the queue and the minutes that reports call saved, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from firstline.records import Intent, Risk, Urgency

HOUR_USD: Final = 30.0
"""What an hour of a person who answers customers costs."""
MANUAL_MINUTES: Final = 8.0
"""What answering a ticket without a draft takes."""
REVIEW_MINUTES: Final = 2.0
"""What reading, and if need be mending, a draft takes."""
WRONG_USD: Final[Mapping[Risk, float]] = {"low": 5.0, "medium": 20.0, "high": 100.0}
"""What a wrong answer costs: another round, goodwill, and now and then the customer."""
DELAY_USD: Final[Mapping[Urgency, float]] = {"low": 1.0, "normal": 5.0, "high": 25.0}
"""What letting a ticket wait for its whole time costs; each time it passes again, as much again."""
ANSWER_WITHIN: Final[Mapping[Urgency, timedelta]] = {
    "low": timedelta(hours=24),
    "normal": timedelta(hours=8),
    "high": timedelta(hours=1),
}
"""By when a person is to have answered, in hours of the clock, counted from the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What things cost, in dollars."""

    wrong: float
    review: float = HOUR_USD * REVIEW_MINUTES / 60
    escalation: float = HOUR_USD * MANUAL_MINUTES / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentStakes:
    """What a company says of an intent; None: as the defaults have it."""

    costs: Costs | None = None
    sla: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What is at stake with one ticket."""

    costs: Costs
    delay: float
    """What letting it wait for its whole time costs."""
    sla: timedelta

    def loss(self, score: float) -> float:
        """Return what is expected to be lost if a draft of this score goes out unread."""
        return (1.0 - min(max(score, 0.0), 1.0)) * self.costs.wrong


Own = Mapping[Intent, IntentStakes]
"""What a company says of its intents."""


def stakes_of(
    intent: Intent | None, risk: Risk, urgency: Urgency, own: Own | None = None
) -> Stakes:
    """Return what is at stake with a ticket.

    Args:
        intent: As it was routed.
        risk: Of the ticket.
        urgency: Of the ticket: a customer in a hurry counts, not only the intent.
        own: What the company says of its intents.
    """
    said = (own or {}).get(intent, IntentStakes()) if intent is not None else IntentStakes()
    return Stakes(
        costs=said.costs or Costs(wrong=WRONG_USD[risk]),
        delay=DELAY_USD[urgency],
        sla=said.sla or ANSWER_WITHIN[urgency],
    )
