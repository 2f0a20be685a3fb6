"""Turns labelled messages into intents.yaml, with safe settings for every intent."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from firstline.errors import InputError, Place
from firstline.records import OUT_OF_SCOPE
from firstline.workspace.adopt.tables import Table, folded, read_rows, words_of
from firstline.workspace.nodes import MAXIMUM_LINE
from firstline.workspace.problems import listed

_TEXT_COLUMNS = ("text", "utterance", "message", "query", "question", "sentence", "example", "body")
_LABEL_COLUMNS = ("label", "intent", "category", "class", "tag", "topic")
_OUT_OF_SCOPE_LABELS = frozenset({"oos", "outofscope", "outofdomain", "ood"})
_HIGH_RISK = (
    "refund cancel fraud stolen legal complain dispute chargeback terminat identit compromis "
    "unauthori hack lawsuit breach"
).split()
_FEW = 5
_MOST_INLINE = 1_000
"""Examples that still read well inside intents.yaml; more go into a file for each intent."""
_MAXIMUM_LABEL = 100
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn"})
_HEAD = """\
# Made from {source}: {count} examples of {intents} intents.
# Every intent starts under review, and the knowledge base is quoted for it. Raise `autonomy`
# intent by intent once you have seen drafts. `firstline init` in an empty folder makes a
# commented example that explains every key.

intents:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIntents:
    """What became of the labelled messages."""

    count: int
    notes: tuple[str, ...]


def take_intents(source: Path, folder: Path) -> TakenIntents:
    """Write intents.yaml, and an examples folder where there are many, into `folder`.

    Raises:
        InputError: the file has no messages with labels; names file and line.
    """
    table = read_rows(source)
    text, label = _columns(source, table)
    examples, notes = _grouped(table, text, label)
    if not examples:
        raise InputError(
            f"No row has both a {text} and a {label}",
            place=Place(file=str(source)),
            fix='Write {"text": "…", "label": "…"} on each line.',
        )
    total = sum(map(len, examples.values()))
    head = _HEAD.format(source=_printable(source.name), count=total, intents=len(examples))
    inline = total <= _MOST_INLINE
    files = {} if inline else _write_examples(examples, folder)
    entries = [_entry(name, texts, files.get(name)) for name, texts in sorted(examples.items())]
    (folder / "intents.yaml").write_text(head + "\n".join(entries), encoding="utf-8")
    first = f"Intents: {len(examples)} from column {label}, {total} examples from column {text}"
    return TakenIntents(count=len(examples), notes=(first, *notes, *_guesses(examples)))


def is_high_risk(name: str) -> bool:
    """Tell whether a label speaks of something that costs money, rights or safety."""
    return any(word.startswith(root) for word in words_of(name) for root in _HIGH_RISK)


def _columns(source: Path, table: Table) -> tuple[str, str]:
    by_name = {folded(name): name for name in reversed(table.columns())}
    text = next((by_name[name] for name in _TEXT_COLUMNS if name in by_name), None)
    label = next((by_name[name] for name in _LABEL_COLUMNS if name in by_name), None)
    if text is None or label is None:
        raise InputError(
            f"There is no column for the {'message' if text is None else 'label'}; "
            f"the columns are {listed(table.columns()) or 'none'}",
            place=Place(file=str(source), line=1),
            fix="Name the columns text and label.",
        )
    return text, label


def _grouped(table: Table, text: str, label: str) -> tuple[dict[str, list[str]], list[str]]:
    examples: dict[str, dict[str, None]] = {}
    skipped: list[int] = []
    for position, row in enumerate(table.rows):
        message, name = _printable(row.get(text)), _printable(row.get(label))
        if not message or not name or len(message) > MAXIMUM_LINE or len(name) > _MAXIMUM_LABEL:
            skipped.append(table.lines[position] if table.lines else position + 1)
            continue
        if folded(name) in _OUT_OF_SCOPE_LABELS:
            name = OUT_OF_SCOPE
        examples.setdefault(name, {})[message] = None
    notes = []
    if skipped:
        where = "line" if table.lines else "row"
        notes.append(
            f"{len(skipped)} rows without a usable text or label were left out "
            f"(first at {where} {skipped[0]})"
        )
    merged = _without_lookalikes(examples, notes)
    return {name: list(texts) for name, texts in merged.items()}, notes


def _without_lookalikes(
    examples: Mapping[str, dict[str, None]], notes: list[str]
) -> dict[str, dict[str, None]]:
    merged: dict[str, dict[str, None]] = {}
    spelling: dict[str, str] = {}
    for name, texts in examples.items():
        first = spelling.setdefault(name.casefold(), name)
        if first != name:
            notes.append(f"{name} was merged into {first}: they differ by capitals only")
        merged.setdefault(first, {}).update(texts)
    return merged


def _guesses(examples: Mapping[str, list[str]]) -> list[str]:
    notes = []
    high = sorted(name for name in examples if is_high_risk(name))
    if high:
        notes.append(f"Guessed from their names as high risk: {listed(high)}")
    few = sorted(name for name, texts in examples.items() if len(texts) < _FEW)
    if few:
        notes.append(f"Fewer than {_FEW} examples: {listed(few)}")
    if OUT_OF_SCOPE in examples:
        notes.append(f"{OUT_OF_SCOPE} is kept as what is out of scope; it goes to a person")
    else:
        notes.append(
            f"There are no out-of-scope examples; an intent named {OUT_OF_SCOPE} would help"
        )
    notes.append("All intents are under review, with handler quote")
    return notes


def _write_examples(examples: Mapping[str, list[str]], folder: Path) -> dict[str, str]:
    (folder / "examples").mkdir()
    files: dict[str, str] = {}
    taken: set[str] = set()
    for name, texts in examples.items():
        stem = _slug(name)
        while stem in taken:
            stem += "_"
        taken.add(stem)
        files[name] = f"examples/{stem}.txt"
        content = "".join(f"{text}\n" for text in texts)
        (folder / files[name]).write_text(content, encoding="utf-8")
    return files


def _slug(name: str) -> str:
    plain = "".join(
        char if char.isascii() and (char.isalnum() or char in "-_") else "_"
        for char in name.casefold()
    )
    return plain.strip("_") or "intent"


def _entry(name: str, texts: list[str], file: str | None) -> str:
    outside = name == OUT_OF_SCOPE
    lines = [
        f"  {json.dumps(name, ensure_ascii=False) if not _is_plain(name) else name}:",
        f"    risk: {'high' if is_high_risk(name) else 'medium'}",
        f"    handler: {'person' if outside else 'quote'}",
        "    autonomy: review",
    ]
    if file is not None:
        lines.append(f"    examples_file: {file}")
    else:
        lines.append("    examples:")
        lines += [f"      - {json.dumps(text, ensure_ascii=False)}" for text in texts]
    return "\n".join(lines) + "\n"


def _is_plain(name: str) -> bool:
    return (
        name[:1].isalpha()
        and all(char.isascii() and (char.isalnum() or char == "_") for char in name)
        and name.casefold() not in {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
    )


def _printable(value: object) -> str:
    """Return a value as one line that YAML can hold; empty for anything but text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    flat = " ".join(str(value).split())
    return "".join(
        char for char in flat if unicodedata.category(char) not in _UNPRINTABLE and char != "\ufeff"
    ).strip()
