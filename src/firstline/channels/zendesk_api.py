"""Zendesk's HTTP: where it is, who we are there, how often we may ask, and what its answers mean.

What counts as certain: a write that Zendesk answered with 4xx was not done; nor was one answered
429, or 503 with `Retry-After`, because both come from in front of the application or after a
transaction that was rolled back. Any other 5xx, a timeout and a broken connection leave a write
uncertain (a plain OSError); reads are repeated instead, since they change nothing.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import re2

from firstline.channels.helpdesk import DeskRefused
from firstline.channels.pace import Pace, Rule, retry_after
from firstline.errors import WorkspaceError
from firstline.outbound import HttpAnswer, Outbound, OutboundError, Reach

RULES = {"update": Rule(100, 60), "ticket": Rule(30, 600), "export": Rule(10, 60)}
"""Zendesk's published limits beside the account's own: updates of an account a minute, updates of
one ticket by one user in ten minutes, incremental exports a minute."""
_SUBDOMAIN = re2.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_EMAIL = re2.compile(r"[^\s:@/]{1,200}@[^\s:@/]{1,200}")
_ERROR_NAME = re2.compile(r"[A-Za-z ]{1,60}")
_TRIES = 3
_PAUSE = 0.5
"""Seconds before a read is repeated, doubled each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZendeskSettings:
    """One Zendesk account, without its secrets.

    Raises:
        WorkspaceError: The subdomain, address or e-mail is none.
    """

    subdomain: str
    """`acme` of acme.zendesk.com."""
    email: str = ""
    """Whose API token it is; empty: the token is an OAuth access token."""
    url: str = ""
    """Instead of https://<subdomain>.zendesk.com: a loopback address, for tests."""
    allow_loopback: bool = False
    seconds: float = 15.0
    """For one request."""

    def __post_init__(self) -> None:
        """Refuse what could lead anywhere but to Zendesk."""
        fix = "Write the part before .zendesk.com, for example acme"
        if not _SUBDOMAIN.fullmatch(self.subdomain):
            raise WorkspaceError("zendesk: `subdomain` is not the name of an account", fix=fix)
        if self.email and not _EMAIL.fullmatch(self.email):
            fix = "Write the address of the agent that the API token acts for"
            raise WorkspaceError("zendesk: `email` is not an address", fix=fix)
        if self.url:
            self._check_url()

    def _check_url(self) -> None:
        try:
            parts = urlsplit(self.url)
            host, path = parts.hostname or "", parts.path + parts.query + parts.fragment
        except ValueError:
            host, path = "", "?"
        if not self.allow_loopback or host not in ("127.0.0.1", "::1", "localhost") or path:
            raise WorkspaceError(
                "zendesk: `url` is only for a local double", fix="Leave it out; name the subdomain"
            )

    @property
    def host(self) -> str:
        """The account's host name."""
        return f"{self.subdomain}.zendesk.com"

    @property
    def base(self) -> str:
        """Where the API is, without a slash at the end."""
        return self.url or f"https://{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZendeskSecrets:
    """What must not be seen; absent from every repr."""

    token: str = field(repr=False)
    webhook: tuple[str, ...] = field(default=(), repr=False)
    """Signing secrets that are valid now: two while one is being replaced."""


