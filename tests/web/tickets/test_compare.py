"""Two runs side by side: what differs is marked, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.builders import NOON, a_context, a_draft, a_passage, a_quote, a_route, passed
from tests.web.tickets.world import a_world, an_answer

from firstline.records import EvidenceId, Intent, IntentScore, Reason, StageTime, Verdict
from firstline.web.tickets.compare import Pair, compare
from firstline.web.tickets.stages import decided_stages
from firstline.web.tickets.views import Facts, Items, Table


def pairs(**changes: object) -> dict[str, Pair]:
    """Compare an answer with one that has these changes."""
    before = decided_stages(an_answer(), a_world())
    after = decided_stages(an_answer(**changes), a_world())
    return {pair.after.key: pair for pair in compare(before, after)}


def test_the_same_run_differs_in_nothing() -> None:
    """Nor in times, costs, or when evidence was read."""
    later = a_context(a_passage(fetched_at=NOON + timedelta(days=3)))
    times = (StageTime(stage="route", wall_ms=99.0, cpu_ms=1.0),)
    found = pairs(context=later, times=times)
    assert list(found) == ["intake", "route", "context", "generate", "validate", "gate"]
    assert all(pair.same for pair in found.values())


def test_a_changed_fact_shows_what_it_was() -> None:
    """On both sides."""
    scores = (IntentScore(intent=Intent("refunds"), probability=0.7),)
    pair = pairs(route=a_route(intents=scores, risk="high"))["route"]
    (facts,) = (block for block in pair.after.blocks if isinstance(block, Facts))
    (risk,) = (fact for fact in facts.facts if fact.label == "Risk")
    assert (risk.mark, risk.before, risk.cell.value) == ("changed", "low", "high")
    assert "risk" in pair.changes
    (table,) = (block for block in pair.after.blocks if isinstance(block, Table))
    assert [(row.key, row.mark) for row in table.rows] == [("refunds", "new")]
    (table,) = (block for block in pair.before.blocks if isinstance(block, Table))
    assert [(row.key, row.mark) for row in table.rows] == [("export_data", "gone")]


def test_evidence_that_changed_is_the_same_evidence() -> None:
    """Another text under the same name differs; another name is new."""
    context = a_context(
        a_passage("Open the menu. Choose Export.", version="v2"),
        a_passage(id=EvidenceId("limits#1")),
    )
    pair = pairs(context=context)["context"]
    (items,) = (block for block in pair.after.blocks if isinstance(block, Items))
    assert [(item.key, item.mark) for item in items.items] == [
        ("export-csv#1", "changed"),
        ("limits#1", "new"),
    ]


def test_sentences_are_compared_by_their_words() -> None:
    """One that is gone is marked where it stood."""
    pair = pairs(draft=a_draft(a_quote(), a_quote("And wait.")))["generate"]
    (items,) = (block for block in pair.after.blocks if isinstance(block, Items))
    assert [item.mark for item in items.items] == ["", "new"]
    (items,) = (block for block in pair.before.blocks if isinstance(block, Items))
    assert [item.mark for item in items.items] == [""]


def test_a_count_in_a_title_parts_no_blocks() -> None:
    """Lists of passed checks are compared although there are more of them now."""
    pair = pairs(findings=passed("proof", "links", "tone"))["validate"]
    assert len(pair.after.blocks) == 1
    (items,) = (block for block in pair.after.blocks if isinstance(block, Items))
    assert [item.mark for item in items.items] == ["", "", "new"]
    assert pair.changes == ("passed",)


def test_another_verdict_is_told() -> None:
    """With its grounds."""
    verdict = Verdict(
        action="review",
        score=0.9,
        reasons=(Reason(code="anger", detail="swears"),),
        autonomy="percent:100",
    )
    pair = pairs(verdict=verdict)["gate"]
    assert not pair.same
    assert "verdict" in pair.changes


def test_stages_of_one_run_only_are_left_out() -> None:
    """What one of them does not have cannot be compared."""
    views = decided_stages(an_answer(), a_world())
    alone = replace(views[0], key="else")
    assert [pair.after.key for pair in compare((*views[:2], alone), views)] == ["intake", "route"]
