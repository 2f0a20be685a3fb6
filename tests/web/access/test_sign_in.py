"""Signing in and out, as a browser does it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx2
import pytest
from argon2 import PasswordHasher
from tests.web.access.conftest import FAST, Office
from tests.web.conftest import PASSWORD

from firstline.store.sessions import IDLE
from firstline.web.access.passwords import Passwords
from firstline.web.access.slowing import FREE_OF_ACCOUNT, FREE_OF_ADDRESS, LONGEST_WAIT

WRONG_PASSWORD = "wrong, and long enough"  # noqa: S105 - of nobody
WRONG = "The e-mail address or the password is wrong."


def try_login(client: httpx2.Client, email: str, password: str = WRONG_PASSWORD) -> httpx2.Response:
    """Send the form."""
    return client.post("/login", data={"email": email, "password": password})


def test_a_page_asks_to_sign_in_and_comes_back(office: Office) -> None:
    """Whoever opens a page is sent to the login, and from there to that page."""
    ada = office.person()
    client = office.browser()
    sent = client.get("/settings/people?x=1")
    assert (sent.status_code, sent.headers["location"]) == (
        303,
        "/login?next=%2Fsettings%2Fpeople%3Fx%3D1",
    )
    form = client.get(sent.headers["location"]).text
    assert 'name="next" value="/settings/people?x=1"' in form
    data = {"email": f" {ada.email.upper()} ", "password": PASSWORD, "next": "/settings/people?x=1"}
    done = client.post("/login", data=data)
    assert (done.status_code, done.headers["location"]) == (303, "/settings/people?x=1")
    assert client.get("/settings/people").status_code == 200


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site(office: Office, wanted: str) -> None:
    """Neither after the login nor when already signed in."""
    ada = office.person()
    client = office.browser()
    data = {"email": ada.email, "password": PASSWORD, "next": wanted}
    assert client.post("/login", data=data).headers["location"] == "/"
    assert client.get("/login", params={"next": wanted}).headers["location"] == "/"


def test_the_cookie_is_kept_from_scripts_and_other_sites(office: Office) -> None:
    """HttpOnly, SameSite=Lax, the whole path; with TLS Secure and bound to this host."""
    ada = office.person()
    given = try_login(office.browser(), ada.email, PASSWORD).headers.get_list("set-cookie")
    assert len(given) == 2
    for cookie in given:
        assert cookie.startswith(("firstline-session=", "firstline-device="))
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    office.change(lambda site: replace(site, secure_cookies=True))
    given = try_login(office.browser(), ada.email, PASSWORD).headers.get_list("set-cookie")
    for cookie in given:
        assert cookie.startswith("__Host-firstline-")
        assert "Secure" in cookie.split("; ")
        assert "Domain" not in cookie


def test_only_hashes_of_tokens_are_kept(office: Office) -> None:
    """Whoever reads the database cannot sign in with what is there."""
    client = office.signed_in(office.person())
    token = client.cookies["firstline-session"]
    (kept,) = office.access.sessions.of(office.access.people.list()[0].id, office.clock())
    assert kept.hash != token
    stolen = office.browser(Cookie=f"firstline-session={kept.hash}")
    assert stolen.get("/account").status_code == 303


def test_wrong_and_unknown_are_told_alike(office: Office) -> None:
    """The answer does not say whether an address has an account."""
    ada = office.person()
    office.person("Bo Ek")
    office.access.people.disable(ada.id, None, office.clock())
    client = office.browser()
    answers = [
        try_login(client, ada.email, PASSWORD),
        try_login(client, "bo@acme.example"),
        try_login(client, "nobody@acme.example"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    texts = [answer.text for answer in answers]
    for text, typed in zip(
        texts, (ada.email, "bo@acme.example", "nobody@acme.example"), strict=True
    ):
        assert WRONG in text
        assert text.replace(typed, "") == texts[0].replace(ada.email, "")


def test_an_unknown_address_costs_as_much_hashing_as_a_known_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attempt is one verification, whoever it is for."""
    office.person()
    checked: list[bool] = []
    check = office.access.passwords.check

    def counted(password: str, hashed: str) -> object:
        checked.append(bool(hashed))
        return check(password, hashed)

    monkeypatch.setattr(office.access.passwords, "check", counted)
    client = office.browser()
    try_login(client, "ada@acme.example")
    try_login(client, "nobody@acme.example")
    assert checked == [True, False]


def test_failures_slow_an_account_down_and_never_lock_it(office: Office) -> None:
    """The right password is refused while waiting and taken afterwards."""
    ada = office.person()
    client = office.browser()
    for _ in range(FREE_OF_ACCOUNT):
        assert try_login(client, ada.email).status_code == 401
    refused = try_login(client, ada.email, PASSWORD)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert "too many attempts" in refused.text
    for _ in range(40):
        office.clock.move(LONGEST_WAIT)
        assert try_login(client, ada.email).status_code == 401
    office.clock.move(LONGEST_WAIT)
    assert try_login(client, ada.email, PASSWORD).status_code == 303


def test_an_unknown_account_slows_down_like_a_known_one(office: Office) -> None:
    """The wait does not say whether an address has an account."""
    office.person()
    client = office.browser()
    statuses = [
        [try_login(client, email).status_code for _ in range(FREE_OF_ACCOUNT + 1)]
        for email in ("ada@acme.example", "nobody@acme.example")
    ]
    assert statuses[0] == statuses[1] == [401] * FREE_OF_ACCOUNT + [429]


