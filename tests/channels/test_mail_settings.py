"""Mail settings that cannot be meant are refused before a password leaves."""

from __future__ import annotations

from typing import Any

import pytest

from firstline.channels.mail_settings import MailServer, MailSettings, is_loopback
from firstline.errors import SetupError

SECRET = "a secret"  # noqa: S105 - what must not be shown
SERVER = MailServer(host="mail.acme.example", port=993, user="u", password=SECRET)


def account(**changed: Any) -> MailSettings:
    """Return an account with some settings changed."""
    known: dict[str, Any] = {
        "address": "help@acme.example", "imap": SERVER, "smtp": SERVER, "key": b"k" * 16,
    }  # fmt: skip
    return MailSettings(**(known | changed))


@pytest.mark.parametrize("host", ["mail.acme.example", "10.0.0.5", "127.0.0.1.evil.example"])
def test_a_password_crosses_no_network_in_the_clear(host: str) -> None:
    """Off loopback there is no connection without TLS."""
    with pytest.raises(SetupError, match="without encryption"):
        MailServer(host=host, port=143, security="none")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "LOCALHOST", "127.9.9.9"])
def test_loopback_needs_no_tls(host: str) -> None:
    """A server on this machine may be spoken to as it is."""
    assert is_loopback(host)
    assert MailServer(host=host, port=143, security="none").host == host


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "mail acme"},
        {"host": ""},
        {"host": "a\r\nb"},
        {"port": 0},
        {"port": 70000},
        {"security": "ssl"},
        {"password": "a\r\nb"},
        {"user": "a\nb"},
    ],
)
def test_a_server_that_cannot_be_is_refused(changed: dict[str, Any]) -> None:
    """Hosts, ports and passwords that would break a command are refused."""
    known: dict[str, Any] = {"host": "mail.acme.example", "port": 993, "user": "u"}
    with pytest.raises(SetupError):
        MailServer(**(known | changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "help"},
        {"address": "help@acme.example\r\nBcc: x@x.example"},
        {"own_addresses": ("nobody",)},
        {"team": "the team"},
        {"groups": {"billing": "billing"}},
        {"key": b"short"},
        {"previous_keys": (b"",)},
        {"mailboxes": ()},
    ],
)
def test_an_account_that_cannot_be_is_refused(changed: dict[str, Any]) -> None:
    """Addresses that are none and keys that sign nothing are refused."""
    with pytest.raises(SetupError):
        account(**changed)


def test_secrets_are_not_shown() -> None:
    """Neither the password nor the key stands in what is printed of the settings."""
    shown = repr(account(previous_keys=(b"an older key....",)))
    assert SECRET not in shown
    assert "kkkk" not in shown
    assert "older" not in shown


def test_own_and_staff_addresses_are_known() -> None:
    """Tags and case do not matter for our own; staff may be a whole domain."""
    known = account(own_addresses=("Sales@Acme.example",), staff=("Bo@x.example", "@acme.example"))
    assert known.is_own("HELP+anything@acme.example")
    assert known.is_own("sales@acme.example")
    assert not known.is_own("ann@x.example")
    tagged = account(address="help+eu@acme.example")
    assert tagged.is_own("help+eu@acme.example")
    assert tagged.is_own("help+eu+t1@acme.example")
    assert not tagged.is_own("help@acme.example"), "that is somebody else's"
    assert not tagged.is_own("help+us@acme.example")
    assert known.is_staff("bo@x.example")
    assert known.is_staff("anybody@ACME.example")
    assert not known.is_staff("bo@x.example.evil.example")
    assert not known.is_staff("acme.example")
