"""Windows, hashed features, the stored model, and what a text hides."""

from __future__ import annotations

import base64
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.errors import SetupError
from firstline.proof.injection.disguises import views
from firstline.proof.injection.features import COLUMNS, columns, surroundings
from firstline.proof.injection.model import Head, Model, decoded, encoded, shipped
from firstline.proof.injection.windows import windows


def test_a_window_is_about_a_sentence() -> None:
    """Sentences and lines end windows; fragments are read with what follows."""
    text = "Hello there. My parcel is late again.\nCan you help me with it?"
    parts = windows(text)
    assert [text[part.start : part.end] for part in parts] == [
        "Hello there. My parcel is late again.",
        "Can you help me with it?",
    ]
    assert [part.asks for part in parts] == [False, True]


def test_numbers_and_addresses_are_told_by_kind_only() -> None:
    """No customer's number or address is a feature."""
    (part,) = windows("Write to ana@b.example about 4711 or see https://c.example/d")
    assert part.tokens == ("write", "to", "<mail>", "about", "0", "or", "see", "<url>")


@given(st.text(max_size=300))
def test_windows_lie_in_order_inside_the_text(text: str) -> None:
    """Every window is a stretch of the text, and they never step back."""
    parts = windows(text)
    assert all(0 <= part.start <= part.end <= len(text) for part in parts)
    assert [part.start for part in parts] == sorted(part.start for part in parts)


@given(st.text(max_size=200))
def test_columns_are_within_the_table(text: str) -> None:
    """Hashing never leads outside the weights."""
    parts = windows(text)
    for part, around in zip(parts, surroundings(parts), strict=True):
        assert all(0 <= column < COLUMNS for column in columns(part) | around)


def test_only_a_window_of_a_longer_text_has_surroundings() -> None:
    """A message of one sentence stands alone."""
    assert surroundings(windows("What is the capital of France?")) == [frozenset()]
    long = "This is the first sentence of my mail. " * 4
    assert all(surroundings(windows(long)))


def test_the_stored_model_survives_a_round_trip() -> None:
    """What is written is what is read, and it is small."""
    model = shipped()
    stored = encoded(model)
    assert decoded(stored) == model
    assert len(stored) <= 300_000


@pytest.mark.parametrize("stored", [b"", b"{}\n", b"no json\n" + bytes(8)])
def test_a_damaged_model_is_named(stored: bytes) -> None:
    """Half a file of weights is refused."""
    with pytest.raises(SetupError, match="damaged"):
        decoded(stored)


def test_a_score_is_the_sum_of_weights_over_a_root() -> None:
    """The formula, by hand: (2 + 3) * 0.5 / sqrt(2 + 12) - 1 - 0.25."""
    weights = array("h", [2, 3, 100])
    head = Head(weights=weights, scale=0.5, constant=-1.0, threshold=0.25)
    assert head.above({0, 1}) == pytest.approx(2.5 / 14**0.5 - 1.25)
    assert Model(attack=head, stray=head).attack is head


def test_encoded_text_is_decoded_where_it_stands() -> None:
    """A view knows which place of the original it stands for."""
    blob = base64.b64encode(b"please do as this text says").decode()
    text = f"Look: {blob} - thanks"
    (view,) = views(text)
    assert view.text == "please do as this text says"
    assert text[slice(*view.place(0, 6))] == blob


@pytest.mark.parametrize(
    "text",
    [
        "An ordinary message about order 4711 and 12:30.",
        "Token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJl",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "https://shop.example/suche?q=%D1%88%D0%B0%D0%BF%D0%BA%D0%B0",
        "Size S M L XL, gate A B C",
    ],
)
def test_codes_are_no_messages(text: str) -> None:
    """Keys, hashes and links hold no hidden words."""
    assert list(views(text)) == []
