"""What the second opinion has learnt: one ridge regression per signal over sentence vectors.

Fitted in closed form from `sentences.toml`: targets are +1 for a signal's sentences, -1 for
others, ridge penalty on all but the constant. Leave-one-out scores come from the hat matrix
(Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., eq. 7.64), and a
signal's threshold is the score that only a few everyday sentences reach when left out.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

import numpy as np
import re2
from numpy.typing import NDArray

from firstline.records import Signal
from firstline.routing.signals.fold import fold

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

PROBE: Final = "Please let me know how I can change my plan."
"""Encoded to tell one encoder from another."""
_SAME_ENCODER: Final = 0.97
"""Cosine of probes above which two encoders are one (rounding differs between machines)."""

_SENTENCES = "sentences.toml"
_WEIGHTS = "lesson.json"
_BENIGN = "benign"
_WORD = re2.compile(r"[a-z']{2,}")
_FEWEST_USES = 3
"""Sentences a word must occur in to be a feature."""
_WORDS_SCALE = 0.5
"""Length of the word part of a feature row; the vector part has length one."""
_SCREEN_ALLOWED = 13
"""As _TOLERATED, for the words alone that choose which sentences of a long message to read."""
_SCREEN_RIDGE = 1.0
_RIDGE = 3.0
_POSITIVE_SHARE = 0.15
"""Total weight of a signal's sentences, as a share of all sentences' weight."""
_OTHER_SIGNALS = 0.2
"""Weight of other signals' sentences: to take one for another costs little."""
_TOLERATED: dict[Signal, int] = {
    "human_request": 10,
    "anger": 9,
    "threat": 4,
    "legal": 5,
    "media": 13,
    "self_harm": 10,
    "danger": 14,
    "bereavement": 15,
    "vulnerability": 4,
    "security": 4,
    "privacy": 12,
    "injection": 0,
}
"""Everyday sentences allowed above each threshold. Signals not named have no second opinion:
their phrases find as much, and vectors do not tell my account from my friend's."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Weights and thresholds for one encoder."""

    signals: tuple[Signal, ...]
    weights: Vectors
    """One row a signal, shape (signals, dim + words + 1); the last column is the constant."""
    thresholds: Vectors
    """Shape (signals,)."""
    probe: Vectors
    """The encoder's vector of PROBE, shape (dim,)."""
    screen: Vectors
    """Weights of the words alone, shape (signals, words + 1), thresholds in the last column."""

    def scores(self, texts: Sequence[str], vectors: Vectors) -> Vectors:
        """Return how far each sentence is above each threshold, shape (sentences, signals)."""
        found: Vectors = features(texts, vectors) @ self.weights.T - self.thresholds
        return found

    def risk(self, texts: Sequence[str]) -> Vectors:
        """Return how risky each sentence's words are, shape (sentences,); costs no vector."""
        found: Vectors = (_with_constant(_words(texts)) @ self.screen.T).max(axis=1)
        return found

    def fits(self, probe: Vectors) -> bool:
        """Return whether an encoder that gives `probe` is the one this was learnt with."""
        if probe.shape != self.probe.shape:
            return False
        return float(probe @ self.probe) >= _SAME_ENCODER


@cache
def sentences() -> dict[str, tuple[str, ...]]:
    """Return the sentences to learn from, by signal, and `benign`."""
    text = (files("firstline.routing.signals") / _SENTENCES).read_text(encoding="utf-8")
    return {
        name: tuple(line.strip() for line in lines.splitlines() if line.strip())
        for name, lines in tomllib.loads(text).items()
    }


def words_of(text: str) -> Iterator[str]:
    """Yield the words of a text, folded."""
    for match in _WORD.finditer(fold(text)):
        yield match.group()


@cache
def vocabulary() -> dict[str, int]:
    """Return the words that are features, with their columns."""
    uses = Counter(
        word for lines in sentences().values() for line in lines for word in set(words_of(line))
    )
    known = sorted(word for word, count in uses.items() if count >= _FEWEST_USES)
    return {word: column for column, word in enumerate(known)}


def _words(texts: Sequence[str]) -> Vectors:
    """Return one row a text: its known words, together of length one."""
    columns = vocabulary()
    rows = np.zeros((len(texts), len(columns)), dtype=np.float32)
    for row, text in enumerate(texts):
        known = [columns[word] for word in set(words_of(text)) if word in columns]
        if known:
            rows[row, known] = 1.0 / np.sqrt(len(known))
    return rows


