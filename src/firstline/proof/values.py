"""Values in text that must come from somewhere: numbers, money, dates, addresses, links, codes."""

from __future__ import annotations

from collections.abc import Iterable

import re2

from firstline.proof.sentences import plain

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
_VALUE = re2.compile(
    r"(?i)https?://[^\s<>()\"]+"
    r"|[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"
    rf"|\b\d{{1,2}} (?:{_MONTHS})\b(?: \d{{4}})?"
    rf"|\b(?:{_MONTHS}) \d{{1,2}}\b(?:,? \d{{4}})?"
    r"|[A-Za-z]{0,3}[$€£¥]\s?\d[\d,.]*"
    r"|\b[\w\-]*\d[\w\-]*(?:[.,:/]\d[\w\-]*)*%?"
)
_LINK = re2.compile(r"(?i)\b[a-z][a-z0-9+.\-]*://[^\s<>\"]+|//[^\s<>\"]+|\bwww\.[^\s<>\"]+")
_TRAILING = ".,;:!?)]}'\""


def values(text: str) -> tuple[str, ...]:
    """Return every value in a text that evidence has to show, as written."""
    found = (match.group(0).rstrip(_TRAILING) for match in _VALUE.finditer(text))
    return tuple(value for value in found if value)


def links(text: str) -> tuple[str, ...]:
    """Return every link in a text, trailing punctuation removed."""
    return tuple(match.group(0).rstrip(_TRAILING) for match in _LINK.finditer(text))


def unsupported(text: str, sources: Iterable[str]) -> tuple[str, ...]:
    """Return the values of a text that none of the sources contains as a value of its own."""
    held: set[str] = set()
    for source in sources:
        held.add(plain(source).casefold())
        held.update(value.casefold() for value in values(plain(source)))
    return tuple(value for value in values(plain(text)) if value.casefold() not in held)
