"""Several requests in one message (R2.8).

A false "several" costs a person's time, a missed second request leaves a customer unanswered.
So two parts of a message count as two requests when each is clearly about something of the
company's, and neither could be about the other's subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import re2

from firstline.records import Intent, Request
from firstline.routing.classifier import Classification, Classifier, Encode
from firstline.routing.segments import Segment, clauses_of

MOST_CLAUSES: Final = 8
"""Encoded of one message; each costs as much as a short message."""
LEAST_PROBABILITY, LEAST_IN_SCOPE = 0.45, 0.35
TOLD_PROBABILITY, TOLD_IN_SCOPE = 0.72, 0.55
"""For a clause that only tells something: background is rarely as clear as a request."""
ANNOUNCED_PROBABILITY, ANNOUNCED_IN_SCOPE = 0.3, 0.1
"""Enough for a clause whose writer said that it is about something else."""
MOST_CONFUSABLE: Final = 0.3
"""Two intents that take this much probability from each other are one request."""
SHORT_WORDS: Final = 5

_POINTS_BACK = re2.compile(r"(?i)\b(?:it|its|this|that|these|those|they|them|one|so|then)\b")
_ASKS = re2.compile(
    r"(?i)\?|^(?:(?:so|and|but|or|also|then|please|hi|hello|hey)[,\s]+)*(?:how|what|where|when|why"
    r"|which|who|can|could|is|are|do|does|did|will|would|should|may|am|was|were|has|have|tell|let"
    r"|help|explain|show|send|give|cancel|change|remove|delete|add|update|refund|stop|i want"
    r"|i need|i wish|i'd like|i would like|i have to|i must|we want|we need|we'd like|we would like"
    r"|we have to|i'm trying|i am trying|i was wondering|wondering|is there|any(?:one|body)?)\b"
)


@dataclass(frozen=True, slots=True)
class _Part:
    clause: Segment
    told: Classification

    @property
    def intent(self) -> Intent:
        return self.told.intents[0].intent

    @property
    def probability(self) -> float:
        return self.told.intents[0].probability

    def chance(self, intent: Intent) -> float:
        """Return the probability of an intent; 0 beyond the best few."""
        return sum(score.probability for score in self.told.intents if score.intent == intent)


def find_requests(text: str, classifier: Classifier, encode: Encode | None) -> tuple[Request, ...]:
    """Return the distinct requests of a message in its order, or nothing unless it has several.

    Args:
        text: The message, without subject and quoted history.
        classifier: The company's intents.
        encode: Returns one unit row per text; None to go by words alone. Not called for a
            message of a single clause.
    """
    clauses = [clause for clause in clauses_of(text) if not _leans_on_others(clause)]
    if len(clauses) < 2 or len(classifier.labels) < 2:  # noqa: PLR2004 - it takes two
        return ()
    parts = [part for part in _parts(clauses, classifier, encode) if _is_clear(part)]
    distinct: list[_Part] = []
    for part in sorted(parts, key=lambda part: -part.probability * part.told.in_scope):
        if not any(_same_request(part, other) for other in distinct):
            distinct.append(part)
    if len(distinct) < 2:  # noqa: PLR2004 - as above
        return ()
    return tuple(
        Request(
            start=part.clause.start,
            end=part.clause.end,
            intent=part.intent,
            probability=part.probability,
        )
        for part in sorted(distinct, key=lambda part: part.clause.start)
    )


def _leans_on_others(clause: Segment) -> bool:
    """Say whether a clause makes sense only with another one ("How long will it take?")."""
    short = len(clause.text.split()) <= SHORT_WORDS
    return short and _POINTS_BACK.search(clause.text) is not None


def _parts(clauses: list[Segment], classifier: Classifier, encode: Encode | None) -> list[_Part]:
    if encode is None or classifier.encoder_name is None:
        return [_Part(clause, classifier.classify(clause.text, None)) for clause in clauses]
    if len(clauses) > MOST_CLAUSES:
        by_words = [classifier.classify(clause.text, None).in_scope for clause in clauses]
        best = sorted(range(len(clauses)), key=lambda place: -by_words[place])[:MOST_CLAUSES]
        clauses = [clauses[place] for place in sorted(best)]
    vectors = encode([clause.text for clause in clauses])
    return [
        _Part(clause, classifier.classify(clause.text, vector))
        for clause, vector in zip(clauses, vectors, strict=True)
    ]


def _is_clear(part: _Part) -> bool:
    if part.clause.announced:
        return (
            part.probability >= ANNOUNCED_PROBABILITY and part.told.in_scope >= ANNOUNCED_IN_SCOPE
        )
    if not _ASKS.search(part.clause.text):
        return part.probability >= TOLD_PROBABILITY and part.told.in_scope >= TOLD_IN_SCOPE
    return part.probability >= LEAST_PROBABILITY and part.told.in_scope >= LEAST_IN_SCOPE


def _same_request(part: _Part, other: _Part) -> bool:
    return part.chance(other.intent) + other.chance(part.intent) >= MOST_CONFUSABLE
