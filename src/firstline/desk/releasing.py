"""What the gate of an open company asks about autonomy: the operator's word, and certificates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa

from firstline.desk.basis import current_basis
from firstline.desk.build import Opened
from firstline.pipeline.release import Proofs
from firstline.pipeline.release_reader import ReleaseReader
from firstline.pipeline.service_watch import ServiceWatch
from firstline.store.autonomy import AutonomyStore
from firstline.store.certificates import CertificateBook
from firstline.trust.scorer import Scorer


def with_release(opened: Opened, engine: sa.Engine) -> Opened:
    """Return the company with a gate that hears what was changed while it runs."""
    now = opened.parts.now
    reader = ReleaseReader(AutonomyStore(engine), proofs=proofs_of(opened, engine), now=now)
    return replace(opened, parts=replace(opened.parts, release=reader))


def watch_of(opened: Opened) -> ServiceWatch | None:
    """Return the watch over an open company's service; None when nothing reads its release."""
    reader = opened.parts.release
    if not isinstance(reader, ReleaseReader):
        return None
    return ServiceWatch(reader, opened.workspace.settings.trust, now=opened.parts.now)


def proofs_of(opened: Opened, engine: sa.Engine) -> Callable[[], Proofs]:
    """Return what finds the certificates, the score in use, and what they rest on now."""
    book = CertificateBook(engine)

    def find() -> Proofs:
        stored = book.score()
        scorer = Scorer() if stored is None else stored.scorer
        certificates = book.valid()
        if not certificates:  # Nothing could be void, so nothing needs to be hashed.
            return Proofs(scorer=scorer)
        encoder = opened.encoder
        basis = current_basis(
            opened.workspace,
            opened.parts.knowledge,
            encoder=None if encoder is None else encoder.name,
            score=scorer.version,
            today=opened.parts.now().date(),
            with_models=opened.parts.models is not None,
        )
        return Proofs(certificates=certificates, basis=basis, scorer=scorer)

    return find
