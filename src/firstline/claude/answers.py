"""Reading what a model answered: tolerant of its dress, strict about its content.

Prose and code fences around the JSON, other capitals in a word of a list, keys nobody asked for:
accepted. A missing key, a wrong type, evidence that was not shown, too many or too long sentences:
an `AnswerProblem`, worded so that the model can mend it when asked once more. Nothing the model
wrote is repeated in a problem, because problems are logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, get_args

import re2

from firstline.claude.json_object import NoObjectError, first_object
from firstline.claude.refusals import is_refusal
from firstline.claude.schemas import NO_INTENT
from firstline.claude.sections import decode
from firstline.proof.normal import normalise
from firstline.records import (
    Commitment,
    Confidence,
    DraftAction,
    EvidenceId,
    Intent,
    Sentence,
    SentenceKind,
)

__all__ = [
    "AnswerParts",
    "AnswerProblem",
    "RouteParts",
    "is_refusal",
    "read_answer",
    "read_route",
]

ACTIONS: tuple[DraftAction, ...] = get_args(DraftAction)
KINDS: tuple[SentenceKind, ...] = get_args(SentenceKind)
CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)
PROVEN: frozenset[SentenceKind] = frozenset({"quote", "record", "computed"})
"""Kinds that must name evidence."""
MOST_SENTENCES: Final = 30
MOST_EVIDENCE: Final = 6
MOST_COMMITMENTS: Final = 10
LONGEST_SENTENCE: Final = 2_000
LONGEST_NOTE: Final = 500
"""Characters of a reason or a part of a commitment; more is cut."""
_KEYS = ("action", "sentences", "confidence", "reason", "commitments", "language")
_SENTENCE_KEYS = ("text", "kind", "evidence")
_COMMITMENT_KEYS = ("who", "what", "by")
_ROUTE_KEYS = ("intent", "confidence", "several")
_LANGUAGE = re2.compile(r"(?i)^([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*$")
_DRESS = "<>[]() \t\n"
_LANGUAGES = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
    "italian": "it",
    "italiano": "it",
    "portuguese": "pt",
    "dutch": "nl",
}
Word = TypeVar("Word", bound=str)


class AnswerProblem(ValueError):
    """What a model said is not what was asked for; says what to mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerParts:
    """A writer's answer, read and checked for form. It proves nothing yet."""

    action: DraftAction
    sentences: tuple[Sentence, ...] = ()
    """With evidence ids, not labels; empty for `escalate`."""
    confidence: Confidence = "low"
    reason: str
    """One line, for staff."""
    commitments: tuple[Commitment, ...] = ()
    language: str = "und"
    """ISO 639-1."""
    notes: tuple[str, ...] = ()
    """What was odd about the answer but did no harm."""

    @classmethod
    def nothing(cls) -> AnswerParts:
        """Return what a model that said nothing has said."""
        return cls(action="escalate", reason="the model said nothing")

    @property
    def text(self) -> str:
        """All sentences together."""
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteParts:
    """A router's answer."""

    intent: Intent | None
    """None: none of the candidates."""
    confidence: Confidence
    several: bool
    """Whether the message asks for several things."""
    notes: tuple[str, ...] = ()


def read_answer(text: str, labels: Mapping[str, EvidenceId]) -> AnswerParts:
    """Return what a writer answered.

    Args:
        text: All the text of the model's reply.
        labels: The short labels of the prompt, and what they stand for.

    Raises:
        AnswerProblem: It cannot be used.
    """
    found = _object(text)
    notes: list[str] = []
    _known(found, _KEYS, "the answer", notes)
    action = _word(found["action"], ACTIONS, "action")
    entries = _list(found["sentences"], "sentences", MOST_SENTENCES)
    sentences = tuple(
        _sentence(entry, f"sentences[{at}]", labels, notes) for at, entry in enumerate(entries)
    )
    commitments = _list(found["commitments"], "commitments", MOST_COMMITMENTS)
    if action == "answer" and not sentences:
        raise AnswerProblem("action is answer, but sentences is empty")
    if action == "escalate" and sentences:
        notes.append("sentences of an escalation were ignored")
        sentences = ()
    return AnswerParts(
        action=action,
        sentences=sentences,
        confidence=_word(found["confidence"], CONFIDENCES, "confidence"),
        reason=_note(found["reason"], "reason"),
        commitments=tuple(
            _commitment(entry, f"commitments[{at}]", notes) for at, entry in enumerate(commitments)
        ),
        language=_language(found["language"]),
        notes=tuple(notes),
    )


