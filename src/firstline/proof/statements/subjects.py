"""Of what a statement speaks: what the evidence says of one thing is not said of its sibling.

Siblings are what stands side by side: columns and rows of one table, labelled items of one list,
names joined by "and", and words that were exchanged in a sentence that is otherwise repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import re2

from firstline.proof.proofs import Gap
from firstline.proof.statements.alignment import has
from firstline.proof.statements.in_order import in_order, most_shared
from firstline.proof.statements.lemmas import LIGHT_LEMMAS
from firstline.proof.statements.names import said_by
from firstline.proof.statements.pairing import siblings
from firstline.proof.statements.reading import Passage
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.words import Words, words_of

MAINLY: Final = 0.5
"""Share of a statement that a unit says, from which on its names count."""
ENOUGH: Final = 0.75
"""Share of a statement that another unit may say instead."""
LONGEST: Final = 60
CLOSE: Final = 0.6
"""Share of words in the same order, from which on exchanged words were exchanged."""
EXCHANGED: Final = 2
"""Words that are exchanged for others; where more differ it is another wording."""
MOST: Final = 40
_LABEL = re2.compile(r"^[\s*\-\x{2022}+]*(\*\*[^*]{1,60}\*\*|[^:.,;*]{1,40}):")
_BEFORE_LABEL: Final = " \t\n\f\r*-\u2022+"
_LONGEST_LABEL: Final = 40
_JOINED = re2.compile(r"\b(\p{Lu}\pL+)(?:, (\p{Lu}\pL+))?,? (?:and|or) (\p{Lu}\pL+)\b")


def subject_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield the words that the evidence says of something else."""
    if not statement.units or statement.units[0].kind == "object":
        return
    for rule in (_of_sibling_item, _of_sibling_name, _exchanged):
        at = rule(statement)
        if at is not None:
            yield statement.gap("wrong_subject", "the evidence says this of something else", at)
            return


@lru_cache(maxsize=4096)
def label_of(text: str, *, is_row: bool) -> frozenset[str]:
    """Return the lemmas of the label of a row or item: its first cell, what stands before ":"."""
    if is_row:
        cells = [cell for cell in text.split("|") if cell.strip()]
        return words_of(cells[0]).held if cells else frozenset()
    match = _LABEL.match(text) if _may_be_labelled(text) else None
    return words_of(match.group(1)).held if match else frozenset()


def _may_be_labelled(text: str) -> bool:
    """Whether a label may stand before a colon: no mark, and not too much, is before the first."""
    if "**" in text:
        return True
    begun = text.lstrip(_BEFORE_LABEL)
    colon = begun.find(":")
    return 0 <= colon <= _LONGEST_LABEL and not any(mark in begun[:colon] for mark in ".,;*")


def _label(unit: Passage) -> frozenset[str]:
    return label_of(unit.text, is_row=unit.kind == "row")


def _of_sibling_item(statement: Statement) -> int | None:
    """Return a word that only the item of another label has than the one that is named."""
    shelf, said = statement.reply.shelf, statement.read.held
    for number in statement.alignment.units:
        unit = shelf.units[number]
        label = _label(unit) if unit.kind in ("row", "item") else frozenset()
        if not label or not label.isdisjoint(said):
            continue
        named = [
            one for one in siblings(statement, number) if (mark := _label(one)) and mark <= said
        ]
        if not named:
            continue
        held = frozenset().union(*(one.held | one.context for one in named))
        others = [shelf.units[other] for other in statement.alignment.units if other != number]
        for at, one in enumerate(statement.read.lemmas):
            own = (
                one and one not in LIGHT_LEMMAS and one in unit.held and at not in statement.claimed
            )
            if own and not has(one, held) and not any(one in other.held for other in others):
                return at
    return None


@lru_cache(maxsize=4096)
def kin_of(text: str, *, is_header: bool) -> frozenset[str]:
    """Return the names that stand side by side in a text: columns, or joined by "and"."""
    found: set[str] = set()
    if is_header:
        for cell in text.split("|"):
            name = words_of(cell)
            if len(name.words) == 1:
                found |= name.held
        return frozenset(found)
    for match in _JOINED.finditer(text):
        for group in (1, 2, 3):
            if match.group(group):
                found |= words_of(match.group(group)).held
    return frozenset(found)


