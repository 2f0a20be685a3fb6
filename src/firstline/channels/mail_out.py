"""Handing a mail to the SMTP server, knowing what became of it.

Until the server has the mail's last line nothing was accepted, so every failure before that is
certain. While and after it is sent, a server may have taken it although we do not hear so: only
its own words count as a refusal then, and silence is uncertain.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Final

import aiosmtplib
import re2

from firstline.channels.helpdesk import DeskRefused
from firstline.channels.mail_compose import Mail
from firstline.channels.mail_settings import MailServer

_NAME = r"[^\s<>()\[\]\",;:\\@\x{00}-\x{1f}\x{7f}]"
_PATH = re2.compile(rf"^{_NAME}{{1,64}}@{_NAME}{{1,255}}$")
"""An address that no server can read as anything else."""
_LATER = 400
_LASTING = 500
"""SMTP codes from here on will not change by trying again."""
GREYLISTED: Final = 300.0
"""Seconds after which a server that said "later" may be asked again."""


class MailSender:
    """Sends mails through one server, one connection each.

    Args:
        server: The server for outgoing mail.
        hello: The domain we say we are.
        timeout: Seconds for each answer.
    """

    def __init__(self, server: MailServer, *, hello: str, timeout: float) -> None:
        self._server = server
        self._hello = hello
        self._timeout = timeout

    async def send(self, mail: Mail) -> None:
        """Send a mail once.

        Raises:
            DeskRefused: It was certainly not accepted.
            OSError: Nobody knows whether it was.
        """
        client = await self._ready()
        try:
            await self._announce(client, mail)
            await _hand_over(client, mail)
        finally:
            # The mail is accepted or refused by now: how the goodbye goes changes nothing.
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=2.0)
            client.close()

    async def check(self) -> None:
        """Sign in and say nothing; raises DeskRefused."""
        client = await self._ready()
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=2.0)
        client.close()

    async def _ready(self) -> aiosmtplib.SMTP:
        """Return a connection that is encrypted as configured, and signed in."""
        server = self._server
        token = await asyncio.to_thread(server.tokens.current) if server.tokens else ""
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=self._timeout,
            local_hostname=self._hello,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=self._tls(),
        )
        try:
            await client.connect()
            if token:
                await client.auth_xoauth2(server.user, token)
            elif server.user:
                await client.login(server.user, server.password)
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            if error.code < _LASTING:
                raise _refused(error.code, "a sign-in") from None
            if server.tokens:
                server.tokens.forget(token)
            what = "access token" if token else "password"
            problem = f"{server.host} refused the user or {what} (code {error.code})"
            raise DeskRefused("forbidden", problem) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            problem = f"{server.host} takes no mail now ({type(error).__name__})"
            raise DeskRefused("unavailable", problem, retry_after=30.0) from None
        return client

    def _tls(self) -> ssl.SSLContext | None:
        server = self._server
        if server.security == "none":
            return None
        try:
            context = ssl.create_default_context(cafile=server.authority or None)
        except OSError as error:
            problem = f"the authority of {server.host} cannot be read ({type(error).__name__})"
            raise DeskRefused("unavailable", problem, retry_after=30.0) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def _announce(self, client: aiosmtplib.SMTP, mail: Mail) -> None:
        """Name sender and receiver; all that goes wrong here is certain."""
        if not (_PATH.match(mail.envelope) and _PATH.match(mail.to)):
            raise DeskRefused("invalid", "the sender or receiver is no mail address")
        options = ["SMTPUTF8"] if not (mail.to + mail.envelope).isascii() else []
        if options and not client.supports_extension("smtputf8"):
            problem = f"{self._server.host} cannot deliver to an address like this one"
            raise DeskRefused("invalid", problem)
        encoding = "utf-8" if options else "ascii"
        try:
            await client.mail(mail.envelope, options=options, encoding=encoding)
            await client.rcpt(mail.to, encoding=encoding)
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error.code, "the sender or receiver") from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            problem = f"{self._server.host} broke off before the mail ({type(error).__name__})"
            raise DeskRefused("unavailable", problem, retry_after=30.0) from None


async def _hand_over(client: aiosmtplib.SMTP, mail: Mail) -> None:
    try:
        await client.data(mail.content)
    except (aiosmtplib.SMTPException, OSError) as error:
        code = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0
        if code >= _LATER:
            raise _refused(code, "the mail") from None
        problem = f"the mail server fell silent while it took a mail ({type(error).__name__})"
        raise ConnectionError(problem) from error


def _refused(code: int, what: str) -> DeskRefused:
    """Return what a server's code means. Its words stay out: they may quote the mail."""
    if code >= _LASTING:
        return DeskRefused("invalid", f"the mail server refused {what} for good (code {code})")
    problem = f"the mail server does not take {what} now (code {code})"
    return DeskRefused("unavailable", problem, retry_after=GREYLISTED)
