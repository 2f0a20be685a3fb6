"""Certifying "route without asking a model": the same test, on messages whose intent is known.

messages, by a hash of their words ─┬─ a fifth:    their scores lay the grid
                                    ├─ two fifths: the test
                                    └─ two fifths: held out, to count what came true
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from firstline.desk.basis import company_hash, source_hash
from firstline.desk.build import Opened
from firstline.desk.trust_records import Asked, certificate_json
from firstline.desk.trust_scope import EVEN_GRID, GRID_LEAST, doubt, too_few
from firstline.errors import InputError
from firstline.evals.route import RouteCase
from firstline.knowledge import Encoder
from firstline.records import OUT_OF_SCOPE, Intent, TicketId
from firstline.routing import Classifier
from firstline.store.certificates import CertificateBook
from firstline.trust.certificate import (
    Basis,
    Certificate,
    Label,
    Refusal,
    Scope,
    Terms,
    certify,
)
from firstline.trust.thresholds import Grid, grid_of

ROUTED = Intent("route")
SCOPE = Scope(name="route without a model", intents=(ROUTED,))
PARTS = 5
GRID_PARTS, TEST_PARTS = (0,), (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What came true on the messages that were held out."""

    count: int
    routed: int
    """At or above the threshold."""
    wrong: int
    """Of those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTrust:
    """What came of it."""

    outcome: Certificate | Refusal
    look: int
    count: int
    """Messages, each once."""
    repeated: int
    """Messages left out because they came before."""
    taught: int
    """Messages left out because they are among the company's own examples."""
    held_out: HeldOut | None

    def as_json(self) -> dict[str, Any]:
        """Return it as `certify --route --json` prints it."""
        found: dict[str, Any] = {"certificate": None, "missing": None}
        if isinstance(self.outcome, Certificate):
            found["certificate"] = certificate_json(self.outcome)
        else:
            found["missing"] = {
                "code": self.outcome.code,
                "detail": self.outcome.detail,
                "clean_labels": self.outcome.missing,
            }
        return {
            **found,
            "look": self.look,
            "messages": self.count,
            "repeated": self.repeated,
            "taught": self.taught,
            "held_out": None if self.held_out is None else asdict(self.held_out),
        }


@dataclass(frozen=True, slots=True)
class _Told:
    key: str
    score: float
    wrong: bool

    @property
    def part(self) -> int:
        return int(self.key[:8], 16) % PARTS


def certify_routes(
    engine: sa.Engine, opened: Opened, cases: Sequence[RouteCase], asked: Asked
) -> RouteTrust:
    """Test whether what the local classifier is sure of may be routed without a model.

    Args:
        engine: The company's database.
        opened: The company.
        cases: Messages with their intents; `oos` for what is out of scope. They have to be drawn
            evenly from what comes in, out-of-scope messages included.
        asked: The promise.

    Raises:
        InputError: The company has nothing to route by.
    """
    classifier = opened.parts.classifier
    if classifier is None:
        raise InputError("The workspace has no examples to route by", fix="Add examples")
    taught = {_plain(one) for spec in opened.workspace.intents for one in spec.examples}
    fresh: dict[str, RouteCase] = {}
    known = repeated = 0
    for case in cases:
        text = _plain(case.text)
        if text in taught:
            known += 1
        elif text in fresh:
            repeated += 1
        else:
            fresh[text] = case
    told = [_tell(classifier, opened.encoder, text, case) for text, case in fresh.items()]
    outcome, look = _test(engine, opened, told, asked)
    return RouteTrust(
        outcome=outcome,
        look=look,
        count=len(told),
        repeated=repeated,
        taught=known,
        held_out=_held_out(outcome, told),
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _tell(classifier: Classifier, encoder: Encoder | None, text: str, case: RouteCase) -> _Told:
    vector = None if encoder is None else encoder.encode([case.text])[0]
    told = classifier.classify(case.text, vector, None if encoder is None else encoder.encode)
    best = told.intents[0] if told.intents else None
    return _Told(
        key=hashlib.sha256(f"route:{text}".encode()).hexdigest(),
        score=(best.probability if best else 0.0) * told.in_scope,
        wrong=best is None or best.intent != case.label or case.label == OUT_OF_SCOPE,
    )


def _test(
    engine: sa.Engine, opened: Opened, told: Sequence[_Told], asked: Asked
) -> tuple[Certificate | Refusal, int]:
    book = CertificateBook(engine)
    basis = route_basis(opened)
    kept = hashlib.sha256(basis.checks.encode() + basis.models.encode()).hexdigest()[:12]
    sample = [one for one in told if one.part in TEST_PARTS]
    labels = [
        Label(
            ticket=TicketId(one.key),
            score=one.score,
            wrong=one.wrong,
            intent=ROUTED,
            channel="*",
            language="*",
        )
        for one in sample
    ]
    printed = hashlib.sha256(repr((asked.alpha, asked.delta)).encode())
    for one in sorted(sample, key=lambda one: one.key):
        printed.update(f"{one.key}{one.wrong:d}".encode())
    labelled = printed.hexdigest()[:16]
    look, grid = book.next_look(SCOPE.name, kept, labelled)
    grid = grid or _grid(told)
    (outcome,) = certify(labels, [SCOPE], _terms(asked, grid, basis, look))
    if isinstance(outcome, Refusal) and outcome.code == "no_labels":
        return outcome, look - 1
    scores = [one.score for one in sample]
    delta = doubt(asked.delta, look)
    few = too_few(SCOPE, scores, grid, alpha=asked.alpha, delta=delta)
    if few is not None:
        return few, look - 1
    made = book.look(SCOPE.name, kept, labelled, grid, now=asked.now)
    if (made.number, made.grid) != (look, grid):
        (outcome,) = certify(labels, [SCOPE], _terms(asked, made.grid, basis, made.number))
    if isinstance(outcome, Certificate) and asked.issue:
        book.issue(outcome, kind="route", now=asked.now)
    return outcome, made.number


def _terms(asked: Asked, grid: Grid, basis: Basis, look: int) -> Terms:
    return Terms(
        alpha=asked.alpha,
        delta=doubt(asked.delta, look),
        grid=grid,
        basis=basis,
        today=asked.today,
        valid_days=asked.valid_days,
    )


def route_basis(opened: Opened) -> Basis:
    """Return what routing rests on: the encoder, the examples, the code."""
    encoder = "none" if opened.encoder is None else opened.encoder.name
    return Basis(
        models=f"encoder {encoder}",
        prompts="",
        knowledge="",
        checks=f"{source_hash()}-{company_hash(opened.workspace)}",
        score="probability times in-scope",
    )


def _grid(told: Sequence[_Told]) -> Grid:
    scores = [one.score for one in told if one.part in GRID_PARTS]
    return grid_of(scores) if len(scores) >= GRID_LEAST else EVEN_GRID


def _held_out(outcome: Certificate | Refusal, told: Sequence[_Told]) -> HeldOut | None:
    if not isinstance(outcome, Certificate):
        return None
    rest = [one for one in told if one.part not in (*GRID_PARTS, *TEST_PARTS)]
    routed = [one for one in rest if one.score >= outcome.threshold]
    return HeldOut(count=len(rest), routed=len(routed), wrong=sum(one.wrong for one in routed))