def _of_sibling_name(statement: Statement) -> int | None:
    """Return a name where the unit that says the rest names only its siblings."""
    shelf, unit = statement.reply.shelf, statement.units[0]
    said = statement.read.held
    if unit.kind == "row" or said_by(statement, unit) < MAINLY:
        return None
    for at in statement.names:
        one = statement.read.lemmas[at]
        if at in statement.claimed or one in unit.held or one in unit.context:
            continue
        if one not in shelf.postings or one in statement.reply.own:
            continue
        kin: set[str] = set()
        for number in shelf.postings[one][:MOST]:
            other = shelf.units[number]
            sets = (kin_of(other.text, is_header=False), kin_of(other.header, is_header=True))
            kin.update(*(names for names in sets if one in names))
        kin.discard(one)
        named = kin & unit.held - said
        if named and _is_capital(unit, named) and not _others_say(statement, one, unit):
            return at
    return None


def _is_capital(unit: Passage, names: frozenset[str] | set[str]) -> bool:
    read = words_of(unit.text)
    return any(
        one in names and unit.text[start].isupper()
        for one, start in zip(read.lemmas, read.starts, strict=True)
    )


def _others_say(statement: Statement, one: str, unit: Passage) -> bool:
    """Whether a unit that has the word says most of the statement as well."""
    shelf = statement.reply.shelf
    enough = ENOUGH * said_by(statement, unit)
    return any(
        said_by(statement, shelf.units[number]) >= enough for number in shelf.postings[one][:MOST]
    )


def _exchanged(statement: Statement) -> int | None:
    """Return a word in the place of another, where the rest is repeated and both are known."""
    unit, shelf = statement.units[0], statement.reply.shelf
    said, held = statement.read, words_of(unit.text)
    if max(len(said.words), len(held.words)) > LONGEST or unit.kind == "row":
        return None
    if most_shared(said, held) < CLOSE or (compared := in_order(said, held)).share() < CLOSE:
        return None
    around = unit.held | unit.context
    heavy = {one for at, one in enumerate(said.lemmas) if _tells(said, at, statement)}
    if sum(not has(one, around) for one in heavy) > EXCHANGED:
        return None
    for kind, first, last, start, end in compared.changes():
        if kind != "replace":
            continue
        ours = [at for at in range(first, last) if _tells(said, at, statement)]
        theirs = [one for one in held.lemmas[start:end] if one and one not in LIGHT_LEMMAS]
        if not ours or not theirs or len(ours) > EXCHANGED or len(theirs) > EXCHANGED:
            continue
        new = [at for at in ours if not has(said.lemmas[at], around)]
        widened = not _WHOLE.isdisjoint(held.words[start:end])
        if widened or any(_is_verb(said, at) for at in new):
            continue  # another verb is another wording; another noun is another thing
        kept = any(has(one, said.held) for one in theirs)
        if len(new) != len(ours) or kept:
            continue
        one = said.lemmas[new[0]]
        if one in shelf.postings and not _others_say(statement, one, unit):
            return new[0]
    return None


_WHOLE: Final = frozenset("any all every each whichever whatever".split())
_BEFORE_VERBS: Final = frozenset(
    "can could may might will would shall should must to you we they i cannot not please".split()
)
_AFTER_VERBS: Final = frozenset("the a an your our their its it this that them us you".split())


def _is_verb(read: Words, at: int) -> bool:
    """Whether a word seems to be a verb, by its ending and the words beside it."""
    word = read.words[at]
    before = read.words[at - 1] if at else "please"
    after = read.words[at + 1] if at + 1 < len(read.words) else ""
    return word.endswith(("ed", "ing")) or before in _BEFORE_VERBS or after in _AFTER_VERBS


def _tells(read: Words, at: int, statement: Statement) -> bool:
    one = read.lemmas[at]
    return bool(one) and one not in LIGHT_LEMMAS and at not in statement.claimed
