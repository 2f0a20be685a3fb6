"""What a request costs: exact, in picodollars (10^-12 dollars), from the dated price table."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal, localcontext

from firstline.claude.specs import ModelSpec, price_of
from firstline.errors import SetupError
from firstline.records import Usage

PICO = 10**12
"""Picodollars in a dollar."""
_DIGITS = 60
"""More than any product of counts, prices and factors has: nothing is rounded on the way."""


def cost(
    model: ModelSpec,
    usage: Usage,
    *,
    at: datetime,
    batch: bool = False,
    write_1h: int = 0,
    regional: bool = False,
) -> int:
    """Return what a request cost, in picodollars; exact for every listed price.

    Args:
        model: Who answered.
        usage: What the API reported. `input` leaves out what was read from or written to the
            cache; the three together are the prompt, whose length chooses the price band.
        at: When it was asked; the price of that day (UTC) holds.
        batch: Whether it went through Message Batches.
        write_1h: How many of `usage.cache_write` have a time to live of one hour; the rest
            have five minutes. A server that reports more than were written means all of them.
        regional: Whether the endpoint was not the global one (`registry.is_regional`).

    Raises:
        SetupError: There is no price for that day, or none for cached tokens.
    """
    write_1h = max(0, min(write_1h, usage.cache_write))
    prompt = usage.input + usage.cache_read + usage.cache_write
    price = price_of(model, at.astimezone(UTC).date(), prompt)
    with localcontext() as context:
        context.prec = _DIGITS
        total = (
            usage.input * price.input
            + usage.output * price.output
            + _cached(model, usage.cache_read, price.read)
            + _cached(model, usage.cache_write - write_1h, price.write_5m)
            + _cached(model, write_1h, price.write_1h)
        )
        total *= price.batch if batch else 1
        total *= price.regional if regional else 1
        return _whole(total)


def reserve(
    model: ModelSpec,
    input_tokens: int,
    max_tokens: int,
    at: datetime,
    *,
    regional: bool = False,
    cache: str = "off",
) -> int:
    """Return the most a request may cost, in picodollars, before it is asked.

    Args:
        model: Who is asked.
        input_tokens: The whole prompt, estimated high.
        max_tokens: The longest answer, thinking included.
        at: When.
        regional: As for `cost`.
        cache: `off`, `5m` or `1h`: with a cache, all of the prompt may be written to it.

    Raises:
        SetupError: There is no price for that day, or none for cached tokens.
    """
    written = input_tokens if cache != "off" else 0
    usage = Usage(input=input_tokens - written, output=max_tokens, cache_write=written)
    return cost(model, usage, at=at, write_1h=written if cache == "1h" else 0, regional=regional)


def dollars(pico: int) -> float:
    """Return picodollars as dollars, for showing."""
    return pico / PICO


def _cached(model: ModelSpec, tokens: int, price: Decimal | None) -> Decimal:
    if not tokens:
        return Decimal(0)
    if price is None:
        raise SetupError(
            f"There is no price for cached tokens of {model.name}",
            fix='Set cache = "off" in [models]',
        )
    return tokens * price


def _whole(total: Decimal) -> int:
    """Return whole picodollars: a fraction, which no listed price makes, counts as one."""
    return int(total.to_integral_value(rounding=ROUND_CEILING))
