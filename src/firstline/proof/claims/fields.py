"""Values in the fields of a record, and the fields of JSON text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

import re2

from firstline.proof.claims.claim import Claim
from firstline.proof.claims.facts import Facts
from firstline.proof.claims.scan import MAX_TEXT, TextTooLongError, find_claims
from firstline.proof.claims.units import CURRENCIES, UNITS, singular

_MAX_JSON = 200_000
_MAX_DEPTH = 24
_MAX_FIELDS = 5_000
_NUMBER = re2.compile(r"^-?\d{1,24}(?:\.\d{1,12})?$")
_WORDS = re2.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_MONEY = frozenset(
    "price cost amount total subtotal fee balance payment refund charge paid credit due income"
    " deposit spend spent tax discount revenue salary value budget saving saved owed".split()
)
_PERCENT = frozenset("percent percentage pct rate apr apy share".split())
_IDS = frozenset(
    "id number reference ref code phone zip postcode account card last four digit flight"
    " confirmation tracking".split()
)
_NOT_UNITS = frozenset({"s", "h", "d", "w", "x", "m", "second", "min", "mo"})


def field_claims(fields: Sequence[tuple[str, str]], facts: Facts) -> tuple[tuple[int, Claim], ...]:
    """Return the values of a record's fields, each with the index of its field.

    The path of a field gives a bare number its unit: `price: 342.81` is money of whatever
    currency, `trial_days: 14` is 14 days, `seats.used: 12` is twelve of the nouns of its path.
    Offsets are those of the field's value. Values too long to be read have no claims.

    Args:
        fields: Paths and display values, as in `Evidence.fields`.
        facts: How the company writes money and days.
    """
    found: list[tuple[int, Claim]] = []
    currency = _currency_of(fields)
    for index, (path, value) in enumerate(fields[:_MAX_FIELDS]):
        if _NUMBER.match(value.strip()):
            found.extend((index, claim) for claim in _number_claims(path, value, currency))
        elif len(value) <= MAX_TEXT:
            try:
                claims = find_claims(value, facts)
            except TextTooLongError:
                continue
            found.extend((index, claim) for claim in claims)
    found.extend(_counts(fields[:_MAX_FIELDS]))
    return tuple(found)


def _counts(fields: Sequence[tuple[str, str]]) -> list[tuple[int, Claim]]:
    """Return how many items each list of the record has, with the index of its first field."""
    items: dict[str, tuple[int, set[str]]] = {}
    for index, (path, _) in enumerate(fields):
        parts = path.split(".")
        for depth, part in enumerate(parts):
            if depth and part.isdigit() and len(part) <= _LONGEST_INDEX:
                items.setdefault(".".join(parts[:depth]), (index, set()))[1].add(part)
    return [
        (first, claim)
        for path, (first, seen) in items.items()
        for claim in _number_claims(path, str(len(seen)), "")
        if claim.kind == "number"
    ]


_LONGEST_INDEX = 4


def _currency_of(fields: Sequence[tuple[str, str]]) -> str:
    """Return the currency that a field `currency` names for the whole record."""
    named = {
        value.strip().upper()
        for path, value in fields
        if path.rpartition(".")[2].lower() in ("currency", "currency_code")
    }
    return next(iter(named)) if len(named) == 1 and named <= set(CURRENCIES) else ""


def _number_claims(path: str, value: str, currency: str) -> list[Claim]:
    """Return what a bare number can be, given the path of its field."""
    try:
        number = abs(Decimal(value.strip()))
    except InvalidOperation:
        return []
    words = [singular(word.lower()) for word in _WORDS.findall(path)]
    last = words[-3:]
    plain = Claim(
        kind="number",
        start=0,
        end=len(value),
        low=number,
        high=number,
        key=" ".join(dict.fromkeys(word for word in words if not word.isdigit())) or "value",
    )
    claims = [plain]
    unit = next((UNITS[word] for word in last if word in UNITS and word not in _NOT_UNITS), None)
    if "business" in words and unit is not None and unit.base == "second":
        unit = UNITS.get("business days" if "day" in words else "business hours")
    if unit is not None and unit.kind not in ("money", "percent"):
        scaled = number * unit.factor
        claims.append(
            replace(plain, kind=unit.kind, low=scaled, high=scaled, unit=unit.base, key="")
        )
    claims.extend(_valued(plain, words, currency))
    if not _MONEY.isdisjoint(words[-2:]) and "cent" in words:
        cents = number / 100
        claims.append(replace(plain, kind="money", low=cents, high=cents, unit=currency, key=""))
    return claims


def _valued(plain: Claim, words: list[str], currency: str) -> list[Claim]:
    """Return a field's number as money, per cent or a reference, where its path says so."""
    claims = []
    code = next((word.upper() for word in words if word.upper() in CURRENCIES), currency)
    if not _MONEY.isdisjoint(words) or code != currency:
        claims.append(replace(plain, kind="money", unit=code, key=""))
    if not _PERCENT.isdisjoint(words):
        claims.append(replace(plain, kind="percent", key=""))
        if plain.low is not None and plain.low < 1:
            share = plain.low * 100
            claims.append(replace(plain, kind="percent", low=share, high=share, key=""))
    return claims


def json_fields(text: str) -> tuple[tuple[str, str], ...] | None:
    """Return the fields of JSON text as paths and values, None where it is no JSON to be read.

    Paths are joined with dots, list items have their index; keys that look like values (an item's
    id) come once more as the value of their parent's path. At most 200 kB, 24 levels and 5,000
    fields are read: anything more is None, never a part of it.
    """
    stripped = text.strip()
    if len(stripped) > _MAX_JSON or stripped[:1] not in ("{", "["):
        return None
    if _depth(stripped) > _MAX_DEPTH:
        return None
    try:
        value = json.loads(stripped, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    fields: list[tuple[str, str]] = []
    return tuple(fields) if _flatten("", value, fields) else None


_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))


def _depth(text: str) -> int:
    """Return an upper bound of how deeply brackets are nested, before anything parses them."""
    depth = deepest = 0
    brackets = text.encode("ascii", "ignore").translate(None, _NO_BRACKETS)
    for character in brackets.decode("ascii"):
        if character in "{[":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _flatten(path: str, value: object, fields: list[tuple[str, str]]) -> bool:
    """Append the fields below a value; False where there are too many."""
    if len(fields) >= _MAX_FIELDS:
        return False
    if isinstance(value, dict):
        for key, item in value.items():
            if any(character.isdigit() for character in key):
                fields.append((path, key))
            if not _flatten(f"{path}.{key}" if path else key, item, fields):
                return False
        return True
    if isinstance(value, list):
        return all(
            _flatten(f"{path}.{index}" if path else str(index), item, fields)
            for index, item in enumerate(value)
        )
    fields.append((path, _shown(value)))
    return True


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
