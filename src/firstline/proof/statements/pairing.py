"""Which value belongs to which name: "10 MB on Free, 100 MB on Team", columns, rows, fields.

A value may stand in the very unit a statement rests on and yet be said of something else there.
Each value has words around it; where the statement has the words of another value of that kind,
and not those of its own, the two were exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

import re2

from firstline.proof.claims import Claim, fit
from firstline.proof.statements.lemmas import ALIKE, lemma
from firstline.proof.statements.reading import Passage
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.unit_values import Shown, claimed_words, owners, unit_claims
from firstline.proof.statements.words import Words, words_of

_PARTS = re2.compile(r"[,;:()|\n\x{2013}\x{2014}]|\b(?:and|or|but|while|whereas|of which)\b")
_NAMING: Final = ("reference", "phone", "version")
APART: Final = 0.3
"""By how much more of another value's words a statement must have than of its own value's."""
SIBLINGS: Final = 8
"""Rows or items on either side that are looked at."""
MOST_FIELDS: Final = 200
_GENERAL: Final = frozenset(
    lemma(word)
    for word in """
    date amount value number id item list total time data info detail name type status count
    customer account record order reservation information product booking
    """.split()
)
"""Words of a field's path that tell no field from another."""


def is_of_another(statement: Statement, made: Claim, one: Shown) -> bool:
    """Whether the evidence gives a value for something else than a statement says it of."""
    if made.low is None or made.kind in _NAMING:
        return False
    shelf, facts = statement.reply.shelf, statement.reply.facts
    unit = shelf.units[one.unit]
    scope = scope_of(statement, made)
    if not scope:
        return False
    if unit.fields:
        return _is_of_other_field(statement, made, one, scope)
    held = unit_claims(unit, facts)
    if one.claim not in held:
        return False
    own = _around(unit, one.claim, held)
    others = [
        _around(unit, claim, held)
        for claim in held
        if _competes(claim, one.claim, unit) and fit(claim, made) is None
    ]
    for sibling in siblings(statement, one.unit):
        claims = unit_claims(sibling, facts)
        if not any(fit(claim, made) is not None for claim in claims):
            others += [
                _around(sibling, each, claims) for each in claims if _is_alike(each, one.claim)
            ]
    return any(_is_rather(scope, own, other) for other in others)


def _competes(claim: Claim, shown: Claim, unit: Passage) -> bool:
    """Whether two values of a unit may be taken for each other: counts of one thing, amounts."""
    if claim.kind in COUNTS and shown.kind in COUNTS:
        return unit.kind == "row" or claim.unit == shown.unit
    return claim.kind == shown.kind


def _is_alike(claim: Claim, other: Claim) -> bool:
    return claim.kind == other.kind and claim.unit == other.unit


def _is_rather(scope: frozenset[str], own: frozenset[str], other: frozenset[str]) -> bool:
    mine, theirs = own - other, other - own
    if not theirs:
        return False
    return _share(theirs, scope) > _share(mine, scope) + APART


def _share(label: frozenset[str], scope: frozenset[str]) -> float:
    if not label:
        return 0.0
    found = sum(
        one in scope or ((alike := ALIKE.get(one)) is not None and not alike.isdisjoint(scope))
        for one in label
    )
    return found / len(label)


def scope_of(statement: Statement, made: Claim) -> frozenset[str]:
    """Return the words of a statement that speak of one of its values."""
    same = _of_kind(statement.claims, made)
    return scopes(statement.text, same)[same.index(made)]


def _of_kind(claims: Sequence[Claim], like: Claim) -> tuple[Claim, ...]:
    """Return the values of one kind; a bare number may count the same things as a quantity."""
    kinds = COUNTS if like.kind in COUNTS else (like.kind,)
    return tuple(claim for claim in claims if claim.kind in kinds)


COUNTS: Final = ("number", "quantity")


def _around(unit: Passage, claim: Claim, held: Sequence[Claim]) -> frozenset[str]:
    """Return the words of a unit that speak of one of its values: a cell's column and row."""
    if unit.kind == "row":
        return _of_cell(unit.text, unit.header, claim.start)
    same = _of_kind(held, claim)
    return scopes(unit.text, same)[same.index(claim)]


@lru_cache(maxsize=2048)
def _of_cell(row: str, header: str, start: int) -> frozenset[str]:
    at = row.count("|", 0, start)
    cells, names = row.split("|"), header.split("|")
    column = names[at] if at < len(names) else ""
    others = [cell for number, cell in enumerate(cells) if number != at]
    # A table of plans in columns has one label a row; a table of two columns is read across.
    label = others if len([cell for cell in cells if cell.strip()]) == _TWO else others[:2]
    return words_of(" | ".join((column, *label))).held


_TWO: Final = 2


@lru_cache(maxsize=2048)
def scopes(text: str, claims: tuple[Claim, ...]) -> tuple[frozenset[str], ...]:
    """Return for each of some values of one kind the words of the text that speak of it."""
    read = words_of(text)
    if len(claims) == 1:
        return (_lemmas(read, claims, range(len(read.words))),)
    pieces = _pieces(text)
    listed = _in_order(read, claims, pieces)
    if listed is not None:
        return listed
    owner: list[Claim | None] = []
    for start, end in pieces:
        inside = [claim for claim in claims if start <= claim.start < end]
        owner.append(inside[0] if len(inside) == 1 else None)
    found: dict[Claim, list[int]] = {claim: [] for claim in claims}
    piece = 0
    for at, start in enumerate(read.starts):
        while piece + 1 < len(pieces) and pieces[piece + 1][0] <= start:
            piece += 1
        for claim in _owners(at, piece, owner, pieces, claims, read):
            found[claim].append(at)
    return tuple(_lemmas(read, claims, found[claim]) for claim in claims)


