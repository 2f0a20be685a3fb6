"""The models there are, and which one a role gets or why it gets none."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from firstline.claude.registry import (
    PLATFORMS,
    ROLES,
    Registry,
    Roles,
    endpoint_region,
    is_regional,
    load_registry,
    platform_id,
    priced_here,
    roles,
    warnings,
)
from firstline.claude.specs import price_of
from firstline.errors import SetupError
from firstline.workspace.models import ModelSettings, OwnModel

TODAY = date(2026, 11, 22)
REGISTRY = load_registry(ModelSettings())
LOCAL = OwnModel(id="llama-4", input_usd=0.2, output_usd=0.6, structured=True, context=64_000)


def chosen(today: date = TODAY, **changes: Any) -> Roles:
    """Return the roles of settings that differ from the defaults."""
    settings = replace(ModelSettings(), **changes)
    return roles(settings, load_registry(settings), today)


def names(found: Roles) -> tuple[str, str, str]:
    """Return the names of router, writer and strong writer."""
    return (found.router.name, found.writer.name, found.strong.name)


def test_the_default_profile_is_55() -> None:
    """Haiku 5.5 routes and writes, Sonnet 5.5 is the stronger writer."""
    assert names(chosen()) == ("claude-haiku-5-5", "claude-haiku-5-5", "claude-sonnet-5-5")


def test_the_45_profile_is_haiku_and_sonnet_45() -> None:
    """It can be chosen until its strong model retires."""
    found = chosen(profile="4.5")
    assert names(found) == ("claude-haiku-4-5", "claude-haiku-4-5", "claude-sonnet-4-5")


def test_the_judge_is_the_small_model_of_the_profile() -> None:
    """Another one may be named; on a server of one's own it is the writer's; and there may be none.

    A model that is named for a judge that is off is not refused: it is not asked.
    """
    for profile, name in (("5.5", "claude-haiku-5-5"), ("4.5", "claude-haiku-4-5")):
        judge = chosen(profile=profile).judge
        assert judge is not None
        assert judge.name == name
    named = chosen(judge="always", judge_model="claude-sonnet-4-6").judge
    assert named is not None
    assert named.name == "claude-sonnet-4-6"
    own = (OwnModel(id="llama-4", input_usd=0, output_usd=0),)
    local = chosen(provider="anthropic", writer="llama-4", own=own).judge
    assert local is not None
    assert local.name == "llama-4"
    off = chosen(judge="off", judge_model="claude-3-5-haiku-latest")
    assert off.judge is None
    assert [role for role, _ in off.by_role()] == ["router", "writer", "strong"]
    with pytest.raises(SetupError, match="retired"):
        chosen(judge_model="claude-3-5-haiku-latest")


def test_a_role_may_name_another_model() -> None:
    """By name, alias or the id of a platform; the others stay the profile's."""
    found = chosen(strong="claude-sonnet-4-6", router="claude-haiku-4-5-20251001")
    assert names(found) == ("claude-haiku-4-5", "claude-haiku-5-5", "claude-sonnet-4-6")


@pytest.mark.parametrize(
    "echoed",
    [
        "claude-haiku-4-5",
        "claude-haiku-4-5-20251001",
        "claude-haiku-4-5@20251001",
        "anthropic.claude-haiku-4-5-20251001-v1:0",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    ],
)
def test_an_echoed_name_leads_to_the_model_that_was_asked(echoed: str) -> None:
    """Whatever a platform calls it."""
    assert REGISTRY.model(echoed).name == "claude-haiku-4-5"
    assert REGISTRY.same("claude-haiku-4-5", echoed)
    assert not REGISTRY.same("claude-haiku-5-5", echoed)


def test_no_two_models_share_a_name() -> None:
    """Names, aliases and ids of one model never mean another."""
    for spec in REGISTRY.models.values():
        for name in (spec.name, *spec.aliases, *spec.ids.values()):
            assert REGISTRY.model(name) is spec


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("claude-haiku-4.5", "Did you mean claude-haiku-4-5?"),
        ("claude-3-5-haiku-latest", "was retired on 2026-02-19. Use its successor claude-haiku-5"),
        ("claude-sonnet-4-0", "was retired on 2026-06-15. Use its successor claude-sonnet-5-5"),
        ("gpt-4o", "no model 'gpt-4o' in the registry. Use one of claude-haiku-5-5"),
        ("", "no model '' in the registry"),
    ],
)
def test_an_unknown_model_is_one_clear_sentence(name: str, says: str) -> None:
    """It names the nearest model or the successor; no KeyError escapes."""
    with pytest.raises(SetupError) as caught:
        REGISTRY.model(name)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert REGISTRY.find(name) is None


