"""A second opinion by meaning: sentences that say in other words what the phrases look for.

English only, as the encoder is. Costs one vector a sentence, for a few sentences: in a long
message those that use the words of risky sentences are read first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from threading import Lock

import numpy as np
import re2
from numpy.typing import NDArray

from firstline.records import RiskSignal, Signal
from firstline.routing.signals.fold import fold
from firstline.routing.signals.lesson import PROBE, Lesson, learn, shipped
from firstline.routing.signals.parts import Sentence, split
from firstline.routing.signals.rules import exempt

Encode = Callable[[Sequence[str]], NDArray[np.float32]]

_ALWAYS = 4
"""Sentences read whatever their words."""
_MOST = 8
_LONG = 40
"""Sentences from which a message is long, and more of them are read."""
_MOST_OF_LONG = 16
_RISKY = -0.5
"""Risk of a sentence's words below which it is worth no vector beyond the first few."""
_REASONS: dict[Signal, str] = {
    "human_request": "seems to ask for a person",
    "anger": "sounds angry",
    "threat": "sounds threatening",
    "legal": "seems to speak of legal steps",
    "media": "seems to speak of going public",
    "self_harm": "may speak of self-harm",
    "danger": "may speak of danger to life or health",
    "bereavement": "seems to speak of somebody who has died",
    "vulnerability": "seems to speak of hardship or illness",
    "security": "seems to report a security problem",
    "privacy": "seems to ask about personal data",
    "injection": "seems to give orders to an assistant",
}
_ENGLISH = re2.compile(
    r"\b(?:the|i|i'm|i've|i'll|you|your|you're|my|me|we|our|us|to|of|and|is|are|was|were|it|it's|"
    r"this|that|in|on|for|with|have|has|had|be|been|will|would|can|can't|could|do|don't|did|not|"
    r"no|what|how|when|who|they|he|she|his|her|from|at|by|if|or|so|but|an|about|after|all|just|"
    r"there|someone|somebody|please|because|again)\b"
)
_HOW_TO = re2.compile(
    r"^(?:(?:hi|hello|hey|so|and|also|please|ok|okay)[ ,]+)*"
    r"(?:how (?:do|does|can|could|would|should|to|many|long|often|big|hot)|"
    r"where (?:is|are|can|do|does)|is there|are there|does|do you|which|when|"
    r"what (?:is|are|does|time|size|kind|happens)|"
    r"what's (?:the|your|my|our|in|on|new|included)|am i (?:able|allowed|your|on|in)|"
    r"who (?:makes?|made|develop\w*|calls|owns|runs|wrote|built|created|designed)|"
    r"can (?:i|we|the|you)|could (?:i|we)|may i|should (?:i|we))\b"
)
_NOT_ASKED: frozenset[Signal] = frozenset({"anger", "threat", "media", "legal", "danger"})
"""Signals that plain questions about the product never carry; phrases still find them there."""
_AT_US = re2.compile(
    r"\b(?:you\w*|u|ur|ya|yours?|y'all|someone|somebody|everyone|everybody|people|them|they|him|her"
    r"|staff|office|building|house|home|address|employees?|agents?|team|managers?|company|lives?"
    r"|door|regret|revenge|bomb|gun|knife|weapons?|petrol|gasoline|fists?|crowbar|visit|blood|burn\w*|kill\w*|hurt\w*|die|dead|pay)\b"
)
"""Whom or with what a threat threatens. A sentence with none of these only sounds grim."""
_FEWEST_ENGLISH = 0.2
"""Share of function words below which a sentence is not taken for English."""
_KNOWN_ENCODERS = 4

_lock = Lock()
_lessons: OrderedDict[Encode, Lesson] = OrderedDict()


def second_opinion(text: str, known: frozenset[Signal], encode: Encode) -> Iterator[RiskSignal]:
    """Yield signals the vectors see and the phrases did not.

    Args:
        text: The message as it was read.
        known: Signals already found; they need no second opinion.
        encode: Sentences to unit vectors, shape (n, dim).
    """
    parts = [part for part in split(text) if _is_english(part)]
    if not parts:
        return
    lesson = _lesson(encode)
    chosen = _chosen(parts, lesson)
    texts = [part.text for part in chosen]
    above = lesson.scores(texts, np.asarray(encode(texts), dtype=np.float32))
    for row, column in np.argwhere(above > 0.0):
        signal = lesson.signals[int(column)]
        part = chosen[int(row)]
        if signal in known or _harmless(signal, fold(part.text)):
            continue
        yield RiskSignal(signal=signal, start=part.start, end=part.end, reason=_REASONS[signal])


def _harmless(signal: Signal, folded: str) -> bool:
    asked = signal in _NOT_ASKED and _HOW_TO.search(folded) is not None
    aimless = signal == "threat" and _AT_US.search(folded) is None
    return asked or aimless or exempt(signal, folded)


def _lesson(encode: Encode) -> Lesson:
    """Return what was learnt with this encoder; an unknown one is learnt with once."""
    with _lock:
        lesson = _lessons.get(encode)
        if lesson is None:
            lesson = shipped()
            if lesson is None or not lesson.fits(np.asarray(encode([PROBE])[0], np.float32)):
                lesson = learn(encode)
            _lessons[encode] = lesson
            if len(_lessons) > _KNOWN_ENCODERS:
                _lessons.popitem(last=False)
        return lesson


def _is_english(part: Sentence) -> bool:
    words = len(part.text.split())
    found = sum(1 for _ in _ENGLISH.finditer(fold(part.text)))
    return words > 1 and found >= _FEWEST_ENGLISH * words


def _chosen(parts: Sequence[Sentence], lesson: Lesson) -> Sequence[Sentence]:
    """Return the few sentences worth a vector, in order of place."""
    if len(parts) <= _ALWAYS:
        return parts
    risk = lesson.risk([part.text for part in parts])
    most = _MOST if len(parts) < _LONG else _MOST_OF_LONG
    ranked = np.argsort(-risk, kind="stable")[:most]
    kept = [int(at) for place, at in enumerate(ranked) if place < _ALWAYS or risk[at] > _RISKY]
    return [parts[at] for at in sorted(kept)]
