"""A small company for routing tests, and an encoder that needs no model."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firstline.routing.features import words_of

WIDTH = 96

EXAMPLES: tuple[tuple[str, str], ...] = (
    ("How do I export my board to a spreadsheet?", "export_data"),
    ("Can I download all cards as CSV?", "export_data"),
    ("I want a copy of my board data in a file", "export_data"),
    ("Is there a way to export everything we wrote?", "export_data"),
    ("Download the board as a spreadsheet please", "export_data"),
    ("I forgot my password and cannot sign in", "reset_password"),
    ("How can I reset my password?", "reset_password"),
    ("The password reset mail never arrives", "reset_password"),
    ("My login says wrong password, please reset it", "reset_password"),
    ("Need a new password for my account", "reset_password"),
    ("Why was my credit card charged twice this month?", "billing_error"),
    ("There is a charge on my invoice that I do not understand", "billing_error"),
    ("The invoice shows the wrong amount", "billing_error"),
    ("You charged me for a plan I cancelled", "billing_error"),
    ("My invoice is higher than last month", "billing_error"),
    ("How do I invite a colleague to my team?", "invite_member"),
    ("Add a new person to our team", "invite_member"),
    ("Can I invite guests without paying for a seat?", "invite_member"),
    ("The invitation for my colleague expired", "invite_member"),
    ("I would like to invite three people", "invite_member"),
)
FOREIGN = (
    "What will the weather be like in the mountains tomorrow?",
    "Tell me a joke about penguins",
    "Who won the football match yesterday evening?",
    "Recommend a good pasta recipe with mushrooms",
)


class WordVectors:
    """A stand-in encoder: each word has a random direction, a text is their sum."""

    name = "word-vectors"
    dim = WIDTH

    def __init__(self) -> None:
        self.encoded: list[str] = []
        """Every text it was given, in order."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit row per text."""
        self.encoded.extend(texts)
        rows = np.stack([self._one(text) for text in texts])
        return rows.astype(np.float32)

    def _one(self, text: str) -> NDArray[np.float64]:
        total = np.full(WIDTH, 1e-3)
        for word in words_of(text):
            total += np.random.default_rng(zlib.crc32(word.encode())).standard_normal(WIDTH)
        row: NDArray[np.float64] = total / np.linalg.norm(total)
        return row
