"""Identity tokens: what the company's site signs, and everything that counts for nothing."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.chat.conftest import SECRET, signed

from firstline.errors import SetupError
from firstline.web.chat.identity import (
    FILE_VARIABLE,
    PREVIOUS_VARIABLE,
    SECRET_VARIABLE,
    Identity,
    Visitor,
    open_identity,
)

OTHER = b"another secret of a test, as long as it"
READER = Identity((SECRET,), "firstline")
NOW = int(time.time())


def read(token: str, reader: Identity = READER) -> Visitor | str:
    """Read a token now."""
    return reader.read(token, datetime.fromtimestamp(NOW, UTC))


def token(**claims: Any) -> str:
    """Return a token whose times are counted from the moment of the test."""
    return signed(**({"exp": NOW + 300} | claims))


def test_a_token_names_the_customer() -> None:
    """Subject, name and address are read; the address in small letters."""
    said = read(token(name="Priya Raman", email="Priya@Harbourlane.example"))
    assert said == Visitor(
        subject="cus_1001", name="Priya Raman", email="priya@harbourlane.example"
    )


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "somebody"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": ["a", "b"]}, "audience"),
        ({"aud": {"firstline": 1}}, "audience"),
        ({"exp": NOW - 31}, "expired"),
        ({"exp": NOW + 631}, "too_long"),
        ({"exp": None}, "claims"),
        ({"exp": "soon"}, "claims"),
        ({"exp": True}, "claims"),
        ({"exp": float("nan")}, "claims"),
        ({"exp": 10**30}, "claims"),
        ({"nbf": NOW + 60}, "claims"),
        ({"iat": NOW + 60}, "claims"),
        ({"iat": "now"}, "claims"),
        ({"sub": None}, "claims"),
        ({"sub": ""}, "claims"),
        ({"sub": 7}, "claims"),
        ({"sub": "cus\n1001"}, "claims"),
        ({"sub": "c" * 400}, "claims"),
        ({"name": ["Priya"]}, "claims"),
    ],
)
def test_wrong_claims_count_for_nothing(claims: dict[str, Any], why: str) -> None:
    """Each claim that is missing, of another kind, or out of its time is refused."""
    assert read(token(**claims)) == why


@pytest.mark.parametrize("claims", [{"aud": ["x", "firstline"]}, {"exp": NOW - 29}, {"nbf": NOW}])
def test_what_is_just_right_counts(claims: dict[str, Any]) -> None:
    """A list of audiences, and clocks that are half a minute apart."""
    assert isinstance(read(token(**claims)), Visitor)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS512"},
        {"alg": "hs256"},
        {"alg": ["HS256"]},
        {"alg": "RS256"},
        {"alg": "HS256", "crit": ["exp"]},
        {},
    ],
)
def test_no_other_algorithm_is_read(header: dict[str, Any]) -> None:
    """Only HS256, and no extension that would have to be understood."""
    assert read(token(header=header)) == "algorithm"


def test_a_signature_must_fit() -> None:
    """Another secret, a changed claim, and no signature at all are refused."""
    good = token()
    head, claims, mark = good.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(said | {"sub": "cus_1002"}).encode())
    assert read(signed(OTHER, exp=NOW + 300)) == "signature"
    assert read(f"{head}.{forged.decode().rstrip('=')}.{mark}") == "signature"
    assert read(f"{head}.{claims}.") == "signature"


def test_a_name_that_stands_twice_is_refused() -> None:
    """Two readers would understand two things."""
    claims = f'{{"aud":"firstline","sub":"a","sub":"b","exp":{NOW + 60}}}'
    head, _, _ = token().split(".")
    import hashlib  # noqa: PLC0415 - only this test signs by hand
    import hmac  # noqa: PLC0415 - as above

    body = f"{head}.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}"
    mark = base64.urlsafe_b64encode(hmac.digest(SECRET, body.encode(), hashlib.sha256))
    assert read(f"{body}.{mark.decode().rstrip('=')}") == "malformed"


@given(st.text(max_size=400) | st.from_regex(r"[A-Za-z0-9_-]{0,80}(\.[A-Za-z0-9_=+/-]{0,80}){0,4}"))
def test_anything_can_be_read(written: str) -> None:
    """Whatever is sent, it counts for nothing and nothing breaks."""
    assert isinstance(read(written), str)


def test_a_token_has_one_spelling() -> None:
    """Padding, other letters for the same bits and trailing dots are refused."""
    good = token()
    assert read(good + "=") == "malformed"
    assert read(good + ".") == "malformed"
    assert read("a" * 5_000) == "malformed"


def test_two_secrets_count_while_one_replaces_the_other() -> None:
    """During rotation both are read; afterwards the old one is not."""
    both = open_identity(
        "firstline", {SECRET_VARIABLE: OTHER.decode(), PREVIOUS_VARIABLE: SECRET.decode()}
    )
    after = open_identity("firstline", {SECRET_VARIABLE: OTHER.decode()})
    assert isinstance(read(token(), both), Visitor)
    assert isinstance(read(signed(OTHER, exp=NOW + 300), both), Visitor)
    assert read(token(), after) == "signature"


def test_without_a_secret_nobody_is_known() -> None:
    """Every token is refused."""
    nobody = open_identity("firstline", {})
    assert not nobody.is_on
    assert read(token(), nobody) == "no_secret"


def test_secrets_are_read_from_a_file(tmp_path: Path) -> None:
    """One a line; the file comes before the variables."""
    path = tmp_path / "secrets"
    path.write_text(f"{OTHER.decode()}\n\n{SECRET.decode()}\n")
    both = open_identity("firstline", {FILE_VARIABLE: str(path), SECRET_VARIABLE: "x"})
    assert isinstance(read(token(), both), Visitor)


def test_secrets_that_cannot_be_used_are_explained_without_showing_them(tmp_path: Path) -> None:
    """Too short, too many, or a missing file: said with the fix, never with the secret."""
    path = tmp_path / "secrets"
    path.write_text("\n".join(f"{'s' * 40}{number}" for number in range(3)))
    for environment, fix in (
        ({SECRET_VARIABLE: "short-and-secret"}, "openssl rand -hex 32"),
        ({FILE_VARIABLE: str(path)}, "Keep the new one"),
        ({FILE_VARIABLE: str(tmp_path / "none")}, FILE_VARIABLE),
    ):
        with pytest.raises(SetupError) as caught:
            open_identity("firstline", environment)
        assert fix in caught.value.fix
        assert "short-and-secret" not in str(caught.value)
        assert "sss" not in str(caught.value)


def test_secrets_are_not_printed() -> None:
    """What is shown of a reader tells how many secrets it has, and none of them."""
    assert SECRET.decode() not in repr(READER)
    assert repr(READER) == "Identity(1 secrets)"
