"""Reads files of records row by row, with the bytes and the line each row stands on.

A hundred megabytes are read in small windows, and a single row can be read again by its
offset, so that an index stays small and nothing is scanned for a ticket.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from firstline.errors import InputError, Place
from firstline.workspace.sound_json import TEXT_DECODER, parse, sound

MAXIMUM_RECORD = 4_000_000
"""Bytes of one record."""
SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv")
_WINDOW = 1 << 18
_BLANK = " \t\r\n"
_HALF_WRITTEN = "It may be half-written: write it again, to another name first, then rename it."


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file."""

    offset: int
    """Bytes from the start of the file."""
    data: bytes
    """The row as it stands in the file."""
    line: int
    """1-based line it starts on."""
    value: Mapping[str, Any]
    """The record; numbers are the text they were written as."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What it takes to read one row of a file again."""

    is_csv: bool
    delimiter: str = ","
    header: tuple[str, ...] = ()

    def decode(self, data: bytes) -> Mapping[str, Any]:
        """Return the record in a row's bytes; raises ValueError when they are no record."""
        text = data.decode("utf-8")
        if not self.is_csv:
            value = parse(text, decoder=TEXT_DECODER)
            if not isinstance(value, dict):
                raise ValueError("not an object")
            return value
        cells = next(csv.reader([text], delimiter=self.delimiter, strict=True), [])
        return dict(zip(self.header, cells, strict=True))


def layout_of(path: Path, stream: BinaryIO) -> Layout:
    """Return how a file of records is laid out, leaving the stream at its first row.

    Raises:
        InputError: the suffix is not one of SUFFIXES, or a CSV header is unusable.
    """
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES:
        raise InputError(
            f"Records are not read from {suffix or 'a file without suffix'}",
            place=Place(file=str(path)),
            fix="Use .json (a list of objects), .jsonl or .csv.",
        )
    if stream.read(3) != codecs.BOM_UTF8:
        stream.seek(0)
    if suffix != ".csv":
        return Layout(is_csv=False)
    text = _text(stream.readline(MAXIMUM_RECORD), path, 1)
    delimiter = max(",;\t", key=text.count)
    header = tuple(cell.strip() for cell in next(csv.reader([text], delimiter=delimiter), []))
    if not header or "" in header or len(set(header)) != len(header):
        _refuse(path, 1, "The CSV header has an empty or repeated column name", "Name each once.")
    return Layout(is_csv=True, delimiter=delimiter, header=header)


def rows(path: Path) -> Iterator[Row]:
    """Yield every record of a .json list, .jsonl or .csv file.

    Raises:
        InputError: the file cannot be read, is cut short, or a row is no record; it names
            file and line and never a value.
    """
    try:
        with path.open("rb") as stream:
            layout = layout_of(path, stream)
            if layout.is_csv:
                yield from _csv_rows(stream, path, layout)
            elif path.suffix.casefold() == ".json":
                yield from _JsonList(stream, path).rows()
            else:
                yield from _json_lines(stream, path)
    except OSError as error:
        raise InputError(
            f"It cannot be read: {error.strerror or type(error).__name__}",
            place=Place(file=str(path)),
            fix="Check that the file is there and that this user may read it.",
        ) from error


def _json_lines(stream: BinaryIO, path: Path) -> Iterator[Row]:
    number = 0
    while True:
        offset = stream.tell()
        data = stream.readline(MAXIMUM_RECORD + 1)
        if not data:
            return
        number += 1
        if len(data) > MAXIMUM_RECORD:
            _refuse(path, number, "The record is too large", "Keep a record below 4 MB.")
        text = _text(data, path, number)
        if not text.strip():
            continue
        try:
            value = parse(text.strip(), decoder=TEXT_DECODER)
        except (ValueError, RecursionError):
            _refuse(path, number, "The line is not valid JSON", _HALF_WRITTEN)
        yield Row(offset, data, number, _object(value, path, number))


