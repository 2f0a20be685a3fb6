"""Tickets from files: JSONL, a JSON list, CSV, .eml, a folder of .eml, mbox (R1.1).

A wrong line becomes a TicketError with its place and the fix, and the next one follows. Files
are read as a stream: neither a long file nor a long line is held in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pydantic_core
import re2

from firstline.channels.csv_rows import fields_of, read_columns, read_rows
from firstline.channels.lines import Line, head, read_lines, without_mark
from firstline.channels.mail import MAX_MAIL, read_mail, split_mbox
from firstline.channels.repeats import Repeats
from firstline.channels.ticket_fields import inbound_from, shown, unknown_names
from firstline.errors import InputError, Place, TicketError
from firstline.records import Inbound

Kind = Literal["jsonl", "json", "csv", "eml", "folder", "mbox"]
Read = Inbound | TicketError

MAX_LIST = 64_000_000
"""Bytes of a JSON list, which has to be read whole."""
_COUNTED = 4_000_000
_MAX_UNKNOWN = 100
_NAMED = 10
_KINDS: dict[str, Kind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".eml": "eml",
    ".mbox": "mbox",
    ".mbx": "mbox",
}
_MAIL_HEADER = re2.compile(r"^[A-Za-z][A-Za-z0-9-]{1,60}:[ \t]*\S")


class TicketFile(Iterator[Read]):
    """The tickets of one file, in order. Read once; counts as it goes.

    The same ticket twice is one ticket: its repeat is counted, not returned. Another ticket
    under an id that was there is a TicketError.
    """

    def __init__(self, path: Path, *, authservs: tuple[str, ...] | None = None) -> None:
        """Open a file.

        Args:
            path: A file, or a folder of .eml files.
            authservs: For mail: see `read_mail`.

        Raises:
            InputError: It cannot be read, is empty, binary, or of no known kind.
        """
        self.path = path
        self.kind = _kind(path)
        self.tickets = 0
        """Tickets returned so far."""
        self.wrong = 0
        """Errors returned so far."""
        self.repeats = 0
        """Exact repeats left out so far."""
        self.unknown_fields: Counter[str] = Counter()
        """Names that mean nothing here, with how often they came; for one warning a file."""
        self._authservs = authservs
        self._items = self._distinct()

    def __next__(self) -> Read:
        """Return the next ticket, or what is wrong with it."""
        return next(self._items)

    def warnings(self) -> tuple[str, ...]:
        """Return what is worth saying once about the whole file, as read so far."""
        if not self.unknown_fields:
            return ()
        names = ", ".join(f'"{shown(name)}"' for name, _ in self.unknown_fields.most_common(_NAMED))
        more = ", ..." if len(self.unknown_fields) > _NAMED else ""
        return (f"{self.path}: fields that are not known were left out: {names}{more}",)

    def close(self) -> None:
        """Close the file before its end."""
        self._items.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def _distinct(self) -> Generator[Read]:
        with closing(Repeats()) as repeats, closing(self._read()) as items:
            for item in items:
                checked = item if isinstance(item, TicketError) else _new(item, repeats)
                if checked is None:
                    self.repeats += 1
                    continue
                self.wrong += isinstance(checked, TicketError)
                self.tickets += isinstance(checked, Inbound)
                yield checked

    def _read(self) -> Generator[Read]:
        match self.kind:
            case "jsonl":
                return self._jsonl()
            case "json":
                return self._json()
            case "csv":
                return self._csv()
            case "eml":
                return self._mails([self.path])
            case "folder":
                return self._mails(_mail_files(self.path))
            case "mbox":
                return self._mbox()

    def _jsonl(self) -> Generator[Read]:
        with self.path.open("rb") as file:
            for line in read_lines(file):
                if line.problem or line.text.strip():
                    yield self._json_line(line)

    def _json_line(self, line: Line) -> Read:
        place = self._place(line.number)
        if line.problem:
            return TicketError(line.problem, place=place, fix=line.fix)
        try:
            value = pydantic_core.from_json(line.text, allow_inf_nan=False)
        except ValueError as error:
            fix = "Write one ticket a line; a file that is one JSON list is named .json"
            return TicketError(f"the line is not JSON ({error})", place=place, fix=fix)
        return self._ticket(value, place)

    def _json(self) -> Generator[Read]:
        """Read a list, or a single ticket, or lines under another name."""
        place = self._place()
        if self.path.stat().st_size > MAX_LIST:
            problem = f"a JSON file of more than {MAX_LIST:,} bytes is not read"
            raise InputError(problem, place=place, fix="Save it as JSONL, one ticket a line")
        data = self.path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        try:
            value = pydantic_core.from_json(data, allow_inf_nan=False)
        except ValueError as error:
            if data.lstrip().startswith(b"{"):
                yield from self._jsonl()
                return
            problem = f"the file is not JSON ({error})"
            raise InputError(problem, place=place, fix="Write a list of tickets") from error
        for number, item in enumerate(value if isinstance(value, list) else [value], start=1):
            ticket = self._ticket(item, place)
            if isinstance(ticket, TicketError):
                problem = f"item {number}: {ticket.problem}"
                ticket = TicketError(problem, place=ticket.place, fix=ticket.fix)
            yield ticket

    def _csv(self) -> Generator[Read]:
        with self.path.open("rb") as file:
            lines = read_lines(file)
            header = next((line for line in lines if line.problem or line.text.strip()), None)
            if header is None or header.problem:
                problem, fix = (header.problem, header.fix) if header else ("no first row", "")
                raise InputError(problem, place=self._place(1), fix=fix)
            columns = read_columns(header.text, self._place(header.number))
            for row in read_rows(lines, columns):
                place = self._place(row.line)
                if row.problem:
                    yield TicketError(row.problem, place=place, fix=row.fix)
                    continue
                try:
                    fields = fields_of(row, columns, place)
                except TicketError as error:
                    yield error
                else:
                    yield self._ticket(fields, place)

    def _ticket(self, value: object, place: Place) -> Read:
        if not isinstance(value, dict):
            fix = 'Write {"id": ..., "text": ...}'
            return TicketError("the ticket is not a JSON object", place=place, fix=fix)
        try:
            ticket = inbound_from(value, place)
        except TicketError as error:
            return error
        self._note_unknown(value)
        return ticket

    def _note_unknown(self, fields: dict[str, Any]) -> None:
        for name in unknown_names(fields):
            if name in self.unknown_fields or len(self.unknown_fields) < _MAX_UNKNOWN:
                self.unknown_fields[name] += 1

    def _mails(self, files: list[Path]) -> Generator[Read]:
        for path in files:
            try:
                with path.open("rb") as file:
                    raw = file.read(MAX_MAIL + 1)
                yield read_mail(raw, place=Place(file=str(path)), authservs=self._authservs)
            except OSError as error:
                problem = f"the file cannot be read ({error.strerror})"
                fix = "Check its permissions"
                yield TicketError(problem, place=Place(file=str(path)), fix=fix)
            except TicketError as error:
                yield error

    def _mbox(self) -> Generator[Read]:
        with self.path.open("rb") as file:
            for number, (line, raw) in enumerate(split_mbox(file), start=1):
                try:
                    yield read_mail(raw, place=self._place(line), authservs=self._authservs)
                except TicketError as error:
                    problem = f"message {number}: {error.problem}"
                    yield TicketError(problem, place=error.place, fix=error.fix)

    def _place(self, line: int | None = None) -> Place:
        return Place(file=str(self.path), line=line)


def read_tickets(path: Path) -> TicketFile:
    """Return the tickets of a file, each an Inbound or a TicketError.

    Raises:
        InputError: The file cannot be read, is empty, binary, or of no known kind.
    """
    return TicketFile(path)


def count_tickets(path: Path) -> int:
    """Estimate how many tickets a file has, from its first four megabytes."""
    kind = _kind(path)
    if kind == "eml":
        return 1
    if kind == "folder":
        return len(_mail_files(path))
    with path.open("rb") as file:
        start = file.read(_COUNTED)
    if kind == "json" and start.lstrip().startswith(b"["):
        seen = start.count(b'"id"')
    elif kind == "mbox":
        seen = start.startswith(b"From ") + start.count(b"\nFrom ")
    else:
        seen = sum(1 for line in start.splitlines() if line.strip()) - (kind == "csv")
    return max(1, round(seen * path.stat().st_size / len(start)))


def _new(ticket: Inbound, repeats: Repeats) -> Read | None:
    """Return a ticket whose id is new, None for its repeat, an error for another under its id."""
    verdict = repeats.judge(ticket.external_id, repr(replace(ticket, source="")))
    if verdict == "different":
        file, _, line = ticket.source.rpartition(":")
        place = Place(file=ticket.source, ticket=ticket.external_id[:60])
        if file and line.isdecimal():
            place = Place(file=file, line=int(line), ticket=ticket.external_id[:60])
        problem = "another ticket of this file has the same id"
        return TicketError(problem, place=place, fix="Give every ticket an id of its own")
    return ticket if verdict == "new" else None


def _kind(path: Path) -> Kind:
    place = Place(file=str(path))
    if path.is_dir():
        if not _mail_files(path):
            fix = "Name a file, or a folder of .eml files"
            raise InputError("the folder has no .eml files", place=place, fix=fix)
        return "folder"
    start = without_mark(head(path))
    kind = _KINDS.get(path.suffix.lower()) or _kind_of(start)
    if kind is None:
        fix = "Tickets come as .jsonl, .json, .csv, .eml or .mbox"
        raise InputError("the file is of no known kind", place=place, fix=fix)
    return kind


def _kind_of(start: str) -> Kind | None:
    """Tell a kind by the first characters, for files without a telling name."""
    if start.startswith("From "):
        return "mbox"
    begin = start.lstrip()
    if begin.startswith(("{", "[")):
        return "jsonl" if begin.startswith("{") else "json"
    first, _, rest = begin.partition("\n")
    cells = {cell.strip().strip('"').lower() for cell in first.replace(";", ",").split(",")}
    if {"id", "text"} <= cells:
        return "csv"
    headers = [_MAIL_HEADER.match(line) for line in (first, rest.partition("\n")[0])]
    return "eml" if all(headers) else None


def _mail_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".eml")
