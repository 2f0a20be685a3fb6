"""Tests of firstline.knowledge.documents and readers."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from firstline.errors import WorkspaceError
from firstline.knowledge import Document, load_documents
from firstline.knowledge.readers import MAX_BYTES


def only(path: Path) -> Document:
    """Return the one document at `path`, which has no problem."""
    loaded = load_documents(path)
    assert not loaded.problems
    (document,) = loaded.documents
    return document


def test_markdown_with_front_matter(tmp_path: Path) -> None:
    """Every field of the front matter lands in the document, and the text is what follows."""
    (tmp_path / "billing").mkdir()
    (tmp_path / "billing" / "refunds.md").write_text(
        "---\ntitle: Refunds\nupdated: 2026-05-01\nurl: https://help.acme.example/r\n"
        "audience: Internal\nsuperseded_by: billing/refunds\n---\n\nAsk within a month.\n",
        encoding="utf-8",
    )
    document = only(tmp_path)
    assert document.id == "billing/refunds"
    assert (document.title, document.text) == ("Refunds", "Ask within a month.")
    assert (document.updated, document.audience) == (date(2026, 5, 1), "internal")
    assert (document.url, document.superseded_by) == (
        "https://help.acme.example/r",
        "billing/refunds",
    )
    assert document.source.endswith("refunds.md")


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("a.md", "# Export *a board*\n\nWords.", "Export a board"),
        ("a.md", "Export a board\n======\n\nWords.", "Export a board"),
        ("how-to-export.md", "Words only.", "How to export"),
        ("a.txt", "Export a board\n\nWords.", "Export a board"),
        ("my_notes.txt", "Just one sentence.", "My notes"),
        ("a.html", "<title>Export</title><h1>Other</h1><p>Words</p>", "Export"),
        ("a.htm", "<h1>Export</h1><p>Words</p>", "Export"),
    ],
)
def test_titles_are_found(tmp_path: Path, name: str, content: str, title: str) -> None:
    """Without a title field, the first heading or else the file's name is the title."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert only(tmp_path).title == title


def pdf(text: str, title: str) -> bytes:
    """Return a one-page PDF."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
    )
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)  # noqa: SLF001 - pypdf has no public way to draw text
    writer.add_metadata({"/Title": title})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_pdf_files_are_read(tmp_path: Path) -> None:
    """A PDF gives its text and its title."""
    (tmp_path / "a.pdf").write_bytes(pdf("Refunds take five days.", "Refund times"))
    document = only(tmp_path)
    assert (document.title, document.text) == ("Refund times", "Refunds take five days.")


@pytest.mark.parametrize(
    ("path", "title", "text", "audience"),
    [
        ("a.md", "Internal: closing accounts", "Words.", "internal"),
        ("a.md", "INTERNAL - closing accounts", "Words.", "internal"),
        ("a.md", "Internal \u2013 closing accounts", "Words.", "internal"),
        ("a.md", "Closing accounts", "**Internal (staff only)** Words.", "internal"),
        ("a.md", "Closing accounts", "> [Internal] Words.", "internal"),
        ("internal/a.md", "Closing accounts", "Words.", "internal"),
        ("x/Internal/y/a.md", "Closing accounts", "Words.", "internal"),
        ("a.md", "International transfers", "Words.", "public"),
        ("a.md", "Internal transfers explained", "Words.", "public"),
        ("internals/a.md", "Closing accounts", "Words.", "public"),
    ],
)
def test_the_audience_is_recognised(
    tmp_path: Path, path: str, title: str, text: str, audience: str
) -> None:
    """Without a field, a title, a first line or a folder makes a document internal."""
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'---\ntitle: "{title}"\n---\n{text}', encoding="utf-8")
    assert only(tmp_path).audience == audience


def test_a_folder_that_is_itself_internal(tmp_path: Path) -> None:
    """Everything in a knowledge folder named internal is internal."""
    folder = tmp_path / "internal"
    folder.mkdir()
    (folder / "a.md").write_text("Words.", encoding="utf-8")
    assert only(folder).audience == "internal"


@pytest.mark.parametrize(
    ("name", "content", "line", "problem"),
    [
        ("a.md", b"---\ntitle: [x\n---\nWords.", 3, "not YAML"),
        ("a.md", b"---\ntitle: x\nupdated: 2026-99-99\n---\nWords.", 1, "not YAML"),
        ("a.md", b"---\n- x\n---\nWords.", 2, "name: value"),
        ("a.md", b"---\ntitle: x\naudience: secret\n---\nWords.", 3, "audience"),
        ("a.md", b"---\ntitle: x\nupdated: May\n---\nWords.", 3, "updated"),
        ("a.md", b"---\nid: [1]\n---\nWords.", 2, "id is not"),
        ("a.md", b"---\ntitle: x\n---\n \n", None, "no text"),
        ("a.txt", b"one\ncaf\xe9", 2, "not UTF-8"),
        ("a.pdf", b"%PDF-1.4 and nothing more", None, "PDF cannot be read"),
        ("a.docx", b"PK", None, "not read"),
        ("a.txt", b"x" * (MAX_BYTES + 1), None, "larger than 5 MB"),
        ("a.html", b"<div>" * 2000, None, "nested too deep"),
    ],
)
def test_a_bad_file_is_a_problem_and_the_others_load(
    tmp_path: Path, name: str, content: bytes, line: int | None, problem: str
) -> None:
    """A problem says which file and line, and what to do; it stops nothing."""
    (tmp_path / name).write_bytes(content)
    (tmp_path / "good.md").write_text("Words.", encoding="utf-8")
    loaded = load_documents(tmp_path)
    assert [document.id for document in loaded.documents] == ["good"]
    (found,) = loaded.problems
    assert found.place.file == str(tmp_path / name)
    assert found.place.line == line
    assert problem in found.problem
    assert found.fix


def test_hidden_and_foreign_files_are_ignored(tmp_path: Path) -> None:
    """Dot files, dot folders, images and data are no documents and no problem."""
    for name in (".draft.md", "logo.png", "data.json", ".git/a.md"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("x", encoding="utf-8")
    loaded = load_documents(tmp_path)
    assert (loaded.documents, loaded.problems) == ((), ())


def jsonl(path: Path, *rows: Any) -> Path:
    """Write rows, or raw text, one a line."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "title", "text"),
    [
        ({"title": "Export", "text": "Words."}, "Export", "Words."),
        ({"title": "Export", "content": "Words."}, "Export", "Words."),
        ({"title": "Export", "body": "Words."}, "Export", "Words."),
        ({"question": "How?", "answer": "So."}, "How?", "So."),
        ({"question": "How?", "text": "So."}, "How?", "So."),
        ({"entity": "HOTEL MIRA", "question": "Parking?", "text": "Yes."}, None, "Yes."),
        ({"entity": "Mira", "text": "It was nice."}, "Mira", "It was nice."),
        ({"entity": "Mira", "title": "Parking at Mira", "text": "x"}, "Parking at Mira", "x"),
        ({"category": "late-orders", "title": "Fees", "text": "x"}, "Late orders: Fees", "x"),
    ],
)
def test_jsonl_fields(tmp_path: Path, row: dict[str, str], title: str | None, text: str) -> None:
    """Title and text come from any of their names, after what they are about."""
    document = only(jsonl(tmp_path / "kb.jsonl", {"id": 7, **row}))
    assert document.id == "7"
    assert document.title == (title or "HOTEL MIRA: Parking?")
    assert document.text == text


