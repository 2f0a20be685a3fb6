"""Whether a prompt cache pays: for the stable prefix, and for the whole manual in that prefix.

Pure: prices and traffic in, verdict out. A cache entry lives for its time to live, counted anew
from each request that reads it. When requests with the same prefix arrive at random, at a steady
rate of λ an hour (a Poisson process), the gaps between them are exponential, so a request finds
the entry alive with probability

    h = 1 - exp(-λ T)        T: time to live, in hours

(the hit probability of a time-to-live cache with resets under Poisson arrivals: Fofack, Nain,
Neglia, Towsley, "Performance evaluation of hierarchical TTL-based cache networks", Computer
Networks 65, 2014). Bunched arrivals hit more often than that, so the estimate is on the
low side for a day with a quiet night; `replayed` counts the hits of the times that really were.
Each request pays, for a prefix of P tokens, P (h·read + (1-h)·write) instead of P·input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from math import exp, inf, log
from typing import Literal

from firstline.claude.specs import ModelSpec, OnPlatform, Price, price_of

CacheTime = Literal["5m", "1h"]
TIMES: tuple[CacheTime, ...] = ("5m", "1h")
HOURS: dict[CacheTime, float] = {"5m": 5 / 60, "1h": 1.0}
THOUSAND = 1_000
_PICO = 10**12
_MOST_AN_HOUR = 100_000.0
_HALVINGS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """The part of a prompt that is the same for many requests, and its traffic."""

    tokens: int
    """In tokens of the model."""
    other_tokens: int = 0
    """The rest of the prompt, on average: it decides the price band with the prefix."""
    calls_per_hour: float = 0.0
    hit_rate: float | None = None
    """Measured, when there is one (`replayed`); None: by the formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePlan:
    """What caching a prefix would do."""

    model: str
    ttl: CacheTime
    prefix_tokens: int
    minimum: int | None
    """The shortest prefix the model caches; None: not known."""
    reaches: bool | None
    """Whether the prefix reaches it; None: not known."""
    calls_per_hour: float
    hit_rate: float
    """0 to 1, where the prefix is cached at all."""
    break_even: float
    """Requests an hour above which it pays."""
    saving_usd: float
    """Dollars saved a thousand requests; negative: lost. 0 when nothing is cached."""
    pays: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPlan:
    """Whether the whole knowledge base in the cached prefix beats retrieval."""

    model: str
    manual_tokens: int
    retrieved_tokens: int
    fits: bool
    """Whether it fits the model's context with the rest."""
    ttl: CacheTime
    manual_usd: float
    """Dollars of input a thousand requests with the manual in the prefix."""
    retrieval_usd: float
    """With the retrieved passages instead, cached or not, whichever is cheaper."""
    break_even: float
    """Requests an hour above which the manual is cheaper; infinite: never."""
    better: Literal["manual", "retrieval"]
    reason: str


def hit_rate(calls_per_hour: float, ttl: CacheTime) -> float:
    """Return 1 - exp(-λT): how likely a request finds its prefix cached."""
    return 1.0 - exp(-calls_per_hour * HOURS[ttl])


def replayed(times: Iterable[datetime], ttl: CacheTime) -> float | None:
    """Return the share of requests that would have found the entry alive, by their real times.

    None when there are fewer than two. The entry is taken to be there as soon as it is asked for.
    """
    ordered = sorted(times)
    if len(ordered) < 2:  # noqa: PLR2004 - a gap needs two
        return None
    limit = HOURS[ttl] * 3_600
    hits = sum((later - earlier).total_seconds() <= limit for earlier, later in pairwise(ordered))
    return hits / len(ordered)


def plan_cache(
    model: ModelSpec, offered: OnPlatform, prefix: Prefix, ttl: CacheTime, on: date
) -> CachePlan:
    """Return what caching a prefix of a model would do.

    Args:
        model: Whose prices count.
        offered: The model on the platform in use: its minimum counts there.
        prefix: The prefix and its traffic.
        ttl: The entry's time to live.
        on: The day whose prices count.

    Raises:
        SetupError: The model has no price on that day.
    """
    price = price_of(model, on, prefix.tokens + prefix.other_tokens)
    hits = hit_rate(prefix.calls_per_hour, ttl) if prefix.hit_rate is None else prefix.hit_rate
    write = price.write_5m if ttl == "5m" else price.write_1h
    known = offered.caching and write is not None and price.read is not None
    minimum = offered.cache_minimum
    reaches = (
        False if not offered.caching else None if minimum is None else prefix.tokens >= minimum
    )
    saving = 0.0
    even = inf
    if known and write is not None and price.read is not None:
        even = _break_even(price, write, price.read, ttl)
        if reaches is not False:
            per_token = _dollars(price.input) - _mixed(hits, price.read, write)
            saving = THOUSAND * prefix.tokens * per_token
    plan = CachePlan(
        model=model.name,
        ttl=ttl,
        prefix_tokens=prefix.tokens,
        minimum=minimum,
        reaches=reaches,
        calls_per_hour=prefix.calls_per_hour,
        hit_rate=hits,
        break_even=even,
        saving_usd=saving,
        pays=reaches is True and saving > 0,
        reason="",
    )
    return _explained(plan, known=known, measured=prefix.hit_rate is not None)