def _owners(
    at: int,
    piece: int,
    owner: Sequence[Claim | None],
    pieces: Sequence[tuple[int, int]],
    claims: Sequence[Claim],
    read: Words,
) -> Iterator[Claim]:
    """Yield the values that a word speaks of: that of its piece, or of the pieces beside it."""
    own = owner[piece]
    if own is not None:
        yield own
        return
    start, end = pieces[piece]
    inside = [claim for claim in claims if start <= claim.start < end]
    if inside:
        middle = (read.starts[at] + read.ends[at]) // 2
        yield min(inside, key=lambda one: min(abs(one.start - middle), abs(one.end - middle)))
        return
    after = next((one for one in claims if one.start >= end), None)
    before = next((one for one in reversed(claims) if one.start < start), None)
    # What comes before the first value leads to it; what follows the last belongs to that.
    if before is None and after is not None:
        yield after
    elif after is None and before is not None:
        yield before
    elif after is not None:
        yield after


def _in_order(
    read: Words, claims: tuple[Claim, ...], pieces: Sequence[tuple[int, int]]
) -> tuple[frozenset[str], ...] | None:
    """Return the scopes where names and values are listed apart: "A and B cost 1 and 2"."""
    size = len(claims)
    holding = [
        number
        for number, (start, end) in enumerate(pieces)
        if any(start <= claim.start < end for claim in claims)
    ]
    if len(holding) != size or holding != list(range(holding[0], holding[0] + size)):
        return None
    first, last = holding[0], holding[-1]
    marked = "respectively" in read.words
    bare = all(
        not (_inside(read, pieces[number], claims) - {lemma("respectively")})
        for number in holding[1:]
    )
    if first >= size - 1 and (marked or bare):
        names = [*range(first - size + 1, first), first]
    elif marked and len(pieces) - last > size - 1:
        names = [*range(last, last + size)]
    else:
        return None
    return tuple(_inside(read, pieces[number], claims) for number in names)


def _inside(read: Words, piece: tuple[int, int], claims: Sequence[Claim]) -> frozenset[str]:
    start, end = piece
    claimed = claimed_words(read, claims)
    return frozenset(
        one
        for at, one in enumerate(read.lemmas)
        if one and at not in claimed and start <= read.starts[at] < end
    )


def _pieces(text: str) -> list[tuple[int, int]]:
    found, start = [], 0
    for match in _PARTS.finditer(text):
        # "1,000" is one value: a mark between digits cuts nothing.
        inside = text[match.start() - 1 : match.start()].isdigit()
        if inside and text[match.end() : match.end() + 1].isdigit():
            continue
        found.append((start, match.start()))
        start = match.end()
    found.append((start, len(text)))
    return [piece for piece in found if text[piece[0] : piece[1]].strip()]


def _lemmas(read: Words, claims: Sequence[Claim], places: Sequence[int]) -> frozenset[str]:
    """Return the lemmas of some words, the values' own left out."""
    claimed = claimed_words(read, claims)
    return frozenset(
        read.lemmas[at] or read.words[at]
        for at in places
        if at not in claimed and (read.lemmas[at] or read.words[at].isdigit())
    )


def siblings(statement: Statement, number: int) -> Iterator[Passage]:
    """Yield the rows or items beside a unit, of the same table or list."""
    shelf = statement.reply.shelf
    unit = shelf.units[number]
    if unit.kind not in ("row", "item"):
        return
    for step in (-1, 1):
        for away in range(1, SIBLINGS + 1):
            at = number + step * away
            if not 0 <= at < len(shelf.units) or shelf.origins[at] is not shelf.origins[number]:
                break
            other = shelf.units[at]
            if other.kind != unit.kind or other.header != unit.header or other.above != unit.above:
                break
            yield other


def _is_of_other_field(
    statement: Statement, made: Claim, one: Shown, scope: frozenset[str]
) -> bool:
    """Whether another field of the record has the words that a statement says of a value."""
    shelf, facts = statement.reply.shelf, statement.reply.facts
    unit = shelf.units[one.unit]
    fitting = [
        _path_words(path)
        for path, claim in owners(unit, facts)
        if claim.kind == one.claim.kind and fit(claim, made) is not None
    ]
    if not fitting:
        return False
    rivals = [
        _path_words(path)
        for other in _objects_of(statement, one.unit)
        for path, claim in owners(other, facts)
        if claim.kind in (made.kind, one.claim.kind) and fit(claim, made) is None
    ]
    return all(
        any((own ^ other) & scope == other - own != frozenset() for other in rivals)
        for own in fitting
    )


def _objects_of(statement: Statement, number: int) -> Iterator[Passage]:
    shelf = statement.reply.shelf
    count = 0
    for at, unit in enumerate(shelf.units):
        if unit.fields and shelf.origins[at] is shelf.origins[number]:
            count += len(unit.fields)
            if count > MOST_FIELDS and at != number:
                continue
            yield unit


@lru_cache(maxsize=4096)
def _path_words(path: str) -> frozenset[str]:
    parts = path.replace("_", " ").replace(".", " ").replace("[", " ").replace("]", " ")
    return frozenset(one for one in words_of(parts).held - _GENERAL if one and not one.isdigit())
