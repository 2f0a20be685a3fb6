"""Whose something is, as far as a reply's own evidence and the company's own words tell."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import re2

from firstline.proof.normal import normalise
from firstline.proof.subject import Subject
from firstline.records import Evidence
from firstline.workspace.identifier_forms import forms_of_fields, forms_of_token

_NUMBER = re2.compile(r"\p{Nd}[\p{Nd},]*(?:\.\p{Nd}+)?")
_YEARS = range(1900, 2101)
_LEAST = 3
"""Digits of a number, or characters of a word, that may give somebody away."""
_LEAST_PHRASE = 8
_LONGEST_PHRASE = 200
_JOINTS = str.maketrans("", "", " \t\n-_/()\u00a0\u2010\u2011\u2012\u2013\u2014")


class Whose:
    """What belongs to the customer, to somebody else, to the company. Read when first needed."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    @cached_property
    def own(self) -> frozenset[str]:
        """Forms of everything in the customer's own records that names somebody."""
        fields = (field for item in self._own_records() for field in item.fields)
        customer = self._subject.customer
        return frozenset((*forms_of_fields(fields), *(forms_of_token(customer or ""))))

    @cached_property
    def foreign(self) -> frozenset[str]:
        """Forms of everything in other people's records that names somebody."""
        fields = (field for item in self.foreign_records for field in item.fields)
        return frozenset(forms_of_fields(fields)) - self.own

    @cached_property
    def foreign_records(self) -> tuple[Evidence, ...]:
        """Records of anybody but this customer; of an unverified sender, all records."""
        customer = self._subject.customer
        return tuple(
            item
            for item in self._subject.evidence
            if item.kind == "record" and item.source != customer
        )

    @cached_property
    def foreign_numbers(self) -> frozenset[str]:
        """Numbers that only other people's records have."""
        theirs = {
            number
            for item in self.foreign_records
            for _, value in item.fields
            for number in numbers_of(value)
        }
        if not theirs:
            return frozenset()
        return frozenset(theirs) - set(numbers_of(self.known))

    @cached_property
    def foreign_phrases(self) -> tuple[str, ...]:
        """Texts of two words or more that only other people's records have, lower case."""
        phrases = {
            normalise(value).casefold()
            for item in self.foreign_records
            for _, value in item.fields
            if " " in value.strip() and _LEAST_PHRASE <= len(value) <= _LONGEST_PHRASE
        }
        known = self.known
        return tuple(sorted(phrase for phrase in phrases if phrase and phrase not in known))

    @cached_property
    def public(self) -> str:
        """What the company publishes, lower case: what stands there is nobody's."""
        workspace = self._subject.workspace
        settings, voice = workspace.settings, workspace.voice
        parts = [
            settings.company,
            settings.disclosure,
            *settings.own_addresses,
            *(plan.name for plan in workspace.catalogue.plans),
            *(feature for plan in workspace.catalogue.plans for feature in plan.features),
            *workspace.catalogue.features,
            voice.greeting,
            voice.opening,
            voice.closing,
            voice.handoff,
            voice.unsure,
            *(ours for _, ours in voice.pairs),
            *(line for intent in workspace.intents for line in intent.answer),
            *(
                f"{item.title}\n{item.text}"
                for item in self._subject.evidence
                if item.kind in ("passage", "policy") and item.audience == "public"
            ),
        ]
        return normalise("\n".join(parts)).casefold()

    @cached_property
    def known(self) -> str:
        """Everything this customer may read back: public words, own records, own messages."""
        subject = self._subject
        own = (f"{path} {value}" for item in self._own_records() for path, value in item.fields)
        texts = (
            item.text
            for item in subject.evidence
            if item.kind == "ticket" or (item.kind == "record" and item.source == subject.customer)
        )
        said = "\n".join((*own, *texts, subject.asked, *subject.earlier))
        return f"{self.public}\n{normalise(said).casefold()}"

    @cached_property
    def joined(self) -> str:
        """The known and whatever else stands in the evidence, without blanks and dashes."""
        rest = (
            f"{item.text}\n{item.url}\n"
            + "\n".join(f"{path} {value}" for path, value in item.fields)
            for item in self._subject.evidence
        )
        return joined(f"{self.known}\n{normalise(chr(10).join(rest)).casefold()}")

    @cached_property
    def digits(self) -> str:
        """The digits of the same, in a row."""
        return "".join(sign for sign in self.joined if sign.isdigit() or sign in ",;|")

    def has(self, token: str) -> bool:
        """Whether anything the reply was made from has a token, however it is spaced."""
        return joined(token.casefold().strip("#.")) in self.joined

    def is_public(self, token: str) -> bool:
        """Whether the company's own words have a token as a whole word or words."""
        return find_words(self.public, token) >= 0

    def _own_records(self) -> Iterator[Evidence]:
        for item in self._subject.evidence:
            if item.kind == "record" and item.source == self._subject.customer:
                yield item


def find_words(text: str, words: str) -> int:
    """Return where a text has these words as whole words, whatever their case; -1 if nowhere."""
    text, wanted = text.casefold(), words.casefold()
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        before, after = text[max(0, at - 1) : at], text[end : end + 1]
        if not before.isalnum() and not after.isalnum():
            return at
        at = text.find(wanted, at + 1)
    return -1


def joined(text: str) -> str:
    """Return text without blanks, dashes and brackets, to find numbers written otherwise."""
    return text.translate(_JOINTS)


def numbers_of(text: str) -> Iterator[str]:
    """Yield the numbers of a text that are more than a count or a year, each in one spelling."""
    for match in _NUMBER.finditer(text):
        written = match.group(0).rstrip(",").replace(",", "")
        whole, _, part = written.partition(".")
        plain = f"{whole}.{part}".rstrip("0").rstrip(".") if part else whole
        digits = sum(map(str.isdigit, plain))
        if digits >= _LEAST and not (
            len(plain) == len("2026")
            and plain.isascii()
            and plain.isdigit()
            and int(plain) in _YEARS
        ):
            yield plain
