"""A message as weighted word and character n-grams (TF-IDF), by hand.

Words and pairs of words say what is meant; character n-grams survive typing errors and endings.
Every n-gram is named by a 64-bit hash, so an index is two arrays instead of a dictionary: it
loads at once and needs nothing but numpy. All work is linear in the text, which is capped.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HEAD_CHARACTERS = 3000
TAIL_CHARACTERS = 1000
SHORTEST_GRAM, LONGEST_GRAM = 2, 5
MANY_TEXTS = 3000
"""From so many texts on, an n-gram seen only once is noise rather than a clue."""

_APOSTROPHES = "'’`\u00b4"
_SPACE = ord(" ")
_WORD, _PAIR, _CHARACTERS = 1, 2, 3
_MIX_1 = np.uint64(0x9E3779B97F4A7C15)
_MIX_2 = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(31)
_ROUNDING = 1e-4

Keys = NDArray[np.uint64]
Floats = NDArray[np.float32]


class _WordsOnly(dict[int, int | None]):
    """For str.translate: letters, digits and marks stay, apostrophes vanish, the rest parts words.

    Learns each character when it first occurs, up to a cap.
    """

    MOST = 20_000

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        if character in _APOSTROPHES:
            result = None
        elif character.isalnum() or unicodedata.category(character).startswith("M"):
            result = code
        else:
            result = _SPACE
        if len(self) < self.MOST:
            self[code] = result
        return result


_WORDS_ONLY = _WordsOnly()


def words_of(text: str) -> list[str]:
    """Return the words of a text: compatibility-normalised, case-folded, without apostrophes.

    Of a text longer than 4,000 characters the beginning and the end are read, because that is
    where people say what they want.
    """
    if len(text) > HEAD_CHARACTERS + TAIL_CHARACTERS:
        text = f"{text[:HEAD_CHARACTERS]} {text[-TAIL_CHARACTERS:]}"
    # One character may become eighteen; what a page of them becomes is cut again.
    folded = unicodedata.normalize("NFKC", text)[: 2 * (HEAD_CHARACTERS + TAIL_CHARACTERS)]
    return folded.casefold().translate(_WORDS_ONLY).split()


def _mixed(hashes: Keys, kind: int) -> Keys:
    """Spread hashes over 64 bits; equal hashes of different kinds part ways."""
    spread = (hashes + np.uint64(kind)) * _MIX_1
    spread = (spread ^ (spread >> _SHIFT)) * _MIX_2
    return spread ^ (spread >> _SHIFT)


def _word_keys(words: Sequence[str]) -> Keys:
    named = [zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words]
    return _mixed(np.array(named, dtype=np.uint64), _WORD)


def _character_keys(words: Sequence[str]) -> Keys:
    """Return the character n-grams inside each word, its borders included."""
    line = f" {' '.join(words)} "
    codes = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    symbols = codes.astype(np.uint64)
    inside = codes != _SPACE
    found = []
    for length in range(SHORTEST_GRAM, LONGEST_GRAM + 1):
        count = len(codes) - length + 1
        if count < 1:
            break
        hashes = np.zeros(count, dtype=np.uint64)
        whole = np.ones(count, dtype=bool)
        for offset in range(length):
            hashes = hashes * _MIX_2 + symbols[offset : offset + count]
            if 0 < offset < length - 1:
                whole &= inside[offset : offset + count]
        found.append(_mixed(hashes[whole], _CHARACTERS + length))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of one text: hashes and how often each occurs."""

    lexical: tuple[Keys, NDArray[np.int64]]
    """Words and pairs of words, with counts."""
    characters: tuple[Keys, NDArray[np.int64]]


def grams_of(text: str) -> Grams:
    """Cut a text into n-grams; an empty text has none."""
    words = words_of(text)
    singles = _word_keys(words)
    pairs = _mixed(singles[:-1] * _MIX_2 + singles[1:], _PAIR)
    return Grams(
        lexical=np.unique(np.concatenate([singles, pairs]), return_counts=True),
        characters=np.unique(_character_keys(words), return_counts=True)
        if words
        else (np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One text in the index: which known n-grams it has, and how strongly."""

    columns: NDArray[np.int64]
    values: Floats
    """TF-IDF weights. Their squares sum to 1, or less by the part of the text not indexed."""
    familiar: float
    """That sum, counting for an indexed text only what other texts have too; 0 to 1."""


@dataclass(frozen=True, slots=True)
class GramIndex:
    """The n-grams of a set of texts and how telling each one is."""

    keys: Keys
    """Hashes, ascending; the position of a hash is its column."""
    weight: Floats
    """Inverse document frequency, ln((1 + n) / (1 + df)) + 1, of each column."""
    unseen: float
    """The same for an n-gram no text has."""

    @classmethod
    def of(cls, texts: Sequence[Grams]) -> GramIndex:
        """Index the n-grams of some texts."""
        parts = [part for text in texts for part in (text.lexical[0], text.characters[0])]
        every = np.concatenate([*parts, np.zeros(0, dtype=np.uint64)])
        keys, frequency = np.unique(every, return_counts=True)
        if len(texts) >= MANY_TEXTS:
            keys, frequency = keys[frequency > 1], frequency[frequency > 1]
        count = len(texts)
        weight = np.log((1 + count) / (1 + frequency)) + 1
        return cls(keys=keys, weight=weight.astype(np.float32), unseen=float(np.log(1 + count) + 1))

    def row(self, grams: Grams, *, indexed: bool = False) -> Row:
        """Weigh the n-grams of a text.

        Words and characters each make up half of the length of the row. N-grams the index does
        not have count towards that length, so a text that is mostly foreign has a short row.

        Args:
            grams: The text.
            indexed: Whether the text is one of those the index was made of.
        """
        halves = [self._half(*grams.lexical), self._half(*grams.characters)]
        columns = np.concatenate([columns for columns, _ in halves])
        values = np.concatenate([values for _, values in halves])
        shared = values
        if indexed:
            once = self.unseen - float(np.log(2))  # the weight of what a single text has
            shared = values[self.weight[columns] < once - _ROUNDING]
        return Row(columns=columns, values=values, familiar=float((shared**2).sum()))

    def _find(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=bool)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return place, self.keys[place] == keys

    def _half(self, keys: Keys, counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
        place, found = self._find(keys)
        telling = np.where(found, self.weight[place], self.unseen) if len(self.keys) else counts
        values = (1 + np.log(counts)) * telling
        length = float(np.sqrt((values**2).sum() * 2)) or 1.0
        return place[found], (values[found] / length).astype(np.float32)
