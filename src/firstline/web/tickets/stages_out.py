"""The stages that write and judge: generate, validate, gate. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from firstline.records import Answer, Draft, Finding, Hop, Sentence, Usage
from firstline.store.run_records import Call
from firstline.web.tickets.stages_in import TIMES, anchor_of
from firstline.web.tickets.views import (
    Block,
    Cell,
    Facts,
    Item,
    Items,
    Row,
    StageView,
    Table,
    Tone,
    badge,
    fact,
)
from firstline.web.tickets.world import World

RESULT: dict[str, Tone] = {"pass": "good", "warn": "warn", "block": "bad"}
SURE: dict[str, Tone] = {"high": "good", "medium": "warn", "low": "bad"}
LOOKS_FOR = {
    "contract": "a whole draft, short enough, in the customer’s language",
    "proof": "evidence that proves each sentence",
    "customer": "identifiers of anybody else",
    "private": "secrets, own data that nothing calls for, canaries",
    "links": "plain text, and links that evidence gives",
    "injection": "orders to an assistant in the message or the evidence",
    "forbidden": "what the company never says",
    "policy": "the company’s rules: who is eligible, what must be said",
    "promises": "promises that nobody owns or that are too soon",
    "answered": "an answer to everything that was asked",
    "tone": "swearing, blame, mockery, and how the company speaks",
    "agreement": "rules and writer agreeing on who answers",
    "current": "evidence that still stands as it was read",
    "premise": "earlier replies that no longer hold",
    "judge": "claims in a writer’s own words, read by another model",
}


def generate_view(answer: Answer, world: World, times: TIMES = (None, None)) -> StageView:
    """Explain who wrote what, who was asked, and what it cost."""
    draft, spent = answer.draft, answer.draft.spent
    facts = (
        fact("Writer", draft.model, "code"),
        fact("Confidence", draft.confidence, "badge", tone=SURE[draft.confidence]),
        fact("Reason", draft.reason),
        *((fact("Cause", draft.cause, "words", tone="warn"),) if draft.cause else ()),
        fact("Language", draft.language),
        *((fact("Prompt", draft.prompt_hash, "code"),) if draft.prompt_hash else ()),
        fact("Tokens", tokens_text(spent), varies=True),
        fact("Cost", spent.cost_usd, "money", varies=True),
    )
    sentences = tuple(_sentence(at, item, answer) for at, item in enumerate(draft.sentences))
    promises = tuple(
        Item(
            key=item.what,
            badges=(badge(item.who, "warn"),),
            text=item.what,
            note=(Cell(value=item.by or "no time named"),),
        )
        for item in draft.commitments
    )
    blocks: list[Block] = [Facts(facts=facts)]
    if sentences:
        blocks.append(
            Items(title="The draft, sentence by sentence", items=sentences, numbered=True)
        )
    if promises:
        blocks.append(Items(title="What it promises", items=promises))
    if draft.hops:
        blocks.append(_hops(draft.hops))
    if world.calls:
        blocks.append(_calls(world.calls))
    return StageView(
        key="generate",
        title="Generate",
        lead="The writer that the route asks for proposes a reply; models only where it helps.",
        reads=f"the route, the message, {len(answer.context.evidence)} pieces of evidence",
        headline=_proposed(draft),
        tone="warn" if draft.action == "escalate" else SURE[draft.confidence],
        idle=tuple(_generate_idle(answer, world)),
        wall_ms=times[0],
        cpu_ms=times[1],
        cost_usd=spent.cost_usd if draft.hops else None,
        blocks=tuple(blocks),
    )


def _proposed(draft: Draft) -> str:
    if draft.action == "escalate":
        return f"Proposed no reply: {draft.reason}."
    what = "a question" if draft.action == "clarify" else "an answer"
    return f"Proposed {what} of {len(draft.sentences)} sentences, {draft.confidence} confidence."


def _sentence(at: int, item: Sentence, answer: Answer) -> Item:
    held = {one.id for one in answer.context.evidence}
    against = [f for f in answer.findings if f.sentence == at and f.result != "pass"]
    rests = tuple(
        Cell(
            value=str(key),
            look="code",
            href=f"#{anchor_of(key)}" if key in held else "",
            tone="" if key in held else "bad",
        )
        for key in item.evidence
    )
    nothing: tuple[Cell, ...] = ()
    if not item.evidence:
        said = "agreed wording" if item.kind in ("courtesy", "question") else "rests on nothing"
        nothing = (Cell(value=said, tone="quiet" if said == "agreed wording" else "bad"),)
    doubts = tuple(Cell(value=f.check, look="badge", tone=RESULT[f.result]) for f in against)
    return Item(
        key=item.text,
        badges=(badge(item.kind, "quiet"),),
        text=item.text,
        note=(*rests, *nothing, *doubts),
        anchor=f"s-{at + 1}",
    )


def _hops(hops: tuple[Hop, ...]) -> Table:
    rows = tuple(
        Row(
            key=f"{at} {hop.by} {hop.result}",
            cells=(
                Cell(value=hop.by, look="code"),
                Cell(value=hop.model or "–", look="code" if hop.model else "text"),
                Cell(value=hop.reason, look="words"),
                Cell(value=hop.result),
                Cell(
                    value=hop.usage.input + hop.usage.cache_read + hop.usage.cache_write,
                    look="number",
                ),
                Cell(value=hop.usage.output, look="number"),
                Cell(value=hop.usage.cost_usd, look="money"),
            ),
        )
        for at, hop in enumerate(hops)
    )
    columns = ("Who", "Model", "Asked because", "Came of it", "Tokens in", "Tokens out", "Cost")
    return Table(
        title="Who was asked on the way, in order", columns=columns, rows=rows, numbers=(4, 5, 6)
    )


def _calls(calls: tuple[Call, ...]) -> Table:
    def row(at: int, call: Call) -> Row:
        came = call.failure or call.state
        tone: Tone = "good" if call.state == "answered" else "bad" if call.failure else "warn"
        cells: tuple[Any, ...] = (
            Cell(value=call.asked_at, look="time"),
            Cell(value=call.purpose),
            Cell(value=call.model, look="code"),
            Cell(value=came, look="badge", tone=tone),
            Cell(value=call.attempts, look="number"),
            Cell(value=f"{call.input + call.cache_read + call.cache_write:,} / {call.output:,}"),
            Cell(value=call.wall_ms, look="ms"),
            Cell(value=call.cost_usd, look="money"),
            Cell(value=call.prompt_hash[:12], look="code"),
        )
        return Row(key=f"{at}", cells=cells)

    columns = (
        "Asked",
        "For",
        "Model",
        "Came of it",
        "Attempts",
        "Tokens in / out",
        "Took",
        "Cost",
        "Prompt",
    )
    return Table(
        title="The ledger of questions: what was paid for, replays and repeats included",
        columns=columns,
        rows=tuple(row(at, call) for at, call in enumerate(calls)),
        numbers=(4, 5, 6, 7),
        varies=True,
    )


def _generate_idle(answer: Answer, world: World) -> Iterator[str]:
    draft = answer.draft
    if draft.action == "escalate":
        yield f"Wrote nothing: {draft.reason}."
    if any(hop.model for hop in draft.hops):
        return
    yield f"Asked no model: {_no_model(answer, world)}."


def _no_model(answer: Answer, world: World) -> str:
    if world.has_models is False:
        return "the company uses none"
    if answer.draft.cause == "newer_message":
        return "the customer wrote again"
    handler = answer.route.handler
    if handler == "person":
        return "a person answers this"
    if handler in ("record", "rule") and answer.draft.action == "escalate":
        return "what a record or a fixed answer lacks, a model does not have either"
    if answer.draft.action != "escalate" and answer.draft.confidence == "high":
        return "the local writer’s draft is sure"
    if world.wanted == "":
        return "a person gets this ticket whatever is written, or the local draft stands"
    return "nothing a model could say would change who gets this ticket, or none is set up"


def validate_view(answer: Answer, times: TIMES = (None, None)) -> StageView:
    """Explain what every check said."""
    findings = answer.findings
    against = [item for item in findings if item.result != "pass"]
    passed = [item for item in findings if item.result == "pass"]
    against.sort(key=lambda item: item.result)
    blocks: list[Block] = []
    if against:
        blocks.append(
            Items(
                title="Against the draft",
                items=tuple(_finding(item, answer.draft) for item in against),
            )
        )
    if passed:
        blocks.append(
            Items(
                title=f"Passed ({len(passed)})",
                folded=bool(against),
                compact=True,
                items=tuple(_finding(item, answer.draft) for item in passed),
            )
        )
    worst: Tone = "good" if findings else "quiet"
    if against:
        worst = "bad" if against[0].result == "block" else "warn"
    return StageView(
        key="validate",
        title="Validate",
        lead="Every check looks at every draft; one that cannot run blocks it.",
        reads=f"{len(answer.draft.sentences)} sentences, and what they rest on as it stands then",
        headline=_checked(findings),
        tone=worst,
        idle=tuple(_validate_idle(answer)),
        wall_ms=times[0],
        cpu_ms=times[1],
        blocks=tuple(blocks),
    )


def _checked(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "No check ran."
    results = [item.result for item in findings]
    parts = [
        f"{results.count(result)} {word}"
        for result, word in (("block", "block"), ("warn", "doubt"), ("pass", "pass"))
        if result in results
    ]
    names = {item.check for item in findings}
    return f"{len(names)} checks: {', '.join(parts)}."


def _finding(item: Finding, draft: Draft) -> Item:
    note: list[Cell] = []
    if item.code:
        note.append(Cell(value=item.code, look="code"))
    if item.sentence is not None and 0 <= item.sentence < len(draft.sentences):
        note.append(Cell(value=f"sentence {item.sentence + 1}", href=f"#s-{item.sentence + 1}"))
        if item.start is not None and item.end is not None:
            said = draft.sentences[item.sentence].text[item.start : item.end]
            note.append(Cell(value=f"“{said}”"))
    looks = LOOKS_FOR.get(item.check, "")
    text = item.detail or (f"looked for {looks}" if looks else "")
    return Item(
        key=f"{item.check} {item.result} {item.code} {item.detail}",
        badges=(badge(item.result, RESULT[item.result]), badge(item.check)),
        text=text,
        note=tuple(note),
        quiet=item.result == "pass",
    )


def _validate_idle(answer: Answer) -> Iterator[str]:
    if not answer.findings:
        yield "Ran no check: there is no reply to check."
        return
    judged = [hop for hop in answer.draft.hops if hop.by == "judge"]
    if not any(hop.model for hop in judged):
        why = judged[0].result if judged else "a person gets it anyway, or every word is proven"
        yield f"Asked no judge: {why.removeprefix('not asked: ')}."


def tokens_text(usage: Usage) -> str:
    """Return tokens in words."""
    if not (usage.input or usage.output or usage.cache_read or usage.cache_write):
        return "none"
    cached = (
        f", {usage.cache_read:,} from the cache, {usage.cache_write:,} into it"
        if usage.cache_read or usage.cache_write
        else ""
    )
    return f"{usage.input:,} in{cached}, {usage.output:,} out"
