"""The proof of a paraphrase: a statement in other words than its evidence, rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import re2

from firstline.proof.pattern_sets import PatternSet
from firstline.proof.proofs import Gap, How, SentenceProof, Support
from firstline.proof.sentences import is_item
from firstline.proof.statements.alignment import align, guides, weights
from firstline.proof.statements.copying import copying_gaps
from firstline.proof.statements.cues import (
    absolute_gaps,
    cause_gaps,
    condition_gaps,
    modality_gaps,
)
from firstline.proof.statements.deeds import deed_gaps
from firstline.proof.statements.lemmas import LIGHT_LEMMAS, stem
from firstline.proof.statements.names import contrast_gaps, name_gaps, name_positions, plan_gaps
from firstline.proof.statements.polarity import polarity_gaps
from firstline.proof.statements.statement import Reply, Statement, clauses_and_words
from firstline.proof.statements.subjects import subject_gaps
from firstline.proof.statements.unit_values import claimed_words, made_claims
from firstline.proof.statements.value_claims import ValueProof, prove_values, record_units
from firstline.proof.statements.words import words_of

SAID: Final = 0.5
"""Share of a statement's weight that its units must say."""
SAID_SHORT: Final = 0.68
"""The same for statements of few words, where a single one changes everything."""
SAID_OF_RECORD: Final = 0.34
"""The same for what gives a record's value: records have few words of their own."""
TELLING: Final = frozenset(
    stem(word)
    for word in """
    charge due owe pay cost bill spend hold come total sum together add make leave left remain
    open date depart fly go book order purchase buy earn bring have be show list stand read amount
    value currently card file digit last four number end
    """.split()
)
"""What is said of any value of a record, whatever its field is called."""
SHORT: Final = 4.0
"""Weight below which a statement is short."""

RULES: Final[tuple[Callable[[Statement], Iterator[Gap]], ...]] = (
    name_gaps,
    plan_gaps,
    subject_gaps,
    contrast_gaps,
    polarity_gaps,
    copying_gaps,
    modality_gaps,
    absolute_gaps,
    deed_gaps,
    cause_gaps,
    condition_gaps,
)


def paraphrase(text: str, reply: Reply) -> SentenceProof:
    """Return the proof of a statement, or what it lacks."""
    lead = preamble(text)
    statement = state(" " * lead + text[lead:], reply)
    if not statement.weight and not statement.read.held:
        return SentenceProof(how="paraphrase")
    values = prove_values(statement)
    if values.gaps:
        more = record_units(statement)
        if more:
            statement = state(statement.text, reply, more)
            values = prove_values(statement)
    rules = RULES if statement.units else (deed_gaps,)
    gaps = [*values.gaps, *(gap for rule in rules for gap in rule(statement))]
    gaps += _word_gaps(statement, values)
    return SentenceProof(
        how=_how(statement, values), supports=supports(statement), gaps=tuple(gaps)
    )


def _how(statement: Statement, values: ValueProof) -> How:
    if values.computed:
        return "computed"
    units = statement.units
    return "record" if units and units[0].kind == "object" else "paraphrase"


_MARK = re2.compile(r"^\s*(?:[-*\x{2022}+\x{2713}\x{2717}]|\d{1,3}[.)]|[a-zA-Z][.)])\s+")
_LEAD = (
    r"(?i)^[\s*_>]*(?:(?:hi|hello|hey|dear)(?: there| all| team|(?: [\pL.'-]+){0,2}),\s+"
    r"|(?:according to|as per|per|based on|from what|as stated in|as described in|as noted in"
    r"|from) (?:our"
    r"|the|your|this|these)"
    r" [^,.;:]{3,50}, "
    r"|(?:just so you know|for your information|fyi|please note(?: that)?"
    r"|please be aware(?: that)?|note(?: that)?"
    r"|keep in mind(?: that)?|as a reminder|in short|to summari[sz]e|in summary|in general|also"
    r"|additionally|furthermore"
    r"|moreover|in addition|however|unfortunately|of course|good news|thankfully|fortunately"
    r"|finally"
    r"|i can confirm that|we can confirm that|it(?:'|\x{2019})s (?:also )?(?:important"
    r"|worth) (?:to note|noting) that"
    r"|to answer your question|great question|good question|lastly"
    r"|that said|overall|for example|for instance|in other words|as you may know"
    r"|from what i can see|it appears that|it seems that)[,:!]?\s+"
    r"|(?:address|phone|telephone|website|web site|e-?mail|fax|location|tip|answer|note): +"
    r"|(?:yes|no|sure|certainly|then|next|absolutely|ok|okay|so|now|first|second|third)"
    r"[,.:!]+\s+)"
)
_PREAMBLE = re2.compile(_LEAD)
_LEADS = PatternSet((_LEAD,), fits="start")
_LONGEST_LEAD = 120
_MOST_LEADS = 3


