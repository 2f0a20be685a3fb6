"""Files are named without telling where they lie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.pipeline.test_gate import a_workspace

from firstline.web.paths import place, told
from firstline.workspace import Workspace


def at(folder: Path, knowledge: str = "knowledge") -> Workspace:
    """Return a company that lies there."""
    workspace = a_workspace()
    return replace(
        workspace,
        folder=folder,
        settings=replace(workspace.settings, knowledge=Path(knowledge)),
    )


def test_a_message_names_files_relative_to_the_workspace(tmp_path: Path) -> None:
    """Wherever the folder is named in a message, it is cut."""
    message = f"{tmp_path}/knowledge/a.md:3: it is taken by {tmp_path}/knowledge/b.md"
    assert told(message, at(tmp_path)) == "knowledge/a.md:3: it is taken by knowledge/b.md"
    assert str(tmp_path) not in told(f"{tmp_path} is read-only", at(tmp_path))


def test_knowledge_elsewhere_is_named_by_its_folder(tmp_path: Path) -> None:
    """A knowledge base outside the workspace shows its last folder only."""
    company, articles = tmp_path / "company", tmp_path / "shared" / "help"
    message = f"{articles}/a.md: no"
    assert told(message, at(company, str(articles))) == "help/a.md: no"


def test_a_source_is_found_wherever_it_was_read_from(tmp_path: Path) -> None:
    """An index may hold the path as another command wrote it, or one of before a move."""
    file = tmp_path / "knowledge" / "knowledge" / "a.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("", "utf-8")
    for source in (str(file), "elsewhere/acme/knowledge/knowledge/a.jsonl"):
        assert place(f"{source}:12", at(tmp_path)) == "knowledge/knowledge/a.jsonl:12"
    assert place("/srv/secret/b.md", at(tmp_path)) == "b.md"
