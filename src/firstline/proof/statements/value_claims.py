"""Values in a statement: each shown by the units it rests on, or worked out again from them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from firstline.proof.claims import Claim, Fit, fit
from firstline.proof.proofs import Gap
from firstline.proof.statements.alignment import has
from firstline.proof.statements.lemmas import lemma
from firstline.proof.statements.pairing import is_of_another, scope_of
from firstline.proof.statements.reading import Passage
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.unit_values import Shown, is_local, text_claims, unit_claims
from firstline.proof.statements.words import has_digit, words_of
from firstline.proof.statements.worked_out import is_computed

ECHOED: Final = frozenset(("reference", "email", "phone", "url", "version"))
"""Kinds of which the customer's own mention is enough: they name a thing and state nothing."""
_TOLERATED: Final = frozenset(("unit", "bound", "year", "zone", "month", "hedge", "currency"))
"""What a statement may leave out of a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueProof:
    """What was found out about the values of a statement."""

    gaps: tuple[Gap, ...] = ()
    computed: bool = False
    """Whether one of them had to be worked out."""
    shown: int = 0
    """How many stand in the evidence."""


MOST_GAPS = 20
"""Values that nothing shows, after which a statement is not looked at further: it is refused."""


def prove_values(statement: Statement) -> ValueProof:
    """Return what shows the values of a statement, or which of them nothing shows."""
    made = statement.claims
    gaps = list(_bare_numbers(statement))
    if not made:
        return ValueProof(gaps=tuple(gaps))
    shown = _shown_by(statement)
    computed, count = False, 0
    for claim in made:
        if len(gaps) >= MOST_GAPS:
            break
        if _is_shown(statement, claim, shown):
            count += 1
        elif claim.kind in ECHOED and _is_echoed(claim, statement):
            continue
        elif is_computed(statement, claim, shown):
            computed = True
        else:
            detail = "a value that the evidence does not have here"
            gaps.append(Gap(code=claim.kind, detail=detail, start=claim.start, end=claim.end))
    return ValueProof(gaps=tuple(gaps), computed=computed, shown=count)


def _bare_numbers(statement: Statement) -> Iterator[Gap]:
    """Yield words with digits that are no typed value and stand nowhere in the units."""
    for at, word in enumerate(statement.read.words):
        if has_digit(word) and at not in statement.claimed:
            known = word in statement.alignment.held or word in statement.reply.asked
            if not known and not _is_marker(statement, at):
                yield statement.gap("number", "a number that the evidence does not have", at)


def _is_marker(statement: Statement, at: int) -> bool:
    """Whether a number only counts the items of a list: "2. Open Settings"."""
    word, text = statement.read.words[at], statement.text
    after = text[statement.read.ends[at] :].lstrip("*_")[:1]
    last = at == len(statement.read.words) - 1
    return word.isdigit() and len(word) <= _MARKER and after in (".", ")") and (at == 0 or last)


_MARKER: Final = 2
"""Digits of the number of a list item."""


def _shown_by(statement: Statement) -> list[Shown]:
    """Return the values of the units a statement rests on, and of what they stand under."""
    shelf, facts = statement.reply.shelf, statement.reply.facts
    found: list[Shown] = []
    for number in statement.alignment.units:
        unit = shelf.units[number]
        found.extend(Shown(claim, number) for claim in unit_claims(unit, facts))
        for text in (*unit.above, unit.header):
            if any(char.isdigit() for char in text):
                found.extend(Shown(claim, number) for claim in text_claims(text, facts))
    return found


def record_units(statement: Statement) -> tuple[int, ...]:
    """Return the objects of records that show the values which the words did not lead to.

    An object is taken when it fits a value and no other object whose names the statement rather
    says has a value of that kind: "the next invoice" is not any invoice.
    """
    reply, read = statement.reply, statement.read
    objects = [
        (number, unit) for number, unit in enumerate(reply.shelf.units) if unit.kind == "object"
    ]
    if not objects or len(objects) > MOST_OBJECTS:
        return ()
    chosen = statement.alignment.units
    shown = _shown_by(statement)
    found: list[int] = []
    for made in statement.claims:
        if any(fit(one.claim, made) is not None for one in shown):
            continue
        fitting: list[tuple[int, int]] = []
        rival = -1
        for number, unit in objects:
            claims = unit_claims(unit, reply.facts)
            told = sum(has(one, unit.held | unit.context) for one in read.held)
            if number not in chosen and any(fit(claim, made) is not None for claim in claims):
                same = (
                    bool(chosen) and reply.shelf.origins[number] is reply.shelf.origins[chosen[0]]
                )
                fitting.append((told + same, number))
            elif (number not in chosen or made.kind in ("money", "date")) and any(
                claim.kind == made.kind for claim in claims
            ):
                rival = max(rival, told)
        if fitting:
            best, number = max(fitting, key=lambda one: (one[0], -one[1]))
            if best >= rival:
                found.append(number)
    return tuple(dict.fromkeys(found))


MOST_OBJECTS: Final = 600


def _is_shown(statement: Statement, made: Claim, shown: Sequence[Shown]) -> bool:
    if _is_marked(statement, made):
        return True
    if _only_counts(statement, made):
        return True
    if made.unit == "time" and made.low == 1:
        return any("once" in words_of(unit.text).words for unit in statement.units)
    for one in shown:
        found = fit(one.claim, made)
        if (
            found is not None
            and _is_enough(statement, made, found, one)
            and _is_of_the_named(statement, made, one)
            and not is_of_another(statement, made, one)
        ):
            return True
    return False


def _is_of_the_named(statement: Statement, made: Claim, one: Shown) -> bool:
    """Whether a value is one of what the statement names, where the evidence has one of that."""
    shelf = statement.reply.shelf
    unit = shelf.units[one.unit]
    if unit.kind == "object" and made.kind == "reference":
        return True  # an identifier names its object by itself
    if not _is_under_the_name(statement, one.unit):
        return False
    names = {statement.read.lemmas[at] for at in statement.names}
    known = {name for name in names if name in shelf.postings}
    lacking = {name for name in known if name not in unit.held and name not in unit.context}
    if not lacking or _speaks_of_its_own(statement, made, unit, names):
        return True
    rarest = min(lacking, key=lambda name: (len(shelf.postings[name]), name))
    for number in shelf.postings[rarest][:MOST_RIVALS]:
        rival = shelf.units[number]
        if known <= rival.held | rival.context and any(
            claim.kind == made.kind and claim.unit == made.unit
            for claim in unit_claims(rival, statement.reply.facts)
        ):
            return False
    return True


def _speaks_of_its_own(
    statement: Statement, made: Claim, unit: Passage, names: Collection[str]
) -> bool:
    """Whether a value stands in a part of its own that names nothing and that a unit says."""
    if len(statement.claims) == 1:
        return False
    scope = scope_of(statement, made)
    if len(scope) < _OWN_WORDS or not scope.isdisjoint(names):
        return False
    return sum(has(one, unit.held) for one in scope) >= _OWN_SHARE * len(scope)


_OWN_WORDS: Final = 3
_OWN_SHARE: Final = 0.7
MOST_RIVALS: Final = 60


def _is_under_the_name(statement: Statement, number: int) -> bool:
    """Whether a unit is of the very name said, where a document has that: Gold, not Gold Plus."""
    shelf = statement.reply.shelf
    for phrase in _name_phrases(statement):
        told = {item.id for item in shelf.sources if phrase in item.title.casefold()}
        if told and shelf.identity(number) not in told:
            return phrase in shelf.units[number].text.casefold()
    return True


def _name_phrases(statement: Statement) -> list[str]:
    """Return the names of more than one word, in lower case."""
    names, read = statement.names, statement.read
    found: list[str] = []
    first = last = -1
    for at in (*names, -1):
        if at >= 0 and at == last + 1 and first >= 0:
            last = at
            continue
        if first >= 0 and last > first:
            found.append(statement.text[read.starts[first] : read.ends[last]].casefold())
        first = last = at
    return found


def _is_marked(statement: Statement, made: Claim) -> bool:
    """Whether a claim only counts the items of a list: "Low pressure 2." before the next item."""
    if made.kind != "number" or made.low is None or not 1 <= made.low <= _MOST_ITEMS:
        return False
    after = statement.text[made.end :].strip()
    beside = (f" {made.low - 1}.", f" {made.low + 1}.")
    listed = any(mark in statement.reply.text for mark in beside)
    return after in (".", ")") and made.bound == "exact" and listed


_MOST_ITEMS: Final = 30


def _is_enough(statement: Statement, made: Claim, found: Fit, one: Shown) -> bool:
    """Whether a fit that is not full is good enough here."""
    unit, facts = statement.reply.shelf.units[one.unit], statement.reply.facts
    left = set(found.left_out)
    if not _PERIODS.isdisjoint(statement.read.words):
        left.discard("period")
    if not left <= _TOLERATED or "period" in found.added:
        return False
    unnamed = made.kind == "money" and not one.claim.unit.partition("/")[0]
    if (unnamed or "currency" in left) and not is_local(made, facts):
        return False
    if "currency" in found.added and not (unit.fields and is_local(made, facts)):
        return False
    return "unit" not in found.added or _counts_the_same(made, unit)


def _counts_the_same(made: Claim, unit: Passage) -> bool:
    """Whether a bare number of the evidence may be of the thing that a statement counts."""
    noun = lemma(made.unit.partition("/")[0]) if made.unit else ""
    return bool(unit.fields) or not noun or noun in unit.held or noun in unit.context


def _only_counts(statement: Statement, made: Claim) -> bool:
    """Whether a small number only announces a list: "There are two plans: Basic and Pro"."""
    if made.kind != "quantity" or made.low is None or made.low > _FEW or made.bound != "exact":
        return False
    text = statement.text
    spelt = not any(char.isdigit() for char in text[made.start : made.end])
    if not spelt:
        return False
    if ":" in text[made.end :] or made.unit in _GENERAL or _has_so_many(statement, made):
        return True
    return made.low > 1 and _is_uncounted(statement, made)


def _is_uncounted(statement: Statement, made: Claim) -> bool:
    """Whether units speak of several such things and nowhere of their number, nor of a limit."""
    noun = lemma(made.unit)
    shelf, facts = statement.reply.shelf, statement.reply.facts
    numbers = shelf.postings.get(noun, ())
    if not noun or not numbers or len(numbers) > MOST_RIVALS:
        return False
    for number in numbers:
        unit = shelf.units[number]
        if unit.fields or any(claim.kind in COUNTED for claim in unit_claims(unit, facts)):
            return False
        read = words_of(unit.text)
        if any(
            one == noun and at and read.words[at - 1] in _ONE for at, one in enumerate(read.lemmas)
        ):
            return False
    return True


_ONE: Final = frozenset("a an one each every single another per no".split())


COUNTED: Final = ("quantity", "number")


def _has_so_many(statement: Statement, made: Claim) -> bool:
    """Whether the record has a list of at least so many of these: "the first two flights"."""
    noun = lemma(made.unit)
    shelf = statement.reply.shelf
    listed = [
        number
        for number in shelf.postings.get(noun, ())[:MOST_RIVALS]
        if shelf.units[number].kind == "object" and noun in shelf.units[number].context
    ]
    return bool(noun) and made.low is not None and len(listed) >= made.low


_FEW: Final = 5
_GENERAL: Final = frozenset(
    "option point way thing reason factor type kind step side part aspect question item".split()
)


_PERIODS: Final = frozenset(
    "monthly month yearly annual annually year daily day weekly week hourly hour quarterly".split()
)


def _is_echoed(claim: Claim, statement: Statement) -> bool:
    return any(
        other.kind in (claim.kind, "reference", "number") and other.key == claim.key
        for other in statement.reply.asked_claims
    )
