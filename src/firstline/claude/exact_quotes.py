"""Putting the evidence's own spelling in place of a model's (R4.3).

A model that copies a sentence changes a quotation mark, a blank, a bullet or a full stop now and
then. Where the letters and digits of a sentence are those of whole consecutive units of a passage,
in the same order, the passage's exact text takes its place. What the customer then reads is the
document; what differs by a single letter is left for the proof to refuse.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

import re2

from firstline.claude.answers import AnswerParts
from firstline.proof.normal import normalise
from firstline.proof.sentences import units
from firstline.records import Evidence, Sentence

_MARKER = re2.compile(r"^\s*(?:[-*•+✓✗]|\d{1,3}[.)]|[a-zA-Z][.)])\s+")
_QUOTABLE = ("passage", "policy")
_LEAST = 3
"""Letters and digits a sentence needs to be recognised."""


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A text's units, the letters and digits of all of them in a row, and where each begins."""

    spans: tuple[tuple[int, int], ...]
    letters: str
    bounds: tuple[int, ...]


def with_exact_quotes(answer: AnswerParts, evidence: Sequence[Evidence]) -> AnswerParts:
    """Return an answer whose quotes are spelled as their evidence spells them.

    A sentence that another piece of evidence holds than the one it names is given the right one.

    Args:
        answer: As it was read.
        evidence: What the model was shown; nothing else may be quoted.
    """
    quotable = [item for item in evidence if item.kind in _QUOTABLE and item.audience == "public"]
    return replace(
        answer, sentences=tuple(_exact(sentence, quotable) for sentence in answer.sentences)
    )


def exact_text(text: str, source: str) -> str | None:
    """Return the whole consecutive units of `source` that `text` is a copy of, or None."""
    key = _letters(html.unescape(text))
    bare = _letters(_MARKER.sub("", html.unescape(text)))
    for marked, wanted in ((True, key), (False, key), (False, bare)):
        found = _find(wanted, _keyed(source, marked=marked)) if len(wanted) >= _LEAST else None
        if found is not None:
            return source[found[0] : found[1]]
    return None


def _exact(sentence: Sentence, evidence: Sequence[Evidence]) -> Sentence:
    if sentence.kind not in ("quote", "record"):
        return sentence
    ranked = sorted(evidence, key=lambda item: item.id not in sentence.evidence)
    for item in ranked:
        text = exact_text(sentence.text, item.text)
        if text is not None and not (item.kind == "policy" and "{" in text):
            return replace(sentence, text=text, kind="quote", evidence=(item.id,))
    return sentence


def _find(wanted: str, source: _Keyed) -> tuple[int, int] | None:
    ends = {end: at for at, end in enumerate(source.bounds[1:])}
    for at, start in enumerate(source.bounds[:-1]):
        last = ends.get(start + len(wanted))
        if last is not None and last >= at and source.letters.startswith(wanted, start):
            return source.spans[at][0], source.spans[last][1]
    return None


@lru_cache(maxsize=256)
def _keyed(source: str, *, marked: bool) -> _Keyed:
    found = units(source)
    keys = [_letters(unit.text if marked else _MARKER.sub("", unit.text)) for unit in found]
    # A unit without letters or digits would make two units begin at one place.
    full = [(unit, key) for unit, key in zip(found, keys, strict=True) if key]
    return _Keyed(
        spans=tuple((unit.start, unit.end) for unit, _ in full),
        letters="".join(key for _, key in full),
        bounds=tuple(accumulate((len(key) for _, key in full), initial=0)),
    )


def _letters(text: str) -> str:
    return "".join(char for char in normalise(text).casefold() if char.isalnum())
