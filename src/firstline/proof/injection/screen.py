"""The screen: phrases, a linear model, and both again on what a text hides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import re2

from firstline.proof.folding import fold_letters
from firstline.proof.injection.disguises import View, views
from firstline.proof.injection.features import columns, surroundings
from firstline.proof.injection.model import shipped
from firstline.proof.injection.windows import windows
from firstline.proof.phrases import FoldedText, Rule, matches, read_rules

LONGEST: Final = 20_000
"""Characters of a text that are screened; intake hands longer ones to a person."""
FEWEST_WORDS: Final = 3
"""Words of a window that can be told to be an attack."""
FEWEST_STRAY: Final = 4
"""Words of a window that can be told to have no place in its text."""
_MOST = 8
_PHRASE_SCORE = 3.0
_ORDERS = "reads like orders to an assistant"
_STRAY = "asks an assistant for something that has nothing to do with the rest"
_ENCODED = "carries an encoded message"
_UNSEEN = "carries text that cannot be seen"
_NOT_BY_STAFF = "tells an assistant to drop"
_SQUEEZED = re2.compile(
    r"(?:ignore|disregard|forget|override)(?:all|any|the|your|every|previous|prior|earlier)"
    r"|previousinstructions|systemprompt|developermode|youarenow|yourinstructions|priorinstructions"
)
_ENCODED_WORDS = 4
"""Words of a decoded text from which it is a message, not a name and a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A place that gives orders to an assistant, or seems to."""

    start: int
    end: int
    """Offsets into the text, in characters."""
    reason: str
    """What was recognised; never words of the text."""
    score: float
    """How sure: 0 is the threshold; phrases count 3."""


@lru_cache(maxsize=256)
def screen(text: str) -> tuple[Suspicion, ...]:
    """Return what is suspicious in a text, by place; nothing in almost every text.

    Pure, and linear in the length of the text, of which 20,000 characters are read.
    """
    return _screened(text, _open)


@lru_cache(maxsize=256)
def screen_article(text: str) -> tuple[Suspicion, ...]:
    """Return what is suspicious in a text that staff wrote.

    Articles give orders, name tools and quote error messages, so only this counts: telling an
    assistant to drop its instructions, in so many words, and what is hidden or encoded.
    """
    return _screened(text, _not_by_staff)


def _screened(text: str, look: Callable[[str], Iterable[Suspicion]]) -> tuple[Suspicion, ...]:
    # A lone surrogate is no character: the patterns cannot read it.
    read = text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    found = list(look(read))
    for view in views(read):
        found.extend(_hidden(view, look))
    return _merged(found)


def _open(text: str) -> Iterator[Suspicion]:
    """Yield what is suspicious in a text as it stands."""
    yield from phrase_places(text)
    yield from _model(text)


def _not_by_staff(text: str) -> Iterator[Suspicion]:
    return iter(_places(text, _rules_for_staff()))


def phrase_places(text: str) -> tuple[Suspicion, ...]:
    """Return where the phrases alone find orders to an assistant."""
    return _places(text, _rules())


def _places(text: str, rules: Iterable[Rule]) -> tuple[Suspicion, ...]:
    folded = FoldedText(fold_letters(text.replace("\n\n", ". ")))
    return tuple(
        Suspicion(start=found.start, end=found.end, reason=found.reason, score=_PHRASE_SCORE)
        for rule in rules
        for found in matches(rule, folded)
    )


@cache
def _rules() -> tuple[Rule, ...]:
    return read_rules(files("firstline.proof.injection") / "phrases")


@cache
def _rules_for_staff() -> tuple[Rule, ...]:
    return tuple(rule for rule in _rules() if rule.reason.startswith(_NOT_BY_STAFF))


def _model(text: str) -> Iterator[Suspicion]:
    model = shipped()
    parts = windows(text)
    for window, around in zip(parts, surroundings(parts), strict=True):
        if window.words < FEWEST_WORDS:
            continue
        own = columns(window)
        reason, score = _ORDERS, model.attack.above(own)
        if score <= 0.0 and around and window.words >= FEWEST_STRAY and window.asks:
            reason, score = _STRAY, model.stray.above(own | around)
        if score > 0.0:
            yield Suspicion(start=window.start, end=window.end, reason=reason, score=score)


def _hidden(view: View, look: Callable[[str], Iterable[Suspicion]]) -> Iterator[Suspicion]:
    """Yield what is suspicious in a view, at the places it stands for."""
    for item in look(view.text):
        start, end = view.place(item.start, item.end)
        reason = item.reason if view.exact else _ENCODED if view.encoded else _UNSEEN
        yield Suspicion(start=start, end=end, reason=reason, score=item.score)
    if not view.encoded:
        return
    for line_start, line in _lines(view.text):
        start, end = view.place(line_start, line_start + len(line))
        if _SQUEEZED.search(line.lower().replace(" ", "")) is not None or (
            len(view.places) > 0 and len(line.split()) >= _ENCODED_WORDS and line.isascii()
        ):
            yield Suspicion(start=start, end=end, reason=_ENCODED, score=_PHRASE_SCORE)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def _merged(found: Iterable[Suspicion]) -> tuple[Suspicion, ...]:
    """Return the surest suspicions, in order of place, none inside another's place."""
    kept: list[Suspicion] = []
    for item in sorted(found, key=lambda item: (-item.score, item.start, item.end)):
        if len(kept) == _MOST:
            break
        if all(item.end <= other.start or item.start >= other.end for other in kept):
            kept.append(item)
    return tuple(sorted(kept, key=lambda item: (item.start, item.end)))
