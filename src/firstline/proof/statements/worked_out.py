"""Values that no unit states but that follow from what the units state, worked out again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from firstline.proof.claims import Claim, compute
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.unit_values import ADDING, Shown, is_local, unit_claims
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
    own = [(reply.shelf.identity(one.unit), one.claim) for one in shown]
    same = [
        (reply.shelf.identity(number), claim)
        for number, claim in _record_values(statement)
        if claim.kind == made.kind
    ]
    tries = [own, _of_named(statement, shown)]
    if not statement.names:
        tries += [same, [*own, *same]]
    return any(_follows(statement, made, held[:MOST_HELD]) for held in tries if held)


def _of_named(statement: Statement, shown: Sequence[Shown]) -> list[tuple[EvidenceId, Claim]]:
    """Return the values of the objects that a statement names: of these it gives the sum."""
    shelf = statement.reply.shelf
    names = {statement.read.lemmas[at] for at in statement.names}
    return [
        (shelf.identity(one.unit), one.claim)
        for one in shown
        if not names.isdisjoint(shelf.units[one.unit].held)
    ]


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
