"""Labels in files: JSONL or CSV in, JSONL out.

A file with a mistake in it is refused whole, with every mistake by its line. The same label twice
counts once; two labels of one ticket that differ are both kept, because which is right only a
person can say, and no certificate is given before somebody has.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from firstline.errors import InputError, Place
from firstline.records import TicketId
from firstline.store.answered import find_tickets
from firstline.store.labels import LabelLedger, NewLabel, StoredLabel

WORDS: dict[str, bool | None] = {
    "right": False,
    "correct": False,
    "good": False,
    "wrong": True,
    "incorrect": True,
    "bad": True,
    "unclear": None,
    "unsure": None,
}
"""What a label may be called, and whether the reply was wrong."""
MOST_LINES = 200_000
LONGEST = 2_000
"""Characters of a reason or a name."""
_SHAPE = '{"ticket": "an id", "label": "right, wrong or unclear"}'
_UNKNOWN = object()


class LabelFileError(InputError):
    """Everything that is wrong with a file of labels."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in errors))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLabel:
    """One line of a file."""

    line: int
    ticket: TicketId
    named: str
    """The ticket as the file names it."""
    wrong: bool | None
    by: str
    reason: str
    inclusion: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFile:
    """A file of labels, read and compared with itself."""

    labels: tuple[NewLabel, ...]
    duplicates: tuple[tuple[int, int], ...]
    """Lines that say the same as an earlier line, and that line."""
    contradictions: tuple[tuple[int, int], ...]
    """Lines that say the opposite of an earlier line, and that line."""
    without_inclusion: int
    several: int
    """Ids that several runs know; the newest run's ticket is meant."""


def read_labels(path: Path, engine: sa.Engine, *, by: str) -> LabelFile:
    """Return the labels of a file.

    Args:
        path: A `.csv` with a header, or JSONL.
        engine: The database with the tickets.
        by: Who labelled, where a line does not say.

    Raises:
        LabelFileError: Lines are wrong; all of them are named.
        InputError: The file cannot be read, or there is no label in it.
    """
    errors: list[InputError] = []
    found: list[FileLabel] = []
    known: dict[str, tuple[TicketId, ...]] = {}
    for number, fields in _rows(path):
        place = Place(file=str(path), line=number)
        try:
            found.append(_label(fields, number, place, engine, known, by))
        except InputError as error:
            errors.append(error)
    if errors:
        raise LabelFileError(errors)
    if not found:
        raise InputError(
            "there are no labels in it", place=Place(file=str(path)), fix=f"Write {_SHAPE} a line"
        )
    kept, duplicates, contradictions = _compared(found)
    return LabelFile(
        labels=tuple(kept),
        duplicates=tuple(duplicates),
        contradictions=tuple(contradictions),
        without_inclusion=sum(one.inclusion is None for one in found),
        several=sum(len(ids) > 1 for ids in known.values()),
    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the labels cannot be read ({type(error).__name__})",
            place=Place(file=str(path)),
            fix="Name a UTF-8 file, JSONL or CSV",
        ) from error
    if text.count("\n") > MOST_LINES:
        raise InputError(
            f"there are more than {MOST_LINES:,} lines",
            place=Place(file=str(path)),
            fix="Cut the file into several",
        )
    if path.suffix.casefold() == ".csv":
        yield from _csv_rows(text, path)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _object(line)


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            yield (
                reader.line_num,
                {str(name).strip().casefold(): value for name, value in row.items() if value},
            )
    except csv.Error as error:
        raise InputError(
            f"this is no CSV ({error})",
            place=Place(file=str(path), line=reader.line_num),
            fix="Write a header `ticket,label,by,reason` and one label a line",
        ) from error


