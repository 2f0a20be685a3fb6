"""What is in use now: the parts whose change voids a certificate.

| part      | made of                                                                        |
|-----------|--------------------------------------------------------------------------------|
| models    | the provider, the model of each role, the sentence encoder                     |
| prompts   | every prompt file, Firstline's own included                                    |
| knowledge | every document's version                                                       |
| checks    | the source of Firstline's stages and checks; the company's settings, intents,  |
|           | policies, catalogue and voice, as they are understood                          |
| score     | the weights and the history it knows                                           |

Comments in a company's files, its autonomy levels, its caps and budgets and what it wants certified
are left out: changing them makes no other draft.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import firstline
from firstline.claude.registry import load_registry, roles
from firstline.knowledge import Knowledge
from firstline.records import encode
from firstline.store.certificates import CertificateBook
from firstline.trust.certificate import Basis
from firstline.trust.scorer import PRIOR_VERSION
from firstline.workspace import Workspace
from firstline.workspace.models import REVIEW, ModelSettings, TrustSettings

DRAFTING = ("claude", "knowledge", "pipeline", "proof", "routing", "trust")
"""The packages whose code decides what is drafted, found and scored."""
_DIGITS = 12


def current_basis(
    workspace: Workspace,
    knowledge: Knowledge,
    *,
    encoder: str | None,
    score: str = PRIOR_VERSION,
    today: date,
    with_models: bool = True,
) -> Basis:
    """Return what is in use.

    Args:
        workspace: The company.
        knowledge: Its index, brought up to date.
        encoder: The sentence encoder's name; None without one.
        score: The version of the score in use.
        today: The UTC date, which decides whether a model may still be used.
        with_models: False where models are switched off, whatever the workspace says.

    Raises:
        SetupError: A model the company names cannot be used.
    """
    return Basis(
        models=_models(workspace, encoder, today, with_models=with_models),
        prompts=_hash(
            f"{name}:{file.digest}" for name, file in sorted(workspace.prompts.files.items())
        ),
        knowledge=_hash(
            f"{item.id}:{item.version}:{item.audience}:{item.superseded_by}"
            for item in knowledge.documents()
        ),
        checks=_hash((source_hash(), company_hash(workspace))),
        score=score,
    )


def score_in_use(book: CertificateBook) -> str:
    """Return the version of the score in use."""
    stored = book.score()
    return PRIOR_VERSION if stored is None else stored.scorer.version


def made_under(basis: Basis) -> str:
    """Return what is kept with every draft: the basis without the score, as JSON.

    The score comes after the draft: another one reads the same draft.
    """
    return encode(replace(basis, score=""))


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Return the hash of Firstline's own code that makes drafts."""
    home = Path(firstline.__file__).parent
    digest = hashlib.sha256()
    for package in DRAFTING:
        for path in sorted((home / package).rglob("*")):
            if path.is_file() and path.suffix in (".py", ".md", ".toml", ".json", ".txt"):
                digest.update(f"{path.relative_to(home).as_posix()}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:_DIGITS]


def company_hash(workspace: Workspace) -> str:
    """Return the hash of what a company's files mean for its drafts."""
    written = workspace.settings
    settings = replace(
        written,
        autonomy=REVIEW,
        replies_per_requester_per_day=0,
        bot_turns_per_conversation=0,
        trust=TrustSettings(),
        models=_without_limits(written.models),
    )
    intents = tuple(replace(spec, autonomy=REVIEW) for spec in workspace.intents)
    return _hash(
        _canonical(part)
        for part in (settings, intents, workspace.policies, workspace.catalogue, workspace.voice)
    )


def _without_limits(models: ModelSettings) -> ModelSettings:
    """Return the settings without what decides only when and how often a model is asked."""
    return replace(
        models,
        cache="off",
        deadline_seconds=0.0,
        requests_per_minute=0,
        tokens_per_minute=0,
        day_usd=0.0,
        month_usd=0.0,
        calls_per_requester_per_day=0,
        alarm_usd=0.0,
        batch_wait_minutes=0,
        batch_deadline_hours=0.0,
    )


def _models(workspace: Workspace, encoder: str | None, today: date, *, with_models: bool) -> str:
    settings = workspace.settings.models
    parts = [f"encoder {encoder or 'none'}"]
    if not with_models or settings.provider == "none":
        return "; ".join(["no models", *parts])
    chosen = roles(settings, load_registry(settings), today)
    named = [f"{role} {model.name}" for role, model in chosen.by_role()]
    return "; ".join([settings.provider, *named, *parts])


def _canonical(value: Any) -> str:
    """Return the same text for equal values in every process: sets and mappings sorted."""
    if is_dataclass(value) and not isinstance(value, type):
        body = ",".join(
            f"{item.name}={_canonical(getattr(value, item.name))}"
            for item in fields(value)
            if item.name not in ("line", "lines", "forbidden_lines")
        )
        return f"{type(value).__name__}({body})"
    if isinstance(value, Mapping):
        pairs = sorted((_canonical(key), _canonical(entry)) for key, entry in value.items())
        return "{" + ",".join(f"{key}:{entry}" for key, entry in pairs) + "}"
    if isinstance(value, frozenset | set):
        return "{" + ",".join(sorted(map(_canonical, value))) + "}"
    if isinstance(value, tuple | list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    return repr(value.as_posix()) if isinstance(value, Path) else repr(value)


def _hash(parts: Iterator[str] | tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()[:_DIGITS]
