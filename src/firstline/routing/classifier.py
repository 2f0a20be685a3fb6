"""What a message asks for: intents with calibrated probabilities, and whether it is in scope.

Fitting needs scikit-learn, classifying only numpy: a process that finds its classifier in the
cache stays small and starts at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from firstline.errors import SetupError
from firstline.records import Intent, IntentScore
from firstline.routing.features import grams_of, words_of
from firstline.routing.learnt import ALGORITHM, Learnt, load, save
from firstline.routing.lesson import SentenceEncoder
from firstline.routing.scoring import Opinions, read_both, read_wording
from firstline.routing.segments import sentences_of
from firstline.routing.training import Progress, learn

MOST_INTENTS: Final = 5
KEPT_FILES: Final = 4
"""Cached classifiers left in a folder; older ones are removed."""

LONG_WORDS: Final = 30
LONG_SENTENCES: Final = 3
"""A message this long, in words or sentences, is also read sentence by sentence ..."""
MOST_SENTENCES: Final = 3
"""... namely those that sound most like the company's business."""
SCOPE_PULL: Final = 0.7
TEXT_SCOPE_PULL: Final = 1.2
"""How much more a reading weighs that looks more in scope: e to this power per unit of scope,
with vectors and by words alone, where scope spreads less."""

Vector = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vector]
"""Returns one unit row per text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What one message asks for."""

    intents: tuple[IntentScore, ...]
    """Best first, at most five."""
    in_scope: float
    """0 to 1: how much the message looks like anything this company handles. Of its own
    messages about 2 % fall below 0.2 and 10 % below 0.5."""
    margin: float
    """Probability of the best intent less that of the second, 0 to 1."""


