"""What has to be known about a company to read values in its texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_DOLLARS = {
    "US": "USD",
    "AU": "AUD",
    "CA": "CAD",
    "NZ": "NZD",
    "SG": "SGD",
    "HK": "HKD",
    "TW": "TWD",
    "MX": "MXN",
    "FJ": "FJD",
    "JM": "JMD",
}
_CROWNS = {"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK", "CZ": "CZK"}
_MONTH_FIRST = frozenset({"US", "PH", "FM", "PW", "GU", "PR"})
_COMMA_IS_DECIMAL = frozenset("DE FR ES IT NL SE NO DK PT AT BE PL BR".split())
_REGION_OF = {
    "en": "US",
    "de": "DE",
    "fr": "FR",
    "es": "ES",
    "it": "IT",
    "nl": "NL",
    "sv": "SE",
    "nb": "NO",
    "no": "NO",
    "da": "DK",
    "ja": "JP",
    "zh": "CN",
    "pt": "PT",
}
DOLLARS = frozenset(_DOLLARS.values())
CROWNS = frozenset(_CROWNS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How a company writes money and days."""

    locale: str = "en-US"
    """As in firstline.toml: language and, after a hyphen, region."""
    today: date | None = None
    """The day the text was written; without it "tomorrow" stays a word."""

    @property
    def region(self) -> str:
        """ISO 3166 code of the country, the language's own where the locale names none."""
        return _region(self.locale)

    @property
    def dollar(self) -> str:
        """The currency a bare "$" most likely is."""
        return _DOLLARS.get(self.region, "USD")

    @property
    def crown(self) -> str:
        """The currency a bare "kr" most likely is."""
        return _CROWNS.get(self.region, "SEK")

    @property
    def yen(self) -> str:
        """The currency a bare "¥" most likely is."""
        return "CNY" if self.region == "CN" else "JPY"

    @property
    def day_first(self) -> bool:
        """Whether 03/04/2026 is 3 April."""
        return self.region not in _MONTH_FIRST

    @property
    def pounds_are_money(self) -> bool:
        """Whether "50 pounds" is money rather than weight."""
        return self.region in ("GB", "IE", "GG", "JE", "IM")

    @property
    def comma_is_decimal(self) -> bool:
        """Whether 1.234 is more than a thousand."""
        return self.region in _COMMA_IS_DECIMAL


@lru_cache(maxsize=64)
def _region(locale: str) -> str:
    parts = locale.replace("_", "-").split("-")
    regions = [part.upper() for part in parts[1:] if len(part) == len("US")]
    return regions[0] if regions else _REGION_OF.get(parts[0].lower(), "US")
