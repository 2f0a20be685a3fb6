"""The files a knowledge base may be made of, read one by one."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import re2
import yaml

from firstline.errors import Place, WorkspaceError
from firstline.knowledge import html_pages
from firstline.knowledge.markdown import plain

MAX_BYTES: Final = 5_000_000
"""Of one file, or of one line of a .jsonl file."""
MAX_FRONT_MATTER: Final = 16_000

MARKDOWN: Final = frozenset({".md", ".markdown", ".mdx"})
HTML: Final = frozenset({".html", ".htm"})
TEXT: Final = frozenset({".txt", ".text"})
PDF: Final = frozenset({".pdf"})
UNREADABLE: Final = frozenset({".doc", ".docx", ".odt", ".rtf", ".pages", ".ppt", ".pptx"})
"""Documents in formats that are not read; anything else in the folder is ignored."""

TEXT_FIELDS: Final = ("text", "content", "body", "answer")

_H1 = re2.compile(r"(?m)^ {0,3}#[ \t]+(.+?)[ \t#]*$|^(\S.*)\n=+[ \t]*$")
_FIRST_LINE = re2.compile(r"^\s*(\S[^\n]{0,78}[^\s.!?:;,])[ \t]*()\n[ \t]*\n")
_FIELD = re2.compile(r"^([A-Za-z_]+)[ \t]*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDocument:
    """What a file or line says, neither normalised nor checked."""

    fields: Mapping[str, Any]
    """Of its front matter or JSON object."""
    default_id: str
    title: str
    text: str
    """Markdown."""
    internal: bool
    """Whether it lies in a folder named `internal`."""
    place: Place
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where each field of the front matter stands."""


@dataclass(frozen=True, slots=True)
class _Page:
    """The parts of one file."""

    fields: Mapping[str, Any]
    title: str
    text: str
    lines: Mapping[str, int] = field(default_factory=dict)


