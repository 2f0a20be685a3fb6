"""Requests and answers against Intercom's own OpenAPI file, checked by Prism.

Prism stands between Firstline and the double, so that both are held to a text that is not ours:
what Firstline sends, and what the double answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from tests.channels.prism import prism_and, prism_before

from firstline.channels.base import Parcel
from firstline.channels.helpdesk import DeskRefused, HandOver
from firstline.channels.intercom import Intercom, IntercomSettings
from firstline.outbound import Outbound, Reach
from firstline.testing.intercom_double import IntercomDouble

PATIENCE = 90.0
SPECIFICATION = "intercom-2.16.yaml"


@dataclass(frozen=True)
class Checked:
    """A double behind Prism."""

    double: IntercomDouble
    url: str

    def desk(self) -> Intercom:
        """Return Firstline's side, which speaks to the double through Prism."""
        return Intercom(self.settings(), self.double.secrets)

    def settings(self) -> IntercomSettings:
        """Return settings that lead through Prism."""
        return replace(self.double.settings, base_url=self.url, seconds=15.0)

    def ticket(self) -> str:
        """Return a new conversation that somebody has, as the file knows no empty assignee."""
        ticket = self.double.new_ticket("How do I export my board?")
        kept = self.double.ticket(ticket)
        kept.assignee, kept.group = "66", "55"
        return ticket


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    """Return a double behind Prism, which turns whatever breaks the file's rules to an error."""
    needed = prism_and(SPECIFICATION)
    said = tmp_path_factory.mktemp("prism") / "log.txt"
    with IntercomDouble() as double, prism_before(needed, double.url, said) as url:
        yield Checked(double, url)


async def test_everything_asked_and_answered_is_intercoms(checked: Checked) -> None:
    """Fetching, replying, noting, handing over, closing, searching and checking pass unchanged."""
    desk = checked.desk()
    ticket = checked.ticket()
    seen = await desk.fetch(ticket)
    assert seen.turns[0].author == "customer"
    parcel = Parcel(marker="attempt-1", ticket=ticket, kind="reply", text="Choose Export.")
    await desk.reply(parcel, seen, status="solved")
    checked.double.customer_says(ticket, "And then?")
    seen = await desk.fetch(ticket)
    await desk.note(replace(parcel, marker="attempt-2"), seen)
    to = HandOver(note="Packet", group="Billing", assignee="88", tags=("firstline",))
    await desk.hand_over(replace(parcel, marker="attempt-3"), seen, to)
    assert await desk.find("attempt-1", ticket) == "present"
    assert ticket in (await desk.changed("")).tickets
    assert "Firstline" in await desk.check()
    after = await desk.fetch(ticket)
    assert (after.group, after.assignee, after.tags) == ("77", "88", ("firstline",))
    assert checked.double.complaints == []


async def test_closing_in_one_write_is_intercoms(checked: Checked) -> None:
    """A message that closes is as the file says too, and so is opening again."""
    settings = replace(checked.settings(), close_in_one_write=True)
    desk = Intercom(settings, checked.double.secrets)
    ticket = checked.ticket()
    parcel = Parcel(marker="attempt-1", ticket=ticket, kind="reply", text="Choose Export.")
    await desk.reply(parcel, await desk.fetch(ticket), status="solved")
    question = replace(parcel, marker="attempt-2")
    await desk.reply(question, await desk.fetch(ticket), status="open")
    assert (await desk.fetch(ticket)).status == "open"


async def test_the_file_is_really_asked(checked: Checked) -> None:
    """A request that breaks the file's rules is refused by Prism before it reaches the double."""
    ticket = checked.ticket()
    before = len(checked.double.requests)
    client = Outbound(Reach(hosts=(), allow_loopback=True))
    answer = await client.request(
        "POST",
        f"{checked.url}/conversations/{ticket}/reply",
        headers={"authorization": "Bearer token-of-a-double", "intercom-version": "2.16"},
        json={"message_type": "whisper", "type": "admin", "admin_id": "814860", "body": "x"},
    )
    assert answer.status in (422, 500)
    assert len(checked.double.requests) == before


async def test_a_missing_conversation_is_intercoms(checked: Checked) -> None:
    """The double's 404 has the form the file says."""
    with pytest.raises(DeskRefused) as caught:
        await checked.desk().fetch("999999")
    assert caught.value.why == "missing"
