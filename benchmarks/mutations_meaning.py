"""Making a true reply untrue by its meaning: products, negation, conditions, limits, absolutes.

A way gives None where it does not apply, or where the outcome might still be true: a condition
that is dropped must not be said elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Final

import re2

from benchmarks.mutations_values import Change, Ground, figures_of, put
from firstline.proof.sentences import words

# ---- plans and products --------------------------------------------------------------------


def other_product(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """Another plan or product in the place of the right one."""
    if "all plans" in sentence or "every plan" in sentence:
        return None
    known = filter(None, {ground.product, *ground.products})
    padded = f" {sentence} ".replace("’", "'")
    named = [
        name for name in known if any(f" {name}{mark}" in padded for mark in (" ", ".", ",", ":"))
    ]
    own = [name for name in named if not any(name in other for other in named if other != name)]
    if not own:
        return None
    old = chance.choice(sorted(own))
    fitting = [
        name
        for name in ground.products
        if name not in sentence and (name.split()[-1:] == old.split()[-1:] or " " not in old)
        if name != old and name not in named
        if not _says_also(sentence.replace(old, name), name, ground)
    ]
    return sentence.replace(old, chance.choice(fitting), 1) if fitting else None


def _says_also(sentence: str, name: str, ground: Ground) -> bool:
    """Whether a line of the evidence has the other name beside a figure of the sentence."""
    figures = figures_of(sentence)
    lines = ground.said.replace("\\n", "\n").replace(". ", "\n").split("\n")
    beside = [line for line in lines if name.lower() in line]
    if not figures:
        return bool(beside)
    return any(figures & figures_of(line) for line in beside)


# ---- negation, conditions, limits, absolutes -----------------------------------------------

_STATES: Final = (
    "(included|available|charged|required|refunded|paid|shown|kept|part|allowed|needed|applied)"
)
_TURNED: Final[Sequence[tuple[str, str]]] = (
    (r"\bcannot\b", "can"),
    (r"\bcan't\b", "can"),
    (r"\bcan (be|have|use|see|change|make|add|export|ask|send|get|open|set)\b", r"cannot \1"),
    (r"\bdo not\b", "do"),
    (r"\bdoes not\b", "does"),
    (r"\bdon't\b", "do"),
    (r"\bdoesn't\b", "does"),
    (r"\bis not\b", "is"),
    (r"\bare not\b", "are"),
    (r"\bisn't\b", "is"),
    (r"\baren't\b", "are"),
    (rf"\bis {_STATES}\b", r"is not \1"),
    (rf"\bare {_STATES}\b", r"are not \1"),
    (r"\bwill be\b", "will not be"),
    (r"\bmay (be|have|apply|take|use|incur|change)\b", r"will never \1"),
    (r"\bmust\b", "need not"),
    (r"\bThere is no\b", "There is a"),
    (r"\bno longer (works?|available|possible|applies)\b", r"still \1"),
)  # fmt: skip
_ANTONYMS: Final[Sequence[tuple[str, str]]] = (
    (r"\b[Bb]efore\b", "after"),
    (r"\bafter\b", "before"),
    (r"\bwith\b", "without"),
    (r"\bwithout\b", "with"),
    (r"\bincludes\b", "excludes"),
    (r"\bincrease[sd]?\b", "decreases"),
    (r"\benabled?\b", "disabled"),
    (r"\bmore than\b", "fewer than"),
    (r"\bless than\b", "more than"),
    (r"\bat least\b", "at most"),
    (r"\bminimum\b", "maximum"),
    (r"\bMinimum\b", "Maximum"),
    (r"\bmaximum\b", "minimum"),
    (r"\bMaximum\b", "Minimum"),
    (r"\bincoming\b", "outgoing"),
    (r"\bOutgoing\b", "Incoming"),
    (r"\boldest\b", "newest"),
    (r"\brequired\b", "optional"),
    (r"\bpublic\b", "private"),
    (r"\beverybody\b", "nobody"),
    (r"\b[Nn]obody\b", "everybody"),
    (r"\b[Nn]othing is\b", "everything is"),
    (r"\bfirst\b", "last"),
    (r"\bdebit\b", "credit"),
    (r"\bdomestic\b", "international"),
    (r"\babove\b", "below"),
    (r"\bbelow\b", "above"),
    (r"\beligible\b", "ineligible"),
    (r"\bearn\b", "lose"),
    (r"\bdelivered\b", "pending"),
    (r"\bpending\b", "delivered"),
)


def _replacing(pairs: Sequence[tuple[str, str]]) -> Change:
    compiled = [(re2.compile(pattern), word) for pattern, word in pairs]

    def change(sentence: str, ground: Ground, chance: random.Random) -> str | None:
        fitting = [pair for pair in compiled if pair[0].search(sentence)]
        if not fitting:
            return None
        pattern, word = chance.choice(fitting)
        told = str(pattern.sub(word, sentence, count=1))
        repeats = "\\" not in word and f" {word} " in f" {sentence} "
        return None if repeats or told == sentence or told.lower()[:-1] in ground.said else told

    return change


_LEADING_IF = re2.compile(
    r"^(?:If|Unless|As long as|Provided|Once) ([^,]+), "
    r"((?:you|we|it|the|your|a|an|all|no|they|each|[a-z]+s) .+)$"
)
_TRAILING_IF = re2.compile(
    r"^((?:You|We|It|The|Your|They|An?|All|No|Each|Every|There|[A-Z][a-z]+s) .{15,}?|"
    r"[A-Z].{8,}? (?:is|are|can|will|may) .+?)"
    r"[, ]+((?:only )?if|unless|as long as|provided that|except|subject to|only for"
    r"|only when|only after|excluding|up to the limit) (.{8,})\.$"
)
_WITHIN = re2.compile(r",? within \d+ [a-z]+(?: days)?(?: of (?:\w+ ){0,3}\w+)?\.$")
_BINDING = re2.compile(r"\b(?:must|have to|has to|need to|needs to|can|can't|cannot|if)\b")
_SERVICE = re2.compile(
    r"(?i)\b(?:will (?:go|be)|we (?:answer|complete|process)|arrives?|settles?|takes?|processed"
    r"|typically)\b"
)
_IN_BRACKETS = re2.compile(r" \([^()]{6,}\)")
_IDLE = re2.compile(
    r"(?i)\b(?:like|wish|needed|necessary|applicable|possible|questions|prefer|unsure|available"
    r"|recommend|help|consider|can write|may want)\b"
)


def _still_says(told: str, dropped: str, ground: Ground) -> bool:
    """Whether what is left is the evidence's own, or another sentence has the condition."""
    if told.rstrip(".").lower() in ground.sentences:
        return True
    rest = " ".join(item for item in ground.good.sentences if dropped not in item).lower()
    keys = [word for word in words(dropped) if len(word) > 4]
    return sum(word in rest for word in keys) * 2 > len(keys)


