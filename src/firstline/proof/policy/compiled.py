"""The phrases of a company's policies, made ready once a workspace."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from firstline.proof.policy.phrases import Hit, Phrases, Tokens, encodable, place_of, tokens_of
from firstline.records import Sentence
from firstline.workspace import Policies
from firstline.workspace.policy_rules import ForbiddenRule


class Found(NamedTuple):
    """A phrase in a reply."""

    phrase: int
    sentence: int
    span: tuple[int, int]
    """Offsets into the sentence, in characters."""
    hit: Hit | None
    """Its words; None when only its letters were found, between dressing."""


@dataclass(frozen=True, slots=True)
class Key:
    """Which rule a phrase belongs to, and in which role."""

    role: Hashable
    rule: int


class PhraseTable:
    """Phrases of several rules, looked for in one pass."""

    def __init__(self, entries: Iterable[tuple[Key, str]]) -> None:
        held = list(entries)
        self.keys = tuple(key for key, _ in held)
        self.texts = tuple(text for _, text in held)
        self.phrases = Phrases(self.texts)

    def in_text(self, text: str) -> frozenset[Key]:
        """Return the keys of which a text holds a phrase."""
        if not self.phrases:
            return frozenset()
        text = encodable(text)
        found = {hit.phrase for hit in self.phrases.find(tokens_of(text))}
        return frozenset(self.keys[at] for at in found | self.phrases.hidden_in(text))

    def in_sentences(self, sentences: Sequence[Sentence]) -> Iterator[tuple[Key, Found]]:
        """Yield every phrase of every sentence; a phrase may run on into the next sentence."""
        if not self.phrases:
            return
        texts = [encodable(sentence.text) for sentence in sentences]
        parts = [tokens_of(text) for text in texts]
        stems = tuple(stem for part in parts for stem in part.stems)
        owner = [at for at, part in enumerate(parts) for _ in part.stems]
        first = _firsts(parts)
        for hit in self.phrases.find(Tokens(stems, (), frozenset())):
            at = owner[hit.start]
            begin = hit.start - first[at]
            end = min(hit.end - first[at], len(parts[at].stems))
            span = place_of(texts[at], parts[at], begin, end)
            inside = Hit(hit.phrase, begin, end)
            yield self.keys[hit.phrase], Found(hit.phrase, at, span, inside)
        for at, text in enumerate(texts):
            for phrase in self.phrases.hidden_in(text):
                yield self.keys[phrase], Found(phrase, at, (0, len(text)), None)


def _firsts(parts: Sequence[Tokens]) -> list[int]:
    """Return the index of each sentence's first word among all words."""
    first, total = [], 0
    for part in parts:
        first.append(total)
        total += len(part.stems)
    return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Every phrase of a company's policies."""

    forbidden: PhraseTable
    """Roles `plain` (index into `Policies.forbidden`) and `unless` (a ForbiddenRule)."""
    said: PhraseTable
    """Roles `required_when`, `required`, `eligibility`, `escalation`."""
    asked: PhraseTable
    """Roles `required_when` and `escalation`, of the customer's message."""
    promised: PhraseTable
    """Role `promise`."""


class _Same:
    """An object as a key, by identity: policies are large and never change."""

    __slots__ = ("held",)

    def __init__(self, held: Policies) -> None:
        self.held = held

    def __hash__(self) -> int:
        """By identity."""
        return id(self.held)

    def __eq__(self, other: object) -> bool:
        """By identity."""
        return isinstance(other, _Same) and other.held is self.held


def compiled(policies: Policies) -> Compiled:
    """Return the phrases of policies; made once for each workspace that is open."""
    return _compiled(_Same(policies))


@lru_cache(maxsize=32)
def _compiled(key: _Same) -> Compiled:
    policies = key.held
    rules = policies.rules
    escalations = list(enumerate(rules.escalations))
    required = list(enumerate(rules.required))
    return Compiled(
        forbidden=PhraseTable(
            [
                *((Key("plain", at), text) for at, text in enumerate(policies.forbidden)),
                *_entries("unless", rules.forbidden),
            ]
        ),
        said=PhraseTable(
            [
                *((Key("required_when", at), x) for at, rule in required for x in rule.when.says),
                *((Key("required", at), x) for at, rule in required for x in rule.say),
                *(
                    (Key("eligibility", at), text)
                    for at, rule in enumerate(rules.eligibility)
                    for text in rule.says
                ),
                *((Key("escalation", at), x) for at, rule in escalations for x in rule.when.says),
            ]
        ),
        asked=PhraseTable(
            [
                *((Key("required_when", at), x) for at, rule in required for x in rule.when.asked),
                *((Key("escalation", at), x) for at, rule in escalations for x in rule.when.asked),
            ]
        ),
        promised=PhraseTable(
            (Key("promise", at), text)
            for at, rule in enumerate(rules.promises)
            for text in rule.say
        ),
    )


def _entries(role: str, rules: Sequence[ForbiddenRule]) -> Iterator[tuple[Key, str]]:
    for at, rule in enumerate(rules):
        for text in rule.say:
            yield Key(role, at), text
