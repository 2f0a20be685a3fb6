"""Reading a file line by line when anybody may have written it: bounded, decoded, located."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from firstline.errors import InputError, Place

MAX_LINE = 1_000_000
"""Bytes of one line; a longer one is skipped without being held in memory."""
_SNIFFED = 8192
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAVE_AS = "Save the file as UTF-8"


class Line(NamedTuple):
    """One line of a file, or why it cannot be read."""

    number: int
    """1-based."""
    text: str
    """With its line end; what could be read when there is a problem."""
    problem: str = ""
    fix: str = ""


def head(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        InputError: It is missing, unreadable, empty, or binary.
    """
    place = Place(file=str(path))
    try:
        with path.open("rb") as file:
            start = file.read(_SNIFFED)
    except FileNotFoundError as error:
        raise InputError("there is no such file", place=place, fix="Check the path") from error
    except OSError as error:
        problem = f"the file cannot be read ({error.strerror})"
        raise InputError(problem, place=place, fix="Check its permissions") from error
    if not start.strip():
        raise InputError("the file is empty", place=place, fix="Export the tickets again")
    if _encoding(start) == "utf-8" and b"\0" in start:
        problem = f"the file is binary (a NUL byte at offset {start.index(0)})"
        fix = "Export the tickets as JSONL, CSV, .eml or mbox"
        raise InputError(problem, place=place, fix=fix)
    return start


def _encoding(start: bytes) -> str:
    return next((name for mark, name in _BYTE_ORDER_MARKS if start.startswith(mark)), "utf-8")


def without_mark(start: bytes) -> str:
    """Return the first bytes of a file as text, as far as they can be read."""
    return start.decode(_encoding(start), "replace").removeprefix("\ufeff")


def read_lines(file: BinaryIO) -> Iterator[Line]:
    """Read lines, each at most `MAX_LINE` bytes, in UTF-8 or what the byte order mark says.

    A line that is too long or not text comes with its problem; the next one follows.
    """
    encoding = _encoding(file.peek(4)[:4] if isinstance(file, io.BufferedReader) else b"")
    if encoding == "utf-8":
        return _utf8(file)
    return _wide(file, encoding)


def _utf8(file: BinaryIO) -> Iterator[Line]:
    offset = 0
    number = 0
    while raw := file.readline(MAX_LINE):
        number += 1
        start = offset
        offset += len(raw)
        if len(raw) == MAX_LINE and not raw.endswith(b"\n"):
            offset += _skip(file)
            yield _too_long(number)
            continue
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            yield Line(number, raw.decode())
        except UnicodeDecodeError as error:
            problem = f"byte 0x{raw[error.start]:02X} at offset {start + error.start} is not UTF-8"
            yield Line(number, raw.decode(errors="replace"), problem, _SAVE_AS)


def _skip(file: BinaryIO) -> int:
    """Read to the end of a line without keeping it; return how many bytes that was."""
    skipped = 0
    while rest := file.readline(MAX_LINE):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _too_long(number: int) -> Line:
    problem = f"the line is longer than {MAX_LINE:,} bytes"
    return Line(number, "", problem, "Split the ticket, or leave out what was attached to it")


def _wide(file: BinaryIO, encoding: str) -> Iterator[Line]:
    """Read UTF-16 or UTF-32; after an error nothing more can be read."""
    text = io.TextIOWrapper(file, encoding=encoding, newline="\n")
    number = 0
    try:
        while line := text.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE and not line.endswith("\n"):
                while (rest := text.readline(MAX_LINE)) and not rest.endswith("\n"):
                    pass
                yield _too_long(number)
            else:
                yield Line(number, line)
    except UnicodeDecodeError:
        yield Line(number + 1, "", f"the file is not {encoding.upper()} from here on", _SAVE_AS)
    finally:
        if not file.closed:  # a reader that stops early may drop this after it closed the file
            text.detach()
