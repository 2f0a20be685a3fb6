"""Copies a company's articles into its folder."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firstline.errors import InputError, Place
from firstline.workspace.problems import listed

SUFFIXES = (".md", ".markdown", ".mdx", ".html", ".htm", ".txt", ".text", ".pdf")
"""Files that can be articles."""
TEXT_KEYS = ("text", "content", "body", "answer")
_ABOUT_THE_FOLDER = frozenset({"readme", "license", "licence", "contributing", "changelog"})
_LARGEST = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenKnowledge:
    """What became of the articles."""

    path: str
    """Where they are, relative to the workspace."""
    count: int
    notes: tuple[str, ...]


def take_knowledge(
    source: Path, folder: Path, progress: Callable[[str, int, int], None]
) -> TakenKnowledge:
    """Copy a folder of articles, or a .jsonl of them, into a workspace.

    Raises:
        InputError: there are no articles, or a line is not one; names file and line.
    """
    if source.is_dir():
        return _copy_folder(source, folder, progress)
    if source.suffix.casefold() in {".jsonl", ".ndjson"}:
        return _copy_lines(source, folder)
    there = source.exists()
    raise InputError(
        "Articles are read from a folder or a .jsonl file" if there else "There is no such file",
        place=Place(file=str(source)),
        fix="Name a folder with .md, .html, .txt or .pdf files, or a .jsonl file.",
    )


def _copy_folder(
    source: Path, folder: Path, progress: Callable[[str, int, int], None]
) -> TakenKnowledge:
    target = folder / "knowledge"
    target.mkdir()
    chosen, skipped = _choose(source)
    if not chosen:
        raise InputError(
            "The folder has no articles",
            place=Place(file=str(source)),
            fix=f"Put files ending in {', '.join(SUFFIXES)} into it.",
        )
    for done, path in enumerate(chosen):
        progress("Copying articles", done, len(chosen))
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, place)
        except OSError as error:
            raise InputError(
                f"It cannot be copied: {error.strerror or type(error).__name__}",
                place=Place(file=str(path)),
                fix="Check that this user may read it and that the disk has room.",
            ) from error
    notes = [f"Knowledge: {len(chosen)} files from {source.name}"]
    if skipped:
        kinds = [f"{count} {kind}" for kind, count in skipped.most_common()]
        notes.append(f"Not copied, because they are no articles: {listed(kinds)}")
    return TakenKnowledge(path="knowledge", count=len(chosen), notes=tuple(notes))


def _choose(source: Path) -> tuple[list[Path], Counter[str]]:
    chosen: list[Path] = []
    skipped: Counter[str] = Counter()
    root = source.resolve()
    for path in sorted(source.rglob("*")):
        if any(part.startswith(".") for part in path.relative_to(source).parts):
            continue
        if not path.is_file():
            continue
        if not path.resolve().is_relative_to(root):
            skipped["links out of the folder"] += 1
        elif path.stem.casefold() in _ABOUT_THE_FOLDER:
            skipped[path.name] += 1
        elif path.suffix.casefold() not in SUFFIXES:
            skipped[path.suffix.casefold() or "without suffix"] += 1
        elif path.stat().st_size > _LARGEST:
            skipped["larger than 50 MB"] += 1
        else:
            chosen.append(path)
    return chosen, skipped


def _copy_lines(source: Path, folder: Path) -> TakenKnowledge:
    count = 0
    try:
        with source.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    _check_line(line, Place(file=str(source), line=number))
                    count += 1
        if count:
            shutil.copyfile(source, folder / "knowledge.jsonl")
    except OSError as error:
        raise InputError(
            f"It cannot be copied: {error.strerror or type(error).__name__}",
            place=Place(file=str(source)),
            fix="Check that this user may read it and that the disk has room.",
        ) from error
    if not count:
        raise InputError(
            "The file is empty", place=Place(file=str(source)), fix="Write one article a line."
        )
    notes = (f"Knowledge: {count} documents from {source.name}",)
    return TakenKnowledge(path="knowledge.jsonl", count=count, notes=notes)


def _check_line(line: bytes, place: Place) -> None:
    fix = 'Write {"id": "…", "title": "…", "text": "…"} on each line.'
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError("The line is not valid JSON", place=place, fix=fix) from error
    if not isinstance(value, dict) or not any(
        isinstance(value.get(key), str) and value[key].strip() for key in TEXT_KEYS
    ):
        raise InputError("The line has no text", place=place, fix=fix)
