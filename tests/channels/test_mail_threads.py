"""Conversations: whoever takes part joins, and nobody else by claiming to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from firstline.channels.mail_imap import Fetched
from firstline.channels.mail_seal import Seal
from firstline.channels.mail_settings import MailServer, MailSettings
from firstline.channels.mail_threads import Head, People, head_of, joined

SERVER = MailServer(host="127.0.0.1", port=143, security="none")
SETTINGS = MailSettings(
    address="help@acme.example",
    imap=SERVER,
    smtp=SERVER,
    key=b"k" * 16,
    staff=("bo@acme.example",),
    groups=MappingProxyType({}),
)
SEAL = Seal("help@acme.example", SETTINGS.key)
PEOPLE = People(settings=SETTINGS, seal=SEAL, sent="Sent")
PIECES = (
    b"From:", b" ann@x.example", b"To: ", b"Message-ID: <", b"References: <a@b>", b"<", b">", b",",
    b"@", b"\r\n", b"\n", b"\r", b" ", b"\xff", b"=?utf-8?b?", b"?=", b"\x00", b"(", b'"', b"+t",
)  # fmt: skip
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


def head(
    name: str,
    sender: str = "ann@x.example",
    *,
    answers: str = "",
    to: str = "help@acme.example",
    mailbox: str = "INBOX",
    after: int = 0,
    uid: int = 1,
) -> Head:
    """Return the head of a mail that arrived some seconds after the first."""
    headers = [("from", sender), ("to", to), ("message-id", f"<{name}>")]
    if answers:
        headers += [("in-reply-to", f"<{answers}>"), ("references", f"<{answers}>")]
    return Head(
        mailbox=mailbox, uid=uid, size=1, at=START + timedelta(seconds=after),
        flags=frozenset(), headers=tuple(headers), validity=7,
    )  # fmt: skip


def ids(heads: tuple[Head, ...]) -> list[str]:
    """Return the ids in order."""
    return [one.id for one in heads]


def test_a_customer_who_answers_joins() -> None:
    """Question, our answer, their answer: one conversation in order."""
    own = SEAL.message_id("m")
    mails = [
        head("2@x", answers=own, after=20),
        head(own, "help@acme.example", answers="1@x", to="ann@x.example", mailbox="Sent", after=9),
        head("1@x"),
    ]
    found = joined("1@x", mails, PEOPLE)
    assert ids(found) == ["1@x", own, "2@x"]
    assert [PEOPLE.author(one, begins=False) for one in found] == ["customer", "own", "customer"]


def test_who_was_not_there_does_not_join() -> None:
    """A stranger who names a conversation's id stays outside, and opens it to nobody."""
    mails = [
        head("1@x"),
        head(
            "evil@e", "eve@e.example", answers="1@x", to="help@acme.example, mal@e.example", after=5
        ),
        head("evil2@e", "mal@e.example", answers="evil@e", after=6),
    ]
    assert ids(joined("1@x", mails, PEOPLE)) == ["1@x"]


def test_who_was_copied_in_joins() -> None:
    """Somebody the customer put in copy may go on with the conversation."""
    mails = [
        head("1@x", to="help@acme.example, Cy <cy@x.example>"),
        head("2@x", "cy@x.example", after=1),
    ]
    assert ids(joined("1@x", mails, PEOPLE)) == ["1@x", "2@x"]


def test_names_with_commas_hide_no_address() -> None:
    """Mail programs write `"Jones, Cy" <cy@x.example>`, and sealed addresses get such names."""
    mails = [
        head("1@x", to='"Desk, Help" <help@acme.example>, "Jones, Cy" <cy@x.example>'),
        head("2@x", "cy@x.example", after=1),
        head("3@y", "d@home.example", to=f'"Acme, Inc." <{SEAL.reply_address("1@x")}>', after=2),
    ]
    assert mails[0].recipients == ("help@acme.example", "cy@x.example")
    assert ids(joined("1@x", mails, PEOPLE)) == ["1@x", "2@x", "3@y"]


def test_a_sealed_address_lets_in_from_anywhere() -> None:
    """Whoever was sent our reply address may answer from another account of theirs."""
    tagged = SEAL.reply_address("1@x")
    other = SEAL.reply_address("9@x")
    mails = [
        head("1@x"),
        head("2@y", "ann@home.example", to=f"Help <{tagged}>", after=1),
        head("3@y", "eve@e.example", to=other, answers="1@x", after=2),
    ]
    assert ids(joined("1@x", mails, PEOPLE)) == ["1@x", "2@y"]


