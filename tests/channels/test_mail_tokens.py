"""Signing in with access tokens: got, used, renewed, refused — at a real IMAP server, too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.channels.dovecot import (
    USER,
    Dovecot,
    Postman,
    running_dovecot,
    running_postman,
    settings_for,
)
from tests.channels.token_server import CLIENT, REFRESH, SECRET, TokenServer, running_token_server

from firstline.channels.helpdesk import DeskRefused
from firstline.channels.mail_compose import Mail
from firstline.channels.mail_imap import Imap
from firstline.channels.mail_out import MailSender
from firstline.channels.mail_settings import MailServer
from firstline.channels.mail_tokens import AccessTokens, MailApp
from firstline.errors import SetupError

NOBODY = "http://127.0.0.1:9/token"
MAIL = Mail(id="a@acme.example", envelope=USER, to="ann@x.example", content=b"Subject: Hi\r\n\r\n")


@pytest.fixture
def provider() -> Iterator[TokenServer]:
    """Run the provider of tokens."""
    with running_token_server() as provider:
        yield provider


@pytest.fixture(scope="module")
def mail_provider() -> Iterator[TokenServer]:
    """Run the provider that the mail server asks."""
    with running_token_server() as provider:
        yield provider


@pytest.fixture(scope="module")
def dovecot(mail_provider: TokenServer) -> Iterator[Dovecot]:
    """Run an IMAP server that takes access tokens."""
    with running_dovecot(introspection=mail_provider.introspection) as dovecot:
        yield dovecot


@pytest.fixture
def postman() -> Iterator[Postman]:
    """Run an SMTP server."""
    with running_postman() as postman:
        yield postman


def an_app(provider: TokenServer, **changes: Any) -> MailApp:
    """Return the app that the provider knows."""
    known: dict[str, Any] = {
        "token_url": provider.url,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "scope": "https://mail.example/.default",
    }
    return MailApp(**(known | changes))


def test_an_app_gets_a_token_and_keeps_it_until_shortly_before_its_end(
    provider: TokenServer,
) -> None:
    """One request while it is good; the next five minutes before it runs out."""
    now = [0.0]
    tokens = AccessTokens(an_app(provider), clock=lambda: now[0])
    assert tokens.current() == tokens.current() == "token-1"
    assert provider.asked == [
        {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "scope": "https://mail.example/.default",
            "grant_type": "client_credentials",
        }
    ]
    now[0] = 3299.0
    assert tokens.current() == "token-1"
    now[0] = 3301.0
    assert tokens.current() == "token-2"


@pytest.mark.parametrize(("seconds", "lasts"), [(60, 30), ("soon", 3300), (-1, 3300), (True, 3300)])
def test_a_short_or_unsaid_time_is_used_sensibly(
    provider: TokenServer, seconds: Any, lasts: float
) -> None:
    """Half of a short time; an hour when nothing sensible is said."""
    provider.seconds = seconds
    now = [0.0]
    tokens = AccessTokens(an_app(provider), clock=lambda: now[0])
    assert tokens.current() == "token-1"
    now[0] = lasts - 1
    assert tokens.current() == "token-1"
    now[0] = lasts + 1
    assert tokens.current() == "token-2"


def test_a_refresh_token_stands_for_its_owner(provider: TokenServer) -> None:
    """The other grant, with what the owner gave once."""
    tokens = AccessTokens(an_app(provider, refresh_token=REFRESH))
    assert tokens.current() == "token-1"
    assert provider.asked[0]["grant_type"] == "refresh_token"


@pytest.mark.parametrize(
    ("answer", "code", "problem"),
    [
        ((401, {"error": "invalid_client", "hint": SECRET}), "forbidden", "invalid_client"),
        ((400, {"error": f"<b>{SECRET}"}), "forbidden", "400"),
        ((403, b"no json"), "forbidden", "403"),
        ((429, {}), "unavailable", "429"),
        ((503, b""), "unavailable", "503"),
        ((302, b""), "unavailable", "302"),
        ((200, b"no json"), "unavailable", "unreadable"),
        ((200, []), "unavailable", "unreadable"),
        ((200, {"access_token": "two\r\nlines"}), "unavailable", "unreadable"),
        ((200, {"access_token": 7}), "unavailable", "unreadable"),
    ],
)  # fmt: skip
def test_what_is_no_token_says_why_without_a_secret(
    provider: TokenServer, answer: tuple[int, Any], code: str, problem: str
) -> None:
    """A refusal is told from a failure; the provider's own words stay out; the next try may do."""
    provider.answers.append(answer)
    tokens = AccessTokens(an_app(provider))
    with pytest.raises(DeskRefused, match=problem) as caught:
        tokens.current()
    assert caught.value.why == code
    assert SECRET not in str(caught.value)
    assert tokens.current() == "token-2"


