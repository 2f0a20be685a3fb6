"""Codes that work once: the first admin, invitations and new passwords — on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from firstline.errors import InputError
from firstline.store.entry_codes import EntryCodeStore
from firstline.store.people import PeopleStore
from firstline.store.people_records import CodeKind, EntryCode, NewPerson, Person
from tests.builders import NOON

DAY = timedelta(days=1)


@pytest.fixture
def codes(engine: sa.Engine) -> EntryCodeStore:
    """Return a store without codes."""
    return EntryCodeStore(engine)


def a_code(
    name: str, kind: CodeKind = "setup", *, whose: Person | None = None, called: str = "Bo Ek"
) -> EntryCode:
    """Return a code that is valid for a day."""
    return EntryCode(
        hash=name,
        kind=kind,
        person=whose.id if whose else "",
        email=whose.email if whose else "bo@acme.example",
        name=whose.name if whose else called,
        role="lead",
        made_by="Ada Ling",
        made_at=NOON,
        expires_at=NOON + DAY,
    )


def first(codes: EntryCodeStore, code: str, name: str = "Ada Ling") -> Person | None:
    """Set the first admin up."""
    email = f"{name.split(maxsplit=1)[0].lower()}@acme.example"
    new = NewPerson(email=email, name=name, role="admin", hashed="hash")
    return codes.set_up(code, new, "192.0.2.1", NOON)


def test_the_first_admin_is_set_up_once(codes: EntryCodeStore) -> None:
    """The code works, and then neither it nor another one."""
    codes.add(a_code("one"), None)
    codes.add(a_code("two"), None)
    assert not codes.is_set_up()
    made = first(codes, "one")
    assert made is not None
    assert (made.role, made.name) == ("admin", "Ada Ling")
    assert codes.is_set_up()
    assert first(codes, "one", "Eve Roe") is None
    assert first(codes, "two", "Eve Roe") is None


@pytest.mark.parametrize("same", [True, False])
def test_of_many_who_set_up_at_once_one_is_the_admin(codes: EntryCodeStore, same: bool) -> None:
    """With the same code or with different ones, which two processes printed."""
    for number in range(6):
        codes.add(a_code(f"code {number}"), None)
    tried = ["code 0" if same else f"code {number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda pair: first(codes, pair[1], f"P{pair[0]} X"), enumerate(tried)))
    assert sum(person is not None for person in made) == 1


def test_a_set_up_code_is_worth_nothing_once_anybody_is_here(
    engine: sa.Engine, codes: EntryCodeStore
) -> None:
    """Who was added on the command line closes the set-up."""
    codes.add(a_code("one"), None)
    new = NewPerson(email="cli@acme.example", name="Cli", role="admin", hashed="")
    PeopleStore(engine).add(new, None, NOON)
    assert first(codes, "one") is None


def test_an_invitation_makes_the_person_it_names_once(
    engine: sa.Engine, codes: EntryCodeStore
) -> None:
    """Of several who open the link at once, one sets the password."""
    codes.add(a_code("link", "invite"), None)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: codes.accept("link", f"hash {n}", "", NOON), range(4)))
    (person,) = [one for one in made if one is not None]
    assert (person.name, person.role) == ("Bo Ek", "lead")
    found = PeopleStore(engine).credentials("bo@acme.example")
    assert found is not None
    assert found.hashed == f"hash {made.index(person)}"


def test_codes_expire(codes: EntryCodeStore) -> None:
    """After its time a code is neither found nor used."""
    codes.add(a_code("link", "invite"), None)
    assert codes.find("link", ("invite",), NOON + DAY) is None
    assert codes.accept("link", "hash", "", NOON + DAY) is None
    assert codes.open_invitations(NOON + DAY) == ()


def test_a_code_is_good_for_its_own_kind_only(codes: EntryCodeStore) -> None:
    """An invitation does not set the server up, and a set-up code invites nobody."""
    codes.add(a_code("setup"), None)
    codes.add(a_code("link", "invite"), None)
    assert first(codes, "link") is None
    assert codes.accept("setup", "hash", "", NOON) is None


def test_inviting_again_replaces_the_first_link(codes: EntryCodeStore) -> None:
    """Only the latest link of an address works."""
    codes.add(a_code("old", "invite"), None)
    codes.add(a_code("new", "invite"), None)
    assert codes.accept("old", "hash", "", NOON) is None
    assert [one.hash for one in codes.open_invitations(NOON)] == ["new"]


def test_nobody_is_invited_under_somebodys_name(engine: sa.Engine, codes: EntryCodeStore) -> None:
    """Names and addresses that are taken are refused at once, not when the link is used."""
    new = NewPerson(email="x@acme.example", name="bo ek", role="agent", hashed="")
    PeopleStore(engine).add(new, None, NOON)
    with pytest.raises(InputError, match="already"):
        codes.add(a_code("link", "invite"), None)
    assert codes.open_invitations(NOON) == ()


def test_a_link_whose_name_was_taken_meanwhile_says_so(
    engine: sa.Engine, codes: EntryCodeStore
) -> None:
    """And stays usable: nothing was done."""
    codes.add(a_code("link", "invite"), None)
    new = NewPerson(email="bo@acme.example", name="Other", role="agent", hashed="")
    PeopleStore(engine).add(new, None, NOON)
    with pytest.raises(InputError, match="already"):
        codes.accept("link", "hash", "", NOON)
    assert codes.find("link", ("invite",), NOON) is not None


def test_an_invitation_can_be_taken_back(codes: EntryCodeStore) -> None:
    """The link is dead then; taking it back twice says so."""
    codes.add(a_code("link", "invite"), None)
    assert codes.withdraw("link")
    assert not codes.withdraw("link")
    assert codes.accept("link", "hash", "", NOON) is None


def test_a_reset_sets_the_password_of_its_person(engine: sa.Engine, codes: EntryCodeStore) -> None:
    """Unless they were disabled meanwhile."""
    people = PeopleStore(engine)
    people.add(NewPerson(email="a@x.example", name="A", role="admin", hashed=""), None, NOON)
    bo = people.add(
        NewPerson(email="bo@x.example", name="Bo", role="agent", hashed="old"), None, NOON
    )
    codes.add(a_code("reset", "reset", whose=bo), None)
    assert codes.accept("reset", "new", "", NOON) == bo
    found = people.credentials(bo.email)
    assert found is not None
    assert found.hashed == "new"
    codes.add(a_code("again", "reset", whose=bo), None)
    people.disable(bo.id, None, NOON)
    assert codes.accept("again", "newer", "", NOON) is None
