"""Subjects for the checks of tone, answers, form and agreement."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from firstline.proof.sentence_ends import sentences
from firstline.proof.subject import Subject
from firstline.records import (
    Confidence,
    Draft,
    DraftAction,
    Evidence,
    EvidenceId,
    Finding,
    Intent,
    IntentScore,
    Language,
    Request,
    RiskSignal,
    Route,
    Sentence,
    SentenceKind,
    Signal,
)
from firstline.workspace.models import (
    Catalogue,
    Policies,
    Settings,
    SignalPolicy,
    Tone,
    Voice,
    Workspace,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
QUESTION = "How do I export my board?"


def workspace(
    *,
    tone: Tone = "friendly",
    locale: str = "en-AU",
    languages: tuple[str, ...] = ("en",),
    pairs: tuple[tuple[str, str], ...] = (),
    max_words: int = 150,
    signals: dict[Signal, SignalPolicy] | None = None,
) -> Workspace:
    """Return a company that says little about itself."""
    settings = Settings(company="Harbour", locale=locale, languages=languages, max_words=max_words)
    return Workspace(
        folder=Path(),
        settings=settings,
        intents=(),
        policies=Policies(signals=signals or {}),
        catalogue=Catalogue(features=("Single sign-on", "Webhooks")),
        voice=Voice(tone=tone, pairs=pairs),
        version="1",
    )


def passage(text: str, *, title: str = "An article") -> Evidence:
    """Return a passage of the knowledge base."""
    key = EvidenceId("article#0")
    return Evidence(
        id=key,
        kind="passage",
        source="article",
        version="1",
        text=text,
        title=title,
        fetched_at=NOW,
    )


def foreign(
    reply: str,
    *,
    asked: str = QUESTION,
    company: Workspace | None = None,
    evidence: str = "",
    language: str = "en",
) -> Subject:
    """Return another system's reply: sentences without kinds or evidence."""
    texts = [text for line in reply.splitlines() if line.strip() for text in sentences(line)]
    return Subject(
        asked=f"\n{asked}",
        asked_in=Language(code=language, confidence=0.9),
        draft=Draft(
            action="answer",
            sentences=tuple(Sentence(text=text, kind="quote") for text in texts),
            confidence="high",
            reason="",
        ),
        evidence=(passage(evidence),) if evidence else (),
        workspace=company or workspace(),
        foreign=True,
        today=date(2026, 5, 1),
    )


def ours(
    *parts: tuple[SentenceKind, str],
    asked: str = QUESTION,
    company: Workspace | None = None,
    evidence: str = "",
    action: DraftAction = "answer",
    language: str = "en",
    told: str = "en",
    confidence: Confidence = "high",
    route: Route | None = None,
) -> Subject:
    """Return a reply of Firstline's own: sentences with kinds, facts resting on the passage."""
    held = passage(evidence) if evidence else None
    cited = (held.id,) if held else ()
    return Subject(
        asked=f"\n{asked}",
        asked_in=Language(code=told, confidence=0.9),
        draft=Draft(
            action=action,
            sentences=tuple(
                Sentence(
                    text=text,
                    kind=kind,
                    evidence=cited if kind in ("quote", "computed") else (),
                )
                for kind, text in parts
            ),
            confidence=confidence,
            reason="",
            language=language,
        ),
        evidence=(held,) if held else (),
        workspace=company or workspace(),
        route=route,
        today=date(2026, 5, 1),
    )


def routed(
    *signals: Signal,
    requests: tuple[tuple[int, int], ...] = (),
    probability: float = 0.9,
    unsure: bool = False,
) -> Route:
    """Return a route to the quoting writer."""
    return Route(
        intents=(IntentScore(intent=Intent("export"), probability=probability),),
        handler="quote",
        risk="low",
        urgency="normal",
        signals=tuple(RiskSignal(signal=kind, start=0, end=1, reason="") for kind in signals),
        requests=tuple(
            Request(start=start, end=end, intent=Intent("export"), probability=0.9)
            for start, end in requests
        ),
        in_scope=0.9,
        unsure=unsure,
        source="local",
        reason="",
    )


def codes(findings: tuple[Finding, ...]) -> set[str]:
    """Return the codes of findings that are no pass."""
    return {finding.code for finding in findings if finding.result != "pass"}