def test_a_stranger_who_guesses_does_not_keep_the_owner_out(office: Office) -> None:
    """In a browser they signed in with before, failures elsewhere do not count."""
    ada = office.person()
    own = office.signed_in(ada)
    own.post("/logout")
    stranger = office.browser()
    for _ in range(FREE_OF_ACCOUNT):
        try_login(stranger, ada.email)
    assert try_login(stranger, ada.email, PASSWORD).status_code == 429
    assert try_login(own, ada.email, PASSWORD).status_code == 303


def test_a_known_browser_does_not_help_with_another_account(office: Office) -> None:
    """An attacker with an own account counts as anybody."""
    office.person()
    bo = office.person("Bo Ek", "agent")
    attacker = office.signed_in(bo)
    for _ in range(FREE_OF_ACCOUNT):
        try_login(attacker, "ada@acme.example")
    assert try_login(office.browser(), "ada@acme.example", PASSWORD).status_code == 429


def test_an_address_that_tries_many_accounts_is_slowed_down(office: Office) -> None:
    """One password for many accounts is guessing too."""
    client = office.browser()
    office.person()
    statuses = [
        try_login(client, f"p{number}@acme.example").status_code
        for number in range(FREE_OF_ADDRESS + 2)
    ]
    assert statuses == [401] * FREE_OF_ADDRESS + [429] * 2


def test_guesses_at_once_are_not_let_through(office: Office) -> None:
    """Twelve at the same moment are as many as one after the other."""
    ada = office.person()
    clients = [office.browser() for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda client: try_login(client, ada.email).status_code, clients))
    assert sorted(statuses) == [401] * FREE_OF_ACCOUNT + [429] * (12 - FREE_OF_ACCOUNT)


def test_signing_out_ends_the_session_on_the_server(office: Office) -> None:
    """A copy of the cookie is worth nothing afterwards; doing it twice is no mistake."""
    client = office.signed_in(office.person())
    token = client.cookies["firstline-session"]
    assert client.post("/logout").headers["location"] == "/login"
    copy = office.browser(Cookie=f"firstline-session={token}")
    assert copy.get("/account").status_code == 303
    assert copy.post("/logout").status_code == 303
    assert client.get("/logout").status_code == 405


def test_signing_in_again_ends_the_session_before(office: Office) -> None:
    """A browser has one session, and a new token with each sign-in."""
    ada = office.person()
    client = office.signed_in(ada)
    first = client.cookies["firstline-session"]
    try_login(client, ada.email, PASSWORD)
    assert client.cookies["firstline-session"] != first
    assert len(office.access.sessions.of(ada.id, office.clock())) == 1


def test_a_session_ends_when_nobody_uses_it(office: Office) -> None:
    """After twelve hours without a page."""
    client = office.signed_in(office.person())
    office.clock.move(IDLE)
    assert client.get("/account").status_code == 303


def test_what_is_no_page_is_told_that_nobody_is_signed_in(office: Office) -> None:
    """A form or a script's request is not sent to the login: it would be lost."""
    office.person()
    client = office.browser()
    assert client.post("/account/sessions/end-others").status_code == 401
    assert client.get("/account", headers={"Accept": "*/*"}).status_code == 401


def test_events_say_who_signed_in_and_who_failed(office: Office) -> None:
    """And never what was typed by mistake into the wrong field."""
    ada = office.person()
    office.signed_in(ada).post("/logout")
    client = office.browser()
    try_login(client, ada.email)
    try_login(client, "my secret passphrase")
    said = [(event.action, event.subject) for event in office.events()]
    assert said[:4] == [
        ("sign-in failed", ""),
        ("sign-in failed", ada.email),
        ("signed out", ada.email),
        ("signed in", ada.email),
    ]
    assert office.events()[0].address == "127.0.0.1"


def test_a_hash_is_renewed_when_the_parameters_change(office: Office) -> None:
    """The next sign-in stores the password under the stronger ones, and it goes on working."""
    ada = office.person()
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    office.access.passwords = Passwords(stronger)
    office.signed_in(ada)
    found = office.access.people.credentials(ada.email)
    assert found is not None
    assert "m=16,t=2" in found.hashed
    office.signed_in(ada)


@pytest.mark.parametrize(
    "data",
    [
        {"email": "a" * 300, "password": "x"},
        {"email": "ada@acme.example", "password": "x" * 201},
        {"email": "ada@acme.example", "password": "x", "next": "/" * 501},
    ],
)
def test_fields_are_bounded(office: Office, data: dict[str, str]) -> None:
    """What is longer than anything real is refused before it is looked at."""
    office.person()
    assert office.browser().post("/login", data=data).status_code == 422


@pytest.mark.parametrize("email", ["", "\x00", "'; DROP TABLE person; --", "ada@acme.example\n"])
def test_strange_addresses_are_wrong_and_nothing_else(office: Office, email: str) -> None:
    """Whatever is typed, the answer is a page."""
    office.person()
    answer = office.browser().post("/login", data={"email": email, "password": "x"})
    assert answer.status_code == 401


def test_a_cookie_that_is_nonsense_is_nobody(office: Office) -> None:
    """Also a very long one, and one that is no ASCII."""
    office.person()
    for value in ("x", "x" * 3_000, '"', "%00"):
        client = office.browser(Cookie=f"firstline-session={value}")
        assert client.get("/account").status_code == 303


def test_too_many_passwords_at_once_are_told_to_come_back(office: Office) -> None:
    """The machine hashes two at a time and lets thirty wait."""
    ada = office.person()
    office.access.passwords = Passwords(FAST, places=0)
    answer = try_login(office.browser(), ada.email, PASSWORD)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) == 5
