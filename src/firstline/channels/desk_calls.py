"""Calls to a helpdesk's API, sorted by what may be repeated and by what is certain.

Reading is repeated when it fails. Writing happens once: what was certainly not done raises
`DeskRefused`, what may have been done raises a plain OSError, and the caller reads back.

Certain are the refusals a helpdesk gives before it works: 4xx; 429; and 503 with `Retry-After`,
which is a service turning requests away. A 503 without it may come from a gateway that lost the
answer of a server behind it, as may 500, 502 and 504, and 408 says that somebody waited; these are
uncertain after a write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

from firstline.channels.helpdesk import DeskRefused
from firstline.channels.pace import Pace, retry_after
from firstline.outbound import HttpAnswer, Outbound, OutboundError

TRIES = 3
"""How often something is read before it counts as unavailable."""
_FIRST_PAUSE = 0.25

RefusalCode: TypeAlias = Literal[
    "changed", "missing", "forbidden", "invalid", "too_many", "unavailable", "unreadable"
]
_CODES: Mapping[int, RefusalCode] = {
    401: "forbidden",
    402: "forbidden",
    403: "forbidden",
    404: "missing",
    409: "changed",
    410: "missing",
    412: "changed",
    429: "too_many",
    503: "unavailable",
}
_CAUSES: Mapping[str, RefusalCode] = {
    "not_allowed": "forbidden",
    "too_large": "unreadable",
    "unreadable": "unreadable",
}
"""What is wrong for good when no usable answer came."""


class DeskCalls:
    """The API of one helpdesk account."""

    def __init__(
        self,
        desk: str,
        base: str,
        outbound: Outbound,
        *,
        headers: Mapping[str, str],
        pace: Pace,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare calls.

        Args:
            desk: The helpdesk's name, for people.
            base: The API's address without a slash at its end; its host is checked by `outbound`.
            outbound: Sends the requests.
            headers: Of every request; they carry the secret and appear in no error.
            pace: The account's one limiter.
            sleep: Waits for seconds.
        """
        self._desk = desk
        self._base = base
        self._outbound = outbound
        self._headers = dict(headers)
        self._pace = pace
        self._sleep = sleep

    async def read(self, path: str, query: Mapping[str, str | int] | None = None) -> Any:
        """GET something, again if need be; raises DeskRefused."""
        return await self._read("GET", f"{path}?{urlencode(query)}" if query else path, None)

    async def search(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST a question that changes nothing, again if need be; raises DeskRefused."""
        return await self._read("POST", path, body)

    async def write(
        self, method: Literal["POST", "PUT"], path: str, body: Mapping[str, Any]
    ) -> Any:
        """Change something, once.

        Raises:
            DeskRefused: It was certainly not done.
            OSError: It may have been done.
        """
        await self._pace.take()
        try:
            answer = await self._once(method, path, body)
        except OutboundError as error:
            if error.sent:
                raise
            raise DeskRefused(_CAUSES.get(error.why, "unavailable"), str(error)) from None
        if answer.status >= 300 and _uncertain(answer):  # noqa: PLR2004 - not a success
            raise OSError(f"{self._desk} answered {answer.status}; it may have been done")
        return self._taken(answer)

    async def set(self, method: Literal["POST", "PUT"], path: str, body: Mapping[str, Any]) -> Any:
        """Change something that is the same when it is done twice, again if need be.

        Raises:
            DeskRefused: It was not done, or nobody knows; doing it again does no harm.
        """
        return await self._read(method, path, body)

    async def _read(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        for left in range(TRIES - 1, -1, -1):
            await self._pace.take()
            try:
                answer = await self._once(method, path, body)
                if not left or not _passing(answer):
                    return self._taken(answer)
            except OutboundError as error:
                lasting = _CAUSES.get(error.why)
                if lasting or not left:
                    raise DeskRefused(lasting or "unavailable", str(error)) from None
            await self._sleep(_FIRST_PAUSE * 2 ** (TRIES - 1 - left))
        raise AssertionError("the last try returns or raises")

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> HttpAnswer:
        answer = await self._outbound.request(
            method, self._base + path, headers=self._headers, json=body
        )
        self._pace.heard(answer.status, answer.headers)
        return answer

    def _taken(self, answer: HttpAnswer) -> Any:
        """Return what an answer says, or raise what its status means."""
        status = answer.status
        if 200 <= status < 300:  # noqa: PLR2004 - the statuses of success
            return answer.json() if answer.body.strip() else None
        code = _CODES.get(status, "unavailable" if status >= 500 else "invalid")  # noqa: PLR2004
        raise DeskRefused(
            code,
            f"{self._desk} answered {status}{_HINTS.get(status, '')}",
            retry_after=retry_after(answer.headers),
        )


_HINTS: Mapping[int, str] = {
    401: ": the key is not valid (any more)",
    403: ": the key has no right to this",
    404: ": no such ticket, or no right to see it",
    409: ": somebody changed it at the same moment",
    422: ": a value was refused",
    429: ": too many requests",
}


def _uncertain(answer: HttpAnswer) -> bool:
    """Whether a failure may have come after the work was done."""
    if answer.status == 503:  # noqa: PLR2004 - unavailable
        return retry_after(answer.headers) is None
    return answer.status >= 500 or answer.status == 408  # noqa: PLR2004 - a server's, a wait's end


def _passing(answer: HttpAnswer) -> bool:
    """Whether the same question may soon be answered."""
    return answer.status >= 500 or answer.status in (408, 425, 429)  # noqa: PLR2004
