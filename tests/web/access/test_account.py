"""One's own account: the password, and where one is signed in."""

from __future__ import annotations

import pytest
from tests.web.access.conftest import Office
from tests.web.conftest import PASSWORD

from firstline.store.people_records import NewPerson
from firstline.web.access.slowing import FREE_OF_ACCOUNT
from firstline.web.access.tokens import hash_of
from firstline.web.access.visiting import browser_words

NEW = "another long passphrase"


def test_changing_the_password_keeps_only_this_session(office: Office) -> None:
    """Everywhere else one is signed out, and the old password is worth nothing."""
    ada = office.person()
    here, there = office.signed_in(ada), office.signed_in(ada)
    before = here.cookies["firstline-session"]
    done = here.post("/account/password", data={"old": PASSWORD, "new": NEW})
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert here.cookies["firstline-session"] != before
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    refused = office.browser().post("/login", data={"email": ada.email, "password": PASSWORD})
    assert refused.status_code == 401
    office.signed_in(ada, NEW)
    assert "password changed" in [event.action for event in office.events()]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wrong", NEW, "Your password now is another one"),
        (PASSWORD, "short", "shorter than 12"),
        (PASSWORD, "ada ling ada ling", "guessed first"),
    ],
)
def test_a_wrong_change_changes_nothing(office: Office, old: str, new: str, said: str) -> None:
    """Every session goes on, with the password as before."""
    ada = office.person()
    client = office.signed_in(ada)
    answer = client.post("/account/password", data={"old": old, "new": new})
    assert answer.status_code == 400
    assert said in answer.text
    assert client.get("/account").status_code == 200
    office.signed_in(ada)


def test_a_stolen_session_cannot_guess_the_password(office: Office) -> None:
    """Trying old passwords slows down like signing in."""
    client = office.signed_in(office.person())
    wrong = {"old": "wrong", "new": NEW}
    statuses = [
        client.post("/account/password", data=wrong).status_code for _ in range(FREE_OF_ACCOUNT + 1)
    ]
    assert statuses == [400] * FREE_OF_ACCOUNT + [429]


def test_sessions_are_shown_and_ended(office: Office) -> None:
    """One by one, or all but this one."""
    ada = office.person()
    here = office.signed_in(ada)
    others = [office.signed_in(ada) for _ in range(3)]
    page = here.get("/account").text
    assert page.count('/end"') == 4
    assert page.count("this one") == 1
    mine = hash_of(here.cookies["firstline-session"])
    listed = office.access.sessions.of(ada.id, office.clock())
    other = next(one.hash for one in listed if one.hash != mine)
    assert here.post(f"/account/sessions/{other}/end").headers["location"] == "/account"
    assert len(office.access.sessions.of(ada.id, office.clock())) == 3
    here.post("/account/sessions/end-others")
    assert [one.hash for one in office.access.sessions.of(ada.id, office.clock())] == [mine]
    assert [client.get("/account").status_code for client in others] == [303] * 3
    assert here.post(f"/account/sessions/{mine}/end").headers["location"] == "/login"


def test_nobody_ends_the_session_of_somebody_else(office: Office) -> None:
    """Knowing its name is not enough."""
    ada, bo = office.person(), office.person("Bo Ek", "agent")
    hers = office.signed_in(ada)
    (session,) = office.access.sessions.of(ada.id, office.clock())
    assert office.signed_in(bo).post(f"/account/sessions/{session.hash}/end").status_code == 404
    assert hers.get("/account").status_code == 200


def test_who_signs_in_elsewhere_has_no_password_to_change(office: Office) -> None:
    """And no password opens their account, not even an empty one."""
    new = NewPerson(email="io@acme.example", name="Io", role="agent", hashed="", subject="i 1")
    office.access.people.add(new, None, office.clock())
    client = office.browser()
    for password in ("", "nobody has this password"):
        answer = client.post("/login", data={"email": new.email, "password": password})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("python-httpx2/2", "Another program"),
        ("", "Another program"),
    ],
)
def test_browsers_are_told_apart_in_words(said: str, words: str) -> None:
    """As far as what they call themselves allows."""
    assert browser_words(said) == words
