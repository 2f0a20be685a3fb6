"""Do the company's rules let this reply go to this customer?

| rule            | what happens                                                             |
|-----------------|--------------------------------------------------------------------------|
| escalate_when   | the ticket is one for a person, whatever was drafted                      |
| required        | the reply lacks a statement that it must hold                             |
| eligibility     | the reply grants something to a customer who may not have it, or of whom  |
|                 | that cannot be told                                                       |

Every finding names the line of policies.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator

from firstline.proof.policy.compiled import Compiled, Found, Key, compiled
from firstline.proof.policy.evaluate import Answer, decide
from firstline.proof.policy.facts import Facts, facts_of
from firstline.proof.policy.granted import Grant, grant_of, is_published
from firstline.proof.subject import Subject, blocked, doubted
from firstline.records import Finding, Sentence
from firstline.workspace import Policies
from firstline.workspace.policy_rules import (
    Clause,
    Otherwise,
    RequiredRule,
    Rules,
    When,
)

_CHECK = "policy"
_MOST_PLACES = 50
"""Places of a rule's phrases that are looked at. A reply with more of them says it in the first."""
_Held = dict[Key, list[Found]]


def policy(subject: Subject) -> tuple[Finding, ...]:
    """Check the reply and the ticket against the rules of policies.yaml."""
    rules = subject.workspace.policies.rules
    if not (rules.escalations or rules.required or rules.eligibility):
        return ()
    ready, facts = compiled(subject.workspace.policies), facts_of(subject)
    said: _Held = {}
    for key, found in ready.said.in_sentences(subject.draft.sentences):
        places = said.setdefault(key, [])
        if len(places) < _MOST_PLACES:
            places.append(found)
    asked = ready.asked.in_text(subject.asked)
    findings = [*_escalated(rules, facts, asked, frozenset(said))]
    if subject.draft.action == "answer":
        findings.extend(_lacking(rules, facts, asked, said))
    findings.extend(_ineligible(subject, ready, facts, said))
    return tuple(findings)


def escalations(policies: Policies, facts: Facts, asked: str) -> tuple[Finding, ...]:
    """Return which rules send a ticket to a person, before anything is drafted.

    Args:
        policies: The company's.
        facts: The ticket and the record.
        asked: What the customer wrote.
    """
    if not policies.rules.escalations:
        return ()
    spoken = compiled(policies).asked.in_text(asked)
    return tuple(_escalated(policies.rules, facts, spoken, frozenset()))


def _escalated(
    rules: Rules, facts: Facts, asked: frozenset[Key], said: frozenset[Key]
) -> Iterator[Finding]:
    for at, rule in enumerate(rules.escalations):
        answer = _applies(
            rule.when, facts, Key("escalation", at) in asked, Key("escalation", at) in said
        )
        if answer in ("no", "missing"):
            continue
        why = rule.because or "a person answers this"
        if answer == "unclear":
            yield doubted(
                _CHECK,
                f"{rule.place}: whether it holds cannot be told; {why}",
                code="policy_unclear",
            )
        elif rule.to == "escalate":
            yield blocked(_CHECK, f"{rule.place}: {why}", code="policy_escalates")
        else:
            yield doubted(_CHECK, f"{rule.place}: {why}", code="policy_review")


def _applies(when: When, facts: Facts, asked: bool, said: bool) -> Answer:
    """Return whether a rule applies: everything it gives must hold."""
    if when.intents and facts.ticket.get("intent") not in when.intents:
        return "no"
    if when.channels and facts.ticket.get("channel") not in when.channels:
        return "no"
    if (when.asked and not asked) or (when.says and not said):
        return "no"
    return _all(when.conditions, facts)[0]


def _all(clauses: tuple[Clause, ...], facts: Facts) -> tuple[Answer, Clause | None]:
    """Return whether all clauses hold, and the one that decides otherwise."""
    undecided: tuple[Answer, Clause | None] = ("yes", None)
    for clause in clauses:
        answer = decide(clause.condition, facts)
        if answer == "no":
            return "no", clause
        if answer == "yes" or undecided[0] == answer or undecided[0] == "unclear":
            continue
        undecided = (answer, clause)
    return undecided


def _lacking(rules: Rules, facts: Facts, asked: frozenset[Key], said: _Held) -> Iterator[Finding]:
    for at, rule in enumerate(rules.required):
        key = Key("required_when", at)
        if _applies(rule.when, facts, key in asked, key in said) in ("no", "missing"):
            continue
        if Key("required", at) not in said:
            yield _held_back(rule.otherwise, f"{rule.place}: {_missing(rule)}", "required_missing")


def _missing(rule: RequiredRule) -> str:
    return f"the reply does not say “{rule.say[0]}”" + _because(rule.because)


def _because(text: str) -> str:
    return f"; {text}" if text else ""


def _ineligible(subject: Subject, ready: Compiled, facts: Facts, said: _Held) -> Iterator[Finding]:
    sentences = subject.draft.sentences
    for at, rule in enumerate(subject.workspace.policies.rules.eligibility):
        granted = [
            (place, grant)
            for place in said.get(Key("eligibility", at), ())
            if (grant := _grant(sentences[place.sentence], place, ready)) != "denied"
        ]
        if not granted:
            continue
        answer, clause = _all(rule.allow_if, facts)
        if answer == "yes":
            continue
        detail = f"{rule.place}: {_refusal(answer, clause)}{_because(rule.because)}"
        seen: set[int] = set()
        for place, grant in granted:
            if place.sentence in seen or _is_general(sentences[place.sentence], subject):
                continue
            seen.add(place.sentence)
            sure = answer == "no" and grant == "granted"
            yield _held_back(
                rule.otherwise if sure else "review",
                detail,
                "not_eligible" if answer == "no" else "eligibility_unknown",
                place,
            )


def _grant(sentence: Sentence, place: Found, ready: Compiled) -> Grant:
    return grant_of(sentence.text, place, ready.said.texts[place.phrase])


def _is_general(sentence: Sentence, subject: Subject) -> bool:
    """Whether a sentence only quotes what the company publishes for everybody."""
    return is_published(sentence.text, subject.evidence)


def _refusal(answer: Answer, clause: Clause | None) -> str:
    if clause is None:
        return "it cannot be told who may have this"
    where = f"`{clause.text}` (line {clause.line})"
    match answer:
        case "no":
            return f"{where} does not hold"
        case "missing":
            return f"{where} cannot be told: the record is missing or says nothing of it"
        case _:
            return f"{where} cannot be told: the record's value cannot be compared"


def _held_back(otherwise: Otherwise, detail: str, code: str, place: Found | None = None) -> Finding:
    sentence = None if place is None else place.sentence
    if otherwise == "review":
        return doubted(_CHECK, detail, code=code, sentence=sentence)
    span = None if place is None else place.span
    code = "policy_escalates" if otherwise == "escalate" else code
    return blocked(_CHECK, detail, code=code, sentence=sentence, span=span)
