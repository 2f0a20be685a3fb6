"""Links, addresses, telephone numbers, versions and references: equal or not."""

from __future__ import annotations

import re2

from firstline.proof.claims.claim import Claim

_TRAILING = b".,;:!?)]}'\"|>"
_LINK = re2.compile(rb"(?i)(?:https?|ftp)://[^\s<>\"\x1f]+|\bwww\.[^\s<>\"\x1f]+")
_TLDS = (
    "com|org|net|io|co|edu|gov|app|dev|ai|info|biz|me|example|test|invalid|au|uk|nz|ca|us|de|fr|eu"
    "|ch|at|es|it|nl|se|jp|in|help|support|shop|store|cloud|online|site"
)
_DOMAIN = re2.compile(
    rf"(?i)\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+){{0,5}}\.(?:{_TLDS})\b(?:/[^\s<>\"\x1f]*)?".encode()
)
_DOT_TLD = re2.compile(rf"(?i)[a-z0-9-]\.(?:{_TLDS})\b".encode())
_LOCAL = re2.compile(rb"(?i)[a-z0-9._%+'-]+$")
_HOST = re2.compile(rb"(?i)[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_LONGEST_LOCAL = 64
_LONGEST_HOST = 253
_MOST = 2000


def find_addresses(data: bytes) -> list[Claim]:
    """Return links and e-mail addresses of a folded text, in order, none inside another."""
    found: list[Claim] = []
    if b"://" in data or b"www." in data.lower():
        for match in _LINK.finditer(data):
            claim = _link(data, match.start(), match.end())
            found.append(claim)
    if b"@" in data:
        found.extend(_emails(data))
    if b"." in data:
        found.extend(_domains(data))
    found.sort(key=lambda claim: (claim.start, -claim.end))
    kept: list[Claim] = []
    for claim in found:
        if not kept or claim.start >= kept[-1].end:
            kept.append(claim)
    return kept


def _link(data: bytes, start: int, end: int) -> Claim:
    text = data[start:end]
    if b"](" in text:
        text = text[: text.index(b"](")]
    stripped = text.rstrip(_TRAILING)
    if b"(" in stripped and text[len(stripped) : len(stripped) + 1] == b")":
        stripped += b")"
    key = stripped.decode("ascii")
    host, slash, path = (
        key.partition("://")[2].partition("/") if "://" in key else key.partition("/")
    )
    host = host.lower().removeprefix("www.")
    return Claim(
        kind="url",
        start=start,
        end=start + len(stripped),
        key=f"{host}{slash}{path}".rstrip("/"),
    )


def _domains(data: bytes) -> list[Claim]:
    if b"." not in data.rstrip(b". \n") or _DOT_TLD.search(data) is None:
        return []
    return [_link(data, match.start(), match.end()) for match in _DOMAIN.finditer(data)]


def _emails(data: bytes) -> list[Claim]:
    found: list[Claim] = []
    at = -1
    for _ in range(_MOST):
        at = data.find(b"@", at + 1)
        if at < 0:
            break
        local = _LOCAL.search(data[max(0, at - _LONGEST_LOCAL) : at])
        host = _HOST.match(data[at + 1 : at + 1 + _LONGEST_HOST])
        if local is None or host is None:
            continue
        start = at - len(local.group(0))
        end = at + 1 + host.end()
        key = data[start:end].decode("ascii").lower().strip("'.-")
        found.append(Claim(kind="email", start=start, end=end, key=key))
    return found


_DIGITS = bytes(set(range(256)) - set(b"0123456789"))


def only_digits(data: bytes) -> str:
    """Return the digits of a piece of folded text."""
    return data.translate(None, _DIGITS).decode("ascii")


_KEYPAD = {
    letter: str(2 + index)
    for index, letters in enumerate("abc def ghi jkl mno pqrs tuv wxyz".split())
    for letter in letters
}


def read_phone(data: bytes, start: int, end: int) -> Claim:
    """Return a telephone number; its key is its digits, with `+` where the text has one."""
    text = data[start:end].decode("ascii").lower()
    digits = "".join(_KEYPAD.get(letter, letter) for letter in text if letter.isalnum())
    plus = "+" if text.startswith("+") else ""
    return Claim(kind="phone", start=start, end=end, key=plus + digits.replace("_", ""))


def read_version(data: bytes, start: int, end: int) -> Claim:
    """Return a version; its key is the number alone."""
    text = data[start:end].decode("ascii").lower().split()[-1].lstrip("#v")
    return Claim(kind="version", start=start, end=end, key=text)


def read_reference(data: bytes, start: int, end: int) -> Claim:
    """Return an order number, a ticket, a code; its key is in capitals, without `#`."""
    text = " ".join(data[start:end].decode("ascii").upper().replace("#", " ").split())
    return Claim(kind="reference", start=start, end=end, key=text)
