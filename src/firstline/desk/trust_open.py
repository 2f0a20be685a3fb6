"""Opening what certificates are made of: a company, its database, and what is in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from firstline.desk.basis import current_basis, made_under, score_in_use
from firstline.desk.build import Opened, Progress, make_data_folder, open_company, silent
from firstline.errors import Place, SetupError
from firstline.store import TicketStore, app_url, open_database
from firstline.store.certificates import CertificateBook
from firstline.trust.certificate import Basis
from firstline.workspace import Workspace, load


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTrust:
    """A company as far as trust goes."""

    workspace: Workspace
    engine: sa.Engine
    opened: Opened
    basis: Basis

    @property
    def under(self) -> str:
        """What is kept with every draft that is made now."""
        return made_under(self.basis)


@contextmanager
def open_labels(folder: Path) -> Iterator[tuple[Workspace, sa.Engine]]:
    """Open a company's database, and nothing else.

    Raises:
        WorkspaceErrors: Something in the folder is wrong.
        SetupError: The database cannot be used, or belongs to another company.
    """
    workspace = load(folder)
    make_data_folder(workspace)
    engine = open_database(app_url(workspace.data))
    try:
        owner = TicketStore(engine).claim_for(workspace.settings.company)
        if owner != workspace.settings.company:
            raise SetupError(
                f"the database holds the tickets of {owner}",
                place=Place(file=str(folder)),
                fix="Give every company a database of its own",
            )
        yield workspace, engine
    finally:
        engine.dispose()


@contextmanager
def open_trust(folder: Path, now: datetime, progress: Progress = silent) -> Iterator[OpenTrust]:
    """Open a company with its knowledge, and find out what is in use.

    Raises:
        WorkspaceErrors: Something in the folder is wrong.
        SetupError: The database or a model the company names cannot be used.
    """
    with open_labels(folder) as (workspace, engine):
        opened = open_company(workspace, progress=progress)
        try:
            basis = current_basis(
                workspace,
                opened.parts.knowledge,
                encoder=None if opened.encoder is None else opened.encoder.name,
                score=score_in_use(CertificateBook(engine)),
                today=now.date(),
            )
            yield OpenTrust(workspace=workspace, engine=engine, opened=opened, basis=basis)
        finally:
            opened.parts.knowledge.close()
