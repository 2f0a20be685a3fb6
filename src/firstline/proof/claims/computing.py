"""Values that no evidence states but that follow from what it states, done again here.

A value is accepted only when the computation itself is the evidence: the sentence or one beside
it must say that something is worked out ("in total", "left", "apart"), and what goes in must
belong together: be named in the reply, or stand in the same record. Where much is held, chance
would find a sum for anything, so then inputs have to be named.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from functools import lru_cache

from firstline.proof.claims.claim import Claim, ClaimKind
from firstline.proof.claims.dates_computed import date_from, days_between, weekday_of
from firstline.proof.claims.facts import Facts
from firstline.proof.claims.problem import Computation, Problem
from firstline.proof.claims.scan import MAX_TEXT, find_claims
from firstline.proof.claims.sums import amount_from

_MOST_HELD = 3_000
_WAYS: Mapping[ClaimKind, tuple[Callable[[Problem], Computation | None], ...]] = {
    "date": (weekday_of, date_from),
    "duration": (days_between, amount_from),
    "money": (amount_from,),
    "quantity": (amount_from,),
    "number": (amount_from, days_between),
    "percent": (amount_from,),
}


@lru_cache(maxsize=256)
def _words(text: str) -> frozenset[str]:
    return frozenset("".join(c if c.isalnum() else " " for c in text.lower()).split())


def compute(
    made: Claim,
    sentence: str,
    held: Sequence[Claim],
    today: date,
    *,
    nearby: str = "",
    records: Sequence[Hashable] = (),
    holidays: AbstractSet[date] = frozenset(),
    facts: Facts | None = None,
) -> Computation | None:
    """Return how a value follows from held ones, None where it does not.

    Args:
        made: The value, found in `sentence`.
        sentence: The sentence of the reply.
        held: What the evidence says.
        today: The day that "today" is in the reply.
        nearby: The sentences beside it, which may say what is worked out, and from what.
        records: For each held claim, which record or passage it comes from; empty: all from one.
        holidays: Days on which nobody works, weekends apart.
        facts: How the company writes money and days.
    """
    ways = _WAYS.get(made.kind, ())
    text = f"{sentence}\n{nearby}" if nearby else sentence
    if made.low is None or made.high is None or not ways:
        return None
    if len(held) > _MOST_HELD or len(text) > MAX_TEXT:
        return None
    claims = find_claims(text, facts or Facts())
    named = tuple(c for c in claims if (c.start, c.end) != (made.start, made.end))
    problem = Problem(
        made=made,
        held=held,
        records=records if len(records) == len(held) else ("",) * len(held),
        today=today,
        text=text,
        named=named,
        named_values=frozenset(v for c in named for v in (c.low, c.high) if v is not None),
        words=_words(text),
        holidays=holidays,
    )
    return next((found for way in ways if (found := way(problem)) is not None), None)
