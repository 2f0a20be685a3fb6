"""What names a person: e-mail addresses, phones, ids, full names, street addresses, as forms.

A form is one spelling for everything that means the same: `+61 412 345 678` and `0412 345 678`,
`INV-50688` and `inv 50688`, `José  Díaz` and `Diaz, Jose`. Records give forms when they are
indexed, replies when they are checked; what has a form in common names the same person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Literal

import re2

LONGEST = 200
"""Characters of a value that may identify somebody; longer ones are prose."""
_PHONE_WORDS = frozenset({"phone", "mobile", "tel", "telephone", "cell", "fax", "phones"})
_ID_WORDS = frozenset(
    {"id", "ids", "uuid", "number", "no", "reference", "ref", "iban", "key", "canary"}
)
_ID_LAST = frozenset(
    "account accounts booking bookings invoice invoices licence license locator membership order"
    " orders passport pnr reservation reservations subscription subscriptions ticket tickets"
    " transaction transactions".split()
)
"""Fields that end so hold ids, when what they hold looks like one."""
_SHARED_WORDS = frozenset({"product", "item", "plan", "sku", "category", "zip", "postal", "house"})
"""Words of fields whose numbers name things, not people."""
_NAME_FIELDS = frozenset(
    "name fullname customername displayname contactname accountholder accountname cardholder"
    " cardholdername nameoncard recipient recipientname ownername passengername membername".split()
)
_COMPANY_FIELDS = frozenset(
    "company companyname organisation organization organisationname organizationname businessname"
    " tradingname legalname employer workspacename teamname".split()
)
_FIRST_FIELDS = frozenset("firstname givenname first forename".split())
_LAST_FIELDS = frozenset("lastname familyname surname last".split())
_STREET_FIELDS = frozenset(
    "address streetaddress street address1 addressline1 addressline line1 street1 homeaddress"
    " billingaddress shippingaddress deliveryaddress postaladdress mailingaddress".split()
)
_PEOPLE = frozenset(
    "account billing client contact contacts customer details member members owner passenger"
    " passengers person personal profile recipient savedpassengers shipping travellers travelers"
    " user users".split()
)
"""Tables below which a plain `name` is a person's or a company's."""
_COMPANIES = frozenset("business company employer organisation organization".split())
_SHORTEST_ID = 4
_SHORTEST_NUMBER = 5
_SHORTEST_CODE = 5
_SHORTEST_PHONE = 7
_PHONE_TAIL = 9
"""Digits compared of a longer phone number, so that +61 412… and 0412… are the same."""
_LONGEST_PHONE = 15
_LONGEST_NAME = 8
"""Words of a name."""
_EMAIL = re2.compile(r"^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$")
_WORDS = re2.compile(r"[A-Z]+[a-z]*|[a-z]+|\d+")
_LETTERS = re2.compile(r"[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)?")
_ADDRESS_WORDS = re2.compile(r"[\p{L}\p{M}\p{N}]+")
_INDEX = re2.compile(r"\[\d+\]")
_JOINTS = str.maketrans("", "", " \t-_/\u00a0\u2010\u2011\u2012\u2013\u2014")
_EDGES = " \t\r\n#.,;:()[]<>\"'"
_TITLES = frozenset("mr mrs ms miss mx dr prof sir madam herr frau".split())
_LEGAL = frozenset(
    "ab ag as bv co company corp corporation gmbh inc incorporated kg limited llc llp ltd nv oy plc"
    " pte pty sa sarl spa srl".split()
)
_SHORT_STREETS = {
    "ave": "avenue", "av": "avenue", "blvd": "boulevard", "cct": "circuit", "cl": "close",
    "cres": "crescent", "ct": "court", "dr": "drive", "hwy": "highway", "ln": "lane",
    "pde": "parade", "pl": "place", "rd": "road", "sq": "square", "st": "street", "str": "street",
    "tce": "terrace", "ter": "terrace", "pkwy": "parkway",
}  # fmt: skip
_UNITS = frozenset(
    "apartment apt box building flat floor level lot po room shop suite unit".split()
)


def forms_of_token(token: str) -> Iterator[str]:
    """Yield every form that a piece of a reply could have been indexed under."""
    if len(token) > LONGEST:
        return
    if not token.isascii():
        token = token.encode("utf-8", "replace").decode()
    if "@" in token:
        yield from email_forms(token)
    elif any(map(str.isdigit, token)):
        yield from phone_forms(token)
        yield from id_forms(token)
        yield from address_forms(token)
    else:
        yield from id_forms(token)
        yield from name_forms(token)


def forms_of_fields(fields: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Yield the forms of everything in a record that names somebody.

    Args:
        fields: Paths (`orders[0].id`) and values; only texts count.
    """
    halves: dict[str, dict[str, str]] = {}
    for path, value in fields:
        if not isinstance(value, str) or not value or len(value) > LONGEST:
            continue
        if "@" in value:
            yield from email_forms(value)
            continue
        kind = _kind_of(path)
        if kind in ("first", "last"):
            halves.setdefault(path.rpartition(".")[0], {})[kind] = value
        else:
            yield from _FORMS[kind](value)
    for half in halves.values():
        if len(half) == len(("first", "last")):
            yield from name_forms(f"{half['first']} {half['last']}")


