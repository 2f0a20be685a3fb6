"""The mail-loop guard: machines are known, people are let through (RFC 3834)."""

from __future__ import annotations

import pytest

from firstline.proof.automatic_mail import automatic


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto-submitted", "auto-replied"),
        ("auto-submitted", "auto-generated; owner=x"),
        ("auto-submitted", "Auto-Notified"),
        ("precedence", "bulk"),
        ("precedence", "List"),
        ("precedence", "junk"),
        ("x-auto-response-suppress", "All"),
        ("x-auto-response-suppress", "DR, OOF, AutoReply"),
        ("return-path", "<>"),
        ("list-id", "News <news.x.example>"),
        ("list-unsubscribe", "<mailto:u@x.example>"),
        ("list-help", "<mailto:h@x.example>"),
        ("list-owner", "<mailto:o@x.example>"),
        ("content-type", 'multipart/report; report-type="delivery-status"; boundary=b'),
        ("x-autoreply", "yes"),
        ("x-autorespond", "1"),
        ("x-failed-recipients", "a@b.example"),
    ],
)
def test_each_sign_of_a_machine_is_enough(name: str, value: str) -> None:
    """Any one strong header makes a mail automatic."""
    assert automatic(((name, value),), sender="ann@x.example", subject="Hello")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto-submitted", "no"),
        ("auto-submitted", "No ; comment"),
        ("x-auto-response-suppress", "None"),
        ("x-auto-response-suppress", "DR, RN, NRN"),
        ("return-path", "<ann@x.example>"),
        ("precedence", "first-class"),
        ("x-autoreply", "no"),
        ("content-type", "multipart/alternative; boundary=report"),
        ("subject", "auto-submitted: auto-replied"),
    ],
)
def test_people_are_let_through(name: str, value: str) -> None:
    """Headers that people's mail programs write are no sign of a machine."""
    assert not automatic(((name, value),), sender="ann@x.example", subject="Hello")


@pytest.mark.parametrize(
    "sender",
    [
        "mailer-daemon@x.example",
        "MAILER-DAEMON@x.example",
        "postmaster@x.example",
        "no-reply@x.example",
        "noreply+abc@x.example",
        "accounts-noreply@x.example",
        "jira.do-not-reply@x.example",
        "do_not_reply@x.example",
        "bounces-123@x.example",
    ],
)
def test_addresses_of_machines_are_known(sender: str) -> None:
    """Mail from an address nobody reads is automatic."""
    assert automatic((("from", sender),), sender=sender, subject="Hello")


def test_people_with_such_names_are_let_through() -> None:
    """A name that only begins alike is a person's."""
    assert not automatic((), sender="noreplyson@x.example", subject="Hello")
    assert not automatic((), sender="eleno-reply.me@x.example", subject="Hello")
    assert not automatic((), sender="casinoreply@x.example", subject="Hello")


def test_an_absence_note_counts_only_as_an_answer() -> None:
    """The subject alone may be a person's question about absence notes."""
    subject = "Automatic reply: your ticket"
    assert automatic((("in-reply-to", "<a@b>"),), sender="ann@x.example", subject=subject)
    assert not automatic((), sender="ann@x.example", subject=subject)
    question = "Question about my out of office note"
    assert not automatic((("in-reply-to", "<a@b>"),), sender="ann@x.example", subject=question)
