"""Replies to be proven: a subject of plain sentences and evidence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.builders import NOON

from firstline.proof.proofs import SentenceProof
from firstline.proof.sentences import units
from firstline.proof.statements import prove
from firstline.proof.subject import Subject
from firstline.records import (
    CustomerId,
    Draft,
    Evidence,
    EvidenceId,
    Language,
    Sentence,
    SentenceKind,
)
from firstline.workspace import Catalogue, Plan, Policies, Settings, Voice, Workspace

TODAY = date(2025, 1, 15)


def passage(text: str, title: str = "", name: str = "page#1") -> Evidence:
    """Return a public passage."""
    return Evidence(
        id=EvidenceId(name),
        kind="passage",
        source=name.partition("#")[0],
        version="v1",
        text=text,
        title=title,
        fetched_at=NOON,
    )


def record(name: str = "record:cus_1", **fields: str) -> Evidence:
    """Return a customer's record; `__` in a name stands for a dot."""
    pairs = tuple((key.replace("__", "."), value) for key, value in fields.items())
    return Evidence(
        id=EvidenceId(name),
        kind="record",
        source="cus_1",
        version="v1",
        fields=pairs,
        fetched_at=NOON,
    )


def subject(
    reply: str | tuple[Sentence, ...],
    *evidence: Evidence,
    asked: str = "",
    plans: tuple[str, ...] = (),
    foreign: bool = True,
    locale: str = "en-US",
) -> Subject:
    """Return a reply under examination, by default of another system."""
    sentences = reply
    if isinstance(sentences, str):
        sentences = tuple(Sentence(text=unit.text, kind="quote") for unit in units(sentences))
    return Subject(
        asked=f"\n{asked}",
        asked_in=Language(code="en", confidence=0.9),
        draft=Draft(action="answer", sentences=sentences, reason="a trial"),
        evidence=evidence,
        workspace=Workspace(
            folder=Path(),
            settings=Settings(company="Acme", locale=locale),
            intents=(),
            policies=Policies(),
            catalogue=Catalogue(plans=tuple(Plan(name=name) for name in plans)),
            voice=Voice(),
            version="none",
        ),
        foreign=foreign,
        today=TODAY,
        customer=CustomerId("cus_1"),
    )


def proofs(reply: str, *evidence: Evidence, asked: str = "") -> tuple[SentenceProof, ...]:
    """Return the proofs of another system's reply."""
    return prove(subject(reply, *evidence, asked=asked))


def codes(
    reply: str, *evidence: Evidence, asked: str = "", plans: tuple[str, ...] = ()
) -> set[str]:
    """Return the codes of everything that is not proven in another system's reply."""
    found = prove(subject(reply, *evidence, asked=asked, plans=plans))
    return {gap.code for proof in found for gap in proof.gaps}


def labelled(text: str, kind: SentenceKind, *evidence: Evidence) -> SentenceProof:
    """Return the proof of a sentence of our own that names all the evidence."""
    sentence = Sentence(text=text, kind=kind, evidence=tuple(item.id for item in evidence))
    return prove(subject((sentence,), *evidence, foreign=False))[0]
