"""The signals of a message: what decides, apart from its intent, that a person must see it (R2.7).

Phrases decide first; sentence vectors, when an encoder is at hand, add what was put in other
words; the mask and the sender's standing add what the text itself does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import re2
from numpy.typing import NDArray

from firstline.proof.injection import screen
from firstline.proof.phrases import FoldedText, matches
from firstline.records import RiskSignal, Signal
from firstline.routing.signals import meaning
from firstline.routing.signals.fold import fold
from firstline.routing.signals.rules import rules
from firstline.routing.signals.temper import loud_places

Encode = Callable[[Sequence[str]], NDArray[np.float32]]

LONGEST_TEXT = 20_000
"""Characters read. Intake hands longer messages to a person as they are."""
_PLACES_PER_SIGNAL = 8
_SCREENED: frozenset[Signal] = frozenset({"injection"})
"""Found by a model of its own, fitted on far more; a second opinion would only add alarms."""
_PAYMENT_KINDS = frozenset({"card", "iban", "bank_account"})
_SECRET_KINDS = frozenset({"password", "api_key"})
_MASKED = re2.compile(r"\*{3,}[0-9A-Za-z]{0,6}|\[[a-z_ ]{2,20}\]")


def find_signals(
    text: str,
    *,
    verified: bool,
    masked: tuple[str, ...],
    encode: Encode | None = None,
) -> tuple[RiskSignal, ...]:
    """Return the risk signals of a message, by where they start.

    Args:
        text: Subject, a line end, and the message, NFKC-normalised and masked. Only the first
            20,000 characters are read.
        verified: Whether the channel vouches for the sender.
        masked: Kinds of sensitive data that were masked in `text`.
        encode: Sentences to unit vectors, float32, one row each. Pass the same callable for
            every message (it may memoise): what is learnt about it is kept by its answers.

    Returns:
        At most one signal of a kind at a place, and a few places of a kind. A reason says what
        was recognised and never repeats the customer's words.
    """
    # A lone surrogate is no character: neither the patterns nor an encoder can read it.
    read = text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
    folded = FoldedText(fold(read))
    found = [
        signal
        for rule in rules()
        if not (verified and rule.only_unverified)
        for signal in matches(rule, folded)
    ]
    found.extend(_injections(read))
    found.extend(loud_places(read))
    found.extend(_masked_data(read, masked))
    if encode is not None:
        found.extend(meaning.second_opinion(read, _kinds_of(found) | _SCREENED, encode))
    return _merged(found)


def _kinds_of(found: Sequence[RiskSignal]) -> frozenset[Signal]:
    return frozenset(signal.signal for signal in found)


def _injections(text: str) -> Iterator[RiskSignal]:
    """Yield what gives orders to an assistant; `proof/injection` says how that is told."""
    for place in screen(text):
        yield RiskSignal(signal="injection", start=place.start, end=place.end, reason=place.reason)


def _masked_data(text: str, masked: tuple[str, ...]) -> Iterator[RiskSignal]:
    """Yield what intake masked: payment data, and secrets, which are a security matter."""
    place = _MASKED.search(text) if masked else None
    start, end = place.span() if place else (0, 0)
    if not _PAYMENT_KINDS.isdisjoint(masked):
        yield RiskSignal(
            signal="payment_data", start=start, end=end, reason="writes payment data (masked)"
        )
    if not _SECRET_KINDS.isdisjoint(masked):
        yield RiskSignal(
            signal="security", start=start, end=end, reason="writes a password or key (masked)"
        )


def _merged(found: Sequence[RiskSignal]) -> tuple[RiskSignal, ...]:
    """Return `found` sorted, with overlapping places of one kind made one."""
    kept: list[RiskSignal] = []
    ends: dict[Signal, int] = {}
    counts: dict[Signal, int] = {}
    for signal in sorted(found, key=lambda item: (item.start, -item.end, item.signal)):
        if signal.start < ends.get(signal.signal, -1):
            continue
        if counts.get(signal.signal, 0) >= _PLACES_PER_SIGNAL:
            continue
        ends[signal.signal] = max(signal.end, signal.start + 1)
        counts[signal.signal] = counts.get(signal.signal, 0) + 1
        kept.append(signal)
    return tuple(kept)
