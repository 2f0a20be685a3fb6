"""Requests and answers against Zendesk's own OpenAPI file, checked by Prism.

Prism stands between Firstline and the double, so that both are held to a text that is not ours:
what Firstline sends, and what the double answers. Two gaps of that file are left out: it knows no
body for adding tags, and it asks for `start_time` beside a cursor, where its own example has none.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from tests.channels.prism import prism_and, prism_before

from firstline.channels.base import Parcel
from firstline.channels.helpdesk import DeskRefused, HandOver
from firstline.channels.zendesk import Zendesk
from firstline.outbound import Outbound, Reach
from firstline.testing.zendesk_double import ZendeskDouble
from firstline.testing.zendesk_state import HUMAN_AGENT

SPECIFICATION = "zendesk-support-oas-official-src.yaml"


@dataclass(frozen=True)
class Checked:
    """A double behind Prism."""

    double: ZendeskDouble
    url: str

    def desk(self) -> Zendesk:
        """Return Firstline's side, which speaks to the double through Prism."""
        return Zendesk(replace(self.double.settings, url=self.url), self.double.secrets)

    def ticket(self) -> str:
        """Return a new ticket without empty fields, which the file does not know of."""
        ticket = self.double.new_ticket("How do I export my board?")
        kept = self.double.account.tickets[int(ticket)]
        kept.assignee, kept.group = HUMAN_AGENT, 501
        return ticket


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    """Return a double behind Prism, which turns whatever breaks the file's rules to an error."""
    needed = prism_and(SPECIFICATION)
    said = tmp_path_factory.mktemp("prism") / "log.txt"
    with ZendeskDouble() as double, prism_before(needed, double.url, said) as url:
        yield Checked(double, url)


def _parcel(ticket: str, marker: str) -> Parcel:
    return Parcel(marker=marker, ticket=ticket, kind="reply", text="Choose Export.\n\nRobin")


async def test_all_that_firstline_sends_and_reads_is_as_the_file_says(checked: Checked) -> None:
    """Check, fetch, reply, note, hand-over, search and poll pass in both directions."""
    desk, ticket = checked.desk(), checked.ticket()
    assert await desk.check() == "Firstline, admin at acme.zendesk.com"
    seen = await desk.fetch(ticket)
    await desk.reply(_parcel(ticket, "a"), seen, status="pending")
    await desk.note(_parcel(ticket, "b"), seen)
    to = HandOver(note="Packet", group="502", assignee="robin@acme.example")
    await desk.hand_over(_parcel(ticket, "c"), await desk.fetch(ticket), to)
    assert [await desk.find(marker, ticket) for marker in "abcd"] == ["present"] * 3 + ["absent"]
    assert (await desk.changed("")).tickets == (ticket,)
    assert len(checked.double.public_replies(ticket)) == 1
    assert len(checked.double.notes(ticket)) == 2


async def test_conflicts_and_solved_tickets_pass_too(checked: Checked) -> None:
    """A write after a conflict, and a solved ticket, keep to the file."""
    desk, ticket = checked.desk(), checked.ticket()
    seen = await desk.fetch(ticket)
    checked.double.touch(ticket)
    await desk.reply(_parcel(ticket, "a"), seen, status="solved")
    assert checked.double.ticket(ticket).status == "solved"


async def test_prism_refuses_what_is_not_in_the_file(checked: Checked) -> None:
    """A wrong type and a wrong status are found, so that the test above means something."""
    client = Outbound(Reach(hosts=(), allow_loopback=True))
    ticket = checked.ticket()
    body = {"ticket": {"comment": {"public": "no"}, "status": "answered", "safe_update": "true"}}
    url = f"{checked.url}/api/v2/tickets/{ticket}"
    pair = f"{checked.double.settings.email}/token:{checked.double.secrets.token}"
    headers = {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    answer = await client.request("PUT", url, json=body, headers=headers)
    assert answer.status == 422
    wrong = {".".join(item["location"][1:]) for item in answer.json()["validation"]}
    assert wrong == {"ticket.comment.public", "ticket.status", "ticket.safe_update"}
    assert checked.double.public_replies(ticket) == []


async def test_a_missing_ticket_is_missing(checked: Checked) -> None:
    """A refusal comes through as what it is."""
    with pytest.raises(DeskRefused) as caught:
        await checked.desk().fetch("99")
    assert caught.value.why == "missing"
