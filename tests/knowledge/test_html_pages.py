"""Tests of firstline.knowledge.html_pages."""

from __future__ import annotations

import pytest

from firstline.knowledge.html_pages import MAX_DEPTH, page_title, to_markdown
from firstline.knowledge.markdown import blocks

PAGE = """<html><head><title> Boards &amp; cards </title><style>p {}</style></head><body>
<nav><a href="/">Home</a></nav><main><h2>Exporting</h2>
<p>You can <b>export</b> a
board, see <a href="https://a.example/x">here</a>.</p>
<ol start="2"><li>Open it.</li><li><p>Press Go.</p></li></ol>
<table><thead><tr><th>Plan</th><th>Days</th></tr></thead>
<tbody><tr><td>Pro</td><td>30</td></tr></tbody></table>
<pre>curl  -X</pre><script>alert(1)</script></main><footer>Imprint</footer></body></html>"""


def test_a_page_becomes_the_blocks_a_reader_sees() -> None:
    """Headings, paragraphs, lists, tables and code survive; scripts and furniture do not."""
    found = blocks(to_markdown(PAGE))
    assert {block.headings for block in found} == {("Exporting",)}
    assert [(block.kind, block.lines) for block in found] == [
        ("prose", ("You can export a board, see here (https://a.example/x).",)),
        ("list", ("2. Open it.", "3. Press Go.")),
        ("table", ("Plan | Days", "Pro | 30")),
        ("code", ("curl  -X",)),
    ]


def test_the_title_is_plain_text() -> None:
    """page_title returns the title's words without entities, or nothing."""
    assert page_title(PAGE) == "Boards & cards"
    assert page_title("<p>none</p>") == ""


def test_deep_nesting_is_refused() -> None:
    """A page made to take minutes is refused instead of read."""
    with pytest.raises(ValueError, match="too deep"):
        to_markdown("<div>" * (MAX_DEPTH + 1))


def test_elements_that_need_no_end_tag_do_not_count_as_nested() -> None:
    """Old-fashioned pages that never close their paragraphs are read."""
    assert "word" in to_markdown("<p>word" * (MAX_DEPTH * 2))
