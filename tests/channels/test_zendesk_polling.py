"""Polling a Zendesk account: every change once, from a cursor, as administrator and as agent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from firstline.channels.zendesk import Zendesk
from firstline.testing.zendesk_double import ZendeskDouble
from firstline.testing.zendesk_state import OWN_AGENT


@pytest.fixture
def double() -> Iterator[ZendeskDouble]:
    """Return a running double that complains about wrong requests when the test ends."""
    with ZendeskDouble() as running:
        yield running


@pytest.fixture
def desk(double: ZendeskDouble) -> Zendesk:
    """Return Firstline's side of it, which does not wait between attempts."""
    return Zendesk(double.settings, double.secrets, sleep=_no_wait)


async def _no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


async def test_polling_finds_every_change_once_and_goes_on_from_its_cursor(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """Pages follow each other, closed tickets are left out, and a later poll brings only news."""
    double.service.export_page = 2
    tickets = [double.new_ticket(f"Question {number}") for number in range(5)]
    double.set_status(tickets[1], "closed")
    found: list[str] = []
    cursor, more = "", True
    while more:
        changes = await desk.changed(cursor)
        found += changes.tickets
        cursor, more = changes.cursor, changes.more
    assert sorted(found) == sorted(set(tickets) - {tickets[1]})
    assert (await desk.changed(cursor)).tickets == ()
    double.customer_says(tickets[2], "And?")
    assert (await desk.changed(cursor)).tickets == (tickets[2],)


async def test_polling_before_anything_happened_keeps_its_place(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """An empty account gives a cursor from which the first ticket is found."""
    changes = await desk.changed("")
    assert changes.tickets == ()
    ticket = double.new_ticket("Hi")
    assert (await desk.changed(changes.cursor)).tickets == (ticket,)


async def test_long_mails_do_not_stop_the_polling(double: ZendeskDouble, desk: Zendesk) -> None:
    """64 kB of signs that JSON writes with six each, twenty times, are more than is read."""
    tickets = [double.new_ticket("\x01" * 64_000) for _ in range(20)]
    found: list[str] = []
    cursor, more = "", True
    while more:
        changes = await desk.changed(cursor)
        found += changes.tickets
        cursor, more = changes.cursor, changes.more
    assert found == tickets
    for _ in range(10):
        double.customer_says(tickets[0], "\x01" * 64_000)
    assert len((await desk.fetch(tickets[0])).turns) == 11


async def test_an_agent_who_may_not_export_polls_the_list() -> None:
    """A token with an agent's rights finds the same changes, each once, from the plain list."""
    with ZendeskDouble(admin=False) as double:
        double.account.behind = 0
        old = double.new_ticket("Old")
        double.account.tickets[int(old)].at -= 3600
        desk = Zendesk(double.settings, double.secrets, sleep=_no_wait)
        assert await desk.check() == "Firstline, agent at acme.zendesk.com"
        new = [double.new_ticket(f"Question {number}") for number in range(3)]
        first = await desk.changed("")
        assert sorted(first.tickets) == sorted(new)
        double.customer_says(old, "And?")
        double.set_status(new[0], "closed")
        second = await desk.changed(first.cursor)
        assert old in second.tickets
        assert new[0] not in second.tickets
        assert not second.more
        exports = [item for item in double.requests if "incremental" in item.path]
        assert len(exports) == 1


async def test_a_token_that_may_not_export_any_more_goes_on_where_the_export_was(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """What came while no token was good is found, also when the next one is only an agent's."""
    now = datetime.now(UTC)
    long_ago = Zendesk(
        double.settings, double.secrets, now=lambda: now - timedelta(hours=3), sleep=_no_wait
    )
    double.new_ticket("Before")
    cursor = (await long_ago.changed("")).cursor
    ticket = double.new_ticket("Meanwhile")
    double.account.tickets[int(ticket)].at -= 3600
    double.account.people[OWN_AGENT].role = "agent"
    assert ticket in (await desk.changed(cursor)).tickets


async def test_a_long_list_is_read_until_what_was_seen() -> None:
    """All pages of what is new are read, and none of what is old."""
    with ZendeskDouble(admin=False) as double:
        double.account.behind = 1000
        tickets = [double.new_ticket(str(number)) for number in range(250)]
        cut = double.account.tickets[int(tickets[99])].at
        desk = Zendesk(double.settings, double.secrets, sleep=_no_wait)
        changes = await desk.changed(f'list:[{cut + 1},{cut + 1},"",[]]')
        assert sorted(changes.tickets) == tickets[100:]
        pages = [item for item in double.requests if item.path == "/api/v2/tickets"]
        assert len(pages) == 2


async def test_a_cursor_that_cannot_be_read_begins_anew(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """A cursor of another kind is no reason to stop polling."""
    ticket = double.new_ticket("Hi")
    for cursor in ("nonsense", "from:abc", "list:{", "list:"):
        changes = await desk.changed(cursor)
        assert changes.tickets in ((ticket,), ())
        assert changes.cursor
