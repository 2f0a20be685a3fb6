"""A reply in the form the phrase tables read: one folded byte a character, offsets kept.

The company's agreed lines and what is quoted from its articles were approved by people; only the
rest are the writer's own words. `whole` has all of them, `own` has the others blanked out.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import re2

from firstline.proof.courtesies import courtesies
from firstline.proof.letters import LetterTable
from firstline.proof.sentences import plain, words
from firstline.proof.subject import Subject
from firstline.records import Sentence

MOST_CHARACTERS = 24_000
"""Read of one reply, and of what was asked. Longer replies are stopped by their length."""
MOST_EVIDENCE = 60_000
"""Characters of evidence whose words excuse a word of the reply."""
MOST_SENTENCES = 200
"""Read one by one; a reply of more is stopped by its length."""
_ALIKE = {
    "‘": "'",
    "’": "'",
    "\u02bc": "'",
    "`": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "\u2010": "-",
    "\u2011": "-",
    "–": "-",
    "—": "-",
    "…": ".",
}
_QUOTED = re2.compile(rb'"[^"\n]{1,120}"|\*\*[^*\n]{1,80}\*\*')
_LATIN1 = re2.Options()
_LATIN1.encoding = re2.Options.Encoding.LATIN1
_LATIN1.never_capture = True
_LATIN1.log_errors = False


def _fold(char: str) -> str:
    """Return a character in lower case or as a plain mark, always one."""
    found = _ALIKE.get(char, " " if char.isspace() and char != "\n" else char.lower())
    return found if len(found) == 1 else char


_FOLDING = LetterTable(_fold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A reply as the phrase tables read it."""

    text: str
    """The sentences, a line end between them."""
    starts: tuple[int, ...]
    """Where each sentence starts, in characters."""
    whole: bytes
    """Folded, one byte a character."""
    own: bytes
    """As `whole`, with agreed lines, quotes from evidence and words in inverted commas blank."""

    def place(self, start: int, end: int) -> tuple[int, tuple[int, int]]:
        """Return the sentence an offset is in, and the span within that sentence."""
        at = max(0, bisect_right(self.starts, start) - 1)
        return at, (start - self.starts[at], end - self.starts[at])


def readable(text: str) -> str:
    """Return a text the patterns can read: a lone surrogate is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def folded(text: str) -> bytes:
    """Return a text in lower case with plain marks, one byte a character."""
    return _FOLDING.ascii(text)


def reading_of(subject: Subject) -> Reading:
    """Return a reply as the phrase tables read it."""
    sentences = subject.draft.sentences
    agreed = courtesies(subject.workspace)
    approved = tuple(_approved(item, subject, agreed) for item in sentences)
    return _reading(tuple(item.text for item in sentences), approved)


def _approved(sentence: Sentence, subject: Subject, agreed: frozenset[str]) -> bool:
    """Whether people approved these words: an agreed line, or a quote from the company's text."""
    if not subject.foreign and sentence.kind in ("quote", "record"):
        return True
    return plain(sentence.text[:MOST_CHARACTERS]) in agreed


@lru_cache(maxsize=8)
def _reading(texts: tuple[str, ...], approved: tuple[bool, ...]) -> Reading:
    text = readable("\n".join(texts)[:MOST_CHARACTERS])
    starts = (0, *accumulate(len(item) + 1 for item in texts))[: max(1, len(texts))]
    whole = folded(text)
    own = whole
    if any(approved):
        pieces = [
            b" " * len(item) if known else whole[start : start + len(item)]
            for start, item, known in zip(starts, texts, approved, strict=False)
        ]
        own = b"\n".join(pieces)[: len(whole)]
    if b'"' in own or b"**" in own:
        blanked: bytes = _QUOTED.sub(_blank, own)
        own = blanked
    return Reading(text=text, starts=starts, whole=whole, own=own)


def _blank(match: re2._Match[bytes]) -> bytes:
    return b" " * int(match.end() - match.start())


def excused(subject: Subject) -> set[str]:
    """Return the words a reply may use because the customer, the evidence or the catalogue do."""
    used = set(_words_in(subject.asked[:MOST_CHARACTERS]))
    left = MOST_EVIDENCE
    for item in subject.evidence:
        if left <= 0:
            break
        used |= _words_in(f"{item.title} {item.text}"[:left])
        used |= _words_in("\n".join(f"{key} {value}" for key, value in item.fields[:200])[:left])
        left -= len(item.text)
    catalogue = subject.workspace.catalogue
    names = (*catalogue.features, *(plan.name for plan in catalogue.plans))
    features = (feature for plan in catalogue.plans for feature in plan.features)
    return used | _words_in("\n".join((*names, *features)))


@lru_cache(maxsize=64)
def _words_in(text: str) -> frozenset[str]:
    return frozenset(words(text))
