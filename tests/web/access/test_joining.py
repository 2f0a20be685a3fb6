"""The first set-up and invitations, as a browser does them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
import re2
from tests.web.access.conftest import Office
from tests.web.conftest import PASSWORD

from firstline.web.access.access import LINK_VALID, SETUP_VALID

FORM = {"email": "ada@acme.example", "name": "Ada Ling", "password": PASSWORD}


def set_up(client: httpx2.Client, code: str | None, **other: str) -> httpx2.Response:
    """Send the form of the first set-up."""
    return client.post("/setup", data=FORM | {"code": code or ""} | other)


def link_in(page: httpx2.Response) -> str:
    """Return the path of the link that a page shows."""
    found = re2.search(r"<code data-copy>http://[^/]+(/invite/[\w-]+)</code>", page.text)
    assert found is not None, page.text
    return str(found[1])


def test_a_new_server_is_set_up_by_whoever_has_its_code(office: Office) -> None:
    """From the login to the set-up, and from there signed in to the first page."""
    client = office.browser()
    assert client.get("/login").headers["location"] == "/setup"
    code = office.access.setup_code()
    assert code is not None
    assert f'value="{code}"' in client.get("/setup", params={"code": code}).text
    done = set_up(client, code)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert client.get("/settings/people").status_code == 200
    assert client.get("/setup").headers["location"] == "/login"
    assert office.access.setup_code() is None


def test_a_code_is_taken_however_it_is_typed(office: Office) -> None:
    """In small letters and without its dashes."""
    code = office.access.setup_code() or ""
    assert set_up(office.browser(), code.lower().replace("-", " ")).status_code == 303


def test_of_two_who_set_up_at_once_one_is_the_admin(office: Office) -> None:
    """With two codes of two processes; the other is told that the code is no good."""
    codes = [office.access.setup_code(), office.access.setup_code()]
    names = [
        {"name": "Ada Ling", "email": "a@acme.example"},
        {"name": "Eve Roe", "email": "e@acme.example"},
    ]
    clients = [office.browser(), office.browser()]

    def race(number: int) -> int:
        return set_up(clients[number], codes[number], **names[number]).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(race, range(2)))
    assert statuses == [303, 403]
    assert len(office.access.people.list()) == 1


def test_a_code_expires_and_works_once(office: Office) -> None:
    """After a day it is no good, and after its use neither."""
    old = office.access.setup_code()
    office.clock.move(SETUP_VALID)
    assert set_up(office.browser(), old).status_code == 403
    code = office.access.setup_code()
    assert set_up(office.browser(), code).status_code == 303
    again = set_up(office.browser(), code, email="e@acme.example", name="Eve Roe")
    assert again.status_code == 403


@pytest.mark.parametrize("code", ["", "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", "' OR 1=1", "é" * 90])
def test_a_wrong_code_sets_nobody_up(office: Office, code: str) -> None:
    """And keeps what was typed, but for the password."""
    office.access.setup_code()
    answer = set_up(office.browser(), code)
    assert answer.status_code == 403
    assert 'value="Ada Ling"' in answer.text
    assert PASSWORD not in answer.text
    assert office.access.people.list() == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "short"}, "shorter than 12"),
        ({"password": "acme acme acme 1"}, "guessed first"),
        ({"password": "ada ling 2026!!"}, "guessed first"),
        ({"email": "ada"}, "no e-mail address"),
        ({"name": " "}, "name is empty"),
        ({"name": "Firstline"}, "nobody can be called"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_code_stays_good(
    office: Office, wrong: dict[str, str], said: str
) -> None:
    """A mistake in the form does not cost the code."""
    code = office.access.setup_code()
    refused = set_up(office.browser(), code, **wrong)
    assert refused.status_code == 400
    assert said.lower() in refused.text.lower()
    assert set_up(office.browser(), code).status_code == 303


def test_an_invited_person_chooses_a_password_and_is_in(office: Office) -> None:
    """The link is shown to the admin once, and works once."""
    admin = office.signed_in(office.person())
    form = {"email": "Bo@acme.example", "name": "Bo Ek", "role": "lead"}
    link = link_in(admin.post("/settings/people/invite", data=form))
    assert link not in admin.get("/settings/people").text
    bo = office.browser()
    shown = bo.get(link)
    assert "Bo Ek" in shown.text
    assert "bo@acme.example" in shown.text
    assert bo.post(link, data={"password": "acme acme acme"}).status_code == 400
    assert bo.post(link, data={"password": PASSWORD}).headers["location"] == "/"
    assert bo.get("/settings/views").status_code == 200
    assert bo.get("/settings/people").status_code == 403
    assert office.browser().get(link).status_code == 410
    assert office.browser().post(link, data={"password": PASSWORD}).status_code == 410
    assert [event.action for event in office.events(subject="bo@acme.example")] == [
        "signed in",
        "invitation used",
        "invited",
    ]


def test_a_link_ends(office: Office) -> None:
    """After three days, or when it is taken back."""
    ada = office.person()
    link = office.access.invite(email="bo@acme.example", name="Bo Ek", role="agent", by=ada)
    office.clock.move(LINK_VALID)
    assert office.browser().get(f"/invite/{link}").status_code == 410
    link = office.access.invite(email="bo@acme.example", name="Bo Ek", role="agent", by=ada)
    admin = office.signed_in(ada)
    (code,) = office.access.codes.open_invitations(office.clock())
    gone = admin.post(f"/settings/people/invitations/{code.hash}/withdraw")
    assert gone.status_code == 303
    assert office.browser().get(f"/invite/{link}").status_code == 410
    assert admin.post(f"/settings/people/invitations/{code.hash}/withdraw").status_code == 404


@pytest.mark.parametrize("token", ["x", "%00", "a" * 100])
def test_a_made_up_link_is_no_link(office: Office, token: str) -> None:
    """Whatever stands in its place."""
    office.person()
    assert office.browser().get(f"/invite/{token}").status_code in (404, 410)


def test_a_link_for_a_new_password_ends_the_sessions_before(office: Office) -> None:
    """An admin makes it; the person keeps their role."""
    admin = office.signed_in(office.person())
    bo = office.person("Bo Ek", "lead")
    old = office.signed_in(bo)
    link = link_in(admin.post(f"/settings/people/{bo.id}/reset"))
    assert old.get("/account").status_code == 200
    new = "another long passphrase"
    client = office.browser()
    assert client.post(link, data={"password": new}).status_code == 303
    assert old.get("/account").status_code == 303
    assert client.get("/settings/views").status_code == 200
    office.signed_in(bo, new)
