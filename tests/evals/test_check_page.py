"""The page of examined replies: complete, and deaf to what texts would have it do."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.evals.check import Examined, examine
from firstline.evals.check_page import page, shown
from firstline.evals.check_summary import summarise
from firstline.proof.proofs import Gap, SentenceProof, Support
from firstline.records import EvidenceId

LAMP = "The lamp has two settings. It is sold with a cable of three metres."
PROBES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "</title><b>",
    "&lt;script&gt;",
    "<!-- --><a href='javascript:alert(1)'>x</a>",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "]]><![CDATA[",
)
ALLOWED = frozenset(
    "a article b body br dd div dl dt h1 h2 h3 head header html li main mark meta nav ol p section "
    "span style table tbody td th thead title tr ul".split()
)


class Tags(HTMLParser):
    """Collects the elements, attributes, ids and links of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


def parsed(*examined: Examined, title: str = "cases.jsonl") -> Tags:
    """Return what a browser would make of the page of these replies."""
    reader = Tags()
    reader.feed(page(examined, summarise(examined), title=title))
    reader.close()
    return reader


def a_row(**changes: Any) -> dict[str, Any]:
    """Return a case about a lamp."""
    return {"id": "1", "question": "How?", "evidence": [LAMP], "reply": LAMP} | changes


def test_the_page_shows_sentences_evidence_and_totals() -> None:
    """Every sentence, every piece of evidence and the counts are there."""
    good = examine(a_row(label="good"))
    bad = examine(a_row(id="2", reply="It orbits the moon in purple.", label="bad"))
    read = parsed(good, bad)
    for text in (*good.case.reply, *bad.case.reply, LAMP, "2", "a person says block"):
        assert text in read.text
    assert "not proven" in read.text


def test_every_link_leads_within_the_page() -> None:
    """Ids are there once, and nothing leads out."""
    pieces = [LAMP, {"id": "x y", "text": "More."}, {"id": 'q"', "fields": {"a": 1}}]
    read = parsed(examine(a_row(evidence=pieces)), examine(a_row(id="2")))
    assert len(read.ids) == len(set(read.ids))
    assert all(link.startswith("#") and link[1:] in read.ids for link in read.links)


@pytest.mark.parametrize("probe", PROBES)
def test_no_text_becomes_part_of_the_page(probe: str) -> None:
    """Scripts and handlers in every place are shown as the words they are."""
    found = examine(
        a_row(
            id=probe,
            question=probe,
            reply=[probe, LAMP],
            evidence=[
                {"id": probe, "title": probe, "url": probe, "text": f"{probe} {LAMP}"},
                {"id": "record", "fields": {probe: probe}},
            ],
        )
    )
    hostile = replace(
        found,
        findings=tuple(replace(item, detail=probe, code=probe) for item in found.findings),
        proofs=tuple(
            SentenceProof(
                how="quote",
                supports=(
                    Support(evidence=EvidenceId(probe), start=2, end=9),
                    Support(evidence=EvidenceId("record"), field=probe),
                ),
                gaps=(Gap(code=probe, detail=probe, start=1, end=4),),
            )
            for _ in found.case.reply
        ),
    )
    read = parsed(hostile, title=probe)
    assert read.tags <= ALLOWED
    assert not any(name.startswith("on") or name == "src" for name in read.attributes)
    assert all(link.startswith("#") for link in read.links)
    assert probe in read.text


@given(st.text())
def test_shown_text_holds_no_markup(text: str) -> None:
    """Whatever the text, no mark of HTML and no unseen character is left in it."""
    made = shown(text)
    assert not set('<>"') & set(made)
    assert "\u202e" not in made
    assert "\x00" not in made


def test_the_place_a_sentence_rests_on_is_marked() -> None:
    """The evidence beneath and the excerpt both mark the same words."""
    found = examine(a_row(reply="The lamp has two settings."))
    made = page([found], summarise([found]), title="x")
    assert made.count("<mark>The lamp has two settings.</mark>") >= 2


def test_a_field_a_sentence_rests_on_is_marked() -> None:
    """A record's value is marked in its table."""
    found = examine(a_row(evidence=[{"id": "r", "fields": {"colour": "green"}}], reply="Green."))
    proof = SentenceProof(
        how="record", supports=(Support(evidence=EvidenceId("r"), field="colour"),)
    )
    found = replace(found, proofs=(proof,))
    made = page([found], summarise([found]), title="x")
    assert made.count("<mark>green</mark>") == 2


def test_a_case_that_was_not_looked_at_has_a_place() -> None:
    """A case that is too large is on the page with its reason."""
    read = parsed(examine(a_row(reply="word " * 10_000)))
    assert "the limit is" in read.text


def test_the_page_loads_nothing() -> None:
    """One file: no script, no style sheet, no picture, and a policy that forbids them."""
    found = examine(a_row())
    made = page([found], summarise([found]), title="x")
    assert "default-src 'none'" in made
    assert "http://" not in made
    assert "https://" not in made
    assert "url(" not in made
