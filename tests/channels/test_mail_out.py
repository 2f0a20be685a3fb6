"""Handing mail over: what was refused for certain, and what nobody knows."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
from tests.channels.dovecot import (
    PASSWORD,
    USER,
    Postman,
    free_port,
    running_postman,
    self_signed,
)

from firstline.channels.helpdesk import DeskRefused
from firstline.channels.mail_compose import Mail
from firstline.channels.mail_out import GREYLISTED, MailSender
from firstline.channels.mail_settings import MailServer, Security

MAIL = Mail(
    id="fl.a@acme.example",
    envelope="help+b@acme.example",
    to="ann@x.example",
    content=b"Subject: Hi\r\n\r\n.\r\nHello\r\n",
)


@pytest.fixture
def postman() -> Iterator[Postman]:
    """Run an SMTP server."""
    with running_postman() as postman:
        yield postman


def sender(port: int, *, password: str = PASSWORD, **changed: str) -> MailSender:
    """Return what sends through a server on this machine."""
    host = changed.get("host", "127.0.0.1")
    security: Security = "tls" if changed.get("authority") else "none"
    server = MailServer(
        host=host,
        port=port,
        security=security,
        user=USER,
        password=password,
        authority=changed.get("authority", ""),
    )
    return MailSender(server, hello="acme.example", timeout=5.0)


async def test_a_mail_arrives_as_it_was_written(postman: Postman) -> None:
    """Envelope and content reach the server, a lone dot included."""
    await sender(postman.port).send(MAIL)
    (kept,) = postman.sent
    assert (kept.mail_from, kept.rcpt_tos) == (MAIL.envelope, [MAIL.to])
    assert kept.content == MAIL.content


@pytest.mark.parametrize(
    ("command", "answer", "why", "later"),
    [
        ("AUTH", "454 4.7.0 come back later", "unavailable", GREYLISTED),
        ("MAIL", "550 5.7.1 not from you", "invalid", None),
        ("MAIL", "451 4.7.1 slow down", "unavailable", GREYLISTED),
        ("RCPT", "550 5.1.1 no such user", "invalid", None),
        ("RCPT", "450 4.2.0 greylisted", "unavailable", GREYLISTED),
        ("DATA", "554 5.7.1 looks like spam", "invalid", None),
        ("DATA", "452 4.3.1 disk full", "unavailable", GREYLISTED),
    ],
)
async def test_a_refusal_is_certain(
    postman: Postman, command: str, answer: str, why: str, later: float | None
) -> None:
    """A server that says no has not taken the mail: 5xx for good, 4xx for now."""
    # Each of the two ways to sign in is tried.
    postman.refusals[command] = [answer] * (2 if command == "AUTH" else 1)
    with pytest.raises(DeskRefused) as caught:
        await sender(postman.port).send(MAIL)
    assert (caught.value.why, caught.value.retry_after) == (why, later)
    assert answer[4:] not in str(caught.value)
    assert postman.sent == []
    await sender(postman.port).send(MAIL)
    assert len(postman.sent) == 1


async def test_silence_after_the_mail_is_uncertain(postman: Postman) -> None:
    """A connection that ends before the answer leaves open whether it was taken."""
    postman.hang_up = 1
    with pytest.raises(OSError, match="fell silent") as caught:
        await sender(postman.port).send(MAIL)
    assert not isinstance(caught.value, DeskRefused)
    assert len(postman.sent) == 1


async def test_no_server_is_certain() -> None:
    """Where nobody listens nothing was sent."""
    with pytest.raises(DeskRefused) as caught:
        await sender(free_port()).send(MAIL)
    assert caught.value.why == "unavailable"


async def test_a_wrong_password_is_not_repeated(postman: Postman) -> None:
    """The refusal says which server, and not what was tried."""
    with pytest.raises(DeskRefused) as caught:
        await sender(postman.port, password="Wr0ng").check()  # noqa: S106 - a wrong one
    assert caught.value.why == "forbidden"
    assert "Wr0ng" not in str(caught.value)
    await sender(postman.port).check()
    assert postman.sent == []


async def test_addresses_beyond_ascii_need_a_server_that_can(postman: Postman) -> None:
    """An address with an umlaut is announced as such."""
    await sender(postman.port).send(MAIL._replace(to="jürgen@x.example"))
    assert postman.sent[0].rcpt_tos == ["jürgen@x.example"]
    assert "SMTPUTF8" in postman.sent[0].mail_options


async def test_no_address_begins_a_command(postman: Postman) -> None:
    """An address with a line break is refused before it is sent."""
    with pytest.raises(DeskRefused):
        await sender(postman.port).send(MAIL._replace(to="a@x.example\r\nRCPT TO:<b@x.example"))
    assert postman.sent == []


async def test_tls_is_checked() -> None:
    """A server whose certificate is vouched for gets the mail, another one does not."""
    with self_signed() as (folder, context), running_postman(context) as postman:
        known = sender(postman.port, host="localhost", authority=str(folder / "cert.pem"))
        await known.send(MAIL)
        assert len(postman.sent) == 1
        with self_signed() as (other, _):
            stranger = sender(postman.port, host="localhost", authority=str(other / "cert.pem"))
            with pytest.raises(DeskRefused) as caught:
                await stranger.send(MAIL)
        assert caught.value.why == "unavailable"
        assert len(postman.sent) == 1
        assert context.verify_mode is ssl.CERT_NONE


async def test_an_authority_that_cannot_be_read_sends_nothing(postman: Postman) -> None:
    """It is certain that nothing left, so nobody has to look whether it did."""
    with pytest.raises(DeskRefused) as caught:
        await sender(postman.port, host="localhost", authority="no-such.pem").send(MAIL)
    assert caught.value.why == "unavailable"
    assert postman.sent == []
