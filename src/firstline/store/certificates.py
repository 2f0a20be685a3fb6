"""Certificates, the scores they rest on, and how often labels were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.records import decode, encode
from firstline.store.database import reading
from firstline.store.tickets import instant
from firstline.store.trust_tables import certificate, look, score
from firstline.trust.calibration import Card
from firstline.trust.certificate import Certificate
from firstline.trust.scorer import Scorer
from firstline.trust.thresholds import Grid

CertificateKind = Literal["reply", "route"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """A certificate and what became of it."""

    certificate: Certificate
    kind: CertificateKind
    at: datetime
    voided_at: datetime | None
    void_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScore:
    """A score that is or was in use."""

    scorer: Scorer
    card: Card | None
    """How it did on labels it was not fitted on, when it came into use."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One test of a scope's labels."""

    number: int
    """Counts the looks at a scope while the same things are in use, from 1."""
    grid: Grid
    """The thresholds as they were fixed before the first look at these labels."""


def valid_certificates(engine: sa.Engine) -> tuple[Certificate, ...]:
    """Return the certificates of replies that nobody has voided, oldest first.

    One that has expired or rests on something that has changed since may be among them: ask
    `Certificate.void_because`.
    """
    return CertificateBook(engine).valid("reply")


class CertificateBook:
    """The certificates, scores and looks of one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert

    def issue(self, new: Certificate, *, kind: CertificateKind = "reply", now: datetime) -> None:
        """Store a certificate; an older one of the same scope is void from now on."""
        row = {
            "id": new.id,
            "kind": kind,
            "scope": new.scope.name,
            "body": encode(new),
            "at": instant(now),
            "voided_at": None,
            "void_reason": "",
        }
        older = (
            certificate.update()
            .where(
                certificate.c.kind == kind,
                certificate.c.scope == new.scope.name,
                certificate.c.id != new.id,
                certificate.c.voided_at.is_(None),
            )
            .values(voided_at=instant(now), void_reason=f"{new.id} replaced it")
        )
        with self._engine.begin() as connection:
            connection.execute(self._insert(certificate).values(row).on_conflict_do_nothing())
            connection.execute(older)

    def void(self, certificate_id: str, *, reason: str, now: datetime) -> None:
        """Void a certificate for good. One that is void already keeps its reason."""
        query = (
            certificate.update()
            .where(certificate.c.id == certificate_id, certificate.c.voided_at.is_(None))
            .values(voided_at=instant(now), void_reason=reason)
        )
        with self._engine.begin() as connection:
            connection.execute(query)

    def valid(self, kind: CertificateKind = "reply") -> tuple[Certificate, ...]:
        """Return the certificates nobody has voided, oldest first."""
        return tuple(one.certificate for one in self.all(kind) if one.voided_at is None)

    def all(self, kind: CertificateKind = "reply") -> tuple[StoredCertificate, ...]:
        """Return every certificate that was ever given, oldest first."""
        query = (
            sa.select(certificate)
            .where(certificate.c.kind == kind)
            .order_by(certificate.c.at, certificate.c.id)
        )
        with self._reader.connect() as connection:
            return tuple(_stored(row) for row in connection.execute(query).mappings())

    def next_look(self, scope: str, basis: str, labels: str) -> tuple[int, Grid | None]:
        """Return the number a look at these labels has or would get, and its grid if it was made.

        Counts nothing: whether there are enough labels can be told without looking at them.
        """
        mine = (look.c.scope == scope, look.c.basis == basis)
        query = sa.select(look.c.number, look.c.labels, look.c.grid).where(*mine)
        with self._reader.connect() as connection:
            rows = connection.execute(query).all()
        known = next((row for row in rows if row.labels == labels), None)
        if known is not None:
            return known.number, decode(Grid, known.grid)
        return max((row.number for row in rows), default=0) + 1, None

    def look(self, scope: str, basis: str, labels: str, grid: Grid, *, now: datetime) -> Look:
        """Count a look at a scope's labels, unless these very labels were looked at before.

        Args:
            scope: Its name.
            basis: What was in use while the labelled replies were made, without the score.
            labels: Hash of the labels and the promise they are tested for.
            grid: The thresholds; those of the first look at these labels stay.
            now: The time.
        """
        mine = (look.c.scope == scope, look.c.basis == basis)
        known = sa.select(look.c.number, look.c.grid).where(*mine, look.c.labels == labels)
        with self._engine.begin() as connection:
            row = connection.execute(known).one_or_none()
            while row is None:
                last = connection.scalar(sa.select(sa.func.max(look.c.number)).where(*mine))
                values = {
                    "scope": scope,
                    "basis": basis,
                    "number": (last or 0) + 1,
                    "labels": labels,
                    "grid": encode(grid),
                    "at": instant(now),
                }
                # Another process may have counted one at the same moment: then read it again.
                connection.execute(self._insert(look).values(values).on_conflict_do_nothing())
                row = connection.execute(known).one_or_none()
        return Look(number=row.number, grid=decode(Grid, row.grid))

    def use_score(self, scorer: Scorer, card: Card | None, *, now: datetime) -> None:
        """Put a score to use, unless it is the one in use."""
        with self._engine.begin() as connection:
            query = sa.select(score.c.number, score.c.version).order_by(score.c.number.desc())
            last = connection.execute(query.limit(1)).one_or_none()
            if last is not None and last.version == scorer.version:
                return
            row = {
                "number": 1 if last is None else last.number + 1,
                "version": scorer.version,
                "body": encode(scorer),
                "card": "" if card is None else encode(card),
                "at": instant(now),
            }
            connection.execute(score.insert().values(row))

    def score(self) -> StoredScore | None:
        """Return the score in use; None: the prior, because nothing was ever fitted."""
        query = sa.select(score).order_by(score.c.number.desc()).limit(1)
        with self._reader.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return StoredScore(
            scorer=decode(Scorer, row.body),
            card=decode(Card, row.card) if row.card else None,
            at=datetime.fromisoformat(row.at),
        )


def _stored(row: sa.RowMapping) -> StoredCertificate:
    return StoredCertificate(
        certificate=decode(Certificate, row["body"]),
        kind=row["kind"],
        at=datetime.fromisoformat(row["at"]),
        voided_at=None if row["voided_at"] is None else datetime.fromisoformat(row["voided_at"]),
        void_reason=row["void_reason"],
    )
