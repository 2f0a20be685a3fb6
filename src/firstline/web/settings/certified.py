"""Certificates for people: what each says, what it rests on, and what would break it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final

from firstline.desk.trust_words import certificate_words, percent
from firstline.store.certificates import StoredCertificate
from firstline.trust.binomial import needed
from firstline.trust.certificate import ANY, Basis, Certificate, Scope
from firstline.workspace.models import TrustSettings

PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "models": ("Models", "another provider, another model of a role, or another sentence encoder"),
    "prompts": ("Prompts", "a change of any prompt file"),
    "knowledge": ("Knowledge", "a change of any article, its audience or what supersedes it"),
    "checks": (
        "Checks and settings",
        (
            "another version of Firstline’s checks, or a change of settings, intents, policies, "
            "catalogue or voice"
        ),
    ),
    "score": ("Score", "weighing the evidence anew (firstline certify --refit)"),
}
"""What each part of a basis is called, and what changes it."""
SOON: Final = 14
"""Days before the end from which it is warned of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """A part that a certificate rests on."""

    name: str
    shown_under: str
    in_use: str
    """Empty: it cannot be told."""
    same: bool
    breaks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """A certificate, as a list shows it."""

    certificate: Certificate
    state: str
    """`valid`, `void` or `expired`."""
    why: str
    """Why it holds no longer; empty while it does."""
    days: int
    """Until it expires; negative afterwards."""
    soon: bool
    given_at: datetime

    @property
    def address(self) -> str:
        """Its page."""
        return f"/settings/certificates/{self.certificate.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRow:
    """A scope, with the certificate that speaks of it, or what is missing."""

    scope: Scope
    row: CertificateRow | None
    least: int
    """Clean labels without which no certificate is possible, in the best case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePage:
    """One certificate with everything it rests on."""

    row: CertificateRow
    words: str
    parts: tuple[PartRow, ...]
    covers: str
    others: tuple[CertificateRow, ...]
    """The other certificates of its scope, newest first."""


def certificate_row(one: StoredCertificate, basis: Basis | None, today: date) -> CertificateRow:
    """Return how a certificate stands."""
    certificate = one.certificate
    days = (certificate.expires - today).days
    if one.voided_at is not None:
        state, why = "void", one.void_reason
    elif basis is None:
        state, why = "void", "what is in use now cannot be told"
    else:
        why = certificate.void_because(basis, today)
        state = "valid" if not why else "expired" if days < 0 else "void"
    return CertificateRow(
        certificate=certificate,
        state=state,
        why=why,
        days=days,
        soon=state == "valid" and days <= SOON,
        given_at=one.at,
    )


def scope_rows(
    scopes: Sequence[Scope], rows: Sequence[CertificateRow], trust: TrustSettings
) -> tuple[ScopeRow, ...]:
    """Return each scope with its newest certificate, a valid one before all others."""
    least = needed(trust.alpha, trust.delta / max(len(scopes), 1))
    return tuple(
        ScopeRow(scope=scope, row=_newest(rows, scope.name), least=least) for scope in scopes
    )


def _newest(rows: Iterable[CertificateRow], scope: str) -> CertificateRow | None:
    mine = [row for row in rows if row.certificate.scope.name == scope]
    return max(mine, key=lambda row: (row.state == "valid", row.given_at), default=None)


def certificate_page(
    found: CertificateRow, rows: Sequence[CertificateRow], basis: Basis | None
) -> CertificatePage:
    """Return a certificate's page."""
    certificate = found.certificate
    scope = certificate.scope
    return CertificatePage(
        row=found,
        words=certificate_words(certificate),
        parts=tuple(_parts(certificate.basis, basis)),
        covers=covers(scope),
        others=tuple(
            row
            for row in sorted(rows, key=lambda row: row.given_at, reverse=True)
            if row.certificate.scope.name == scope.name and row is not found
        ),
    )


def covers(scope: Scope) -> str:
    """Return the channel and language of a scope, in words."""
    channel = "any channel" if scope.channel == ANY else scope.channel
    language = "any language" if scope.language == ANY else scope.language
    return f"{channel}, {language}"


def _parts(shown: Basis, now: Basis | None) -> Iterable[PartRow]:
    for field in fields(Basis):
        name, breaks = PARTS[field.name]
        was = str(getattr(shown, field.name))
        is_now = "" if now is None else str(getattr(now, field.name))
        yield PartRow(name=name, shown_under=was, in_use=is_now, same=was == is_now, breaks=breaks)


def promise(trust: TrustSettings) -> str:
    """Return what is promised, in words."""
    return (
        f"At most {percent(trust.alpha)} wrong among what is sent; all certificates together are "
        f"mistaken about that with a probability of at most {percent(trust.delta)}."
    )
