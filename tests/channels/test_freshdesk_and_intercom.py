"""What holds for Freshdesk, Intercom and Chatwoot alike, against doubles that misbehave."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from firstline.channels.base import Parcel
from firstline.channels.chatwoot import Chatwoot
from firstline.channels.freshdesk import Freshdesk
from firstline.channels.helpdesk import DeskRefused, HandOver
from firstline.channels.intercom import API_VERSION, Intercom
from firstline.channels.pace import Pace
from firstline.errors import InputError
from firstline.testing.chatwoot_double import ChatwootDouble
from firstline.testing.desk_double import Failure, deliver
from firstline.testing.freshdesk_double import AGENT, FreshdeskDouble
from firstline.testing.intercom_double import ADMIN, IntercomDouble

Desk: TypeAlias = Freshdesk | Intercom | Chatwoot
Double: TypeAlias = FreshdeskDouble | IntercomDouble | ChatwootDouble
WRONG = "canary-4711"
ANSWER = "Open the board's menu & choose Export."


@dataclass(frozen=True, slots=True)
class Pair:
    """A helpdesk's double with Firstline's side of it."""

    double: Double
    desk: Desk


async def no_wait(_seconds: float) -> None:
    """Let others run, and that is all."""
    await asyncio.sleep(0)


def freshdesk(double: FreshdeskDouble, seconds: float) -> Freshdesk:
    """Return a Freshdesk that does not wait."""
    settings = replace(double.settings, seconds=seconds)
    return Freshdesk(settings, double.secrets, pace=Pace(sleep=no_wait, longest=0), sleep=no_wait)


def intercom(double: IntercomDouble, seconds: float) -> Intercom:
    """Return an Intercom that does not wait."""
    settings = replace(double.settings, seconds=seconds)
    return Intercom(settings, double.secrets, pace=Pace(sleep=no_wait, longest=0), sleep=no_wait)


def chatwoot(double: ChatwootDouble, seconds: float) -> Chatwoot:
    """Return a Chatwoot that does not wait."""
    settings = replace(double.settings, seconds=seconds)
    return Chatwoot(settings, double.secrets, pace=Pace(sleep=no_wait, longest=0), sleep=no_wait)


Make: TypeAlias = Callable[[float], Desk]


@pytest.fixture(params=["freshdesk", "intercom", "chatwoot"])
def made(request: pytest.FixtureRequest) -> Iterator[tuple[Double, Make]]:
    """Return a running double, and how to make a desk for it that allows so many seconds."""
    if request.param == "freshdesk":
        with FreshdeskDouble() as first:
            yield first, lambda seconds: freshdesk(first, seconds)
    elif request.param == "chatwoot":
        with ChatwootDouble() as third:
            yield third, lambda seconds: chatwoot(third, seconds)
    else:
        with IntercomDouble() as second:
            yield second, lambda seconds: intercom(second, seconds)


@pytest.fixture
def pair(made: tuple[Double, Make]) -> Pair:
    """Return a double with its desk."""
    double, make = made
    return Pair(double, make(5.0))


def parcel(ticket: str, text: str = ANSWER, marker: str = "attempt-1") -> Parcel:
    """Return something to deliver."""
    return Parcel(marker=marker, ticket=ticket, kind="reply", text=text)


async def refused(call: Awaitable[object]) -> DeskRefused:
    """Await what must be refused; return the refusal."""
    with pytest.raises(DeskRefused) as caught:
        await call
    return caught.value


async def uncertain(call: Awaitable[object]) -> None:
    """Await what must fail without anybody knowing whether it was done."""
    with pytest.raises(OSError, match=r".") as caught:
        await call
    assert not isinstance(caught.value, DeskRefused)


async def test_a_reply_is_public_and_found_by_its_marker(pair: Pair) -> None:
    """A reply arrives once, as escaped HTML, and only its own marker finds it."""
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = await pair.desk.fetch(ticket)
    assert await pair.desk.find("attempt-1", ticket) == "absent"
    reference = await pair.desk.reply(parcel(ticket), seen, status="pending")
    assert pair.double.public_replies(ticket) == [ANSWER]
    assert pair.double.notes(ticket) == []
    assert "menu &amp; choose" in pair.double.posted_html(ticket)[0]
    assert await pair.desk.find("attempt-1", ticket) == "present"
    assert await pair.desk.find("attempt-2", ticket) == "absent"
    after = await pair.desk.fetch(ticket)
    assert [turn.author for turn in after.turns] == ["customer", "own"]
    assert after.turns[-1].id == reference
    assert after.version != seen.version or after.turns != seen.turns


async def test_the_same_marker_is_posted_once(pair: Pair) -> None:
    """A reply and a note that are there already are not posted again; the first id is returned."""
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = await pair.desk.fetch(ticket)
    first = await pair.desk.reply(parcel(ticket), seen, status="open")
    assert await pair.desk.reply(parcel(ticket), seen, status="open") == first
    note = await pair.desk.note(parcel(ticket, "Draft", "attempt-2"), seen)
    assert await pair.desk.note(parcel(ticket, "Draft", "attempt-2"), seen) == note
    assert pair.double.public_replies(ticket) == [ANSWER]
    assert pair.double.notes(ticket) == ["Draft"]


async def test_the_status_follows_the_reply(pair: Pair) -> None:
    """A reply that solves the ticket leaves it solved; one that does not leaves it open."""
    for status, expected in (("solved", "solved"), ("open", "open")):
        ticket = pair.double.new_ticket("How do I export a board?")
        seen = await pair.desk.fetch(ticket)
        assert seen.status == "open"
        await pair.desk.reply(
            parcel(ticket), seen, status="solved" if status == "solved" else "open"
        )
        assert (await pair.desk.fetch(ticket)).status == expected


async def test_who_said_what_is_told_apart(pair: Pair) -> None:
    """Customers, people, people at Firstline's own seat, and Firstline are told apart."""
    ticket = pair.double.new_ticket("Where is my invoice?", subject="Invoice")
    pair.double.human_replies(ticket, "I will look.", public=False)
    await pair.desk.note(parcel(ticket, "A draft"), await pair.desk.fetch(ticket))
    pair.double.seat_used(ticket, "By hand, at the same seat")
    pair.double.customer_says(ticket, "Thank you")
    seen = await pair.desk.fetch(ticket)
    assert [turn.author for turn in seen.turns] == ["customer", "staff", "own", "staff", "customer"]
    assert [turn.is_public for turn in seen.turns] == [True, False, False, True, True]
    assert seen.requester == "ada@customer.example"
    assert seen.subject == "Invoice"
    assert len({turn.id for turn in seen.turns}) == 5
    assert not any(":" in turn.id for turn in seen.turns)


