"""Does the reply speak of this customer and nobody else?

Every word or number of the reply that could name a person is asked for in the customer index;
what belongs to somebody else, and not to this customer too, blocks. A sender nobody vouches for
has no record, so nothing of any record may be said to them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from string import ascii_letters

import re2

from firstline.proof.mentions import Mention, TooManyMentionsError, mentions
from firstline.proof.normal import normalise
from firstline.proof.personal_data import find_personal, region_of
from firstline.proof.subject import Subject, blocked
from firstline.proof.whole_reply import WholeReply
from firstline.proof.whose import Whose, numbers_of
from firstline.records import Finding
from firstline.workspace.identifier_forms import forms_of_token

CHECK = "customer"
MOST_FINDINGS = 8
"""Of one sentence; one is enough to block it."""
_WHAT = {
    "email": "e-mail address",
    "number": "number or id",
    "code": "code",
    "name": "name",
    "address": "street address",
}
_DATE = re2.compile(
    r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|^\d{1,2}[-/.]\d{1,2}[-/.](?:\d{2}|\d{4})$|^\d{1,2}:\d{2}"
)
_LINK = re2.compile(r"(?i)\b[a-z][a-z0-9+.\-]*://\S+|\bwww\.\S+")
_MIXED = re2.compile(r"^#?\p{L}+[\-_#]?\p{L}*\p{Nd}[\p{L}\p{Nd}\-_]*$|^\p{Nd}+$")
_STREETS = frozenset(
    "street st avenue ave road rd drive dr lane ln court ct boulevard blvd parade terrace crescent"
    " highway way place close square".split()
)
_STREET = re2.compile(rf"(?i)^\d{{1,6}}[a-z]? .*\b(?:{'|'.join(sorted(_STREETS))})$")
_ADDRESSED = re2.compile(
    r"(?m)^(?:Hi|Hello|Hey|Dear|Good (?:morning|afternoon|evening)|Thanks|Thank you)[, ]{1,2}"
    r"(?:(?:Mr|Ms|Mrs|Dr)\.? )?(\p{Lu}[\p{Ll}\p{M}'’\-]+(?: \p{Lu}[\p{Ll}\p{M}'’\-]+)?)[,!.:]"
)
_CALLED = re2.compile(
    r"(?i:\b(?:passenger|traveller|traveler|name|names|customer|recipient|holder|cardholder|ship to"
    r"|deliver to|contact|guest|member|attention|attn)s?)\s?[*_\"']{0,3}:[*_\"']{0,3} ?"
    r"(?:(?:Mr|Ms|Mrs|Dr)\.? )?(\p{Lu}[\p{Ll}\p{M}'’\-]+ \p{Lu}[\p{Ll}\p{M}'’\-]+)"
)
_ANYBODY = frozenset(
    "there again all everyone everybody friend team folks customer valued sir madam support guest"
    " member".split()
)
_LEAST_MIXED = 4
"""Digits of a code with letters that is looked for in the evidence; of bare digits seven."""
_LEAST_BARE = 7
_CODE = re2.compile(
    r"^(?:[A-Z]{1,4}\d{3,}|[A-Z]{4,}\d+|\d+[A-Z]{4,}|[A-Z]+\d+[A-Z][A-Z\d]*|\d+[A-Z]+\d[A-Z\d]*)$"
)
_UNIT = re2.compile(r"BPS$|USD$|GMT|UTC|HRS$|MINS$|[AP]M$")
_EXAMPLE = "1234567890"
"""Digits of an example: "your order id (such as #W0000000)"."""


def customer(subject: Subject) -> tuple[Finding, ...]:
    """Check that nothing in the reply names, or comes from a record of, anybody else."""
    whose, whole = Whose(subject), WholeReply(subject.draft)
    found = [*_cited(subject)]
    try:
        mentioned = mentions(whole.text)
    except TooManyMentionsError:
        detail = "it has more names and numbers than can be looked up"
        return (*found, blocked(CHECK, detail, code="too_many"))
    found.extend(
        blocked(
            CHECK,
            f"it holds somebody else's {_WHAT[mention.kind]}",
            code="foreign_name" if mention.kind == "name" else "foreign_identifier",
            sentence=whole.sentence(mention.start),
            span=whole.span(mention.start, mention.end),
        )
        for mention in itertools.islice(_foreign(subject, whose, mentioned), MOST_FINDINGS)
    )
    if whose.foreign_records:
        for at, sentence in enumerate(subject.draft.sentences):
            found.extend(_values(whose, normalise(sentence.text), at))
    if subject.foreign:
        found.extend(itertools.islice(_unknown(subject, whose, whole, mentioned), MOST_FINDINGS))
    return tuple(found)


def _cited(subject: Subject) -> Iterator[Finding]:
    """Yield the sentences that rest on a record of somebody else, or on any without a customer."""
    held = subject.held
    for at, sentence in enumerate(subject.draft.sentences):
        for key in sentence.evidence:
            item = held.get(key)
            if item is None or item.kind != "record" or item.source == subject.customer:
                continue
            if subject.customer is None:
                detail, code = (
                    "it rests on a record, and nobody vouches for the sender",
                    "unverified",
                )
            else:
                detail, code = "it rests on somebody else's record", "foreign_record"
            yield blocked(CHECK, detail, code=code, sentence=at)


def _foreign(subject: Subject, whose: Whose, mentioned: tuple[Mention, ...]) -> Iterator[Mention]:
    """Yield what names somebody else; parts of what is the customer's own are passed over."""
    own: list[tuple[int, int]] = []
    told: list[tuple[int, int]] = []
    for mention in mentioned:
        place = (mention.start, mention.end)
        if _inside(place, own) or _inside(place, told):
            continue
        verdict = _verdict(subject, whose, mention)
        if verdict == "own":
            own.append(place)
        elif verdict == "foreign":
            told.append(place)
            yield mention