def test_a_retired_model_is_refused_with_its_successor() -> None:
    """From the day it retires; the day before it may still be used."""
    assert chosen(date(2026, 11, 29), profile="4.5").strong.name == "claude-sonnet-4-5"
    with pytest.raises(SetupError) as caught:
        chosen(date(2026, 11, 30), profile="4.5")
    assert str(caught.value).startswith(
        "The strong claude-sonnet-4-5 was retired on 2026-11-30 on anthropic. "
        "Use its successor claude-sonnet-5-5"
    )


def test_a_partner_platform_has_its_own_dates() -> None:
    """Anthropic's retirement of Sonnet 4.5 does not hold for Bedrock or Vertex."""
    late = date(2026, 12, 24)
    aws = chosen(late, profile="4.5", provider="bedrock", region="us-east-1")
    google = chosen(late, profile="4.5", provider="vertex", region="global", project="a-project")
    assert aws.strong.name == google.strong.name == "claude-sonnet-4-5"


def test_recordings_outlive_their_model() -> None:
    """Replaying asks nobody."""
    found = chosen(date(2030, 1, 1), profile="4.5", provider="recorded")
    assert found.strong.name == "claude-sonnet-4-5"


def test_a_model_without_a_price_today_is_refused() -> None:
    """A date before the first price, one sentence."""
    with pytest.raises(SetupError, match=r"no price of claude-haiku-5-5 for 2026-09-01"):
        chosen(date(2026, 9, 1))


def test_an_unknown_profile_names_the_known_ones() -> None:
    """A misspelt profile does not fall back to another."""
    with pytest.raises(SetupError, match=r"no profile '5'.*5\.5, 4\.5"):
        chosen(profile="5")


def test_a_model_of_ones_own_joins_with_its_price() -> None:
    """Named by a role, priced as stated, without caching and without a retirement."""
    found = chosen(own=(LOCAL,), writer="llama-4", base_url="http://localhost:11434")
    spec = found.writer
    assert (spec.name, spec.own, spec.context) == ("llama-4", True, 64_000)
    assert (spec.structured, spec.cache_minimum, spec.retires) == ({"anthropic": True}, None, None)
    price = price_of(spec, TODAY)
    assert (price.input, price.output) == (Decimal(200_000), Decimal(600_000))
    assert price.read is None
    assert not spec.on("anthropic").caching


def test_ones_own_model_replaces_one_of_the_same_name() -> None:
    """A proxy's `claude-sonnet-4-5` has the proxy's price and no retirement."""
    mine = replace(LOCAL, id="claude-sonnet-4-5")
    found = chosen(date(2027, 1, 1), own=(mine,), profile="4.5")
    assert found.strong.own
    gone = replace(LOCAL, id="claude-3-5-haiku-latest")
    assert chosen(own=(gone,), writer="claude-3-5-haiku-latest").writer.own


def test_caching_needs_a_model_that_caches() -> None:
    """Otherwise the price of a call would not be known."""
    assert chosen(cache="1h").writer.cache_minimum == 512
    with pytest.raises(SetupError, match=r'writer llama-4 cannot be asked.*cache = "off"'):
        chosen(own=(LOCAL,), writer="llama-4", cache="5m")


def test_ones_own_model_is_not_on_bedrock() -> None:
    """Compatible servers are reached through provider anthropic only."""
    with pytest.raises(SetupError, match=r"llama-4 is not offered on bedrock"):
        chosen(
            own=(LOCAL,),
            profile="4.5",
            writer="llama-4",
            provider="bedrock",
            region="us-east-1",
        )


@pytest.mark.parametrize(
    ("region", "model", "sent", "regional"),
    [
        ("us-east-1", "claude-haiku-4-5", "us.anthropic.claude-haiku-4-5-20251001-v1:0", True),
        ("ca-central-1", "claude-haiku-5-5", "us.anthropic.claude-haiku-5-5", True),
        ("eu-west-1", "claude-sonnet-5-5", "eu.anthropic.claude-sonnet-5-5", True),
        ("ap-northeast-1", "claude-sonnet-4-5", "jp.anthropic.claude-sonnet-4-5-20250929-v1:0", 1),
        ("ap-southeast-2", "claude-haiku-5-5", "au.anthropic.claude-haiku-5-5", True),
        ("global:ap-south-1", "claude-sonnet-5", "global.anthropic.claude-sonnet-5", False),
    ],
)
def test_bedrock_ids_carry_the_profile_of_the_region(
    region: str, model: str, sent: str, regional: bool
) -> None:
    """The bare id is refused there; `global:` chooses the profile without a surcharge."""
    settings = ModelSettings(provider="bedrock", region=region)
    assert platform_id(REGISTRY.model(model), settings) == sent
    assert is_regional(settings) == regional
    assert endpoint_region(settings) == region.removeprefix("global:")


