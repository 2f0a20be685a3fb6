"""The linear model: two rows of small weights, fitted by `python -m benchmarks.fit_injection`.

One row tells attacks (orders to an assistant, attempts on its secrets) from what customers write;
the other, asked only about a window amid a longer text, tells what a general assistant is asked
from what a support desk is asked. Weights are 8-bit integers on a common scale, one byte a hashed
column; a window's score is the sum of its columns' weights over the root of their number.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import sqrt
from typing import Final

from firstline.errors import SetupError
from firstline.proof.injection.features import COLUMNS

FILE: Final = "weights.bin"
_SIZE: Final = 2
"""Bytes of a weight."""
SHRINK: Final = 12.0
"""Added to the number of columns, so that a few words never score as high as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One linear function of hashed columns."""

    weights: array[int]
    scale: float
    constant: float
    threshold: float
    """The score above which a window is suspicious."""

    def above(self, columns: Collection[int]) -> float:
        """Return how far a window's score is above the threshold."""
        weights = self.weights
        total = sum([weights[column] for column in columns])
        score = self.scale * total / sqrt(len(columns) + SHRINK) + self.constant
        return score - self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Both heads."""

    attack: Head
    stray: Head


@cache
def shipped() -> Model:
    """Return the model of this package."""
    return decoded((files("firstline.proof.injection") / FILE).read_bytes())


def decoded(stored: bytes) -> Model:
    """Return the model that `encoded` wrote; raises SetupError when it is damaged."""
    head, _, weights = stored.partition(b"\n")
    try:
        told = json.loads(head)
        heads = [
            Head(weights=_weights(weights, at), **told[name])
            for at, name in enumerate(("attack", "stray"))
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(
            f"{FILE} of the injection screen is damaged", fix="Install the package again"
        ) from error
    return Model(attack=heads[0], stray=heads[1])


def _weights(stored: bytes, at: int) -> array[int]:
    part = stored[at * COLUMNS * _SIZE : (at + 1) * COLUMNS * _SIZE]
    if len(part) != COLUMNS * _SIZE:
        raise ValueError(len(part))
    return _little(array("h", part))


def _little(weights: array[int]) -> array[int]:
    """Return weights between this machine's order of bytes and the file's."""
    if sys.byteorder == "big":
        weights = array("h", weights)
        weights.byteswap()
    return weights


def encoded(model: Model) -> bytes:
    """Return a model as one small file: a line of JSON, then the weights."""
    told = {
        name: {"scale": head.scale, "constant": head.constant, "threshold": head.threshold}
        for name, head in (("attack", model.attack), ("stray", model.stray))
    }
    line = json.dumps(told, sort_keys=True).encode("ascii")
    return b"\n".join((line, b"")) + b"".join(
        _little(head.weights).tobytes() for head in (model.attack, model.stray)
    )
