"""Which models there are, what each can do and costs, and which one a company's roles get.

The figures are data (`models.toml`), with the models of a compatible server added from the
workspace ([[models.own]]). Nothing here asks the network.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from firstline.claude.specs import (
    PLATFORMS,
    ModelSpec,
    OnPlatform,
    Platform,
    Price,
    Thinking,
    platform_of,
    price_of,
)
from firstline.errors import SetupError
from firstline.workspace.models import ModelSettings, OwnModel

__all__ = [
    "NOTICE",
    "PLATFORMS",
    "ROLES",
    "ModelSpec",
    "OnPlatform",
    "Platform",
    "Price",
    "Registry",
    "Retired",
    "Role",
    "Roles",
    "Thinking",
    "endpoint_region",
    "is_regional",
    "load_registry",
    "platform_id",
    "platform_of",
    "price_of",
    "priced_here",
    "roles",
    "warnings",
]

Role = Literal["router", "writer", "strong", "judge"]
ROLES: tuple[Role, ...] = get_args(Role)
SETTING: Mapping[Role, str] = {role: role for role in ROLES} | {"judge": "judge_model"}
"""The key of [models] that names a role's model; `judge` says when the judge is asked."""
NOTICE = timedelta(days=60)
"""How long before a model retires its users are warned; Anthropic gives as much notice."""
GLOBAL = "global"
PICO_PER_DOLLAR_A_MILLION = 10**6
"""Picodollars a token, for a dollar a million tokens."""
# AWS regions by the prefix of the inference profile that keeps a request in their geography.
_GEOGRAPHIES: tuple[tuple[str, str], ...] = (
    ("us-gov-", "us-gov"),
    ("us-", "us"),
    ("ca-", "us"),
    ("eu-", "eu"),
    ("ap-northeast-1", "jp"),
    ("ap-northeast-3", "jp"),
    ("ap-southeast-2", "au"),
    ("ap-southeast-4", "au"),
)
_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A model that is gone."""

    on: date
    successor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The model of each role."""

    router: ModelSpec
    """Asked where a ticket goes when the local classifier is unsure."""
    writer: ModelSpec
    strong: ModelSpec
    judge: ModelSpec | None = None
    """Reads what the writers worded themselves against its evidence; None: nobody does."""

    def by_role(self) -> tuple[tuple[Role, ModelSpec], ...]:
        """Return the roles that are filled, with their models."""
        filled: tuple[tuple[Role, ModelSpec], ...] = (
            ("router", self.router),
            ("writer", self.writer),
            ("strong", self.strong),
        )
        return filled if self.judge is None else (*filled, ("judge", self.judge))


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All models a company may name."""

    models: Mapping[str, ModelSpec]
    profiles: Mapping[str, Mapping[str, str]]
    """Names of models by role."""
    retired: Mapping[str, Retired]

    def find(self, name: str) -> ModelSpec | None:
        """Return the model with this name, alias or platform id, if there is one.

        An id as an API echoes it (`claude-haiku-4-5-20251001`) leads to the model that was
        asked (`claude-haiku-4-5`).
        """
        found = self.models.get(name)
        return found if found is not None else self._by_any_name().get(_without_prefix(name))

    def model(self, name: str) -> ModelSpec:
        """Return the model with this name, alias or platform id.

        Raises:
            SetupError: There is none; the message names the successor or the nearest name.
        """
        found = self.find(name)
        if found is not None:
            return found
        gone = self.retired.get(_without_prefix(name))
        if gone is not None:
            raise SetupError(
                f"The model {name[:80]} was retired on {gone.on}",
                fix=f"Use its successor {gone.successor}",
            )
        near = get_close_matches(name[:80], list(self._by_any_name()), n=1)
        known = self._by_any_name()[near[0]].name if near else ""
        shown = ", ".join(list(self.models)[:_NAMES_SHOWN])
        raise SetupError(
            f"There is no model {name[:80]!r} in the registry",
            fix=f"Did you mean {known}?" if known else f"Use one of {shown}, or add [[models.own]]",
        )

    def same(self, asked: str, echoed: str) -> bool:
        """Return whether two names mean one model: the one asked for, the one that answered."""
        one = self.find(asked)
        return asked == echoed or (one is not None and one == self.find(echoed))

    def _by_any_name(self) -> dict[str, ModelSpec]:
        names: dict[str, ModelSpec] = {}
        for spec in self.models.values():
            every = (*spec.aliases, *spec.ids.values(), spec.name)
            names.update({_without_prefix(name): spec for name in every})
        return names


def load_registry(settings: ModelSettings) -> Registry:
    """Return the shipped models and the workspace's own; an own one replaces one of its name."""
    shipped = _shipped()
    if not settings.own:
        return shipped
    own = {model.id: _own(model) for model in settings.own}
    return Registry(
        models={**shipped.models, **own},
        profiles=shipped.profiles,
        retired={name: gone for name, gone in shipped.retired.items() if name not in own},
    )