def plan_manual(
    model: ModelSpec,
    offered: OnPlatform,
    *,
    manual_tokens: int,
    retrieved_tokens: int,
    prefix: Prefix,
    answer_tokens: int,
    on: date,
) -> ManualPlan:
    """Compare the whole manual in a cached prefix with retrieval.

    Args:
        model: Whose prices count.
        offered: The model on the platform in use.
        manual_tokens: All public articles, in tokens of the model.
        retrieved_tokens: What a request carries of them now, on average.
        prefix: The prefix as it is now; `other_tokens` is the rest without what is retrieved.
        answer_tokens: The longest answer, which must fit the context too.
        on: The day whose prices count.

    Raises:
        SetupError: The model has no price on that day.
    """

    def both(calls_per_hour: float) -> tuple[CacheTime, float, float]:
        now = replace(prefix, calls_per_hour=calls_per_hour)
        ttl, manual = _manual_usd(model, offered, now, manual_tokens, on)
        return ttl, manual, _retrieval_usd(model, offered, now, retrieved_tokens, on)

    ttl, manual, retrieval = both(prefix.calls_per_hour)
    whole = replace(prefix, tokens=prefix.tokens + manual_tokens)
    fits = whole.tokens + whole.other_tokens + answer_tokens <= model.context
    better: Literal["manual", "retrieval"] = (
        "manual" if fits and manual < retrieval else "retrieval"
    )
    return ManualPlan(
        model=model.name,
        manual_tokens=manual_tokens,
        retrieved_tokens=retrieved_tokens,
        fits=fits,
        ttl=ttl,
        manual_usd=manual,
        retrieval_usd=retrieval,
        break_even=_crossing(both) if fits else inf,
        better=better,
        reason=_manual_reason(model, whole, (manual, retrieval), ttl, fits=fits),
    )


def _manual_usd(
    model: ModelSpec, offered: OnPlatform, prefix: Prefix, manual: int, on: date
) -> tuple[CacheTime, float]:
    whole = replace(prefix, tokens=prefix.tokens + manual, hit_rate=None)
    costs = {
        ttl: _input_usd(model, whole, plan_cache(model, offered, whole, ttl, on), on)
        for ttl in TIMES
    }
    best = min(TIMES, key=lambda ttl: costs[ttl])
    return best, costs[best]


def _crossing(both: Callable[[float], tuple[CacheTime, float, float]]) -> float:
    """Return the requests an hour from which the manual is the cheaper one, by halving."""

    def wins(calls_per_hour: float) -> bool:
        _, manual, retrieval = both(calls_per_hour)
        return manual < retrieval

    low, high = 0.0, _MOST_AN_HOUR
    if wins(low):
        return low
    if not wins(high):
        return inf
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if wins(middle) else (middle, high)
    return high


def _retrieval_usd(
    model: ModelSpec, offered: OnPlatform, prefix: Prefix, retrieved: int, on: date
) -> float:
    now = replace(prefix, other_tokens=prefix.other_tokens + retrieved, hit_rate=None)
    plans = [None, *(plan_cache(model, offered, now, ttl, on) for ttl in TIMES)]
    return min(_input_usd(model, now, plan, on) for plan in plans)


def _input_usd(model: ModelSpec, prefix: Prefix, plan: CachePlan | None, on: date) -> float:
    """Return dollars of input a thousand requests, less what a plan saves."""
    price = price_of(model, on, prefix.tokens + prefix.other_tokens)
    plain = THOUSAND * (prefix.tokens + prefix.other_tokens) * _dollars(price.input)
    saved = plan.saving_usd if plan is not None and plan.reaches is True else 0.0
    return plain - saved


def _break_even(price: Price, write: Decimal, read: Decimal, ttl: CacheTime) -> float:
    """Return the requests an hour at which h·read + (1-h)·write equals input."""
    if write <= read:
        return 0.0
    needed = float((write - price.input) / (write - read))
    return inf if needed >= 1 else -log(1 - max(0.0, needed)) / HOURS[ttl]


def _mixed(hits: float, read: Decimal, write: Decimal) -> float:
    return hits * _dollars(read) + (1 - hits) * _dollars(write)


def _dollars(pico_a_token: Decimal) -> float:
    return float(pico_a_token) / _PICO


def _explained(plan: CachePlan, *, known: bool, measured: bool) -> CachePlan:
    return replace(plan, reason=_reason(plan, known=known, measured=measured))


def _reason(plan: CachePlan, *, known: bool, measured: bool) -> str:
    if not known:
        return "nothing is known of a prompt cache for this model"
    if plan.reaches is False:
        return (
            f"the prefix has {plan.prefix_tokens:,} tokens, the model caches from "
            f"{plan.minimum or 0:,}: nothing would be cached"
        )
    how = "by the real times" if measured else f"at {plan.calls_per_hour:.1f} requests an hour"
    effect = (
        f"{plan.hit_rate:.0%} of requests would find it cached {how}, which "
        f"{'saves' if plan.saving_usd >= 0 else 'loses'} ${abs(plan.saving_usd):.4f} "
        f"a thousand; it pays above {plan.break_even:.1f} an hour"
    )
    if plan.reaches is None:
        return f"the model's shortest cached prefix is not known; if it is cached, {effect}"
    return effect


def _manual_reason(
    model: ModelSpec, whole: Prefix, usd: tuple[float, float], ttl: CacheTime, *, fits: bool
) -> str:
    if not fits:
        return (
            f"the manual and the prompt take {whole.tokens + whole.other_tokens:,} tokens, "
            f"more than the {model.context:,} of {model.name}"
        )
    manual, retrieval = usd
    cheaper = "cheaper" if manual < retrieval else "dearer"
    return (
        f"a thousand requests read ${manual:.4f} of input with the manual cached for {ttl}, "
        f"${retrieval:.4f} with retrieval: the manual is {cheaper}"
    )
