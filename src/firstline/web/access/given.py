"""What people type about people: cleaned and bounded, or refused with words. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final, get_args

import re2

from firstline.errors import InputError
from firstline.store.people_records import ROLES, SCOPES, Role, Scope

LONGEST_EMAIL: Final = 254
LONGEST_NAME: Final = 80
_EMAIL: Final = re2.compile(r"[^\s@<>\"'(),:;\\\[\]\pC]{1,64}@[\pL\pN-]+(?:\.[\pL\pN-]+)+")


def an_email(text: str) -> str:
    """Return an e-mail address in lower case; raises InputError for anything else."""
    cleaned = unicodedata.normalize("NFKC", text[: LONGEST_EMAIL + 2]).strip().lower()
    good = cleaned.isprintable() and _EMAIL.fullmatch(cleaned)
    if len(cleaned) > LONGEST_EMAIL or not good:
        raise InputError("this is no e-mail address", fix="Write it like name@company.example")
    return str(cleaned)


def storable(text: str) -> str:
    """Return text that every database takes: without NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def person_name(text: str) -> str:
    """Return a person's name on one line; raises InputError when it is empty or too long."""
    return _line(text, "the name")


def key_name(text: str) -> str:
    """Return what a key is for, on one line; raises InputError when it is empty or too long."""
    return _line(text, "what the key is for")


def _line(text: str, what: str) -> str:
    cleaned = " ".join(unicodedata.normalize("NFKC", text[: 4 * LONGEST_NAME]).split())
    if not cleaned:
        raise InputError(f"{what} is empty")
    if len(cleaned) > LONGEST_NAME:
        raise InputError(f"{what} is longer than {LONGEST_NAME} characters")
    if not cleaned.isprintable():
        raise InputError(f"{what} has characters that are not seen", fix="Type it without them")
    return cleaned


def a_role(text: str) -> Role:
    """Return a role; raises InputError for anything else."""
    for role in ROLES:
        if role == text:
            return role
    raise InputError("there is no such role", fix=f"Roles are {', '.join(get_args(Role))}")


def some_scopes(texts: list[str]) -> tuple[Scope, ...]:
    """Return scopes in their usual order; raises InputError for an unknown one."""
    if set(texts) - set(SCOPES):
        raise InputError("there is no such scope", fix=f"Scopes are {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in texts)
