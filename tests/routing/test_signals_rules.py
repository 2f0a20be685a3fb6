"""Phrase files, folding, and the cutting of messages into sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.errors import SetupError
from firstline.proof.folding import fold_phrase
from firstline.proof.phrases import compile_phrases
from firstline.routing.signals.fold import fold
from firstline.routing.signals.parts import split
from firstline.routing.signals.rules import exempt, rules


@given(st.text(max_size=300))
def test_folding_keeps_every_place(text: str) -> None:
    """A folded text has as many characters, so that offsets stay true."""
    assert len(fold(text)) == len(text)


def test_folding_makes_one_spelling() -> None:
    """Case, accents, typographic quotes and line wraps do not matter."""
    assert fold("x\nÉlan ‘Straße’ ŁÓDŹ\nnow") == "x.elan 'strase' lodz now"


def test_other_scripts_keep_their_letters() -> None:
    """A mark that makes another letter stays: й is not и, 각 is one letter."""
    assert fold("ЙОГУРТ 각") == "йогурт 각"


def test_empty_lines_end_a_sentence() -> None:
    """No phrase reaches over an empty line."""
    assert fold("a\nb\n\nc") == "a.b. c"


def test_an_accented_phrase_meets_a_folded_text() -> None:
    """Phrases may be written with their accents."""
    assert fold_phrase("vidéo|niño") == "video|nino"


def test_a_space_in_a_phrase_is_any_number_of_spaces() -> None:
    """Doubled spaces do not hide a phrase."""
    pattern = compile_phrases("talk to (?:a )?person", {}, place="here")
    assert pattern.search(b"i  talk   to a  person") is not None


def test_a_gap_is_at_most_four_words_of_one_sentence() -> None:
    """Three dots stand for a few words and never cross a full stop."""
    pattern = compile_phrases("buy ... milk", {}, place="here")
    assert pattern.search(b"buy a b c d milk") is not None
    assert pattern.search(b"buy a b c d e milk") is None
    assert pattern.search(b"buy it. drink milk") is None


def test_phrases_stand_alone() -> None:
    """A phrase inside a longer word is not that phrase."""
    pattern = compile_phrases("sue you", {}, place="here")
    assert pattern.search(b"pursue you") is None
    assert pattern.search(b"i sue your") is None
    assert pattern.search(b"i sue you.") is not None


def test_fragments_nest() -> None:
    """A fragment may name another."""
    pattern = compile_phrases("{a} b", {"a": "{c}x", "c": "y"}, place="here")
    assert pattern.search(b"yx b") is not None


@pytest.mark.parametrize(
    ("phrase", "fragments"),
    [("{unknown}", {}), ("{a}", {"a": "{b}", "b": "{a}"}), ("(open", {}), ("price €", {})],
)
def test_a_broken_phrase_is_named(phrase: str, fragments: dict[str, str]) -> None:
    """A phrase that cannot be used is reported with its file."""
    with pytest.raises(SetupError, match=r"here\.toml"):
        compile_phrases(phrase, fragments, place="here.toml")


def test_every_signal_but_masked_data_has_phrases() -> None:
    """The bundled files cover every signal but one that has a screen of its own."""
    assert len({rule.signal for rule in rules()}) == 13
    assert all(rule.reason for rule in rules())


def test_figures_of_speech_are_exempt_from_all_harm() -> None:
    """A harmless use of a word of harm exempts the sentence from its sisters too."""
    assert exempt("danger", "how do i kill the process?")
    assert not exempt("legal", "how do i kill the process?")


def test_sentences_are_cut_at_their_ends() -> None:
    """Full stops, question marks and lines end a sentence; the offsets are those of the text."""
    text = " The first one is here. And is this the second?\nThis is the third one"
    parts = split(text)
    assert [part.text for part in parts] == [
        "The first one is here.",
        "And is this the second?",
        "This is the third one",
    ]
    assert all(text[part.start : part.end] == part.text for part in parts)


def test_fragments_of_sentences_are_read_with_the_next() -> None:
    """An exclamation of a word or two belongs to what follows."""
    assert [part.text for part in split("Brilliant. Locked out again.")] == [
        "Brilliant. Locked out again."
    ]


@given(st.text(alphabet="ab .!?\n。", max_size=200))
def test_sentences_cover_every_word_once(text: str) -> None:
    """Cutting loses no word and repeats none."""
    words = [word for part in split(text) for word in part.text.split()]
    assert words == text.split()


def test_a_stretch_without_an_end_is_cut() -> None:
    """Endless text becomes sentences of a length an encoder can read."""
    parts = split("word " * 500)
    assert max(len(part.text.split()) for part in parts) <= 60


def test_the_number_of_sentences_is_bounded() -> None:
    """A hostile text gives no more than a thousand sentences."""
    assert len(split("this is one sentence. " * 1_500)) == 1_000
