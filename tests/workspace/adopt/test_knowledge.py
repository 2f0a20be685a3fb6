"""Copying a company's articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.errors import InputError
from firstline.workspace.adopt.knowledge import TakenKnowledge, take_knowledge


def take(source: Path, tmp_path: Path) -> TakenKnowledge:
    """Copy into a fresh folder."""
    (tmp_path / "out").mkdir()
    return take_knowledge(source, tmp_path / "out", lambda _doing, _done, _total: None)


def test_a_folder_is_copied_with_its_structure(tmp_path: Path) -> None:
    """Articles are copied; pictures, hidden files and papers about the folder are not."""
    source = tmp_path / "kb"
    for name in ("a.md", "deep/er/b.HTML", "c.txt", "d.pdf", "e.png", ".git/f.md", "README.md"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    taken = take(source, tmp_path)
    copied = {
        path.relative_to(tmp_path / "out/knowledge").as_posix()
        for path in (tmp_path / "out/knowledge").rglob("*")
        if path.is_file()
    }
    assert copied == {"a.md", "deep/er/b.HTML", "c.txt", "d.pdf"}
    assert (taken.path, taken.count) == ("knowledge", 4)
    assert "1 .png" in taken.notes[1]
    assert "1 README.md" in taken.notes[1]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    """A link to a file elsewhere on the machine is not an article."""
    source = tmp_path / "kb"
    source.mkdir()
    (tmp_path / "private.txt").write_text("x")
    (source / "a.md").write_text("A")
    (source / "b.txt").symlink_to(tmp_path / "private.txt")
    taken = take(source, tmp_path)
    assert taken.count == 1
    assert "links out of the folder" in taken.notes[1]


def test_lines_are_checked_and_copied(tmp_path: Path) -> None:
    """A .jsonl is copied byte by byte under its usual name."""
    source = tmp_path / "articles.jsonl"
    source.write_text('{"id": "a", "content": "x"}\n\n{"body": "y"}\n')
    taken = take(source, tmp_path)
    assert (taken.path, taken.count) == ("knowledge.jsonl", 2)
    assert (tmp_path / "out/knowledge.jsonl").read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    ("name", "text", "line", "problem"),
    [
        ("a.jsonl", '{"text": "x"}\n{"te', 2, "not valid JSON"),
        ("a.jsonl", '{"title": "x"}\n', 1, "has no text"),
        ("a.jsonl", '{"text": " "}\n', 1, "has no text"),
        ("a.jsonl", "[]\n", 1, "has no text"),
        ("a.jsonl", "\n", None, "is empty"),
        ("a.docx", "x", None, "folder or a .jsonl"),
    ],
)
def test_wrong_files(tmp_path: Path, name: str, text: str, line: int | None, problem: str) -> None:
    """The file, the line and what to write are given."""
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        take(tmp_path / name, tmp_path)
    assert (caught.value.place.file, caught.value.place.line) == (str(tmp_path / name), line)
    assert problem in caught.value.problem
    assert caught.value.fix


def test_nothing_to_take(tmp_path: Path) -> None:
    """A missing file and a folder without articles are told apart."""
    with pytest.raises(InputError, match="No such file"):
        take(tmp_path / "nowhere.jsonl", tmp_path)
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb/a.png").touch()
    (tmp_path / "second").mkdir()
    with pytest.raises(InputError, match="has no articles"):
        take(tmp_path / "kb", tmp_path / "second")
