"""Settings, API keys; and what a key opens."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
import re2
from tests.web.access.conftest import Office

from firstline.web.access.tokens import hash_of


def make(client: httpx2.Client, **other: object) -> httpx2.Response:
    """Send the form."""
    form = {"name": "Shop", "scope": ["tickets:read", "tickets:write"], "days": "30"} | other
    return client.post("/settings/keys", data=form)


def key_in(page: httpx2.Response) -> str:
    """Return the key that a page shows."""
    found = re2.search(r"<code data-copy>(fl_[0-9a-f]{8}_[\w-]{43})</code>", page.text)
    assert found is not None, page.text
    return str(found[1])


def test_a_key_is_shown_once_and_kept_as_a_hash(office: Office) -> None:
    """Afterwards only how it begins is known."""
    admin = office.signed_in(office.person())
    key = key_in(make(admin))
    page = admin.get("/settings/keys").text
    assert key not in page
    assert key[:11] in page
    found = office.access.key_of(key)
    assert found is not None
    assert found.scopes == ("tickets:write", "tickets:read")
    assert office.access.key_of(hash_of(key)) is None


def test_a_key_ends(office: Office) -> None:
    """When its time is over, or when somebody revokes it."""
    admin = office.signed_in(office.person())
    key = key_in(make(admin))
    office.clock.move(timedelta(days=30))
    admin = office.signed_in(office.access.people.list()[0])
    assert office.access.key_of(key) is None
    assert "expired" in admin.get("/settings/keys").text
    key = key_in(make(admin, days="0"))
    found = office.access.key_of(key)
    assert found is not None
    assert found.expires_at is None
    assert admin.post(f"/settings/keys/{found.id}/revoke").status_code == 303
    assert office.access.key_of(key) is None
    assert admin.post(f"/settings/keys/{found.id}/revoke").status_code == 404
    said = [(event.action, event.name) for event in office.events(kind="key")]
    assert said == [
        ("key revoked", "Ada Ling"),
        ("key made", "Ada Ling"),
        ("key made", "Ada Ling"),
    ]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"scope": []}, 400),
        ({"scope": ["everything"]}, 400),
        ({"name": " "}, 400),
        ({"name": "x" * 81}, 422),
        ({"days": "-1"}, 422),
        ({"days": "many"}, 422),
    ],
)
def test_a_key_that_cannot_be_made_is_refused(
    office: Office, form: dict[str, object], status: int
) -> None:
    """And none is kept."""
    admin = office.signed_in(office.person())
    assert make(admin, **form).status_code == status
    assert office.access.keys.list() == ()


def test_a_key_opens_no_page_and_a_session_no_key_route(office: Office) -> None:
    """Each counts for nothing where the other is asked for."""
    admin = office.signed_in(office.person())
    key = key_in(make(admin))
    bearer = {"Authorization": f"Bearer {key}"}
    assert office.browser(**bearer).get("/settings/keys").status_code == 303
    assert office.browser(**bearer).post("/account/sessions/end-others").status_code == 401
    assert admin.get("/api/tickets/none").status_code in (401, 404)


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer " + "x" * 5_000])
def test_nonsense_is_no_key(office: Office, given: str) -> None:
    """Whatever is sent as one."""
    assert office.access.key_of(given.removeprefix("Bearer ")) is None