def leading_condition(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """If A, B made B."""
    del chance
    match = _LEADING_IF.match(sentence)
    if match is None or _IDLE.search(sentence):
        return None
    told = match.group(2)[0].upper() + match.group(2)[1:]
    return None if _still_says(told, match.group(1), ground) else told


def trailing_condition(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """B if A made B."""
    del chance
    match = _TRAILING_IF.match(sentence)
    if match is None or _IDLE.search(sentence):
        return None
    told = f"{match.group(1)}."
    return None if _still_says(told, match.group(3), ground) else told


def time_limit(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """Refunded within 30 days made refunded."""
    del chance
    match = _WITHIN.search(sentence)
    binding = _BINDING.search(sentence) and not _SERVICE.search(sentence)
    if match is None or match.start() < 15 or not binding:
        return None
    told = f"{sentence[: match.start()]}."
    return None if _still_says(told, match[0], ground) else told


def bracketed(sentence: str, ground: Ground, chance: random.Random) -> str | None:
    """A condition in brackets left out."""
    del chance
    match = _IN_BRACKETS.search(sentence)
    binding = ("subject", "only", "if ", "unless", "except", "minimum", " limit", "after")
    if match is None or "example" in match[0]:
        return None
    if not any(word in match[0].lower() for word in binding):
        return None
    told = put(sentence, match.span(0), "")
    return None if _still_says(told, match[0], ground) else told


_SPAN: Final = r"\d[\d–-]*(?: to \d+)? (?:business )?(?:days|hours|minutes|months)"
_COUNTED: Final = (
    "(boards|members|files|guests|transfers|withdrawals|users|visits|cards|rows|seats|passengers"
    "|checks)"
)
_WIDER: Final[Sequence[tuple[str, str]]] = (
    (rf"\b(?:[Uu]p to|[Aa]t most) \d[\d,]* {_COUNTED}\b", r"any number of \1"),
    (r"(^|[^d] )[Uu]p to (A?\$?\d)", r"\1at least \2"),
    (r"(^|[^d] )[Uu]p to (A?\$?\d)", r"\1more than \2"),
    (r"\b[Aa]t most (A?\$?\d)", r"at least \1"),
    (r"\bno more than (A?\$?\d)", r"no fewer than \1"),
    (rf"\b(asks?|request|return|cancel|restored|undone) within {_SPAN}\b", r"\1 at any time"),
    (rf"\bfor {_SPAN}\b", "for as long as you like"),
    (r"\b[Oo]nce (?:in|every|per) \d* ?[a-z]+\b", "as often as you like"),
    (r"\b(?:[Oo]wners|[Aa]dmins)(?:, admins)?(?: and (?:admins|members))? can\b", "Everybody can"),
    (r"\bonly (?:owners|admins|the owner|an admin|an owner)(?: and admins)?\b", "everybody"),
    (r"\bThe owner\b", "Anybody"),
    (r"\bMonday to Friday\b", "every day of the week"),
    (r"\bone, two or three months\b", "up to twelve months"),
    (r"\beligible (purchases|transactions|customers|balances|accounts)\b", r"all \1"),
    (rf"\b\d[\d,]* {_COUNTED}\b", r"unlimited \1"),
    (r"\b(?:the )?(?:(?:Team|Business|Enterprise)(?:, | and | or )?)+ plans?\b", "every plan"),
    (r"\ban annual plan\b", "any plan"),
    (r"\b(?:a )?[Pp]ending orders?\b", "any order"),
    (r"\bat most (?:one|two|three|five) ([a-z]+)", r"any number of \1s"),
)


def _appended(phrases: Sequence[str]) -> Change:
    """Return a change that adds a phrase before the full stop; the part decides which half."""

    def change(sentence: str, ground: Ground, chance: random.Random) -> str | None:
        fitting = [
            phrase
            for phrase in halved(phrases, ground)
            if not any(word in ground.said for word in words(phrase) if len(word) > 4)
        ]
        if not fitting or not sentence.endswith("."):
            return None
        return f"{sentence[:-1]}{chance.choice(fitting)}."

    return change


def halved(phrases: Sequence[str], ground: Ground) -> Sequence[str]:
    """Return the phrases of this reply's part: dev and held-out share none."""
    return phrases[ground.good.part == "dev" :: 2]


_ABSOLUTES: Final = (
    ", guaranteed",
    ", in every case and without exception",
    " at no extra cost, whatever happens",
    ", and this never fails",
    " instantly",
    " free of charge",
    ", no matter what",
    ", always and for everybody",
    " immediately",
    ", and that is 100% certain",
    ", with no limits whatsoever",
    ", completely free",
    " within seconds",
    ", without any restriction",
)
_HEDGES: Final[Sequence[tuple[str, str]]] = (
    (r"\b(?:usually|normally|generally|typically|often)\b", "always"),
    (r"\bmay (be|have|apply|take|use|incur|change)\b", r"will always \1"),
    (r"\bcan take (?:up to|about|at most) (\d)", r"never takes more than \1"),
    (r"\babout (\d|five|ten|two)", r"exactly \1"),
    (r"\b(?:up to|at most) (\d+ [a-z]+)\b", r"always \1"),
    (r"\b(?:most|some) ([a-z]+s)\b", r"all \1"),
    (r"\bshould (see|receive|arrive|appear|get|post)\b", r"will definitely \1"),
    (r"\bsubject to [a-z ]+\b", "guaranteed"),
    (r"\bmight\b", "will definitely"),
    (r"\beligible for\b", "guaranteed"),
)

MEANING: Final[Mapping[str, Mapping[str, Change]]] = {
    "product": {"name": other_product},
    "negation": {"turned": _replacing(_TURNED), "antonym": _replacing(_ANTONYMS)},
    "condition": {
        "leading": leading_condition,
        "trailing": trailing_condition,
        "time limit": time_limit,
        "brackets": bracketed,
    },
    "limit": {"widened": _replacing(_WIDER)},
    "absolute": {"phrase": _appended(_ABSOLUTES), "hedge": _replacing(_HEDGES)},
}