async def test_a_quoted_reference_is_no_delivery(pair: Pair) -> None:
    """What a customer or a person quotes, or a packet repeats, does not pass for a reply."""
    first = pair.double.new_ticket("How do I export a board?")
    await pair.desk.reply(parcel(first), await pair.desk.fetch(first), status="open")
    quoted = pair.double.posted_html(first)[0]
    ticket = pair.double.new_ticket(f"You wrote: {quoted}")
    pair.double.human_replies(ticket, quoted)
    packet = parcel(ticket, f"They wrote: {quoted}", "attempt-9")
    await pair.desk.note(packet, await pair.desk.fetch(ticket))
    assert await pair.desk.find("attempt-1", ticket) == "absent"
    assert await pair.desk.find("attempt-9", ticket) == "present"


@pytest.mark.parametrize("what", ["customer", "person", "taken", "closed"])
async def test_a_reply_yields_to_whoever_was_faster(pair: Pair, what: str) -> None:
    """A newer message, a person's reply, another assignee or a closed ticket stops a reply."""
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = await pair.desk.fetch(ticket)
    if what == "customer":
        pair.double.customer_says(ticket, "Never mind")
    elif what == "person":
        pair.double.human_replies(ticket, "Like this.")
    elif what == "taken":
        pair.double.ticket(ticket).assignee = "7002"
    else:
        pair.double.set_status(ticket, "closed")
    refusal = await refused(pair.desk.reply(parcel(ticket), seen, status="solved"))
    assert refusal.why == "changed"
    assert pair.double.public_replies(ticket) == []


