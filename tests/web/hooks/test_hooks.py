"""Webhooks over HTTP: verified, stored once, acknowledged; anything else is refused and counted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from tests.conftest import PATIENCE
from tests.desk.small_company import make_company
from tests.helpdesks.company import (
    CUSTOMER,
    KINDS,
    REFUND,
    Kind,
    environment,
    secrets_of,
    until,
    write_channels,
)
from tests.web.conftest import running

from firstline.channels.standard_webhooks import key_of, new_secret, signed_headers
from firstline.desk import open_desk
from firstline.store.arrival_tables import arrival, event
from firstline.store.arrivals import Arrivals
from firstline.store.schema import ticket as tickets
from firstline.web.hooks.keeper import Keeper
from firstline.web.opening import open_site


@dataclass
class Hooked:
    """A served company with one channel."""

    kind: Kind
    double: Any
    engine: sa.Engine
    client: httpx2.Client

    def post(self, headers: dict[str, str], body: bytes) -> httpx2.Response:
        """Deliver a webhook."""
        return self.client.post("/hooks/support", content=body, headers=headers)

    def listed(self) -> list[str]:
        """Return the conversations that are to be fetched."""
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.select(arrival.c.conversation)))

    def counts(self) -> dict[str, int]:
        """Return how many webhooks were counted, by what their signatures said."""
        inbox = f"{self.kind.name}:support"
        return dict(Arrivals(self.engine).standing(inbox, datetime.now(UTC)).hooks)


@pytest.fixture(scope="module", params=list(KINDS))
def hooked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hooked]:
    """Serve a company with one helpdesk, and nobody who fetches."""
    kind = KINDS[request.param]
    folder = make_company(tmp_path_factory.mktemp("hooked") / "tiny")
    with kind.double() as double, environment(secrets_of(kind, double)):
        write_channels(folder, [("support", kind, double, "live")])
        with (
            open_desk(folder, with_models=False) as desk,
            running(open_site(desk)) as url,
            httpx2.Client(base_url=url, timeout=PATIENCE) as client,
        ):
            yield Hooked(kind=kind, double=double, engine=desk.engine, client=client)


def test_a_webhook_is_kept_once_however_often_it_comes(hooked: Hooked) -> None:
    """The same delivery ten times at once lists its conversation once; each gets its 200."""
    ticket = hooked.double.new_ticket(REFUND, requester=CUSTOMER)
    headers, body = hooked.double.webhook(ticket)
    with ThreadPoolExecutor(10) as many:
        answers = list(many.map(lambda _: hooked.post(headers, body).status_code, range(10)))
    assert answers == [200] * 10
    assert hooked.listed().count(ticket) == 1


def test_a_forged_webhook_is_refused_and_counted(hooked: Hooked) -> None:
    """A wrong signature, and none at all: 401, nothing stored, both counted."""
    before = hooked.counts()
    ticket = hooked.double.new_ticket(REFUND, requester=CUSTOMER)
    headers, body = hooked.double.forged_webhook(ticket)
    assert hooked.post(headers, body).status_code == 401
    assert hooked.post({"content-type": "application/json"}, body).status_code == 401
    assert ticket not in hooked.listed()
    bad = ("wrong", "unsigned")
    until(
        lambda: (
            sum(hooked.counts().get(one, 0) for one in bad)
            >= 2 + sum(before.get(one, 0) for one in bad)
        )
    )


def test_a_body_that_was_changed_on_the_way_is_refused(hooked: Hooked) -> None:
    """The signature is over the raw bytes, where the helpdesk signs them at all."""
    ticket = hooked.double.new_ticket(REFUND, requester=CUSTOMER)
    headers, body = hooked.double.webhook(ticket)
    answer = hooked.post(headers, body + b" ")
    assert answer.status_code == (200 if hooked.kind.name == "freshdesk" else 401)


def test_what_is_no_channel_is_not_found(hooked: Hooked) -> None:
    """There is no telling which channels there are by anything but their name."""
    headers, body = hooked.double.webhook(hooked.double.new_ticket(REFUND, requester=CUSTOMER))
    assert hooked.client.post("/hooks/other", content=body, headers=headers).status_code == 404
    assert hooked.client.get("/hooks/support").status_code in (404, 405)


def test_a_body_that_is_too_large_is_not_read(hooked: Hooked) -> None:
    """More than a megabyte is refused by its declared length."""
    assert hooked.post({}, b"x" * 1_100_000).status_code == 413


def test_a_server_that_signs_nothing_brings_a_password(tmp_path: Path) -> None:
    """Chatwoot before 4.11.2: the password of the webhook's address, and nothing without it."""
    kind = KINDS["chatwoot"]
    folder = make_company(tmp_path / "tiny")
    with kind.double() as double, environment(secrets_of(kind, double)):
        write_channels(folder, [("support", kind, double, "live")])
        with (
            open_desk(folder, with_models=False) as desk,
            running(open_site(desk)) as url,
            httpx2.Client(base_url=url, timeout=PATIENCE) as client,
        ):
            hooked = Hooked(kind=kind, double=double, engine=desk.engine, client=client)
            first, second = (double.new_ticket(REFUND, requester=CUSTOMER) for _ in range(2))
            assert hooked.post(*double.old_webhook(first)).status_code == 200
            assert hooked.post(*double.old_webhook(second, "guess")).status_code == 401
            assert hooked.listed() == [first]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[httpx2.Client, sa.Engine, str]]:
    """Serve a company whose own system sends webhooks."""
    folder = make_company(tmp_path / "tiny")
    (folder / "channels.toml").write_text('[[channel]]\nname = "shop"\nkind = "webhook"\n', "utf-8")
    secret = new_secret()
    with (
        environment({"FIRSTLINE_SHOP_WEBHOOK_SECRET": secret}),
        open_desk(folder, with_models=False) as desk,
        running(open_site(desk)) as url,
        httpx2.Client(base_url=url, timeout=PATIENCE) as client,
    ):
        yield client, desk.engine, secret


