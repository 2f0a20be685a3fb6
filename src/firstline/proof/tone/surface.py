"""How a reply is written rather than what it says: exclamation marks, capitals, emoji, spelling."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import re2

from firstline.proof.tone.reading import Reading
from firstline.workspace.models import Tone

MARKS: Final = {"formal": 0, "technical": 1, "friendly": 3}
"""Exclamation marks a reply may have, by the company's tone."""
EMOJI: Final = {"formal": 0, "technical": 0, "friendly": 2}
LOUD_WORDS: Final = 3
"""Words in capitals in a row that nobody else wrote so are shouting."""

_STORM = re2.compile(r"!{2,}|[!?]*(?:!\?|\?!)[!?]*|\?{2,}")
_MARK = re2.compile(r"!")
_LOUD_RUN = re2.compile(r"\b\p{Lu}[\p{Lu}']+(?:[ ,.!]+\p{Lu}[\p{Lu}']*){2,}")
_LOUD_WORD = re2.compile(
    r"\b(?:NOT|NEVER|ALWAYS|MUST|NOW|STOP|PLEASE|YOU|YOUR|DO|DON'T|CANNOT|NO|VERY|ALREADY|READ"
    r"|WRONG|ONLY|ALL|IMMEDIATELY|AGAIN|BEFORE|FIRST|CAREFULLY|CLEARLY|ANY|WILL|REALLY)\b"
)
_WORD = re2.compile(r"\p{L}[\p{L}']+")
_EMOJI = re2.compile(
    r"[\x{1F300}-\x{1FAFF}\x{2600}-\x{26FF}\x{2728}\x{2763}\x{2764}\x{1F1E6}-\x{1F1FF}\x{2B50}]"
    r"|(?:^|\s)(?:[:;=]-?[)(DPp3]|<3|[xX]D|:'\()(?:\s|$|[.,!])"
)
_LETTERS = re2.compile(r"\b[a-z]{4,20}\b")


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is wrong at a place."""

    code: str
    detail: str
    start: int
    end: int


def loudness(reading: Reading, tone: Tone, used: Collection[str]) -> Iterator[Mark]:
    """Yield storms of marks, shouted words and emoji, at most one of a kind.

    Args:
        reading: The reply.
        tone: The company's.
        used: Words the customer or the evidence wrote, lower case; shouting them is quoting.
    """
    text = reading.text
    storm = next((hit for hit in _STORM.finditer(text) if _is_own(reading, hit)), None)
    if storm is not None:
        yield Mark("exclamations", "it piles up exclamation marks", *storm.span())
    else:
        marks = [hit for hit in _MARK.finditer(text) if _is_own(reading, hit)]
        if len(marks) > MARKS[tone]:
            detail = f"{len(marks)} exclamation marks, {tone} allows {MARKS[tone]}"
            yield Mark("exclamations", detail, *marks[-1].span())
    yield from _shouting(reading, used)
    faces = [hit for hit in _EMOJI.finditer(text) if _is_own(reading, hit)]
    if len(faces) > EMOJI[tone]:
        yield Mark("emoji", f"{len(faces)} emoji, {tone} allows {EMOJI[tone]}", *faces[0].span())


def _shouting(reading: Reading, used: Collection[str]) -> Iterator[Mark]:
    for hit in _LOUD_RUN.finditer(reading.text):
        said = [word for word in _WORD.findall(hit.group(0)) if word.lower() not in used]
        if len(said) >= LOUD_WORDS and _is_own(reading, hit):
            yield Mark("capitals", "it shouts in capitals", *hit.span())
            return
    loud = [hit for hit in _LOUD_WORD.finditer(reading.text) if _is_own(reading, hit)]
    if len(loud) >= LOUD_WORDS:
        yield Mark("capitals", "it shouts words in capitals", *loud[0].span())


def _is_own(reading: Reading, hit: re2._Match[str]) -> bool:
    """Whether a place is among the writer's own words: it was not blanked out there."""
    start, end = hit.span()
    return bool(reading.own[start:end].strip())


_OUR: Final = (
    "behavior color favor favorite flavor harbor honor labor neighbor rumor vapor endeavor humor"
)
_RE: Final = "center liter fiber theater caliber"
_IZE: Final = (
    "apolog author categor custom emphas final general initial local maxim memor minim moderni"
    " modern normal optim organ personal prior real recogn special standard summar synchron util"
    " visual central stabil autom_at_ finali anonym"
)
_SINGLE: Final = {
    "canceled": "cancelled",
    "canceling": "cancelling",
    "traveled": "travelled",
    "traveling": "travelling",
    "labeled": "labelled",
    "labeling": "labelling",
    "modeling": "modelling",
    "fulfill": "fulfil",
    "fulfillment": "fulfilment",
    "enrollment": "enrolment",
    "analyze": "analyse",
    "analyzed": "analysed",
    "analyzing": "analysing",
    "gray": "grey",
    "catalog": "catalogue",
    "defense": "defence",
    "offense": "offence",
    "skillful": "skilful",
    "installment": "instalment",
    "installments": "instalments",
}


def _americanisms() -> tuple[dict[str, str], dict[str, str]]:
    """Return American spellings with the British ones: those everywhere, and those in -ize."""
    plain = dict(_SINGLE)
    for word in _OUR.split():
        british = word[::-1].replace("ro", "ruo", 1)[::-1] if word != "favorite" else "favourite"
        for ending in ("", "s", "ed", "ing", "ful", "able", "al"):
            plain[word + ending] = british + ending
    for word in _RE.split():
        british = f"{word[:-2]}re"
        plain |= {word: british, f"{word}s": f"{british}s", f"{word}ed": f"{british}d"}
    ize: dict[str, str] = {}
    for stem in _IZE.split():
        for ending in ("e", "es", "ed", "er", "ing", "ation", "ations"):
            ize[f"{stem}iz{ending}"] = f"{stem}is{ending}"
    return plain, ize


_PLAIN, _IN_IZE = _americanisms()
_TO_BRITISH: Final = _PLAIN | _IN_IZE
_TO_AMERICAN: Final = {british: american for american, british in _TO_BRITISH.items()}
_BRITISH_LOCALES: Final = frozenset({"en-AU", "en-GB", "en-NZ", "en-IE"})


def spelling(reading: Reading, locale: str, used: Collection[str]) -> Iterator[Mark]:
    """Yield the first word the company's locale spells otherwise; words others used are quotes."""
    if locale in _BRITISH_LOCALES:
        foreign, name = _TO_BRITISH, "American"
    elif locale == "en-CA":
        foreign, name = _PLAIN, "American"
    elif locale == "en-US":
        foreign, name = _TO_AMERICAN, "British"
    else:
        return
    text = reading.own.decode("latin-1")
    for hit in _LETTERS.finditer(text):
        word = hit.group(0)
        if word not in foreign or word in used or reading.text[hit.start()].isupper():
            continue
        detail = f"{name} spelling, {locale} writes “{foreign[word]}”"
        yield Mark("spelling", detail, *hit.span())
        return
