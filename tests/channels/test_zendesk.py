"""What Firstline does in a Zendesk account, against a double that keeps tickets and misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from firstline.channels.base import Parcel
from firstline.channels.helpdesk import DeskRefused, HandOver
from firstline.channels.zendesk import LONGEST_HTML, Zendesk
from firstline.channels.zendesk_api import ZendeskSecrets, ZendeskSettings
from firstline.errors import WorkspaceError
from firstline.testing import zendesk_state
from firstline.testing.zendesk_double import ZendeskDouble


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


def _parcel(ticket: str, text: str = "Open the board and choose Export.") -> Parcel:
    return Parcel(marker="attempt-1", ticket=ticket, kind="reply", text=text)


async def test_a_reply_sets_the_status_and_is_found_by_its_marker(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """A reply and its status are one write that is found again by its marker, and by no other."""
    ticket = double.new_ticket("How do I export my board?")
    seen = await desk.fetch(ticket)
    assert await desk.find("attempt-1", ticket) == "absent"
    reference = await desk.reply(_parcel(ticket), seen, status="pending")
    assert double.public_replies(ticket) == ["Open the board and choose Export."]
    assert double.ticket(ticket).status == "pending"
    assert await desk.find("attempt-1", ticket) == "present"
    assert await desk.find("attempt-2", ticket) == "absent"
    after = await desk.fetch(ticket)
    assert [turn.author for turn in after.turns] == ["customer", "own"]
    assert after.turns[-1].id == reference
    assert len([item for item in double.requests if item.method == "PUT"]) == 1


async def test_a_conversation_tells_who_wrote_what(double: ZendeskDouble, desk: Zendesk) -> None:
    """Customers, people of the team and Firstline are told apart, also behind the same login."""
    ticket = double.new_ticket("Where is my invoice?", requester="ada@customer.example")
    double.human_replies(ticket, "I will look.", public=False)
    await desk.note(_parcel(ticket, "A draft"), await desk.fetch(ticket))
    double.seat_used(ticket, "By hand, same login")
    files = [{"file_name": "a.pdf", "content_type": "application/pdf", "size": 5}]
    double.customer_says(ticket, "Thank you", files=files)
    seen = await desk.fetch(ticket)
    assert [turn.author for turn in seen.turns] == ["customer", "staff", "own", "staff", "customer"]
    assert [turn.is_public for turn in seen.turns] == [True, False, False, True, True]
    assert seen.requester == "ada@customer.example"
    assert seen.verified
    assert seen.turns[-1].attachments[0].name == "a.pdf"


@pytest.mark.parametrize(
    ("verified", "flags", "author", "expected"),
    [
        (True, (), "", True),
        (False, (), "", False),
        (True, (14,), "", False),
        (True, (3,), "", False),
        (True, (5,), "", True),
        (True, (), "eve@other.example", False),
    ],
)
async def test_a_requester_is_vouched_for_only_without_any_doubt(
    double: ZendeskDouble,
    desk: Zendesk,
    verified: bool,
    flags: tuple[int, ...],
    author: str,
    expected: bool,
) -> None:
    """Zendesk's doubts about a person, a message or somebody else's message undo the trust."""
    ticket = double.new_ticket("My invoice?", verified=verified)
    double.customer_says(ticket, "And the last one?", author=author, flags=flags)
    assert (await desk.fetch(ticket)).verified is expected


async def test_a_copied_stranger_undoes_the_trust(double: ZendeskDouble, desk: Zendesk) -> None:
    """A reply that also goes to somebody else must not show the requester's data."""
    ticket = double.new_ticket("My invoice?")
    kept = double.account.tickets[int(ticket)]
    kept.copied = [double.account.customer("eve@other.example")]
    assert not (await desk.fetch(ticket)).verified


