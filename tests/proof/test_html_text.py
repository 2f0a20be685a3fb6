"""HTML to text: what a reader sees, and nothing an attacker hid."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.proof.html_text import html_to_text

HIDDEN = [
    '<p style="display:none">SECRET</p>',
    '<p style="DISPLAY : none !important">SECRET</p>',
    "<div hidden>SECRET</div>",
    '<span style="font-size:0">SECRET</span>',
    '<span style="font-size: 0.5px; color: black">SECRET</span>',
    '<span style="font-size:0em">SECRET</span>',
    '<font color="#FFFFFF">SECRET</font>',
    '<span style="color: white">SECRET</span>',
    '<span style="color:rgb(255, 255, 255)">SECRET</span>',
    '<span style="color:#fefefe">SECRET</span>',
    '<div style="background:#123;color:#123">SECRET</div>',
    '<div style="visibility:hidden">SECRET</div>',
    '<div style="opacity:0">SECRET</div>',
    '<div style="mso-hide:all">SECRET</div>',
    '<div style="position:absolute;left:-9999px">SECRET</div>',
    '<div style="height:0;overflow:hidden">SECRET</div>',
    r'<div style="display:\6eone">SECRET</div>',
    '<div style="dis/**/play:none">SECRET</div>',
    "<style>.x{display:none}</style><p class='y x'>SECRET</p>",
    "<script>SECRET</script>",
    "<SCRIPT>SECRET</SCRIPT >",
    "<style>SECRET</style>",
    "<title>SECRET</title>",
    "<template>SECRET</template>",
    "<!-- SECRET -->",
    "<!-- <p> --><!--SECRET-->",
    "<svg><text>SECRET</text></svg>",
    '<div style="display:none"><div><p>SECRET</div></div>',
    '<img alt="SECRET" src="https://x.example/a.png">',
    '<a href="javascript:SECRET"></a>',
]


@pytest.mark.parametrize("markup", HIDDEN)
def test_hidden_text_is_dropped(markup: str) -> None:
    """Nothing a reader cannot see gets through, and what follows does."""
    text = html_to_text(f"<p>before</p>{markup}<p>after</p>")
    assert "SECRET" not in text
    assert "before" in text
    assert "after" in text


@pytest.mark.parametrize(
    "markup",
    [
        '<td bgcolor="#0055aa"><a style="color:#ffffff">Shown</a></td>',
        '<div style="background-color:navy"><span style="color:white">Shown</span></div>',
        "<style>.btn{background:#00f}</style><a class='btn' style='color:#fff'>Shown</a>",
        "<style>@media(max-width:600px){.m{display:none}}</style><p class='m'>Shown</p>",
        '<p style="font-size:10px">Shown</p>',
        '<p style="font-size:0.9em">Shown</p>',
        '<p style="opacity:0.8">Shown</p>',
        "<noscript>Shown</noscript>",
        '<p style="color:#333">Shown</p>',
    ],
)
def test_visible_text_stays(markup: str) -> None:
    """White on a dark ground, small screens' rules and ordinary sizes hide nothing."""
    assert "Shown" in html_to_text(markup)


def test_structure_becomes_lines() -> None:
    """Paragraphs, breaks, lists, tables and links read as text."""
    text = html_to_text(
        "<h1>Hello</h1><p>One<br>two &amp; three</p><ul><li>first<li>second</ul>"
        '<table><tr><td>a</td><td>b</td></tr></table><p>See <a href="https://x.example/y">here</a>'
        ' or <a href="mailto:me@x.example?subject=z">me@x.example</a></p>'
    )
    assert text == (
        "Hello\n\nOne\ntwo & three\n\n- first\n- second\n\na b\n\n"
        "See here (https://x.example/y) or me@x.example"
    )


def test_quoted_blocks_are_marked() -> None:
    """A block quote becomes lines that start with >."""
    text = html_to_text("<p>New</p><blockquote><p>Old<br>words</p></blockquote>")
    assert text.splitlines()[-2:] == ["> Old", "> words"]


def test_preformatted_text_keeps_its_lines() -> None:
    """Line breaks inside pre stay."""
    assert html_to_text("<pre>one\n  two</pre>") == "one\n  two"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("plain", "plain"),
        ("a<b", "a"),
        ("<p>open <b>bold", "open bold"),
        ("</p></div>text", "text"),
        ("<img src='data:image/png;base64," + "A" * 9000 + "'>text", "text"),
        ("x" + "<!-- never closed", "x"),
        ("x<script>never closed", "x"),
        ("&lt;b&gt; &#x41;", "<b> A"),
        ("<head><title>T</title><body>text", "text"),
        ("", ""),
    ],
)
def test_broken_markup_is_read_as_browsers_do(markup: str, text: str) -> None:
    """Unclosed and stray markup loses at most what a browser would not show."""
    assert html_to_text(markup) == text


@given(st.text(alphabet="<>/!-abp \"'=&;style:none{}.", max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_markup_gives_text(markup: str) -> None:
    """No soup of markup raises, or grows beyond a link's address."""
    assert len(html_to_text(markup)) <= 4 * len(markup) + 10


def test_depth_is_no_danger() -> None:
    """A hundred thousand open elements are read without recursion."""
    assert html_to_text("<div>" * 9_000 + "deep").endswith("deep")
