"""What is Freshdesk's own: pages, kinds of messages, statuses, hosts, and webhooks without ids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from firstline.channels import freshdesk_wire as wire
from firstline.channels.base import Parcel
from firstline.channels.freshdesk import (
    MOST_PAGES,
    PER_PAGE,
    Freshdesk,
    FreshdeskSecrets,
    FreshdeskSettings,
)
from firstline.channels.helpdesk import Conversation, DeskRefused, HandOver
from firstline.channels.read_back import with_reference
from firstline.errors import InputError, WorkspaceError
from firstline.outbound import Outbound, Reach
from firstline.testing.freshdesk_double import AGENT, FreshdeskDouble

NOON = "2026-05-01T12:00:00Z"


@pytest.fixture
def double() -> Iterator[FreshdeskDouble]:
    """Return a running double."""
    with FreshdeskDouble() as running:
        yield running


@pytest.fixture
def desk(double: FreshdeskDouble) -> Freshdesk:
    """Return Firstline's side of it."""
    return Freshdesk(double.settings, double.secrets)


def ticket(**changes: Any) -> dict[str, Any]:
    """Return a ticket as Freshdesk sends it, with some of it changed."""
    return {
        "id": 20,
        "subject": "Invoice",
        "description": "<div>Where is it?</div>",
        "status": 2,
        "source": 1,
        "requester_id": 9,
        "requester": {"id": 9, "name": "Ada", "email": "ada@customer.example"},
        "created_at": NOON,
        "updated_at": NOON,
        **changes,
    }


def entry(number: int, **changes: Any) -> dict[str, Any]:
    """Return a conversation of a ticket as Freshdesk sends it."""
    return {
        "id": number,
        "body": "<div>Hm</div>",
        "incoming": False,
        "private": False,
        "user_id": 8,
        "source": 0,
        "created_at": NOON,
        **changes,
    }


def read(*entries: Any, login: bool = False, **changes: Any) -> Conversation:
    """Return a ticket with these conversations."""
    return wire.conversation(
        ticket(**changes), list(entries), agent=str(AGENT), portal_needs_login=login
    )


def test_a_ticket_of_our_own_agent_makes_no_loop() -> None:
    """When Firstline's own agent is the requester, its replies are still its own."""
    own = with_reference("Choose Export.", "attempt-1")
    turns = read(
        entry(1, user_id=AGENT, body=own), entry(2, user_id=AGENT), requester_id=AGENT
    ).turns
    assert [turn.author for turn in turns] == ["customer", "own", "customer"]


def test_kinds_of_messages_are_told_apart() -> None:
    """Notes and forwarded mails are internal; a third person's mail is a customer's."""
    own = with_reference("Choose Export.", "attempt-1")
    turns = read(
        entry(1, incoming=True, user_id=77),
        entry(2, user_id=9),
        entry(3),
        entry(4, private=True, source=2),
        entry(5, source=8),
        entry(6, private=False, source=2),
        entry(7, user_id=AGENT, body=own),
        entry(8, user_id=AGENT),
    ).turns
    assert [(turn.author, turn.is_public) for turn in turns[1:]] == [
        ("customer", True),
        ("customer", True),
        ("staff", True),
        ("staff", False),
        ("staff", False),
        ("staff", True),
        ("own", True),
        ("staff", True),
    ]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": 2}, "open"),
        ({"status": 3}, "pending"),
        ({"status": 4}, "solved"),
        ({"status": 5}, "closed"),
        ({"status": 6}, "pending"),
        ({"status": 21}, "open"),
        ({"status": None}, "open"),
        ({"status": 2, "spam": True}, "closed"),
        ({"status": 2, "deleted": True}, "closed"),
    ],
)
def test_statuses_are_read(changes: dict[str, Any], status: str) -> None:
    """Freshdesk's numbers have names; spam and the trash take no answers; an own status is open."""
    assert read(**changes).status == status


def test_a_ticket_the_team_began_is_no_request() -> None:
    """The first message of an outbound mail is the team's, not the customer's."""
    assert read(source=10).turns[0].author == "staff"
    assert read(source=1).turns[0].author == "customer"


def test_who_is_vouched_for() -> None:
    """Only a ticket from a portal that needs a login, with nobody else in it, is vouched for."""
    assert read(source=2, login=True).verified
    assert read(entry(1), source=2, login=True).verified
    assert not read(entry(1, incoming=True, user_id=9), source=2, login=True).verified
    assert not read(source=2, login=True, cc_emails=["eve@evil.example"]).verified
    assert not read(source=2).verified
    assert not read(source=1, login=True).verified