async def test_what_does_not_matter_does_not_stop_a_reply(pair: Pair) -> None:
    """A rule that touches the ticket, or an internal note, stops nothing."""
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = await pair.desk.fetch(ticket)
    pair.double.touch(ticket)
    pair.double.human_replies(ticket, "Looks easy.", public=False)
    await pair.desk.reply(parcel(ticket), seen, status="pending")
    assert pair.double.public_replies(ticket) == [ANSWER]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("conflict", "changed"),
        ("invalid", "invalid"),
        ("too_many", "too_many"),
        ("unavailable", "unavailable"),
    ],
)
async def test_a_refusal_says_why_and_nothing_was_done(pair: Pair, kind: Failure, why: str) -> None:
    """409, 422, 429 and 503 with Retry-After are certain: nothing was posted, and it says why."""
    pair.double.retry_after = 30
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = await pair.desk.fetch(ticket)
    pair.double.fail_next(kind)
    refusal = await refused(pair.desk.reply(parcel(ticket), seen, status="pending"))
    assert refusal.why == why
    assert refusal.retry_after == (30 if why in ("too_many", "unavailable") else None)
    assert pair.double.public_replies(ticket) == []
    if refusal.retry_after:
        again = await refused(pair.desk.reply(parcel(ticket), seen, status="pending"))
        assert again.why == "too_many"
        assert (again.retry_after or 0) > 20


async def test_a_lost_answer_is_uncertain_and_read_back(pair: Pair) -> None:
    """Nobody knows of a reply whose answer was lost until it is read back; it is there once."""
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = await pair.desk.fetch(ticket)
    pair.double.fail_next("lost_response")
    await uncertain(pair.desk.reply(parcel(ticket), seen, status="pending"))
    assert await pair.desk.find("attempt-1", ticket) == "present"
    await pair.desk.reply(parcel(ticket), seen, status="pending")
    assert pair.double.public_replies(ticket) == [ANSWER]


async def test_a_bare_server_error_is_uncertain(pair: Pair) -> None:
    """502 without a word may have come after the work; here it had not been done."""
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = await pair.desk.fetch(ticket)
    pair.double.fail_next("broken")
    await uncertain(pair.desk.note(parcel(ticket), seen))
    assert await pair.desk.find("attempt-1", ticket) == "absent"


async def test_a_slow_write_is_uncertain(made: tuple[Double, Make]) -> None:
    """A write that is not answered in time may have been done, and here it was."""
    double, make = made
    double.slow_seconds = 1.0
    desk = make(0.4)
    ticket = double.new_ticket("How do I export a board?")
    seen = await desk.fetch(ticket)
    double.fail_next("slow")
    await uncertain(desk.reply(parcel(ticket), seen, status="pending"))
    assert await make(5.0).find("attempt-1", ticket) == "present"


async def test_nobody_listening_is_certain(made: tuple[Double, Make]) -> None:
    """Where no connection comes about nothing was done, and it says so."""
    double, make = made
    desk = make(2.0)
    ticket = double.new_ticket("How do I export a board?")
    seen = await desk.fetch(ticket)
    double.stop()
    assert (await refused(desk.fetch(ticket))).why == "unavailable"
    assert (await refused(desk.note(parcel(ticket), seen))).why == "unavailable"


async def test_reading_is_repeated(pair: Pair) -> None:
    """Two failures of a read pass unseen; a third makes it unavailable."""
    ticket = pair.double.new_ticket("How do I export a board?")
    await pair.desk.fetch(ticket)
    pair.double.fail_next("broken", on="GET")
    pair.double.fail_next("lost_response", on="GET")
    assert (await pair.desk.fetch(ticket)).id == ticket
    pair.double.fail_next("broken", times=3, on="GET")
    assert (await refused(pair.desk.fetch(ticket))).why == "unavailable"


