"""Settings, people."""

from __future__ import annotations

import pytest
from tests.web.access.conftest import Office
from tests.web.conftest import PASSWORD


def test_a_new_role_holds_with_the_next_page(office: Office) -> None:
    """Who is made less than they were is signed out at once."""
    admin = office.signed_in(office.person())
    bo = office.person("Bo Ek", "admin")
    client = office.signed_in(bo)
    assert client.get("/settings/people").status_code == 200
    assert admin.post(f"/settings/people/{bo.id}/role", data={"role": "agent"}).status_code == 303
    assert client.get("/settings/people").status_code == 303
    assert office.signed_in(bo).get("/settings/people").status_code == 403


def test_who_is_disabled_is_out_until_they_are_enabled(office: Office) -> None:
    """With the same answer as for a wrong password."""
    admin = office.signed_in(office.person())
    bo = office.person("Bo Ek", "agent")
    client = office.signed_in(bo)
    admin.post(f"/settings/people/{bo.id}/disable")
    assert client.get("/account").status_code == 303
    assert "disabled" in admin.get("/settings/people").text
    assert admin.post(f"/settings/people/{bo.id}/reset").status_code == 400
    admin.post(f"/settings/people/{bo.id}/enable")
    office.signed_in(bo)


def test_the_last_admin_cannot_lock_everybody_out(office: Office) -> None:
    """Neither by another role nor by disabling oneself."""
    ada = office.person()
    admin = office.signed_in(ada)
    for path, data in ((f"{ada.id}/role", {"role": "agent"}), (f"{ada.id}/disable", {})):
        answer = admin.post(f"/settings/people/{path}", data=data)
        assert answer.status_code == 400
        assert "nobody would be left who is an admin" in answer.text
    assert admin.get("/settings/people").status_code == 200


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"email": "ada@acme.example", "name": "New"}, "already"),
        ({"email": "new@acme.example", "name": "ADA LING"}, "already"),
        ({"email": "new@acme.example", "name": "New", "role": "root"}, "no such role"),
        ({"email": "<script>", "name": "New"}, "no e-mail address"),
        ({"email": "new@acme.example", "name": "N\u202eew"}, "not seen"),
    ],
)
def test_an_invitation_that_cannot_be_made_says_why(
    office: Office, form: dict[str, str], said: str
) -> None:
    """What was typed stays in the form."""
    admin = office.signed_in(office.person())
    answer = admin.post("/settings/people/invite", data=form)
    assert answer.status_code == 400
    assert said in answer.text
    assert "/invite/" not in answer.text


def test_names_are_shown_as_text(office: Office) -> None:
    """Whatever somebody is called."""
    admin = office.signed_in(office.person())
    name = '<img src=x onerror="alert(1)">'
    office.access.add_person(
        email="x@acme.example", name=name, role="agent", password=PASSWORD, by=None
    )
    page = admin.get("/settings/people").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize("path", ["gone/role", "0123/role", "0123/disable", "0123/reset"])
def test_somebody_who_is_not_here_cannot_be_changed(office: Office, path: str) -> None:
    """And the answer says so."""
    admin = office.signed_in(office.person())
    assert admin.post(f"/settings/people/{path}", data={"role": "lead"}).status_code in (400, 422)
