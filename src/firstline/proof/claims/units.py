"""The units that numbers come in, and what a number of one is in base units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from firstline.proof.claims.claim import ClaimKind


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: what kind of claim a number of it makes, its base unit, and how many of those."""

    kind: ClaimKind
    base: str
    factor: Decimal = Decimal(1)


_DAY = 86_400
_SECONDS: Mapping[str, int | str] = {
    "second seconds sec secs s": 1,
    "millisecond milliseconds ms": "0.001",
    "minute minutes min mins": 60,
    "hour hours hr hrs h": 3600,
    "day days d": _DAY,
    "night nights": _DAY,
    "week weeks wk wks w": 7 * _DAY,
    "fortnight fortnights": 14 * _DAY,
}
_MONTHS = {
    "month months mo mos mth mths": 1,
    "quarter quarters": 3,
    "year years yr yrs": 12,
    "decade decades": 120,
}
_SIZES = {
    "byte bytes": 1,
    "kb kilobyte kilobytes": 10**3,
    "mb megabyte megabytes": 10**6,
    "gb gig gigs gigabyte gigabytes": 10**9,
    "tb terabyte terabytes": 10**12,
    "pb petabyte petabytes": 10**15,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_SPEEDS = {
    "bps": 1,
    "kbps kbit/s": 10**3,
    "mbps mbit/s": 10**6,
    "gbps gbit/s": 10**9,
}
_LENGTHS: Mapping[str, int | str] = {
    "mm millimetre millimetres millimeter millimeters": "0.001",
    "cm centimetre centimetres centimeter centimeters": "0.01",
    "metre metres meter meters": 1,
    "km kms kilometre kilometres kilometer kilometers": 1000,
    "inch inches": "0.0254",
    "foot feet ft": "0.3048",
    "yard yards yd": "0.9144",
    "mile miles mi": "1609.344",
}
_WEIGHTS: Mapping[str, int | str] = {
    "mg milligram milligrams": "0.001",
    "gram grams": 1,
    "kg kgs kilo kilos kilogram kilograms": 1000,
    "lb lbs": "453.59237",
    "oz ounce ounces": "28.349523125",
    "tonne tonnes": 10**6,
}
_OTHERS: Mapping[str, tuple[str, int | str]] = {
    "ml millilitre millilitres milliliter milliliters": ("litre", "0.001"),
    "litre litres liter liters": ("litre", 1),
    "watt watts w": ("watt", 1),
    "kw kilowatt kilowatts": ("watt", 1000),
    "kwh": ("kilowatt hour", 1),
    "mah": ("milliampere hour", 1),
    "volt volts": ("volt", 1),
    "hz hertz": ("hertz", 1),
    "khz": ("hertz", 10**3),
    "mhz": ("hertz", 10**6),
    "ghz": ("hertz", 10**9),
    "px pixel pixels": ("pixel", 1),
    "mp megapixel megapixels": ("megapixel", 1),
    "\x13c \x13 c degrees celsius": ("degree celsius", 1),
    "\x13f \x13 f": ("degree fahrenheit", 1),
    "x": ("time", 1),
}
_PERCENT = {"%": "", "percent": "", "per cent": "", "pct": "", "percentage points": "point"}
_MONEY_WORDS = {
    "dollars dollar bucks buck": "$",
    "euros euro": "EUR",
    "pounds sterling": "GBP",
    "pound sterling": "GBP",
    "quid": "GBP",
    "yen": "JPY",
    "rupees rupee": "INR",
    "yuan": "CNY",
    "francs franc": "CHF",
    "pesos peso": "MXN",
    "kr kroner kronor": "kr",
}
CURRENCIES = (
    "USD AUD CAD NZD SGD HKD TWD MXN FJD JMD EUR GBP JPY CNY INR KRW CHF SEK NOK DKK ISK CZK PLN"
    " HUF RON BGN TRY RUB ILS ZAR BRL ARS CLP COP PEN THB MYR IDR PHP VND AED SAR QAR KWD EGP NGN"
    " KES GHS PKR BDT LKR UAH RMB USDC USDT BTC ETH"
).split()
WORD_CODES = frozenset("TRY PEN COP RON RUB ARS CLP".split())
"""Currency codes that are words or names as well, unless they are in capitals."""
PREFIXES = {
    "$": "$",
    "\x01": "EUR",
    "\x02": "GBP",
    "\x03": "\x03",
    "\x04": "INR",
    "\x05": "KRW",
    "\x06": "TRY",
    "\x07": "RUB",
    "\x08": "ILS",
    "\x0e": "PHP",
    "us$": "USD",
    "a$": "AUD",
    "au$": "AUD",
    "aud$": "AUD",
    "c$": "CAD",
    "ca$": "CAD",
    "cad$": "CAD",
    "nz$": "NZD",
    "s$": "SGD",
    "sg$": "SGD",
    "hk$": "HKD",
    "nt$": "TWD",
    "mx$": "MXN",
    "r$": "BRL",
    "usd$": "USD",
    "rs.": "INR",
    "rs": "INR",
    "kr": "kr",
    "fr.": "CHF",
} | {code.lower(): code for code in CURRENCIES}
"""What may stand before an amount, lower-cased, and its currency; `$`, `kr` and the yen sign are
shared by several."""


def _spread(table: Mapping[str, int | str], kind: ClaimKind, base: str) -> dict[str, Unit]:
    return {
        word: Unit(kind, base, Decimal(factor))
        for words, factor in table.items()
        for word in words.split()
    }


UNITS: dict[str, Unit] = (
    {
        word: Unit("quantity", base, Decimal(factor))
        for words, (base, factor) in _OTHERS.items()
        for word in (words.split() if "\x13" not in words else (words[:2], words[3:6].strip()))
    }
    | _spread(_SECONDS, "duration", "second")
    | _spread(_MONTHS, "duration", "month")
    | _spread(_SIZES, "quantity", "byte")
    | _spread(_SPEEDS, "quantity", "bit/second")
    | _spread(_LENGTHS, "quantity", "metre")
    | _spread(_WEIGHTS, "quantity", "gram")
    | {word: Unit("percent", base) for word, base in _PERCENT.items()}
    | {"percentage point": Unit("percent", "point")}
    | {word: Unit("percent", "", Decimal("0.01")) for word in ("bps", "basis points")}
    | {
        word: Unit("money", currency)
        for words, currency in _MONEY_WORDS.items()
        for word in ([words] if words.endswith("sterling") else words.split())
    }
    | {code.lower(): Unit("money", code) for code in CURRENCIES}
    | {word: Unit("money", "cent", Decimal("0.01")) for word in ("cents", "cent", "\x0f")}
    | {word: Unit("money", PREFIXES[word]) for word in ("\x01", "\x02", "\x03", "\x04", "$")}
    | {
        f"{kind} {word}": Unit("duration", f"business {base}")
        for kind in ("business", "working", "work", "banking", "trading")
        for base, words in (("day", ("day", "days")), ("hour", ("hour", "hours")))
        for word in words
    }
    | {word: Unit("duration", "business day") for word in ("weekday", "weekdays")}
    | {word: Unit("duration", "business day", Decimal(5)) for word in ("business weeks",)}
)
"""Unit as written, lower-cased with single spaces, to what it means."""

PERIODS = {
    word: period
    for words, period in {
        "month months mo mos mth monthly p.m.": "month",
        "year years yr yrs annum annually yearly annual p.a. pa": "year",
        "week weeks wk weekly": "week",
        "fortnight fortnightly": "fortnight",
        "day days daily": "day",
        "night nights nightly": "night",
        "hour hours hr hrs h hourly": "hour",
        "minute minutes min": "minute",
        "second seconds sec s": "second",
        "quarter quarters quarterly": "quarter",
        "person people passenger pax head": "person",
        "member members": "member",
        "user users": "user",
        "seat seats": "seat",
    }.items()
    for word in words.split()
}
"""Words after "per", "a" or "/" that are one period or thing, however they are written."""


_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "feet": "foot",
    "licences": "license",
    "licence": "license",
    "licenses": "license",
    "series": "series",
    "criteria": "criterion",
    "lives": "life",
    "movies": "movie",
    "cookies": "cookie",
    "businesses": "business",
    "buses": "bus",
    "statuses": "status",
    "bonuses": "bonus",
    "viruses": "virus",
    "lenses": "lens",
    "data": "data",
}


def singular(word: str) -> str:
    """Return a lower-case noun in the singular; a word that is no plural is returned as it is."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("ss", "us", "is")) or len(word) <= len("gas") or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zzes")):
        return word[:-2]
    return word[:-1]


def is_plural(word: str) -> bool:
    """Whether a lower-case word looks like a plural."""
    return singular(word) != word
