"""Tests of firstline.knowledge.markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.knowledge.markdown import Block, blocks, plain

BASE = "https://help.acme.example/boards/"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("**Bold**, *italic*, __both__ and ~~gone~~", "Bold, italic, both and gone"),
        ("5 * 3 * 2 and snake_case_name", "5 * 3 * 2 and snake_case_name"),
        ("Run `pip install **x**` now", "Run pip install **x** now"),
        ("See [the guide](https://a.example/x).", "See the guide (https://a.example/x)."),
        ('See [it](https://a.example/x "Title")', "See it (https://a.example/x)"),
        ("[Wiki](https://a.example/x_(y))", "Wiki (https://a.example/x_(y))"),
        ("[form](../form)", "form (https://help.acme.example/form)"),
        ("[mail](mailto:help@acme.example)", "mail (help@acme.example)"),
        ("[https://a.example](https://a.example/)", "https://a.example/"),
        ("[run](javascript:alert)", "run"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("![logo](logo.png) Words", "Words"),
        ("Fish &amp; <b>chips</b><br/>here", "Fish & chips here"),
        ("Set <your-key> first", "Set <your-key> first"),
        (r"Not \*bold\*", "Not *bold*"),
        ("[text][ref]", "text"),
    ],
)
def test_a_line_is_read_without_its_marks(line: str, expected: str) -> None:
    """Plain keeps the words, shows where links lead and drops the marks."""
    assert plain(line, base=BASE) == expected


def test_a_relative_link_without_base_keeps_its_words_only() -> None:
    """Plain shows no address that a reader could not open."""
    assert plain("[form](/form)") == "form"


def test_headings_nest() -> None:
    """Blocks know the headings above them, outermost first."""
    found = blocks("# A\none\n## B\ntwo\n### C\nthree\n## D\nfour\n\nE\n===\nfive")
    assert [(block.headings, block.lines) for block in found] == [
        (("A",), ("one",)),
        (("A", "B"), ("two",)),
        (("A", "B", "C"), ("three",)),
        (("A", "D"), ("four",)),
        (("E",), ("five",)),
    ]


def test_wrapped_lines_are_joined_and_short_ones_are_not() -> None:
    """A paragraph wrapped at a line's width is one line, separate short lines stay separate."""
    wrapped = "This sentence was wrapped by an editor because it is rather\nlong for one line."
    assert blocks(wrapped)[0].lines == (wrapped.replace("\n", " "),)
    assert blocks("Monday: open\nTuesday: closed")[0].lines == ("Monday: open", "Tuesday: closed")


def test_lists_keep_their_numbers_and_continuations() -> None:
    """A list is one block, over blank lines and with its indented lines in their items."""
    text = "1. Open it.\n\n2. Press **Go**.\n   It is green.\n* Then wait\n\nAfter."
    assert blocks(text) == [
        Block(
            kind="list",
            headings=(),
            lines=("1. Open it.", "2. Press Go. It is green.", "- Then wait"),
        ),
        Block(kind="prose", headings=(), lines=("After.",)),
    ]


def test_tables_become_readable_rows() -> None:
    """A table is one block of rows, with or without outer bars, without its rule."""
    expected = ("Plan | Days", "Pro | 30")
    assert blocks("| Plan | Days |\n|---|:-:|\n| **Pro** | 30 |")[0].lines == expected
    assert blocks("Plan | Days\n--- | ---\nPro | 30")[0].lines == expected


def test_code_is_kept_as_it_is() -> None:
    """A fenced block keeps its marks and indentation, and hides no headings."""
    found = blocks("```\n# not a heading\n  x = '**'\n```\nafter")
    assert found[0] == Block(kind="code", headings=(), lines=("# not a heading", "  x = '**'"))


def test_comments_and_definitions_are_not_text() -> None:
    """What a rendered page would not show is not read."""
    assert blocks("<!-- note\nto self -->\n[ref]: https://a.example\n\nSeen.") == [
        Block(kind="prose", headings=(), lines=("Seen.",))
    ]


@given(st.text(alphabet="ab #-*_`|[]()<>!1.\n\t\\&;", max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """Blocks never fails and never makes an empty block or line."""
    assert all(block.lines and all(block.lines) for block in blocks(text))