def _with_constant(rows: Vectors) -> Vectors:
    return np.hstack([rows, np.ones((len(rows), 1), dtype=np.float32)])


def features(texts: Sequence[str], vectors: Vectors) -> Vectors:
    """Return one row a text: its vector, its words, and a one for the constant."""
    scaled = np.float32(_WORDS_SCALE) * _words(texts)
    return _with_constant(np.hstack([np.asarray(vectors, dtype=np.float32), scaled]))


def digest() -> str:
    """Return a hash of the sentences and of how they are learnt from."""
    recipe = [
        sentences(),
        _FEWEST_USES,
        _WORDS_SCALE,
        _SCREEN_RIDGE,
        _SCREEN_ALLOWED,
        _RIDGE,
        _POSITIVE_SHARE,
        _OTHER_SIGNALS,
        _TOLERATED,
        PROBE,
    ]
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


def learn(encode: Encode) -> Lesson:
    """Return the lesson for an encoder; costs one vector for each of about a thousand sentences."""
    labels = [name for name, lines in sentences().items() for _ in lines]
    texts = [line for lines in sentences().values() for line in lines]
    kinds = np.asarray(labels)
    design = features(texts, encode(texts)).astype(np.float64)
    fitted = [_fit(design, kinds == signal, kinds == _BENIGN) for signal in _TOLERATED]
    thresholds = [
        everyday[-1 - allowed]
        for (_, everyday), allowed in zip(fitted, _TOLERATED.values(), strict=True)
    ]
    return Lesson(
        tuple(_TOLERATED),
        np.asarray([weights for weights, _ in fitted], dtype=np.float32),
        np.asarray(thresholds, dtype=np.float32),
        np.asarray(encode([PROBE])[0], dtype=np.float32),
        _screen(texts, kinds),
    )


def _screen(texts: Sequence[str], kinds: NDArray[Any]) -> Vectors:
    """Return the weights of the words alone, each signal's threshold taken off its constant."""
    design = _with_constant(_words(texts)).astype(np.float64)
    rows = []
    for signal in _TOLERATED:
        weights, everyday = _fit(design, kinds == signal, kinds == _BENIGN, ridge=_SCREEN_RIDGE)
        weights[-1] -= everyday[-1 - _SCREEN_ALLOWED]
        rows.append(weights)
    return np.asarray(rows, dtype=np.float32)


def _fit(
    design: NDArray[np.float64],
    positive: NDArray[np.bool_],
    benign: NDArray[np.bool_],
    *,
    ridge: float = _RIDGE,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return one signal's weights, and the sorted left-out scores of everyday sentences."""
    share = _POSITIVE_SHARE * len(positive) / max(1, int(positive.sum()))
    weight = np.where(positive, share, np.where(benign, 1.0, _OTHER_SIGNALS))
    target = np.where(positive, 1.0, -1.0)
    penalty = np.full(design.shape[1], ridge)
    penalty[-1] = 1e-6
    inverse = np.linalg.inv((design * weight[:, None]).T @ design + np.diag(penalty))
    weights = inverse @ (design.T @ (weight * target))
    leverage = weight * ((design @ inverse) * design).sum(axis=1)
    left_out = (design @ weights - leverage * target) / (1.0 - leverage)
    return weights, np.sort(left_out[benign])


def dump(lesson: Lesson) -> str:
    """Return a lesson as the JSON text that ships with the package."""
    return json.dumps(
        {
            "digest": digest(),
            "signals": lesson.signals,
            "thresholds": _rounded(lesson.thresholds),
            "probe": _rounded(lesson.probe),
            "weights": [_rounded(row) for row in lesson.weights],
            "screen": [_rounded(row, 2) for row in lesson.screen],
        },
        separators=(",", ":"),
    ).replace("],", "],\n")


def _rounded(values: Vectors, digits: int = 3) -> list[float]:
    return [round(float(value), digits) for value in values]


@cache
def shipped() -> Lesson | None:
    """Return the lesson that ships with the package; None when the sentences are newer."""
    file = files("firstline.routing.signals") / _WEIGHTS
    if not file.is_file():
        return None
    read = json.loads(file.read_text(encoding="utf-8"))
    if read["digest"] != digest():
        return None
    return Lesson(
        cast("tuple[Signal, ...]", tuple(read["signals"])),
        np.asarray(read["weights"], dtype=np.float32),
        np.asarray(read["thresholds"], dtype=np.float32),
        np.asarray(read["probe"], dtype=np.float32),
        np.asarray(read["screen"], dtype=np.float32),
    )