def endpoint_region(settings: ModelSettings) -> str:
    """Return the region to connect to: the setting without `global:`."""
    return settings.region.removeprefix(f"{GLOBAL}:")


def is_regional(settings: ModelSettings) -> bool:
    """Return whether requests stay in one geography, which costs more on Bedrock and Vertex."""
    match platform_of(settings.provider):
        case "bedrock":
            return not settings.region.startswith(f"{GLOBAL}:")
        case "vertex":
            return settings.region != GLOBAL
        case _:
            return False


def platform_id(model: ModelSpec, settings: ModelSettings) -> str:
    """Return the id to send: on Bedrock with the prefix of the region's inference profile.

    Raises:
        SetupError: The platform does not offer the model, or not in this region.
    """
    offered = model.on(settings.provider)
    if platform_of(settings.provider) != "bedrock" or model.own:
        return offered.id
    if not is_regional(settings):
        return f"{GLOBAL}.{offered.id}"
    region = settings.region
    geography = next((name for start, name in _GEOGRAPHIES if region.startswith(start)), "")
    if geography not in offered.geographies:
        raise SetupError(
            f"Bedrock has no regional profile of {model.name} for the region {region!r}",
            fix=f'Set region = "{GLOBAL}:{region}" in [models] to let it be answered anywhere',
        )
    return f"{geography}.{offered.id}"


def roles(settings: ModelSettings, registry: Registry, today: date) -> Roles:
    """Return the model of each role: the profile's, unless the settings name another.

    Recorded answers are replayed whatever has become of their model since.

    Raises:
        SetupError: A model is unknown, retired, without a price today, not offered on the
            platform or in the region, cannot hold its answers to a schema, or cannot cache
            although caching is on.
    """
    names = registry.profiles.get(settings.profile)
    if names is None:
        raise SetupError(
            f"There is no profile {settings.profile!r} of models",
            fix=f"Set profile in [models] to one of {', '.join(registry.profiles)}",
        )
    chosen: dict[Role, ModelSpec] = {}
    for role in ROLES:
        if role == "judge" and settings.judge == "off":
            continue
        named = getattr(settings, SETTING[role]) or names[role]
        if role == "judge" and not settings.judge_model and chosen["writer"].own:
            named = chosen["writer"].name  # A server of one's own may have no other model.
        chosen[role] = model = registry.model(named)
        _refuse_unusable(model, role, settings, today)
    return Roles(**chosen)


def _refuse_unusable(model: ModelSpec, role: Role, settings: ModelSettings, today: date) -> None:
    offered = model.on(settings.provider)
    platform_id(model, settings)
    retires = offered.retires
    if retires is not None and retires <= today and settings.provider != "recorded":
        raise SetupError(
            f"The {role} {model.name} was retired on {retires} on {platform_of(settings.provider)}",
            fix=f"Use its successor {model.successor}: set {SETTING[role]}, or another profile, "
            "in [models]",
        )
    if not offered.structured and not model.own and settings.schema == "required":
        raise SetupError(
            f"The {role} {model.name} does not hold its answers to a JSON schema on "
            f"{platform_of(settings.provider)}",
            fix='Choose another model, or set schema = "optional" in [models] to have its answers '
            "only checked here",
        )
    price = price_of(model, today)
    if settings.cache == "off":
        return
    if not offered.caching or None in (price.read, price.write_5m, price.write_1h):
        raise SetupError(
            f"The {role} {model.name} cannot be asked with a prompt cache",
            fix='Set cache = "off" in [models]',
        )


def warnings(settings: ModelSettings, chosen: Roles, today: date) -> tuple[str, ...]:
    """Return what is worth knowing about models that may be used today, a sentence each."""
    found: dict[str, None] = {}
    for _role, model in chosen.by_role():
        offered = model.on(settings.provider)
        found.update(dict.fromkeys(_notes(model, offered, platform_of(settings.provider), today)))
    return tuple(found)