@pytest.mark.parametrize("region", ["ap-south-1", "sa-east-1", "us-gov-west-1", "nowhere"])
def test_a_region_without_a_profile_is_refused(region: str) -> None:
    """Data is never sent round the world because a region was not known."""
    with pytest.raises(SetupError, match=f'region = "global:{region}"'):
        chosen(provider="bedrock", region=region)


@pytest.mark.parametrize(("region", "regional"), [("global", False), ("eu", True), ("us-east5", 1)])
def test_vertex_ids_have_no_prefix(region: str, regional: bool) -> None:
    """And every region but `global` costs more."""
    settings = ModelSettings(provider="vertex", region=region)
    assert platform_id(REGISTRY.model("claude-haiku-4-5"), settings) == "claude-haiku-4-5@20251001"
    assert is_regional(settings) == regional


def test_prices_here_include_the_surcharge() -> None:
    """For tables and plans; a global endpoint changes nothing."""
    model = REGISTRY.model("claude-haiku-5-5")
    assert priced_here(model, ModelSettings()) is model
    here = priced_here(model, ModelSettings(provider="vertex", region="eu"))
    price = price_of(here, TODAY, 1_000)
    figures = (price.input, price.output, price.write_5m, price.write_1h, price.read)
    assert figures == tuple(map(Decimal, (110_000, 550_000, 137_500, 220_000, 11_000)))
    assert price.regional == 1


def test_warnings_name_what_retires_soon() -> None:
    """Within sixty days, with the date, the days left and the successor."""
    settings = ModelSettings(profile="4.5")
    found = warnings(settings, roles(settings, REGISTRY, TODAY), TODAY)
    assert (
        "claude-sonnet-4-5 retires in 8 days, on 2026-11-30 (anthropic). "
        "Its successor is claude-sonnet-5-5." in found
    )
    assert any("the promise to serve it ended on 2026-10-15" in text for text in found)
    assert warnings(ModelSettings(), chosen(), TODAY) == ()


def test_a_model_that_holds_to_no_schema_is_refused_unless_it_is_wanted() -> None:
    """The 5.5 models on Bedrock: usable only with the answer checked on this side alone."""
    settings = ModelSettings(provider="bedrock", region="us-east-1")
    with pytest.raises(SetupError, match="does not hold its answers to a JSON schema on bedrock"):
        roles(settings, REGISTRY, TODAY)
    settings = replace(settings, schema="optional")
    found = warnings(settings, roles(settings, REGISTRY, TODAY), TODAY)
    assert sum("does not hold its answers to a schema" in text for text in found) == 2


def test_thinking_is_turned_off_as_each_model_wants_it() -> None:
    """Left out, `disabled`, or `between_tools` where `disabled` is refused."""
    off = {name: spec.thinking.off for name, spec in REGISTRY.models.items()}
    assert off == {
        "claude-haiku-4-5": None,
        "claude-sonnet-4-5": None,
        "claude-sonnet-4-6": None,
        "claude-sonnet-5": "disabled",
        "claude-sonnet-5-5": "between_tools",
        "claude-haiku-5-5": "disabled",
    }
    for spec in REGISTRY.models.values():
        assert spec.thinking.by_default == (spec.thinking.off is not None)


def test_the_shipped_data_is_whole() -> None:
    """Every price has a source and every multiple; every successor and profile model exists."""
    shipped = data()
    assert shipped.models
    for spec in shipped.models.values():
        assert spec.prices
        assert set(spec.platforms) == set(PLATFORMS)
        assert spec.successor == "" or spec.successor in shipped.models
        assert spec.tokens_factor in (1.0, 1.3)
        for price in spec.prices:
            assert price.source
            assert price.input > 0 < price.output
            assert None not in (price.read, price.write_5m, price.write_1h)
            assert (price.batch, price.regional) == (Decimal("0.5"), Decimal("1.1"))
    for profile in shipped.profiles.values():
        assert set(profile) == set(ROLES)
        assert set(profile.values()) <= set(shipped.models)
    for gone in shipped.retired.values():
        assert gone.successor in shipped.models


def test_longer_prompts_never_lack_a_price() -> None:
    """Of each dated set of prices, one has no upper limit."""
    for spec in REGISTRY.models.values():
        for since in {price.since for price in spec.prices}:
            assert any(p.up_to is None for p in spec.prices if p.since == since)


def test_the_file_has_no_key_that_is_not_read() -> None:
    """A misspelt key in the data would be a silent default."""
    raw = tomllib.loads(files("firstline.claude").joinpath("models.toml").read_text("utf-8"))
    assert set(raw) == {"factors", "profiles", "models", "retired"}
    known = {
        *("aliases", "context", "max_output", "tokens_factor", "forced_tools"),
        *("successor", "thinking", "platforms", "prices"),
    }
    for row in raw["models"].values():
        assert set(row) <= known
        assert set(row["thinking"]) <= {"by_default", "off", "efforts"}


def data() -> Registry:
    """Return the shipped registry."""
    return load_registry(ModelSettings())
