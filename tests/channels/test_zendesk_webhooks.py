"""Zendesk's webhooks: signature, replay window, rotation, and both kinds of bodies."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.channels.zendesk import Zendesk
from firstline.channels.zendesk_webhooks import hints_in, signature, verdict
from firstline.errors import InputError
from firstline.testing.zendesk_double import Webhook, ZendeskDouble

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STAMP = "2026-11-23T07:59:30Z"
KNOWN = "2sRtZa27bDySC3fZR/syNLqzFD+SvXWpFORmT6/b+5k="
SECRETS = ("new-secret", "old-secret")


def _headers(secret: str = SECRETS[0], stamp: str = STAMP, body: bytes = b"{}") -> dict[str, str]:
    return {
        "X-Zendesk-Webhook-Signature": signature(secret, stamp, body),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }


def test_the_signature_is_the_one_that_zendesk_documents() -> None:
    """A known answer, made with openssl: base64 of HMAC-SHA256 over timestamp and body."""
    assert signature("secret", "2026-11-23T08:00:00Z", b'{"a":1}') == KNOWN


def test_both_secrets_are_good_while_one_replaces_the_other() -> None:
    """During rotation the new and the old secret are valid, and no other."""
    assert verdict(_headers("new-secret"), b"{}", SECRETS, NOW) == "good"
    assert verdict(_headers("old-secret"), b"{}", SECRETS, NOW) == "good"
    assert verdict(_headers("older"), b"{}", SECRETS, NOW) == "wrong"


def test_an_empty_secret_or_none_makes_nothing_good() -> None:
    """Without a secret nobody can sign, also not with an empty key."""
    assert verdict(_headers(""), b"{}", ("",), NOW) == "wrong"
    assert verdict(_headers("x"), b"{}", (), NOW) == "wrong"


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-11-23T07:55:00Z", "good"),
        ("2026-11-23T07:54:59Z", "stale"),
        ("2026-11-23T08:05:01Z", "stale"),
        ("2026-11-23T19:00:00+11:00", "good"),
        ("2026-11-23T08:00:00", "good"),
        ("yesterday", "stale"),
    ],
)
def test_a_signature_holds_for_five_minutes(stamp: str, expected: str) -> None:
    """What is older, or from the future, is right but stale; a stamp that is no time too."""
    assert verdict(_headers(stamp=stamp), b"{}", SECRETS, NOW) == expected


def test_a_missing_header_is_unsigned_and_a_changed_body_wrong() -> None:
    """Nothing, half of it, too much, or another body are no signature."""
    assert verdict({}, b"{}", SECRETS, NOW) == "unsigned"
    half = {"x-zendesk-webhook-signature": "abc"}
    assert verdict(half, b"{}", SECRETS, NOW) == "unsigned"
    assert verdict(_headers(), b"{} ", SECRETS, NOW) == "wrong"
    long = _headers() | {"X-Zendesk-Webhook-Signature": "a" * 10_000}
    assert verdict(long, b"{}", SECRETS, NOW) == "wrong"
    accented = _headers() | {"X-Zendesk-Webhook-Signature": "é"}
    assert verdict(accented, b"{}", SECRETS, NOW) == "wrong"


def test_both_kinds_of_the_double_are_read() -> None:
    """Event subscriptions and triggers name the same ticket; each delivery of one has one id."""
    double = ZendeskDouble()
    ticket = double.new_ticket("Hi")
    desk = Zendesk(double.settings, double.secrets)
    kinds: tuple[Webhook, ...] = ("event", "trigger")
    for kind in kinds:
        headers, body = double.webhook(ticket, kind=kind)
        assert desk.verify(headers, body, datetime.now(UTC)) == "good"
        (hint,) = desk.hints(body)
        assert hint.ticket == ticket
        assert desk.hints(double.webhook(ticket, kind=kind)[1]) == (hint,)
        double.customer_says(ticket, "Again")
        assert desk.hints(double.webhook(ticket, kind=kind)[1])[0].id != hint.id


@pytest.mark.parametrize(
    ("body", "ticket"),
    [
        ({"type": "zen:event-type:ticket.created", "detail": {"id": "12"}}, "12"),
        ({"type": "zen:event-type:ticket.created", "detail": {"id": 12}}, "12"),
        ({"type": "zen:event-type:ticket.x", "subject": "zen:ticket:12"}, "12"),
        ({"ticket_id": 12, "updated": "now"}, "12"),
        ({"ticket_id": "12", "updated": "now", "more": "x"}, "12"),
    ],
)
def test_ids_may_be_numbers_or_texts(body: dict[str, object], ticket: str) -> None:
    """Zendesk writes a ticket's id either way."""
    (hint,) = hints_in(json.dumps(body).encode())
    assert hint.ticket == ticket


def test_other_events_point_at_nothing_and_an_empty_body_is_a_handshake() -> None:
    """A subscription to users is no error; a test without a body names no ticket."""
    assert hints_in(b'{"type":"zen:event-type:user.created","detail":{"id":"5"}}') == ()
    (hint,) = hints_in(b"")
    assert hint.ticket == ""


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        b"7",
        b"{}",
        b'{"ticket_id": "12"}',
        b'{"ticket_id": "12/../../users", "updated": "now"}',
        b'{"ticket_id": true, "updated": "now"}',
        b'{"ticket_id": 1e400, "updated": "now"}',
        b'{"type":"zen:event-type:ticket.created","detail":{"id":"-1"}}',
        b'{"type":"zen:event-type:ticket.created","detail":[]}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_names_no_ticket_is_an_input_error(body: bytes) -> None:
    """A body that is none of Zendesk's says so, whatever it is."""
    with pytest.raises(InputError):
        hints_in(body)


@given(body=st.binary(max_size=200), stamp=st.text(max_size=40))
def test_no_body_and_no_stamp_fails_otherwise(body: bytes, stamp: str) -> None:
    """Any bytes give hints or an InputError, any stamp a verdict."""
    with suppress(InputError):
        assert isinstance(hints_in(body), tuple)
    headers = _headers() | {"x-zendesk-webhook-signature-timestamp": stamp}
    found = verdict(headers, body, ("another",), NOW)
    assert found in ("wrong", "unsigned")


def test_the_double_delivers_twice_late_reordered_and_forged() -> None:
    """Everything a webhook can do wrong arrives at a receiver as Zendesk would send it."""
    double = ZendeskDouble()
    tickets = [double.new_ticket(str(number)) for number in range(4)]
    seen: list[tuple[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            said = verdict(dict(self.headers), body, double.secrets.webhook, datetime.now(UTC))
            seen.append((hints_in(body)[0].ticket, said))
            self.send_response(202 if said == "good" else 401)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        assert double.deliver(url, *tickets, times=2, shuffled=True) == [202] * 8
        assert sorted(ticket for ticket, _ in seen) == sorted(tickets * 2)
        assert [ticket for ticket, _ in seen] != tickets * 2
        assert double.deliver(url, tickets[0], late_seconds=301) == [401]
        assert double.deliver(url, tickets[0], wrong=True) == [401]
        assert [said for _, said in seen[-2:]] == ["stale", "wrong"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