def test_jsonl_optional_fields(tmp_path: Path) -> None:
    """Date, audience, address and successor are read from a line as from front matter."""
    row = {"id": "a", "title": "A", "text": "x", "updated": "2026-05-01T10:00:00Z"}
    row |= {"audience": "internal", "url": "https://a.example", "superseded_by": "a"}
    document = only(jsonl(tmp_path / "kb.jsonl", row))
    assert (document.updated, document.audience) == (date(2026, 5, 1), "internal")
    assert (document.url, document.superseded_by) == ("https://a.example", "a")


@pytest.mark.parametrize(
    "bad",
    [
        "{not json",
        '["list"]',
        '{"id": "x"}',
        '{"id": "x", "text": 5}',
        '{"id": true, "text": "x"}',
        '{"id": "x", "text": "x", "updated": "soon"}',
        '{"id": "x", "text": "\\u200b"}',
        "[" * 100_000,
    ],
)
def test_a_bad_line_is_a_problem_and_the_others_load(tmp_path: Path, bad: str) -> None:
    """A problem of a JSONL file names the line."""
    path = jsonl(tmp_path / "kb.jsonl", {"id": "a", "text": "x"}, bad, {"id": "b", "text": "y"})
    loaded = load_documents(path)
    assert [document.id for document in loaded.documents] == ["a", "b"]
    assert [(problem.place.file, problem.place.line) for problem in loaded.problems] == [
        (str(path), 2)
    ]


def test_an_id_can_be_taken_once(tmp_path: Path) -> None:
    """The second document of an id is a problem that names the first."""
    path = jsonl(tmp_path / "kb.jsonl", {"id": "a", "text": "x"}, {"id": "a", "text": "y"})
    loaded = load_documents(path)
    assert [document.text for document in loaded.documents] == ["x"]
    assert f"{path}:1" in loaded.problems[0].problem
    assert loaded.problems[0].place.line == 2


def test_a_successor_must_exist(tmp_path: Path) -> None:
    """A document superseded by nothing is read and reported."""
    path = jsonl(tmp_path / "kb.jsonl", {"id": "a", "text": "x", "superseded_by": "gone"})
    loaded = load_documents(path)
    assert loaded.documents[0].superseded_by == "gone"
    assert "superseded_by" in loaded.problems[0].problem


def test_a_missing_knowledge_base_is_an_error(tmp_path: Path) -> None:
    """Nothing at all is raised, so that nobody mistakes it for an empty knowledge base."""
    with pytest.raises(WorkspaceError, match="no knowledge base"):
        load_documents(tmp_path / "absent")


def test_the_version_follows_every_field(tmp_path: Path) -> None:
    """A document's version changes with what it says, not with where it was read."""
    one = only(jsonl(tmp_path / "a.jsonl", {"id": "a", "text": "x"}))
    same = only(jsonl(tmp_path / "b.jsonl", {"id": "a", "text": "x"}))
    other = only(jsonl(tmp_path / "c.jsonl", {"id": "a", "text": "x", "audience": "internal"}))
    assert one.version == same.version != other.version