@pytest.mark.parametrize("moment", [NOON, "2026-05-01T21:30:00+09:30", "2026-05-01T12:00:00"])
def test_moments_are_utc(moment: str) -> None:
    """A moment with a zone is turned to UTC, one without is UTC."""
    assert read(created_at=moment).turns[0].at == datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "answer", [None, [], "x", {}, ticket(created_at="soon"), ticket(requester="Ada")]
)
def test_an_unknown_form_is_unreadable(answer: Any) -> None:
    """An answer of another form is `unreadable`, never a crash."""
    with pytest.raises(DeskRefused) as caught:
        wire.conversation(answer, [], agent="1", portal_needs_login=False)
    assert caught.value.why == "unreadable"


async def test_all_pages_are_read(double: FreshdeskDouble, desk: Freshdesk) -> None:
    """Every message of a long ticket is there, the newest too."""
    number = double.new_ticket("First")
    for count in range(2 * PER_PAGE + 1):
        double.customer_says(number, f"Message {count}")
    turns = (await desk.fetch(number)).turns
    assert len(turns) == 2 * PER_PAGE + 2
    assert f"Message {2 * PER_PAGE}<" in turns[-1].text


async def test_a_page_of_long_mails_is_read_in_smaller_ones(
    double: FreshdeskDouble, desk: Freshdesk
) -> None:
    """A thread whose mails quote all that was said before is read, the newest message too."""
    number = double.new_ticket("First")
    long = "quoted " * 60_000
    for count in range(13):
        double.customer_says(number, f"Message {count} {long}")
    turns = (await desk.fetch(number)).turns
    assert len(turns) == 14
    assert "Message 12 " in turns[-1].text


