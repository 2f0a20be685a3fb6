"""What each answer of a helpdesk means for a read and for a write."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from firstline.channels.desk_calls import TRIES, DeskCalls
from firstline.channels.helpdesk import DeskRefused
from firstline.channels.pace import Pace
from firstline.outbound import HttpAnswer, Outbound, OutboundError, Reach

CERTAIN = {
    400: "invalid",
    401: "forbidden",
    402: "forbidden",
    403: "forbidden",
    404: "missing",
    405: "invalid",
    409: "changed",
    410: "missing",
    412: "changed",
    415: "invalid",
    422: "invalid",
    429: "too_many",
    302: "invalid",
}


class Scripted(Outbound):
    """Answers from a script instead of sending; the last answer stays."""

    def __init__(self, *script: HttpAnswer | OutboundError) -> None:
        super().__init__(Reach(hosts=("desk.example",)))
        self.script = list(script)
        self.sent: list[str] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        seconds: float | None = None,
    ) -> HttpAnswer:
        """Return or raise what comes next."""
        del headers, json, content, seconds
        self.sent.append(f"{method} {url}")
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, OutboundError):
            raise step
        return step


def answer(status: int, body: bytes = b"{}", **headers: str) -> HttpAnswer:
    """Return an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status=status, headers=named, body=body, host="desk.example")


def lost(why: Any, *, sent: bool) -> OutboundError:
    """Return what happens instead of an answer."""
    return OutboundError(why, f"no answer: {why}", sent=sent)


async def no_wait(_seconds: float) -> None:
    """Let others run, and that is all."""
    await asyncio.sleep(0)


def calls(*script: HttpAnswer | OutboundError) -> tuple[DeskCalls, Scripted]:
    """Return calls that meet these answers."""
    outbound = Scripted(*script)
    base = "https://desk.example/api"
    pace = Pace(longest=0.0)
    return DeskCalls("Desk", base, outbound, headers={}, pace=pace, sleep=no_wait), outbound


@pytest.mark.parametrize(("status", "why"), CERTAIN.items())
async def test_a_refused_write_was_not_done(status: int, why: str) -> None:
    """What the helpdesk refuses is certain, has a code, and is not repeated."""
    desk, outbound = calls(answer(status))
    with pytest.raises(DeskRefused) as caught:
        await desk.write("POST", "/x", {})
    assert caught.value.why == why
    assert len(outbound.sent) == 1


@pytest.mark.parametrize(
    "step",
    [
        answer(500),
        answer(502),
        answer(503),
        answer(504),
        answer(408),
        lost("timeout", sent=True),
        lost("broken", sent=True),
        lost("too_large", sent=True),
        answer(200, b"not JSON"),
    ],
)
async def test_an_unknown_outcome_is_no_refusal(step: HttpAnswer | OutboundError) -> None:
    """What may have been done is a plain OSError, and is not repeated."""
    desk, outbound = calls(step)
    with pytest.raises(OSError, match=r".") as caught:
        await desk.write("PUT", "/x", {})
    assert not isinstance(caught.value, DeskRefused)
    assert len(outbound.sent) == 1


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (answer(503, retry_after="7"), "unavailable"),
        (lost("unreachable", sent=False), "unavailable"),
        (lost("not_allowed", sent=False), "forbidden"),
    ],
)
async def test_what_never_began_is_certain(step: HttpAnswer | OutboundError, why: str) -> None:
    """503 that says when to come back, and no connection at all, did nothing."""
    desk, _ = calls(step)
    with pytest.raises(DeskRefused) as caught:
        await desk.write("POST", "/x", {})
    assert caught.value.why == why
    assert caught.value.retry_after == (7 if isinstance(step, HttpAnswer) else None)


async def test_a_read_is_repeated_and_then_gives_up() -> None:
    """A read survives two failures of any kind; a third is the answer."""
    desk, outbound = calls(answer(500), lost("timeout", sent=True), answer(200, b'{"a": 1}'))
    assert await desk.read("/x", {"page": 2}) == {"a": 1}
    assert outbound.sent[0] == "GET https://desk.example/api/x?page=2"
    desk, outbound = calls(lost("broken", sent=True))
    with pytest.raises(DeskRefused) as caught:
        await desk.read("/x")
    assert caught.value.why == "unavailable"
    assert len(outbound.sent) == TRIES


async def test_what_stays_wrong_is_asked_once() -> None:
    """A refusal, a host that is not allowed and an answer that is too large are not asked again."""
    steps: list[tuple[HttpAnswer | OutboundError, str]] = [
        (answer(404), "missing"),
        (lost("not_allowed", sent=False), "forbidden"),
        (lost("too_large", sent=True), "unreadable"),
    ]
    for step, why in steps:
        desk, outbound = calls(step)
        with pytest.raises(DeskRefused) as caught:
            await desk.read("/x")
        assert caught.value.why == why
        assert len(outbound.sent) == 1


async def test_an_unreadable_answer_to_a_read_is_named() -> None:
    """An answer that is no JSON is `unreadable` when reading."""
    desk, _ = calls(answer(200, b"<html>"))
    with pytest.raises(DeskRefused) as caught:
        await desk.read("/x")
    assert caught.value.why == "unreadable"


async def test_a_limit_that_was_met_is_kept() -> None:
    """After 429 nothing more is sent until it may; before a limit is met nothing is sent either."""
    desk, outbound = calls(answer(429, retry_after="30"))
    for _ in range(2):
        with pytest.raises(DeskRefused) as caught:
            await desk.write("POST", "/x", {})
        assert caught.value.why == "too_many"
        assert caught.value.retry_after == pytest.approx(30, abs=2)
    assert len(outbound.sent) == 1
    desk, outbound = calls(answer(200, x_ratelimit_remaining="0"))
    await desk.read("/x")
    with pytest.raises(DeskRefused):
        await desk.read("/x")
    assert len(outbound.sent) == 1


async def test_an_empty_answer_is_nothing() -> None:
    """204, or an empty body, is no error."""
    desk, _ = calls(answer(204, b""))
    assert await desk.write("PUT", "/x", {}) is None
