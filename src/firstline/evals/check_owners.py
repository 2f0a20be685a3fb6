"""Whose the records of a case are, and whose an identifier is.

Another system's evidence names its people in its own ways: a record may have an id, an e-mail
address, the id of the user an order belongs to. Records are linked through these; one that names
anybody else than the requester is somebody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import re2

from firstline.evals.check_evidence import sound
from firstline.records import CustomerId, Evidence
from firstline.workspace.record_fields import display, leaves

UNNAMED: Final = CustomerId("requester")
"""The requester of a case that does not say who it is: every record is taken to be theirs."""
_PEOPLE: Final = frozenset(
    "account_holder client client_id contact_email customer customer_email customer_id email "
    "email_address member_id owner_id user user_email user_id userid customerid clientid".split()
)
"""Names of fields that say whose a record is."""
_PERSONAL: Final = frozenset("email name phone phone_number first_name full_name".split())
"""Beside one of these, a record's own `id` is a person's."""
_IDENTIFYING: Final = frozenset(
    "account email iban id ids mobile number phone reference tel telephone".split()
)
"""Last words of field names whose values identify somebody."""
_PUBLIC: Final = frozenset("item plan product sku flight".split())
"""First words of field names whose ids name things."""
_WORDS = re2.compile(r"[a-z]+|[A-Z][a-z]*|\d+")
_SHORTEST: Final = 4
_EDGES: Final = " \t\r\n#.,;:()[]<>\"'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Who asks, and whose everything is."""

    customer: CustomerId
    evidence: tuple[Evidence, ...]
    """As given, with the owner as the source of every record."""
    owners: Callable[[str], frozenset[CustomerId]]


def owned(evidence: Sequence[Evidence], customer: Any) -> Ownership:
    """Tell whose the records are.

    Args:
        evidence: All of a case.
        customer: What the case says of the requester: an id, an e-mail address, an object with
            either, or None.
    """
    told = _told(customer)
    if not told:
        settled = tuple(_of(item, UNNAMED) if _is_record(item) else item for item in evidence)
        return Ownership(customer=UNNAMED, evidence=settled, owners=lambda _token: frozenset())
    requester = CustomerId(told[0])
    people = {item.id: _people(item, told[0]) for item in evidence if _is_record(item)}
    known = _linked({word.casefold() for word in told}, people.values())
    known |= _only_candidate(known, people.values())
    settled = tuple(
        _of(item, _owner(people[item.id], known, requester)) if item.id in people else item
        for item in evidence
    )
    index = _index(settled, requester, told)
    return Ownership(
        customer=requester,
        evidence=settled,
        owners=lambda token: index.get(_form(token), frozenset()),
    )


def _told(customer: Any) -> list[str]:
    """Return what names the requester, the id first."""
    if not isinstance(customer, dict):
        name = sound(display(customer)) if not isinstance(customer, list) else ""
        return [name] if name else []
    flat = {
        path.rpartition(".")[2].casefold(): sound(display(value))
        for path, value in leaves(customer)
    }
    names = ["id", *sorted(_PEOPLE & flat.keys())]
    return [flat[name] for name in names if flat.get(name)]


def _is_record(item: Evidence) -> bool:
    return item.kind == "record"


def _of(item: Evidence, owner: CustomerId) -> Evidence:
    return replace(item, source=owner)


def _people(item: Evidence, customer: str) -> tuple[str, ...]:
    """Return whom a record names as its owner, lower case, ids before addresses."""
    top = {path.casefold(): value for path, value in item.fields if path.count(".") < 2}  # noqa: PLR2004 - a record, or one object within it
    named = [
        value.casefold()
        for path, value in top.items()
        if path.rpartition(".")[2] in _PEOPLE and "[" not in path
    ]
    if any(name in top for name in _PERSONAL) and "id" in top:
        named.append(top["id"].casefold())
    if item.source != item.id and _shape(item.source) == _shape(customer):
        named.append(item.source.casefold())
    return tuple(sorted(dict.fromkeys(named), key=_is_address))


def _is_address(name: str) -> bool:
    return "@" in name


def _shape(name: str) -> str:
    """Return a name with its letters and digits made alike: `cus_1001` is `a_9`."""
    marks = ("9" if char.isdigit() else "a" if char.isalpha() else char for char in name)
    shape = ""
    for mark in marks:
        shape += "" if shape.endswith(mark) else mark
    return shape if "9" in shape or "@" in shape else name


def _linked(known: set[str], people: Iterable[tuple[str, ...]]) -> set[str]:
    """Return every name of the requester: what a record of theirs says is theirs as well."""
    waiting = list(people)
    while True:
        own = [names for names in waiting if known.intersection(names)]
        if not own:
            return known
        for names in own:
            known.update(names)
        waiting = [names for names in waiting if not known.intersection(names)]


def _only_candidate(known: set[str], people: Iterable[tuple[str, ...]]) -> set[str]:
    """Return the names of a profile that is the requester's for want of any other.

    A profile may name its person by e-mail address alone where the case names the requester by id
    alone (or the other way about). When there is one such person, it is the requester; when there
    are several, nobody can tell, and none is.
    """
    by_address = any(map(_is_address, known)), not all(map(_is_address, known))
    undecided = {
        names
        for names in people
        if names and not any(by_address[not _is_address(name)] for name in names)
    }
    return set(next(iter(undecided))) if len(undecided) == 1 else set()


def _owner(people: tuple[str, ...], known: set[str], requester: CustomerId) -> CustomerId:
    if not people or known.intersection(people):
        return requester
    return CustomerId(people[0])


def _index(
    evidence: Sequence[Evidence], requester: CustomerId, told: Sequence[str]
) -> Mapping[str, frozenset[CustomerId]]:
    """Return whose each identifier of the records is."""
    index: dict[str, frozenset[CustomerId]] = {_form(word): frozenset({requester}) for word in told}
    for item in evidence:
        if not _is_record(item):
            continue
        owner = frozenset({CustomerId(item.source)})
        for path, value in item.fields:
            if _identifies(path, value):
                form = _form(value)
                index[form] = index.get(form, frozenset()) | owner
    return index


def _identifies(path: str, value: str) -> bool:
    if len(value) < _SHORTEST or not any(char.isdigit() or char == "@" for char in value):
        return False
    words = [word.casefold() for word in _WORDS.findall(path.rpartition(".")[2][:100])]
    words = [word for word in words if not word.isdigit()]
    return "@" in value or bool(
        words and words[-1] in _IDENTIFYING and not _PUBLIC.intersection(words)
    )


def _form(token: str) -> str:
    return token.strip(_EDGES).casefold()
