"""Deeds: what a reply says was done or will be done, and what shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from firstline.proof.proofs import Gap
from firstline.proof.statements.alignment import has
from firstline.proof.statements.lemmas import stem
from firstline.proof.statements.statement import Statement
from firstline.proof.statements.words import words_of

_DEEDS: Final = frozenset(
    stem(word)
    for word in """
    refund cancel process issue credit upgrade downgrade escalate notify send email update change
    reset activate deactivate apply submit create close remove delete add replace ship transfer
    waive approve extend complete confirm forward log file schedule book contact arrange initiate
    reverse reimburse unlock lock enable disable restore correct fix resolve adjust register
    report raise open order return exchange modify charge pay renew pause move grant assign
    reissue resend flag pass alert ask inform tell request rebook deposit fixed
    """.split()
)
_LOOKING: Final = frozenset(
    stem(word)
    for word in """
    check look review find locate see verify read note understand hear include provide list
    outline attach pull receive get gather summarise summarize explain identify retrieve confirm
    search consider
    """.split()
)
"""What may be said to have been done wherever a record was fetched."""
_WE: Final = frozenset(("i", "we"))
_HAVE: Final = frozenset(("have", "had", "i've", "we've", "ive", "weve"))
_BETWEEN: Final = frozenset(
    """
    just already also now successfully gone ahead and gladly since been gotten then personally
    """.split()
)
_WILL: Final = frozenset(("i'll", "we'll", "they'll", "he'll", "she'll"))
_OTHERS: Final = frozenset(
    """
    they someone somebody team agent specialist engineer engineers manager colleague colleagues
    representative department support staff
    """.split()
)
_HARMLESS: Final = frozenset(
    stem(word)
    for word in "be need do help assist glad happy love let walk guide wait hope like want".split()
)
_FINDING: Final = frozenset(
    stem(word) for word in "look check find search locate fetch pull retrieve verify review".split()
)
"""What anybody may announce to do at once: to look."""
_REACH = 6


def deed_gaps(statement: Statement) -> Iterator[Gap]:
    """Yield deeds that no record shows and promises that nothing holds."""
    yield from _done(statement)
    yield from _promised(statement)


def _done(statement: Statement) -> Iterator[Gap]:
    words, lemmas = statement.read.words, statement.read.lemmas
    for at, word in enumerate(words):
        verb = -1
        if word in ("i've", "we've") or (word in _WE and at + 1 < len(words)):
            verb = _verb_after(statement, at + 1)
        elif word == "been" and at and words[at - 1] in _AUX_BEFORE_BEEN:
            verb = -1 if _is_supposed(statement, at) else _verb_after(statement, at + 1)
        elif word in ("was", "were") and not _is_supposed(statement, at):
            verb = _passive_after(statement, at + 1)
        if verb < 0 or not _is_deed(word, lemmas[verb]):
            continue
        if not _is_shown(statement, lemmas[verb]):
            yield statement.gap("action", "nothing shows that this was done", at, verb)
            return


def _is_deed(actor: str, verb: str) -> bool:
    """Whether a verb is a deed: whatever "I" did but look, and what is done to a request."""
    if actor.startswith("i") and actor in ("i", "i've"):
        return bool(verb) and verb not in _LOOKING and verb not in _HARMLESS
    return verb in _DEEDS


def _is_supposed(statement: Statement, at: int) -> bool:
    """Whether a clause only supposes a deed: "if a card has been ordered"."""
    clause = statement.clauses.clause
    first = next(place for place in range(at + 1) if clause[place] == clause[at])
    return statement.read.words[first] in _SUPPOSING


_SUPPOSING: Final = frozenset(
    "if when once unless until after before while whether that which what who".split()
)
_AUX_BEFORE_BEEN: Final = frozenset("has have had already just now successfully also".split())


def _verb_after(statement: Statement, at: int) -> int:
    """Return the past participle or past tense that follows, or -1."""
    words = statement.read.words
    for place in range(at, min(at + _REACH, len(words))):
        word = words[place]
        if word in _HAVE or word in _BETWEEN:
            continue
        return place if _is_past(word) else -1
    return -1


def _passive_after(statement: Statement, at: int) -> int:
    """Return the participle after "was" when the sentence speaks of the reader's own things."""
    words = statement.read.words
    verb = _verb_after(statement, at)
    if verb < 0:
        return -1
    return verb if "your" in words[:at] or "you" in words[:at] else -1