def test_what_came_while_we_answered_stays_unanswered() -> None:
    """Our answer stands behind what it answers, even when it was filed after a newer mail."""
    own = SEAL.message_id("m")
    mails = [
        head("1@x"),
        head("2@x", answers="1@x", after=3),
        head(own, "help@acme.example", answers="1@x", mailbox="Sent", to="ann@x.example", after=4),
    ]
    assert ids(joined("1@x", mails, PEOPLE)) == ["1@x", own, "2@x"]


def test_answers_within_the_same_second_keep_their_order() -> None:
    """A server dates to the second: what answers stands behind what is answered."""
    own = SEAL.message_id("m")
    mails = [
        head(own, "help@acme.example", answers="1@x", mailbox="Sent", to="ann@x.example"),
        head("s@acme", "bo@acme.example", answers="1@x", mailbox="Sent", to="ann@x.example"),
        head("1@x"),
    ]
    assert ids(joined("1@x", mails, PEOPLE))[0] == "1@x"
    assert len(joined("1@x", mails, PEOPLE)) == 3


def test_people_of_the_team_are_told_apart() -> None:
    """Sent mail without our seal is a person's; so is mail from a staff address."""
    by_hand = head("s@acme", "help@acme.example", answers="1@x", mailbox="Sent")
    from_home = head("h@acme", "bo@acme.example", answers="1@x", after=2)
    found = joined("1@x", [head("1@x"), by_hand, from_home], PEOPLE)
    assert [PEOPLE.author(one, begins=False) for one in found[1:]] == ["staff", "staff"]


def test_mail_under_our_own_name_is_not_believed() -> None:
    """A forged From of ours begins a ticket for a person; our id alone makes nothing ours."""
    forged = head("f@e", "help@acme.example")
    assert PEOPLE.author(forged, begins=True) == "customer"
    copied = head(SEAL.message_id("m"), "eve@e.example")
    assert PEOPLE.author(copied, begins=True) == "customer"


def test_a_mail_in_two_mailboxes_is_one() -> None:
    """The copy in the mailbox of sent mail counts, since only we can write there."""
    own = SEAL.message_id("m")
    mails = [
        head("1@x"),
        head(own, "help@acme.example", answers="1@x", mailbox="All", after=1),
        head(own, "help@acme.example", answers="1@x", mailbox="Sent", after=1),
    ]
    found = joined("1@x", mails, PEOPLE)
    assert [(one.id, one.mailbox) for one in found] == [("1@x", "INBOX"), (own, "Sent")]


def test_a_mail_without_a_usable_id_is_named_by_its_place() -> None:
    """No Message-ID, one that cannot be searched for, or one that looks like a place."""
    for written in ("", 'a"b@x', "uid:1:1:INBOX", "ü@x"):
        assert head(written, uid=5).id == "uid:7:5:INBOX"


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3), st.booleans())))
def test_joining_loses_and_invents_nothing(drawn: list[tuple[int, int, int, bool]]) -> None:
    """However mails refer to each other, also in circles, each is there once or not at all."""
    mails = [
        head(f"{name}@x", answers=f"{answers}@x", after=after, mailbox="Sent" if sent else "INBOX")
        for name, answers, after, sent in drawn
    ]
    found = ids(joined("0@x", mails, PEOPLE))
    assert len(found) == len(set(found))
    assert set(found) <= {one.id for one in mails}
    assert ("0@x" in found) == any(one.id == "0@x" for one in mails)


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=12), max_size=30))
def test_no_bytes_break_the_reading_of_a_head(pieces: list[bytes]) -> None:
    """Whatever stands in a mail's headers, it gets an id and an author."""
    fetched = Fetched(3, 10, START, frozenset(), b"".join(pieces))
    found = head_of(fetched, "INBOX", 7)
    assert found.id
    assert PEOPLE.author(found, begins=True) in ("customer", "staff", "own")
    assert len(found.parents) <= 50
    assert len(found.recipients) <= 100
    assert PEOPLE.root_named(found) == ""
    assert ids(joined(found.id, [found], PEOPLE)) == [found.id]
