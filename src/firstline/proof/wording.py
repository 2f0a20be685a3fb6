"""What stands in a text now where it once said something else. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from firstline.proof.claims import Claim, Facts, TextTooLongError, find_claims
from firstline.proof.quotes import quotation
from firstline.proof.sentences import Unit, units, words

ALIKE: Final = 0.4
"""Share of a unit's words that another must have to be called what stands there now."""
MOST_UNITS: Final = 2_000
"""Units of a document that are compared; the others are not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewording:
    """A statement that is not made any more, and what stands in its place."""

    was: str
    now: str = ""
    """Empty: nothing like it stands there."""
    values_were: tuple[str, ...] = ()
    """Values of the old statement that the new one does not have."""
    values_are: tuple[str, ...] = ()
    """Values of the new one that the old did not have."""


def rewordings(
    text: str, texts: Sequence[str], facts: Facts | None = None
) -> tuple[Rewording, ...]:
    """Return what became of the statements of a text that none of the texts makes any more.

    Args:
        text: A sentence, or several, as they were said.
        texts: What may be said now.
        facts: How the company writes money and days.
    """
    here = facts or Facts()
    held = [unit for one in texts for unit in units(one)][:MOST_UNITS]
    sets = [frozenset(words(unit.text)) for unit in held]
    lost = (
        unit
        for unit in units(text)
        if not any(quotation(unit.text, one) is not None for one in texts)
    )
    return tuple(_reworded(unit.text, held, sets, here) for unit in lost)


def _reworded(
    was: str, held: Sequence[Unit], sets: Sequence[frozenset[str]], facts: Facts
) -> Rewording:
    said = frozenset(words(was))
    best, now = 0.0, ""
    for unit, known in zip(held, sets, strict=True):
        shared = len(said & known)
        alike = 2 * shared / max(len(said) + len(known), 1)
        if alike > best:
            best, now = alike, unit.text
    if best < ALIKE:
        return Rewording(was=was)
    before, after = _values(was, facts), _values(now, facts)
    return Rewording(
        was=was,
        now=now,
        values_were=tuple(word for key, word in before.items() if key not in after),
        values_are=tuple(word for key, word in after.items() if key not in before),
    )


def _values(text: str, facts: Facts) -> dict[tuple[object, ...], str]:
    """Return the values of a text as written, by what they mean.

    A number's key only says how sure its currency is, which is no other value.
    """
    try:
        found: Iterable[Claim] = find_claims(text, facts)
    except TextTooLongError:
        return {}
    return {
        (
            *(one.kind, one.low, one.high, one.unit, one.bound),
            one.key if one.low is None else "",
        ): text[one.start : one.end]
        for one in found
    }
