"""A knowledge base as its company wrote it: a folder of pages, or one JSONL file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, get_args

import re2

from firstline.errors import Place, WorkspaceError
from firstline.knowledge.readers import RawDocument, read_folder, read_jsonl
from firstline.knowledge.text import normalise
from firstline.records import Audience, DocumentId

MAX_ID: Final = 300
MAX_TITLE: Final = 300

_INTERNAL = re2.compile(r"(?i)^[\s#>*_\[(|]*internal(\s+use)?(\s+only)?\s*[*_]*\s*[:\p{Pd}()\[\]]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One article, as it stood when it was read."""

    id: DocumentId
    title: str
    text: str
    """Markdown, normalised."""
    audience: Audience = "public"
    """An internal document may inform a person; it is never quoted to a customer."""
    url: str = ""
    updated: date | None = None
    superseded_by: DocumentId | None = None
    source: str = ""
    """Where it was read, as `file` or `file:line`."""

    @property
    def version(self) -> str:
        """Hash of everything but the place it was read from."""
        parts = (
            self.id,
            self.title,
            self.text,
            self.audience,
            self.url,
            str(self.updated or ""),
            self.superseded_by or "",
        )
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedDocuments:
    """What could be read, and what could not and why."""

    documents: tuple[Document, ...]
    problems: tuple[WorkspaceError, ...]


def load_documents(source: Path) -> LoadedDocuments:
    """Return the documents of a folder (Markdown, HTML, text, PDF) or of a `.jsonl` file.

    A file or line that cannot be used is a problem with its place and fix; the others load.

    Raises:
        WorkspaceError: There is nothing at `source`. Raised, not reported, so that a folder
            which is missing for a moment does not empty the index.
    """
    if source.is_dir():
        return _checked(read_folder(source))
    if source.is_file() and source.suffix.lower() == ".jsonl":
        return _checked(read_jsonl(source))
    raise WorkspaceError(
        "there is no knowledge base",
        place=Place(file=str(source)),
        fix="Set [knowledge] path in firstline.toml to a folder or to a .jsonl file",
    )


def _checked(found: Iterable[RawDocument | WorkspaceError]) -> LoadedDocuments:
    documents: dict[DocumentId, Document] = {}
    places: dict[DocumentId, Place] = {}
    problems: list[WorkspaceError] = []
    for entry in found:
        if isinstance(entry, WorkspaceError):
            problems.append(entry)
            continue
        try:
            document = to_document(entry)
        except FieldError as error:
            line = entry.lines.get(error.field, entry.place.line)
            place = Place(file=entry.place.file, line=line)
            problems.append(WorkspaceError(str(error), place=place, fix=error.fix))
            continue
        if document.id in documents:
            problems.append(
                WorkspaceError(
                    f"the document id {document.id!r} is taken by {documents[document.id].source}",
                    place=entry.place,
                    fix="Give one of them another id; only the first was read",
                )
            )
        else:
            documents[document.id] = document
            places[document.id] = entry.place
    problems += [
        WorkspaceError(
            f"superseded_by names {document.superseded_by!r}, which is not a document",
            place=places[document.id],
            fix="Name the id of the document that replaces it; it stays hidden from customers",
        )
        for document in documents.values()
        if document.superseded_by and document.superseded_by not in documents
    ]
    return LoadedDocuments(documents=tuple(documents.values()), problems=tuple(problems))


class FieldError(ValueError):
    """A field of a document that cannot be used."""

    def __init__(self, field: str, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.field = field
        self.fix = fix


def to_document(raw: RawDocument) -> Document:
    """Return what a file or line says as a document: normalised, checked, with its audience.

    Raises:
        FieldError: A field cannot be used.
    """
    fields = raw.fields
    title = " ".join(normalise(raw.title).split())[:MAX_TITLE]
    text = normalise(raw.text).strip()
    if not text:
        raise FieldError("text", "there is no text in it", "Write the article, or remove it")
    successor = fields.get("superseded_by")
    return Document(
        id=_id("id", raw.default_id if fields.get("id") is None else fields["id"]),
        title=title,
        text=text,
        audience=_audience(fields.get("audience"), raw.internal, title, text),
        url=normalise(str(fields.get("url") or "")).strip(),
        updated=_date(fields.get("updated")),
        superseded_by=None if successor is None else _id("superseded_by", successor),
        source=str(raw.place),
    )


def _id(field: str, value: Any) -> DocumentId:
    is_usable = isinstance(value, str | int) and not isinstance(value, bool)
    name = " ".join(normalise(str(value)).split()) if is_usable else ""
    if not name or len(name) > MAX_ID:
        raise FieldError(
            field, f"{field} is not a document id", f"Write a text of 1 to {MAX_ID} characters"
        )
    return DocumentId(name)


def _audience(value: Any, internal: bool, title: str, text: str) -> Audience:
    if value is None:
        marked = any(_INTERNAL.match(words) for words in (title, text[:200]))
        return "internal" if internal or marked else "public"
    for audience in get_args(Audience):
        if str(value).strip().lower() == audience:
            chosen: Audience = audience
            return chosen
    raise FieldError("audience", "audience is neither public nor internal", "Write one of the two")


def _date(value: Any) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise FieldError("updated", "updated is not a date", "Write it like 2026-05-01") from None
