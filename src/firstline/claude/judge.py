"""What a judge may say: for each claim of a sentence, whether the evidence says it.

The judge is a model, so its word is only believed where it has visibly done its work: every
sentence must be split into claims that keep its words, its figures and its "not" and "only", each
with one of three verdicts and evidence it was shown. A judge that was talked into a friendly word,
or that says less than it was asked, has given no judgement at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import re2

from firstline.claude.answers import AnswerProblem
from firstline.claude.excerpts import topics
from firstline.claude.json_object import NoObjectError, first_object
from firstline.claude.sections import decode
from firstline.proof.sentences import plain, words
from firstline.records import EvidenceId

Verdict = Literal["supported", "contradicted", "not_mentioned"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
MOST_CLAIMS: Final = 60
KEPT: Final = 0.5
"""Share of a sentence's words that its claims must have kept: a judge may reword, not skip."""
_KEYS = ("sentence", "claim", "verdict", "evidence")
_TEXT: Mapping[str, Any] = {"type": "string"}
_FIGURE = re2.compile(r"\d[\d.,:/]*")
_MARKS = str.maketrans("", "", ".,:/")
_NEGATING = frozenset("not no never none nobody nothing neither nor cannot without".split())
_LIMITING = frozenset("only unless except until if provided".split())

JUDGE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "claims": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "sentence": _TEXT,
                    "claim": _TEXT,
                    "verdict": {"enum": list(VERDICTS)},
                    "evidence": _TEXT,
                },
                "required": list(_KEYS),
                "additionalProperties": False,
            },
        }
    },
    "required": ["claims"],
    "additionalProperties": False,
}
"""A judge's answer; the same for every ticket, so that it is compiled once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One claim of a sentence, judged. The claim's words stay with the model that wrote them."""

    sentence: str
    """The sentence's label."""
    verdict: Verdict
    evidence: EvidenceId | None
    """What decides; None for what is not mentioned."""


def read_judgement(
    text: str, sentences: Mapping[str, str], labels: Mapping[str, EvidenceId]
) -> tuple[Judged, ...]:
    """Return what a judge said of every sentence.

    Args:
        text: All the text of the model's reply.
        sentences: What it had to judge, by label.
        labels: The short labels of the evidence it was shown.

    Raises:
        AnswerProblem: It cannot be believed: not of the form that was asked for, or it leaves a
            sentence or a part of one out. Nothing the model wrote is repeated in it.
    """
    try:
        found = first_object(text)
    except NoObjectError as error:
        raise AnswerProblem(str(error)) from error
    entries = found.get("claims")
    if not isinstance(entries, list):
        raise AnswerProblem("the answer lacks claims, a list")
    if len(entries) > MOST_CLAIMS:
        raise AnswerProblem(f"claims has {len(entries)} entries, more than {MOST_CLAIMS}")
    judged: list[Judged] = []
    said: dict[str, list[str]] = {label: [] for label in sentences}
    for at, entry in enumerate(entries):
        claim, judgement = _claim(entry, f"claims[{at}]", sentences, labels)
        said[judgement.sentence].append(claim)
        judged.append(judgement)
    for label, sentence in sentences.items():
        _refuse_partial(label, sentence, said[label])
    return tuple(judged)


def _claim(
    entry: Any, where: str, sentences: Mapping[str, str], labels: Mapping[str, EvidenceId]
) -> tuple[str, Judged]:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in _KEYS):
        raise AnswerProblem(f"{where} must be an object with the texts {', '.join(_KEYS)}")
    label, claim, said, shown = (str(entry[key]) for key in _KEYS)
    if label not in sentences:
        raise AnswerProblem(f"{where}.sentence must be one of {', '.join(sentences)}")
    if not claim.strip():
        raise AnswerProblem(f"{where}.claim is empty")
    verdict = next((word for word in VERDICTS if word == said), None)
    if verdict is None:
        raise AnswerProblem(f"{where}.verdict must be exactly one of {', '.join(VERDICTS)}")
    evidence = labels.get(shown)
    if evidence is None and (shown or verdict != "not_mentioned"):
        known = ", ".join(labels) or "none"
        raise AnswerProblem(f"{where}.evidence names what was not given; there is {known}")
    return claim, Judged(sentence=label, verdict=verdict, evidence=evidence)


def _refuse_partial(label: str, sentence: str, claims: Sequence[str]) -> None:
    """Refuse claims that do not say all a sentence says: the rest of it was not judged."""
    if not claims:
        raise AnswerProblem(f"claims has none for {label}; every sentence needs its claims")
    told = decode(" ".join(claims))
    wanted, kept = topics(sentence), topics(told)
    figures = {figure.translate(_MARKS) for figure in _FIGURE.findall(told)}
    lost = {figure.translate(_MARKS) for figure in _FIGURE.findall(sentence)} - figures
    if lost or len(wanted & kept) < KEPT * len(wanted):
        raise AnswerProblem(f"the claims of {label} leave out what it says; use its own words")
    for kind, signs in (("negation", _NEGATING), ("condition", _LIMITING)):
        if _has(sentence, signs) and not _has(told, signs):
            raise AnswerProblem(f"the claims of {label} leave out its {kind}")


def _has(text: str, signs: frozenset[str]) -> bool:
    said = words(plain(text))
    return any(word in signs or (word.endswith("n't") and "not" in signs) for word in said)
