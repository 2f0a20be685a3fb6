"""Does the reply answer what was asked?

| code             | finds                                                         | result |
|------------------|---------------------------------------------------------------|--------|
| no_answer        | nothing but courtesies                                         | block  |
| non_answer       | nothing but "I don't have that information", "contact support" | block  |
| asks_back        | an answer that is only a question                              | warn   |
| request_missed   | of several requests, nothing is said about one                 | warn   |
| off_topic        | not one word of what was asked, in the reply or what it cites  | warn   |
| wrong_kind       | "when", "how long", "how much" without a time or an amount     | warn   |

What a reply does is known from its sentences' kinds; in another system's reply, from their words.
The cues that go by words alone are doubts: they put a reply before a reviewer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from firstline.proof.quotes import SOURCE_PREFIX
from firstline.proof.sentences import words
from firstline.proof.subject import Subject, blocked, doubted
from firstline.proof.tone.asked import asks_in, fits, kind_of, stems, uncovered
from firstline.proof.tone.reading import MOST_CHARACTERS, MOST_EVIDENCE, MOST_SENTENCES
from firstline.proof.tone.substance import Part, asks_for_details, part_of
from firstline.records import Finding, Sentence

CHECK: Final = "answered"
_SEVERAL: Final = 2
_ENOUGH_ASKED: Final = 3
"""Content words a question must have before a reply without any of them is off the topic."""
_ENOUGH_SAID: Final = 4
_OWN_WORDS: Final = 2
"""Words of its own a request needs to count, where only its wording says that it is one."""
_TAKEN_FROM: Final = 0.5
"""Share of a reply's words in a passage from which the passage is taken for its source."""
_LOCAL_KINDS: Final = ("quote", "record", "computed")


def answered(subject: Subject) -> tuple[Finding, ...]:
    """Check that the reply says something, and something about what was asked."""
    if subject.draft.action == "clarify":
        return () if _asks_the_customer(subject) else (_nothing(),)
    empty = _emptiness(subject)
    if empty is not None:
        return () if empty.result == "pass" else (empty,)
    return tuple(_beside_the_point(subject))


def _asks_the_customer(subject: Subject) -> bool:
    sentences = subject.draft.sentences
    if subject.foreign:
        return any("?" in sentence.text for sentence in sentences)
    return any(sentence.kind == "question" for sentence in sentences)


def _nothing() -> Finding:
    return blocked(CHECK, "the reply does not answer anything", code="no_answer")


def _emptiness(subject: Subject) -> Finding | None:
    """Return what is wrong with a reply without substance; None when it has some.

    A pass means that nothing was asked, or that asking back is all that can be done.
    """
    if not subject.foreign and not any(_tells(item) for item in subject.draft.sentences):
        return _nothing()
    parts = _parts(subject)
    if "substance" in parts or (subject.foreign and not subject.draft.sentences):
        return None
    if "refusal" in parts:
        return blocked(CHECK, "the reply only says that it has no answer", code="non_answer")
    if "handover" in parts:
        # The check of agreement says what a reply that hands over has to be.
        return Finding(check=CHECK, result="pass", detail="hands over")
    if "question" in parts:
        return _only_asks(subject)
    if subject.foreign and not asks_in(subject.asked):
        return Finding(check=CHECK, result="pass", detail="nothing was asked")
    return _nothing()


def _tells(sentence: Sentence) -> bool:
    """Whether a sentence of Firstline's own reply tells something: it is no greeting."""
    if sentence.text.startswith(SOURCE_PREFIX) or sentence.kind not in _LOCAL_KINDS:
        return False
    return sentence.kind != "record" or len(words(sentence.text)) > len(("Hello", "Name"))


def _parts(subject: Subject) -> frozenset[Part]:
    """Return what the sentences do. What is quoted from the company's own text is substance."""
    found: set[Part] = set()
    for sentence in subject.draft.sentences[:MOST_SENTENCES]:
        if subject.foreign:
            found.add(part_of(sentence.text))
        elif _tells(sentence):
            local = part_of(sentence.text)
            found.add("refusal" if local == "refusal" and not sentence.evidence else "substance")
    return frozenset(found)


