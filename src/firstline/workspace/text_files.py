"""Reads the text files of a workspace: small, UTF-8, complete, or a problem is noted."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path

from firstline.workspace.problems import Problems

MAXIMUM_BYTES = 2_000_000
"""A configuration file larger than this was not written by a person."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def exists(path: Path, problems: Problems) -> bool:
    """Tell whether something is there, noting a folder that may not be looked into."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        _unreadable(path, error, problems)
        return False
    return True


def read_bytes(path: Path, problems: Problems, *, maximum: int = MAXIMUM_BYTES) -> bytes | None:
    """Return a regular file's bytes, or None after noting why it cannot be used."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            problems.add(path, None, "This is not a file", "Replace it with a text file.")
            return None
        if status.st_size > maximum:
            problems.add(
                path,
                None,
                f"The file has {status.st_size:,} bytes, more than the {maximum:,} allowed",
                "Split it, or move examples into files named by `examples_file`.",
            )
            return None
        return path.read_bytes()
    except OSError as error:
        _unreadable(path, error, problems)
        return None


def read_text(path: Path, problems: Problems, *, maximum: int = MAXIMUM_BYTES) -> str | None:
    """Return a file's text, or None after noting why it cannot be used."""
    data = read_bytes(path, problems, maximum=maximum)
    return None if data is None else decode(data, path, problems)


def decode(data: bytes, path: Path, problems: Problems) -> str | None:
    """Return UTF-8 text without its byte order mark, or None after noting the problem."""
    if data.startswith(_UTF16):
        problems.add(path, 1, "The file is UTF-16, not UTF-8", "Save it as UTF-8.")
        return None
    nul = data.find(b"\0")
    if nul >= 0:
        problems.add(
            path,
            line_at(data, nul),
            "The file contains NUL bytes, as a half-written file does",
            "Restore it from version control or write it again.",
        )
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(
            path,
            line_at(data, error.start),
            f"The byte 0x{data[error.start]:02X} is not UTF-8",
            "Save the file as UTF-8; if it was cut short, restore it.",
        )
        return None
    if not text.strip():
        problems.add(
            path,
            None,
            "The file is empty",
            "It may be half-written: restore it from version control, or copy it "
            "from a folder made by `firstline init`.",
        )
        return None
    return text


def line_at(data: bytes, offset: int) -> int:
    """Return the 1-based line of a byte offset."""
    return data.count(b"\n", 0, offset) + 1


def reason_of(error: Exception) -> str:
    """Return what the operating system said, without the path it repeats."""
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _unreadable(path: Path, error: Exception, problems: Problems) -> None:
    problems.add(
        path,
        None,
        f"It cannot be read: {reason_of(error)}",
        "Check that the path is right and that this user may read it.",
    )
