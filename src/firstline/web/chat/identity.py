"""Who a visitor is: a token that the company's own site signs, or nobody.

    token = base64url(header) . base64url(claims) . base64url(HMAC-SHA256(secret, all before))

A JSON Web Token (RFC 7519) with `alg` HS256 and nothing else. The claims:

| claim          | must                                                                       |
|----------------|----------------------------------------------------------------------------|
| `sub`          | name the customer: the id of their record                                  |
| `aud`          | be the audience of [chat] in firstline.toml, or a list with it             |
| `exp`          | lie at most ten minutes ahead                                              |
| `nbf`, `iat`   | not lie ahead, where they are given                                        |
| `name`,`email` | be texts, where they are given                                             |

Two secrets count while one takes the other's place. They come from the environment or from a file
and are never shown; without any, every visitor is anonymous.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from firstline.errors import Place, SetupError
from firstline.store.chat_records import stripped

SECRET_VARIABLE: Final = "FIRSTLINE_CHAT_SECRET"  # noqa: S105 - the name of a variable
PREVIOUS_VARIABLE: Final = "FIRSTLINE_CHAT_SECRET_PREVIOUS"
FILE_VARIABLE: Final = "FIRSTLINE_CHAT_SECRET_FILE"
SHORTEST_SECRET: Final = 32
"""Characters: what HS256 asks for (RFC 7518, 3.2)."""
MOST_SECRETS: Final = 2
LONGEST_TOKEN: Final = 4_096
LONGEST_LIFE: Final = 600
"""Seconds a token may be good for."""
CLOCKS: Final = 30
"""Seconds the site's clock and ours may be apart."""
_LONGEST_CLAIM: Final = 320
_PARTS: Final = 3
_LARGEST_TIME: Final = 1 << 40
Refused = Literal[
    "no_secret", "malformed", "algorithm", "signature", "audience", "expired", "too_long", "claims"
]
"""Why a token counts for nothing: a code for the site's developers, never more than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who a token names."""

    subject: str
    name: str = ""
    email: str = ""


class Identity:
    """Reads the tokens of one company's site."""

    def __init__(self, secrets: tuple[bytes, ...], audience: str) -> None:
        self._secrets = secrets
        self._audience = audience

    def __repr__(self) -> str:
        """Say how many secrets there are, and none of them."""
        return f"Identity({len(self._secrets)} secrets)"

    @property
    def is_on(self) -> bool:
        """Whether any token can be read."""
        return bool(self._secrets)

    def read(self, token: str, now: datetime) -> Visitor | Refused:
        """Return who a token names, or why it counts for nothing. Takes anything."""
        if not self._secrets:
            return "no_secret"
        parts = token.split(".", _PARTS) if len(token) <= LONGEST_TOKEN else []
        if len(parts) != _PARTS or not token.isascii():
            return "malformed"
        header, claims, signature = (_decoded(part) for part in parts)
        if header is None or claims is None or signature is None:
            return "malformed"
        head = _object(header)
        if head is None or "crit" in head or head.get("alg") != "HS256":
            return "algorithm"
        if not self._signed(f"{parts[0]}.{parts[1]}".encode(), signature):
            return "signature"
        said = _object(claims)
        return "malformed" if said is None else self._visitor(said, now.timestamp())

    def _signed(self, said: bytes, signature: bytes) -> bool:
        # All secrets are tried, so that the time taken tells nothing about which one fits.
        fits = [
            hmac.compare_digest(hmac.digest(secret, said, hashlib.sha256), signature)
            for secret in self._secrets
        ]
        return any(fits)

    def _visitor(self, said: Mapping[str, Any], now: float) -> Visitor | Refused:
        if not self._is_audience(said.get("aud")):
            return "audience"
        expires = _time(said.get("exp"))
        if expires is None:
            return "claims"
        if expires + CLOCKS <= now:
            return "expired"
        if expires > now + LONGEST_LIFE + CLOCKS:
            return "too_long"
        for claim in ("nbf", "iat"):
            begins = _time(said[claim]) if claim in said else 0.0
            if begins is None or begins > now + CLOCKS:
                return "claims"
        subject, name, email = (said.get(claim, "") for claim in ("sub", "name", "email"))
        if not all(isinstance(item, str) for item in (subject, name, email)):
            return "claims"
        kept = stripped(subject, _LONGEST_CLAIM)
        if not kept or kept != subject:
            return "claims"
        return Visitor(
            subject=kept,
            name=stripped(name, _LONGEST_CLAIM),
            email=stripped(email, _LONGEST_CLAIM).lower(),
        )

    def _is_audience(self, said: object) -> bool:
        return said == self._audience or (isinstance(said, list) and self._audience in said)


def open_identity(audience: str, environment: Mapping[str, str] | None = None) -> Identity:
    """Return what reads the tokens of a company's site.

    The secrets are in FIRSTLINE_CHAT_SECRET and, while they change, FIRSTLINE_CHAT_SECRET_PREVIOUS,
    or one a line in the file that FIRSTLINE_CHAT_SECRET_FILE names.

    Raises:
        SetupError: A secret is too short, or the file cannot be read or holds too many.
    """
    held = os.environ if environment is None else environment
    path = held.get(FILE_VARIABLE, "").strip()
    if path:
        found, where = _from_file(Path(path)), path
    else:
        given = (held.get(SECRET_VARIABLE, ""), held.get(PREVIOUS_VARIABLE, ""))
        found, where = [item.strip() for item in given if item.strip()], SECRET_VARIABLE
    if len(found) > MOST_SECRETS:
        raise SetupError(
            f"there are {len(found)} secrets for chat identities",
            place=Place(file=where),
            fix="Keep the new one and the one it replaces, one a line",
        )
    for item in found:
        if len(item) < SHORTEST_SECRET:
            raise SetupError(
                f"a secret for chat identities has fewer than {SHORTEST_SECRET} characters",
                place=Place(file=where),
                fix="Make one with `openssl rand -hex 32` and give it to your site as well",
            )
    return Identity(tuple(item.encode() for item in found), audience)


def _from_file(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            "the file with the secrets for chat identities cannot be read",
            place=Place(file=str(path)),
            fix=f"Correct {FILE_VARIABLE}, or make the file readable for this user",
        ) from error
    return [line.strip() for line in lines if line.strip()]


def _decoded(part: str) -> bytes | None:
    """Return the bytes of base64url without padding; None for anything else."""
    if "=" in part or "+" in part or "/" in part:
        return None
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=") == part.encode() else None


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says something twice: two readers would understand two things."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _time(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _LARGEST_TIME else None
