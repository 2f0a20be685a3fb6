"""Saying the same thing in other words, by code: each way changes the wording and not the sense.

A way takes a sentence and what is known of its source, and gives the sentence in other words, or
None where it does not apply. The ways are ordinary English and know nothing of any checker.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import re2

from benchmarks.mutations_sources import Source

Way = Callable[[str, Source, random.Random], str | None]

NUMBERS: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
).split()
_NOUN = (
    r"(days?|weeks?|months?|years?|hours?|minutes?|times?|members?|boards?|cards?|seats?|items?"
    r"|business days?|files?|attempts?|passengers?|gift cards?|codes?|links?|users?|accounts?)"
)
_DIGITS = re2.compile(rf"\b([1-9]|1\d|20) {_NOUN}\b")
_WORDS = re2.compile(rf"(?i)\b({'|'.join(NUMBERS[2:])}) {_NOUN}\b")
_MONEY = re2.compile(r"(A?\$)(\d[\d,]*(?:\.\d+)?)")
_PER = re2.compile(r"\bper (month|year|day|minute|week)\b")
_PERCENT = re2.compile(r"(\d(?:[\d.]*\d)?)(%| per cent| percent)")
_PARTICIPLES: Final[Mapping[str, str]] = {
    "add": "added",
    "attach": "attached",
    "cancel": "cancelled",
    "change": "changed",
    "close": "closed",
    "connect": "connected",
    "create": "created",
    "delete": "deleted",
    "download": "downloaded",
    "edit": "edited",
    "enable": "enabled",
    "exchange": "exchanged",
    "export": "exported",
    "filter": "filtered",
    "import": "imported",
    "invite": "invited",
    "modify": "modified",
    "move": "moved",
    "open": "opened",
    "pause": "paused",
    "redeem": "redeemed",
    "remove": "removed",
    "restore": "restored",
    "return": "returned",
    "schedule": "scheduled",
    "see": "seen",
    "send": "sent",
    "set": "set",
    "share": "shared",
    "transfer": "transferred",
    "undo": "undone",
    "upload": "uploaded",
    "use": "used",
    "view": "viewed",
}
_ACTIVES: Final = {past: verb for verb, past in _PARTICIPLES.items()}
_YOU_CAN = re2.compile(
    rf"^You can ({'|'.join(_PARTICIPLES)}) ((?:a|an|the|your|each|up to|any|all) [\w' -]+?)"
    r"((?: (?:to|as|from|at|in|into|with|within|if|when|while|until|by|for|once|on)\b|,).*)?\.$"
)
_CAN_BE = re2.compile(
    r"^((?:An?|The|Your|Each|All|Every|Annual|Basic|Deleted|Pending)(?: [\w'-]+){1,3}|[A-Z][a-z]+s)"
    rf" (can|cannot) be ({'|'.join(_ACTIVES)})\b([^;]*)\.$"
)
_SYNONYMS: Final[Sequence[tuple[str, str]]] = (
    (r"\bchoose\b", "select"),
    (r"\bSelect\b", "Choose"),
    (r"\be-mail\b", "email"),
    (r"\breceive\b", "get"),
    (r"\breceives\b", "gets"),
    (r"\bat most (\d)", r"no more than \1"),
    (r"\bup to (A?\$?\d)", r"at most \1"),
    (r"\bat least (A?\$?\d)", r"a minimum of \1"),
    (r"\bbegins\b", "starts"),
    (r"\bbegin\b", "start"),
    (r"\bcannot\b", "can't"),
    (r"\bdo not\b", "don't"),
    (r"\bdoes not\b", "doesn't"),
    (r"\bis not\b", "isn't"),
    (r"\bare not\b", "aren't"),
    (r"\b([Yy]ou|[Mm]embers|[Tt]hey|[Cc]ustomers) must\b", r"\1 have to"),
    (r"\bmust be\b", "needs to be"),
    (r"\byou need to\b", "you have to"),
    (r"\bis required\b", "is needed"),
    (r"\bare required\b", "are needed"),
    (r"\busually\b", "normally"),
    (r"\bapproximately\b", "about"),
    (r"\b(is|are) part of\b", r"\1 included in"),
    (r"\b([Pp]lan|Enterprise) costs (A\$)", r"\1 is priced at \2"),
    (r"\bensure\b", "make sure"),
    (r"\bEnsure\b", "Make sure"),
    (r"\bVerify\b", "Check"),
    (r"\bprior to\b", "before"),
    (r"\b(link|offer|code) expires\b", r"\1 runs out"),
    (r"\bincludes (\d)", r"comes with \1"),
    (r"\bImages\b", "Pictures"),
    (r"\bonly once\b", "just one time"),
    (r"\bSettings > ", "Settings, then "),
    (r"\bassist\b", "help"),
    (r"\bdisplayed\b", "shown"),
    (r"\bpermitted\b", "allowed"),
    (r"\bimmediately\b", "at once"),
    (r"\bat once\b", "right away"),
    (r"\bthe same day\b", "that very day"),
    (r"\bnot available\b", "unavailable"),
    (r"\bMaximum\b", "Highest"),
    (r"\bmodify\b", "change"),
    (r"\bContact support\b", "Get in touch with support"),
)
_COMPILED = [(re2.compile(pattern), word) for pattern, word in _SYNONYMS]
_JOINT = re2.compile(r"(?:;|, and) ((?:you|we|it|they|guests|nothing|nobody|there|the plan) )")
_LEADING = re2.compile(r"^(If|When|While|Until|Once) ([^,]+), (.+)\.$")
_TRAILING = re2.compile(r"^([^,;:]+?) (if|when|unless) ([^,;:]+)\.$")
_SUBJECT = re2.compile(
    r"^(?:you|we|it|the|your|they|a|an|all|no|nothing|nobody|each|every|this|there|our)\b"
)
_KEY_VALUE = re2.compile(r"^([A-Z][a-z-]+(?: [a-z][\w/-]*){1,6}): (A?\$?\d[^:→=]*)\.$")
_NOT_KEYS = re2.compile(
    r"(?i)^(?:note|tip|example|important|step|for|if|when|how|to|month) |\b(?:is|are|can|you)\b"
)
_CANNOT_BE = re2.compile(
    r"^([\w' -]+?) cannot be (changed|paused|undone|modified|cancelled|exchanged|returned|restored"
    r"|raised|transferred|shared)\b(.*)\.$"
)
_CANNOT = re2.compile(r"^((?:[A-Z][\w-]+ ){0,3}[\w-]+s) cannot ([a-z]+ .*)\.$")
_NO = re2.compile(r"^There (?:is|are) no ([\w' -]+)\.$")
_THE_USER = re2.compile(
    r"\b(?:[Tt]he|[Aa]) (?:customer|user|owner of the account) (can|must|may|cannot|should)\b"
)
_INCLUDES = re2.compile(r"^The (\w+) plan (costs|includes) (.+)\.$")
_FIRST_WORDS: Final = frozenset(
    "You It The We Your A An If When They Nothing Nobody There This Each All Guests".split()
)


def number_words(sentence: str, source: Source, chance: random.Random) -> str | None:
    """5 days and five days."""
    del source, chance
    match = _DIGITS.search(sentence)
    before = sentence[: match.start()] if match else ""
    if match and not before.endswith(("$", ".", ",", "-", "/", "–", " or ", " to ", " and ")):
        word = NUMBERS[int(match.group(1))]
        word = word.capitalize() if match.start() == 0 else word
        return sentence[: match.start(1)] + word + sentence[match.end(1) :]
    match = _WORDS.search(sentence)
    if match is None or sentence[: match.start()].endswith((" or ", " to ", ", ")):
        return None
    digits = str(NUMBERS.index(match.group(1).lower()))
    return sentence[: match.start(1)] + digits + sentence[match.end(1) :]


def currency(sentence: str, source: Source, chance: random.Random) -> str | None:
    """$99, 99 dollars, USD 99, 99 USD."""
    if not _MONEY.search(sentence) or "grams" in sentence or "score" in sentence:
        return None
    australian = source.source == "acme"
    code = "AUD" if australian else "USD"
    name = "Australian dollars" if australian else "dollars"
    shape = chance.choice(("{0} {1}", "{1} {0}", "{1} {2}"))
    return str(_MONEY.sub(lambda match: shape.format(code, match.group(2), name), sentence))


def per(sentence: str, source: Source, chance: random.Random) -> str | None:
    """Per month, a month, each month."""
    del source
    if "per member" in sentence or "e.g." in sentence:
        return None
    word = chance.choice(("a", "each"))
    told = str(_PER.sub(lambda match: f"{word} {match.group(1)}", sentence))
    return told if told != sentence else None


def percent(sentence: str, source: Source, chance: random.Random) -> str | None:
    """5 %, 5 per cent, 5 percent."""
    del source
    match = _PERCENT.search(sentence)
    if match is None:
        return None
    spelt = chance.choice([form for form in ("%", " per cent", " percent") if form != match[2]])
    return str(_PERCENT.sub(lambda found: found.group(1) + spelt, sentence))


def voice(sentence: str, source: Source, chance: random.Random) -> str | None:
    """You can export boards; boards can be exported."""
    del source, chance
    if "," in sentence or "anytime" in sentence:
        return None
    match = _YOU_CAN.match(sentence)
    if match:
        verb, what, rest = match.groups()
        return f"{what[0].upper()}{what[1:]} can be {_PARTICIPLES[verb]}{rest or ''}."
    match = _CAN_BE.match(sentence)
    if match and " by " not in match.group(4):
        what, can, past, rest = match.groups()
        return f"You {can} {_ACTIVES[past]} {what[0].lower()}{what[1:]}{rest}."
    return None


def synonyms(sentence: str, source: Source, chance: random.Random) -> str | None:
    """Other words for up to three of the words."""
    del source
    fitting = [pair for pair in _COMPILED if pair[0].search(sentence)]
    if not fitting:
        return None
    told = sentence
    for pattern, word in chance.sample(fitting, min(len(fitting), 3)):
        told = str(pattern.sub(word, told, count=1))
    return told if told != sentence else None


def parted(sentence: str, source: Source, chance: random.Random) -> str | None:
    """One sentence made two."""
    del source, chance
    if sentence.startswith(("If ", "When ", "While ")) or " if " in sentence:
        return None
    match = _JOINT.search(sentence)
    if match is None or match.start() < 25 or len(sentence) - match.start() < 25:
        return None
    rest = sentence[match.start(1) :]
    return f"{sentence[: match.start()]}. {rest[0].upper()}{rest[1:]}"


def reordered(sentence: str, source: Source, chance: random.Random) -> str | None:
    """If A, B; B if A."""
    del source, chance
    match = _LEADING.match(sentence)
    if match and "," not in match.group(3) and ";" not in match.group(3):
        word, condition, result = match.groups()
        return f"{result[0].upper()}{result[1:]} {word.lower()} {condition}."
    match = _TRAILING.match(sentence)
    if match and _SUBJECT.match(match.group(1).lower()):
        result, word, condition = match.groups()
        first = result.split(" ", 1)[0]
        told = result[0].lower() + result[1:] if first in _FIRST_WORDS else result
        return f"{word.capitalize()} {condition}, {told}."
    return None


def key_value(sentence: str, source: Source, chance: random.Random) -> str | None:
    """Annual fee: $200; the annual fee is $200."""
    match = _KEY_VALUE.match(sentence)
    if match is None or _NOT_KEYS.match(sentence) or not any(map(str.isdigit, match.group(2))):
        return None
    key, value = match.groups()
    key = key[0].lower() + key[1:] if not key[:2].isupper() else key
    verb = "are" if key.endswith("s") and not key.endswith("ss") else "is"
    if source.product and chance.random() < 0.5:
        return f"The {key} of the {source.product} {verb} {value}."
    return f"{chance.choice(('The', 'Your'))} {key} {verb} {value}."


def restated_negation(sentence: str, source: Source, chance: random.Random) -> str | None:
    """X cannot be paused; it is not possible to pause X."""
    del source
    if ", " in sentence or ";" in sentence:
        return None
    match = _CANNOT.match(sentence)
    if match and not match.group(2).startswith("be "):
        shapes = ("It is not possible for {0} to {1}.", "{0} are not able to {1}.")
        shape, (who, what) = chance.choice(shapes), match.groups()
        return shape.format(who if shape.startswith("{") else who[0].lower() + who[1:], what)
    match = _NO.match(sentence)
    if match:
        return chance.choice(("We have no {0}.", "No {0} exist.")).format(match.group(1))
    match = _CANNOT_BE.match(sentence)
    if match is None:
        return None
    what, past, rest = match.groups()
    verb = {**_ACTIVES, "raised": "raise"}[past]
    what = what[0].lower() + what[1:]
    shape = chance.choice(
        (
            "It is not possible to {0} {1}{2}.",
            "There is no way to {0} {1}{2}.",
            "You can't {0} {1}{2}.",
            "We are unable to {0} {1}{2}.",
        )
    )
    return shape.format(verb, what, rest)


def you(sentence: str, source: Source, chance: random.Random) -> str | None:
    """The customer may; you may."""
    del source, chance
    told = str(_THE_USER.sub(lambda match: f"you {match.group(1)}", sentence))
    if told == sentence:
        return None
    return told[0].upper() + told[1:].replace(" their ", " your ")


def on_the_plan(sentence: str, source: Source, chance: random.Random) -> str | None:
    """The Team plan includes; on Team you get."""
    del source
    match = _INCLUDES.match(sentence)
    if match is None or ", or " in sentence:
        return None
    plan, verb, what = match.groups()
    shapes = ("On the {0} plan you {1} {2}.", "With {0}, you {1} {2}.")
    return chance.choice(shapes).format(plan, "pay" if verb == "costs" else "get", what)


def introduced(sentence: str, source: Source, chance: random.Random) -> str | None:
    """According to our help centre, ...; please note that ..."""
    del source
    openings = ["Please note that {0}", "Just so you know, {0}", "To answer your question: {0}"]
    openings += ["According to our help centre, {0}", "From what our documentation says, {0}"]
    first = sentence.split(" ", 1)[0]
    told = sentence[0].lower() + sentence[1:] if first in _FIRST_WORDS else sentence
    if first not in _FIRST_WORDS:
        return None
    return chance.choice(openings).format(told)


WAYS: Final[Mapping[str, Way]] = {
    way.__name__: way
    for way in (
        number_words,
        currency,
        per,
        percent,
        voice,
        synonyms,
        parted,
        reordered,
        key_value,
        restated_negation,
        you,
        on_the_plan,
        introduced,
    )
}


def merged(first: str, second: str, chance: random.Random) -> str | None:
    """Return two sentences as one, where the second begins with a word that may be lower case."""
    word = second.split(" ", 1)[0]
    if word not in _FIRST_WORDS or "," in first or len(first) + len(second) > 220:
        return None
    if first.startswith(("If ", "When ")) or word in ("If", "When"):
        return None
    told = second[0].lower() + second[1:]
    return f"{first[:-1]}{chance.choice((', and ', '; '))}{told}"
