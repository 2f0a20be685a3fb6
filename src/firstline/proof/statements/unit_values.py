"""The values of a text or of a unit of evidence, as typed claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from firstline.proof.claims import Claim, Facts, TextTooLongError, field_claims, find_claims
from firstline.proof.statements.reading import Field, Passage
from firstline.proof.statements.words import Words


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of the evidence and the unit it stands in."""

    claim: Claim
    unit: int
    """Number on the shelf."""


def made_claims(text: str, facts: Facts) -> tuple[Claim, ...]:
    """Return the values of a statement; none where it is too long to be read."""
    try:
        found = find_claims(text, facts)
    except TextTooLongError:
        return ()
    return tuple(_as_said(claim, text) for claim in found)


def _as_said(claim: Claim, text: str) -> Claim:
    """Return a value without words that only look like a bound.

    When something has been so "since" a day, that is the day it was done; what "adds up to" an
    amount is that amount.
    """
    told = text[claim.start : claim.end].lower()
    since = claim.kind == "date" and told.startswith(("since", "from"))
    adds = told.startswith("up to") and text[: claim.start].rstrip().lower().endswith(ADDING)
    return replace(claim, bound="exact") if since or adds else claim


ADDING: Final = ("add", "adds", "added", "adding", "come", "comes", "sum", "sums")


def claimed_words(read: Words, claims: Sequence[Claim]) -> frozenset[int]:
    """Return the words that belong to values, by position."""
    found: set[int] = set()
    at = 0
    for claim in claims:
        while at < len(read.words) and read.ends[at] <= claim.start:
            at += 1
        place = at
        while place < len(read.words) and read.starts[place] < claim.end:
            found.add(place)
            place += 1
    return frozenset(found)


def unit_claims(unit: Passage, facts: Facts) -> tuple[Claim, ...]:
    """Return the values of a unit of evidence."""
    if unit.fields:
        return _field_claims(unit.text, unit.fields, facts)
    return text_claims(unit.text, facts)


@lru_cache(maxsize=4096)
def text_claims(text: str, facts: Facts) -> tuple[Claim, ...]:
    """Return the values of a text of the evidence, remembered."""
    return made_claims(text, facts)


@lru_cache(maxsize=1024)
def _field_claims(text: str, fields: tuple[Field, ...], facts: Facts) -> tuple[Claim, ...]:
    return tuple(claim for _, claim in _owned_claims(text, fields, facts))


def owners(unit: Passage, facts: Facts) -> tuple[tuple[str, Claim], ...]:
    """Return the values of an object of a record, each with the path of its field."""
    return _owned_claims(unit.text, unit.fields, facts)


@lru_cache(maxsize=1024)
def _owned_claims(
    text: str, fields: tuple[Field, ...], facts: Facts
) -> tuple[tuple[str, Claim], ...]:
    pairs = [(field.path, text[field.start : field.end]) for field in fields]
    return tuple((fields[at].path, claim) for at, claim in field_claims(pairs, facts))


def is_local(made: Claim, facts: Facts) -> bool:
    """Whether an amount may be in the company's own currency."""
    currency = made.unit.partition("/")[0]
    return currency in ("", facts.dollar, _CURRENCIES.get(facts.region, "EUR"))


_CURRENCIES: Final = {
    "GB": "GBP",
    "CH": "CHF",
    "JP": "JPY",
    "CN": "CNY",
    "IN": "INR",
    "SE": "SEK",
    "NO": "NOK",
    "DK": "DKK",
    "PL": "PLN",
    "BR": "BRL",
    **dict.fromkeys(("US", "PR", "GU"), "USD"),
    **dict.fromkeys(("AU",), "AUD"),
    "CA": "CAD",
    "NZ": "NZD",
    "SG": "SGD",
    "HK": "HKD",
    "MX": "MXN",
}
