"""What the double knows of each model: a table of its own, apart from the registry it checks.

Sources are Anthropic's model overview, caching and migration pages of August to October 2026.
A minimum that is not published is marked as assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

EFFORTS = ("low", "medium", "high", "xhigh", "max")
MODERATE = EFFORTS[:3]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """One model as the API treats it."""

    name: str
    """The name the API echoes."""
    shown: str
    released: str
    """ISO date."""
    aliases: tuple[str, ...] = ()
    line: str = "sonnet"
    cache_minimum: int = 1024
    """Tokens of the shortest prefix that is cached."""
    context: int = 1_000_000
    """Tokens."""
    longest_answer: int = 128_000
    """Tokens."""
    prefill: bool = False
    """Whether the last turn may be the assistant's."""
    effort: bool = True
    forced_tools: bool = True
    thinking: tuple[str, ...] = ("adaptive", "disabled")
    """The values of `thinking.type` that it takes."""
    thinks_unasked: bool = False
    quiet_efforts: tuple[str, ...] = EFFORTS
    """The efforts that go with thinking turned off."""
    later_system: bool = False
    """Whether system messages may stand among the turns."""
    token_factor: float = 1.3
    """Tokens for the same text, relative to the tokenizer of 4.5."""
    deprecated: str = ""
    retires: str = ""
    """ISO dates; empty: none announced."""

    @property
    def old(self) -> bool:
        """Whether it is of the 4.5 generation or before, which has fewer features."""
        return self.prefill

    @property
    def samples(self) -> bool:
        """Whether sampling parameters may be set at all (on the old version of the API)."""
        return "enabled" in self.thinking


def _old(name: str, alias: str, shown: str, released: str, **more: Any) -> KnownModel:
    return KnownModel(
        name=name,
        aliases=(alias,),
        shown=shown,
        released=released,
        context=200_000,
        longest_answer=64_000,
        prefill=True,
        effort=more.pop("effort", False),
        thinking=("enabled", "disabled"),
        token_factor=1.0,
        **more,
    )


KNOWN_MODELS = (
    _old(
        "claude-haiku-4-5-20251001",
        "claude-haiku-4-5",
        "Claude Haiku 4.5",
        "2025-10-15",
        line="haiku",
        cache_minimum=4096,
    ),
    _old(
        "claude-sonnet-4-5-20250929",
        "claude-sonnet-4-5",
        "Claude Sonnet 4.5",
        "2025-09-29",
        deprecated="2026-09-30",
        retires="2026-11-30",
    ),
    _old(
        "claude-opus-4-5-20251101",
        "claude-opus-4-5",
        "Claude Opus 4.5",
        "2025-11-24",
        line="opus",
        cache_minimum=4096,
        effort=True,
    ),
    KnownModel(
        name="claude-sonnet-4-6",
        shown="Claude Sonnet 4.6",
        released="2026-02-17",
        thinking=("enabled", "adaptive", "disabled"),
        token_factor=1.0,
    ),
    KnownModel(
        name="claude-opus-4-6",
        shown="Claude Opus 4.6",
        released="2026-02-05",
        line="opus",
        cache_minimum=4096,
        thinking=("enabled", "adaptive", "disabled"),
        token_factor=1.0,
    ),
    KnownModel(
        name="claude-opus-4-7",
        shown="Claude Opus 4.7",
        released="2026-04-16",
        line="opus",
        cache_minimum=4096,  # assumed
    ),
    KnownModel(
        name="claude-opus-4-8",
        shown="Claude Opus 4.8",
        released="2026-05-28",
        line="opus",
        cache_minimum=4096,  # assumed
        later_system=True,
    ),
    KnownModel(
        name="claude-sonnet-5",
        shown="Claude Sonnet 5",
        released="2026-06-30",
        thinks_unasked=True,
        later_system=True,
    ),
    KnownModel(
        name="claude-opus-5",
        shown="Claude Opus 5",
        released="2026-07-24",
        line="opus",
        cache_minimum=512,
        thinks_unasked=True,
        later_system=True,
    ),
    KnownModel(
        name="claude-sonnet-5-5",
        shown="Claude Sonnet 5.5",
        released="2026-09-28",
        cache_minimum=512,
        forced_tools=False,
        thinking=("adaptive", "between_tools"),
        thinks_unasked=True,
        quiet_efforts=MODERATE,
        later_system=True,
    ),
    KnownModel(
        name="claude-haiku-5-5",
        shown="Claude Haiku 5.5",
        released="2026-10-07",
        line="haiku",
        cache_minimum=512,
        thinks_unasked=True,
        quiet_efforts=MODERATE,
        later_system=True,
    ),
)


def by_name(models: tuple[KnownModel, ...] = KNOWN_MODELS) -> dict[str, KnownModel]:
    """Return the models by every name the first-party API takes."""
    return {name: model for model in models for name in (model.name, *model.aliases)}


def _moment(day: str) -> str | None:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).isoformat()[:19] + "Z" if day else None


def model_info(model: KnownModel) -> dict[str, Any]:
    """Return a model as GET /v1/models lists it."""
    return {
        "type": "model",
        "id": model.name,
        "display_name": model.shown,
        "created_at": _moment(model.released),
        "line": model.line,
        "lifecycle": "deprecated" if model.deprecated else "active",
        "deprecated_at": _moment(model.deprecated),
        "retires_at": _moment(model.retires),
        "max_input_tokens": model.context,
        "max_tokens": model.longest_answer,
        "capabilities": None,
    }


def page_of(
    items: list[dict[str, Any]], query: Mapping[str, str], *, default: int = 20
) -> dict[str, Any]:
    """Return one page of a list that is cut by `limit`, `after_id` and `before_id`."""
    limit = int(query["limit"]) if query.get("limit", "").isdecimal() else default
    ids = [item["id"] for item in items]
    first, last = 0, len(items)
    if query.get("after_id") in ids:
        first = ids.index(query["after_id"]) + 1
    if query.get("before_id") in ids:
        last = ids.index(query["before_id"])
        first = max(first, last - limit)
    page = items[first : min(last, first + limit)]
    more = first > 0 if "before_id" in query else first + limit < last
    return {
        "data": page,
        "has_more": more,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
    }
