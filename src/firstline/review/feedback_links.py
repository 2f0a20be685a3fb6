"""Links by which a customer says whether a reply helped: signed, expiring, without a login.

    token = base64url( version . answer . expiry . ticket id . HMAC-SHA256(key, all before) )

The ticket's id is a hash of ours; nothing of the customer is in a token. Who holds a token can
only say yes, no or "more help" to that one reply, until it expires. Whoever receives the click
must ask once more (a button, by POST) before it is recorded: mail scanners follow links.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from firstline.errors import Place, SetupError
from firstline.records import TicketId
from firstline.store.feedback import ANSWERS, FeedbackAnswer

KEY_FILE: Final = "feedback.key"
VALID: Final = timedelta(days=30)
_VERSION: Final = 1
_HEAD = struct.Struct(">BBI")
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 32
_LONGEST: Final = 400
"""Characters of a token that are looked at."""
_CONTEXT: Final = b"firstline feedback link\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """What a valid token says."""

    ticket: TicketId
    answer: FeedbackAnswer
    expires_at: datetime


class FeedbackLinks:
    """Makes and reads the tokens of one company."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a key has at least {_KEY_BYTES} bytes")
        self._key = key

    def token(self, ticket: TicketId, answer: FeedbackAnswer, expires_at: datetime) -> str:
        """Return the token for one answer to one reply."""
        head = _HEAD.pack(_VERSION, ANSWERS.index(answer), int(expires_at.timestamp()))
        said = head + ticket.encode()
        return base64.urlsafe_b64encode(said + self._sign(said)).decode().rstrip("=")

    def tokens(
        self, ticket: TicketId, now: datetime, *, valid: timedelta = VALID
    ) -> dict[FeedbackAnswer, str]:
        """Return the tokens that go out with a reply."""
        return {answer: self.token(ticket, answer, now + valid) for answer in ANSWERS}

    def read(self, token: str, now: datetime) -> Click | Literal["invalid", "expired"]:
        """Return what a token says, or what is wrong with it. Takes anything."""
        if len(token) > _LONGEST or not token.isascii():
            return "invalid"
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return "invalid"
        said, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(said)) or len(said) <= _HEAD.size:
            return "invalid"
        version, answer, expiry = _HEAD.unpack(said[: _HEAD.size])
        if version != _VERSION or answer >= len(ANSWERS):
            return "invalid"
        expires_at = datetime.fromtimestamp(expiry, UTC)
        if now >= expires_at:
            return "expired"
        ticket = TicketId(said[_HEAD.size :].decode())
        return Click(ticket=ticket, answer=ANSWERS[answer], expires_at=expires_at)

    def _sign(self, said: bytes) -> bytes:
        return hmac.digest(self._key, _CONTEXT + said, hashlib.sha256)


def open_links(data: Path) -> FeedbackLinks:
    """Return the links of a workspace, making their key on first use, for its owner only.

    Raises:
        SetupError: The key cannot be read or written, or is damaged.
    """
    path = data / KEY_FILE
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise SetupError(
            f"the key of the feedback links cannot be used ({error.strerror})",
            place=Place(file=str(path)),
            fix="Make the file readable, and its folder writable, for this user",
        ) from error
    if len(key) != _KEY_BYTES:
        raise SetupError(
            "the key of the feedback links is damaged",
            place=Place(file=str(path)),
            fix="Delete the file: a new one is made, and links that were sent stop working",
        )
    return FeedbackLinks(key)


def _make_key(path: Path) -> None:
    """Write the key whole or not at all; of several processes the first one's stays."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            return
    finally:
        beside.unlink(missing_ok=True)
