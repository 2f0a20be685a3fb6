"""Outgoing HTML is escaped text with paragraphs and links, and references are found in it again."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.channels.helpdesk import Author, Conversation, Turn
from firstline.channels.markup import markup
from firstline.channels.read_back import (
    delivered,
    last_reference,
    presence,
    reference_of,
    with_reference,
)

ADDRESS = "https://help.acme.example/a?b=1&amp;c=2"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("One.", "<p>One.</p>"),
        ("One.\nTwo.", "<p>One.<br>Two.</p>"),
        ("One.\n\n \n\nTwo.", "<p>One.</p><p>Two.</p>"),
        ("One.\r\n\r\nTwo.\r", "<p>One.</p><p>Two.</p>"),
        ("<b>&\"'", "<p>&lt;b&gt;&amp;&quot;&#x27;</p>"),
        (
            "See https://help.acme.example/a?b=1&c=2.",
            f'<p>See <a href="{ADDRESS}">{ADDRESS}</a>.</p>',
        ),
        (
            '(https://a.example/")',
            '<p>(<a href="https://a.example/">https://a.example/</a>&quot;)</p>',
        ),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        ("a\x00b\x07c\ud800", "<p>abc?</p>"),
    ],
)
def test_text_becomes_html(text: str, html: str) -> None:
    """Blocks are paragraphs, lines are breaks, addresses are links, everything is escaped."""
    assert markup(text) == html


@given(st.text())
def test_html_holds_nothing_but_its_own_tags(text: str) -> None:
    """Whatever the text, a sanitiser that allows only our tags finds nothing to remove."""
    html = markup(text)
    kept = nh3.clean(html, tags={"p", "br", "a"}, attributes={"a": {"href"}}, link_rel=None)
    assert unescape(kept) == unescape(html)


@given(st.text(), st.text())
def test_a_reference_is_found_whatever_the_text(text: str, marker: str) -> None:
    """The last reference of a message is its own, as HTML and after a sanitiser."""
    html = with_reference(text, marker)
    assert last_reference(html) == reference_of(marker)
    assert last_reference(nh3.clean(html, tags={"p"})) == reference_of(marker)


@given(st.text("{%}a \x0b\x85\r\n", max_size=12))
def test_no_placeholder_is_left(text: str) -> None:
    """However many braces stand together or nearly so, no helpdesk finds something to fill."""
    html = with_reference(text, "attempt-1")
    assert "{{" not in html
    assert "{%" not in html


def test_a_reference_survives_other_spaces() -> None:
    """A space that an editor made unbreakable does not hide a reference."""
    reference = reference_of("attempt-1")
    for space in (" ", "&nbsp;", "\u00a0", "\n "):
        assert last_reference(f"<p>Ref:{space}{reference}</p>") == reference
    assert last_reference("Ref: short") == ""


def conversation(*said: tuple[Author, bool, str]) -> Conversation:
    """Return a conversation of these turns."""
    at = datetime(2026, 5, 1, tzinfo=UTC)
    return Conversation(
        id="1",
        subject="",
        requester="",
        verified=False,
        status="open",
        version="",
        turns=tuple(
            Turn(id=str(number), author=author, is_public=public, text=text, is_html=True, at=at)
            for number, (author, public, text) in enumerate(said)
        ),
    )


def test_only_own_messages_are_deliveries() -> None:
    """A customer's or a person's copy of a reference, and one further up, do not count."""
    ours = with_reference("Choose Export.", "attempt-1")
    other = with_reference(f"They wrote: {ours}", "attempt-2")
    said = conversation(("customer", True, ours), ("staff", True, ours), ("own", False, other))
    assert presence(said, "attempt-1") == "absent"
    assert delivered(said, "attempt-2") == "2"
    assert delivered(said, "attempt-2", public=True) == ""


def test_a_reply_with_the_history_below_is_found() -> None:
    """Where a helpdesk adds what was said before below a reply, the reply is found all the same."""
    first = with_reference("Choose Export.", "attempt-1")
    second = f"{with_reference('Then Save.', 'attempt-2')}<blockquote>{first}</blockquote>"
    said = conversation(("own", True, first), ("own", True, second))
    assert delivered(said, "attempt-2") == "1"
    assert presence(said, "attempt-1") == "present"
