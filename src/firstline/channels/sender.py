"""Who a mail is from, and whether the receiving server vouches for that (R3.6).

Anybody can write any From. A server that checked it says so in Authentication-Results
(RFC 8601); only the topmost such header counts, since those below came with the mail.
"""

from __future__ import annotations

from typing import NamedTuple

import re2

Headers = tuple[tuple[str, str], ...]

_MAX_ADDRESS = 320
_SIGN = r"[^<>()\[\]\",;:\\\pC\pZ]"
_IN_ANGLES = r"[^<>\pC\pZ]"
"""Neither space nor control, of any script: some of them end a line to the library."""
_ADDRESS = re2.compile(rf"{_SIGN}+@{_SIGN}+")
_ANGLED = re2.compile(rf"<\s*({_IN_ANGLES}+@{_IN_ANGLES}+)\s*>")
_PASS = re2.compile(r"(?i)^\s*dmarc(?:\s*/\s*\d+)?\s*=\s*pass(?:\s|$)")
_FAIL = re2.compile(r"(?i)^\s*dmarc(?:\s*/\s*\d+)?\s*=\s*fail(?:\s|$)")
_DMARC = re2.compile(r"(?i)^\s*dmarc(?:\s*/\s*\d+)?\s*=")
_FROM_DOMAIN = re2.compile(r'(?i)\sheader\.from\s*=\s*"?([^\s";]+)')


class Sender(NamedTuple):
    """The address in From."""

    address: str | None
    """In lower case."""
    certain: bool
    """Whether From held exactly one address."""


def address_in(values: list[str]) -> Sender:
    """Return the address of the From headers; the first when there are several."""
    found: list[str] = []
    for value in values:
        bare = _without_comments(value, quotes=False)
        angled = _ANGLED.findall(bare)
        found.extend(angled or _ADDRESS.findall(bare))
    addresses = [address.lower()[:_MAX_ADDRESS] for address in found]
    return Sender(addresses[0] if addresses else None, len(values) == 1 and len(addresses) == 1)


def addresses_in(value: str) -> list[str]:
    """Return the addresses of a list such as To, in order, in lower case.

    Quoted names go first: they hold commas that part nothing.
    """
    pieces = _without_comments(value, quotes=False).split(",")
    return [found for piece in pieces if (found := address_in([piece]).address)]


def vouched_for(sender: Sender, headers: Headers, authservs: tuple[str, ...] | None) -> bool:
    """Whether the receiving server says that the mail is from the domain of its sender.

    Args:
        sender: What From says.
        headers: All headers, topmost first.
        authservs: The names the receiving server goes by; None means any.
    """
    if not sender.certain or sender.address is None:
        return False
    domain = sender.address.rpartition("@")[2]
    verdicts = _verdicts(headers, authservs)
    return bool(verdicts) and all(_passes(method, domain) for method in verdicts)


def denied(headers: Headers, authservs: tuple[str, ...]) -> bool:
    """Whether the receiving server says that the mail is not from whom its From names.

    Mail that was submitted at the server itself is often not checked, and so not denied either.
    """
    return any(_FAIL.match(method) for method in _verdicts(headers, authservs))


def _verdicts(headers: Headers, authservs: tuple[str, ...] | None) -> list[str]:
    """Return what the receiving server says of DMARC."""
    results = next((value for name, value in headers if name == "authentication-results"), "")
    server, *methods = _without_comments(results, quotes=True).split(";")
    name = server.split()[0].lower() if server.split() else ""
    if authservs is not None and name not in {known.lower() for known in authservs}:
        return []
    return [method for method in methods if _DMARC.match(method)]


def _passes(method: str, domain: str) -> bool:
    found = _FROM_DOMAIN.search(method)
    return bool(_PASS.match(method)) and bool(found) and found.group(1).lower() == domain


def _without_comments(value: str, *, quotes: bool) -> str:
    """Return a header without its comments; without its quoted strings too unless `quotes`.

    What stands in either was written by the sender: `(dmarc=pass)` proves nothing. Quoted
    strings that are kept lose their semicolons and spaces, so that they stay one value.
    """
    kept: list[str] = []
    depth = 0
    quoted = False
    escaped = False
    for sign in value:
        if escaped:
            escaped = False
        elif sign == "\\" and (quoted or depth):
            escaped = True
        elif sign == '"' and not depth:
            quoted = not quoted
        elif quoted:
            if quotes and sign not in "; \t":
                kept.append(sign)
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(sign)
    return "".join(kept)