def _is_past(word: str) -> bool:
    return word.endswith("ed") or word in _IRREGULAR_PAST


_IRREGULAR_PAST: Final = frozenset("sent made put paid given taken set reset told fixed".split())


def _is_shown(statement: Statement, verb: str) -> bool:
    """Whether a record or a tool's output that the statement rests on speaks of the deed."""
    shelf = statement.reply.shelf
    shown = False
    for number in statement.alignment.units:
        item = shelf.origins[number]
        unit = shelf.units[number]
        if item.kind in ("record", "ticket") or unit.kind == "object":
            shown = shown or has(verb, unit.held | unit.context)
            if verb in _CHANGING and unit.kind == "object":
                shown = shown or _new_value_there(statement, unit.held)
    if shown or (verb in _HANDING_IN and _has_status(statement)):
        return True
    return verb in _BEGINNING and _has_beginning(statement)


_BEGINNING: Final = frozenset(
    stem(word) for word in "book place create open make order register".split()
)
_BEGAN: Final = ("created", "created_at", "opened", "placed_at", "booked_at", "date_opened")


def _has_beginning(statement: Statement) -> bool:
    """Whether a record says when what it is about was made, and the statement gives a day."""
    dated = any(claim.kind == "date" for claim in statement.claims)
    return dated and any(
        field.path.rpartition(".")[2] in _BEGAN for unit in statement.units for field in unit.fields
    )


_HANDING_IN: Final = frozenset(
    stem(word) for word in "submit process complete request initiate place make set".split()
)
_NO_OUTCOME: Final = frozenset(
    stem(word) for word in "pending active open paid order status complete process request".split()
)


def _has_status(statement: Statement) -> bool:
    """Whether a record has the state that a deed leads to: a return is "return requested"."""
    said = {one for one in statement.read.lemmas if one}
    for unit in statement.reply.shelf.units:
        for field in unit.fields:
            if field.path.endswith("status"):
                value = words_of(unit.text[field.start : field.end]).held - _NO_OUTCOME
                if len(words_of(unit.text[field.start : field.end]).words) > 1 and value & said:
                    return True
    return False


_CHANGING: Final = frozenset(
    stem(word) for word in "update change modify add adjust correct set apply replace".split()
)


def _new_value_there(statement: Statement, held: frozenset[str]) -> bool:
    """Whether the values a change is said to have led to stand in the record."""
    told = [word for word in statement.read.words if word in held and not word.isalpha()]
    return bool(told)


def _promised(statement: Statement) -> Iterator[Gap]:
    words, lemmas = statement.read.words, statement.read.lemmas
    for at, word in enumerate(words):
        begins = word in _WILL or (
            word in ("will", "shall")
            and at > 0
            and (words[at - 1] in _WE or words[at - 1] in _OTHERS)
        )
        if not begins:
            continue
        verb = next(
            (
                place
                for place in range(at + 1, min(at + _REACH, len(words)))
                if words[place] not in _BETWEEN
                and words[place] not in ("not", "be", "also", "get", "go")
            ),
            -1,
        )
        if (
            verb < 0
            or stem(words[verb]) in _HARMLESS
            or (stem(words[verb]) in _FINDING and words[verb + 1 : verb + 2] != ("into",))
            or (at + 1 < len(words) and words[at + 1] == "not")
        ):
            continue
        key = lemmas[verb] or stem(words[verb])
        if not has(key, statement.alignment.held) or not _same_actor(statement, word):
            yield statement.gap("promise", "nothing holds this promise", at, verb)
            return


def _same_actor(statement: Statement, actor: str) -> bool:
    """Whether "I" promises what only people in the evidence do: then nothing holds it."""
    if not actor.startswith("i"):
        return True
    return any(
        {"you", "agent", "transfer", "we"} & set(words_of(unit.text).words)
        for unit in statement.units
    )
