"""Keeps secrets and full card numbers out of the customer records that are taken over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import re2

from firstline.workspace.adopt.tables import Record, folded, words_of

_SECRET_WORDS = frozenset(
    "cvv cvv2 cvc cvc2 csc password passwd passcode passphrase pwd secret secrets ssn tfn "
    "maiden salt otp credentials".split()
)
_SECRET_PAIRS = tuple(
    frozenset(pair.split())
    for pair in (
        "social security",
        "security code",
        "security answer",
        "api key",
        "private key",
        "access token",
        "auth token",
        "refresh token",
        "session token",
        "card verification",
        "tax file",
    )
)
_CARD_NUMBER = frozenset({"cardnumber", "ccnumber", "creditcardnumber", "debitcardnumber", "pan"})
_CARD_WORDS = frozenset({"card", "cc"})
_DIGITS = re2.compile(r"(?:\d[ -]?){12,18}\d")
_ISSUER = re2.compile(r"^(?:4|5[1-5]|2[2-7]|3[0-8]|6)")
_SHORTEST_CARD = 13
_MOSTLY = 0.5


class SecretFields:
    """Decides which fields of a set of records are secret, then removes them."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._seen: dict[str, int] = {}
        self._cards: dict[str, int] = {}
        self.dropped: set[str] = set()
        """Paths, without list positions, that were removed."""
        self.masked: set[str] = set()
        """Paths in whose values a card number was masked."""
        for record in records:
            self._learn("", record)

    def clean(self, record: Record) -> Record:
        """Return a record without secrets; a card number inside other text is masked."""
        cleaned: Record = self._clean("", record)
        return cleaned

    def _learn(self, path: str, value: Any) -> None:
        for inner, entry in _entries(path, value):
            if isinstance(entry, dict | list):
                self._learn(inner, entry)
            else:
                self._seen[inner] = self._seen.get(inner, 0) + 1
                if _is_card(str(entry)):
                    self._cards[inner] = self._cards.get(inner, 0) + 1

    def _clean(self, path: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: self._clean(_join(path, key), entry)
                for key, entry in value.items()
                if not self._is_dropped(_join(path, key), key, entry)
            }
        if isinstance(value, list):
            return [self._clean(path, entry) for entry in value]
        if isinstance(value, str) and len(value) >= _SHORTEST_CARD and _DIGITS.search(value):
            masked = _DIGITS.sub(_mask, value)
            if masked != value:
                self.masked.add(path)
            return masked
        return value

    def _is_dropped(self, path: str, key: str, value: Any) -> bool:
        cards = self._cards.get(path, 0)
        secret = _is_secret_name(key) or cards > _MOSTLY * self._seen.get(path, 1)
        if secret and value not in (None, ""):
            self.dropped.add(path)
        return secret


def _entries(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((_join(path, key), entry) for key, entry in value.items())
    elif isinstance(value, list):
        yield from ((path, entry) for entry in value)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


@lru_cache(maxsize=4096)
def _is_secret_name(name: str) -> bool:
    words = words_of(name)
    if words & _SECRET_WORDS or any(pair <= words for pair in _SECRET_PAIRS):
        return True
    if "pin" in words and "code" not in words:
        return True
    is_number = "number" in words and "last" not in words
    return folded(name) in _CARD_NUMBER or bool(words & _CARD_WORDS and is_number)


def _is_card(text: str) -> bool:
    """Tell whether a text is one payment card number: 13 to 19 digits with a Luhn check."""
    if len(text) < _SHORTEST_CARD or not text[-1].isdigit():
        return False
    return _DIGITS.fullmatch(text.strip()) is not None and _has_card_digits(text)


def _has_card_digits(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    if not _ISSUER.match("".join(map(str, digits))):
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _mask(match: Any) -> str:
    text: str = match.group(0)
    if not _has_card_digits(text):
        return text
    return "****" + "".join(char for char in text if char.isdigit())[-4:]