class _Unreadable(ValueError):
    """A file or line that cannot be read: what is wrong, on which line, how to mend it."""

    def __init__(self, problem: str, fix: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.fix = fix
        self.line = line


Entry = RawDocument | WorkspaceError


def read_folder(folder: Path) -> Iterator[Entry]:
    """Yield a document or a problem for each file under `folder`, in order of path."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if any(part.startswith(".") for part in relative.parts) or not path.is_file():
            continue
        kind = path.suffix.lower()
        if kind in MARKDOWN | HTML | TEXT | PDF:
            yield _read_file(path, folder, relative)
        elif kind in UNREADABLE:
            yield _problem(path, f"{kind} files are not read", "Save it as PDF, HTML or Markdown")


def _read_file(path: Path, folder: Path, relative: Path) -> Entry:
    try:
        page = _page(_content(path), path.suffix.lower())
    except _Unreadable as error:
        return _problem(path, str(error), error.fix, error.line)
    folders = {folder.name, *relative.parent.parts}
    return RawDocument(
        fields=page.fields,
        default_id=relative.with_suffix("").as_posix(),
        title=page.title or path.stem.replace("-", " ").replace("_", " ").strip().capitalize(),
        text=page.text,
        internal="internal" in {name.lower() for name in folders},
        place=Place(file=str(path)),
        lines=page.lines,
    )


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            limit = f"{MAX_BYTES // 1_000_000} MB"
            raise _Unreadable(f"the file is larger than {limit}", "Split it into articles")
        return path.read_bytes()
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror})"
        raise _Unreadable(problem, "Check who may read it") from error


def _page(content: bytes, kind: str) -> _Page:
    if kind in PDF:
        return _pdf(content)
    try:
        whole = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _Unreadable("the file is not UTF-8 text", "Save it as UTF-8", line) from error
    fields, lines, text = _front_matter(whole)
    title = str(fields.get("title") or "")
    if kind in HTML:
        title = title or html_pages.page_title(text)
        try:
            text = html_pages.to_markdown(text)
        except ValueError as error:
            raise _Unreadable(str(error), "Export the page again, without its layout") from error
    heading = None if title else (_FIRST_LINE if kind in TEXT else _H1).search(text)
    if heading:
        title = plain(heading.group(1) or heading.group(2))
    return _Page(fields, title, text, lines)


def _front_matter(text: str) -> tuple[dict[str, Any], dict[str, int], str]:
    """Return the YAML fields between two `---` lines at the top, their lines, and the rest."""
    end = text.find("\n---", 3, MAX_FRONT_MATTER) if text.startswith("---\n") else -1
    if end < 0:
        return {}, {}, text
    after = text.find("\n", end + 1)
    head, rest = text[4 : end + 1], text[after + 1 :] if after >= 0 else ""
    fix = "Mend the lines between the two --- marks"
    try:
        fields = yaml.safe_load(head)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise _Unreadable(f"the front matter is not YAML ({error.problem})", fix, line) from None
    except (yaml.YAMLError, ValueError) as error:
        raise _Unreadable(f"the front matter is not YAML ({error})", fix, 1) from None
    if not isinstance(fields, dict | None):
        raise _Unreadable("the front matter is not made of `name: value` lines", fix, 2)
    lines = {
        str(match.group(1)): number
        for number, line in enumerate(head.split("\n"), start=2)
        if (match := _FIELD.match(line))
    }
    return {str(name): value for name, value in (fields or {}).items()}, lines, rest


def _pdf(content: bytes) -> _Page:
    # 60 ms to import, and few knowledge bases hold a PDF.
    from pypdf.errors import PyPdfError  # noqa: PLC0415 - see above

    # What pypdf lets through on damaged files, besides its own errors.
    damaged = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError)
    try:
        return _pdf_pages(content)
    except _Unreadable:
        raise
    except (PyPdfError, ValueError, *damaged) as error:
        problem = f"the PDF cannot be read ({type(error).__name__})"
        raise _Unreadable(problem, "Print it to a new PDF, or save it as text") from error


def _pdf_pages(content: bytes) -> _Page:
    from pypdf import PdfReader  # noqa: PLC0415 - see _pdf

    # A damaged file is reported once, by us.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise _Unreadable("the PDF asks for a password", "Save it without one")
    text = "\n\n".join(page.extract_text() for page in reader.pages)
    title = str((reader.metadata.title if reader.metadata else None) or "")
    return _Page({}, title, text)


def read_jsonl(path: Path) -> Iterator[Entry]:
    """Yield a document or a problem for each line of a `.jsonl` file."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield _from_line(line, path, number)
            except _Unreadable as error:
                yield _problem(path, str(error), error.fix, number)


def _from_line(line: bytes, path: Path, number: int) -> RawDocument:
    example = 'Write an object like {"id": "...", "title": "...", "text": "..."}'
    if len(line) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1_000_000} MB"
        raise _Unreadable(f"the line is longer than {limit}", "Split it into articles")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise _Unreadable("the line is not JSON", example) from None
    if not isinstance(fields, dict):
        raise _Unreadable("the line is not a JSON object", example)
    for name in ("title", "question", "entity", "category", *TEXT_FIELDS):
        if not isinstance(fields.get(name), str | None):
            raise _Unreadable(f"{name} is not a text", example)
    return RawDocument(
        fields=fields,
        default_id=f"line-{number}",
        title=_title(fields),
        text=next((fields[name] for name in TEXT_FIELDS if fields.get(name)), ""),
        internal=False,
        place=Place(file=str(path), line=number),
    )


def _title(fields: Mapping[str, Any]) -> str:
    """Return the title or question, after what it is about (`Hotel Mira: Is there parking?`)."""
    title = str(fields.get("title") or fields.get("question") or "").strip()
    subject = str(fields.get("entity") or fields.get("category") or "").strip()
    if subject.islower():
        subject = subject.replace("-", " ").replace("_", " ").capitalize()
    if not title or not subject or subject.casefold() in title.casefold():
        return title or subject
    return f"{subject}: {title}"


def _problem(path: Path, problem: str, fix: str, line: int | None = None) -> WorkspaceError:
    return WorkspaceError(problem, place=Place(file=str(path), line=line), fix=fix)
