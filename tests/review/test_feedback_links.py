"""Feedback links: signed, expiring, and nothing else is let through."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.errors import SetupError
from firstline.records import TicketId
from firstline.review.feedback_links import KEY_FILE, Click, FeedbackLinks, open_links
from tests.builders import NOON

LINKS = FeedbackLinks(b"k" * 32)
T1 = TicketId("92c80a566e392e48ea45")
LATER = NOON + timedelta(days=30)


def test_a_token_says_what_it_was_made_for() -> None:
    """One token an answer, each good until it expires."""
    tokens = LINKS.tokens(T1, NOON)
    assert set(tokens) == {"yes", "no", "more_help"}
    for answer, token in tokens.items():
        assert LINKS.read(token, NOON) == Click(ticket=T1, answer=answer, expires_at=LATER)
        assert LINKS.read(token, LATER) == "expired"
        assert token.replace("-", "").replace("_", "").isalnum()


def test_a_token_of_another_company_is_worthless() -> None:
    """Only the key that signed it reads it."""
    token = LINKS.token(T1, "yes", LATER)
    assert FeedbackLinks(b"x" * 32).read(token, NOON) == "invalid"


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_token_with_one_bit_changed_is_invalid(at: int, flip: int) -> None:
    """Nobody changes the ticket, the answer or the expiry of a token."""
    raw = bytearray(base64.urlsafe_b64decode(LINKS.token(T1, "yes", LATER) + "=="))
    raw[at % len(raw)] ^= flip
    token = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    assert LINKS.read(token, NOON) == "invalid"


@given(st.text(max_size=500) | st.binary(max_size=300).map(lambda raw: raw.hex()))
def test_anything_else_is_invalid(token: str) -> None:
    """Whatever a stranger puts into a link, it raises nothing and says nothing."""
    assert LINKS.read(token, NOON) == "invalid"


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """Several processes that need it first at the same moment get the same one."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: open_links(tmp_path), range(16)))
    tokens = {links.token(T1, "no", LATER) for links in made}
    assert len(tokens) == 1
    path = tmp_path / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in tmp_path.iterdir()] == [KEY_FILE]


def test_a_damaged_key_is_said_to_be(tmp_path: Path) -> None:
    """With what to do about it, and no guess; so is a folder that is not there."""
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(SetupError, match="damaged"):
        open_links(tmp_path)
    with pytest.raises(SetupError, match="cannot be used"):
        open_links(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="32 bytes"):
        FeedbackLinks(b"short")