async def test_what_a_machine_wrote_is_said_in_a_mail_header(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """Zendesk's flag for automatic messages reaches the loop guard as a header."""
    ticket = double.new_ticket("I am out of the office.", flags=(4,))
    double.customer_says(ticket, "I am back.")
    seen = await desk.fetch(ticket)
    assert seen.headers == (("auto-submitted", "auto-generated"),)
    assert [turn.headers for turn in seen.turns] == [seen.headers, ()]


async def test_a_message_of_somebody_else_names_them(double: ZendeskDouble, desk: Zendesk) -> None:
    """What a copied person wrote is not taken for the requester's."""
    ticket = double.new_ticket("My invoice?")
    double.customer_says(ticket, "And mine?", author="Eve@other.example")
    turns = (await desk.fetch(ticket)).turns
    assert [(turn.author, turn.sender) for turn in turns] == [
        ("customer", ""),
        ("customer", "eve@other.example"),
    ]


async def test_a_long_conversation_keeps_its_newest_messages(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """All pages are read up to a cap, and what is cut off is old."""
    ticket = double.new_ticket("0")
    for number in range(1, 520):
        double.customer_says(ticket, str(number))
    turns = (await desk.fetch(ticket)).turns
    assert [turn.text for turn in turns] == [str(number) for number in range(20, 520)]


async def test_messages_too_large_for_one_page_are_read_in_smaller_ones(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """A customer who sends much text cannot make a ticket unreadable."""
    ticket = double.new_ticket("first")
    for _ in range(40):
        double.customer_says(ticket, "x" * 60_000)
    assert len((await desk.fetch(ticket)).turns) == 41


@pytest.mark.parametrize("status", ["pending", "solved", "open"])
async def test_a_lost_response_is_uncertain_and_found_by_reading_back(
    double: ZendeskDouble, desk: Zendesk, status: str
) -> None:
    """A write whose answer is lost is never repeated blindly; the marker tells that it is done."""
    ticket = double.new_ticket("How do I export?")
    seen = await desk.fetch(ticket)
    double.fail_next("lost_response")
    with pytest.raises(OSError, match="uncertain") as caught:
        await desk.reply(_parcel(ticket), seen, status=status)  # type: ignore[arg-type] # parametrized
    assert not isinstance(caught.value, DeskRefused)
    assert await desk.find("attempt-1", ticket) == "present"
    assert len(double.public_replies(ticket)) == 1


async def test_the_same_attempt_twice_is_one_reply(double: ZendeskDouble, desk: Zendesk) -> None:
    """Sent again with what was seen before, an attempt that arrived is recognised as itself."""
    ticket = double.new_ticket("How do I export?")
    seen = await desk.fetch(ticket)
    first = await desk.reply(_parcel(ticket), seen, status="pending")
    assert await desk.reply(_parcel(ticket), seen, status="pending") == first
    assert len(double.public_replies(ticket)) == 1


@pytest.mark.parametrize("post", ["reply", "note", "hand_over"])
async def test_an_attempt_that_arrived_unnoticed_is_not_made_again(
    double: ZendeskDouble, desk: Zendesk, post: str
) -> None:
    """Tried again after a fresh look, an attempt finds itself instead of being posted twice."""
    ticket = double.new_ticket("How do I export?")

    async def attempt() -> str:
        seen = await desk.fetch(ticket)
        if post == "reply":
            return await desk.reply(_parcel(ticket), seen, status="pending")
        if post == "note":
            return await desk.note(_parcel(ticket), seen)
        return await desk.hand_over(_parcel(ticket), seen, HandOver(note="Packet"))

    double.fail_next("lost_response")
    with pytest.raises(OSError, match="uncertain"):
        await attempt()
    assert await attempt()
    assert len(double.posted_html(ticket)) == 1


@pytest.mark.parametrize("kind", ["broken", "slow"])
async def test_a_server_error_or_silence_on_a_write_is_uncertain(
    double: ZendeskDouble, kind: str
) -> None:
    """Nobody knows whether a write was done that was answered 500 or not in time."""
    ticket = double.new_ticket("How do I export?")
    settings = ZendeskSettings(
        subdomain="acme",
        email="firstline@acme.example",
        url=double.url,
        allow_loopback=True,
        seconds=0.5,
    )
    desk = Zendesk(settings, double.secrets, sleep=_no_wait)
    seen = await desk.fetch(ticket)
    double.fail_next(kind)  # type: ignore[arg-type] # parametrized
    with pytest.raises(OSError, match="uncertain") as caught:
        await desk.reply(_parcel(ticket), seen, status="pending")
    assert not isinstance(caught.value, DeskRefused)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("conflict", "changed"),
        ("invalid", "invalid"),
        ("too_many", "too_many"),
        ("unavailable", "unavailable"),
    ],
)
async def test_a_refused_write_is_certainly_not_done(
    double: ZendeskDouble, desk: Zendesk, kind: str, why: str
) -> None:
    """Each refusal has its code, says when to come back if Zendesk does, and posts nothing."""
    ticket = double.new_ticket("How do I export?")
    seen = await desk.fetch(ticket)
    double.fail_next(kind)  # type: ignore[arg-type] # parametrized
    with pytest.raises(DeskRefused) as caught:
        await desk.reply(_parcel(ticket), seen, status="pending")
    assert caught.value.why == why
    if why in ("too_many", "unavailable"):
        assert caught.value.retry_after == 1.0
    assert double.public_replies(ticket) == []


async def test_a_missing_ticket_and_a_wrong_token_are_refused(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """What is not there and what is not ours to see have codes of their own."""
    with pytest.raises(DeskRefused) as caught:
        await desk.fetch("99")
    assert caught.value.why == "missing"
    with pytest.raises(DeskRefused) as caught:
        await desk.fetch("../users/me")
    assert caught.value.why == "missing"
    stranger = Zendesk(double.settings, ZendeskSecrets(token="not-it"), sleep=_no_wait)  # noqa: S106 - invented
    with pytest.raises(DeskRefused) as caught:
        await stranger.check()
    assert caught.value.why == "forbidden"
    assert "not-it" not in str(caught.value)


@pytest.mark.parametrize(("kind", "status"), [("unavailable", 503), ("broken", 408)])
async def test_a_timeout_or_an_outage_without_a_word_is_uncertain(
    double: ZendeskDouble, desk: Zendesk, kind: str, status: int
) -> None:
    """503 counts as not done only with Retry-After, and a request timeout never does."""
    ticket = double.new_ticket("How do I export?")
    seen = await desk.fetch(ticket)
    double.retry_after = 0
    double.service.broken_status = status
    double.fail_next(kind)  # type: ignore[arg-type] # parametrized
    with pytest.raises(OSError, match="uncertain") as caught:
        await desk.reply(_parcel(ticket), seen, status="pending")
    assert not isinstance(caught.value, DeskRefused)


@pytest.mark.parametrize(("role", "known"), [("end-user", True), ("agent", False)])
async def test_a_token_of_nobody_or_of_a_customer_is_refused(
    double: ZendeskDouble, desk: Zendesk, role: str, known: bool
) -> None:
    """Zendesk may answer 200 with an anonymous user; neither that nor a customer is us."""
    me = double.account.people[zendesk_state.OWN_AGENT]
    me.role = role
    me.id = me.id if known else None
    with pytest.raises(DeskRefused) as caught:
        await desk.check()
    assert caught.value.why == "forbidden"


async def test_what_another_agent_of_ours_marked_is_own(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """After the token moved to another agent, earlier replies still count as Firstline's."""
    ticket = double.new_ticket("Hi")
    custom = {"firstline": "attempt-0"}
    kept = double.ticket(ticket)
    human = zendesk_state.HUMAN_AGENT
    double.account.change(kept, human, text="Ours", is_public=True, via="api", custom=custom)
    assert [turn.author for turn in (await desk.fetch(ticket)).turns] == ["customer", "own"]


async def test_a_suspended_requester_is_not_vouched_for(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """Zendesk's suspension of a person undoes the trust in them."""
    ticket = double.new_ticket("My invoice?")
    double.account.people[double.ticket(ticket).requester].suspended = True
    assert not (await desk.fetch(ticket)).verified


async def test_reads_are_repeated_through_a_short_outage(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """Reading changes nothing, so it is tried again; a long outage is told."""
    ticket = double.new_ticket("How do I export?")
    double.fail_next("broken", 2, on="GET")
    assert (await desk.fetch(ticket)).turns
    double.fail_next("broken", 3, on="GET")
    with pytest.raises(DeskRefused) as caught:
        await desk.fetch(ticket)
    assert caught.value.why == "unavailable"


@pytest.mark.parametrize("who", ["customer", "human", "took", "closed", "twin"])
async def test_nothing_is_sent_over_what_came_in_between(
    double: ZendeskDouble, desk: Zendesk, who: str
) -> None:
    """A newer message, a person's reply, a person who took it or our own twin stops a reply."""
    ticket = double.new_ticket("How do I export?")
    seen = await desk.fetch(ticket)
    expected: list[str] = []
    if who == "customer":
        double.customer_says(ticket, "Never mind.")
    elif who == "human":
        double.human_replies(ticket, "I sent it to you.")
    elif who == "took":
        double.account.tickets[int(ticket)].assignee = zendesk_state.HUMAN_AGENT
        double.touch(ticket)
    elif who == "closed":
        double.set_status(ticket, "solved")
    else:
        twin = Parcel(marker="attempt-of-twin", ticket=ticket, kind="reply", text="Other")
        await desk.reply(twin, seen, status="pending")
        expected = ["Other"]
    with pytest.raises(DeskRefused) as caught:
        await desk.reply(_parcel(ticket), seen, status="pending")
    assert caught.value.why == "changed"
    assert double.public_replies(ticket) == expected


async def test_a_rule_that_touches_the_ticket_is_no_reason_to_stop(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """Only what matters stops a reply, not every movement of the stamp."""
    ticket = double.new_ticket("How do I export?")
    seen = await desk.fetch(ticket)
    double.touch(ticket)
    await desk.reply(_parcel(ticket), seen, status="solved")
    assert len(double.public_replies(ticket)) == 1
    assert double.ticket(ticket).status == "solved"


async def test_a_message_within_the_second_of_the_stamp_is_seen(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """Zendesk stamps by the second; what came later in that second is found before a reply."""
    ticket = double.new_ticket("How do I export?")
    double.service.reads_in_the_same_second = 1
    seen = await desk.fetch(ticket)
    double.customer_says(ticket, "Wait, another thing.", same_second=True)
    with pytest.raises(DeskRefused) as caught:
        await desk.reply(_parcel(ticket), seen, status="pending")
    assert caught.value.why == "changed"
    assert double.public_replies(ticket) == []


async def test_a_ticket_goes_to_people_in_one_write_and_keeps_its_tags(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """Group, person, status and packet arrive together; tags are added to those that are there."""
    ticket = double.new_ticket("I want my money back.")
    double.account.tickets[int(ticket)].tags = ["vip"]
    seen = await desk.fetch(ticket)
    to = HandOver(
        note="What the customer wants: a refund.",
        group="billing",
        assignee="robin@acme.example",
        tags=("Firstline Review", "refund"),
    )
    await desk.hand_over(_parcel(ticket), seen, to)
    shown = double.ticket(ticket)
    assert double.notes(ticket) == ["What the customer wants: a refund."]
    assert double.public_replies(ticket) == []
    assert (shown.group, shown.assignee) == (502, zendesk_state.HUMAN_AGENT)
    assert shown.tags == ["firstline_review", "refund", "vip"]
    assert shown.status == "open"
    assert await desk.find("attempt-1", ticket) == "present"


async def test_a_handed_over_ticket_stands_when_only_its_tags_fail(
    double: ZendeskDouble, desk: Zendesk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tags alone are no reason to hand over twice; the log says that they are missing."""
    ticket = double.new_ticket("I want my money back.")
    seen = await desk.fetch(ticket)
    double.service.fail_tags = True
    await desk.hand_over(_parcel(ticket), seen, HandOver(note="A packet", tags=("refund",)))
    assert double.notes(ticket) == ["A packet"]
    assert "zendesk_tags_not_added" in capsys.readouterr().err


async def test_an_unknown_group_hands_nothing_over(double: ZendeskDouble, desk: Zendesk) -> None:
    """A group that does not exist is refused before anything is written."""
    ticket = double.new_ticket("Hello")
    seen = await desk.fetch(ticket)
    for to in (HandOver(note="x", group="Nobody"), HandOver(note="x", assignee="Robin")):
        with pytest.raises(DeskRefused) as caught:
            await desk.hand_over(_parcel(ticket), seen, to)
        assert caught.value.why == "invalid"
    assert double.notes(ticket) == []


async def test_a_bot_that_solved_a_ticket_gives_it_back(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """An unassigned ticket becomes ours when it is solved, and nobody's when people get it."""
    ticket = double.new_ticket("How do I export?")
    await desk.reply(_parcel(ticket), await desk.fetch(ticket), status="solved")
    assert double.ticket(ticket).assignee == zendesk_state.OWN_AGENT
    double.customer_says(ticket, "That does not work.")
    seen = await desk.fetch(ticket)
    again = Parcel(marker="attempt-2", ticket=ticket, kind="packet", text="")
    await desk.hand_over(again, seen, HandOver(note="Packet", group="501"))
    assert double.ticket(ticket).assignee is None
    assert double.ticket(ticket).group == 501


async def test_a_note_is_private_and_lands_whatever_happened(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """A note is never public, even in a ticket that moved on since it was seen."""
    ticket = double.new_ticket("How do I export?")
    seen = await desk.fetch(ticket)
    double.customer_says(ticket, "Hello?")
    await desk.note(_parcel(ticket, "Draft"), seen)
    assert double.notes(ticket) == ["Draft"]
    assert double.public_replies(ticket) == []


@pytest.mark.parametrize("opening", ["{{", "{{{", "{\x0b{"])
async def test_outgoing_text_is_escaped_and_asks_for_no_placeholder(
    double: ZendeskDouble, desk: Zendesk, opening: str
) -> None:
    """Quoted text cannot bring its own HTML, nor make Zendesk fill in somebody's data."""
    ticket = double.new_ticket("Hi")
    text = f"<b>Hello</b> {opening}ticket.requester.phone}}}} {{% if a %}}"
    text += "\n\nSee https://acme.example/a?b=1&c=2."
    await desk.reply(_parcel(ticket, text), await desk.fetch(ticket), status="open")
    (html,) = double.posted_html(ticket)
    assert "<b>" not in html
    assert "{{" not in html
    assert "{%" not in html
    assert '<a href="https://acme.example/a?b=1&amp;c=2">' in html


async def test_what_is_too_long_is_refused_or_visibly_cut(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """Zendesk cuts silently; a reply is refused instead, and a note says that it was cut."""
    ticket = double.new_ticket("Hi")
    seen = await desk.fetch(ticket)
    with pytest.raises(DeskRefused) as caught:
        await desk.reply(_parcel(ticket, "é" * LONGEST_HTML), seen, status="open")
    assert caught.value.why == "invalid"
    await desk.note(_parcel(ticket, "é" * LONGEST_HTML), seen)
    assert double.notes(ticket)[0].endswith("(Shortened: the rest is in Firstline.)")


async def test_own_comments_without_any_marker_make_absence_uncertain(
    double: ZendeskDouble, desk: Zendesk
) -> None:
    """Where our agent's comments carry no marker, nobody can say that one is absent."""
    ticket = double.new_ticket("Hi")
    kept = double.account.tickets[int(ticket)]
    double.account.change(kept, zendesk_state.OWN_AGENT, text="Bare", is_public=True, via="api")
    assert await desk.find("attempt-1", ticket) == "unknown"


async def test_the_check_says_who_we_are(desk: Zendesk) -> None:
    """Good credentials are answered with a name, a role and the account."""
    assert await desk.check() == "Firstline, admin at acme.zendesk.com"


@pytest.mark.parametrize(
    "given",
    [
        {"subdomain": "acme.evil.example/"},
        {"subdomain": "acme@evil"},
        {"subdomain": ""},
        {"subdomain": "Acme"},
        {"subdomain": "-a"},
        {"subdomain": "acme", "email": "a b@c"},
        {"subdomain": "acme", "url": "http://127.0.0.1:1"},
        {"subdomain": "acme", "url": "http://169.254.169.254", "allow_loopback": True},
        {"subdomain": "acme", "url": "http://127.0.0.1@evil.example", "allow_loopback": True},
        {"subdomain": "acme", "url": "http://localhost/x", "allow_loopback": True},
    ],
)
def test_settings_lead_nowhere_but_to_zendesk(given: dict[str, object]) -> None:
    """A subdomain or address that could lead elsewhere is refused when it is read."""
    with pytest.raises(WorkspaceError):
        ZendeskSettings(**given)  # type: ignore[arg-type] # parametrized


def test_secrets_are_in_no_repr() -> None:
    """Neither the settings nor the secrets show a secret."""
    secrets = ZendeskSecrets(token="hunter2", webhook=("hunter3",))  # noqa: S106 - invented
    assert "hunter" not in repr(secrets)


async def test_the_double_complains_about_what_zendesk_would_refuse() -> None:
    """A comment that does not say whether it is public is a complaint when the double is left."""
    double = ZendeskDouble()
    double.start()
    desk = Zendesk(double.settings, double.secrets)
    ticket = double.new_ticket("Hi")
    body = {"ticket": {"comment": {"html_body": "x"}}}
    with pytest.raises(DeskRefused):
        await desk._api.put(f"/api/v2/tickets/{ticket}", body)  # noqa: SLF001 - a wrong request
    with pytest.raises(AssertionError, match="public must be said"):
        double.stop()
