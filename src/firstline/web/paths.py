"""Showing files of a company without telling where on this machine they lie."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import re2

from firstline.workspace import Workspace

_LINE = re2.compile(r":\d+$")


def told(text: str, workspace: Workspace) -> str:
    """Return a message with the workspace's files named relative to it.

    A knowledge base outside the workspace is named by its last folder only.
    """
    folder = workspace.folder
    knowledge = folder / workspace.settings.knowledge
    if not knowledge.resolve().is_relative_to(folder.resolve()):
        text = _cut(text, knowledge, knowledge.name)
    return _cut(text, folder, "")


def place(source: str, workspace: Workspace) -> str:
    """Return where a document was read, relative to the workspace.

    An index remembers the path as it was written when the document was read; the workspace may
    have been named otherwise then, or have moved. Then it is looked for; a file that is nowhere
    in the workspace is told by its name alone.
    """
    line = "".join(match.group(0) for match in _LINE.finditer(source))
    path = PurePosixPath(Path(source.removesuffix(line)).as_posix())
    for first in range(len(path.parts)):
        rest = PurePosixPath(*path.parts[first:])
        if not rest.is_absolute() and (workspace.folder / rest).exists():
            return f"{rest}{line}"
    return f"{path.name}{line}"


def _cut(text: str, folder: Path, name: str) -> str:
    for written in dict.fromkeys((str(folder.resolve()), str(folder))):
        if written not in (".", "/"):
            text = text.replace(f"{written}/", f"{name}/" if name else "")
            text = text.replace(written, name or folder.resolve().name)
    return text
