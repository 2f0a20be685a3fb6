"""Reports about mail that came back: believed only when they name what we sealed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from firstline.channels.helpdesk import Bounce
from firstline.channels.mail import read_headers
from firstline.channels.mail_bounces import is_report, read_bounce
from firstline.channels.mail_seal import Seal
from firstline.channels.mail_threads import Head

SEAL = Seal("help@acme.example", b"k" * 16)
OWN = SEAL.message_id("marker")


def report(
    *,
    action: str = "Action: failed\r\n",
    status: str = "Status: 5.1.1\r\n",
    about: str = OWN,
    to: str = "help@acme.example",
) -> bytes:
    """Return a delivery report as mail servers write it."""
    return (
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@x.example>\r\n"
        f"To: {to}\r\nSubject: Undelivered Mail\r\nMessage-ID: <r@x.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not work.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; x.example\r\n\r\nFinal-Recipient: rfc822; ann@x.example\r\n"
        f"{action}{status}\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <{about}>\r\nSubject: Re: Hi\r\n\r\n--b--\r\n"
    ).encode()


def read(raw: bytes) -> Bounce | None:
    """Read a report."""
    return read_bounce(head(raw), raw, SEAL)


def head(raw: bytes) -> Head:
    """Return the head of a mail."""
    return Head(
        mailbox="INBOX", uid=1, size=len(raw), at=datetime(2026, 11, 23, tzinfo=UTC),
        flags=frozenset(), headers=read_headers(raw), validity=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("action", "status", "said"),
    [
        ("Action: failed\r\n", "Status: 5.1.1\r\n", ("failed", "5.1.1")),
        ("Action: delayed\r\n", "Status: 4.4.1\r\n", ("delayed", "4.4.1")),
        ("action: DELIVERED\r\n", "Status: 2.0.0\r\n", ("delivered", "2.0.0")),
        ("", "Status: 5.2.2\r\n", ("failed", "5.2.2")),
        ("", "Status: 4.2.2\r\n", ("delayed", "4.2.2")),
        ("", "", ("failed", "")),
    ],
)
def test_a_report_says_what_became_of_a_delivery(
    action: str, status: str, said: tuple[str, str]
) -> None:
    """Action and status are read; a report without either is a failure."""
    bounce = read(report(action=action, status=status))
    assert bounce is not None
    assert (bounce.reference, bounce.action, bounce.status) == (OWN, *said)


def test_the_bounce_address_is_enough() -> None:
    """A report that quotes nothing is known by where it was sent."""
    raw = report(about="something@else.example", to=SEAL.bounce_address("marker"))
    bounce = read(raw)
    assert bounce is not None
    assert bounce.reference == OWN


def test_a_report_about_others_mail_is_none_of_ours() -> None:
    """Forged and foreign reports mark nothing."""
    assert read(report(about="fl." + "a" * 16 + "." + "b" * 16 + "@acme.example")) is None
    assert read(report(about="theirs@x.example")) is None


def test_an_answer_that_quotes_us_is_no_report() -> None:
    """Out-of-office notes and customers' answers name our mail, and are no bounces."""
    answer = (
        f"From: ann@x.example\r\nIn-Reply-To: <{OWN}>\r\nAuto-Submitted: auto-replied\r\n"
        f"To: {SEAL.bounce_address('marker')}\r\nSubject: Out of office\r\n\r\nAway. <{OWN}>\r\n"
    ).encode()
    assert not is_report(head(answer))
    assert read(answer) is None


def test_old_servers_reports_are_known() -> None:
    """Reports without the standard form are told by their sender or X-Failed-Recipients."""
    for line in (
        "From: MAILER-DAEMON@x.example",
        "From: x@x.example\r\nX-Failed-Recipients: ann@x",
    ):
        raw = f"{line}\r\nTo: help@acme.example\r\n\r\nSorry.\r\nMessage-ID: <{OWN}>\r\n".encode()
        bounce = read(raw)
        assert bounce == Bounce(reference=OWN, action="failed", status="")


def test_a_report_is_about_the_mail_it_returns() -> None:
    """Some servers name the whole conversation in their report, our earlier answers first."""
    earlier = SEAL.message_id("earlier")
    raw = report().replace(
        b"Subject: Undelivered", f"References: <1@x> <{earlier}> <{OWN}>\r\nSubject: U".encode()
    )
    assert read(raw) == Bounce(reference=OWN, action="failed", status="5.1.1")
    folded = raw.replace(b"\r\nMessage-ID: <fl.", b"\r\nMessage-Id:\r\n <fl.")
    assert read(folded) == Bounce(reference=OWN, action="failed", status="5.1.1")


def test_an_id_is_known_within_a_sentence() -> None:
    """A full stop behind it, or a line that a transfer encoding broke, is no part of it."""
    for about in (f"{OWN}.", OWN.replace("example", "exam=\r\nple")):
        raw = report().replace(f"Message-ID: <{OWN}>".encode(), f"Your mail {about}".encode())
        assert read(raw) == Bounce(reference=OWN, action="failed", status="5.1.1")


def test_a_person_at_the_postmasters_address_is_no_report() -> None:
    """Small companies write from it: their answer names our mail, and is a message."""
    answer = (
        "Return-Path: <postmaster@x.example>\r\nFrom: Ann <postmaster@x.example>\r\n"
        f"In-Reply-To: <{OWN}>\r\nTo: help@acme.example\r\nSubject: Re: Hi\r\n\r\nThanks, but?\r\n"
    ).encode()
    assert read(answer) is None
    assert read(answer.replace(b"<postmaster@x.example>\r\nFrom", b"<>\r\nFrom")) is not None