def email_forms(text: str) -> Iterable[str]:
    """Return the form of an e-mail address; none of anything else."""
    folded = text.strip(_EDGES).casefold()
    return (folded,) if _EMAIL.match(folded) else ()


def phone_forms(text: str) -> Iterable[str]:
    """Return the form of a phone number: its last nine digits."""
    digits = "".join(filter(str.isdigit, text))
    others = len(text) - len(digits)
    if not _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE or others > len(digits):
        return ()
    return (f"tel:{digits[-_PHONE_TAIL:]}",)


def id_forms(text: str) -> Iterable[str]:
    """Return the form of an id: lower case, without blanks and dashes.

    An id has a digit, or is a code of five capitals or more. Ids shorter than four characters
    and numbers shorter than five digits name nobody.
    """
    plain = text.strip(_EDGES)
    if not any(map(str.isdigit, plain)):
        # A code such as VQXRTA is told from a word by its capitals.
        identifies = len(plain) >= _SHORTEST_CODE and plain.isalpha() and plain.isupper()
    else:
        identifies = len(plain) >= (_SHORTEST_NUMBER if plain.isdigit() else _SHORTEST_ID)
    return (f"id:{plain.casefold().translate(_JOINTS)}",) if identifies else ()


def name_forms(text: str) -> Iterable[str]:
    """Return the forms of a full name of a person or company: two words or more.

    Accents, titles and what stands behind a company's name (Pty Ltd) do not count. Of a name with
    a middle part, first and last word are a form as well. A first name alone names nobody.
    """
    if "," in text:
        last, _, first = text.partition(",")
        text = f"{first} {last}"
    words = [word for word in _words_of(text) if word and word not in _TITLES]
    while len(words) > len("ab") and words[-1] in _LEGAL:
        words.pop()
    if not 1 < len(words) <= _LONGEST_NAME or max(map(len, words)) < len("abc"):
        return ()
    whole = f"name:{' '.join(words)}"
    if len(words) == len("ab"):
        return (whole,)
    return whole, f"name:{words[0]} {words[-1]}"


def company_forms(text: str) -> Iterable[str]:
    """Return the form of a company's whole name, when it has two words or more."""
    forms = tuple(name_forms(text.replace(",", " ")))
    return forms[:1]


def address_forms(text: str) -> Iterable[str]:
    """Return the form of a street address: house number and street, of the first part with both."""
    for part in text.split(","):
        if " " not in part:
            continue
        plain = part.replace(" ", "")
        pieces = (
            part.split() if plain.isascii() and plain.isalnum() else _ADDRESS_WORDS.findall(part)
        )
        words = [folded for word in pieces if (folded := _folded_word(word))]
        words = [_SHORT_STREETS.get(word, word) for word in words]
        numbers = [word for word in words if word[0].isdigit()]
        named = [word for word in words if word.isalpha() and len(word) > len("ab")]
        if not numbers or not named or words[0] in _UNITS:
            continue
        if words[0][0].isdigit() or words[-1][0].isdigit():
            return (f"addr:{' '.join(words)}",)
    return ()


Kind = Literal["phone", "id", "name", "company", "first", "last", "street", "other"]
_FORMS: Mapping[Kind, Callable[[str], Iterable[str]]] = {
    "phone": phone_forms,
    "id": id_forms,
    "name": name_forms,
    "company": company_forms,
    "street": address_forms,
    "other": lambda _text: (),
}


@lru_cache(maxsize=16_384)
def _kind_of(path: str) -> Kind:
    """Tell what the values of a field name, by its own name and that of the table it is in."""
    if "[" in path:
        path = str(_INDEX.sub("", path[-LONGEST:]))
    table, _, field = path.rpartition(".")
    return _kind(table.rpartition(".")[2], field)


def _kind(table: str, field: str) -> Kind:
    words = [word.casefold() for word in _WORDS.findall(field[:LONGEST])]
    name = "".join(words)
    if name in _FIRST_FIELDS:
        return "first"
    if name in _LAST_FIELDS:
        return "last"
    if _PHONE_WORDS.intersection(words):
        return "phone"
    identifying = _ID_WORDS.intersection(words) or (words and words[-1] in _ID_LAST)
    if identifying and not _SHARED_WORDS.intersection(words):
        return "id"
    return _kind_of_name(table, name)


def _kind_of_name(table: str, name: str) -> Kind:
    inside = "".join(word.casefold() for word in _WORDS.findall(table[:LONGEST]))
    if name in _STREET_FIELDS:
        return "street"
    if name in _COMPANY_FIELDS or (name == "name" and inside in _COMPANIES):
        return "company"
    if name in _NAME_FIELDS and (name != "name" or not inside or inside in _PEOPLE):
        return "name"
    return "other"


def _words_of(text: str) -> list[str]:
    plain = text.casefold()
    if plain.isascii() and plain.replace(" ", "").isalpha():
        return plain.split()
    return [_folded_word(word) for word in _LETTERS.findall(text)]


def _folded_word(word: str) -> str:
    """Return a word in lower case without accents and apostrophes."""
    if word.isascii():
        return word.casefold().replace("'", "")
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in apart if char.isalnum())
