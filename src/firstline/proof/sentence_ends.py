"""Where sentences end, for cutting documents without cutting a sentence.

Errs towards too few ends: two sentences kept together do no harm to a passage.
"""

from __future__ import annotations

from typing import Final

import re2

ABBREVIATIONS: Final = frozenset(
    "e.g i.e eg ie etc vs cf al mr mrs ms dr prof st sr jr inc ltd co corp dept approx est no nr "
    "fig sec art vol ed pp p a.m p.m am pm u.s u.k u.s.a jan feb mar apr jun jul aug sep sept oct "
    "nov dec mon tue wed thu fri sat sun z.b d.h ca bzw usw bspw".split()
)
"""Words whose full stop rarely ends a sentence, lower case, without it."""

_END = re2.compile(r"[.!?…]+[\"'”’»)\]]*[ \t]+|[。！？]+[」』）]*[ \t]*")
_WORD_BEFORE = re2.compile(r"([\pL\pN.]+)$")
_STARTS_LOWER = re2.compile(r"^[\"'“‘«(\[]*\p{Ll}")


def sentences(line: str) -> list[str]:
    """Return the sentences of one line of prose, stripped, none empty."""
    parts: list[str] = []
    start = 0
    for match in _END.finditer(line):
        if _ends_sentence(line, match.start(), match.end()):
            parts.append(line[start : match.end()].strip())
            start = match.end()
    parts.append(line[start:].strip())
    return [part for part in parts if part]


def _ends_sentence(line: str, mark: int, following: int) -> bool:
    if line[mark] != ".":
        return not _STARTS_LOWER.match(line[following : following + 8])
    if _STARTS_LOWER.match(line[following : following + 8]):
        return False
    word = _WORD_BEFORE.search(line[max(0, mark - 24) : mark])
    if word is None:
        return True
    before = word.group(1).lower()
    # A number at the start of the line is a list marker ("1. Open ..."), not a sentence.
    is_marker = before.isdigit() and not line[: mark - len(before)].strip()
    # "They aren't." ends: its last letter stands behind an apostrophe and is no initial.
    apostrophe = line[max(0, mark - len(before) - 1) : mark - len(before)] in ("'", "\u2019")
    is_initial = len(before) == 1 and before.isalpha() and before != "i" and not apostrophe
    return not (before in ABBREVIATIONS or is_marker or is_initial)
