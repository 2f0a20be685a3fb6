"""Who owes a promise: a rule of policies.yaml, the knowledge base, or a line the company agreed on.

| source    | the promise is                                                                 |
|-----------|--------------------------------------------------------------------------------|
| rule      | allowed by `promises`, which names the owner and the deadline                   |
| knowledge | what the company publishes for everybody; nothing is owed to this customer yet  |
| agreed    | a line of voice.md or a fixed answer, word for word                             |
| (empty)   | nobody's                                                                        |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from firstline.proof.commitments import Promise, find_promises
from firstline.proof.courtesies import courtesies
from firstline.proof.policy.compiled import compiled
from firstline.proof.policy.deadlines import due_at, span_end
from firstline.proof.policy.granted import is_published
from firstline.proof.policy.phrases import stem, words_of
from firstline.proof.sentences import plain, units
from firstline.proof.templates import is_filling
from firstline.records import Evidence
from firstline.workspace import Workspace
from firstline.workspace.policy_rules import PromiseRule

Source = Literal["rule", "knowledge", "agreed", ""]
ALIKE = 0.7
"""Share of the words of an example (`like`) that a promise must have."""
STATED = 0.6
"""Share of a promise's words that a sentence of the knowledge base must have, and its numbers."""
_EMPTY = frozenset(
    map(
        stem,
        "a an the and or to of in on at by for from with within as is are be am will shall would "
        "can we i you they it he she your our my their us me this "
        "that these those them now then "
        "also just please so who has have had do does not let get".split(),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A promise, and who owes it."""

    promise: Promise
    source: Source
    rule: PromiseRule | None = None


def owned_promises(
    sentences: Sequence[str], workspace: Workspace, evidence: Sequence[Evidence]
) -> tuple[Owned, ...]:
    """Return what sentences promise, each with who owes it."""
    promises = find_promises(sentences)
    return tuple(owner_of(item, sentences[item.sentence], workspace, evidence) for item in promises)


def owner_of(
    promise: Promise, sentence: str, workspace: Workspace, evidence: Sequence[Evidence]
) -> Owned:
    """Return who owes one promise of a sentence."""
    rule = rule_for(promise.what, workspace)
    if rule is not None:
        return Owned(promise=promise, source="rule", rule=rule)
    if is_agreed(sentence, workspace, evidence):
        return Owned(promise=promise, source="agreed")
    if is_published(sentence, evidence) or _is_stated(promise.what, evidence):
        return Owned(promise=promise, source="knowledge")
    return Owned(promise=promise, source="")


def rule_for(words: str, workspace: Workspace) -> PromiseRule | None:
    """Return the first rule that allows a promise of these words."""
    rules = workspace.policies.rules.promises
    if not rules:
        return None
    said = {key.rule for key in compiled(workspace.policies).promised.in_text(words)}
    for at, rule in enumerate(rules):
        if at in said or any(_share(example, words) >= ALIKE for example in rule.like):
            return rule
    return None


def due(owned: Owned, since: datetime, workspace: Workspace) -> datetime | None:
    """Return when a promise is due, in UTC: as the reply says, else as its rule says."""
    zone, hours = workspace.settings.timezone, workspace.policies.rules.hours
    deadline = owned.promise.deadline
    said = None if deadline is None else due_at(deadline, since, zone, hours)
    if said is None and owned.rule is not None and owned.rule.within is not None:
        return span_end(owned.rule.within, since, zone, hours)
    return said


def is_agreed(text: str, workspace: Workspace, evidence: Iterable[Evidence]) -> bool:
    """Whether a sentence is a line the company wrote for replies."""
    said = plain(text)
    voice = workspace.voice
    if said in courtesies(workspace) or said in (plain(voice.handoff), plain(voice.unsure)):
        return True
    if any(said == plain(line) for spec in workspace.intents for line in spec.answer):
        return True
    held = list(evidence)
    lines = tuple(line for item in held if item.kind == "policy" for line in item.text.splitlines())
    records = (dict(item.fields) for item in held if item.kind == "record")
    return any(is_filling(text, lines, fields) for fields in records)


def _share(example: str, words: str) -> float:
    """Return which share of an example's words others have."""
    wanted, held = _content(example), _content(words)
    return len(wanted & held) / len(wanted) if wanted else 0.0


def _content(text: str) -> frozenset[str]:
    return frozenset(words_of(text)) - _EMPTY


def _is_stated(words: str, evidence: Iterable[Evidence]) -> bool:
    """Whether a sentence of the knowledge base says the same with the same numbers."""
    said = _content(words)
    numbers = {word for word in said if any(sign.isdigit() for sign in word)}
    if not said:
        return False
    for item in evidence:
        if item.kind not in ("passage", "policy") or item.audience != "public":
            continue
        if not numbers <= _content(item.text):
            continue
        for unit in units(item.text):
            held = _content(unit.text)
            if numbers <= held and len(said & held) >= STATED * len(said):
                return True
    return False
