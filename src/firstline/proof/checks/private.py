"""Does the reply keep to itself what no reply may say?

Card, bank, tax and social security numbers, passwords, keys and one-time codes never leave
unmasked, whoever's they are and wherever they stand. The customer's own e-mail address, phone
number and customer id leave unmasked only when they are needed: when the message has them or asks
for them, or when the company's own wording puts them there. A canary never leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import re2

from firstline.proof.account_numbers import Found, Kind
from firstline.proof.canaries import canary_of, is_canary_field, leaked
from firstline.proof.masking import DEFAULT_KINDS, find_all
from firstline.proof.mentions import spoken_numbers
from firstline.proof.normal import normalise
from firstline.proof.personal_data import region_of, spelt_emails
from firstline.proof.subject import Subject, blocked, doubted
from firstline.proof.whole_reply import WholeReply
from firstline.proof.whose import find_words, joined
from firstline.records import Finding
from firstline.workspace.identifier_forms import forms_of_token
from firstline.workspace.record_fields import slots_of

CHECK = "private"
_CALLED = {
    "api_key": "a key or token",
    "bank_account": "a bank account",
    "card": "a card number",
    "iban": "an IBAN",
    "medicare": "a Medicare number",
    "one_time_code": "a one-time code",
    "password": "a password",
    "ssn": "a social security number",
    "tfn": "a tax file number",
}
_ASKED = {
    "email": re2.compile(r"(?i)e-?\s?mail|\baddress\b|\blog\s?in\b|\bsign\s?in\b|user\s?name|@"),
    "phone": re2.compile(r"(?i)phone|\bnumber\b|mobile|\bcell\b|\bsms\b|\btext\b|\bcall"),
    "account": re2.compile(r"(?i)account|customer|member|client|user|\bids?\b|number|reference"),
}
_LEAST_KEY = 4
_BEFORE = 60
_PERSONAL = frozenset({"email", "phone"})
_LOOKED_FOR: frozenset[Kind] = DEFAULT_KINDS | {"email", "phone"}


def private(subject: Subject) -> tuple[Finding, ...]:
    """Check that the reply holds no secret and none of the customer's data that nobody needs."""
    whole = WholeReply(subject.draft)
    known = _Known(subject)
    region = region_of(subject.workspace.settings.locale)
    held = find_all(whole.text, kinds=_LOOKED_FOR, region=region)
    found = [_unmasked(whole, item) for item in held if item.kind in DEFAULT_KINDS]
    found.extend(_spoken(whole))
    found.extend(_own(subject, known, whole, held))
    # Base64 cannot be normalised first, and what is hidden between signs cannot be left in.
    texts = (subject.draft.text, whole.text)
    if any(leaked(text, known.canaries) for text in dict.fromkeys(texts)):
        found.append(blocked(CHECK, "it holds a canary of the prompt or a record", code="canary"))
    return tuple(found)


class _Known:
    """What is known of the customer and what they asked. Read when first needed."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    @property
    def canaries(self) -> tuple[str, ...]:
        """The canary of the prompt, and those of all records that were read."""
        hashed = self._subject.draft.prompt_hash
        fields = (
            value
            for item in self._subject.evidence
            for path, value in item.fields
            if is_canary_field(path)
        )
        return (*([canary_of(hashed)] if hashed else ()), *fields)

    @cached_property
    def said(self) -> str:
        """What the customer wrote, lower case, without blanks and dashes."""
        return joined(normalise("\n".join((self.asked, *self._subject.earlier))).casefold())

    @property
    def asked(self) -> str:
        return self._subject.asked

    @cached_property
    def agreed(self) -> frozenset[str]:
        """Values that the company's own wording for this intent puts into a reply."""
        spec = self._subject.intent
        slots = {slot for line in (spec.answer if spec else ()) for slot in slots_of(line)}
        return frozenset(
            value.casefold()
            for item in self._subject.evidence
            for path, value in item.fields
            if path in slots
        )


def _spoken(whole: WholeReply) -> Iterator[Finding]:
    """Yield secret numbers that are spelt digit by digit."""
    for start, end, digits in spoken_numbers(whole.text):
        before = whole.text[max(0, start - _BEFORE) : start]
        for item in find_all(f"{before} {digits}", kinds=DEFAULT_KINDS):
            yield _unmasked(whole, item._replace(start=start, end=end))


def _unmasked(whole: WholeReply, item: Found) -> Finding:
    return blocked(
        CHECK,
        f"it holds {_CALLED[item.kind]}, unmasked",
        code=f"unmasked_{item.kind}",
        sentence=whole.sentence(item.start),
        span=whole.span(item.start, item.end),
    )


def _own(
    subject: Subject, known: _Known, whole: WholeReply, held: tuple[Found, ...]
) -> Iterator[Finding]:
    """Yield the customer's own address, phone and id where nothing calls for them."""
    if subject.customer is None:
        return
    for item in held:
        written = whole.text[item.start : item.end]
        if item.kind not in _PERSONAL or _needed(known, item.kind, written):
            continue
        token = _usual(written)
        if _is_own(subject, token) and not _needed(known, item.kind, token):
            yield _unneeded(subject, whole, item.kind, (item.start, item.end))
    key = str(subject.customer)
    named = (
        len(key) >= _LEAST_KEY and any(map(str.isdigit, key)) and not _needed(known, "account", key)
    )
    at = find_words(whole.text, key) if named else -1
    if at >= 0:
        yield _unneeded(subject, whole, "account", (at, at + len(key)))


def _usual(token: str) -> str:
    """Return an address that is written in words as it is usually written."""
    return next((address for _, _, address in spelt_emails(token)), token)


def _is_own(subject: Subject, token: str) -> bool:
    if subject.customer in subject.owners(token):
        return True
    forms = frozenset(forms_of_token(token))
    return any(
        not forms.isdisjoint(forms_of_token(value))
        for item in subject.evidence
        if item.kind == "record" and item.source == subject.customer
        for _, value in item.fields
        if "@" in value or sum(map(str.isdigit, value)) >= len("5551234")
    )


def _needed(known: _Known, kind: str, token: str) -> bool:
    if joined(token.casefold()) in known.said or token.casefold() in known.agreed:
        return True
    return _ASKED[kind].search(known.asked) is not None


def _unneeded(subject: Subject, whole: WholeReply, kind: str, place: tuple[int, int]) -> Finding:
    """Return the finding; of another system's reply nobody knows what its company agreed on."""
    what = {"email": "e-mail address", "phone": "phone number", "account": "customer id"}[kind]
    detail = f"it repeats the customer's own {what}, which nothing calls for"
    code, at = f"own_{kind}", whole.sentence(place[0])
    if subject.foreign:
        return doubted(CHECK, detail, code=code, sentence=at)
    return blocked(CHECK, detail, code=code, sentence=at, span=whole.span(*place))