async def test_a_ticket_that_is_too_long_is_never_read_in_part(
    double: FreshdeskDouble, desk: Freshdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its newest messages a ticket would be answered wrongly: it is unreadable."""
    monkeypatch.setattr("firstline.channels.freshdesk.LONGEST_TICKET", 3_000_000)
    number = double.new_ticket("First")
    for count in range(13):
        double.customer_says(number, f"Message {count} {'quoted ' * 60_000}")
    with pytest.raises(DeskRefused) as caught:
        await desk.fetch(number)
    assert caught.value.why == "unreadable"


async def test_a_ticket_beyond_all_bounds_is_unreadable(
    double: FreshdeskDouble, desk: Freshdesk
) -> None:
    """A ticket with more than 2,000 messages is a person's, and nobody can say what is in it."""
    number = double.new_ticket("First")
    for _ in range(MOST_PAGES * PER_PAGE):
        double.customer_says(number, "More")
    with pytest.raises(DeskRefused) as caught:
        await desk.fetch(number)
    assert caught.value.why == "unreadable"
    assert await desk.find("attempt-1", number) == "unknown"


async def test_notes_are_private_in_so_many_words(double: FreshdeskDouble, desk: Freshdesk) -> None:
    """A note says that it is private, and a reply is no note."""
    number = double.new_ticket("How do I export a board?")
    parcel = Parcel(marker="attempt-1", ticket=number, kind="note", text="Draft")
    await desk.note(parcel, await desk.fetch(number))
    posted = next(asked for asked in double.requests if asked.method == "POST")
    assert posted.path.endswith("/notes")
    assert posted.body["private"] is True


async def test_a_hand_over_is_one_change_and_a_note(
    double: FreshdeskDouble, desk: Freshdesk
) -> None:
    """Status, group, person and tags change in one write; what stays is not written."""
    number = double.new_ticket("I want my money back")
    double.set_status(number, "pending")
    double.ticket(number).tags.append("by-hand")
    parcel = Parcel(marker="attempt-1", ticket=number, kind="packet", text="Packet")
    to = HandOver(note="Packet", group="55", assignee="66", tags=("firstline",))
    await desk.hand_over(parcel, await desk.fetch(number), to)
    writes = [asked.body for asked in double.requests if asked.method == "PUT"]
    assert writes == [
        {"status": 2, "group_id": 55, "responder_id": 66, "tags": ["by-hand", "firstline"]}
    ]


async def test_a_person_who_is_no_number_is_refused(
    double: FreshdeskDouble, desk: Freshdesk
) -> None:
    """A name where an agent's number belongs is `invalid`, before anything is written."""
    number = double.new_ticket("I want my money back")
    parcel = Parcel(marker="attempt-1", ticket=number, kind="packet", text="Packet")
    with pytest.raises(DeskRefused, match="responder_id") as caught:
        await desk.hand_over(
            parcel, await desk.fetch(number), HandOver(note="Packet", assignee="Grace")
        )
    assert caught.value.why == "invalid"
    assert double.notes(number) == []


def test_a_hook_with_an_id_is_one_event(desk: Freshdesk) -> None:
    """A rule that sends an `event_id` is recognised when it comes again; one without never is."""
    told = json.dumps({"ticket_id": "20", "event_id": "e-1", "event": "reply"}).encode()
    first, second = desk.hints(told)[0], desk.hints(told)[0]
    assert first == second
    assert (first.ticket, first.topic) == ("20", "reply")
    other = json.dumps({"ticket_id": "21", "event_id": "e-1"}).encode()
    assert desk.hints(other)[0].id != first.id
    bare = json.dumps({"freshdesk_webhook": {"ticket_id": 20}}).encode()
    assert desk.hints(bare)[0].id != desk.hints(bare)[0].id


@pytest.mark.parametrize(
    "told",
    [
        {"ticket_id": "../agents"},
        {"ticket_id": "{{ticket.id}}"},
        {"ticket_id": None},
        {"ticket_id": 2.5},
        {"ticket_id": -1},
        {"freshdesk_webhook": []},
        {"id": 20},
    ],
)
def test_a_hook_must_name_a_ticket(desk: Freshdesk, told: Any) -> None:
    """A ticket that is no number is an error that says how to mend the rule."""
    with pytest.raises(InputError):
        desk.hints(json.dumps(told).encode())


def test_a_changed_secret_leaves_no_gap(double: FreshdeskDouble) -> None:
    """With two secrets either is good; an empty one matches nothing."""
    headers, body = double.webhook(double.new_ticket("How?"))
    old = double.secrets.hook_secrets[0]
    for secrets, expected in (((old, "new"), "good"), (("new", old), "good"), (("",), "wrong")):
        desk = Freshdesk(double.settings, FreshdeskSecrets(api_key="t", hook_secrets=secrets))
        assert desk.verify(headers, body, datetime.now(UTC)) == expected


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "-",
        "acme.evil.example",
        "acme.freshdesk.com.evil.example",
        "acme.freshdesk.com:8080",
        "a/b",
        "acme@evil",
        "acmé",
        "acme\n",
        "x" * 64,
    ],
)
def test_a_domain_leads_to_freshdesk_only(domain: str) -> None:
    """What is not the name of an account is refused."""
    with pytest.raises(WorkspaceError, match="freshdesk"):
        FreshdeskSettings(domain=domain)


def test_both_ways_to_write_a_domain() -> None:
    """An account may be named alone or with its host, in any case."""
    hosts = {FreshdeskSettings(domain=name).host for name in ("acme", "Acme.Freshdesk.com")}
    assert hosts == {"acme.freshdesk.com"}


async def test_another_address_is_refused(double: FreshdeskDouble) -> None:
    """An address that is not loopback is refused, as is loopback unless it is allowed."""
    for changes in ({"base_url": "https://evil.example"}, {"allow_loopback": False}):
        with pytest.raises(WorkspaceError, match="leads elsewhere"):
            replace(double.settings, **changes)


async def test_a_host_that_leads_inside_is_refused() -> None:
    """When the account's name resolves to an address inside, nothing is sent."""

    async def inside(_name: str, _port: int) -> tuple[str, ...]:
        return ("169.254.169.254",)

    desk = Freshdesk(
        FreshdeskSettings(domain="acme"),
        FreshdeskSecrets(api_key="t"),
        outbound=Outbound(Reach(hosts=("acme.freshdesk.com",)), resolve=inside),
    )
    with pytest.raises(DeskRefused) as caught:
        await desk.check()
    assert caught.value.why == "forbidden"


async def test_a_group_is_found_on_any_page(double: FreshdeskDouble, desk: Freshdesk) -> None:
    """A company with many teams can name the last of them."""
    double.groups = [{"id": 100 + number, "name": f"Team {number}"} for number in range(150)]
    ticket = double.new_ticket("Hello")
    handed = Parcel(marker="attempt-1", ticket=ticket, kind="packet", text="")
    to = HandOver(note="Packet", group="Team 149")
    await desk.hand_over(handed, await desk.fetch(ticket), to)
    assert double.ticket(ticket).group == "249"
