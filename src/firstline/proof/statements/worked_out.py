"""Values that no unit states but that follow from what the units state, worked out again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from firstline.proof.claims import Claim, compute
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.unit_values import ADDING, Shown, is_local, unit_claims
from firstline.proof.statements.words import has_digit
from firstline.records import EvidenceId

MOST_HELD: Final = 400
"""Values a computation may draw on."""
MOST_MADE: Final = 12
"""Values of a statement that are worked out again; no sentence for people has more."""


def is_computed(statement: Statement, made: Claim, shown: Sequence[Shown]) -> bool:
    """Whether a value follows from those shown, or from those of the records."""
    reply = statement.reply
    if len(statement.claims) > MOST_MADE:
        return False
    if made.kind == "money" and not is_local(made, reply.facts):
        currency = made.unit.partition("/")[0]
        if all(one.claim.unit.partition("/")[0] != currency for one in shown):
            return False
    own = [(reply.shelf.identity(one.unit), _placed(one.claim, one.unit)) for one in shown]
    kinds = COUNTS if made.kind in COUNTS else (made.kind,)
    same = [
        (reply.shelf.identity(number), _placed(claim, number))
        for number, claim in _record_values(statement)
        if claim.kind in kinds
    ]
    tries = [own, _of_named(statement, kinds)]
    if not statement.names:
        tries += [same, [*own, *same]]
    return any(_follows(statement, made, held[:MOST_HELD]) for held in tries if held)


COUNTS: Final = ("number", "quantity")
_APART: Final = 100_000


def _placed(claim: Claim, number: int) -> Claim:
    """Return a value with a place of its own: two invoices of one amount are two amounts."""
    return replace(claim, start=claim.start + number * _APART, end=claim.end + number * _APART)


def _of_named(statement: Statement, kinds: Sequence[str]) -> list[tuple[EvidenceId, Claim]]:
    """Return the values of the objects that a statement names: of these it gives the sum."""
    shelf, read = statement.reply.shelf, statement.read
    wanted = [*_phrases(statement)]
    wanted += [
        frozenset((word,))
        for at, word in enumerate(read.words)
        if has_digit(word) and not word.isdigit() and not read.lemmas[at]
    ]
    found: list[tuple[EvidenceId, Claim]] = []
    for number, unit in enumerate(shelf.units if wanted else ()):
        if unit.kind == "object" and any(phrase <= unit.held for phrase in wanted):
            found.extend(
                (shelf.identity(number), _placed(claim, number))
                for claim in unit_claims(unit, statement.reply.facts)
                if claim.kind in kinds
            )
    return found


def _phrases(statement: Statement) -> Iterator[frozenset[str]]:
    """Yield the lemmas of each name: words with capitals that stand side by side."""
    run: list[str] = []
    last = -1
    for at in statement.names:
        if run and at != last + 1:
            yield frozenset(run)
            run = []
        run.append(statement.read.lemmas[at])
        last = at
    if run:
        yield frozenset(run)


def _follows(statement: Statement, made: Claim, held: Sequence[tuple[EvidenceId, Claim]]) -> bool:
    """Whether a value can be worked out of others."""
    found = compute(
        made,
        statement.text,
        [claim for _, claim in held],
        statement.reply.today,
        nearby=_nearby(statement, made),
        records=[name for name, _ in held],
        facts=statement.reply.facts,
    )
    return found is not None


def _nearby(statement: Statement, made: Claim) -> str:
    """Return what the reply says around a statement; "adds up to" says that it is a total."""
    text, told = statement.reply.text, statement.text.strip()
    at = text.find(told)
    around = text[max(0, at - AROUND) : at + len(told) + AROUND] if at >= 0 else ""
    sums = statement.text[: made.start].rstrip().lower().endswith(ADDING)
    return f"{around} (in total)" if sums else around


AROUND: Final = 300
"""Characters on either side in which a reply says what goes into a computation."""


def _record_values(statement: Statement) -> Iterator[tuple[int, Claim]]:
    """Yield the values of all records, whichever a statement rests on: sums are over several."""
    shelf = statement.reply.shelf
    for number, unit in enumerate(shelf.units):
        if unit.kind == "object":
            for claim in unit_claims(unit, statement.reply.facts):
                yield number, claim
