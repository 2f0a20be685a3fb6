"""Is the draft well formed: something to say, whole, short enough, in the ticket's language?

| code          | finds                                                            | result |
|---------------|------------------------------------------------------------------|--------|
| empty         | no sentence, or an empty one                                     | block  |
| length        | more words than the company allows                               | block  |
| language      | the draft, or the reply as written, in another language          | block  |
| placeholder   | "[Name]", "{name}", "<insert …>", TODO, XXX, lorem ipsum          | block  |
| unfinished    | cut off in the middle of a sentence                              | block  |
| mixed_letters | a word of several alphabets                                      | block  |
| sentence_language | one sentence in another language than the rest               | warn   |
| repeated      | a sentence said twice, a word many times                         | warn   |

An empty list of languages in the settings allows every one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from firstline.proof.language import UNKNOWN
from firstline.proof.quotes import SOURCE_PREFIX
from firstline.proof.sentences import word_count
from firstline.proof.subject import Subject, blocked, doubted
from firstline.proof.tone.form import (
    in_circles,
    is_in,
    may_be_unfilled,
    mixed_letters,
    odd_sentences,
    placeholders,
    repeated,
    unfinished,
)
from firstline.proof.tone.reading import (
    MOST_CHARACTERS,
    MOST_EVIDENCE,
    MOST_SENTENCES,
    readable,
)
from firstline.records import Finding

CHECK: Final = "contract"
COURTESY_WORDS = 60
"""Words a greeting, closing and disclosure may add to the company's limit."""
_SURELY_ASKED: Final = 0.6
"""Confidence from which the language of the message binds the reply to it."""
_TOLD_BY: Final = 2_000
"""Characters the language of a reply is told by."""


def contract(subject: Subject) -> tuple[Finding, ...]:
    """Check the draft's form."""
    texts = tuple(readable(sentence.text) for sentence in subject.draft.sentences)
    if not texts or not all(text.strip() for text in texts):
        return (blocked(CHECK, "the draft has an empty sentence or none", code="empty"),)
    return (*_length(subject), *_languages(subject, texts), *_form(subject, texts))


def _length(subject: Subject) -> Iterator[Finding]:
    draft, limit = subject.draft, subject.workspace.settings.max_words
    counted = [(item.kind, word_count(item.text)) for item in draft.sentences]
    size = sum(count for kind, count in counted if kind != "courtesy")
    total = sum(count for _, count in counted)
    if size > limit:
        yield blocked(CHECK, f"{size} words, the limit is {limit}", code="length")
    if total > limit + COURTESY_WORDS:
        yield blocked(CHECK, f"{total} words with courtesies", code="length")


def _languages(subject: Subject, texts: Sequence[str]) -> Iterator[Finding]:
    """Yield languages that are not the ticket's: as the draft says, and as it is written."""
    draft, allowed = subject.draft, subject.workspace.settings.languages
    told = subject.asked_in.code
    if not subject.foreign:
        off_list = bool(allowed) and draft.language not in allowed
        if off_list or told not in (draft.language, UNKNOWN):
            detail = f"written in {draft.language} for a ticket in {told}"
            yield blocked(CHECK, detail, code="language")
            return
    wanted = _wanted(subject)
    if not wanted:
        return
    if not is_in("\n".join(texts)[:_TOLD_BY], wanted):
        detail = f"the words of the reply are not {' or '.join(wanted)}"
        yield blocked(CHECK, detail, code="language")
        return
    for at in odd_sentences(texts[:MOST_SENTENCES], wanted):
        detail = f"a sentence that is not {' or '.join(wanted)}"
        yield doubted(CHECK, detail, code="sentence_language", sentence=at)


def _wanted(subject: Subject) -> tuple[str, ...]:
    """Return the languages the reply may be written in; none when nobody knows."""
    told, allowed = subject.asked_in, subject.workspace.settings.languages
    if not subject.foreign:
        return (subject.draft.language,)
    if told.code != UNKNOWN and told.confidence >= _SURELY_ASKED:
        return (told.code,)
    return tuple(allowed)


def _form(subject: Subject, texts: Sequence[str]) -> Iterator[Finding]:
    known = _known(subject)
    read = [text[:MOST_CHARACTERS] for text in texts[:MOST_SENTENCES]]
    unfilled = may_be_unfilled(read)
    for at, text in enumerate(read):
        for mark in placeholders(text, known) if unfilled else ():
            span = (mark.start, mark.end)
            yield blocked(CHECK, mark.detail, code=mark.code, sentence=at, span=span)
            break
        mixed = mixed_letters(text)
        if mixed is not None and text[mixed.start : mixed.end] not in known:
            span = (mixed.start, mixed.end)
            yield blocked(CHECK, mixed.detail, code=mixed.code, sentence=at, span=span)
    why = "" if _ends_with_a_quote(subject) else unfinished(_told(subject))
    if why:
        yield blocked(CHECK, why, code="unfinished", sentence=len(texts) - 1)
    again = repeated(texts[:MOST_SENTENCES])
    if again is not None:
        yield doubted(CHECK, "a sentence was said before", code="repeated", sentence=again)
    elif in_circles("\n".join(texts)[:MOST_CHARACTERS]):
        yield doubted(CHECK, "a word stands many times in a row", code="repeated")


def _ends_with_a_quote(subject: Subject) -> bool:
    """Whether the last thing said is quoted: that it is whole, the proof sees to."""
    said = [item for item in subject.draft.sentences if item.kind != "courtesy"]
    return not subject.foreign and bool(said) and said[-1].kind == "quote"


def _told(subject: Subject) -> list[str]:
    """Return the sentences that may be cut off: a writer's, neither agreed nor a source line."""
    return [
        readable(item.text)
        for item in subject.draft.sentences[-MOST_SENTENCES:]
        if item.kind != "courtesy" and not item.text.startswith(SOURCE_PREFIX)
    ]


def _known(subject: Subject) -> str:
    """Return what customer and evidence wrote; a name in braces there is no placeholder here."""
    texts = [subject.asked[:MOST_CHARACTERS]]
    left = MOST_EVIDENCE
    for item in subject.evidence:
        if left <= 0:
            break
        texts.append(f"{item.title}\n{item.text}"[:left])
        texts.extend(value for _, value in item.fields[:200])
        left -= len(item.text)
    return "\n".join(texts)
