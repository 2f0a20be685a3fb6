"""Records from another system over HTTP: one GET of a JSON object, or of a list of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from firstline.outbound import HttpAnswer, Outbound, OutboundError, Reach
from firstline.sources.asked import Row, Who
from firstline.sources.failure import SourceFailure
from firstline.workspace.models import Network
from firstline.workspace.sound_json import TEXT_DECODER, parse
from firstline.workspace.source_settings import host_of

LONGEST_ANSWER = 1_000_000
"""Bytes; a record of a customer is a few kilobytes."""
OK, NO_CONTENT, UNAUTHORISED, FORBIDDEN, NOT_FOUND, GONE = 200, 204, 401, 403, 404, 410
TOO_MANY, SERVER = 429, 500


class HttpReader:
    """Asks a web service. Goes to the host of its address and nowhere else.

    Args:
        url: With `{id}`, `{email}` or `{reference}` in its path or query.
        headers: Sent with each question; may hold a secret.
        at: Where in the answer the record stands; empty: it is the answer.
        network: Which addresses the host may have.
        seconds: For one question.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        at: str = "",
        network: Network = "public",
        seconds: float,
    ) -> None:
        _, host = host_of(url)
        self._url = url
        self._headers = {**headers, "accept": "application/json"}
        self._at = tuple(step for step in at.split(".") if step)
        reach = Reach(
            hosts=(host.strip("[]"),),
            allow_loopback=network == "loopback",
            allow_private=network == "private",
        )
        self._outbound = Outbound(reach, seconds=seconds, longest=LONGEST_ANSWER)

    def __repr__(self) -> str:
        """Name the class only: the headers hold a secret."""
        return "HttpReader()"

    def read(self, who: Who) -> tuple[Row, ...]:
        """Return the rows about a customer; call it outside of any event loop."""
        return asyncio.run(self._read(filled(self._url, who)))

    def close(self) -> None:
        """Do nothing: each question has a connection of its own."""

    async def _read(self, url: str) -> tuple[Row, ...]:
        try:
            answer = await self._outbound.request("GET", url, headers=self._headers)
        except OutboundError as error:
            unwell = error.why not in ("not_allowed", "too_large", "unreadable")
            raise SourceFailure(_WORDS.get(error.why, error.why), unwell=unwell) from None
        if answer.status in (NO_CONTENT, NOT_FOUND, GONE):
            return ()
        if answer.status != OK:
            raise _refused(answer)
        return self._rows(answer)

    def _rows(self, answer: HttpAnswer) -> tuple[Row, ...]:
        try:
            value = parse(answer.body.decode("utf-8"), decoder=TEXT_DECODER)
        except (ValueError, RecursionError):
            raise SourceFailure("its answer is not JSON", unwell=False) from None
        for step in self._at:
            if not isinstance(value, dict):
                break
            value = value.get(step)
        return _objects(value)


_WORDS: Mapping[str, str] = {
    "not_allowed": "its address leads where Firstline may not go",
    "unreachable": "no connection",
    "timeout": "no answer in time",
    "broken": "the connection broke off",
    "too_large": f"its answer is larger than {LONGEST_ANSWER:,} bytes",
    "unreadable": "its answer is not readable",
}


def _objects(value: Any) -> tuple[Row, ...]:
    """Return an object or a list of them as rows; nothing stands for no record."""
    if value is None:
        return ()
    rows = value if isinstance(value, list) else [value]
    if not all(isinstance(row, dict) for row in rows):
        raise SourceFailure("its answer is no object and no list of objects", unwell=False)
    return tuple(rows)


def filled(url: str, who: Who) -> str:
    """Return the address for a customer; what they are called cannot lead out of its place.

    Raises:
        SourceFailure: It can stand in no address: dots alone, control signs.
    """
    for name, value in who.values().items():
        if f"{{{name}}}" not in url:
            continue
        if not value.strip(".") or not value.isprintable():
            raise SourceFailure("what to ask by cannot stand in an address", unwell=False)
        url = url.replace(f"{{{name}}}", quote(value, safe=""))
    return url


def _refused(answer: HttpAnswer) -> SourceFailure:
    match answer.status:
        case 401 | 403:
            return SourceFailure(f"it refuses the secret ({answer.status})", unwell=False)
        case 429:
            return SourceFailure("it is asked too often (429)")
        case status:
            return SourceFailure(f"it answered {status}", unwell=status >= SERVER)
