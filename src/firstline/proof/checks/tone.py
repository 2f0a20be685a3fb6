"""Does the reply sound as the company would, to this customer?

| code          | finds                                                     | result |
|---------------|-----------------------------------------------------------|--------|
| swearing      | swear words, spaced or with signs for letters too          | block  |
| hostile       | insults, rebuffs, threats                                  | block  |
| sarcastic     | mockery of the customer                                    | block  |
| blaming       | says the customer is at fault                              | block  |
| mild_swearing | damn, crap                                                 | warn   |
| condescending | talks down                                                 | warn   |
| robotic       | "as an AI", form letters, words about its own instructions | warn   |
| jargon        | words of the trade that neither customer nor evidence used | warn   |
| slang         | dude, lol, gonna                                           | warn   |
| casual, stiff | other than the company's tone                              | warn   |
| exclamations, capitals, emoji | more than the tone allows                  | warn   |
| spelling      | of another country than the company's locale               | warn   |
| feelings      | promises or claims feelings                                | warn   |
| cheerful      | good cheer for a customer in distress                      | warn   |
| no_empathy    | not one kind word for an upset customer                    | warn   |
| off_brand     | the side of a pair of voice.md that anybody would say      | warn   |

What insults must not leave, however true: block. Manners that a colleague may judge otherwise
go before a reviewer: warn. The company's agreed lines, what is quoted from its articles and words
in inverted commas are only looked through for swearing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from firstline.proof.sentences import plain
from firstline.proof.subject import Subject
from firstline.proof.tone.manners import CASUAL, CHEERFUL, JARGON, MANNERS, STIFF, Manner
from firstline.proof.tone.mood import mood_of
from firstline.proof.tone.reading import Reading, excused, reading_of
from firstline.proof.tone.surface import Mark, loudness, spelling
from firstline.proof.tone.tables import phrases
from firstline.records import Finding, Result

CHECK: Final = "tone"
_EDGES: Final = " .,;:!?…\"'"
_DEFAULT_LOCALE: Final = "en-US"
_KIND_WORDS: Final = phrases("kind_words")


def tone(subject: Subject) -> tuple[Finding, ...]:
    """Check the reply's manner."""
    reading = reading_of(subject)
    if not reading.text.strip():
        return ()
    found = [
        *_manners(reading, subject),
        *_marks(reading, subject),
        *_off_brand(reading, subject),
        *_towards_the_upset(reading, subject),
    ]
    return tuple(found)


def _manners(reading: Reading, subject: Subject) -> Iterator[Finding]:
    voice = subject.workspace.voice.tone
    for manner in (*MANNERS, CASUAL if voice != "friendly" else STIFF):
        yield from _first(reading, manner)
    if voice != "technical":
        yield from _jargon(reading, subject)


def _first(reading: Reading, manner: Manner) -> Iterator[Finding]:
    """Yield where a manner shows first; one is enough to hold a reply."""
    hit = manner.pattern.search(reading.whole if manner.reads == "whole" else reading.own)
    if hit is not None:
        yield _finding(reading, manner.result, manner.code, manner.detail, hit.span())


def _jargon(reading: Reading, subject: Subject) -> Iterator[Finding]:
    """Yield words of the trade that neither the customer nor the evidence or catalogue used."""
    if JARGON.pattern.search(reading.own) is None:
        return
    used = excused(subject)
    for hit in JARGON.pattern.finditer(reading.own):
        said = hit.group(0).decode("ascii", "replace").strip(_EDGES).split()
        if not all(word.strip(_EDGES) in used for word in said):
            yield _finding(reading, JARGON.result, JARGON.code, JARGON.detail, hit.span())
            return


def _marks(reading: Reading, subject: Subject) -> Iterator[Finding]:
    used = excused(subject)
    settings, voice = subject.workspace.settings, subject.workspace.voice.tone
    marks: list[Mark] = list(loudness(reading, voice, used))
    # A case of another system that says no locale must not be held to the default one.
    if not (subject.foreign and settings.locale == _DEFAULT_LOCALE):
        marks.extend(spelling(reading, settings.locale, used))
    for mark in marks:
        yield _finding(reading, "warn", mark.code, mark.detail, (mark.start, mark.end))


def _off_brand(reading: Reading, subject: Subject) -> Iterator[Finding]:
    """Yield where the reply says what the company says in other words."""
    said = f" {' '.join(_bare(reading.own.decode('latin-1')))} "
    for generic, ours in subject.workspace.voice.pairs:
        wanted = " ".join(_bare(plain(generic).lower()))
        if wanted and f" {wanted} " in said:
            detail = f"it says “{generic}” where the company says “{ours}”"
            yield Finding(check=CHECK, result="warn", detail=detail, code="off_brand")


def _bare(text: str) -> list[str]:
    return [bare for word in text.split() if (bare := word.strip(_EDGES))]


def _towards_the_upset(reading: Reading, subject: Subject) -> Iterator[Finding]:
    mood = mood_of(subject)
    if mood == "calm":
        return
    if mood == "distressed":
        yield from _first(reading, CHEERFUL)
    if _KIND_WORDS.search(reading.whole) is None:
        detail = f"not a word of sympathy for a customer who is {mood}"
        yield Finding(check=CHECK, result="warn", detail=detail, code="no_empathy")


def _finding(
    reading: Reading, result: Result, code: str, detail: str, span: tuple[int, int]
) -> Finding:
    at, (start, end) = reading.place(*span)
    return Finding(
        check=CHECK, result=result, detail=detail, sentence=at, code=code, start=start, end=end
    )
