"""Reads firstline.toml."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

import re2

from firstline.workspace.chat_settings import CHAT_KEYS, read_chat
from firstline.workspace.model_settings import BUDGET_KEYS, MODELS_KEYS, read_models
from firstline.workspace.models import MAY_BE_MASKED, REVIEW, Access, Autonomy, Settings
from firstline.workspace.nodes import Fields, Node, Sheet
from firstline.workspace.problems import listed, shown, suggestion
from firstline.workspace.source_settings import customer_source, read_sources
from firstline.workspace.trust_settings import TRUST_KEYS, read_trust

KEYS: Mapping[str, tuple[str, ...]] = {
    "company": ("name", "locale", "timezone", "languages", "own_addresses"),
    "knowledge": ("path", "passages", "token_budget"),
    "reply": ("max_words", "disclosure", "links"),
    "customers": ("file", "source", "key", "access"),
    "privacy": ("mask",),
    "routing": ("minimum_probability", "minimum_in_scope", "minimum_answerable"),
    "gate": ("autonomy", "replies_per_requester_per_day", "bot_turns_per_conversation"),
    "models": ("encoder",),
    "chat": CHAT_KEYS,
}
"""The tables of firstline.toml and their keys, without what is about models that write."""
_SOURCES = "sources"
"""Not one table but a list of them: [[sources]]."""
_KNOWN: Mapping[str, tuple[str, ...]] = {
    **KEYS,
    "models": (*KEYS["models"], *MODELS_KEYS),
    "budget": BUDGET_KEYS,
    "trust": TRUST_KEYS,
}
ACCESSES: tuple[Access, ...] = get_args(Access)
_DEFAULTS = Settings(company="")
LEVELS = ("off", "shadow", "review", "certified")
_LOCALE = re2.compile(r"^[a-z]{2,3}(-[A-Za-z]{4})?(-[A-Z]{2})?$")
_LANGUAGE = re2.compile(r"^[a-z]{2}$")
_ADDRESS = re2.compile(r"^[^\s@]+@[^\s@]+\.[^\s@]+$")
_HOST = re2.compile(r"^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$")
_PERCENT = re2.compile(r"^percent\s*:\s*(\d{1,4})\s*%?$")


def read_settings(root: Node, sheet: Sheet) -> Settings:
    """Return the settings; every mistake is noted and answered with its default."""
    tables = Fields(root, sheet, owner="firstline.toml", known=(*_KNOWN, _SOURCES))
    company, knowledge, reply, customers, privacy, routing, gate, models, chat, budget, trust = (
        Fields(
            tables.node(name) or Node(line=root.line, kind="table"),
            sheet,
            owner=f"[{name}]",
            known=known,
        )
        for name, known in _KNOWN.items()
    )
    if "name" not in company:
        sheet.note(
            company.line if "company" in tables else None,
            "[company] has no name",
            'Add `name = "Your company"` below [company].',
        )
    sources = read_sources(tables)
    return Settings(
        company=company.text("name"),
        locale=_matching(company, "locale", _DEFAULTS.locale, _is_locale, "a locale such as en-AU"),
        timezone=_timezone(company),
        languages=_all(company, "languages", _DEFAULTS.languages, _is_language, "codes such as en"),
        own_addresses=_all(company, "own_addresses", (), _is_address, "e-mail addresses"),
        knowledge=Path(knowledge.text("path", str(_DEFAULTS.knowledge))),
        passages=knowledge.whole("passages", _DEFAULTS.passages, 1, 5),
        token_budget=knowledge.whole("token_budget", _DEFAULTS.token_budget, 500, 2_000),
        max_words=reply.whole("max_words", _DEFAULTS.max_words, 20, 1_000),
        disclosure=reply.text("disclosure", _DEFAULTS.disclosure, may_be_empty=True),
        links=_all(reply, "links", (), _is_host, "host names, without https:// or a path"),
        customers=_customers_file(customers),
        customer_source=customer_source(customers, sources),
        customer_key=customers.text("key", _DEFAULTS.customer_key),
        customer_access=customers.choice("access", ACCESSES, _DEFAULTS.customer_access),
        sources=sources,
        mask=tuple(kind for kind in MAY_BE_MASKED if kind in _masks(privacy)),
        minimum_probability=routing.share("minimum_probability", _DEFAULTS.minimum_probability),
        minimum_in_scope=routing.share("minimum_in_scope", _DEFAULTS.minimum_in_scope),
        minimum_answerable=routing.share("minimum_answerable", _DEFAULTS.minimum_answerable),
        autonomy=autonomy_of(gate, REVIEW),
        replies_per_requester_per_day=gate.whole(
            "replies_per_requester_per_day", _DEFAULTS.replies_per_requester_per_day, 0, 1_000
        ),
        bot_turns_per_conversation=gate.whole(
            "bot_turns_per_conversation", _DEFAULTS.bot_turns_per_conversation, 0, 1_000
        ),
        encoder=Path(models.text("encoder")) if "encoder" in models else None,
        models=read_models(models, budget),
        trust=read_trust(trust),
        chat=read_chat(chat),
    )


def autonomy_of(fields: Fields, default: Autonomy) -> Autonomy:
    """Return the level at the key `autonomy`, noting one that does not exist."""
    if "autonomy" not in fields:
        return default
    written = fields.text("autonomy")
    if not written:
        return default
    level = parse_autonomy(written)
    if level is not None:
        return level
    out_of_range = _PERCENT.match(written) is not None
    allowed = (*LEVELS, "percent:N")
    fields.sheet.note(
        fields.line_of("autonomy"),
        f"`autonomy` of {fields.owner} is {shown(written)}, which is "
        + ("not from 1 to 100 percent" if out_of_range else f"not one of {listed(allowed)}"),
        "Write a number from 1 to 100, such as percent:10."
        if out_of_range
        else suggestion(written, allowed, f"Write one of {listed(allowed)}."),
    )
    return default


def parse_autonomy(written: str) -> Autonomy | None:
    """Return the level that `off`, `shadow`, `review`, `certified` or `percent:N` names."""
    match written.strip().casefold():
        case "off":
            return Autonomy(level="off")
        case "shadow":
            return Autonomy(level="shadow")
        case "review":
            return REVIEW
        case "certified":
            return Autonomy(level="certified")
        case other:
            percent = _PERCENT.match(other)
            share = int(percent.group(1)) if percent else 0
            return Autonomy(level="percent", percent=share) if 1 <= share <= 100 else None  # noqa: PLR2004 - percent


def _customers_file(customers: Fields) -> Path | None:
    if "file" in customers:
        return Path(customers.text("file")) if customers.text("file") else None
    if "source" not in customers and ("key" in customers or "access" in customers):
        customers.sheet.note(
            customers.line,
            "[customers] names no file",
            'Add `file = "customers.json"`, or remove the table.',
        )
    return None


def _masks(privacy: Fields) -> tuple[str, ...]:
    known: tuple[str, ...] = MAY_BE_MASKED
    return _all(privacy, "mask", (), lambda kind: kind in known, f"some of {listed(known)}")


def _timezone(company: Fields) -> str:
    name = company.text("timezone", _DEFAULTS.timezone)
    if name == _DEFAULTS.timezone:
        return name
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        company.sheet.note(
            company.line_of("timezone"),
            f"There is no time zone {shown(name)}",
            suggestion(name, known, "Write one such as Australia/Sydney or UTC.")
            if known
            else "This machine has no time zone data: install the system package tzdata.",
        )
        return _DEFAULTS.timezone
    return name


def _matching(
    fields: Fields, key: str, default: str, accepts: Callable[[str], bool], wanted: str
) -> str:
    value = fields.text(key, default)
    if accepts(value):
        return value
    fields.sheet.note(
        fields.line_of(key),
        f"`{key}` of {fields.owner} is {shown(value)}, not {wanted}",
        f"Write {wanted}.",
    )
    return default


def _all(
    fields: Fields,
    key: str,
    default: tuple[str, ...],
    accepts: Callable[[str], bool],
    wanted: str,
) -> tuple[str, ...]:
    if key not in fields:
        return default
    noted = len(fields.sheet.problems)
    values = fields.texts(key)
    for value in values:
        if not accepts(value):
            fields.sheet.note(
                fields.line_of(key),
                f"`{key}` of {fields.owner} contains {shown(value)}",
                f"Write {wanted}.",
            )
    if not values and default and len(fields.sheet.problems) == noted:
        fields.sheet.note(
            fields.line_of(key), f"`{key}` of {fields.owner} is empty", f"Write {wanted}."
        )
        return default
    return tuple(value for value in values if accepts(value))


def _is_locale(value: str) -> bool:
    return _LOCALE.match(value) is not None


def _is_language(value: str) -> bool:
    return _LANGUAGE.match(value) is not None


def _is_address(value: str) -> bool:
    return _ADDRESS.match(value) is not None


def _is_host(value: str) -> bool:
    return _HOST.match(value) is not None
