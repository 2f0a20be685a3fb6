"""Requests and answers against Chatwoot's own OpenAPI file, checked by Prism.

Prism stands between Firstline and the double, so that both are held to a text that is not ours:
what Firstline sends, and what the double answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from tests.channels.prism import prism_and, prism_before

from firstline.channels.base import Parcel
from firstline.channels.chatwoot import Chatwoot, ChatwootSettings
from firstline.channels.helpdesk import HandOver
from firstline.outbound import Outbound, Reach
from firstline.testing.chatwoot_double import ChatwootDouble

PATIENCE = 90.0
SPECIFICATION = "chatwoot-application-api.yaml"


@dataclass(frozen=True)
class Checked:
    """A double behind Prism."""

    double: ChatwootDouble
    url: str

    def desk(self) -> Chatwoot:
        """Return Firstline's side, which speaks to the double through Prism."""
        return Chatwoot(self.settings(), self.double.secrets)

    def settings(self) -> ChatwootSettings:
        """Return settings that lead through Prism."""
        return replace(self.double.settings, url=self.url, seconds=15.0)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    """Return a double behind Prism, which turns whatever breaks the file's rules to an error."""
    needed = prism_and(SPECIFICATION)
    said = tmp_path_factory.mktemp("prism") / "log.txt"
    with ChatwootDouble() as double, prism_before(needed, double.url, said) as url:
        yield Checked(double, url)


async def test_everything_asked_and_answered_is_chatwoots(checked: Checked) -> None:
    """Fetching, replying, noting, handing over, closing, listing and checking pass unchanged."""
    desk = checked.desk()
    ticket = checked.double.new_ticket("How do I export my board?")
    seen = await desk.fetch(ticket)
    assert seen.turns[0].author == "customer"
    parcel = Parcel(marker="attempt-1", ticket=ticket, kind="reply", text="Choose Export.")
    await desk.reply(parcel, seen, status="solved")
    checked.double.customer_says(ticket, "And then?")
    seen = await desk.fetch(ticket)
    await desk.note(replace(parcel, marker="attempt-2"), seen)
    checked.double.set_status(ticket, "pending")
    to = HandOver(note="Packet", group="Billing", assignee="66", tags=("firstline",))
    await desk.hand_over(replace(parcel, marker="attempt-3"), await desk.fetch(ticket), to)
    assert await desk.find("attempt-1", ticket) == "present"
    assert ticket in (await desk.changed("")).tickets
    assert "Firstline" in await desk.check()
    after = await desk.fetch(ticket)
    assert (after.group, after.assignee, after.tags) == ("77", "66", ("firstline",))
    assert checked.double.complaints == []


async def test_the_file_is_really_asked(checked: Checked) -> None:
    """A request that breaks the file's rules is refused by Prism before it reaches the double."""
    ticket = checked.double.new_ticket("How do I export my board?")
    before = len(checked.double.requests)
    client = Outbound(Reach(hosts=(), allow_loopback=True))
    answer = await client.request(
        "POST",
        f"{checked.url}/api/v1/accounts/3/conversations/{ticket}/toggle_status",
        headers={"api_access_token": checked.double.secrets.token},
        json={"status": "closed"},
    )
    assert answer.status in (422, 500)
    assert len(checked.double.requests) == before
