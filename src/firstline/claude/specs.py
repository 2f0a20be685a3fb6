"""What is known of one model: ids, capabilities, dates and prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from firstline.errors import SetupError
from firstline.workspace.models import Provider

Platform = Literal["anthropic", "bedrock", "vertex"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What tokens cost from a day on, for prompts up to a length; picodollars a token."""

    since: date
    """UTC; the first day it holds."""
    up_to: int | None = None
    """The most tokens of a whole prompt it holds for; None: any."""
    input: Decimal
    output: Decimal
    write_5m: Decimal | None = None
    """None: not known, so caching with it is refused."""
    write_1h: Decimal | None = None
    read: Decimal | None = None
    batch: Decimal = Decimal(1)
    """What a batch's price is multiplied by."""
    regional: Decimal = Decimal(1)
    """What the price of an endpoint that is not global is multiplied by."""
    source: str
    """Where the figures come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """How a model is kept from thinking before it answers, which costs tokens and time."""

    by_default: bool = False
    """Whether it thinks when the request does not say."""
    off: str | None = None
    """The `thinking.type` that turns it off; None: leave the field out."""
    efforts: tuple[str, ...] = ()
    """What `output_config.effort` may be with thinking off; empty: the field is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPlatform:
    """A model as one platform offers it."""

    id: str
    """For Bedrock without the prefix of the inference profile: see `platform_id`."""
    structured: bool
    """Whether the platform holds answers to a JSON schema (`output_config.format`)."""
    caching: bool = True
    cache_minimum: int | None = None
    """Tokens of the shortest prefix that is cached; None: not known."""
    batches: bool = False
    count_tokens: bool = False
    retires: date | None = None
    """From this day on requests fail."""
    not_before: date | None = None
    """Promised to serve until this day; no date of retirement."""
    geographies: tuple[str, ...] = ()
    """Prefixes of Bedrock's inference profiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One model. Figures that differ between platforms are asked of `on(provider)`."""

    name: str
    aliases: tuple[str, ...] = ()
    platforms: Mapping[str, OnPlatform]
    thinking: Thinking = field(default_factory=Thinking)
    forced_tools: bool = False
    """Whether `tool_choice` may name a tool."""
    context: int
    """Tokens of prompt and answer together."""
    max_output: int
    tokens_factor: float = 1.0
    """Tokens of the same text, relative to the tokenizer of the 4.5 models."""
    successor: str = ""
    prices: tuple[Price, ...]
    own: bool = False
    """Whether the workspace declares it, rather than the registry."""

    def on(self, provider: Provider) -> OnPlatform:
        """Return the model as a provider offers it.

        Raises:
            SetupError: The provider does not offer it.
        """
        found = self.platforms.get(platform_of(provider))
        if found is None:
            raise SetupError(
                f"{self.name} is not offered on {platform_of(provider)}",
                fix=f"It is on {', '.join(self.platforms)}: choose another model in [models]",
            )
        return found

    @property
    def ids(self) -> dict[str, str]:
        """The model's id on each platform; Bedrock's without its prefix."""
        return {platform: offered.id for platform, offered in self.platforms.items()}

    @property
    def structured(self) -> dict[str, bool]:
        """Whether each platform holds answers to a JSON schema."""
        return {platform: offered.structured for platform, offered in self.platforms.items()}

    @property
    def cache_minimum(self) -> int | None:
        """The shortest prefix, in tokens, that Anthropic's API caches; None: not known."""
        offered = self.platforms.get("anthropic")
        return None if offered is None else offered.cache_minimum

    @property
    def retires(self) -> date | None:
        """The day it stops answering on Anthropic's API, if one is set."""
        offered = self.platforms.get("anthropic")
        return None if offered is None else offered.retires

    @property
    def not_before(self) -> date | None:
        """The day until which Anthropic's API promises to serve it."""
        offered = self.platforms.get("anthropic")
        return None if offered is None else offered.not_before


def platform_of(provider: Provider) -> Platform:
    """Return whose ids, dates and prices hold; without a provider, Anthropic's."""
    return provider if provider in PLATFORMS else "anthropic"


def price_of(model: ModelSpec, on: date, prompt_tokens: int = 0) -> Price:
    """Return the price of requests with a prompt this long on a day (UTC).

    Raises:
        SetupError: The registry has no price of the model for that day.
    """
    begun = [price for price in model.prices if price.since <= on]
    latest = max((price.since for price in begun), default=None)
    bands = [
        price
        for price in begun
        if price.since == latest and (price.up_to is None or prompt_tokens <= price.up_to)
    ]
    if not bands:
        raise SetupError(
            f"There is no price of {model.name} for {on} in the registry",
            fix="Choose a model that has one in [models], or state it under [[models.own]]",
        )
    return min(bands, key=lambda price: (price.up_to is None, price.up_to or 0))
