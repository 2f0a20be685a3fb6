"""The lines a company may say without evidence, and the one question it may ask."""

from __future__ import annotations

from firstline.proof.sentences import plain
from firstline.workspace import IntentSpec, Workspace


def without_name(line: str) -> str:
    """Return a greeting for somebody whose name is not known."""
    return " ".join(line.replace("{name}", "").split()).replace(" ,", ",")


def courtesies(workspace: Workspace) -> frozenset[str]:
    """Return the company's agreed lines, made `plain`."""
    voice = workspace.voice
    lines = (voice.opening, voice.closing, workspace.settings.disclosure)
    return frozenset(plain(line) for line in (without_name(voice.greeting), *lines))


def questions(intent: IntentSpec | None) -> frozenset[str]:
    """Return the questions an intent may ask, made `plain`."""
    return frozenset({plain(intent.clarify)} if intent and intent.clarify else ())
