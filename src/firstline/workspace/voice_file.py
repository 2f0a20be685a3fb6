"""Reads voice.md: the courtesy lines, which are the only unproven words that may leave."""

from __future__ import annotations

from dataclasses import fields

import re2

from firstline.workspace.models import Voice
from firstline.workspace.nodes import Sheet
from firstline.workspace.problems import listed, shown, suggestion

SECTIONS = tuple(field.name for field in fields(Voice))
"""Names of the sections, which are headings such as `## Greeting`."""
_MAXIMUM = 300
_TITLES = tuple(name.capitalize() for name in SECTIONS)
_LINK = re2.compile(r"(?i)://|www\.|@|\b[a-z0-9][a-z0-9-]*\.[a-z]{2,}\b")
_DIGIT = re2.compile(r"\p{Nd}")


def read_voice(text: str, sheet: Sheet) -> Voice:
    """Return the courtesy lines; a section that is missing keeps its default line."""
    lines: dict[str, str] = {}
    section: str | None = None
    opened: dict[str, int] = {}
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if line.startswith("## "):
            section = _section(line[3:].strip(), number, sheet, opened)
        elif section is None or not line or _is_comment(line):
            continue
        elif section in lines:
            sheet.note(
                number,
                f"The section {section.capitalize()} has more than one line",
                "Keep one line; everything else belongs into the knowledge base.",
            )
        else:
            lines[section] = line
            _check(section, line, number, sheet)
    for name, number in opened.items():
        if name not in lines:
            sheet.note(
                number,
                f"The section {name.capitalize()} is empty",
                "Write one line below it, or remove the heading to use the default.",
            )
    return Voice(**lines)


def _section(title: str, number: int, sheet: Sheet, opened: dict[str, int]) -> str | None:
    name = title.casefold()
    if name not in SECTIONS:
        sheet.note(
            number,
            f"There is no section {shown(title)}",
            suggestion(title, _TITLES, f"Known sections: {listed(_TITLES)}."),
        )
        return None
    if name in opened:
        sheet.note(
            number,
            f"The section {name.capitalize()} is there twice, first at line {opened[name]}",
            "Remove one of the two.",
        )
        return None
    opened[name] = number
    return name


def _check(section: str, line: str, number: int, sheet: Sheet) -> None:
    title = section.capitalize()
    if len(line) > _MAXIMUM:
        sheet.note(
            number,
            f"The line of {title} has {len(line):,} characters, more than {_MAXIMUM}",
            "Shorten it.",
        )
        return
    if _DIGIT.search(line):
        sheet.note(
            number,
            f"The line of {title} contains a digit, which would be an unproven fact",
            "Remove the number, or write an article that says it.",
        )
    if _LINK.search(line):
        sheet.note(
            number,
            f"The line of {title} contains a link or address",
            "Remove it, or write an article that gives it; put a blank after each full stop.",
        )
    rest = line.replace("{name}", "") if section == "greeting" else line
    if "{" in rest or "}" in rest:
        sheet.note(
            number,
            f"The line of {title} has a slot it cannot fill",
            "Only the greeting may contain a slot, and only {name}.",
        )


def _is_comment(line: str) -> bool:
    return line.startswith("<!--") and line.endswith("-->")
