"""Certificates: what was shown, about which traffic, by which labels, until when.

A certificate says: among the replies of this scope that score at or above the threshold, at most
`alpha` are wrong, and this statement is mistaken with probability at most `delta`. It speaks of
the traffic it was drawn from, and of exactly the parts named in its basis; it is void as soon as
one of them changes. When it cannot be given, the refusal says what is missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from firstline.records import Intent, TicketId
from firstline.trust.binomial import needed, shows
from firstline.trust.thresholds import Grid, choose

ANY = "*"
VALID_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which tickets a certificate speaks of; `*` stands for any channel or language."""

    name: str
    intents: tuple[Intent, ...]
    channel: str = ANY
    language: str = ANY

    def holds(self, intent: Intent | None, channel: str, language: str) -> bool:
        """Whether a ticket belongs to the scope."""
        return (
            intent in self.intents
            and self.channel in (ANY, channel)
            and self.language in (ANY, language)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What was in use while the labelled replies were made; any change voids the certificate."""

    models: str
    """The writers' and the judge's names."""
    prompts: str
    """Hash."""
    knowledge: str
    """Version of the knowledge base."""
    checks: str
    """Version of the checks and policies."""
    score: str
    """Version of the calibration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a person found a reply to be worth, sampled blind to what the gate made of it."""

    ticket: TicketId
    score: float
    wrong: bool
    intent: Intent
    channel: str
    language: str
    inclusion: float = 1.0
    """Probability with which the ticket was drawn to be labelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The right to send, with the arithmetic behind it."""

    scope: Scope
    alpha: float
    delta: float
    """Of this scope, after division by the number of scopes tested together."""
    threshold: float
    count: int
    errors: int
    bound: float
    coverage: float
    """Share of the scope's labelled replies at or above the threshold."""
    basis: Basis
    issued: date
    expires: date
    carried_from: str = ""
    """The certificate this one replaces, where shadow evidence carried it over a change."""

    @property
    def id(self) -> str:
        """A short hash of everything it says."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]

    def void_because(self, basis: Basis, today: date) -> str:
        """Return why it holds no longer, or nothing while it does."""
        if today > self.expires:
            return f"it expired on {self.expires.isoformat()}"
        if today < self.issued:
            return f"it is dated {self.issued.isoformat()}, which is not yet"
        changed = [
            field.name
            for field in fields(Basis)
            if getattr(self.basis, field.name) != getattr(basis, field.name)
        ]
        return f"{' and '.join(changed)} changed since" if changed else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no certificate, and what would help."""

    scope: Scope
    code: str
    """`no_labels`, `contradictory`, `too_few`, `all_wrong`, `not_shown`."""
    detail: str
    missing: int = 0
    """More clean labels, in the best case, that would show the promise; 0 when labels alone do
    not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The promise that is to be shown. Laid down before the labels are seen."""

    alpha: float = 0.02
    delta: float = 0.05
    grid: Grid
    basis: Basis
    today: date
    valid_days: int = VALID_DAYS


def certify(
    labels: Sequence[Label],
    scopes: Sequence[Scope],
    terms: Terms,
    *,
    replaces: Mapping[str, str] | None = None,
) -> tuple[Certificate | Refusal, ...]:
    """Return a certificate or a refusal for each scope.

    The scopes share delta (Bonferroni), so that all certificates given together are mistaken with
    probability at most `terms.delta`.

    Args:
        labels: Blind random samples; a ticket labelled twice counts once.
        scopes: Decided before the labels are looked at.
        terms: The promise.
        replaces: By scope name, the certificate that a change voided and that these labels, made
            in shadow under the new basis, carry over.
    """
    share = terms.delta / max(len(scopes), 1)
    return tuple(
        _one(labels, scope, terms, share, (replaces or {}).get(scope.name, "")) for scope in scopes
    )


def _one(
    labels: Sequence[Label], scope: Scope, terms: Terms, delta: float, carried: str
) -> Certificate | Refusal:
    inside = [one for one in labels if scope.holds(one.intent, one.channel, one.language)]
    once, contradicted = _once(inside)
    if contradicted:
        return Refusal(
            scope=scope,
            code="contradictory",
            detail=f"{contradicted} tickets are labelled both right and wrong; settle them first",
        )
    sample = even_sample(once)
    wrong = sum(one.wrong for one in sample)
    starts = max(len(terms.grid.starts), 1)
    least = needed(terms.alpha, delta / starts)
    if len(sample) < least:
        return _too_few(scope, sample, inside, least)
    if wrong == len(sample):
        return Refusal(scope=scope, code="all_wrong", detail=f"all {wrong} replies were wrong")
    chosen = choose(
        [one.score for one in sample],
        [one.wrong for one in sample],
        terms.grid,
        alpha=terms.alpha,
        delta=delta,
    )
    if chosen is None:
        return _not_shown(scope, sample, terms, delta / starts)
    return Certificate(
        scope=scope,
        alpha=terms.alpha,
        delta=delta,
        threshold=chosen.threshold,
        count=chosen.count,
        errors=chosen.errors,
        bound=chosen.bound,
        coverage=chosen.coverage,
        basis=terms.basis,
        issued=terms.today,
        expires=terms.today + timedelta(days=terms.valid_days),
        carried_from=carried,
    )


def _once(labels: Iterable[Label]) -> tuple[list[Label], int]:
    """Return one label a ticket, and how many tickets are labelled both ways."""
    first: dict[TicketId, Label] = {}
    contradicted = set()
    for label in labels:
        known = first.setdefault(label.ticket, label)
        if known.wrong != label.wrong:
            contradicted.add(label.ticket)
    return list(first.values()), len(contradicted)


def even_sample(labels: Sequence[Label]) -> list[Label]:
    """Thin labels, one a ticket, that were drawn with different probabilities to an even sample.

    The binomial test is exact for an even sample only. Which ones stay is decided by a hash of
    the ticket, so that nobody can draw again until the result pleases.
    """
    drawn = [label for label in labels if label.inclusion > 0]
    least = min((label.inclusion for label in drawn), default=1.0)
    return [label for label in drawn if _lot(label.ticket) < least / label.inclusion]


def _lot(ticket: TicketId) -> float:
    number = int.from_bytes(hashlib.sha256(f"sample:{ticket}".encode()).digest()[:8])
    return number / 2**64


def _too_few(scope: Scope, sample: list[Label], inside: list[Label], least: int) -> Refusal:
    if not inside:
        detail = f"there are no labels; at least {least} clean ones are needed"
        return Refusal(scope=scope, code="no_labels", detail=detail, missing=least)
    missing = least - len(sample)
    again = len(inside) - len({label.ticket for label in inside})
    twice = f" ({again} more were of tickets labelled already)" if again else ""
    detail = (
        f"{len(sample)} labels{twice}; at least {least} are needed even if every one is clean: "
        f"{missing} more clean labels"
    )
    return Refusal(scope=scope, code="too_few", detail=detail, missing=missing)


def _not_shown(scope: Scope, sample: list[Label], terms: Terms, delta: float) -> Refusal:
    """Say how many clean labels would do at the threshold that is nearest to being shown."""
    best: tuple[int, int, int] | None = None
    for threshold in terms.grid.thresholds:
        above = [label for label in sample if label.score >= threshold]
        errors = sum(label.wrong for label in above)
        if above and errors / len(above) < terms.alpha:
            more = needed(terms.alpha, delta, errors=errors) - len(above)
            if not shows(errors, len(above), alpha=terms.alpha, delta=delta):
                best = min(best or (more, 0, 0), (more, errors, len(above)))
    if best is None:
        detail = (
            f"at no score fewer than {terms.alpha:.1%} of the replies were wrong: better evidence "
            "or better answers are needed, not more labels"
        )
        return Refusal(scope=scope, code="not_shown", detail=detail)
    more, errors, count = best
    detail = (
        f"at the best score {errors} of {count} were wrong, which does not show {terms.alpha:.1%} "
        f"yet: {more} more clean labels there"
    )
    return Refusal(scope=scope, code="not_shown", detail=detail, missing=more)
