"""Anger that shows in how a message is written: shouting, not words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import re2

from firstline.records import RiskSignal
from firstline.routing.signals.fold import fold

_SHOUT = re2.compile(r"[!?]{3,}")
_LINE = re2.compile(r"[^\n.!?]*[.!?]*")
_UPPER_WORD = re2.compile(r"\b[A-Z]{2,}\b")
_WORD = re2.compile(r"\b[A-Za-z]{2,}\b")
_FEWEST_SHOUTED_WORDS = 6
_SHOUTED_SHARE = 0.7
_LONGEST_LOOKED_AT = 4_000
_KIND = re2.compile(
    r"\b(?:thank|thanks|thx|love|loving|loved|great|amazing|awesome|brilliant|excited|happy|"
    r"congrat\w*|perfect|fantastic|wonderful|danke|super|merci|gracias|grazie|obrigad[oa]|bedankt|"
    r"best|yay|hooray|wow|cool|excellent|appreciate)\b"
)
_TROUBLE = re2.compile(
    r"\b(?:not?|never|nobody|nothing|can't|cannot|won't|don't|doesn't|didn't|isn't|still|why|wrong|"
    r"broken?|lost|again|waiting|wait|stop|now|refund|money|bad|worst|fail\w*|crash\w*|charg\w+|"
    r"enough|sick|kein\w*|nicht|pas|jamais|nunca|non|nao|niet|geen|hours|"
    r"days|weeks|months|twice|ridiculous|unacceptable|useless|answer|ignored?|late|"
    r"missing|error)\b"
)


def loud_places(text: str) -> Iterator[RiskSignal]:
    """Yield where a message shouts: capitals over a whole sentence, or strings of !!! and ???.

    Thanks are not anger however loud; capitals without anything wrong (an abbreviation, a title,
    a question typed with the key locked) are not either.
    """
    text = text[:_LONGEST_LOOKED_AT]
    folded = fold(text)
    for match in islice(_SHOUT.finditer(text), 2):
        around = folded[max(0, match.start() - 120) : match.start()]
        if _TROUBLE.search(around) and not _KIND.search(around):
            yield RiskSignal(
                signal="anger", start=match.start(), end=match.end(), reason="shouts (!!!)"
            )
    upper = sum(1 for _ in _UPPER_WORD.finditer(text))
    if upper < _FEWEST_SHOUTED_WORDS:
        return
    for match in _LINE.finditer(text):
        line = match.group()
        words = sum(1 for _ in _WORD.finditer(line))
        loud = sum(1 for _ in _UPPER_WORD.finditer(line))
        if loud < _FEWEST_SHOUTED_WORDS or loud < _SHOUTED_SHARE * words:
            continue
        quiet = folded[match.start() : match.end()]
        if _TROUBLE.search(quiet) and not _KIND.search(quiet):
            yield RiskSignal(
                signal="anger",
                start=match.start(),
                end=match.end(),
                reason="shouts (a sentence in capitals)",
            )
            return
