"""The stage that decides: the gate. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from firstline.pipeline.gate import in_rollout
from firstline.records import Answer
from firstline.store.certificates import StoredCertificate
from firstline.web.tickets.stages_in import TIMES
from firstline.web.tickets.views import Block, Facts, Item, Items, StageView, Tone, badge, fact
from firstline.web.tickets.world import World
from firstline.workspace import parse_autonomy

ACTION: dict[str, Tone] = {"send": "good", "clarify": "good", "review": "warn", "escalate": "bad"}
LEVELS = {
    "off": "nothing goes out by itself: automatic answers are off here",
    "shadow": "answers are only recorded",
    "review": "a person approves every answer",
    "certified": "only what a certificate covers goes out by itself",
    "percent": "a share of customers gets answers by themselves, certified or not",
}
VERDICTS = {
    "send": "Sends the reply",
    "clarify": "Sends the question",
    "review": "Puts the draft before a person",
    "escalate": "Hands the ticket to a person",
}


def gate_view(answer: Answer, world: World, times: TIMES = (None, None)) -> StageView:
    """Explain what was decided, on which grounds, under which level and certificate."""
    verdict = answer.verdict
    level = parse_autonomy(verdict.autonomy)
    facts = [
        fact("Verdict", verdict.action, "badge", tone=ACTION[verdict.action]),
        fact("Score", verdict.score, "share"),
        fact("Autonomy", verdict.autonomy, "code"),
    ]
    if level is not None:
        facts.append(fact("Which means", LEVELS[level.level]))
        if level.level == "percent":
            inside = in_rollout(answer.ticket, level.percent)
            facts.append(fact("In that share", "yes" if inside else "no"))
    facts.append(fact("Certificate", verdict.certificate or "none", "code"))
    released = verdict.action in ("send", "clarify")
    grounds = tuple(
        Item(
            key=f"{reason.code} {reason.detail}",
            badges=(
                badge(
                    "released" if released else "decided" if at == 0 else "also",
                    ACTION[verdict.action] if at == 0 else "quiet",
                ),
                badge(reason.code.replace("_", " ")),
            ),
            text=reason.detail,
        )
        for at, reason in enumerate(verdict.reasons)
    )
    blocks: list[Block] = [
        Facts(facts=tuple(facts)),
        Items(
            title="Why it went out" if released else "Grounds to hold it; the first decided",
            items=grounds,
        ),
    ]
    if world.certificate is not None:
        blocks.append(_certificate(world.certificate))
    return StageView(
        key="gate",
        title="Gate",
        lead="Send, ask back, review or escalate; when in doubt, a person.",
        reads=f"route, evidence, draft, {len(answer.findings)} findings, and what is released",
        headline=f"{VERDICTS[verdict.action]}: {verdict.reasons[0].code.replace('_', ' ')}.",
        tone=ACTION[verdict.action],
        idle=tuple(_gate_idle(answer)),
        wall_ms=times[0],
        cpu_ms=times[1],
        blocks=tuple(blocks),
    )


def _certificate(stored: StoredCertificate) -> Facts:
    held = stored.certificate
    return Facts(
        title="The certificate it went out under",
        facts=(
            fact("Scope", held.scope.name),
            fact(
                "Says", f"at most {held.alpha:.1%} of replies wrong, mistaken in {held.delta:.1%}"
            ),
            fact("Scores from", held.threshold, "share"),
            fact("Shown by", f"{held.count:,} labels, {held.errors} wrong; bound {held.bound:.2%}"),
            fact("Covers", held.coverage, "share"),
            fact("Issued", held.issued.isoformat()),
            fact("Until", held.expires.isoformat()),
            fact("Since then", f"void: {stored.void_reason}" if stored.voided_at else "not voided"),
        ),
    )


def _gate_idle(answer: Answer) -> Iterator[str]:
    verdict = answer.verdict
    if verdict.certificate is None and verdict.action == "send":
        yield "Named no certificate: the level releases replies without one."
    elif verdict.certificate is None:
        yield "Named no certificate: nothing went out under one."
