"""Reads [models], [[models.own]] and [budget] of firstline.toml: which models, where, for how much.

The environment variable FIRSTLINE_MODEL_PROVIDER replaces `provider`, so that one folder serves a
laptop without a key and a server with one. It is read here and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import re2

from firstline.errors import SetupError
from firstline.workspace.models import JudgeWhen, ModelSettings, OwnModel, Provider
from firstline.workspace.nodes import Fields
from firstline.workspace.problems import listed, shown, suggestion

PROVIDER_VARIABLE = "FIRSTLINE_MODEL_PROVIDER"
PROVIDERS: tuple[Provider, ...] = get_args(Provider)
CacheTime = Literal["off", "5m", "1h"]
CACHES: tuple[CacheTime, ...] = get_args(CacheTime)
MODELS_KEYS = (
    "provider",
    "profile",
    "router",
    "writer",
    "strong",
    "judge",
    "judge_model",
    "base_url",
    "region",
    "project",
    "recordings",
    "own",
    "cache",
    "schema",
    "deadline_seconds",
    "requests_per_minute",
    "tokens_per_minute",
    "batch_wait_minutes",
    "batch_deadline_hours",
)
"""Keys of [models] that are about models that write; `encoder` is read with the settings."""
BUDGET_KEYS = ("day_usd", "month_usd", "calls_per_requester_per_day", "alarm_usd")
OWN_KEYS = ("id", "input_usd", "output_usd", "answers", "context")
JUDGES: tuple[JudgeWhen, ...] = get_args(JudgeWhen)
Answers = Literal["text", "schema"]
Schema = Literal["required", "optional"]
SCHEMAS: tuple[Schema, ...] = get_args(Schema)
ANSWERS: tuple[Answers, ...] = get_args(Answers)
"""Whether a server holds its answers to a JSON schema."""
_DEFAULTS = ModelSettings()
_OWN = OwnModel(id="", input_usd=0, output_usd=0)
_MOST_USD = 1_000_000
_MOST_A_MINUTE = 1_000_000_000
_NAME = re2.compile(r"^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$")
_URL = re2.compile(r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")
_PROJECT = re2.compile(r"^[a-z][a-z0-9:.-]{4,62}$")
_BEDROCK_REGION = re2.compile(r"^(global:)?[a-z]{2}(-[a-z]+)+-\d$")
_VERTEX_REGION = re2.compile(r"^(global|us|eu|[a-z]+-[a-z]+\d{1,2})$")


def read_models(
    models: Fields, budget: Fields, environment: Mapping[str, str] | None = None
) -> ModelSettings:
    """Return what [models] and [budget] say; every mistake is noted in their sheet.

    Args:
        models: The table [models].
        budget: The table [budget].
        environment: The process's environment, unless another is given.

    Raises:
        SetupError: FIRSTLINE_MODEL_PROVIDER names no provider.
    """
    written = models.choice("provider", PROVIDERS, _DEFAULTS.provider)
    provider = provider_override(environment) or written
    region = models.text("region", _DEFAULTS.region)
    project = models.text("project", _DEFAULTS.project)
    base_url = models.text("base_url", _DEFAULTS.base_url)
    settings = ModelSettings(
        provider=provider,
        profile=models.text("profile", _DEFAULTS.profile),
        router=_name(models, "router"),
        writer=_name(models, "writer"),
        strong=_name(models, "strong"),
        judge=models.choice("judge", JUDGES, _DEFAULTS.judge),
        judge_model=_name(models, "judge_model"),
        base_url=base_url.rstrip("/"),
        region=region,
        project=project,
        recordings=Path(models.text("recordings", str(_DEFAULTS.recordings))),
        own=_own_models(models),
        cache=models.choice("cache", CACHES, _DEFAULTS.cache),
        schema=models.choice("schema", SCHEMAS, _DEFAULTS.schema),
        deadline_seconds=_amount(models, "deadline_seconds", _DEFAULTS.deadline_seconds, 1, 600),
        requests_per_minute=models.whole("requests_per_minute", 0, 0, _MOST_A_MINUTE),
        tokens_per_minute=models.whole("tokens_per_minute", 0, 0, _MOST_A_MINUTE),
        batch_wait_minutes=models.whole(
            "batch_wait_minutes", _DEFAULTS.batch_wait_minutes, 1, 1_440
        ),
        batch_deadline_hours=_amount(
            models, "batch_deadline_hours", _DEFAULTS.batch_deadline_hours, 0.25, 24
        ),
    )
    _check_provider(models, settings)
    return _with_budget(settings, budget)


def provider_override(environment: Mapping[str, str] | None = None) -> Provider | None:
    """Return the provider that FIRSTLINE_MODEL_PROVIDER names, or None when it is not set.

    Raises:
        SetupError: It names no provider.
    """
    written = (os.environ if environment is None else environment).get(PROVIDER_VARIABLE, "")
    if not written.strip():
        return None
    for provider in PROVIDERS:
        if written.strip() == provider:
            return provider
    raise SetupError(
        f"{PROVIDER_VARIABLE} is {shown(written)}, which is no provider",
        fix=suggestion(written, PROVIDERS, f"Set it to one of {listed(PROVIDERS)}, or unset it."),
    )


def provider_shown(settings: ModelSettings, environment: Mapping[str, str] | None = None) -> str:
    """Return the provider in use and where it was set, for `doctor` and `firstline models`."""
    if provider_override(environment) is not None:
        return f"{settings.provider} (set by {PROVIDER_VARIABLE})"
    return settings.provider


def _with_budget(settings: ModelSettings, budget: Fields) -> ModelSettings:
    settings = replace(
        settings,
        day_usd=_amount(budget, "day_usd", _DEFAULTS.day_usd, 0, _MOST_USD),
        month_usd=_amount(budget, "month_usd", _DEFAULTS.month_usd, 0, _MOST_USD),
        calls_per_requester_per_day=budget.whole(
            "calls_per_requester_per_day", _DEFAULTS.calls_per_requester_per_day, 0, 1_000_000
        ),
        alarm_usd=_amount(budget, "alarm_usd", _DEFAULTS.alarm_usd, 0, _MOST_USD),
    )
    if 0 < settings.month_usd < settings.day_usd:
        budget.sheet.note(
            budget.line_of("month_usd"),
            f"`month_usd` of [budget] is {settings.month_usd:g}, less than `day_usd`, "
            f"{settings.day_usd:g}",
            "Raise it, or lower `day_usd`.",
        )
    return settings


def _amount(fields: Fields, key: str, default: float, low: float, high: float) -> float:
    """Return a number between two bounds, both allowed."""
    node = fields.node(key)
    if node is None:
        return default
    if node.number is not None and low <= node.number <= high:
        return node.number
    written = "not a number" if node.number is None else f"{node.number:g}"
    fields.sheet.note(
        node.line,
        f"`{key}` of {fields.owner} is {written}, not a number from {low:g} to {high:,.0f}",
        f"Write a number from {low:g} to {high:,.0f}, without quotes.",
    )
    return default


def _name(fields: Fields, key: str) -> str:
    value = fields.text(key)
    if not value or _NAME.match(value):
        return value
    fields.sheet.note(
        fields.line_of(key),
        f"`{key}` of {fields.owner} is {shown(value)}, which cannot be a model's name",
        "Write a name that `firstline models` lists, such as claude-haiku-5-5.",
    )
    return ""


def _check_provider(models: Fields, settings: ModelSettings) -> None:
    """Note what the provider needs and the table does not say, or says wrongly."""
    match settings.provider:
        case "bedrock":
            _region(models, settings, _BEDROCK_REGION, "us-east-1 or global:us-east-1")
        case "vertex":
            _region(models, settings, _VERTEX_REGION, "global, eu or us-east5")
            # Without a project, the one of the machine's Google credentials is used.
            if settings.project and not _PROJECT.match(settings.project):
                _say(
                    models,
                    "project",
                    settings.project,
                    "the id of your Google Cloud project",
                    'project = "my-project"',
                )
        case _:
            pass
    if settings.base_url:
        _base_url(models, settings)


def _region(models: Fields, settings: ModelSettings, pattern: Any, example: str) -> None:
    if not pattern.match(settings.region):
        first = example.partition(",")[0].partition(" or ")[0]
        _say(
            models, "region", settings.region, f"a region such as {example}", f'region = "{first}"'
        )


def _base_url(models: Fields, settings: ModelSettings) -> None:
    line = models.line_of("base_url")
    if not _URL.match(settings.base_url):
        models.sheet.note(
            line,
            f"`base_url` of [models] is {shown(settings.base_url)}, not the address of a server",
            'Write base_url = "http://localhost:11434", without a key or a question mark.',
        )
    elif settings.base_url.endswith("/v1"):
        models.sheet.note(
            line,
            "`base_url` of [models] ends with /v1, which is added to it",
            f'Write base_url = "{settings.base_url.removesuffix("/v1")}".',
        )
    elif settings.provider in ("bedrock", "vertex"):
        models.sheet.note(
            line,
            f"`base_url` of [models] is only for provider anthropic, not {settings.provider}",
            'Remove it, or write provider = "anthropic".',
        )


def _say(models: Fields, key: str, value: str, wanted: str, example: str) -> None:
    problem = (
        f"`{key}` of [models] is {shown(value)}, not {wanted}"
        if value
        else (f"[models] has no `{key}`, which its provider needs: {wanted}")
    )
    models.sheet.note(models.line_of(key), problem, f"Write {example}.")


def _own_models(models: Fields) -> tuple[OwnModel, ...]:
    node = models.node("own")
    if node is None:
        return ()
    if node.kind != "list":
        models.sheet.note(
            node.line,
            "`own` of [models] must be a list of tables",
            "Write each model below a line [[models.own]].",
        )
        return ()
    found: dict[str, OwnModel] = {}
    for number, entry in enumerate(node.items, 1):
        # Array tables share the line of the first one: their number says which is meant.
        owner = f"[[models.own]] number {number}" if len(node.items) > 1 else "[[models.own]]"
        table = Fields(entry, models.sheet, owner=owner, known=OWN_KEYS)
        if entry.kind != "table":
            continue
        model = _own_model(table)
        if model.id in found:
            models.sheet.note(
                entry.line, f"{owner} has the id {shown(model.id)} again", "Keep one of the two."
            )
        elif model.id:
            found[model.id] = model
    return tuple(found.values())


def _own_model(fields: Fields) -> OwnModel:
    for key in ("id", "input_usd", "output_usd"):
        if key not in fields:
            fields.sheet.note(
                fields.line,
                f"{fields.owner} has no `{key}`",
                'Add `id = "the model\'s name"`.'
                if key == "id"
                else f"Add `{key} = 0.5`, dollars a million tokens; 0 for a machine of your own.",
            )
    return OwnModel(
        id=_name(fields, "id"),
        input_usd=_amount(fields, "input_usd", 0, 0, _MOST_USD),
        output_usd=_amount(fields, "output_usd", 0, 0, _MOST_USD),
        structured=fields.choice("answers", ANSWERS, "text") == "schema",
        context=fields.whole("context", _OWN.context, 2_000, 10_000_000),
    )
