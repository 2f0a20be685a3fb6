"""Finding e-mail addresses, phone numbers and IP addresses in text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import re2

from firstline.proof.account_numbers import Found
from firstline.proof.phones import find_phones

_OCTET = 255
_GROUPS = 8
"""Groups of a whole IPv6 address."""
_ADDRESS = re2.compile(
    r"[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_.%+'’\-]*[\p{L}\p{M}\p{N}_%+\-])?[@\x{FF20}]"
    r"(?:\[?[\p{L}\p{M}\p{N}\-]+(?:[.\x{FF0E}。][\p{L}\p{M}\p{N}\-]+)+)"
)
_SPELT = re2.compile(
    r"(?i)([a-z0-9_](?:[a-z0-9_.+\-]|\s?[(\[{]\s?dot\s?[)\]}]\s?|\s(?:dot|underscore|dash)\s){0,40})"
    r"(?:\s?[(\[{]\s?at\s?[)\]}]\s?|\sat\s|\s@\s?|@\s)"
    r"([a-z0-9\-]+(?:(?:\s?[(\[{]\s?dot\s?[)\]}]\s?|\sdot\s)[a-z0-9\-]+|\.[a-z0-9\-]+){1,4})"
)
_SPELT_SIGNS = (
    (re2.compile(r"(?i)\s?[(\[{]\s?dot\s?[)\]}]\s?|\sdot\s"), "."),
    (re2.compile(r"(?i)\sunderscore\s"), "_"),
    (re2.compile(r"(?i)\sdash\s"), "-"),
)
_SPELT_HINTS = ("dot", "(at", "( at", "[at", "[ at", "{at", "{ at", " @ ", "@ ")
_AT_WORD = re2.compile(r"(?i)[(\[{]\s?at\s?[)\]}]|\sdot\s|[(\[{]\s?dot")
_MAIL_WORD = re2.compile(r"(?i)mail|correo|courriel|address")
_SPELT_END = re2.compile(r"(?i)\.(?:[a-z]{2,4}|example|online|cloud|email|store|digital)$")
"""After words only endings that are usual: "see me at noon dot sharp" is no address."""
_DOMAIN_END = re2.compile(r"(?i)\.(?:\p{L}\p{L}+|xn--[a-z0-9\-]+)$|@\[?\d+\.\d+\.\d+\.\d+$")

_IP4 = re2.compile(r"\p{Nd}{1,3}(?:\.\p{Nd}{1,3}){3}")
_IP6 = re2.compile(r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%[a-z0-9]{1,15})?")
_VERSION = re2.compile(r"(?i)(?:version|ver\.?|release|build|\bv)\s*$")


def region_of(locale: str) -> str:
    """Return the country of a locale such as `en-AU`; empty when it names none."""
    last = locale.rpartition("-")[2]
    return last if last.isupper() else ""


@lru_cache(maxsize=8)
def find_personal(text: str, *, region: str = "") -> tuple[Found, ...]:
    """Find e-mail addresses, phone numbers and IP addresses, in order. Linear time.

    The last few texts are remembered: several checks ask about the same reply.

    Args:
        text: Any text.
        region: The country (`AU`) whose numbers are written without a country code; empty: none.
    """
    found = [*_emails(text), *_addresses_of_machines(text)]
    taken = sorted((item.start, item.end) for item in found)
    found.extend(
        Found("phone", start, end, 4)
        for start, end in find_phones(text, region=region, taken=taken)
    )
    return tuple(sorted(found, key=lambda item: (item.start, -item.end)))


def _emails(text: str) -> Iterator[Found]:
    if "@" in text or "\uff20" in text:
        for match in _ADDRESS.finditer(text):
            if _DOMAIN_END.search(match.group(0)):
                yield Found("email", match.start(), match.end(), 0)
    yield from (Found("email", start, end, 0) for start, end, _ in spelt_emails(text))


def spelt_emails(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield addresses written in words, `jo at acme dot com`: start, end, and as usual."""
    folded = text.casefold()
    if not any(sign in folded for sign in _SPELT_HINTS):
        return
    for match in _SPELT.finditer(text):
        whole = match.group(0)
        # "jo @ acme.com" is an address only where one is spoken of: "lunch @ acme.com" is none.
        spoken_of = _MAIL_WORD.search(text[max(0, match.start() - 24) : match.start()])
        if not _AT_WORD.search(whole) and not ("@" in whole and spoken_of):
            continue
        local, domain = match.group(1), match.group(2)
        for pattern, sign in _SPELT_SIGNS:
            local, domain = str(pattern.sub(sign, local)), str(pattern.sub(sign, domain))
        if _SPELT_END.search(domain):
            yield match.start(), match.end(), f"{local}@{domain}".casefold()


def _addresses_of_machines(text: str) -> Iterator[Found]:
    if text.count(".") >= len("..."):
        for match in _IP4.finditer(text):
            octets = map(int, match.group(0).split("."))
            version = _VERSION.search(text[max(0, match.start() - 12) : match.start()])
            if all(octet <= _OCTET for octet in octets) and not version:
                yield from _untouched(text, match.start(), match.end())
    if "::" in text or text.count(":") >= _GROUPS - 1:
        for match in _IP6.finditer(text):
            groups = match.group(0).split(":")
            if (len(groups) == _GROUPS or "::" in match.group(0)) and sum(map(bool, groups)) > 1:
                yield from _untouched(text, match.start(), match.end())


def _untouched(text: str, start: int, end: int) -> Iterator[Found]:
    if not _touched(text, start, end):
        yield Found("ip_address", start, end, 0)


def _touched(text: str, start: int, end: int) -> bool:
    """Whether a letter, digit or further part stands right beside a place."""
    before, after = text[max(0, start - 1) : start], text[end : end + 2]
    joined = len(after) > 1 and after[0] in ".:" and after[1].isdigit()
    return joined or before.isalnum() or before in {".", "_"} or after[:1].isalnum()