def test_a_message_of_a_companys_own_system_is_accepted_once(
    own: tuple[httpx2.Client, sa.Engine, str],
) -> None:
    """It brings its message along; a repeat changes nothing, one without an id is refused."""
    client, engine, secret = own
    key = key_of(secret)
    data = {"ticket": "t-1", "id": "m-1", "text": REFUND, "customer": CUSTOMER}
    body = json.dumps({"type": "message.created", "data": data}).encode()
    for _ in range(3):
        headers = signed_headers((key,), "msg_1", int(time.time()), body)
        answer = client.post("/hooks/shop", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
    with engine.connect() as connection:
        found = connection.execute(sa.select(tickets.c.external_id, tickets.c.conversation)).all()
    assert [tuple(row) for row in found] == [("t-1:m-1", "t-1")]
    broken = json.dumps({"type": "message.created", "data": {"text": "x"}}).encode()
    headers = signed_headers((key,), "msg_2", int(time.time()), broken)
    assert client.post("/hooks/shop", content=broken, headers=headers).status_code == 400


async def test_a_write_that_fails_takes_none_of_its_group_with_it(engine: sa.Engine) -> None:
    """Of three in one transaction the bad one is told so, and the others are committed."""
    keeper = Keeper(engine)

    def write(name: str) -> Any:
        row = {"inbox": "i", "id": name, "at": "2026"}

        def insert(used: sa.Connection) -> str:
            used.execute(event.insert().values(row))
            return name

        return insert

    def bad(used: sa.Connection) -> str:
        write("three")(used)
        raise ValueError("no")

    waits = [keeper.keep(write("one")), keeper.keep(bad), keeper.keep(write("two"))]
    first, second, third = await asyncio.gather(*waits, return_exceptions=True)
    assert (first, third) == ("one", "two")
    assert isinstance(second, ValueError)
    with engine.connect() as connection:
        assert sorted(connection.scalars(sa.select(event.c.id))) == ["one", "two"]
