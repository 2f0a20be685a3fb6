"""The double's table of models beside the registry, and the client's requests to each of them."""

from __future__ import annotations

import pytest
from tests.claude.asking import a_question

from firstline.claude.provider import request_body
from firstline.claude.registry import load_registry
from firstline.claude.specs import ModelSpec
from firstline.testing import platforms, request_rules
from firstline.testing.catalogue import by_name
from firstline.testing.wire import Platform
from firstline.workspace.models import ModelSettings

SETTINGS: dict[Platform, ModelSettings] = {
    "anthropic": ModelSettings(provider="anthropic", cache="1h"),
    "bedrock": ModelSettings(provider="bedrock", region="us-east-1", cache="5m"),
    "vertex": ModelSettings(provider="vertex", region="global", project="acme"),
}
REGISTRY = load_registry(SETTINGS["anthropic"])
MODELS = tuple(REGISTRY.models.values())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_two_tables_of_models_agree(model: ModelSpec) -> None:
    """What the registry says of a model, the double's own table says too."""
    known = by_name()[model.name]
    assert (known.context, known.longest_answer) == (model.context, model.max_output)
    assert known.cache_minimum == model.cache_minimum
    assert known.token_factor == model.tokens_factor
    assert known.forced_tools is model.forced_tools
    assert known.thinks_unasked is model.thinking.by_default
    assert {*model.aliases, model.name} <= {known.name, *known.aliases}
    if model.thinking.off is not None:
        assert model.thinking.off in known.thinking
        assert set(model.thinking.efforts) == set(known.quiet_efforts)


@pytest.mark.parametrize("provider", SETTINGS)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_clients_request_is_taken(model: ModelSpec, provider: Platform) -> None:
    """For every model and platform, what the client would send passes the API's rules."""
    body = request_body(a_question(model=model.name), model, SETTINGS[provider])
    version = request_rules.NEW_VERSION
    if provider != "anthropic":
        body.setdefault("anthropic_version", version)  # the SDK does so
        version = platforms.version_of(body, provider)
    checked = request_rules.check_request(body, version=version, platform=provider)
    known = by_name()[model.name]
    if provider == "bedrock":
        platforms.check_bedrock(checked, known)
        assert platforms.bedrock_model(f"/model/{body['model']}/invoke") in by_name()
    request_rules.check_model(checked, known, 1000)
