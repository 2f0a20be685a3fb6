"""Opening a company: everything its tickets need, brought up to date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from firstline.errors import Place, SetupError, WorkspaceError
from firstline.knowledge import Encoder, Knowledge, SyncReport, find_encoder, load_documents
from firstline.pipeline.models import Models
from firstline.pipeline.parts import History, NoHistory, Parts, Remembered
from firstline.routing import Classifier, fitted
from firstline.sources import open_customers
from firstline.workspace import Workspace

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0: unknown)."""


def silent(_doing: str, _done: int, _total: int) -> None:
    """Report nothing."""


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A company, opened."""

    workspace: Workspace
    encoder: Encoder | None
    parts: Parts
    synced: SyncReport
    problems: tuple[WorkspaceError, ...]
    """Documents that could not be read; the others serve."""


def open_company(
    workspace: Workspace,
    *,
    history: History | None = None,
    models: Models | None = None,
    now: Callable[[], datetime] = utc_now,
    progress: Progress = silent,
) -> Opened:
    """Bring a workspace's knowledge and classifier up to date and open them.

    Raises:
        SetupError: The folder for derived data cannot be written.
    """
    encoder = find_encoder(custom_encoder(workspace))
    knowledge = Knowledge.open(workspace.data / "knowledge.db", encoder)
    loaded = load_documents(workspace.folder / workspace.settings.knowledge)
    synced = knowledge.sync(
        loaded.documents, progress=lambda done, total: progress("reading articles", done, total)
    )
    parts = Parts(
        workspace=workspace,
        knowledge=knowledge,
        classifier=_classifier(workspace, encoder, progress),
        customers=open_customers(workspace),
        encode=None if encoder is None else Remembered(encoder),
        history=history or NoHistory(),
        models=models,
        now=now,
    )
    return Opened(
        workspace=workspace,
        encoder=encoder,
        parts=parts,
        synced=synced,
        problems=tuple(loaded.problems),
    )


def custom_encoder(workspace: Workspace) -> Path | None:
    """Return the path of the workspace's own encoder, if it names one."""
    own = workspace.settings.encoder
    return None if own is None else workspace.folder / own


def make_data_folder(workspace: Workspace) -> None:
    """Create the folder for derived data, or say why it cannot be."""
    try:
        workspace.data.mkdir(exist_ok=True)
        (workspace.data / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise SetupError(
            f"the data folder cannot be written ({error.strerror})",
            place=Place(file=str(workspace.data)),
            fix="Make the workspace writable for this user",
        ) from error


def _classifier(
    workspace: Workspace, encoder: Encoder | None, progress: Progress
) -> Classifier | None:
    examples = [
        (example, str(spec.name)) for spec in workspace.intents for example in spec.examples
    ]
    if not examples:
        return None
    return fitted(
        examples,
        encoder,
        workspace.data / "models",
        progress=lambda done, total: progress("learning intents", done, total),
    )