class ZendeskApi:
    """Requests to one account."""

    def __init__(
        self,
        settings: ZendeskSettings,
        secrets: ZendeskSecrets,
        *,
        pace: Pace | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._base = settings.base
        self._host = settings.host
        reach = Reach(hosts=(settings.host,), allow_loopback=settings.allow_loopback)
        self._outbound = Outbound(reach, seconds=settings.seconds)
        self._pace = pace or Pace(RULES)
        self._sleep = sleep
        self._headers = {"authorization": _authorization(settings, secrets)}
        self._headers["accept"] = "application/json"

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, *names: str
    ) -> HttpAnswer:
        """Read; repeated when the network or Zendesk fails for a moment.

        Raises:
            DeskRefused: Zendesk would not, or could not be asked.
        """
        url = f"{self._base}{path}" + (f"?{urlencode(query)}" if query else "")
        for left in reversed(range(_TRIES)):
            refused = await self._read(url, names)
            if isinstance(refused, HttpAnswer):
                return refused
            if not left or refused.why not in ("unavailable", "too_many"):
                raise refused
            await self._sleep(_PAUSE * 2 ** (_TRIES - 1 - left))
        raise AssertionError  # pragma: no cover - the loop returns or raises

    async def put(self, path: str, body: Mapping[str, Any], *names: str) -> HttpAnswer:
        """Write, once.

        Raises:
            DeskRefused: It was certainly not done.
            OSError: Nobody knows whether it was done.
        """
        await self._pace.take(*names)
        try:
            answer = await self._outbound.request(
                "PUT", f"{self._base}{path}", headers=self._headers, json=dict(body)
            )
        except OutboundError as error:
            if error.sent:
                raise OSError(f"{self._host}: {error}; the write is uncertain") from None
            raise self._unsent(error) from None
        self._pace.heard(answer.status, answer.headers)
        if answer.status < 300:  # noqa: PLR2004 - done
            return answer
        certain = answer.status < 500 or (  # noqa: PLR2004 - a server's failure
            answer.status == 503 and "retry-after" in answer.headers  # noqa: PLR2004
        )
        if not certain or answer.status == 408:  # noqa: PLR2004 - request timeout
            problem = f"{self._host} answered {answer.status}; the write is uncertain"
            raise OSError(problem)
        raise self._refusal(answer)

    async def _read(self, url: str, names: tuple[str, ...]) -> HttpAnswer | DeskRefused:
        """Ask once; return the answer, or the refusal that it means."""
        await self._pace.take(*names)
        try:
            answer = await self._outbound.request("GET", url, headers=self._headers)
        except OutboundError as error:
            return self._unsent(error)
        self._pace.heard(answer.status, answer.headers)
        return answer if answer.status == 200 else self._refusal(answer)  # noqa: PLR2004

    def _unsent(self, error: OutboundError) -> DeskRefused:
        if error.why == "not_allowed":
            return DeskRefused("forbidden", f"{self._host}: {error}")
        if error.why in ("too_large", "unreadable"):
            return DeskRefused("unreadable", f"{self._host}: {error}")
        return DeskRefused("unavailable", f"{self._host}: {error}")

    def _refusal(self, answer: HttpAnswer) -> DeskRefused:
        status = answer.status
        problem = f"{self._host} answered {status}{_named(answer)}"
        if status in (401, 403):
            return DeskRefused("forbidden", problem)
        if status in (404, 410):
            return DeskRefused("missing", problem)
        if status == 409:  # noqa: PLR2004 - conflict
            return DeskRefused("changed", problem)
        if status == 429:  # noqa: PLR2004 - too many requests
            return DeskRefused("too_many", problem, retry_after=retry_after(answer.headers))
        if status >= 500 or status == 408:  # noqa: PLR2004 - a server's failure, a timeout
            return DeskRefused("unavailable", problem, retry_after=retry_after(answer.headers))
        return DeskRefused("invalid", problem)


def _authorization(settings: ZendeskSettings, secrets: ZendeskSecrets) -> str:
    if settings.email:
        pair = f"{settings.email}/token:{secrets.token}"
        return f"Basic {b64encode(pair.encode()).decode('ascii')}"
    return f"Bearer {secrets.token}"


def _named(answer: HttpAnswer) -> str:
    """Return Zendesk's own name of an error, if it is a plain name; never its description."""
    try:
        found = answer.json()
    except OutboundError:
        return ""
    name = found.get("error") if isinstance(found, dict) else None
    return f" ({name})" if isinstance(name, str) and _ERROR_NAME.fullmatch(name) else ""
