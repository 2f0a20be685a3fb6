"""`firstline people`: who works here, and the keys of programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from tests.review.company import small_acme
from typer.testing import CliRunner, Result

from firstline.cli.people import opened, register
from firstline.errors import InputError
from firstline.store.access_log import EventFilter

APP = typer.Typer()
register(APP)
PASSWORD = "gravel tuba linoleum"  # noqa: S105 - made for the test's own people


@APP.callback()
def commands() -> None:
    """Keep the group a group."""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a company."""
    return small_acme(tmp_path_factory.mktemp("people") / "acme")


def run(acme: Path, *words: str, typed: str = "") -> Result:
    """Run a command."""
    return CliRunner().invoke(APP, ["people", "--workspace", str(acme), *words], input=typed)


def listed(acme: Path) -> dict[str, dict[str, object]]:
    """Return everybody by address."""
    found = CliRunner().invoke(APP, ["people", "--workspace", str(acme), "--json"])
    return {one["email"]: one for one in json.loads(found.stdout)}


def test_people_are_added_changed_and_locked_out(acme: Path) -> None:
    """And the audit says that the command line did it."""
    added = run(acme, "add", "Ada@acme.example", "--name", "Ada Ling", "--role", "admin",
                typed=PASSWORD + "\n")  # fmt: skip
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    run(acme, "add", "bo@acme.example", "--name", "Bo Ek", typed=PASSWORD + "\n")
    run(acme, "role", "bo@acme.example", "lead")
    assert listed(acme)["bo@acme.example"]["role"] == "lead"
    run(acme, "disable", "bo@acme.example")
    assert listed(acme)["bo@acme.example"]["disabled"] is True
    run(acme, "enable", "bo@acme.example")
    assert listed(acme)["bo@acme.example"]["disabled"] is False
    last = run(acme, "disable", "ada@acme.example").exception
    assert isinstance(last, InputError)
    unknown = run(acme, "disable", "eve@acme.example").exception
    assert isinstance(unknown, InputError)
    with opened(acme) as access:
        events = access.log.page(EventFilter()).events
    assert {event.name for event in events} == {"command line"}


def test_a_weak_password_is_refused(acme: Path) -> None:
    """As in the console."""
    refused = run(acme, "add", "cy@acme.example", "--name", "Cy", typed="password1234\n")
    assert isinstance(refused.exception, InputError)
    assert "cy@acme.example" not in listed(acme)


def test_links_are_printed_and_work(acme: Path) -> None:
    """For somebody new, and for a new password."""
    link = run(acme, "add", "di@acme.example", "--name", "Di", "--link").stdout.strip()
    with opened(acme) as access:
        code = access.invitation(link.removeprefix("/invite/"))
    assert code is not None
    assert (code.kind, code.email) == ("invite", "di@acme.example")
    run(acme, "add", "ed@acme.example", "--name", "Ed", typed=PASSWORD + "\n")
    link = run(acme, "link", "ed@acme.example").stdout.strip()
    with opened(acme) as access:
        code = access.invitation(link.removeprefix("/invite/"))
    assert code is not None
    assert (code.kind, code.name) == ("reset", "Ed")


def test_keys_are_made_listed_and_revoked(acme: Path) -> None:
    """The key is printed once; the list shows how it begins."""
    scopes = ("--scope", "tickets:read", "--scope", "tickets:write")
    token = run(acme, "key", "Shop", *scopes).stdout.strip()
    with opened(acme) as access:
        found = access.key_of(token)
    assert found is not None
    assert found.scopes == ("tickets:write", "tickets:read")
    shown = run(acme, "keys").stdout
    assert token[:11] in shown
    assert token not in shown
    assert run(acme, "revoke", token[:11]).exit_code == 0
    with opened(acme) as access:
        assert access.key_of(token) is None
    assert "ended" in run(acme, "keys").stdout
    assert isinstance(run(acme, "revoke", token[:11]).exception, InputError)
    assert isinstance(run(acme, "key", "Shop", "--scope", "all").exception, InputError)
