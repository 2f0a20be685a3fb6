"""Denials of the evidence that a statement leaves out: it says what the evidence denies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import re2

from firstline.proof.statements.alignment import NEAR, has
from firstline.proof.statements.lemmas import DENIALS, LIGHT_LEMMAS, lemma
from firstline.proof.statements.reading import Passage
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.words import Words, clauses_of, words_of

SAID: Final = 0.7
"""Share of a denied clause that a statement repeats before its denial counts."""
SUBJECT: Final = 0.5
"""Share of what a denial is said of that a statement must have."""
FEWEST: Final = 2
LONG: Final = 22
"""Words from which on a statement has too many parts to be turned round by a unit beside."""
_ITEMS = re2.compile(r",|\bor\b|\band\b|\bnor\b")
_NOBODY: Final = frozenset(
    lemma(word)
    for word in """
    anything nothing everything something anyone anybody nobody everyone everybody somebody someone
    none
    """.split()
) | {""}
_RELATIVE: Final = frozenset("which who whose that where".split())
_NO_FIELD = re2.compile(r"(?i):\s*\**\s*no\b\**[.\s]*$")


@dataclass(frozen=True, slots=True)
class Denial:
    """A denied clause of a unit, by its lemmas without denials."""

    subject: tuple[str, ...]
    """What it is said of."""
    target: str
    """What is denied: the first word after the denial."""
    items: tuple[tuple[str, ...], ...]
    """What follows: one or more, of which each is denied by itself."""
    nobody: bool = False
    """Whether it is said of all: "nothing is deleted"."""
    lacking: bool = False
    """Whether it says "without": then its subject is more than what it is said of."""


@lru_cache(maxsize=4096)
def denials_of(text: str) -> tuple[Denial, ...]:
    """Return the denied clauses of a text."""
    read, clauses = words_of(text), clauses_of(text)
    found = []
    for cue in clauses.cues:
        number = clauses.clause[cue]
        if clauses.denials[number] % 2 == 0:
            continue
        inside = [at for at in range(len(read.words)) if clauses.clause[at] == number]
        before = _keys(read, [at for at in inside if at < cue])
        own = [cue] if read.lemmas[cue] in DENIALS else []
        if inside and read.words[inside[0]] in _RELATIVE and not before:
            before = _keys(read, [at for at in range(inside[0]) if _key(read, at)][-1:])
        places = own + [at for at in inside if at > cue and _key(read, at)]
        if not places:
            before, places = _borrowed(read, clauses.clause, number, before)
        if not places:
            continue
        items = _items(text, read, places[1:])
        word = read.words[cue]
        found.append(
            Denial(
                before,
                _key(read, places[0]),
                items,
                word in ("nothing", "nobody", "none", "never"),
                word == "without",
            )
        )
    return tuple(found)


def _borrowed(
    read: Words, clause: Sequence[int], number: int, subject: tuple[str, ...]
) -> tuple[tuple[str, ...], list[int]]:
    """Return what "but annual plans cannot" denies: what the clause before it says."""
    if not subject or not number:
        return subject, []
    return subject, [
        at for at in range(len(read.words)) if clause[at] == number - 1 and _key(read, at)
    ][-1:]


def _items(text: str, read: Words, places: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    found: list[list[str]] = [[]]
    for at in places:
        gap = text[read.ends[at - 1] : read.starts[at]]
        between = read.words[at - 1] in ("or", "and", "nor")
        if (between or "," in gap) and found[-1]:
            found.append([])
        found[-1].append(_key(read, at))
    return tuple(tuple(item) for item in found if item)


def _key(read: Words, at: int) -> str:
    one = DENIALS.get(read.lemmas[at], read.lemmas[at])
    return "" if one in _NOBODY else one


def _keys(read: Words, places: Sequence[int]) -> tuple[str, ...]:
    return tuple(key for at in places if (key := _key(read, at)))


def denied_place(statement: Statement) -> int | None:
    """Return where a statement that denies nothing says what the evidence denies."""
    said = frozenset(DENIALS.get(one, one) for one in statement.read.lemmas if one)
    for number in _candidates(statement, said):
        unit = statement.reply.shelf.units[number]
        is_best = number == statement.alignment.units[0]
        for denial in _all_denials(unit):
            if _is_repeated(denial, said, statement, number, is_best=is_best):
                return _place(statement, denial.target)
    return None


def _candidates(statement: Statement, said: frozenset[str]) -> Iterator[int]:
    """Yield the units that deny something: those chosen first, then those that share words."""
    shelf, chosen = statement.reply.shelf, statement.alignment.units
    yield chosen[0]
    if len(statement.read.words) > LONG or _says_all(shelf.units[chosen[0]], said):
        return
    yield from chosen[1:]
    for number in shelf.denying:
        if number not in chosen and len(said & shelf.units[number].held) >= FEWEST:
            yield number


def _says_all(unit: Passage, said: frozenset[str]) -> bool:
    """Whether a unit says nearly all of a statement: then no other unit turns it round."""
    held = unit.held | unit.context
    return sum(has(one, held) for one in said) >= ALL * len(said)


ALL: Final = 0.9


def _all_denials(unit: Passage) -> Iterator[Denial]:
    yield from denials_of(unit.text)
    if ":" in unit.text and _NO_FIELD.search(unit.text):
        keys = _heavy(_keys(words_of(unit.text), range(len(words_of(unit.text).words))))
        if keys:
            yield Denial(keys[:-1], keys[-1], ())


def _heavy(keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in keys if one not in LIGHT_LEMMAS) or tuple(keys)


def _is_repeated(
    denial: Denial, said: frozenset[str], statement: Statement, number: int, *, is_best: bool
) -> bool:
    if not has(denial.target, said):
        return False
    subject = _heavy(denial.subject)
    told = sum(has(one, said) for one in subject)
    needed = SUBJECT * len(subject) if is_best else len(subject)
    if denial.lacking and not denial.items:
        return False
    if subject and told < (1 if denial.lacking else needed):
        return False
    items = [_heavy(item) for item in denial.items]
    best = max((sum(has(one, said) for one in item) / len(item) for item in items), default=1.0)
    if len(items) > 1:
        repeated = best == 1.0
    else:
        inside = {denial.target, *(items[0] if items else ())}
        inside.update(() if denial.lacking else subject)
        share = sum(has(one, said) for one in inside) / len(inside)
        repeated = share >= (SAID if is_best else 1.0)
    if not repeated:
        return False
    if is_best or subject:
        return is_best or len({*subject, denial.target}) >= FEWEST
    enough = denial.nobody or len({denial.target, *(items[0] if items else ())}) >= FEWEST
    return enough and _is_near(statement, number)


def _is_near(statement: Statement, number: int) -> bool:
    """Whether a unit stands beside the one that a statement mainly rests on."""
    shelf, best = statement.reply.shelf, statement.alignment.units[0]
    return shelf.origins[number] is shelf.origins[best] and abs(number - best) <= NEAR


def _place(statement: Statement, target: str) -> int:
    lemmas = statement.read.lemmas
    return next((at for at, one in enumerate(lemmas) if DENIALS.get(one, one) == target), 0)