class Classifier:
    """Intents of a company, learnt from its examples.

    With one intent its probability is always 1; `in_scope` then says whether it applies.
    """

    def __init__(self, learnt: Learnt) -> None:
        self._learnt = learnt

    @classmethod
    def fit(
        cls,
        examples: Sequence[tuple[str, str]],
        encoder: SentenceEncoder | None,
        *,
        progress: Progress | None = None,
    ) -> Self:
        """Learn from pairs of text and label; the label `oos` means out of scope.

        Args:
            examples: What customers write, and the intent it has.
            encoder: The sentence encoder whose vectors `classify` will be given, if any.
            progress: Told how many steps are done, of how many.

        Raises:
            WorkspaceError: There is nothing to learn from.
        """
        return cls(learn(examples, encoder, progress=progress))

    @property
    def labels(self) -> tuple[str, ...]:
        """All intents, in the order they first appeared."""
        return self._learnt.labels

    @property
    def encoder_name(self) -> str | None:
        """The encoder whose vectors it understands; None when it goes by words alone."""
        return self._learnt.encoder_name

    def classify(
        self, text: str, vector: Vector | None, encode: Encode | None = None
    ) -> Classification:
        """Say what a message asks for.

        A message with typing errors is read a second time with them put right, a long one also
        by its most telling sentences; readings are pooled, those that look more like the
        company's business weighing more.

        Args:
            text: The message; a language the examples do not have simply looks foreign.
            vector: Its vector, shape (dim,); without one, words alone decide.
            encode: Gives the further readings their vectors. Without it only a classifier that
                goes by words has further readings.

        Raises:
            ValueError: The vector is not of the width of the examples' vectors.
        """
        if not words_of(text):
            return self._nothing()
        if self._learnt.meaning is None or vector is None:
            return self._by_words(text)
        width = self._learnt.meaning.centre.shape
        if vector.shape != width:
            raise ValueError(f"the vector has shape {vector.shape}, the examples {width}")
        others = self._other_readings(text) if encode is not None else []
        vectors = vector[None, :]
        if encode is not None and others:
            vectors = np.concatenate([vectors, encode(others)])
        return self._pooled(self._read([text, *others], vectors), both=True)

    def _by_words(self, text: str) -> Classification:
        readings = [text, *self._other_readings(text)]
        return self._pooled(self._read(readings, None), both=False)

    def _read(self, texts: Sequence[str], vectors: Vector | None) -> Opinions:
        learnt = self._learnt
        rows = [learnt.index.row(grams_of(text)) for text in texts]
        if vectors is None or learnt.meaning is None:
            return read_wording(learnt.wording, rows)
        return read_both(learnt.wording, learnt.meaning, rows, vectors)

    def _other_readings(self, text: str) -> list[str]:
        spelling = self._learnt.spelling
        sentences = [sentence.text for sentence in sentences_of(text)]
        long = len(sentences) >= LONG_SENTENCES or len(words_of(text)) > LONG_WORDS
        if not long or len(sentences) < 2:  # noqa: PLR2004 - one sentence is the whole message
            repaired = spelling.repaired(text)
            return [] if repaired is None else [repaired]
        readings = [spelling.repaired(sentence) or sentence for sentence in sentences]
        telling = self._read(readings, None).scope
        best = sorted(np.argsort(-telling, kind="stable")[:MOST_SENTENCES].tolist())
        return [readings[place] for place in best]

    def _pooled(self, opinions: Opinions, *, both: bool) -> Classification:
        learnt = self._learnt
        if both:
            blend, scale, strength = learnt.blend, learnt.scale, SCOPE_PULL
        else:
            blend, scale, strength = learnt.text_blend, learnt.text_scale, TEXT_SCOPE_PULL
        pull = np.exp(strength * (opinions.scope - opinions.scope.max()))
        pull /= pull.sum()
        pooled = pull @ opinions.pooled(blend)
        chances = np.exp(pooled - pooled.max())
        chances /= chances.sum()
        return self._told(chances, scale(float(pull @ opinions.scope)))

    def _nothing(self) -> Classification:
        count = len(self.labels)
        return self._told(np.full(count, 1 / count), 0.0)

    def _told(self, chances: NDArray[np.float64], in_scope: float) -> Classification:
        best = np.argsort(-chances, kind="stable")[:MOST_INTENTS]
        second = float(chances[best[1]]) if len(best) > 1 else 0.0
        return Classification(
            intents=tuple(
                IntentScore(intent=Intent(self.labels[place]), probability=float(chances[place]))
                for place in best
            ),
            in_scope=in_scope,
            margin=float(chances[best[0]]) - second,
        )

    def save(self, path: Path) -> None:
        """Write the classifier to a file, all of it or nothing.

        Raises:
            SetupError: The file cannot be written.
        """
        save(self._learnt, path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a classifier that `save` wrote.

        Raises:
            SetupError: The file is missing, damaged, or of another version.
        """
        return cls(load(path))


def fitted(
    examples: Sequence[tuple[str, str]],
    encoder: SentenceEncoder | None,
    folder: Path,
    *,
    progress: Progress | None = None,
) -> Classifier:
    """Return the classifier of these examples, from the folder's cache when it is there.

    A damaged cache file is made again. Safe when several processes do it at once.

    Raises:
        WorkspaceError: There is nothing to learn from.
        SetupError: The folder cannot be written.
    """
    name = None if encoder is None else encoder.name
    key = json.dumps([ALGORITHM, name, list(examples)], ensure_ascii=True)
    path = folder / f"classifier-{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"
    if path.is_file():
        with suppress(SetupError):  # a damaged file is made again
            return Classifier.load(path)
    classifier = Classifier.fit(examples, encoder, progress=progress)
    classifier.save(path)
    _forget_older(folder)
    return classifier


def _forget_older(folder: Path) -> None:
    """Remove all cached classifiers but the latest few."""
    # Another process may remove the same files at the same time.
    with suppress(OSError):
        cached = sorted(folder.glob("classifier-*.npz"), key=lambda path: -path.stat().st_mtime)
        for path in cached[KEPT_FILES:]:
            path.unlink()
