"""A quote is whole units of the evidence, word for word; nothing less passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_passage

from firstline.proof.quotes import is_source_line, quoted_units, source_line
from firstline.proof.sentences import plain, units, word_count
from firstline.proof.templates import MissingFieldError, fill, is_filling
from firstline.proof.values import links, unsupported, values

EVIDENCE = """You get a refund within 30 days. Fees, e.g. for cards, are not refunded.

- Open Settings.
- Choose Billing, then Refund.

It takes 5–7 business days."""


def test_units_are_sentences_and_items() -> None:
    """Abbreviations do not end a sentence, and list items stand alone."""
    assert [unit.text for unit in units(EVIDENCE)] == [
        "You get a refund within 30 days.",
        "Fees, e.g. for cards, are not refunded.",
        "- Open Settings.",
        "- Choose Billing, then Refund.",
        "It takes 5–7 business days.",
    ]


def test_whole_consecutive_units_are_a_quote() -> None:
    """Whole sentences in order pass, also with other spaces and dashes."""
    assert quoted_units("You get a refund within 30 days.", EVIDENCE)
    assert quoted_units("- Open Settings.\n- Choose Billing, then Refund.", EVIDENCE)
    assert quoted_units("It takes 5-7  business days.", EVIDENCE)


def test_less_than_a_sentence_is_no_quote() -> None:
    """A sentence without its condition is not what the document says."""
    assert not quoted_units("You get a refund", EVIDENCE)
    assert not quoted_units("are not refunded.", EVIDENCE)


def test_changed_or_reordered_words_are_no_quote() -> None:
    """Another number, another order or a left-out sentence does not pass."""
    assert not quoted_units("You get a refund within 60 days.", EVIDENCE)
    assert not quoted_units(
        "You get a refund within 30 days. It takes 5–7 business days.", EVIDENCE
    )
    assert not quoted_units("- Choose Billing, then Refund.\n- Open Settings.", EVIDENCE)
    assert not quoted_units("", EVIDENCE)


@given(st.text(max_size=400))
def test_units_cover_every_visible_character(text: str) -> None:
    """Cutting loses nothing but white space, whatever the text."""
    found = units(text)
    assert "".join("".join(unit.text.split()) for unit in found) == "".join(text.split())
    assert all(text[unit.start : unit.end] == unit.text for unit in found)


@given(st.text(min_size=1, max_size=200))
def test_a_text_quotes_itself_if_it_says_anything(text: str) -> None:
    """Every text with a visible character is a quote of itself."""
    assert quoted_units(text, text) == bool(text.strip() and plain(text))


def test_a_source_line_names_title_and_address() -> None:
    """Only the very line that names this document is accepted."""
    passage = a_passage()
    assert source_line(passage) == "Source: Export a board (https://help.acme.example/export)"
    assert is_source_line(source_line(passage), passage)
    assert not is_source_line("Source: Export a board (https://evil.example/export)", passage)


def test_values_are_found_in_all_their_forms() -> None:
    """Money, dates, percentages, addresses and codes all need evidence."""
    text = "Pay A$12.50 or 20% by 3 May 2026 to a@b.example, ref INV-2041, see https://x.example/a."
    assert values(text) == (
        "A$12.50",
        "20%",
        "3 May 2026",
        "a@b.example",
        "INV-2041",
        "https://x.example/a",
    )
    assert links(text) == ("https://x.example/a",)


def test_unsupported_values_are_named() -> None:
    """A value that no source has as a value of its own is unsupported, prefixes included."""
    assert unsupported("It costs $9.", ["the price is $99", "9 seats"]) == ("$9",)
    assert unsupported("It costs $99.", ["the price is $99"]) == ()


def test_a_template_is_filled_and_recognised() -> None:
    """A filled sentence is recognised, a sentence with another value is not."""
    fields = {"plan": "Team", "seats.used": "4"}
    template = "You are on {plan} with {seats.used} seats."
    assert fill(template, fields) == "You are on Team with 4 seats."
    assert is_filling("You are on Team with 4 seats.", (template,), fields)
    assert not is_filling("You are on Team with 5 seats.", (template,), fields)
    assert not is_filling("No slots here.", ("No slots here.",), fields)


def test_a_missing_field_is_never_an_empty_slot() -> None:
    """A record without the field stops the sentence."""
    for fields in ({}, {"plan": " "}):
        with pytest.raises(MissingFieldError) as caught:
            fill("You are on {plan}.", fields)
        assert caught.value.field == "plan"


def test_words_are_counted_without_marks() -> None:
    """Punctuation and bullets are no words."""
    assert word_count("- Open *Settings*, then “Billing”.") == 4
