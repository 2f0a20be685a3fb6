"""How fast models may be asked: learned from the API's headers, or configured.

Pure but for its own memory; time comes from outside. Two uses:

- `tickets_per_minute` tells the durable queue, which all workers share, how many tickets it may
  start;
- `hold_seconds` keeps this process from asking while the API has said there is nothing left.

The API counts requests, input tokens without cache reads, and output tokens, each a token bucket
that refills all the time (`anthropic-ratelimit-*-limit|remaining|reset`), for every model apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

Kind = Literal["requests", "input-tokens", "output-tokens", "tokens"]
KINDS: Final[tuple[Kind, ...]] = ("requests", "input-tokens", "output-tokens", "tokens")
HEADROOM: Final = 0.9
"""The share of a learned limit that is used: retries and other programs want some."""
LONGEST_HOLD: Final = 60.0
"""Seconds; a header that says more is tried sooner, because buckets refill all the time."""
_RECENT: Final = 0.98
"""What each call leaves of the weight of those before it: about the last fifty count."""


@dataclass(slots=True)
class _Seen:
    """What is known of one model."""

    limits: dict[Kind, float] = field(default_factory=dict)
    held_until: float = 0.0
    calls: float = 0.0
    """Recent calls, older ones counting less; so the tokens below."""
    input: float = 0.0
    output: float = 0.0


class Pace:
    """The pace of all models of one process.

    Args:
        clock: Returns seconds that never go back.
        requests_per_minute: Of all models together, for all workers; 0: learned.
        tokens_per_minute: Input and output, likewise.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        requests_per_minute: int = 0,
        tokens_per_minute: int = 0,
    ) -> None:
        self._clock = clock
        self._requests = requests_per_minute
        self._tokens = tokens_per_minute
        self._seen: dict[str, _Seen] = {}

    def learn(self, model: str, headers: Mapping[str, str], now: datetime) -> None:
        """Take in the headers of an answer, of any status.

        Args:
            model: The model's name.
            headers: By lower-case name.
            now: This machine's time, used when the answer does not say the service's.
        """
        seen = self._of(model)
        for kind in KINDS:
            prefix = f"anthropic-ratelimit-{kind}-"
            limit = _number(headers.get(prefix + "limit"))
            if limit:
                seen.limits[kind] = limit
            if _number(headers.get(prefix + "remaining")) == 0:
                self.hold(model, _seconds_until(headers, prefix + "reset", now))

    def learn_usage(self, model: str, *, input_tokens: int, output_tokens: int) -> None:
        """Take in what one answered call used; tokens read from the cache are not limited."""
        for seen in self._seen.values():
            seen.calls *= _RECENT
            seen.input *= _RECENT
            seen.output *= _RECENT
        seen = self._of(model)
        seen.calls += 1
        seen.input += input_tokens
        seen.output += output_tokens

    def hold(self, model: str, seconds: float) -> None:
        """Let nobody ask `model` for some seconds."""
        seen = self._of(model)
        until = self._clock() + min(max(seconds, 0.0), LONGEST_HOLD)
        seen.held_until = max(seen.held_until, until)

    def hold_seconds(self, model: str) -> float:
        """Return how long a call of `model` has to wait."""
        seen = self._seen.get(model)
        return 0.0 if seen is None else max(0.0, seen.held_until - self._clock())

    def tickets_per_minute(self, calls_per_ticket: float, tokens_per_ticket: float) -> float | None:
        """Return how many tickets a minute all workers together may start, or None.

        The smallest of what the limits allow; a configured limit replaces the learned ones of its
        kind. A model that gets a tenth of the calls may have a limit of a tenth.

        Args:
            calls_per_ticket: Calls of any model, on average.
            tokens_per_ticket: Input and output tokens of all its calls.
        """
        rates = []
        if calls_per_ticket > 0:
            rates.append(self._by_requests(calls_per_ticket))
        if tokens_per_ticket > 0:
            rates.append(self._by_tokens(tokens_per_ticket))
        return min((rate for rate in rates if rate is not None), default=None)

    def _by_requests(self, calls_per_ticket: float) -> float | None:
        if self._requests:
            return self._requests / calls_per_ticket
        every = sum(seen.calls for seen in self._seen.values())
        rates = [
            HEADROOM * seen.limits["requests"] / (calls_per_ticket * _share(seen.calls, every))
            for seen in self._seen.values()
            if "requests" in seen.limits
        ]
        return min(rates, default=None)

    def _by_tokens(self, tokens_per_ticket: float) -> float | None:
        if self._tokens:
            return self._tokens / tokens_per_ticket
        every = sum(seen.input + seen.output for seen in self._seen.values())
        rates = [
            HEADROOM * seen.limits[kind] / (tokens_per_ticket * _share(used, every))
            for seen in self._seen.values()
            for kind, used in (
                ("input-tokens", seen.input),
                ("output-tokens", seen.output),
                ("tokens", seen.input + seen.output),
            )
            if kind in seen.limits
        ]
        return min(rates, default=None)

    def _of(self, model: str) -> _Seen:
        return self._seen.setdefault(model, _Seen())


def _share(part: float, whole: float) -> float:
    """Return the part's share; all of it when nothing is known, and never nothing."""
    return max(part / whole, 0.01) if whole > 0 else 1.0


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _seconds_until(headers: Mapping[str, str], name: str, now: datetime) -> float:
    """Return the seconds to a time in a header, by the service's own clock if it tells it."""
    try:
        reset = datetime.fromisoformat(headers.get(name, ""))
    except ValueError:
        return 1.0
    if reset.tzinfo is None:
        reset = reset.replace(tzinfo=UTC)
    with suppress(KeyError, ValueError, IndexError):  # Without it this machine's clock has to do.
        now = parsedate_to_datetime(headers["date"])
    return max(0.0, (reset - (now if now.tzinfo else now.replace(tzinfo=UTC))).total_seconds())
