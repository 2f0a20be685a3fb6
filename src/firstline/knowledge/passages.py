"""Documents cut into passages that can be found, quoted and read on their own.

A passage is about 150 words: what the encoder reads whole, and a reader takes in at a glance.
Its text is the document's own, word for word, without Markdown marks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from firstline.knowledge.documents import Document
from firstline.knowledge.markdown import Block, blocks
from firstline.proof.sentence_ends import sentences
from firstline.records import Audience, DocumentId, EvidenceId

TARGET_WORDS: Final = 150
"""A passage is closed when the next unit would take it past this."""
BLOCK_WORDS: Final = 200
"""A list or table up to this long is kept in one passage."""
UNIT_WORDS: Final = 400
"""Longer "sentences" are no sentences (code, data); they are cut between words."""
UNIT_CHARACTERS: Final = 4_000
NAVIGATION: Final = frozenset(
    {
        "contents",
        "further reading",
        "in this article",
        "on this page",
        "related articles",
        "related content",
        "related pages",
        "related topics",
        "see also",
        "table of contents",
    }
)
"""Headings, in lower case, whose sections are not passages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document, as it stood in one version."""

    id: EvidenceId
    """`document#n`, n counting from 1."""
    document: DocumentId
    title: str
    """The document's."""
    heading: str
    """Headings above the passage, outermost first, joined by ` > `; may be empty."""
    text: str
    """Verbatim, normalised, without Markdown marks."""
    version: str
    """Hash of title, heading and text."""
    audience: Audience
    url: str
    updated: date | None

    @property
    def searchable(self) -> str:
        """What is encoded and indexed: title, heading and text."""
        return ". ".join(part for part in (self.title, self.heading, self.text) if part)


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never cut: a sentence, list item, table row or code line."""

    text: str
    glue: str
    """What stands between this unit and the one before it."""

    @property
    def words(self) -> int:
        """Length in words; data without spaces counts as words of ten characters."""
        return max(len(self.text.split()), len(self.text) // 10)


def split(document: Document) -> tuple[Passage, ...]:
    """Return the passages of a document, in reading order; at least one if it has any words."""
    found = blocks(document.text, base=document.url)
    found = [block for block in found if not _is_navigation(block)] or found
    pieces = [
        (heading, text)
        for heading, group in groupby(found, key=lambda block: _heading(block, document.title))
        for text in _pack(_without_title(list(group), document.title))
    ]
    return tuple(
        Passage(
            id=EvidenceId(f"{document.id}#{number}"),
            document=document.id,
            title=document.title,
            heading=heading,
            text=text,
            version=_hash(document.title, heading, text),
            audience=document.audience,
            url=document.url,
            updated=document.updated,
        )
        for number, (heading, text) in enumerate(pieces, start=1)
    )


def _is_navigation(block: Block) -> bool:
    """Whether the block leads elsewhere: its words would match, and answer nothing."""
    return bool(block.headings) and block.headings[-1].casefold().rstrip(":") in NAVIGATION


def _heading(block: Block, title: str) -> str:
    kept = [words for words in block.headings if words.casefold() != title.casefold()]
    return " > ".join(kept)


def _without_title(section: list[Block], title: str) -> list[Block]:
    """Drop a first line that only repeats the title, unless nothing else is there."""
    first = section[0]
    if first.lines[0].casefold() != title.casefold() or len(first.lines) + len(section) <= 2:  # noqa: PLR2004 - one line in one block
        return section
    rest = Block(kind=first.kind, headings=first.headings, lines=first.lines[1:])
    return [rest, *section[1:]] if rest.lines else section[1:]


def _pack(section: Iterable[Block]) -> Iterator[str]:
    """Fill passages with whole units; a list or table that fits stays with its lead-in."""
    current: list[_Unit] = []
    size = 0
    for group in _groups(section):
        needed = sum(unit.words for unit in group)
        if current and size + needed > TARGET_WORDS:
            carried = _lead_in(current) if len(group) > 1 and needed <= BLOCK_WORDS else []
            if len(carried) < len(current):
                yield _join(current[: len(current) - len(carried)])
                current, size = carried, sum(unit.words for unit in carried)
        for unit in group:
            if current and needed > BLOCK_WORDS and size + unit.words > TARGET_WORDS:
                yield _join(current)
                current, size = [], 0
            current.append(unit)
            size += unit.words
    if current:
        yield _join(current)


def _lead_in(units: list[_Unit]) -> list[_Unit]:
    """Return the last sentence when it announces what follows (`To export:`)."""
    return units[-1:] if units[-1].text.endswith(":") else []


def _groups(section: Iterable[Block]) -> Iterator[list[_Unit]]:
    """Yield units that want to stay together: sentences alone, lists, tables and code whole."""
    for block in section:
        if block.kind == "prose":
            for index, line in enumerate(block.lines):
                glue = "\n" if index else "\n\n"
                for sentence in sentences(line):
                    yield list(_units(sentence, glue))
                    glue = " "
        else:
            lines = enumerate(block.lines)
            yield [
                unit for index, line in lines for unit in _units(line, "\n" if index else "\n\n")
            ]


def _units(text: str, glue: str) -> Iterator[_Unit]:
    words = text.split()
    if len(words) <= UNIT_WORDS and len(text) <= UNIT_CHARACTERS:
        yield _Unit(text, glue)
        return
    piece: list[str] = []
    length = 0
    for word in _short_words(words):
        if piece and (len(piece) >= TARGET_WORDS or length + len(word) > UNIT_CHARACTERS):
            yield _Unit(" ".join(piece), glue)
            piece, length, glue = [], 0, " "
        piece.append(word)
        length += len(word) + 1
    yield _Unit(" ".join(piece), glue)


def _short_words(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        for start in range(0, len(word), UNIT_CHARACTERS):
            yield word[start : start + UNIT_CHARACTERS]


def _join(units: list[_Unit]) -> str:
    return units[0].text + "".join(unit.glue + unit.text for unit in units[1:])


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]
