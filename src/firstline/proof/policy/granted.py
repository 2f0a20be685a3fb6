"""Does a sentence grant what it mentions, or deny it, or only say when there would be any?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import re2

from firstline.proof.policy.compiled import Found
from firstline.proof.policy.phrases import Tokens, encodable, stem, tokens_of, words_of
from firstline.proof.quotes import quoted_units
from firstline.proof.sentences import plain
from firstline.records import Evidence

Grant = Literal["granted", "conditional", "denied"]
_BEFORE = 8
_AFTER = 4
_DENIES = frozenset(
    map(
        stem,
        "not no never without neither nor nobody none unable ineligible decline declined denied "
        "deny reject rejected refuse refused exclude excluded instead".split(),
    )
)
_LINKS = frozenset(
    map(stem, "is are was were be been can could will would do does did has have may".split())
)
_IF = re2.compile(
    r"(?i)\b(?:if|unless|when|whenever|once|whether|provided|should you|in case|as long as"
    r"|depending|depends|may|might|could)\b"
)
_CONSENT = re2.compile(
    r"(?i)\b(?:if|when|once|should) (?:you|that|this|it)(?:'d|’d)? "
    r"(?:would |do |still |will )?(?:like|want|wish|prefer|agree|confirm|works?|suits?|is fine"
    r"|is ok|is okay|are happy|are ready|'re happy|say so|accept)\b"
)


def grant_of(text: str, found: Found, phrase: str) -> Grant:
    """Return how a sentence speaks of a phrase it holds.

    A condition that only asks for the customer's consent ("if you like, we will refund it") is
    none. Where it cannot be told, the sentence grants.

    Args:
        text: The sentence.
        found: Where the phrase stands in it.
        phrase: The phrase; denying words of its own deny nothing.
    """
    text = encodable(text)
    if _denies(tokens_of(text), found, frozenset(words_of(phrase))):
        return "denied"
    if text.rstrip().endswith("?"):
        return "conditional"
    if _IF.search(text) and not _CONSENT.search(text):
        return "conditional"
    return "granted"


def _denies(tokens: Tokens, found: Found, phrase: frozenset[str]) -> bool:
    hit = found.hit
    if hit is None:
        return False
    stems, pieces = tokens.stems, tokens.pieces
    if not (_DENIES - phrase).isdisjoint(stems[hit.start : hit.end]):
        return True
    for at in range(hit.start - 1, max(hit.start - _BEFORE, 0) - 1, -1):
        # A comma or a full stop between the two parts them: "No problem, we refund it".
        between = range(pieces[at], pieces[at + 1])
        if not tokens.breaks.isdisjoint(between):
            break
        if stems[at] in _DENIES:
            return True
    after = stems[hit.end : hit.end + _AFTER]
    ended = not tokens.breaks.isdisjoint(range(pieces[hit.end - 1], pieces[hit.end - 1] + 1))
    return bool(after) and not ended and after[0] in _LINKS and not _DENIES.isdisjoint(after)


def is_published(text: str, evidence: Iterable[Evidence]) -> bool:
    """Whether a sentence is, word for word and whole, in what the company publishes."""
    said = plain(text)
    return (
        said == encodable(said)
        and bool(said)
        and any(
            item.kind == "passage"
            and item.audience == "public"
            and said in plain(item.text)
            and quoted_units(text, item.text)
            for item in evidence
        )
    )