def _inside(place: tuple[int, int], places: list[tuple[int, int]]) -> bool:
    return any(start <= place[0] and place[1] <= end for start, end in places)


def _verdict(subject: Subject, whose: Whose, mention: Mention) -> str:
    """Tell whether a candidate is the customer's `own`, `foreign`, or neither (empty)."""
    owners = subject.owners(mention.token)
    if subject.customer is not None and subject.customer in owners:
        return "own"
    elsewhere = bool(owners)
    if not elsewhere and not whose.foreign_records:
        return ""
    forms = frozenset(forms_of_token(mention.token))
    if not elsewhere and not forms & whose.foreign:
        return ""
    # A colleague named in the customer's own record may be a customer too; an id is never shared.
    if mention.kind in ("name", "address") and forms & whose.own:
        return "own"
    return "" if whose.is_public(mention.token) else "foreign"


def _values(whose: Whose, text: str, at: int) -> Iterator[Finding]:
    """Yield what only a record of somebody else says: amounts, dates, titles."""
    numbers = not whose.foreign_numbers.isdisjoint(numbers_of(text))
    folded = text.casefold()
    if numbers or any(phrase in folded for phrase in whose.foreign_phrases):
        detail = "it says what only somebody else's record says"
        yield blocked(CHECK, detail, code="foreign_value", sentence=at)


def _unknown(
    subject: Subject, whose: Whose, whole: WholeReply, mentioned: tuple[Mention, ...]
) -> Iterator[Finding]:
    """Yield identifiers of another system's reply that nothing it was given has."""
    for what, start, end in _strange(subject, whose, whole.text, mentioned):
        yield blocked(
            CHECK,
            f"it holds a {what} that stands nowhere in what it was given",
            code="unknown_identifier",
            sentence=whole.sentence(start),
            span=whole.span(start, end),
        )


def _strange(
    subject: Subject, whose: Whose, text: str, mentioned: tuple[Mention, ...]
) -> Iterator[tuple[str, int, int]]:
    linked = "://" in text or "www." in text.lower()
    links = [(match.start(), match.end()) for match in _LINK.finditer(text)] if linked else []
    for mention in mentioned:
        if mention.kind == "name":
            continue
        street = mention.kind == "address" and _is_street(mention.token)
        place = (mention.start, mention.end)
        if not (street or _identifies(mention)) or _inside(place, links):
            continue
        if not whose.has(mention.token):
            yield _WHAT[mention.kind], *place
    region = region_of(subject.workspace.settings.locale)
    for item in find_personal(text, region=region):
        digits = "".join(filter(str.isdigit, text[item.start : item.end]))
        if item.kind == "phone" and digits[-_LEAST_BARE:] not in whose.digits:
            yield "phone number", item.start, item.end
    for match in (*_ADDRESSED.finditer(text), *_CALLED.finditer(text)):
        if not _is_known(match.group(1), whose):
            yield "name", match.start(1), match.end(1)


def _is_street(token: str) -> bool:
    """Whether a house number has the name of a street behind it: by its last word, then whole."""
    last = token[len(token.rstrip(ascii_letters)) :].lower()
    return (last in _STREETS or not token.isascii()) and _STREET.search(token) is not None


def _is_known(name: str, whose: Whose) -> bool:
    """Whether every word of a name stands somewhere; records hold first and last name apart."""
    return name.casefold() in _ANYBODY or all(whose.has(word) for word in name.split())


def _identifies(mention: Mention) -> bool:
    token = mention.token
    if mention.kind == "email":
        return True
    if mention.kind == "code":
        return len(token) > _LEAST_MIXED + 1 and sum(map(token.count, "AEIOU")) <= 1
    if mention.kind != "number":
        return False
    digits = "".join(filter(str.isdigit, token))
    if len(digits) < _LEAST_MIXED and token.isdigit():
        return False
    coded = _CODE.match(token) is not None and not _UNIT.search(token)
    if _DATE.search(token) or not (coded or _MIXED.match(token)):
        return False
    if len(digits) >= _LEAST_MIXED and (len(set(digits)) == 1 or digits in _EXAMPLE):
        return False
    return coded or len(digits) >= (_LEAST_BARE if token.isdigit() else _LEAST_MIXED)