def _csv_rows(stream: BinaryIO, path: Path, layout: Layout) -> Iterator[Row]:
    position, line = stream.tell(), 1
    consumed: list[bytes] = []

    def lines() -> Iterator[str]:
        for data in iter(lambda: stream.readline(MAXIMUM_RECORD + 1), b""):
            consumed.append(data)
            if sum(map(len, consumed)) > MAXIMUM_RECORD:
                _refuse(path, line + 1, "The record is too large", "Close its quotes.")
            yield _text(data, path, line + len(consumed))

    reader = csv.reader(lines(), delimiter=layout.delimiter, strict=True)
    while True:
        consumed.clear()
        try:
            cells = next(reader, None)
        except csv.Error:
            _refuse(path, line + 1, "The row is not valid CSV", "Close its quotes.")
        if cells is None:
            return
        data = b"".join(consumed)
        if cells:
            yield Row(position, data, line + 1, _cells(cells, path, line + 1, layout.header))
        position += len(data)
        line += len(consumed)


def _cells(
    cells: Sequence[str], path: Path, line: int, header: tuple[str, ...]
) -> Mapping[str, str]:
    if len(cells) != len(header):
        _refuse(
            path,
            line,
            f"The row has {len(cells)} cells where the header has {len(header)}",
            "Put quotes around cells that contain the separator.",
        )
    return dict(zip(header, cells, strict=True))


class _JsonList:
    """Reads a JSON list element by element through a window of text."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream = stream
        self._path = path
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._line = 1
        self._offset = stream.tell()
        """Bytes before the character at `_at`."""
        self._ended = False

    def rows(self) -> Iterator[Row]:
        self._expect("[", "The file must be a list of objects: [ {…}, {…} ]")
        if self._peek() == "]":
            self._skip_to(self._at + 1)
        else:
            yield from self._elements()
        if self._peek():
            self._refuse("There is something after the end of the list", "Remove it.")

    def _elements(self) -> Iterator[Row]:
        while True:
            self._peek()
            offset, line = self._offset, self._line
            value, end = self._element()
            data = self._skip_to(end)
            yield Row(offset, data, line, _object(value, self._path, line))
            if self._peek() == "]":
                self._skip_to(self._at + 1)
                return
            self._expect(",", "A comma or the end of the list is missing after a record")

    def _element(self) -> tuple[Any, int]:
        while True:
            try:
                value, end = TEXT_DECODER.raw_decode(self._text, self._at)
                return sound(value, self._text[self._at : end]), end
            except RecursionError:
                self._refuse("The record is nested too deeply", "Flatten it.")
            except ValueError as error:
                size = len(self._text) - self._at
                if self._ended or size > MAXIMUM_RECORD:
                    place = error.pos if isinstance(error, json.JSONDecodeError) else self._at
                    self._skip_to(max(place, self._at))
                    self._refuse("This is not valid JSON", _HALF_WRITTEN)
            # Doubling what is looked at keeps the work linear in the size of the record.
            self._extend(size)

    def _peek(self) -> str:
        """Return the next character that is not blank, without reading it; empty at the end."""
        while True:
            end = self._at
            while end < len(self._text) and self._text[end] in _BLANK:
                end += 1
            self._skip_to(end)
            if end < len(self._text):
                return self._text[end]
            if self._ended:
                return ""
            self._extend(_WINDOW)

    def _expect(self, mark: str, problem: str) -> None:
        if self._peek() != mark:
            self._refuse(problem, _HALF_WRITTEN)
        self._skip_to(self._at + 1)

    def _skip_to(self, end: int) -> bytes:
        passed = self._text[self._at : end].encode()
        self._line += passed.count(b"\n")
        self._offset += len(passed)
        self._at = end
        return passed

    def _extend(self, size: int) -> None:
        data = self._stream.read(max(size, _WINDOW))
        self._ended = not data
        try:
            more = self._decode.decode(data, final=self._ended)
        except UnicodeDecodeError:
            self._refuse("The file is not UTF-8", "Save it as UTF-8.")
        self._text = self._text[self._at :] + more
        self._at = 0

    def _refuse(self, problem: str, fix: str) -> NoReturn:
        _refuse(self._path, self._line, problem, fix)


def _object(value: Any, path: Path, line: int) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _refuse(path, line, "A record must be an object", 'Write {"id": …, "email": …} for each.')
    return value


def _text(data: bytes, path: Path, line: int) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse(path, line, "The line is not UTF-8", "Save the file as UTF-8.")


def _refuse(path: Path, line: int, problem: str, fix: str) -> NoReturn:
    raise InputError(problem, place=Place(file=str(path), line=line), fix=fix)
