"""Asking the Models API which models a key may use: for `firstline models --check` only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from firstline.claude.calls import Question
from firstline.claude.provider import KEY_VARIABLE, request_body
from firstline.claude.registry import platform_id
from firstline.claude.specs import ModelSpec
from firstline.errors import SetupError
from firstline.workspace.models import ModelSettings

SECONDS = 15.0
Availability = Literal["available", "deprecated", "retired", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the Models API says of one model."""

    model: str
    """Its name in the registry."""
    state: Availability
    """`unknown`: the API does not know the id, or this key may not use it."""
    retires: str = ""
    """The day as the API gives it, YYYY-MM-DD; empty when none is set."""
    context: int | None = None


def why_not_asked(settings: ModelSettings, environment: Mapping[str, str] | None = None) -> str:
    """Return why the Models API cannot be asked here; empty when it can."""
    if settings.provider in ("bedrock", "vertex"):
        return f"the Models API belongs to Anthropic's own API; the provider is {settings.provider}"
    if settings.base_url:
        return "base_url leads to another server"
    held = os.environ if environment is None else environment
    if not held.get(KEY_VARIABLE, "").strip():
        return f"there is no key in {KEY_VARIABLE}"
    return ""


def listed(models: Iterable[ModelSpec], settings: ModelSettings) -> tuple[Listed, ...]:
    """Ask the Models API about models, one request each.

    Raises:
        SetupError: The package is missing, the key is refused, or the API does not answer.
    """
    try:
        import anthropic  # noqa: PLC0415 - the SDK takes long to import and is seldom needed
    except ImportError as error:
        raise SetupError(
            "The package anthropic is not installed",
            fix="Install it: pip install 'anthropic>=2.12,<3'",
        ) from error
    # The key is passed on purpose: without it the SDK looks for other credentials by itself.
    client = anthropic.Anthropic(
        api_key=os.environ.get(KEY_VARIABLE, ""), timeout=SECONDS, max_retries=1
    )
    found: list[Listed] = []
    with client:
        for model in models:
            try:
                info = client.models.retrieve(platform_id(model, settings))
            except anthropic.NotFoundError:
                found.append(Listed(model=model.name, state="unknown"))
            except anthropic.AuthenticationError as error:
                raise SetupError(
                    f"Anthropic refuses the key in {KEY_VARIABLE}",
                    fix="Set a valid key, or remove it",
                ) from error
            except anthropic.AnthropicError as error:
                raise SetupError(
                    f"The Models API did not answer ({type(error).__name__})",
                    fix="Try again, or leave out --check",
                ) from error
            else:
                found.append(
                    Listed(
                        model=model.name,
                        state="available" if info.lifecycle == "active" else info.lifecycle,
                        retires="" if info.retires_at is None else f"{info.retires_at:%Y-%m-%d}",
                        context=info.max_input_tokens,
                    )
                )
    return tuple(found)


def counted(questions: Iterable[tuple[Question, ModelSpec]], settings: ModelSettings) -> list[int]:
    """Ask the API how many input tokens each question has; it answers free of charge.

    Raises:
        SetupError: The API does not answer.
    """
    import anthropic  # noqa: PLC0415 - the SDK takes long to import and is seldom needed

    client = anthropic.Anthropic(
        api_key=os.environ.get(KEY_VARIABLE, ""), timeout=SECONDS, max_retries=2
    )
    sizes = []
    with client:
        for question, model in questions:
            body = request_body(question, model, settings)
            for name in ("max_tokens", "metadata"):
                body.pop(name, None)
            try:
                answer = client.post(
                    "/v1/messages/count_tokens",
                    body=body,
                    cast_to=anthropic.types.MessageTokensCount,
                )
            except anthropic.AnthropicError as error:
                raise SetupError(
                    f"The API did not count ({type(error).__name__})", fix="Try again later"
                ) from error
            sizes.append(answer.input_tokens)
    return sizes
