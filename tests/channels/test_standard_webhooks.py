"""Signatures of the Standard Webhooks scheme, as receiver and as sender."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.channels import standard_webhooks as standard
from firstline.channels.standard_webhooks import key_of, new_secret, signature, signed_headers
from firstline.errors import WorkspaceError

NOW = datetime(2021, 2, 25, 6, 47, 21, tzinfo=UTC)
STAMP = 1_614_235_641
BODY = b'{"ticket":"T-1"}'
KEY = key_of("whsec_" + b64encode(b"0123456789abcdefghijklmnop").decode())
OTHER = key_of(new_secret())


def verdict(headers: dict[str, str], body: bytes = BODY, at: datetime = NOW) -> str:
    """Return what a receiver with one key says."""
    return standard.verify(headers, body, at, (KEY,))


def test_the_published_vector() -> None:
    """The example that the scheme's own libraries are tested with gives the published signature."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_delivery_is_good_in_any_case() -> None:
    """What was signed is good, whatever the case of the headers' names."""
    headers = signed_headers((KEY,), "msg_1", STAMP, BODY)
    assert verdict(headers) == "good"
    assert verdict({name.title(): value for name, value in headers.items()}) == "good"


def test_a_changed_secret_leaves_no_gap() -> None:
    """Signed with old and new it is good for both receivers; a receiver may hold both keys."""
    both = signed_headers((OTHER, KEY), "msg_1", STAMP, BODY)
    assert verdict(both) == "good"
    assert standard.verify(both, BODY, NOW, (OTHER,)) == "good"
    old = signed_headers((KEY,), "msg_1", STAMP, BODY)
    assert standard.verify(old, BODY, NOW, (OTHER, KEY)) == "good"
    assert standard.verify(old, BODY, NOW, (OTHER,)) == "wrong"
    assert standard.verify(old, BODY, NOW, ()) == "wrong"


@pytest.mark.parametrize(("seconds", "expected"), [(0, "good"), (300, "good"), (301, "stale")])
def test_old_and_future_signatures_are_stale(seconds: int, expected: str) -> None:
    """Five minutes either way are allowed; a wrong signature is wrong however old."""
    headers = signed_headers((KEY,), "msg_1", STAMP, BODY)
    for at in (NOW + timedelta(seconds=seconds), NOW - timedelta(seconds=seconds)):
        assert verdict(headers, at=at) == expected
        assert verdict(headers, b"other", at=at) == "wrong"


def test_every_signed_part_counts() -> None:
    """Another id, another time or another body makes it wrong."""
    headers = signed_headers((KEY,), "msg_1", STAMP, BODY)
    assert verdict({**headers, "webhook-id": "msg_2"}) == "wrong"
    assert verdict({**headers, "webhook-timestamp": str(STAMP + 1)}) == "wrong"
    assert verdict(headers, BODY + b" ") == "wrong"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_without_its_headers_it_is_unsigned(missing: str) -> None:
    """Each of the three headers is needed."""
    headers = signed_headers((KEY,), "msg_1", STAMP, BODY)
    del headers[missing]
    assert verdict(headers) == "unsigned"


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "1" * 400},
        {"webhook-timestamp": "\u0661"},
        {"webhook-id": "é"},
        {"webhook-id": "x" * 300},
        {"webhook-signature": "v1a,abc v2,abc nonsense é"},
        {"webhook-signature": "v1,x " * 100_000},
    ],
)
def test_odd_headers_are_wrong(changes: dict[str, str]) -> None:
    """What no sender sends is wrong, and no crash."""
    headers = signed_headers((KEY,), "msg_1", STAMP, BODY)
    assert verdict({**headers, **changes}) == "wrong"


@given(st.text(), st.text(), st.text(), st.binary())
def test_nothing_made_up_is_good(event: str, stamp: str, signed: str, body: bytes) -> None:
    """No made-up headers are good, and none crash."""
    headers = {"webhook-id": event, "webhook-timestamp": stamp, "webhook-signature": signed}
    assert verdict(headers, body) in ("wrong", "unsigned")


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_x",
        "whsec_!!!!",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_" + "A" * 200,
        "whsec_" + b64encode(b"short").decode(),
    ],
)
def test_secrets_are_checked_and_not_shown(secret: str) -> None:
    """What is no secret of the scheme is refused, without repeating it."""
    with pytest.raises(WorkspaceError, match="whsec_") as caught:
        key_of(secret)
    assert not secret.removeprefix("whsec_") or secret not in str(caught.value)


def test_new_secrets_are_good_and_differ() -> None:
    """A new secret has 32 random bytes."""
    assert len(key_of(new_secret())) == 32
    assert new_secret() != new_secret()
