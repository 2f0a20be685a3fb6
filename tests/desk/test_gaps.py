"""Knowledge gaps of a small company: what is asked, what comes near, and what to write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.builders import NOON, a_context, a_route, a_ticket
from tests.desk.small_company import answer, make_company
from tests.pipeline.test_gate import a_workspace

from firstline.desk import Desk, open_desk
from firstline.desk.gap_pages import as_json, facts_needed, file_name, outline
from firstline.desk.gaps import Gap, Gaps, cause_of, find_gaps, question
from firstline.knowledge import Document, load_documents
from firstline.records import Answer, Draft, Evidence, EvidenceId, Reason, Verdict
from firstline.store.tickets import instant
from firstline.store.trust_tables import decision

EXCEL = (
    "Can I export a board to an Excel spreadsheet with formulas?",
    "Do you keep formulas in an Excel spreadsheet export?",
    "Excel spreadsheet export with formulas kept?",
)
NO_ANSWER = Verdict(
    action="escalate",
    score=0.0,
    reasons=(Reason(code="no_answer", detail="nothing is about this"),),
    autonomy="percent:100",
)
SILENT = Draft(action="escalate", reason="nothing is about this")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Return the desk of a small company."""
    with open_desk(make_company(tmp_path / "tiny")) as opened:
        yield opened


async def unanswered(desk: Desk, name: str, text: str, hours: int = 0) -> Answer:
    """Store a ticket that no article answered."""
    at = NOON + timedelta(hours=hours)
    made = await answer(
        desk, name, text, outcome="escalate", received_at=at, verdict=NO_ANSWER, draft=SILENT
    )
    assert made.route.handler == "quote"
    return made


@pytest.fixture
async def found(desk: Desk) -> Gaps:
    """Return the gaps that four unanswered tickets show."""
    for at, text in enumerate(EXCEL):
        await unanswered(desk, f"x{at}", text, at)
    await unanswered(
        desk, "o", "Can my refund for the payment be split over two cards, mia@b.example?"
    )
    await answer(desk, "ok", "How do I export a board to CSV?", outcome="sent")
    return find_gaps(desk.opened, desk.engine)


async def test_questions_are_grouped_and_counted(found: Gaps) -> None:
    """The three on formulas are one gap, the answered one none."""
    assert (found.tickets, found.questions, found.left_out) == (5, 4, 0)
    first, second = found.groups
    assert (first.size, second.size) == (3, 1)
    assert set(first.tickets) == {"x0", "x1", "x2"}
    assert first.causes == {"no_answer": 3}
    assert {"excel", "formulas"} <= set(first.terms)
    assert (first.first_at, first.last_at) == (NOON, NOON + timedelta(hours=2))


async def test_the_same_tickets_give_the_same_gaps(found: Gaps, desk: Desk) -> None:
    """Finding them again changes nothing."""
    assert find_gaps(desk.opened, desk.engine) == found


async def test_what_comes_near_says_why_it_does_not_answer(found: Gaps) -> None:
    """An internal article is named as one to publish from, a public one by what it lacks."""
    near = {str(item.document): item.why for item in found.groups[0].near}
    assert near["excel"] == "it is internal: publish what customers may know of it"
    assert "excel" in near["export"]


async def test_personal_data_is_masked(found: Gaps) -> None:
    """Addresses and the customer's own name do not reach the author of an article."""
    (asked,) = found.groups[1].questions
    assert "mia@b.example" not in asked.sample + asked.text
    assert "****" in asked.sample


async def test_since_leaves_out_what_is_older(found: Gaps, desk: Desk) -> None:
    """Only tickets that came from then on are looked at."""
    assert found.tickets == 5
    later = find_gaps(desk.opened, desk.engine, since=NOON + timedelta(hours=1))
    assert (later.tickets, later.questions) == (2, 2)


async def test_a_draft_rejected_for_its_article_is_a_gap(desk: Desk) -> None:
    """What a reviewer found incomplete, an article can mend; a matter of tone it cannot."""
    made = await answer(desk, "e", "How do I export a board to CSV?")
    assert find_gaps(desk.opened, desk.engine).questions == 0
    for number, reason in enumerate(("tone", "incomplete")):
        row = {
            "ticket": made.ticket.id, "number": number, "kind": "reject", "by": "kim",
            "at": instant(NOON), "intent": "", "channel": "", "held_for": "", "reason": reason,
            "note": "", "before_hash": "", "after_hash": "", "overridden": "",
            "waited_seconds": 0.0, "held_seconds": 0.0, "target": "", "delivers": "",
            "text": "", "draft": "", "evidence": "",
        }  # fmt: skip
        with desk.engine.begin() as connection:
            connection.execute(decision.insert().values(row))
        causes = [dict(gap.causes) for gap in find_gaps(desk.opened, desk.engine).groups]
        assert causes == ([] if reason == "tone" else [{"rejected": 1}])