def _notes(model: ModelSpec, offered: OnPlatform, platform: Platform, today: date) -> Iterator[str]:
    successor = f" Its successor is {model.successor}." if model.successor else ""
    if offered.retires is not None and offered.retires - today <= NOTICE:
        days = (offered.retires - today).days
        when = f"in {days} days" if days > 0 else "today" if days == 0 else f"{-days} days ago"
        yield f"{model.name} retires {when}, on {offered.retires} ({platform}).{successor}"
    elif offered.not_before is not None and offered.not_before - today <= NOTICE:
        ends = "ended" if offered.not_before <= today else "ends"
        yield (
            f"{model.name}: the promise to serve it {ends} on {offered.not_before} ({platform}); "
            f"it may be retired with {NOTICE.days} days' notice.{successor}"
        )
    if not offered.structured:
        yield (
            f"{model.name} does not hold its answers to a schema on {platform}: more of them "
            "will be malformed and asked again."
        )


def priced_here(model: ModelSpec, settings: ModelSettings) -> ModelSpec:
    """Return a model with its prices as they are at the endpoint in use, for showing and planning.

    What was spent is priced by `prices.cost(..., regional=is_regional(settings))` instead.
    """
    if not is_regional(settings):
        return model
    return replace(model, prices=tuple(_regional(price) for price in model.prices))


def _regional(price: Price) -> Price:
    def here(listed: Decimal | None) -> Decimal | None:
        return None if listed is None else listed * price.regional

    return replace(
        price,
        input=price.input * price.regional,
        output=price.output * price.regional,
        write_5m=here(price.write_5m),
        write_1h=here(price.write_1h),
        read=here(price.read),
        regional=Decimal(1),
    )


@cache
def _shipped() -> Registry:
    text = files("firstline.claude").joinpath("models.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text, parse_float=Decimal)
    factors = {name: Decimal(value) for name, value in data["factors"].items()}
    return Registry(
        models={name: _model(name, row, factors) for name, row in data["models"].items()},
        profiles=data["profiles"],
        retired={name: Retired(**row) for name, row in data["retired"].items()},
    )


def _model(name: str, row: Mapping[str, Any], factors: Mapping[str, Decimal]) -> ModelSpec:
    thinking = row["thinking"]
    return ModelSpec(
        name=name,
        aliases=tuple(row.get("aliases", ())),
        platforms={
            platform: OnPlatform(
                **{**offered, "geographies": tuple(offered.get("geographies", ()))}
            )
            for platform, offered in row["platforms"].items()
        },
        thinking=Thinking(
            by_default=thinking["by_default"],
            off=thinking.get("off"),
            efforts=tuple(thinking.get("efforts", ())),
        ),
        forced_tools=row["forced_tools"],
        context=row["context"],
        max_output=row["max_output"],
        tokens_factor=float(row["tokens_factor"]),
        successor=row.get("successor", ""),
        prices=tuple(_price(price, factors) for price in row["prices"]),
    )


def _price(row: Mapping[str, Any], factors: Mapping[str, Decimal]) -> Price:
    tokens = ("input", "output", "write_5m", "write_1h", "read")
    return Price(
        since=row["since"],
        up_to=row.get("up_to"),
        source=row["source"],
        **{kind: _pico(row[kind]) for kind in tokens},
        **factors,
    )


def _own(model: OwnModel) -> ModelSpec:
    return ModelSpec(
        name=model.id,
        platforms={
            "anthropic": OnPlatform(id=model.id, structured=model.structured, caching=False)
        },
        context=model.context,
        max_output=model.context,
        prices=(
            Price(
                since=date.min,
                input=_pico(model.input_usd),
                output=_pico(model.output_usd),
                source="[[models.own]] of firstline.toml",
            ),
        ),
        own=True,
    )


def _pico(dollars: Decimal | float) -> Decimal:
    """Return picodollars a token for dollars a million tokens, exactly as they are written."""
    return Decimal(str(dollars)) * PICO_PER_DOLLAR_A_MILLION


def _without_prefix(name: str) -> str:
    """Return a Bedrock id without the geography of its inference profile."""
    head, _, rest = name.partition(".")
    return rest if rest.startswith("anthropic.") and head.replace("-", "").isalpha() else name
