"""Rate limits as token buckets, and the headers that tell of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the double takes in a minute. The headers say exactly this."""

    requests: int = 60_000
    input_tokens: int = 100_000_000
    output_tokens: int = 20_000_000


def moment(seconds: float) -> str:
    """Return a time since the epoch in RFC 3339, as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Bucket:
    """So many a minute, refilled continuously."""

    size: int
    left: float = -1.0
    at: float = 0.0

    def refill(self, now: float) -> None:
        """Add what has come in since the last look."""
        if self.left < 0:
            self.left = float(self.size)
        else:
            self.left = min(self.size, self.left + (now - self.at) * self.size / 60)
        self.at = now

    def seconds_until(self, wanted: float) -> float:
        """Return how long until so many are there; 0 when they are."""
        return max(0.0, (min(wanted, self.size) - self.left) * 60 / max(self.size, 1))


@dataclass(slots=True)
class Meter:
    """The three buckets of one organization."""

    limits: Limits
    requests: Bucket = field(init=False)
    input_tokens: Bucket = field(init=False)
    output_tokens: Bucket = field(init=False)

    def __post_init__(self) -> None:
        """Fill the buckets."""
        self.requests = Bucket(self.limits.requests)
        self.input_tokens = Bucket(self.limits.input_tokens)
        self.output_tokens = Bucket(self.limits.output_tokens)

    def take(self, input_tokens: int, now: float) -> tuple[str, float] | None:
        """Take one request, or say what is used up and for how many seconds."""
        for bucket in (self.requests, self.input_tokens, self.output_tokens):
            bucket.refill(now)
        for name, bucket, wanted in (
            (f"{self.limits.requests} requests", self.requests, 1),
            (f"{self.limits.input_tokens} input tokens", self.input_tokens, input_tokens),
            (f"{self.limits.output_tokens} output tokens", self.output_tokens, 1),
        ):
            if (seconds := bucket.seconds_until(wanted)) > 0:
                return name, seconds
        self.requests.left -= 1
        self.input_tokens.left = max(0.0, self.input_tokens.left - input_tokens)
        return None

    def spend(self, output_tokens: int) -> None:
        """Count what an answer was long: `max_tokens` does not count."""
        self.output_tokens.left = max(0.0, self.output_tokens.left - output_tokens)

    def headers(self, now: float, *, closed: float = 0.0) -> tuple[tuple[str, str], ...]:
        """Return the rate-limit headers of a response.

        Args:
            now: Seconds since the epoch.
            closed: Seconds for which no request is taken, whatever the buckets hold.
        """
        for bucket in (self.requests, self.input_tokens, self.output_tokens):
            bucket.refill(now)
        pairs: list[tuple[str, str]] = []
        both = Bucket(
            self.input_tokens.size + self.output_tokens.size,
            self.input_tokens.left + self.output_tokens.left,
            now,
        )
        for name, bucket in (
            ("requests", self.requests),
            ("input-tokens", self.input_tokens),
            ("output-tokens", self.output_tokens),
            ("tokens", both),
        ):
            start = f"anthropic-ratelimit-{name}"
            pairs.append((f"{start}-limit", str(bucket.size)))
            left, full = int(bucket.left), bucket.seconds_until(bucket.size)
            if closed and name == "requests":
                left, full = 0, max(full, closed)
            pairs.append((f"{start}-remaining", str(left)))
            pairs.append((f"{start}-reset", moment(ceil(now + full))))
        return tuple(pairs)
