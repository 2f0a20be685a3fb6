"""People, their rights and what ends their sessions — on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from firstline.errors import InputError
from firstline.store.access_log import AccessLog, EventFilter
from firstline.store.people import PeopleStore
from firstline.store.people_records import NewPerson, Person, Role
from firstline.store.sessions import IDLE, LASTING, SessionStore
from tests.builders import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
def people(engine: sa.Engine) -> PeopleStore:
    """Return a store without anybody."""
    return PeopleStore(engine)


def a_person(people: PeopleStore, name: str = "Ada Ling", role: Role = "admin") -> Person:
    """Add a person whose password hash is their name."""
    email = f"{name.split(maxsplit=1)[0]}@Acme.example"
    new = NewPerson(email=email, name=name, role=role, hashed=f"hash of {name}")
    return people.add(new, None, NOON)


def signed_in(engine: sa.Engine, who: Person, name: str = "t") -> SessionStore:
    """Open a session for a person."""
    sessions = SessionStore(engine)
    opened = sessions.open(
        who,
        name,
        hashed=f"hash of {who.name}",
        device_hash=f"device {name}",
        address="192.0.2.1",
        browser="a browser",
        now=NOON,
    )
    assert opened == NOON + LASTING
    return sessions


def actions(engine: sa.Engine) -> list[str]:
    """Return what was written down, oldest first."""
    page = AccessLog(engine).page(EventFilter())
    return [event.action for event in reversed(page.events)]


def test_a_person_is_found_by_address_in_any_case(people: PeopleStore) -> None:
    """Addresses are kept in lower case."""
    ada = a_person(people)
    assert ada.email == "ada@acme.example"
    assert people.credentials("ADA@acme.example") == (ada, "hash of Ada Ling", False)
    assert people.credentials("eve@acme.example") is None
    assert [one.name for one in people.list()] == ["Ada Ling"]


@pytest.mark.parametrize("taken", ["ada ling", "ADA LING"])
def test_two_people_never_have_the_same_name(people: PeopleStore, taken: str) -> None:
    """Decisions are signed with names, so case does not tell people apart."""
    a_person(people)
    with pytest.raises(InputError, match="already"):
        people.add(
            NewPerson(email="other@acme.example", name=taken, role="agent", hashed=""),
            None,
            NOON,
        )


def test_nobody_is_called_like_firstline_itself(people: PeopleStore) -> None:
    """What Firstline did by itself is signed with its name."""
    with pytest.raises(InputError, match="nobody can be called"):
        a_person(people, "Firstline")


def test_roles_contain_the_ones_before(people: PeopleStore) -> None:
    """A lead may do what an agent may, and not what an admin may."""
    lead = a_person(people, role="lead")
    assert [lead.may(role) for role in ("agent", "lead", "admin")] == [True, True, False]


def test_another_role_ends_sessions_and_is_written_down(
    engine: sa.Engine, people: PeopleStore
) -> None:
    """Who may do less than before is not let on with what they had."""
    ada, bo = a_person(people), a_person(people, "Bo Ek", "lead")
    sessions = signed_in(engine, bo)
    people.set_role(bo.id, "agent", ada, NOON)
    assert sessions.find("t", NOON) is None
    last = AccessLog(engine).page(EventFilter(action="role changed")).events[0]
    assert (last.name, last.subject, last.detail) == (
        "Ada Ling",
        "bo@acme.example",
        "lead to agent",
    )


def test_the_same_role_changes_nothing(engine: sa.Engine, people: PeopleStore) -> None:
    """Saying what holds already ends no session and is no event."""
    ada = a_person(people)
    sessions = signed_in(engine, ada)
    people.set_role(ada.id, "admin", ada, NOON)
    assert sessions.find("t", NOON) == ada
    assert "role changed" not in actions(engine)


def test_somebody_is_always_left_who_is_an_admin(people: PeopleStore) -> None:
    """The last admin can neither be disabled nor given another role."""
    ada = a_person(people)
    a_person(people, "Bo Ek", "lead")
    with pytest.raises(InputError, match="nobody would be left"):
        people.set_role(ada.id, "agent", ada, NOON)
    with pytest.raises(InputError, match="nobody would be left"):
        people.disable(ada.id, ada, NOON)


def test_two_admins_who_disable_each_other_at_once_do_not_both_succeed(
    people: PeopleStore,
) -> None:
    """One of them stays an admin who can sign in."""
    ada, bo = a_person(people), a_person(people, "Bo Ek")

    def disable(pair: tuple[Person, Person]) -> bool:
        try:
            people.disable(pair[0].id, pair[1], NOON)
        except InputError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(disable, [(ada, bo), (bo, ada)]))
    assert sorted(done) == [False, True]


def test_who_is_disabled_is_out_at_once(engine: sa.Engine, people: PeopleStore) -> None:
    """Sessions end, no new one is opened, and enabling lets in again."""
    a_person(people)
    bo = a_person(people, "Bo Ek", "agent")
    sessions = signed_in(engine, bo)
    people.disable(bo.id, None, NOON)
    assert sessions.find("t", NOON) is None
    refused = sessions.open(
        bo, "u", hashed="hash of Bo Ek", device_hash="d", address="", browser="", now=NOON
    )
    assert refused is None
    people.enable(bo.id, None, NOON)
    signed_in(engine, bo, "v")
    assert "person disabled" in actions(engine)
    assert "person enabled" in actions(engine)


def test_another_password_ends_every_session(engine: sa.Engine, people: PeopleStore) -> None:
    """Browsers are forgotten too, and the old password opens nothing that was under way."""
    ada = a_person(people)
    sessions = signed_in(engine, ada)
    assert sessions.knows_device("device t", ada.email, NOON)
    people.set_password(ada.id, "new hash", ada, NOON)
    assert sessions.find("t", NOON) is None
    assert not sessions.knows_device("device t", ada.email, NOON)
    late = sessions.open(
        ada, "u", hashed="hash of Ada Ling", device_hash="d", address="", browser="", now=NOON
    )
    assert late is None
    assert actions(engine)[-1] == "password changed"


def test_a_renewed_hash_does_not_undo_a_new_password(people: PeopleStore) -> None:
    """Storing the same password under newer parameters loses against a change meanwhile."""
    ada = a_person(people)
    people.set_password(ada.id, "new hash", ada, NOON)
    people.renew_hash(ada.id, "hash of Ada Ling", "renewed")
    found = people.credentials(ada.email)
    assert found is not None
    assert found.hashed == "new hash"


@pytest.mark.parametrize("change", ["set_role", "disable", "enable", "set_password"])
def test_an_unknown_person_cannot_be_changed(people: PeopleStore, change: str) -> None:
    """Nothing happens silently."""
    more = {"set_role": ["agent"], "set_password": ["hash"]}.get(change, [])
    with pytest.raises(InputError, match="no such person"):
        getattr(people, change)("gone", *more, None, NOON)


def test_a_person_is_linked_to_one_identity_only(people: PeopleStore) -> None:
    """Whoever the provider knows stays the same person, and nobody takes two."""
    ada, bo = a_person(people), a_person(people, "Bo Ek")
    assert people.link(ada.id, "issuer 1")
    assert not people.link(ada.id, "issuer 2")
    assert not people.link(bo.id, "issuer 1")
    found = people.by_subject("issuer 1")
    assert found is not None
    assert found.person == ada


def test_a_session_ends_when_it_is_idle_or_old(engine: sa.Engine, people: PeopleStore) -> None:
    """Use keeps it up to its end, and no further."""
    ada = a_person(people)
    sessions = signed_in(engine, ada)
    assert sessions.find("t", NOON + IDLE - HOUR) == ada
    assert sessions.find("t", NOON + 2 * IDLE - 2 * HOUR) == ada
    assert sessions.find("t", NOON + 3 * IDLE) is None
    at = NOON
    while at + HOUR < NOON + LASTING:
        at += IDLE / 2
        sessions.find("t", at)
    assert sessions.find("t", NOON + LASTING) is None


def test_sessions_are_listed_and_ended_by_their_owner_only(
    engine: sa.Engine, people: PeopleStore
) -> None:
    """Knowing the name of somebody's session is not enough to end it."""
    ada, bo = a_person(people), a_person(people, "Bo Ek")
    sessions = signed_in(engine, ada)
    signed_in(engine, ada, "u")
    assert {one.hash for one in sessions.of(ada.id, NOON)} == {"t", "u"}
    assert not sessions.end("t", bo, NOON)
    assert sessions.end("t", ada, NOON)
    assert not sessions.end("t", ada, NOON)
    assert [one.hash for one in sessions.of(ada.id, NOON)] == ["u"]


def test_old_sessions_and_browsers_are_swept(engine: sa.Engine, people: PeopleStore) -> None:
    """Rows that let nobody in any more go when somebody signs in."""
    ada = a_person(people)
    sessions = signed_in(engine, ada)
    later = NOON + timedelta(days=365)
    sessions.open(
        ada,
        "u",
        hashed="hash of Ada Ling",
        device_hash="d",
        address="",
        browser="",
        now=later,
    )
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM session")) == 1
        assert connection.scalar(sa.text("SELECT count(*) FROM device")) == 1
