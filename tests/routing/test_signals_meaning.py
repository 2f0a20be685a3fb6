"""The second opinion by meaning: what it costs, and what it was learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from firstline.knowledge import find_encoder
from firstline.routing import find_signals
from firstline.routing.signals import lesson, meaning

Vectors = NDArray[np.float32]
SMALL = {
    "legal": ("my lawyer sues you", "the court decides then", "we meet in court"),
    "benign": tuple(f"how is the weather on day {n} here" for n in range(20)),
}


class Counting:
    """An encoder that counts what it is asked; a text's vector depends on its letters."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows."""
        self.asked.extend(texts)
        rows = np.asarray(
            [[text.lower().count(letter) + 0.1 for letter in "aeiostru"] for text in texts],
            dtype=np.float32,
        )
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


@pytest.fixture
def small_lesson(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Learn from a handful of sentences, with fresh memories."""
    monkeypatch.setattr(lesson, "sentences", lambda: SMALL)
    monkeypatch.setattr(lesson, "_TOLERATED", {"legal": 1})
    monkeypatch.setattr(lesson, "_SCREEN_ALLOWED", 1)
    lesson.vocabulary.cache_clear()
    lesson.shipped.cache_clear()
    meaning._lessons.clear()  # noqa: SLF001 - the memory of earlier tests
    yield
    lesson.vocabulary.cache_clear()
    lesson.shipped.cache_clear()
    meaning._lessons.clear()  # noqa: SLF001 - as above


def test_the_shipped_lesson_is_of_these_sentences() -> None:
    """Whoever changes the sentences runs the fit again."""
    assert lesson.shipped() is not None


def test_check_sentences_are_not_learnt_from() -> None:
    """Sentences are listed once, and none is both risky and everyday."""
    lines = [line.lower() for group in lesson.sentences().values() for line in group]
    assert len(lines) == len(set(lines))


@pytest.mark.usefixtures("small_lesson")
def test_an_unknown_encoder_is_learnt_with_once() -> None:
    """Another encoder gets its own lesson, at its first message only."""
    encode = Counting()
    find_signals(
        "\nHow is the weather in the hills today?", verified=True, masked=(), encode=encode
    )
    first = len(encode.asked)
    find_signals("\nHow is the weather in the lake today?", verified=True, masked=(), encode=encode)
    assert first > len(SMALL["benign"])
    assert encode.asked[first:] == ["How is the weather in the lake today?"]


@pytest.mark.usefixtures("small_lesson")
def test_a_learnt_lesson_separates_what_it_learnt_from() -> None:
    """Sentences of a signal score above its threshold, everyday ones below."""
    encode = Counting()
    learnt = lesson.learn(encode)
    texts = [*SMALL["legal"], *SMALL["benign"]]
    above = learnt.scores(texts, encode(texts))[:, 0] > 0
    assert above[:3].all()
    assert above[3:].sum() <= 1


@pytest.mark.usefixtures("small_lesson")
@pytest.mark.parametrize(("sentences", "most"), [(3, 3), (30, 8), (900, 16)])
def test_few_sentences_of_a_message_are_encoded(sentences: int, most: int) -> None:
    """A long message costs a bounded number of vectors."""
    encode = Counting()
    find_signals("\nIs it you who is here?", verified=True, masked=(), encode=encode)
    before = len(encode.asked)
    text = "\n" + "So we are here with you. " * sentences
    find_signals(text, verified=True, masked=(), encode=encode)
    assert len(encode.asked) - before <= most


@pytest.mark.usefixtures("small_lesson")
def test_other_languages_get_no_second_opinion() -> None:
    """Sentences that are not English are left to the phrases."""
    encode = Counting()
    find_signals("\nWie ist das Wetter heute?", verified=True, masked=(), encode=encode)
    assert encode.asked == []


def test_a_paraphrase_is_found_by_meaning() -> None:
    """The built-in encoder finds what no phrase lists, at the sentence that says it."""
    encoder = find_encoder()
    if encoder is None:
        pytest.skip("this machine has no sentence encoder")
    calm = "We have used the boards since spring and like them a lot."
    risky = "My grandmother's heart gave up on Monday and her flat must be emptied."
    text = f"\n{calm} {risky}"
    assert find_signals(text, verified=True, masked=()) == ()
    (hit,) = find_signals(text, verified=True, masked=(), encode=encoder.encode)
    assert (hit.signal, text[hit.start : hit.end]) == ("bereavement", risky)