def _object(line: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _label(
    fields: dict[str, Any] | None,
    number: int,
    place: Place,
    engine: sa.Engine,
    known: dict[str, tuple[TicketId, ...]],
    by: str,
) -> FileLabel:
    if fields is None:
        raise InputError("this is no JSON object", place=place, fix=f"Write {_SHAPE}")
    named = fields.get("ticket", fields.get("id"))
    if isinstance(named, int) and not isinstance(named, bool):
        named = str(named)
    if not isinstance(named, str) or not named.strip():
        raise InputError("the label names no ticket", place=place, fix=f"Write {_SHAPE}")
    wrong = WORDS.get(str(fields.get("label", "")).strip().casefold(), _UNKNOWN)
    if wrong is _UNKNOWN:
        raise InputError(
            "the label is none of right, wrong and unclear", place=place, fix=f"Write {_SHAPE}"
        )
    name = named.strip()
    if name not in known:
        known[name] = find_tickets(engine, name)
    if not known[name]:
        raise InputError(
            "there is no such ticket here",
            place=Place(file=place.file, line=place.line, ticket=name[:80]),
            fix="Write the id the ticket had when it was run, or Firstline's own",
        )
    return FileLabel(
        line=number,
        ticket=known[name][0],
        named=name,
        wrong=None if wrong is None else bool(wrong),
        by=_text(fields, "by", place) or by,
        reason=_text(fields, "reason", place),
        inclusion=_inclusion(fields, place),
    )


def _text(fields: dict[str, Any], key: str, place: Place) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise InputError(
            f"`{key}` is no text of at most {LONGEST:,} characters", place=place, fix="Shorten it"
        )
    return value.strip()


def _inclusion(fields: dict[str, Any], place: Place) -> float | None:
    value = fields.get("inclusion")
    if value is None:
        return None
    try:
        share = float(value) if isinstance(value, str | int | float) else 0.0
    except ValueError:
        share = 0.0
    if isinstance(value, bool) or not 0 < share <= 1:
        raise InputError(
            "`inclusion` is no probability above 0 and up to 1",
            place=place,
            fix="Write how likely the ticket was to be drawn, such as 0.1; leave it out where "
            "every ticket was labelled",
        )
    return share


def _compared(
    found: Sequence[FileLabel],
) -> tuple[list[NewLabel], list[tuple[int, int]], list[tuple[int, int]]]:
    kept: list[NewLabel] = []
    first: dict[tuple[str, str], FileLabel] = {}
    seen: dict[str, FileLabel] = {}
    duplicates, contradictions = [], []
    for one in found:
        other = seen.setdefault(one.ticket, one)
        if None not in (one.wrong, other.wrong) and one.wrong != other.wrong:
            contradictions.append((one.line, other.line))
        mine = first.setdefault((one.ticket, one.by), one)
        if mine is not one and mine.wrong == one.wrong:
            duplicates.append((one.line, mine.line))
            continue
        # Who says both is kept as two: the later line is no second thought, it is in doubt.
        name = one.by if mine is one else f"{one.by} (line {one.line})"
        kept.append(
            NewLabel(
                ticket=one.ticket,
                kind="import",
                wrong=one.wrong,
                by=name,
                reason=one.reason,
                inclusion=one.inclusion,
                blind=True,
            )
        )
    return kept, duplicates, contradictions


def word(wrong: bool | None) -> str:
    """Return what a label is called."""
    return "unclear" if wrong is None else "wrong" if wrong else "right"


def exported(ledger: LabelLedger, names: Mapping[TicketId, str]) -> Iterator[dict[str, Any]]:
    """Yield every label as a line of JSONL; those of planted drafts are nobody's business.

    Args:
        ledger: The labels.
        names: The senders' own ids of the tickets.
    """
    for one in ledger.all():
        if one.kind != "planted":
            yield _line(one, names.get(one.ticket, one.ticket))


def _line(one: StoredLabel, name: str) -> dict[str, Any]:
    return {
        "ticket": one.ticket,
        "id": name,
        "label": word(one.wrong),
        "kind": one.kind,
        "by": one.by,
        "reason": one.reason,
        "at": one.at.isoformat(),
        "inclusion": one.inclusion,
        "blind": one.blind,
        "settles": one.settles,
        "distance": one.distance,
    }
