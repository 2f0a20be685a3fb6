"""Reads voice.md: the courtesy lines, which are the only unproven words that may leave.

Two more sections say how a model is to word what it may word itself: its tone, and pairs of
how anybody would say something and how this company says it.
"""

from __future__ import annotations

from typing import get_args

import re2

from firstline.workspace.models import Tone, Voice
from firstline.workspace.nodes import Sheet
from firstline.workspace.problems import listed, shown, suggestion

LINES = ("greeting", "opening", "closing", "handoff", "unsure")
"""Sections of one courtesy line each."""
SECTIONS = (*LINES, "tone", "pairs")
"""Names of the sections, which are headings such as `## Greeting`."""
TONES: tuple[Tone, ...] = get_args(Tone)
ARROW = "->"
"""What parts the two sides of a pair."""
MOST_PAIRS = 5
_MAXIMUM = 300
_MAXIMUM_SIDE = 120
_TITLES = tuple(name.capitalize() for name in SECTIONS)
_LINK = re2.compile(r"(?i)://|www\.|@|\b[a-z0-9][a-z0-9-]*\.[a-z]{2,}\b")
_DIGIT = re2.compile(r"\p{Nd}")
_BULLETS = ("- ", "* ")
_DEFAULT = Voice()


def read_voice(text: str, sheet: Sheet) -> Voice:
    """Return the voice; a section that is missing keeps its default."""
    opened: dict[str, int] = {}
    found: dict[str, list[tuple[int, str]]] = {}
    section: str | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if line.startswith("## "):
            section = _section(line[3:].strip(), number, sheet, opened)
        elif section is not None and line and not _is_comment(line):
            found.setdefault(section, []).append((number, line))
    for name, number in opened.items():
        if name not in found:
            sheet.note(
                number,
                f"The section {name.capitalize()} is empty",
                "Write one line below it, or remove the heading to use the default.",
            )
    lines = {name: _line(name, found[name], sheet) for name in LINES if name in found}
    return Voice(
        **lines,
        tone=_tone(found["tone"], sheet) if "tone" in found else _DEFAULT.tone,
        pairs=_pairs(found.get("pairs", []), sheet),
    )


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


def _line(section: str, found: list[tuple[int, str]], sheet: Sheet) -> str:
    number, line = found[0]
    _check(section, line, number, sheet)
    for extra, _ in found[1:]:
        sheet.note(
            extra,
            f"The section {section.capitalize()} has more than one line",
            "Keep one line; everything else belongs into the knowledge base.",
        )
    return line


def _tone(found: list[tuple[int, str]], sheet: Sheet) -> Tone:
    number, line = found[0]
    word = line.rstrip(".").casefold()
    for extra, _ in found[1:]:
        sheet.note(extra, "The section Tone has more than one line", "Keep one word.")
    for tone in TONES:
        if word == tone:
            return tone
    sheet.note(
        number,
        f"The tone {shown(line)} is not one of {listed(TONES)}",
        suggestion(word, TONES, f"Write one of {listed(TONES)}."),
    )
    return _DEFAULT.tone


def _pairs(found: list[tuple[int, str]], sheet: Sheet) -> tuple[tuple[str, str], ...]:
    pairs: dict[str, tuple[str, str]] = {}
    for at, (number, raw) in enumerate(found):
        line = raw[2:] if raw.startswith(_BULLETS) else raw
        generic, arrow, ours = (part.strip() for part in line.partition(ARROW))
        if not (generic and arrow and ours) or ARROW in ours:
            sheet.note(
                number,
                f"The line {shown(raw)} of Pairs is no pair",
                f"Write `how anybody says it {ARROW} how we say it`.",
            )
        elif max(len(generic), len(ours)) > _MAXIMUM_SIDE:
            sheet.note(
                number,
                f"A side of the pair has more than {_MAXIMUM_SIDE} characters",
                "Shorten it: every ticket that a model answers pays for it.",
            )
        elif generic.casefold() in pairs:
            sheet.note(number, f"The pair for {shown(generic)} is there twice", "Keep one of them.")
        elif at >= MOST_PAIRS:
            sheet.note(number, f"There are more than {MOST_PAIRS} pairs", "Keep the best ones.")
        else:
            pairs[generic.casefold()] = (generic, ours)
    return tuple(pairs.values())


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