def _only_asks(subject: Subject) -> Finding:
    asked = (item.text for item in subject.draft.sentences if part_of(item.text) == "question")
    if subject.foreign and any(asks_for_details(text) for text in asked):
        return Finding(check=CHECK, result="pass", detail="asks for what it needs to know")
    return doubted(CHECK, "an answer that only asks back", code="asks_back")


def _beside_the_point(subject: Subject) -> Iterator[Finding]:
    """Yield doubts by words alone: about what was asked, the reply says nothing."""
    asks = asks_in(subject.asked[:MOST_CHARACTERS])
    if subject.foreign and (not asks or _wants_details(subject)):
        return
    if not subject.foreign and _agreed_answer(subject):
        return
    said = _said(subject)
    yield from _missed(subject, said)
    wanted = frozenset[str]().union(*(ask.stems for ask in asks)) or stems(subject.asked)
    if len(wanted) >= _ENOUGH_ASKED and len(said) >= _ENOUGH_SAID and wanted.isdisjoint(said):
        yield doubted(CHECK, "not a word of what was asked", code="off_topic")
    if len(asks) == 1:
        kind = kind_of(asks[0].text)
        if not fits(kind, subject.draft.text):
            detail = f"a question of {kind.replace('_', ' ')}, and the reply gives none"
            yield doubted(CHECK, detail, code="wrong_kind")


def _agreed_answer(subject: Subject) -> bool:
    """Whether the company named this answer for the intent: other words may say it as well."""
    held, intent = subject.held, subject.intent
    articles = intent.articles if intent else ()
    cited = (held.get(key) for item in subject.draft.sentences for key in item.evidence)
    return any(item and (item.kind == "policy" or item.source in articles) for item in cited)


def _wants_details(subject: Subject) -> bool:
    """Whether the reply asks for what it needs first: the rest of the requests may wait."""
    return any(
        part_of(item.text) == "question" and asks_for_details(item.text)
        for item in subject.draft.sentences[:MOST_SENTENCES]
    )


def _missed(subject: Subject, said: frozenset[str]) -> Iterator[Finding]:
    requests, fewest = _requests(subject)
    missed = uncovered(requests, said, fewest=fewest) if len(requests) >= _SEVERAL else ()
    if len(missed) == len(requests):
        return
    for at in missed:
        detail = f"nothing is said about request {at + 1} of {len(requests)}"
        yield doubted(CHECK, detail, code="request_missed")


def _said(subject: Subject) -> frozenset[str]:
    """Return the stems of the reply, and of the evidence it rests on."""
    own = stems("\n".join(item.text for item in subject.draft.sentences if item.kind != "courtesy"))
    if subject.foreign:
        return own.union(*_likely_sources(subject, own))
    held = subject.held
    keys = dict.fromkeys(key for item in subject.draft.sentences for key in item.evidence)
    return own.union(*(stems(f"{held[key].title} {held[key].text}") for key in keys if key in held))


def _likely_sources(subject: Subject, own: frozenset[str]) -> Iterator[frozenset[str]]:
    """Yield the stems of passages that hold most of the reply's words: it was taken from them."""
    left = MOST_EVIDENCE
    for item in subject.evidence:
        if item.kind != "passage" or left <= 0:
            continue
        left -= len(item.text)
        held = stems(f"{item.title} {item.text}")
        if len(own & held) >= _TAKEN_FROM * len(own):
            yield held


def _requests(subject: Subject) -> tuple[Sequence[frozenset[str]], int]:
    """Return the stems of each request and how many of its own it needs to be counted."""
    route = subject.route
    if route is not None and len(route.requests) >= _SEVERAL:
        # The spans of requests count in the text, which stands below the subject line.
        text = subject.asked.partition("\n")[2]
        return [stems(text[request.start : request.end]) for request in route.requests], 1
    if subject.foreign:
        asks = asks_in(subject.asked[:MOST_CHARACTERS])
        return [ask.stems for ask in asks if ask.stems], _OWN_WORDS
    return (), 1
