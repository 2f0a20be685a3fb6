"""The requests that docs/api.md shows are made, and answered as it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.web.api.conftest import Api
from tests.web.conftest import answered_company, running

from firstline.desk import Desk
from firstline.records import TicketId
from firstline.store.people_records import SCOPES
from firstline.web.opening import open_site

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api.md"
ELISION = "…"
FEWEST = 8
"""Exchanges that the document shows."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and the answer that is shown."""

    line: int
    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int
    shown: Any


def blocks() -> Iterator[tuple[int, str, str]]:
    """Yield the fenced blocks of the document with the line they begin at."""
    kind, start, lines = "", 0, list[str]()
    for number, line in enumerate(DOCUMENT.read_text("utf-8").splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
            continue
        if kind:
            yield start, kind, "\n".join(lines)
        kind = "" if kind else line.removeprefix("```").strip() or "text"
        start, lines = number, []


def exchanges() -> Iterator[Exchange]:
    """Yield every request with its answer."""
    found = iter(blocks())
    for line, kind, text in found:
        if kind != "http":
            continue
        head, _, body = text.partition("\n\n")
        first, *fields = head.splitlines()
        method, path = first.split()
        _, answer, shown = next(found)
        yield Exchange(
            line=line,
            method=method,
            path=path,
            headers=dict(field.split(": ", 1) for field in fields),
            body=body,
            status=int(answer.removeprefix("json ")),
            shown=json.loads(shown),
        )


@pytest.fixture
def company(tmp_path: Path, ready_acme: Path) -> Iterator[Desk]:
    """Return the demo company, open, with its first tickets answered."""
    desk = answered_company(tmp_path / "acme", ready_acme)
    yield desk
    desk.close()


def test_every_exchange_happens_as_it_is_shown(company: Desk) -> None:
    """In the order of the document, each message worked on before the next request."""
    site = open_site(company)
    with running(site) as url, httpx2.Client(base_url=url) as nobody:
        api = Api(url=url, site=site, program=nobody)
        with api.client(*SCOPES) as program:
            api.program = program
            names = {"held": held(api)}
            wanted = list(exchanges())
            for exchange in wanted:
                happens(api, exchange, names)
    assert len(wanted) >= FEWEST


def held(api: Api) -> str:
    """Return a ticket whose draft waits for a person."""
    for item in api.site.reviews.queue().items:
        case = api.site.reviews.case(item.review.ticket)
        if case.answer.draft.action == "answer" and not case.overtaken:
            return item.review.ticket
    raise AssertionError("no draft waits")


def happens(api: Api, exchange: Exchange, names: dict[str, str]) -> None:
    """Make a request and compare its answer with what is shown."""
    path = exchange.path
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    answer = api.program.request(
        exchange.method,
        path,
        headers=exchange.headers | ({"Content-Type": "application/json"} if exchange.body else {}),
        content=exchange.body.encode() or None,
    )
    where = f"docs/api.md:{exchange.line}"
    assert answer.status_code == exchange.status, f"{where}: {answer.text}"
    said = answer.json()
    compare(exchange.shown, said, where)
    if answer.status_code == 202 and "id" in said:
        names["id"] = said["id"]
        names.setdefault("first", said["id"])
        api.work(TicketId(said["id"]))


def compare(shown: Any, said: Any, where: str) -> None:
    """Check that what is shown is in what was said; an elision stands for anything."""
    match shown:
        case dict():
            for name, value in shown.items():
                assert name in said, f"{where}: {name} is missing"
                compare(value, said[name], f"{where} {name}")
        case list():
            assert len(said) >= len(shown), where
            for value, inner in zip(shown, said, strict=False):
                compare(value, inner, where)
        case str() if ELISION in shown:
            rest = str(said)
            for piece in filter(None, shown.split(ELISION)):
                assert piece in rest, f"{where}: {said!r} is not {shown!r}"
                rest = rest.partition(piece)[2]
        case _:
            assert said == shown, where
