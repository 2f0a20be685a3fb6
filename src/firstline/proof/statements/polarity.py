"""Denials: what a statement denies the evidence must deny, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from firstline.proof.proofs import Gap
from firstline.proof.statements.alignment import has
from firstline.proof.statements.dropped_denials import denials_of, denied_place
from firstline.proof.statements.lemmas import DENIALS, LIGHT_LEMMAS
from firstline.proof.statements.lexicon import NEGATIONS
from firstline.proof.statements.reading import Passage
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.words import Clauses, Words, clauses_of, words_of

_BEYOND = {
    "only": "unless without outside other except after until beyond if before than more",
    "within": "after outside beyond later once past",
    "until": "after once before beyond",
    "unless": "if until without",
    "except": "other",
    "must": "without unless",
    "required": "without unless",
    "if": "unless otherwise without",
    "up": "more beyond over above than",
    "most": "more beyond over above than",
    "before": "after once",
    "for": "after beyond",
}
"""Words of the evidence that set a limit, and those by which a denial names what is beyond."""
_LIMITS = {word: frozenset(line.split()) for word, line in _BEYOND.items()}
_TARGETS = 3
_LONG = 18
"""Words of a statement that may deny in other words, where its unit denies as often."""
EVADING = frozenset(
    """
    avoid avoids avoiding prevent prevents preventing instead rather stop stops only except
    failure failures lack absence free difficult hard
    """.split()
)
"""Words by which a statement denies without a denial."""
_AFFIRMED = 0.7
"""Share of a denied clause's words that a unit must have to be what is denied."""