def preamble(text: str) -> int:
    """Return how many characters at the start state nothing: list marks, greetings, "note that"."""
    at = 0
    for _ in range(_MOST_LEADS):
        marked = at == 0 and (is_item(text) or not text.isascii())
        match = _MARK.match(text) if marked else None
        if match is None:
            piece = text[at : at + _LONGEST_LEAD]
            match = _PREAMBLE.match(piece) if _LEADS.fitting(piece) else None
        if match is None or at + match.end() >= len(text):
            break
        at += match.end()
    return at


def state(text: str, reply: Reply, more: tuple[int, ...] = ()) -> Statement:
    """Return a statement with the units it rests on, and `more` of them."""
    read, clauses = clauses_and_words(text)
    claims = made_claims(text, reply.facts)
    claimed = claimed_words(read, claims)
    names = tuple(at for at in name_positions(text, read) if at not in claimed)
    weight = weights(read, names, claimed)
    found = align(
        read,
        weight,
        guides(read, weight, claimed),
        reply.shelf,
        reply.asked | reply.own,
        more,
    )
    return Statement(
        text=text,
        read=read,
        clauses=clauses,
        names=names,
        claims=claims,
        claimed=claimed,
        weight=weight,
        alignment=found,
        units=tuple(reply.shelf.units[number] for number in found.units),
        reply=reply,
    )


def _word_gaps(statement: Statement, values: ValueProof) -> list[Gap]:
    found = statement.alignment
    total = sum(statement.weight.values())
    if not found.units and (total or statement.claims):
        return [statement.whole("no_evidence", "nothing in the evidence is about this")]
    if not total:
        return []
    needed = SAID_SHORT if total < SHORT else SAID
    missing = found.missing
    said = found.coverage
    if (
        statement.units[0].kind == "object"
        and not values.gaps
        and _tells_a_value(statement, values)
    ):
        needed = SAID_OF_RECORD
        missing = tuple(at for at in missing if statement.read.lemmas[at] not in TELLING)
        lacking = dict.fromkeys(statement.read.lemmas[at] for at in missing)
        lost = sum(statement.weight[one] for one in lacking)
        said = 1.0 - lost / total
    if said >= needed or _announces(statement):
        return []
    heavy = [at for at in missing if statement.read.lemmas[at] not in LIGHT_LEMMAS]
    shown = heavy or list(missing) or [0]
    return [statement.gap("unsupported", "the evidence does not say this", shown[0], shown[-1])]


def _announces(statement: Statement) -> bool:
    """Whether a line only leads to a list: "Here are your orders:"."""
    text = statement.text.rstrip(" *_")
    few = len(statement.read.words) <= LEAD and not statement.claims
    return few and text.endswith(":") and not statement.clauses.cues


LEAD: Final = 14
"""Words a line may have that only leads to a list."""


def _tells_a_value(statement: Statement, values: ValueProof) -> bool:
    """Whether a statement gives the value of a field, not only speaks of what the field is."""
    if values.shown or values.computed:
        return True
    told = {one for one in statement.read.lemmas if one}
    for unit in statement.units:
        for field in unit.fields:
            value = {one for one in words_of(unit.text[field.start : field.end]).lemmas if one}
            if value and value <= told:
                return True
    return False


def supports(statement: Statement) -> tuple[Support, ...]:
    """Return where the units of a statement stand."""
    shelf = statement.reply.shelf
    found = []
    for number in statement.alignment.units:
        unit = shelf.units[number]
        if unit.fields:
            told = statement.read.held
            for field in unit.fields:
                value = unit.text[field.start : field.end]
                if told & clauses_and_words(value)[0].held:
                    found.append(Support(evidence=shelf.identity(number), field=field.path))
        else:
            end = unit.start + len(unit.text)
            found.append(Support(evidence=shelf.identity(number), start=unit.start, end=end))
    return tuple(found)
