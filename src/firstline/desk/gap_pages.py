"""Proposed articles: an outline in Markdown of what to write, and never a fact. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import re2

from firstline.desk.gaps import CAUSES, Gap, Gaps
from firstline.proof.sentences import words

_NOT_NAME = re2.compile(r"[^a-z0-9]+")
FACTS: Final = (
    (
        re2.compile(r"(?i)\bhow (?:do|can|to|would|should)\b|\bset ?up\b|\bsteps?\b"),
        "the steps, one a line",
    ),
    (
        re2.compile(r"(?i)\bhow (?:much|many)\b|\bcosts?\b|\bprices?\b|\bfees?\b|\bcharged?\b"),
        "the price or number, with its unit and to whom it applies",
    ),
    (
        re2.compile(r"(?i)\bwhen\b|\bhow (?:long|soon)\b|\bdeadline\b|\bdays?\b"),
        "the time it takes or by when, and counted from what",
    ),
    (
        re2.compile(
            r"(?i)^(?:can|could|is it|is there|are there|do you|does|will|may)\b"
            r"|\bpossible\b|\ballowed\b|\bsupport(?:s|ed)?\b"
        ),
        "yes or no, on which plans and under which conditions",
    ),
    (
        re2.compile(r"(?i)\bwhere\b|\bfind\b|\blocated?\b"),
        "the place, as the customer sees it named",
    ),
    (
        re2.compile(r"(?i)\bwhy\b|\berror\b|\bnot work|\bdoes ?n.t\b|\bfails?\b|\bbroken\b"),
        "the usual causes, and what to do about each",
    ),
    (
        re2.compile(r"(?i)\bwho\b|\bcontact\b|\bphone\b|\be-?mail\b"),
        "who is responsible, and how to reach them",
    ),
)
"""What a question of each form needs to be answered; never the answer."""
ALWAYS: Final = ("exceptions, and who decides them", "since when this holds")
FILE_WORDS: Final = 8


def facts_needed(questions: Sequence[str]) -> tuple[str, ...]:
    """Return what the author of an article has to find out to answer these questions."""
    found = [fact for form, fact in FACTS if any(form.search(text) for text in questions)]
    return (*found, *ALWAYS)


def outline(gap: Gap) -> str:
    """Return the outline of the article that is missing, in Markdown.

    It is marked internal, so that it reaches no customer if it is put into the knowledge base
    before its facts are filled in.
    """
    return "\n".join(_lines(gap)) + "\n"


def file_name(gap: Gap, number: int) -> str:
    """Return a file name for a gap's outline."""
    said = "-".join(words(gap.title)[:FILE_WORDS]).lower()
    return f"{number:02d}-{_NOT_NAME.sub('-', said).strip('-') or 'gap'}.md"


def _lines(gap: Gap) -> Iterator[str]:
    asked = [item.sample for item in gap.questions]
    yield from ("---", "audience: internal", "---", "")
    yield from (f"# {_inline(gap.title)}", "")
    yield f"Proposed: {gap.size} {'ticket' if gap.size == 1 else 'tickets'} asked this from"
    yield f"{gap.first_at:%Y-%m-%d} to {gap.last_at:%Y-%m-%d}, and no article answered."
    yield from ("", "## Questions to answer", "")
    yield from (f"- {_inline(text)}" for text in asked)
    yield from ("", "## Facts needed", "")
    yield from (f"- [ ] {fact}" for fact in facts_needed(asked))
    if gap.terms:
        yield from ("", f"Say these words, as customers do: {', '.join(gap.terms)}.")
    if gap.near:
        yield from ("", "## Articles that come near", "")
        yield from (f"- {item.document} ({_inline(item.title)}): {item.why}" for item in gap.near)
    yield from ("", "## Why these tickets went to people", "")
    for cause, text in CAUSES.items():
        if gap.causes.get(cause):
            yield f"- {gap.causes[cause]}: {text}"
    yield from ("", f"Tickets: {', '.join(_inline(name) for name in gap.tickets[:50])}")


def _inline(text: str) -> str:
    """Return a customer's words on one line, without what Markdown or HTML would act on."""
    flat = " ".join(text.split())
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|!" else char for char in flat)


def as_json(found: Gaps) -> dict[str, Any]:
    """Return the gaps as `firstline gaps --json` prints them."""
    return {
        "tickets": found.tickets,
        "questions": found.questions,
        "left_out": found.left_out,
        "by_meaning": found.by_meaning,
        "groups": [
            {
                "title": gap.title,
                "size": gap.size,
                "causes": dict(gap.causes),
                "intents": dict(gap.intents),
                "questions": [
                    {"ticket": item.external_id, "text": item.sample} for item in gap.questions
                ],
                "tickets": list(gap.tickets),
                "terms": list(gap.terms),
                "near": [
                    {
                        "document": item.document,
                        "title": item.title,
                        "questions": item.questions,
                        "score": item.score,
                        "why": item.why,
                    }
                    for item in gap.near
                ],
                "first_at": gap.first_at.isoformat(),
                "last_at": gap.last_at.isoformat(),
                "outline": outline(gap),
            }
            for gap in found.groups
        ],
    }
