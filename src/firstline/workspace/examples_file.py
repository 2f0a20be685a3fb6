"""Reads the examples of an intent from a file of their own, for companies with thousands."""

from __future__ import annotations

from collections.abc import Iterator

from firstline.records import Intent
from firstline.workspace.nodes import MAXIMUM_LINE, Sheet
from firstline.workspace.sound_json import parse
from firstline.workspace.text_files import decode

EXAMPLES_BYTES = 20_000_000


def examples_in(data: bytes, sheet: Sheet, intent: Intent) -> Iterator[str]:
    """Yield the examples of one intent, noting every line that is not one.

    A `.txt` file has one example a line. A `.jsonl` file has `{"text": …, "label"?: …}` a
    line; rows with the label of another intent are passed over, so one file can serve all.
    """
    text = decode(data, sheet.file, sheet.problems)
    if text is None:
        return
    as_json = sheet.file.suffix.casefold() in {".jsonl", ".ndjson"}
    for number, line in enumerate(text.split("\n"), start=1):
        written = line.strip()
        if not written:
            continue
        example = _from_json(written, number, sheet, intent) if as_json else written
        if example is None:
            continue
        if len(example) > MAXIMUM_LINE:
            sheet.note(
                number,
                f"The example has {len(example):,} characters, more than {MAXIMUM_LINE:,}",
                "Shorten it to what the customer asks.",
            )
            continue
        yield example


def _from_json(line: str, number: int, sheet: Sheet, intent: Intent) -> str | None:
    fix = 'Write {"text": "…", "label": "…"} on each line.'
    try:
        row = parse(line)
    except (ValueError, RecursionError):
        sheet.note(number, "The line is not valid JSON", fix)
        return None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        sheet.note(number, "The line has no `text`", fix)
        return None
    if row.get("label", intent) != intent:
        return None
    text = " ".join(row["text"].split())
    if not text:
        sheet.note(number, "The `text` is empty", fix)
        return None
    return text