def read_route(text: str, candidates: Sequence[str]) -> RouteParts:
    """Return what a router answered.

    Args:
        text: All the text of the model's reply.
        candidates: The intents it could choose from.

    Raises:
        AnswerProblem: It cannot be used.
    """
    found = _object(text)
    notes: list[str] = []
    _known(found, _ROUTE_KEYS, "the answer", notes)
    intent = _word(found["intent"], (*candidates, NO_INTENT), "intent")
    return RouteParts(
        intent=Intent(intent) if intent in candidates else None,
        confidence=_word(found["confidence"], CONFIDENCES, "confidence"),
        several=_truth(found["several"], "several"),
        notes=tuple(notes),
    )


def _object(text: str) -> dict[str, Any]:
    try:
        return first_object(text)
    except NoObjectError as error:
        raise AnswerProblem(str(error)) from error


def _known(found: Mapping[str, Any], keys: Sequence[str], where: str, notes: list[str]) -> None:
    missing = [key for key in keys if key not in found]
    if missing:
        raise AnswerProblem(f"{where} lacks {', '.join(missing)}")
    if len(found) > len(keys):
        notes.append(f"{where} has {len(found) - len(keys)} keys more than were asked for")


def _word(value: Any, words: Sequence[Word], where: str) -> Word:
    if not isinstance(value, str):
        raise AnswerProblem(f"{where} must be text")
    said = value.strip()
    for match in (said.__eq__, lambda word: said.casefold() == word.casefold()):
        for word in words:
            if match(word):
                return word
    raise AnswerProblem(f"{where} must be one of {', '.join(words)}")


def _list(value: Any, where: str, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise AnswerProblem(f"{where} must be a list")
    if len(value) > most:
        raise AnswerProblem(f"{where} has {len(value)} entries, more than {most}")
    return value


def _table(value: Any, keys: Sequence[str], where: str, notes: list[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise AnswerProblem(f"{where} must be an object with {', '.join(keys)}")
    _known(value, keys, where, notes)
    return value


def _sentence(
    value: Any, where: str, labels: Mapping[str, EvidenceId], notes: list[str]
) -> Sentence:
    entry = _table(value, _SENTENCE_KEYS, where, notes)
    kind = _word(entry["kind"], KINDS, f"{where}.kind")
    cited = _list(entry["evidence"], f"{where}.evidence", MOST_EVIDENCE)
    evidence = dict.fromkeys(_evidence(label, where, labels) for label in cited)
    if kind in PROVEN and not evidence:
        raise AnswerProblem(f"{where} is a {kind} but names no evidence")
    text = _text(entry["text"], f"{where}.text")
    if len(text) > LONGEST_SENTENCE:
        raise AnswerProblem(f"{where}.text has more than {LONGEST_SENTENCE:,} characters")
    if not text:
        raise AnswerProblem(f"{where}.text is empty")
    return Sentence(text=text, kind=kind, evidence=tuple(evidence))


def _evidence(value: Any, where: str, labels: Mapping[str, EvidenceId]) -> EvidenceId:
    """Return the evidence a label stands for; its own id and `<e1>` are understood too."""
    if isinstance(value, str):
        label = value.strip(_DRESS).casefold()
        if label in labels:
            return labels[label]
        for key in labels.values():
            if value.strip() == key:
                return key
    known = ", ".join(labels) or "no evidence at all"
    raise AnswerProblem(f"{where}.evidence names what was not given; there is {known}")


def _commitment(value: Any, where: str, notes: list[str]) -> Commitment:
    """Return a promise, written `who | what | by when` or as an object."""
    if isinstance(value, dict):
        entry = _table(value, _COMMITMENT_KEYS, where, notes)
        who, what, by = (_note(entry[key], f"{where}.{key}") for key in _COMMITMENT_KEYS)
        return Commitment(who=who, what=what, by=by)
    parts = [part.strip() for part in _note(value, where).split("|", 2)]
    if len(parts) < len(_COMMITMENT_KEYS) or not parts[1]:
        raise AnswerProblem(f"{where} must read: who | what | by when")
    return Commitment(who=parts[0], what=parts[1], by=parts[2])


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise AnswerProblem(f"{where} must be text")
    return normalise(decode(value[: LONGEST_SENTENCE * 2]))


def _note(value: Any, where: str) -> str:
    return " ".join(_text(value, where).split())[:LONGEST_NOTE].strip()


def _language(value: Any) -> str:
    if not isinstance(value, str):
        raise AnswerProblem("language must be text")
    said = value.strip()
    named = _LANGUAGES.get(said.casefold())
    told = _LANGUAGE.match(said)
    if named is None and told is None:
        raise AnswerProblem("language must be a two-letter code such as en")
    return named or str(told.group(1)).lower()


def _truth(value: Any, where: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in ("true", "false"):
        return value.strip().casefold() == "true"
    raise AnswerProblem(f"{where} must be true or false")
