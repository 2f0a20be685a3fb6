"""The requests that go out, and what is wrong with a configuration."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming

from firstline.claude.calls import Turn
from firstline.claude.client import Claude
from firstline.claude.provider import build_sdk, opaque, request_body
from firstline.claude.registry import load_registry
from firstline.errors import SetupError
from firstline.store.calls import CallLedger
from firstline.testing.claude_double import ClaudeDouble
from firstline.workspace.models import ModelSettings, OwnModel
from tests.claude.asking import KEY, QUICK, SCHEMA, a_question, now

KEYED = {"ANTHROPIC_API_KEY": KEY}
SYSTEM = "You answer support tickets of a board-game club."


def body_of(model: str, **settings: Any) -> dict[str, Any]:
    """Return the request for a model under some settings."""
    made = ModelSettings(**{"provider": "anthropic", **settings})
    return request_body(a_question(model=model), load_registry(made).model(model), made)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's cloud accounts out."""
    for name in (
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_BEDROCK_BASE_URL",
        "ANTHROPIC_CUSTOM_HEADERS",
        "ANTHROPIC_VERTEX_BASE_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")


def test_the_request_to_a_4_5_model_is_exactly_this() -> None:
    """No thinking, no effort, no sampling parameters."""
    assert body_of("claude-haiku-4-5") == {
        "model": "claude-haiku-4-5-20251001",
        "max_tokens": 200,
        "system": [{"type": "text", "text": SYSTEM}],
        "messages": [{"role": "user", "content": "How do I export my games?"}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        "metadata": {"user_id": opaque("mia@example.com")},
    }


@pytest.mark.parametrize(
    ("model", "thinking"),
    [("claude-haiku-5-5", "disabled"), ("claude-sonnet-5-5", "between_tools")],
)
def test_the_5_5_models_are_kept_from_thinking(model: str, thinking: str) -> None:
    """Each by the setting it accepts."""
    assert body_of(model)["thinking"] == {"type": thinking}


def test_the_prefix_is_marked_for_the_cache() -> None:
    """Once, at the end of the system prompt, with the time to live when it is not the default."""
    assert "cache_control" not in body_of("claude-haiku-5-5")["system"][0]
    five = body_of("claude-haiku-5-5", cache="5m")
    assert five["system"][0]["cache_control"] == {"type": "ephemeral"}
    hour = body_of("claude-haiku-5-5", cache="1h")
    assert hour["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_a_platform_without_schemas_gets_none() -> None:
    """The answer is then held to it by the local check alone."""
    settings = {"provider": "bedrock", "region": "us-east-1"}
    assert "output_config" in body_of("claude-haiku-4-5", **settings)
    assert "output_config" not in body_of("claude-haiku-5-5", **settings)
    own = OwnModel(id="local-8b", input_usd=0, output_usd=0)
    assert "output_config" not in body_of("local-8b", own=(own,), base_url="http://localhost:1")


def test_bedrock_gets_its_own_version_and_id() -> None:
    """A profile of the region's geography, or the global one."""
    body = body_of("claude-haiku-4-5", provider="bedrock", region="eu-west-1")
    assert body["model"] == "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
    assert body["anthropic_version"] == "bedrock-2023-05-31"
    world = body_of("claude-haiku-4-5", provider="bedrock", region="global:eu-west-1")
    assert world["model"].startswith("global.anthropic.")


def test_no_request_carries_what_the_api_refuses() -> None:
    """Every key is one of the SDK's parameters, and the requester's address is not in it."""
    for model in load_registry(ModelSettings()).models:
        body = body_of(model)
        assert set(body) <= set(MessageCreateParamsNonStreaming.__annotations__)
        assert "mia@example.com" not in str(body)


def test_turns_keep_their_order_and_nobody_is_named() -> None:
    """Without a requester there is no id at all."""
    turns = (
        Turn(role="user", text="a"),
        Turn(role="assistant", text="b"),
        Turn(role="user", text="c"),
    )
    settings = ModelSettings(provider="anthropic")
    question = a_question(turns=turns, requester=None)
    model = load_registry(settings).model(question.model)
    body = request_body(question, model, settings)
    assert [turn["content"] for turn in body["messages"]] == ["a", "b", "c"]
    assert "metadata" not in body


WRONG: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({"provider": "none"}, KEYED, "no models to ask"),
    ({"provider": "anthropic"}, {}, "ANTHROPIC_API_KEY is not set"),
    ({"provider": "anthropic"}, {"ANTHROPIC_API_KEY": "sk two words"}, "no key has"),
    ({"provider": "anthropic"}, {"ANTHROPIC_API_KEY": "sk-\u2026"}, "no key has"),
    ({"provider": "anthropic", "base_url": "localhost:4000"}, KEYED, "not an address"),
    ({"provider": "anthropic", "base_url": "ftp://host"}, KEYED, "not an address"),
    ({"provider": "anthropic", "base_url": "http://host:99999"}, KEYED, "not an address"),
    ({"provider": "anthropic", "base_url": "https://host/v1"}, KEYED, "ends in /v1"),
    ({"provider": "anthropic", "base_url": "https://host/v1/messages/"}, KEYED, "ends in /v1/mes"),
    ({"provider": "anthropic"}, KEYED | {"ANTHROPIC_BASE_URL": "host"}, "ANTHROPIC_BASE_URL"),
    ({"provider": "bedrock", "base_url": "https://host", "region": "us-east-1"}, {}, "base_url"),
    ({"provider": "bedrock"}, {}, "needs a region"),
    ({"provider": "bedrock", "region": "us-esat-1"}, {}, "did you mean us-"),
    ({"provider": "bedrock", "region": "us-east-1"}, {}, "no AWS credentials"),
    ({"provider": "vertex"}, {}, "needs a region"),
    ({"provider": "vertex", "region": "us-east-1"}, {}, "no region 'us-east-1'"),
]


@pytest.mark.parametrize(("settings", "environment", "sentence"), WRONG)
def test_a_wrong_configuration_is_one_clear_sentence(
    settings: dict[str, Any], environment: dict[str, str], sentence: str
) -> None:
    """What is wrong, and what to do; never a key."""
    with pytest.raises(SetupError) as caught:
        build_sdk(ModelSettings(**settings), environment)
    assert sentence in str(caught.value)
    assert caught.value.fix
    assert "\n" not in str(caught.value)
    assert "sk" not in str(caught.value).split()


def test_vertex_without_a_project_is_said() -> None:
    """With a token at hand, the project is all that is missing."""
    with pytest.raises(SetupError, match="project"):
        build_sdk(ModelSettings(provider="vertex", region="global"), {}, access_token="t")  # noqa: S106 - no secret


def test_vertex_without_credentials_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key file that is not there is named as Google's matter."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json")
    settings = ModelSettings(provider="vertex", region="us-east5", project="p")
    with pytest.raises(SetupError, match="Google credentials"):
        build_sdk(settings, {})


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    monkeypatch.setattr("firstline.claude.provider.find_spec", lambda _name: None)
    with pytest.raises(SetupError, match=r"firstline\[bedrock\]"):
        build_sdk(ModelSettings(provider="bedrock", region="us-east-1"), {})


async def test_no_profile_of_the_operator_is_picked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the environment goes out, and a token lying about does not."""
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "somebody-elses")
    async with ClaudeDouble(keys=(KEY,)) as double:
        sdk = build_sdk(ModelSettings(provider="anthropic", base_url=double.url), KEYED)
        await sdk.messages.create(
            model="claude-haiku-4-5", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
        )
        await sdk.close()
        headers = double.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["x-api-key"] == KEY
    assert sdk.max_retries == 0


async def test_bedrock_is_asked_in_its_own_way(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed, the profile's id in the address, and the version that its models accept."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    settings = ModelSettings(provider="bedrock", region="us-east-1")
    async with ClaudeDouble() as double:
        monkeypatch.setenv("ANTHROPIC_BEDROCK_BASE_URL", double.url)
        reply = await _asked(engine, settings, build_sdk(settings))
        call = double.requests[0]
    assert reply == '{"action":"answer"}'.replace(":", ": ")
    assert "us.anthropic.claude-haiku-4-5-20251001-v1" in call.path
    assert call.body["anthropic_version"] == "bedrock-2023-05-31"
    assert "model" not in call.body
    assert call.headers["authorization"].startswith("AWS4-HMAC-SHA256")


async def test_vertex_is_asked_in_its_own_way(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project, the region and the model are in the address."""
    settings = ModelSettings(provider="vertex", region="us-east5", project="games")
    async with ClaudeDouble() as double:
        monkeypatch.setenv("ANTHROPIC_VERTEX_BASE_URL", f"{double.url}/v1")
        sdk = build_sdk(settings, {}, access_token="ya29.example")  # noqa: S106 - made up
        await _asked(engine, settings, sdk)
        call = double.requests[0]
    place = "/v1/projects/games/locations/us-east5/publishers/anthropic/models/"
    assert call.path.startswith(place + "claude-haiku-4-5")
    assert call.headers["authorization"] == "Bearer ya29.example"
    assert call.body["anthropic_version"] == "2026-10-21"


async def _asked(engine: sa.Engine, settings: ModelSettings, sdk: Any) -> str:
    client = Claude(
        settings, load_registry(settings), CallLedger(engine), sdk=sdk, now=now, patience=QUICK
    )
    try:
        reply = await client.ask(a_question())
    finally:
        await client.close()
    # Regional endpoints of both platforms cost a tenth more: 1.1 and 5.5 dollars a million.
    usage = reply.usage
    assert usage.cost_usd == pytest.approx((usage.input * 1.1 + usage.output * 5.5) / 1e6)
    return reply.text
