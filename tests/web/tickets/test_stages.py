"""What is said of each stage, and of each part of one that had nothing to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import NOON, a_context, a_passage, a_quote, a_route, a_ticket, passed
from tests.web.tickets.world import a_world, an_answer

from firstline.records import (
    Draft,
    Evidence,
    EvidenceId,
    Finding,
    Hop,
    Intent,
    Message,
    Reason,
    Request,
    RiskSignal,
    Usage,
    Verdict,
)
from firstline.store.certificates import StoredCertificate
from firstline.trust.certificate import Basis, Certificate, Scope
from firstline.web.tickets.stages import decided_stages, trial_stages
from firstline.web.tickets.views import Facts, Items, StageView, Table, Words, pieces

SPANS = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60), st.text(max_size=3)))


def stage(name: str, **changes: object) -> StageView:
    """Return one stage of an answer with these changes."""
    views = decided_stages(an_answer(**changes), a_world())
    return next(view for view in views if view.key == name)


def shown(view: StageView) -> str:
    """Return all that is shown of a stage, as one text."""
    parts: list[str] = [view.headline, *view.idle]
    for block in view.blocks:
        parts.append(block.title)
        match block:
            case Facts():
                parts += [f"{fact.label}: {fact.cell.value}" for fact in block.facts]
            case Items():
                for item in block.items:
                    cells = (*item.badges, *item.note)
                    parts += [item.text, item.long, *(str(cell.value) for cell in cells)]
                    parts += [f"{name}={value}" for name, value in item.fields]
            case Table():
                parts += [str(cell.value) for row in block.rows for cell in row.cells]
            case Words():
                parts += [block.text, *(piece.told for piece in block.pieces)]
    return "\n".join(parts)


@given(text=st.text(max_size=50), spans=SPANS)
def test_a_marked_text_is_the_text(text: str, spans: list[tuple[int, int, str]]) -> None:
    """Whatever is marked, and however spans overlap, nothing is lost, doubled or moved."""
    assert "".join(piece.text for piece in pieces(text, tuple(spans))) == text


def test_marks_stand_where_they_belong() -> None:
    """What two share belongs to the first one."""
    found = pieces("abcdef", ((1, 3, "one"), (2, 5, "two"), (5, 6, "three")))
    assert [(piece.text, piece.told) for piece in found] == [
        ("a", ""),
        ("bc", "one"),
        ("de", "two"),
        ("f", "three"),
    ]


def test_every_stage_has_its_place_time_and_result() -> None:
    """In order; a stage that was not timed says no time."""
    views = decided_stages(an_answer(), a_world())
    keys = ["intake", "route", "context", "generate", "validate", "gate"]
    assert [view.key for view in views] == keys
    assert all(view.headline and view.lead for view in views)
    assert [view.took for view in views if view.took] == ["2.5 ms · 2.0 ms CPU"]


def test_intake_shows_what_it_took_off_and_what_came_along() -> None:
    """Signals are marked in the message, with or without a subject before it."""
    signal = RiskSignal(signal="anger", start=1, end=4, reason="swears")
    ticket = a_ticket(
        quoted="> old words",
        history=(Message(author="bot", text="We said so."),),
        masked=("card",),
    )
    view = stage("intake", ticket=ticket, route=a_route(signals=(signal,)))
    (message,) = (b for b in view.blocks if isinstance(b, Words) and b.title == "Message")
    assert next((p.text, p.told) for p in message.pieces) == (ticket.text[:3], "swears")
    assert "> old words" in shown(view)
    assert "We said so." in shown(view)
    assert "masked: card" in view.headline
    assert view.idle == ()
    titled = replace(ticket, subject="Bad")
    view = stage("intake", ticket=titled, route=a_route(signals=(replace(signal, start=0, end=3),)))
    (message,) = (b for b in view.blocks if isinstance(b, Words) and b.title == "Message")
    assert next((p.text, p.told) for p in message.pieces) == ("Bad", "swears")


def test_route_says_who_decided_and_who_answers() -> None:
    """With the intents, the signals and the several requests of a message."""
    text = "How do I export a board to CSV?"
    several = (
        Request(start=0, end=14, intent=Intent("export_data"), probability=0.9),
        Request(start=15, end=len(text), intent=Intent("refunds"), probability=0.8),
    )
    view = stage("route", route=a_route(requests=several, unsure=True))
    said = shown(view)
    assert "export_data at 95%, not sure enough of it." in said
    assert text[:14] in said
    assert "Asked no model where it goes" in said
    by_rule = stage("route", route=a_route(intents=(), source="rule", reason="written in fr"))
    assert "Asked no classifier: written in fr." in by_rule.idle


def test_context_shows_all_candidates_and_what_was_trimmed() -> None:
    """Also fields of records, and sources that could not be asked."""
    record = Evidence(
        id=EvidenceId("record:cus_1"),
        kind="record",
        source="cus_1",
        version="v1",
        fields=(("plan", "Team"),),
        fetched_at=NOON,
    )
    context = a_context(
        a_passage(),
        record,
        trimmed=(EvidenceId("limits#2"),),
        missing=("knowledge: locked",),
    )
    said = shown(stage("context", context=context))
    for words in ("export-csv#1", "plan=Team", "limits#2", "knowledge: locked", "Open the board"):
        assert words in said
    assert "Trimmed nothing" not in said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"customer": None}, "names no customer"),
        ({"customer": "cus_1", "verified": False}, "general knowledge only"),
        ({"customer": "cus_1", "verified": True}, "there is none"),
    ],
)
def test_context_says_why_no_record_was_read(changes: dict[str, Any], why: str) -> None:
    """A recorded outcome, in words."""
    (said,) = (
        line for line in stage("context", ticket=a_ticket(**changes)).idle if "record" in line
    )
    assert why in said


def test_generate_shows_sentences_hops_and_costs() -> None:
    """Evidence that a sentence names and nobody collected is shown as such."""
    hop = Hop(
        by="small",
        model="claude-haiku-5-5",
        reason="quoting_no_answer",
        result="answer",
        usage=Usage(input=812, output=96, cost_usd=0.0005),
    )
    draft = Draft(
        action="answer",
        sentences=(a_quote(), a_quote("Made up.", evidence=(EvidenceId("gone#1"),))),
        confidence="medium",
        reason="partly",
        model="claude-haiku-5-5",
        prompt_hash="abc123",
        hops=(hop,),
    )
    view = stage("generate", draft=draft)
    said = shown(view)
    for words in ("claude-haiku-5-5", "abc123", "812 in, 96 out", "Made up."):
        assert words in said
    (items,) = (b for b in view.blocks if isinstance(b, Items))
    links = [cell.href for item in items.items for cell in item.note]
    assert links == ["#e-export-csv-1", ""]
    assert view.cost_usd == pytest.approx(0.0005)
    assert not any("Asked no model" in line for line in view.idle)


def test_generate_says_why_nothing_was_written() -> None:
    """And why no model was asked."""
    draft = Draft(action="escalate", reason="a person answers this", model="none")
    view = stage("generate", draft=draft, route=a_route(handler="person"))
    assert view.idle == (
        "Wrote nothing: a person answers this.",
        "Asked no model: a person answers this.",
    )
    world = a_world(has_models=False)
    views = decided_stages(an_answer(draft=draft), world)
    assert "Asked no model: the company uses none." in views[3].idle


def test_validate_puts_what_is_against_it_first() -> None:
    """With the words it is about; a pass says what was looked for."""
    against = Finding(
        check="proof",
        result="block",
        detail="not in the evidence",
        code="number_not_in_evidence",
        sentence=0,
        start=0,
        end=4,
    )
    doubt = Finding(check="tone", result="warn", detail="curt")
    view = stage("validate", findings=(*passed("links"), doubt, against))
    first, rest = (b for b in view.blocks if isinstance(b, Items))
    assert [item.badges[1].value for item in first.items] == ["proof", "tone"]
    assert "“Open”" in [cell.value for cell in first.items[0].note]
    assert rest.folded
    assert rest.items[0].text == "looked for plain text, and links that evidence gives"
    assert view.headline == "3 checks: 1 block, 1 doubt, 1 pass."
    silent = stage("validate", findings=())
    assert silent.idle == ("Ran no check: there is no reply to check.",)


def test_gate_gives_all_grounds_and_the_certificate() -> None:
    """The first ground decided; a certificate says what was shown."""
    basis = Basis(models="m", prompts="p", knowledge="k", checks="c", score="s")
    held = Certificate(
        scope=Scope(name="billing", intents=(Intent("export_data"),)),
        alpha=0.02,
        delta=0.05,
        threshold=0.8,
        count=300,
        errors=1,
        bound=0.018,
        coverage=0.7,
        basis=basis,
        issued=date(2026, 5, 1),
        expires=date(2026, 7, 30),
    )
    stored = StoredCertificate(
        certificate=held, kind="reply", at=NOON, voided_at=NOON, void_reason="knowledge changed"
    )
    verdict = Verdict(
        action="review",
        score=0.4,
        reasons=(Reason(code="below_threshold", detail="low"), Reason(code="anger", detail="x")),
        autonomy="certified",
        certificate=held.id,
    )
    views = decided_stages(an_answer(verdict=verdict), a_world(certificate=stored))
    said = shown(views[-1])
    for words in ("decided", "also", "below threshold", held.id, "void: knowledge changed"):
        assert words in said
    assert "300 labels, 1 wrong; bound 1.80%" in said
    assert views[-1].tone == "warn"


def test_a_trial_says_what_would_leave() -> None:
    """And that nothing does."""
    view = trial_stages(an_answer(), a_world())[-1]
    assert view.headline == "A reply would leave now."
    assert view.idle == (
        "Delivered nothing: this is a trial. Nothing is stored and nothing leaves.",
    )
    held = replace(an_answer().verdict, action="review")
    view = trial_stages(an_answer(verdict=held), a_world())[-1]
    assert view.headline == "Nothing would leave by itself."
