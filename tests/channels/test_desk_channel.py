"""Delivering into a helpdesk that is busy for a moment, or that refuses a part of it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from firstline.channels.base import Parcel, Presence
from firstline.channels.desk_channel import TRIES, HelpdeskChannel, Manners
from firstline.channels.freshdesk import Freshdesk
from firstline.channels.helpdesk import DeskRefused, Helpdesk
from firstline.channels.intercom import Intercom
from firstline.channels.zendesk import Zendesk
from firstline.testing.freshdesk_double import FreshdeskDouble
from firstline.testing.intercom_double import IntercomDouble
from firstline.testing.zendesk_double import ZendeskDouble

PARCEL = Parcel(marker="t1:reply", ticket="7:1", kind="reply", text="An answer.")


class Busy:
    """A helpdesk that refuses to look so many times."""

    def __init__(self, *refusals: DeskRefused) -> None:
        self.refusals = list(refusals)
        self.asked = 0

    async def find(self, marker: str, ticket: str, *, kind: str) -> Presence:
        """Refuse, or find it."""
        assert (marker, ticket, kind) == ("t1:reply", "7", "reply")
        self.asked += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return "present"


def channel_of(desk: Busy) -> HelpdeskChannel:
    """Return the helpdesk as a channel that does not dawdle."""
    return HelpdeskChannel(lambda: cast("Helpdesk", desk), Manners(), pause=0.001)


async def test_a_look_waits_until_the_limit_is_over() -> None:
    """Too many requests, then away: the delivery is found all the same."""
    desk = Busy(
        DeskRefused("too_many", "busy", retry_after=0.01), DeskRefused("unavailable", "away")
    )
    assert await channel_of(desk).find(PARCEL) == "present"
    assert desk.asked == 3


@pytest.mark.parametrize(
    ("refusal", "asked"),
    [
        (DeskRefused("forbidden", "no"), 1),
        (DeskRefused("too_many", "busy", retry_after=600.0), 1),
        (DeskRefused("unavailable", "away"), TRIES),
    ],
)
async def test_a_look_that_is_refused_for_long_is_given_up(
    refusal: DeskRefused, asked: int
) -> None:
    """A right that is missing, a wait of minutes, or no end of it: a person looks."""
    desk = Busy(*[refusal] * 10)
    with pytest.raises(DeskRefused):
        await channel_of(desk).find(PARCEL)
    assert desk.asked == asked


@pytest.mark.parametrize(
    ("a_double", "a_desk"),
    [(ZendeskDouble, Zendesk), (IntercomDouble, Intercom), (FreshdeskDouble, Freshdesk)],
)
async def test_a_packet_reaches_the_team_though_its_group_is_gone(
    a_double: Any, a_desk: Any
) -> None:
    """A group that was renamed leaves a ticket unassigned, and its packet beside it, once."""
    with a_double() as double:
        desk = a_desk(double.settings, double.secrets)
        channel = HelpdeskChannel(lambda: desk, Manners(group="Renamed since"), pause=0.001)
        ticket = double.new_ticket("Where is my parrot?")
        packet = Parcel(marker="t1:hand_over", ticket=f"{ticket}:1", kind="packet", text="Help.")
        assert await channel.send(packet)
        await channel.send(packet)
        assert double.notes(ticket) == ["Help."]
        assert await channel.find(packet) == "present"