async def test_a_status_that_cannot_be_set_is_no_refusal(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the reply is out, trouble with the status is logged, and the reply is delivered."""
    monkeypatch.setenv("FIRSTLINE_LOG", "error")
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = await pair.desk.fetch(ticket)
    posted = pair.double.changes_something

    def after_the_reply(request: object) -> bool:
        return bool(pair.double.public_replies(ticket)) and posted(request)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(pair.double, "changes_something", after_the_reply)
    pair.double.fail_next("invalid")
    assert await pair.desk.reply(parcel(ticket), seen, status="solved")
    assert pair.double.public_replies(ticket) == [ANSWER]
    assert (await pair.desk.fetch(ticket)).status == "open"


async def test_a_hand_over_assigns_tags_and_leaves_the_packet(pair: Pair) -> None:
    """A ticket goes to its group and person with tags added, and the packet is a private note."""
    ticket = pair.double.new_ticket("I want my money back")
    first = HandOver(note="Packet one", tags=("vip",))
    await pair.desk.hand_over(parcel(ticket), await pair.desk.fetch(ticket), first)
    pair.double.set_status(ticket, "closed")
    to = HandOver(note="Packet two", group="55", assignee="66", tags=("refund", "vip"))
    seen = await pair.desk.fetch(ticket)
    handed = parcel(ticket, marker="attempt-2")
    note = await pair.desk.hand_over(handed, seen, to)
    assert await pair.desk.hand_over(handed, seen, to) == note
    after = await pair.desk.fetch(ticket)
    assert (after.group, after.assignee, after.status) == ("55", "66", "open")
    assert sorted(after.tags) == ["refund", "vip"]
    assert pair.double.notes(ticket) == ["Packet one", "Packet two"]
    assert pair.double.public_replies(ticket) == []


async def test_a_bot_gives_back_what_it_was_assigned(pair: Pair) -> None:
    """A ticket that our own seat has is nobody's when a team gets it; a person's stays theirs."""
    own = ADMIN if isinstance(pair.double, IntercomDouble) else str(AGENT)
    ticket = pair.double.new_ticket("I want my money back")
    pair.double.ticket(ticket).assignee = own
    to = HandOver(note="Packet", group="55")
    await pair.desk.hand_over(parcel(ticket), await pair.desk.fetch(ticket), to)
    after = await pair.desk.fetch(ticket)
    assert (after.group, after.assignee) == ("55", "")
    pair.double.ticket(ticket).assignee = "66"
    seen = await pair.desk.fetch(ticket)
    await pair.desk.hand_over(parcel(ticket, marker="attempt-2"), seen, to)
    assert (await pair.desk.fetch(ticket)).assignee == "66"


async def test_a_group_may_be_named(pair: Pair) -> None:
    """A group is found by its name; a name that there is not is `invalid` and nothing is done."""
    ticket = pair.double.new_ticket("I want my money back")
    seen = await pair.desk.fetch(ticket)
    lost = HandOver(note="Packet", group="Nobody")
    assert (await refused(pair.desk.hand_over(parcel(ticket), seen, lost))).why == "invalid"
    assert pair.double.notes(ticket) == []
    await pair.desk.hand_over(parcel(ticket), seen, replace(lost, group="Billing"))
    assert (await pair.desk.fetch(ticket)).group == "77"


async def test_a_hand_over_yields_to_a_person(pair: Pair) -> None:
    """A ticket that a person has answered is not handed over; a newer message does not matter."""
    ticket = pair.double.new_ticket("I want my money back")
    seen = await pair.desk.fetch(ticket)
    pair.double.customer_says(ticket, "Now!")
    await pair.desk.hand_over(parcel(ticket), seen, HandOver(note="Packet"))
    pair.double.human_replies(ticket, "Of course.")
    other = parcel(ticket, marker="attempt-2")
    assert (await refused(pair.desk.hand_over(other, seen, HandOver(note="P")))).why == "changed"
    assert pair.double.notes(ticket) == ["Packet"]


async def test_a_hand_over_survives_a_crash_in_its_middle(pair: Pair) -> None:
    """When the note fails after the assignment, doing it again does only what is missing."""
    ticket = pair.double.new_ticket("I want my money back")
    seen = await pair.desk.fetch(ticket)
    to = HandOver(note="Packet", group="55")
    await pair.desk.hand_over(parcel(ticket, marker="x"), seen, replace(to, note="Earlier"))
    pair.double.fail_next("lost_response")
    await uncertain(pair.desk.hand_over(parcel(ticket), seen, to))
    assert await pair.desk.find("attempt-1", ticket) == "present"
    await pair.desk.hand_over(parcel(ticket), seen, to)
    assert pair.double.notes(ticket) == ["Earlier", "Packet"]


async def test_what_changed_is_found_without_webhooks(pair: Pair) -> None:
    """Polling tells each change, from a minute ago on, and goes on where it was."""
    old = pair.double.new_ticket("Long ago")
    pair.double.ticket(old).updated -= 600
    ticket = pair.double.new_ticket("How do I export a board?")
    first = await pair.desk.changed("")
    assert first.tickets == (ticket,)
    assert not first.more
    other = pair.double.new_ticket("And how do I import?")
    second = await pair.desk.changed(first.cursor)
    assert other in second.tickets
    assert old not in second.tickets
    pair.double.customer_says(old, "Hello?")
    assert old in (await pair.desk.changed(second.cursor)).tickets


async def test_many_changes_come_page_by_page(pair: Pair) -> None:
    """More changes than a page, many of them in one second, all come, also from a restart on."""
    tickets = {pair.double.new_ticket("How do I export a board?") for _ in range(340)}
    for number, ticket in enumerate(sorted(tickets)):
        pair.double.ticket(ticket).updated -= 40 if number < 250 else 20
    found: list[str] = []
    cursor, more = "", True
    while more:
        changes = await pair.desk.changed(cursor)
        cursor, more = changes.cursor, changes.more
        found += changes.tickets
    assert set(found) == tickets
    assert len(found) == 340
    assert (await pair.desk.changed(cursor)).tickets == ()


async def test_an_unreadable_cursor_is_named(pair: Pair) -> None:
    """A cursor that is none is an error with its remedy, not a silent new start."""
    for cursor in ("nonsense", "[1]", '{"a": 1}', '[1, 2, "", 7]'):
        with pytest.raises(InputError, match="polling cursor"):
            await pair.desk.changed(cursor)


async def test_who_we_are_is_told(pair: Pair) -> None:
    """The credentials are tried and say whose they are."""
    assert (await pair.desk.check()).startswith("Firstline of the ")


async def test_an_id_that_is_none_asks_nothing(pair: Pair) -> None:
    """Something that is no ticket's number never becomes part of an address."""
    before = len(pair.double.requests)
    for wrong in ("1/../../agents", "", "\u0661\u0662", "1" * 21, "last", "1?x=y"):
        assert (await refused(pair.desk.fetch(wrong))).why == "missing"
    assert all("agents/me" in asked.path for asked in list(pair.double.requests)[before:])


async def test_a_ticket_that_is_gone_is_missing(pair: Pair) -> None:
    """404 is `missing`, whether reading or writing."""
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = replace(await pair.desk.fetch(ticket), id="999999")
    assert (await refused(pair.desk.fetch("999999"))).why == "missing"
    assert (await refused(pair.desk.note(parcel(ticket), seen))).why == "missing"


async def test_webhooks_are_verified_and_name_their_ticket(pair: Pair) -> None:
    """A genuine webhook is good in any header case; a forged, changed or unsigned one is not."""
    ticket = pair.double.new_ticket("How do I export a board?")
    headers, body = pair.double.webhook(ticket)
    now = datetime.now(UTC)
    assert pair.desk.verify(headers, body, now) == "good"
    shouted = {name.upper(): value for name, value in headers.items()}
    assert pair.desk.verify(shouted, body, now) == "good"
    assert [hint.ticket for hint in pair.desk.hints(body)] == [ticket]
    forged, same = pair.double.forged_webhook(ticket)
    assert pair.desk.verify(forged, same, now) == "wrong"
    assert pair.desk.verify({"content-type": "application/json"}, body, now) == "unsigned"


async def test_two_webhooks_of_two_changes_are_two_events(pair: Pair) -> None:
    """The webhook of a second change is never taken for that of the first."""
    ticket = pair.double.new_ticket("How do I export a board?")
    first = pair.desk.hints(pair.double.webhook(ticket)[1])[0]
    pair.double.customer_says(ticket, "Hello?")
    second = pair.desk.hints(pair.double.webhook(ticket)[1])[0]
    assert first.id != second.id


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b'{"type": 7}', b"\xff", b"[" * 100_000, b'"' + b"x" * 1_000_001],
)
def test_what_is_no_webhook_is_an_error(pair: Pair, body: bytes) -> None:
    """Whatever else is posted is refused as input, quickly."""
    with pytest.raises(InputError):
        pair.desk.hints(body)