def test_nobody_there_is_unavailable(provider: TokenServer) -> None:
    """A provider that cannot be reached is tried again later."""
    tokens = AccessTokens(an_app(provider, token_url=NOBODY))
    with pytest.raises(DeskRefused, match="no access token") as caught:
        tokens.current()
    assert (caught.value.why, caught.value.retry_after) == ("unavailable", 60.0)


@pytest.mark.parametrize(
    "url", ["", "http://login.example/token", "https://", "ftp://x/", "https://[x"]
)
def test_secrets_go_to_https_only(provider: TokenServer, url: str) -> None:
    """Plain http is for this machine."""
    with pytest.raises(SetupError, match="token_url"):
        an_app(provider, token_url=url)


def test_no_secret_is_shown(provider: TokenServer) -> None:
    """Neither an app nor a server's settings show theirs."""
    app = an_app(provider, refresh_token=REFRESH)
    tokens = AccessTokens(app)
    token = tokens.current()
    server = MailServer(host="127.0.0.1", port=1, security="none", user=USER, tokens=tokens)
    for shown in (repr(app), repr(server), repr(tokens)):
        assert not any(secret in shown for secret in (SECRET, REFRESH, token))


def test_a_mailbox_is_read_with_a_token_and_a_refused_one_is_renewed(
    mail_provider: TokenServer, dovecot: Dovecot, postman: Postman
) -> None:
    """A real server takes it; one that was withdrawn is refused once, then got anew."""
    tokens = AccessTokens(an_app(mail_provider))
    plain = settings_for(dovecot, postman).imap
    server = replace(plain, password="", tokens=tokens)
    imap = Imap(server, timeout=10.0)
    assert imap.select("INBOX").next_uid >= 1
    imap.close()
    withdrawn = tokens.current()
    mail_provider.tokens.remove(withdrawn)
    with pytest.raises(DeskRefused, match="refused the user or access token") as caught:
        Imap(server, timeout=10.0)
    assert caught.value.why == "forbidden"
    Imap(server, timeout=10.0).close()
    assert tokens.current() != withdrawn


async def test_mail_is_sent_with_a_token_and_a_refused_one_is_renewed(
    provider: TokenServer, postman: Postman
) -> None:
    """The same at the sending side, where a refusal is certain: nothing was sent."""
    tokens = AccessTokens(an_app(provider))
    server = MailServer(
        host="127.0.0.1", port=postman.port, security="none", user=USER, tokens=tokens
    )
    sender = MailSender(server, hello="acme.example", timeout=5.0)
    with pytest.raises(DeskRefused, match="access token") as caught:
        await sender.send(MAIL)
    assert (caught.value.why, postman.sent) == ("forbidden", [])
    postman.tokens.add("token-2")
    await sender.send(MAIL)
    assert len(postman.sent) == 1
    assert len(provider.asked) == 2
    provider.answers.append((503, b""))
    tokens.forget("token-2")
    with pytest.raises(DeskRefused) as later:
        await sender.check()
    assert later.value.why == "unavailable"


def test_threads_that_want_a_token_at_once_ask_once(provider: TokenServer) -> None:
    """Reading and sending share what one request brought."""
    tokens = AccessTokens(an_app(provider))

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(tokens.current) for _ in range(8)))

    assert set(asyncio.run(all_at_once())) == {"token-1"}
    assert len(provider.asked) == 1
