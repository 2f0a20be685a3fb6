"""Signing in to a mailbox with an access token (OAuth 2.0), where no password is taken.

Two ways to a token, RFC 6749: an app of its own that may read the mailbox (client credentials, as
Microsoft 365 wants it), or a refresh token that its owner gave once (as Google does).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import re2

from firstline.channels.helpdesk import DeskRefused
from firstline.errors import SetupError
from firstline.outbound import HttpAnswer, Outbound, OutboundError, Reach

_LEEWAY = 300.0
"""Seconds before its end at which a token is not used any more."""
_USUAL = 3600.0
"""Seconds a token lasts when its server does not say."""
_DAY = 86_400.0
_AGAIN = 60.0
_LONGEST = 20_000
_TOKEN = re2.compile(r"^[!-~]+$")
_CODE = re2.compile(r"^[a-z_]{1,40}$")
_HTTP_OK = 200
_REFUSED = range(400, 500)
_TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class MailApp:
    """An app that is registered with the provider of the mailbox.

    Raises:
        SetupError: The address for tokens is none that secrets may be sent to.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    refresh_token: str = field(default="", repr=False)
    """Empty: the app signs in for itself."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not self.host or not (self.token_url.startswith("https://") or self.is_local):
            fix = "Write it like https://login.example.com/oauth2/v2.0/token"
            raise SetupError("`token_url` is no https address", fix=fix)

    @property
    def host(self) -> str:
        """Where tokens come from."""
        try:
            return urlsplit(self.token_url).hostname or ""
        except ValueError:
            return ""

    @property
    def is_local(self) -> bool:
        """Whether that is this machine."""
        return self.host in ("127.0.0.1", "::1", "localhost")

    @property
    def form(self) -> dict[str, str]:
        """What is posted there."""
        asked = {"client_id": self.client_id, "client_secret": self.client_secret}
        asked |= {"scope": self.scope} if self.scope else {}
        if self.refresh_token:
            return asked | {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        return asked | {"grant_type": "client_credentials"}


class AccessTokens:
    """The access tokens of an app; each is used until shortly before it runs out.

    For several threads, each without a running event loop.
    """

    def __init__(self, app: MailApp, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._http = Outbound(Reach(hosts=(app.host,), allow_loopback=app.is_local))
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def current(self) -> str:
        """Return a token that is still good for some time.

        Raises:
            DeskRefused: `forbidden` when the app is refused, `unavailable` when nobody answers.
        """
        with self._lock:
            if not self._token or self._clock() >= self._until:
                self._token, seconds = asyncio.run(self._asked())
                self._until = self._clock() + seconds - min(_LEEWAY, seconds / 2)
            return self._token

    def forget(self, token: str) -> None:
        """Use a token no more that a mail server refused."""
        with self._lock:
            if token == self._token:
                self._token = ""

    async def _asked(self) -> tuple[str, float]:
        """Return a new token and the seconds it lasts."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        try:
            answer = await self._http.request(
                "POST",
                self._app.token_url,
                headers=headers,
                content=urlencode(self._app.form).encode(),
            )
            return self._read(answer)
        except OutboundError as error:
            problem = f"{self._app.host} gives no access token ({error.why})"
            raise DeskRefused("unavailable", problem, retry_after=_AGAIN) from None

    def _read(self, answer: HttpAnswer) -> tuple[str, float]:
        if answer.status in _REFUSED and answer.status != _TOO_MANY:
            problem = f"{self._app.host} gives no access token ({_code(answer)})"
            raise DeskRefused("forbidden", problem)
        if answer.status != _HTTP_OK:
            problem = f"{self._app.host} gives no access token now ({answer.status})"
            raise DeskRefused("unavailable", problem, retry_after=_AGAIN)
        said = answer.json()
        token = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(token, str) or len(token) > _LONGEST or not _TOKEN.match(token):
            raise OutboundError("unreadable", "no access token in the answer", sent=True)
        seconds = said.get("expires_in")
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        return token, min(float(seconds), _DAY) if is_number and seconds > 0 else _USUAL


def _code(answer: HttpAnswer) -> str:
    """Return the error's code (RFC 6749, 5.2), without the words that may quote secrets."""
    try:
        said = answer.json()
    except OutboundError:
        return str(answer.status)
    code = said.get("error") if isinstance(said, dict) else None
    return code if isinstance(code, str) and _CODE.match(code) else str(answer.status)