async def test_secrets_show_nowhere(pair: Pair) -> None:
    """Neither the repr of what holds secrets nor an error shows one."""
    ticket = pair.double.new_ticket("How do I export a board?")
    seen = await pair.desk.fetch(ticket)
    pair.double.fail_next("invalid")
    refusal = await refused(pair.desk.note(parcel(ticket, "very private words"), seen))
    shown = f"{refusal!r} {pair.double.secrets!r} {pair.desk!r} {pair.double.settings!r}"
    assert "Secrets(" in shown
    for hidden in ("-of-a-double", "private words"):
        assert hidden not in shown


async def test_wrong_credentials_are_forbidden(made: tuple[Double, Make]) -> None:
    """A key that is not valid is `forbidden` and the message names the key, not its text."""
    double, _ = made
    desk: Desk
    if isinstance(double, FreshdeskDouble):
        desk = Freshdesk(double.settings, replace(double.secrets, api_key=WRONG))
    elif isinstance(double, ChatwootDouble):
        desk = Chatwoot(double.settings, replace(double.secrets, token=WRONG))
    else:
        desk = Intercom(double.settings, replace(double.secrets, token=WRONG))
    refusal = await refused(desk.check())
    assert refusal.why == "forbidden"
    assert "canary" not in str(refusal)


def test_another_process_can_use_a_double(made: tuple[Double, Make]) -> None:
    """A double answers a program in another process."""
    double, _ = made
    code = (
        "import sys, urllib.request, urllib.error\n"
        "try: urllib.request.urlopen(sys.argv[1])\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    paths = {FreshdeskDouble: "/api/v2/tickets", ChatwootDouble: "/api/v1/profile"}
    path = paths.get(type(double), "/me")
    program = [sys.executable, "-c", code, double.url + path]
    run = subprocess.run(program, capture_output=True, text=True, timeout=30, check=True)
    assert run.stdout.strip() == "401"


async def test_a_double_complains_of_wrong_requests() -> None:
    """A request with an unknown key fails, and fails the test that made it."""
    double = IntercomDouble()
    headers = {
        "authorization": f"Bearer {double.secrets.token}",
        "intercom-version": API_VERSION,
        "content-type": "application/json",
    }
    url = f"{double.start()}/conversations/{double.new_ticket('How?')}/reply"
    body = {"message_type": "comment", "type": "admin", "admin_id": "814860", "boddy": "x"}
    assert await asyncio.to_thread(deliver, url, headers, json.dumps(body).encode()) == 400
    with pytest.raises(AssertionError, match="boddy"):
        double.stop()