def polarity_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield denials that the evidence has not, and those of the evidence that are left out."""
    read, clauses = statement.read, statement.clauses
    texts = [(unit, words_of(unit.text), clauses_of(unit.text)) for unit in statement.units]
    for cue in clauses.cues:
        if _is_supposed(read, clauses, cue):
            continue
        if not _is_denied_there(statement, cue, texts):
            yield statement.gap("polarity", "a denial that the evidence does not have", cue)
            return
    if _may_turn(statement):
        dropped = denied_above(statement)
        if dropped is None:
            dropped = _excepted_place(statement)
        if dropped is None:
            dropped = denied_place(statement)
        if dropped is not None:
            yield statement.gap("polarity", "the evidence denies this", dropped)


def _may_turn(statement: Statement) -> bool:
    """Whether a statement denies nothing, in whatever way, and names no limit for a denial."""
    read, units = statement.read, statement.units
    if statement.clauses.cues or not EVADING.isdisjoint(read.words) or not units:
        return False
    held = words_of(units[0].text)
    return not (_names_limit(read, held) or _names_limit(held, read))


def _excepted_place(statement: Statement) -> int | None:
    """Return where a statement says of something what its unit says of all others."""
    read, unit = statement.read, statement.units[0]
    if not {"if", "when", "unless", "except", "or"}.isdisjoint(read.words):
        return None
    words, there = words_of(unit.text), clauses_of(unit.text)
    said = {one for one in read.lemmas if one}
    inside = {one for one in words.lemmas if one and one not in LIGHT_LEMMAS}
    for part in _exceptions(words, there):
        rest = inside - set(part)
        told = sum(has(one, said) for one in rest)
        if rest and _is_among(part, said) and told >= _EXCEPTED * len(rest):
            return next((at for at, one in enumerate(read.lemmas) if one in part), 0)
    return None


def denied_above(statement: Statement) -> int | None:
    """Return where a statement says what the heading or lead-in of its unit denies."""
    unit = statement.units[0]
    if not _above_denies(unit) or clauses_of(unit.text).cues or unit.kind == "heading":
        return None
    for denial in denials_of(unit.above[-1]):
        for at, one in enumerate(statement.read.lemmas):
            if one and has(_base(one), {denial.target}):
                return at
    return None


def _names_limit(read: Words, held: Words) -> bool:
    said = frozenset(read.words)
    return any(word in _LIMITS and _LIMITS[word] & said for word in held.words)


def restates_limit(read: Words, held: Words) -> bool:
    """Whether a denial names what lies beyond a limit of the evidence: "not after" for "within"."""
    if NEGATIONS.isdisjoint(read.words) and not any(one in DENIALS for one in read.lemmas):
        return False
    return _names_limit(read, held)


def _is_supposed(read: Words, clauses: Clauses, cue: int) -> bool:
    """Whether a denial only supposes something: "if you cannot find it"."""
    number = clauses.clause[cue]
    first = next(at for at in range(cue + 1) if clauses.clause[at] == number)
    return read.words[first] in ("if", "when", "unless", "whether", "once")


def _targets(read: Words, clauses: Clauses, cue: int) -> list[int]:
    """Return the words a denial is about: the first content words after it in its clause."""
    found = []
    if read.lemmas[cue] in DENIALS:
        found.append(cue)
    for at in range(cue + 1, len(read.words)):
        if clauses.clause[at] != clauses.clause[cue] or len(found) == _TARGETS:
            break
        if read.lemmas[at]:
            found.append(at)
    return found


def _is_denied_there(
    statement: Statement, cue: int, texts: list[tuple[Passage, Words, Clauses]]
) -> bool:
    """Whether the evidence denies the same, or does not say what is denied here at all."""
    read, clauses = statement.read, statement.clauses
    targets = {_base(read.lemmas[at]) for at in _targets(read, clauses, cue)}
    if any(_says_yes(unit, read) for unit, _, _ in texts):
        return False
    best = texts[0][0] if texts else None
    if best is not None and best.kind == "object" and _denies_value(statement, cue, best, targets):
        return False
    if len(read.words) > _LONG and texts and len(texts[0][2].cues) >= len(clauses.cues):
        return True
    if _record_denies(statement, cue):
        return True
    own = read.lemmas[cue]
    if own and own in statement.alignment.held:
        return True
    if not targets:
        return not texts or any(there.cues for _, _, there in texts)
    if not _is_affirmed(read, clauses, cue, texts):
        return True
    return any(_unit_denies(read, targets, *text) for text in texts)


def _record_denies(statement: Statement, cue: int) -> bool:
    """Whether a field that a denied clause names says no: `insurance: no`."""
    read, clause, shelf = statement.read, statement.clauses.clause, statement.reply.shelf
    inside = {
        one
        for at, one in enumerate(read.lemmas)
        if one and clause[at] == clause[cue] and one not in LIGHT_LEMMAS
    }
    for one in inside:
        for number in shelf.postings.get(one, ())[:_MOST]:
            unit = shelf.units[number]
            if unit.fields and any(_no_value(text) for text in _false_fields(unit, {one})):
                return True
    return False


_MOST = 40
_YES = re2.compile(r"(?i):\s*\**\s*yes\b\**[.\s]*$")


def _says_yes(unit: Passage, read: Words) -> bool:
    """Whether a unit is a label with "Yes" that a statement repeats: "Concierge desk: Yes"."""
    if ":" not in unit.text or not _YES.search(unit.text):
        return False
    label = {one for one in words_of(unit.text).lemmas if one}
    return all(has(one, read.held) for one in label)


def _unit_denies(
    read: Words, targets: set[str], unit: Passage, words: Words, there: Clauses
) -> bool:
    """Whether a unit denies one of the targets, in whatever way."""
    if _above_denies(unit) or restates_limit(read, words) or _excepts(read, words, there):
        return True
    for at, lemma in enumerate(words.lemmas):
        denied = there.denied[at] or there.denials[there.clause[at]] % 2
        if lemma and denied and _meets(lemma, targets):
            return True
    return any(_no_value(text) for text in _false_fields(unit, targets))


def _excepts(read: Words, words: Words, there: Clauses) -> bool:
    """Whether a denial is about what a unit excepts: "unless it was a gift card"."""
    said = {one for one in read.lemmas if one and one not in LIGHT_LEMMAS}
    return any(_is_among(inside, said) for inside in _exceptions(words, there))


def _is_among(inside: list[str], said: set[str]) -> bool:
    return sum(has(one, said) for one in inside) >= _EXCEPTED * len(inside)


_EXCEPTED = 0.5


def _exceptions(words: Words, there: Clauses) -> Iterator[list[str]]:
    """Yield what a unit excepts, by its words that tell."""
    for at, word in enumerate(words.words):
        if word in ("unless", "except", "excluding"):
            number = there.clause[at]
            after = zip(words.lemmas[at:], there.clause[at:], strict=True)
            inside = [one for one, clause in after if clause == number and one]
            heavy = [one for one in inside if one not in LIGHT_LEMMAS]
            if heavy:
                yield heavy


def _denies_value(statement: Statement, cue: int, unit: Passage, targets: set[str]) -> bool:
    """Whether a value of a record stands in the denied clause, and no field says no."""
    clause = statement.clauses.clause
    inside = any(clause[at] == clause[cue] for at in statement.claimed)
    return inside and not any(_no_value(text) for text in _false_fields(unit, targets))


def _is_affirmed(
    read: Words, clauses: Clauses, cue: int, texts: list[tuple[Passage, Words, Clauses]]
) -> bool:
    """Whether a unit says most of the denied clause: otherwise it is only unsupported."""
    inside = {
        _base(lemma)
        for lemma, number in zip(read.lemmas, clauses.clause, strict=True)
        if lemma and number == clauses.clause[cue]
    }
    heavy = [one for one in inside if one not in LIGHT_LEMMAS] or list(inside)
    enough = _AFFIRMED * len(heavy)
    return any(sum(has(one, unit.held) for one in heavy) >= enough for unit, _, _ in texts)


def _false_fields(unit: Passage, targets: set[str]) -> Iterator[str]:
    """Yield the values of an object's fields whose names are what is denied."""
    for field in unit.fields:
        name = words_of(field.path.rpartition(".")[2].replace("_", " ")).held
        if name & targets:
            yield unit.text[field.start : field.end]


def _no_value(value: str) -> bool:
    return value.casefold() in ("no", "false", "none", "0", "never", "off")


def _above_denies(unit: Passage) -> bool:
    """Whether a unit is one of a list of what is not so: under "You cannot:", "Do not"."""
    for text in unit.above[-1:]:
        words = words_of(text).words
        leads = text.rstrip(" *").endswith(":") or (words and words[0] in _FORBIDDING)
        if leads and clauses_of(text).cues and not text.endswith("?"):
            return True
    return False


_FORBIDDING = frozenset("do don't never not cannot please what when which who things".split())


def _base(lemma: str) -> str:
    return DENIALS.get(lemma, lemma)


def _meets(lemma: str, targets: set[str]) -> bool:
    return _base(lemma) in targets or has(_base(lemma), targets)