def an_answer(code: str, **changes: object) -> Answer:
    """Return an answer whose deciding reason is this."""
    fields: dict[str, object] = {
        "ticket": a_ticket(),
        "route": a_route(),
        "context": a_context(answerable=0.1),
        "draft": SILENT,
        "findings": (),
        "verdict": replace(NO_ANSWER, reasons=(Reason(code=code, detail=""),)),
    }
    return Answer(**(fields | changes))  # type: ignore[arg-type]  # the fields are named above


@pytest.mark.parametrize(
    ("code", "changes", "expected"),
    [
        ("no_answer", {}, "no_answer"),
        ("quoting_no_answer", {"route": a_route(handler="model")}, "no_answer"),
        ("no_answer", {"route": a_route(handler="record")}, None),
        (
            "no_answer",
            {"route": a_route(handler="model"), "context": a_context(answerable=0.9)},
            None,
        ),
        ("no_answer", {"ticket": a_ticket(flags=("automatic_mail",))}, None),
        ("out_of_scope", {"route": a_route(in_scope=0.15)}, "looks_in_scope"),
        ("out_of_scope", {"route": a_route(in_scope=0.01)}, None),
        ("out_of_scope", {"route": a_route(in_scope=0.15, intents=())}, None),
        ("confidence_medium", {}, "hardly_answered"),
        ("confidence_medium", {"context": a_context(answerable=0.9)}, None),
        ("human_request", {}, None),
        ("threat", {}, None),
    ],
)
def test_what_is_a_gap(code: str, changes: dict[str, object], expected: str | None) -> None:
    """Only what an article could have answered is one."""
    assert cause_of(an_answer(code, **changes), a_workspace()) == expected


def test_a_known_name_is_masked() -> None:
    """The customer's name and company, as their record has them, go; other words stay."""
    record = Evidence(
        id=EvidenceId("record:c1"),
        kind="record",
        source="c1",
        version="1",
        fields=(("name", "Mia Lund"), ("company", "Lund Tiling")),
        fetched_at=NOON,
    )
    text = "Does Lund's export keep formulas for Mia when tiling starts?"
    made = an_answer("no_answer", ticket=a_ticket(text=text), context=a_context(record))
    asked = question(made, "no_answer", a_workspace())
    assert asked.sample == "Does **** export keep formulas for **** when tiling starts?"


@pytest.mark.parametrize(
    "text", ["", "?", "a", "export " * 400, "What now? How do I export a board with formulas?"]
)
def test_any_message_gives_a_short_sample(text: str) -> None:
    """Whatever was written, the sample is short, and it is the part that says something."""
    asked = question(an_answer("no_answer", ticket=a_ticket(text=text)), "no_answer", a_workspace())
    assert len(asked.sample) <= 240
    assert not asked.sample.startswith("What now")


def test_an_outline_states_no_fact(tmp_path: Path) -> None:
    """It is internal, holds questions and blanks, and is safe to read as Markdown."""
    asked = question(
        an_answer("no_answer", ticket=a_ticket(text="How much is <b>PayPal</b> [here](x)?")),
        "no_answer",
        a_workspace(),
    )
    gap = Gap(
        title=asked.sample,
        size=1,
        causes={"no_answer": 1},
        intents={"x": 1},
        questions=(asked,),
        tickets=("t1",),
        ids=(asked.ticket,),
        near=(),
        terms=("paypal",),
        first_at=NOON,
        last_at=NOON,
    )
    page = outline(gap)
    assert "- [ ] the price or number, with its unit and to whom it applies" in page
    assert "\\<b\\>PayPal\\</b\\> \\[here\\](x)" in page
    assert file_name(gap, 3) == "03-how-much-is-b-paypal-b-here-x.md"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (document,) = load_documents(tmp_path).documents
    assert isinstance(document, Document)
    assert document.audience == "internal"
    found = as_json(Gaps(groups=(gap,), questions=1, tickets=1))
    assert found["groups"][0]["outline"] == page


def test_each_form_of_question_needs_its_facts() -> None:
    """How asks for steps, when for a time; exceptions are always asked for."""
    assert "the steps, one a line" in facts_needed(["How do I export?"])
    assert "the time it takes or by when, and counted from what" in facts_needed(["When is it?"])
    assert facts_needed([])[-1] == "since when this holds"
