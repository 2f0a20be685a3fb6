"""Encoded stretches: what carries data out, or hides words from the reader."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from itertools import islice, pairwise

import re2

from firstline.proof.outgoing.fault import Fault

_LONG = re2.compile(r"[A-Za-z0-9+/_=-]{20,}")
_PADDED = re2.compile(r"(?:^|[^A-Za-z0-9+/=])([A-Za-z0-9+/]{6,}={1,2})(?:[^A-Za-z0-9+/=]|$)")
_RUN = re2.compile(r"[A-Za-z0-9]{16,}")
_PAIRS = re2.compile(
    r"(?:(?:0x|\\x|%)[0-9A-Fa-f]{2}[ ,;]?){4,}|(?:\b[0-9A-Fa-f]{2}[ :,]){12,}"
    r"|(?:\\u[0-9A-Fa-f]{4}){3,}"
    r"|(?:&#[xX]?[0-9A-Fa-f]{1,6};?){3,}|(?:\b[01]{8}\b[ ,]?){4,}"
)
_HEX = re2.compile(r"\b[0-9A-Fa-f]{32,}\b")
_MOST = 50
_FEWEST_CLASSES = 3
"""Of lower case, upper case, digits and signs, for a long run to be code rather than a word."""
_WORDS = re2.compile(r"^[ -~\s]+$")


def payloads(text: str, held: str) -> Iterator[Fault]:
    """Yield encoded stretches that the evidence does not have.

    Args:
        text: Without its links, which are checked by themselves.
        held: All the evidence: what it has word for word (a token, a reference) may be said.
    """
    for pattern in (_PAIRS, _HEX):
        for match in islice(pattern.finditer(text), _MOST):
            if match.group().strip() not in held:
                yield Fault("payload", "an encoded stretch", *match.span())
                return
    for match in islice(_PADDED.finditer(text), _MOST):
        if match.group(1) not in held and _decodes(match.group(1)):
            yield Fault("payload", "an encoded stretch", match.start(1), match.end(1))
            return
    for match in islice(_LONG.finditer(text), _MOST):
        if _is_code(match.group()) and match.group() not in held:
            yield Fault("payload", "an encoded stretch", *match.span())
            return


def may_be_payload(text: str) -> bool:
    """Whether a text has any stretch that `payloads` would look at."""
    return any(pattern.search(text) for pattern in (_PAIRS, _HEX, _PADDED, _LONG))


def _is_code(found: str) -> bool:
    """Return whether a long run of letters and digits is code, not words with signs between."""
    runs = [match.group() for match in islice(_RUN.finditer(found), _MOST)]
    for run in runs:
        classes = (
            any(map(str.islower, run)) + any(map(str.isupper, run)) + any(map(str.isdigit, run))
        )
        turns = sum(1 for left, right in pairwise(run) if _turns(left, right))
        if classes == _FEWEST_CLASSES or (classes > 1 and turns * 3 > len(run)):
            return True
    return bool(runs) and _decodes(found.strip("-_="))


def _turns(left: str, right: str) -> bool:
    """Return whether the kind of character changes, other than to a capital that opens a word."""
    return (left.isdigit() != right.isdigit()) or (left.isupper() and right.islower())


def _decodes(found: str) -> bool:
    """Return whether base64 gives readable text."""
    core = found.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(core + "=" * (-len(core) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    if not data:
        return False
    readable = data.decode("ascii", "replace")
    return _WORDS.search(readable) is not None
