"""`firstline models`: which models do what, what they cost today, and which of them retire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firstline.cli.options import HERE, Folder, Json
from firstline.cli.show import err, flat, out, print_json

if TYPE_CHECKING:
    from firstline.claude.availability import Listed
    from firstline.claude.registry import ModelSpec, Price, Registry, Roles
    from firstline.errors import SetupError
    from firstline.workspace.models import ModelSettings

Check = Annotated[
    bool, typer.Option("--check", help="Ask the Models API about the models in use (needs a key).")
]
GOOD = ("available", "deprecated")
JUDGED = {
    "paraphrases": "the judge reads replies in which a model worded something itself",
    "always": "the judge reads every reply, quotes too",
    "off": "judge off: what a model words itself is proven by code alone",
}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def models(workspace: Folder = HERE, json: Json = False, check: Check = False) -> None:
        """List the models: role, id, price today, retirement. Exit 2 when the choice is unusable.

        With --check, exit 1 when the API was not asked or does not offer a model in use.
        """
        from firstline.workspace import load

        settings = load(workspace).settings.models
        listing = look(settings, datetime.now(UTC).date())
        asked, not_asked = _ask(listing) if check else ((), "")
        if json:
            print_json(_record(listing, asked, not_asked, checked=check))
        else:
            _show(listing)
            if check:
                _show_check(asked, not_asked)
        if listing.problem is not None:
            raise typer.Exit(listing.problem.exit_code)
        if not_asked or any(item.state not in GOOD for item in asked):
            raise typer.Exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The models a workspace may use, and those it uses."""

    settings: ModelSettings
    registry: Registry
    today: date
    roles: Roles | None
    problem: SetupError | None
    """Why the models of the settings cannot be used."""
    warnings: tuple[str, ...] = field(default=())

    def in_order(self) -> list[tuple[ModelSpec, tuple[str, ...]]]:
        """Return all models with their roles, those in use first."""
        held: dict[str, tuple[str, ...]] = {}
        for role, model in self.roles.by_role() if self.roles else ():
            held[model.name] = (*held.get(model.name, ()), role)
        rest = [name for name in self.registry.models if name not in held]
        return [(self.registry.models[name], held.get(name, ())) for name in (*held, *rest)]


def look(settings: ModelSettings, today: date) -> Listing:
    """Choose the models of the settings, keeping what is wrong with them."""
    from firstline.claude.registry import load_registry, roles, warnings
    from firstline.errors import SetupError

    registry = load_registry(settings)
    try:
        chosen = roles(settings, registry, today)
    except SetupError as error:
        return Listing(settings=settings, registry=registry, today=today, roles=None, problem=error)
    return Listing(
        settings=settings,
        registry=registry,
        today=today,
        roles=chosen,
        problem=None,
        warnings=warnings(settings, chosen, today),
    )


def _ask(listing: Listing) -> tuple[tuple[Listed, ...], str]:
    from firstline.claude.availability import listed, why_not_asked

    reason = why_not_asked(listing.settings)
    if not reason and listing.roles is None:
        reason = "the models in use are not known"
    if reason or listing.roles is None:
        return (), reason
    unique = {model.name: model for _, model in listing.roles.by_role() if not model.own}
    return listed(unique.values(), listing.settings), ""


def _prices(model: ModelSpec, listing: Listing) -> list[Price]:
    """Return today's prices at the endpoint in use, one a band."""
    from firstline.claude.registry import priced_here

    here = priced_here(model, listing.settings)
    begun = [price for price in here.prices if price.since <= listing.today]
    latest = max((price.since for price in begun), default=None)
    return sorted(
        (price for price in begun if price.since == latest),
        key=lambda price: (price.up_to is None, price.up_to or 0),
    )


def _id(model: ModelSpec, listing: Listing) -> str:
    from firstline.claude.registry import platform_id
    from firstline.errors import SetupError

    try:
        return platform_id(model, listing.settings)
    except SetupError:
        return ""


def _retirement(model: ModelSpec, listing: Listing) -> str:
    from firstline.claude.registry import platform_of

    offered = model.platforms.get(platform_of(listing.settings.provider))
    if offered is None:
        return "not offered here"
    if offered.retires is not None:
        return f"{'retired' if offered.retires <= listing.today else 'retires'} {offered.retires}"
    if offered.not_before is not None:
        lapsed = offered.not_before <= listing.today
        return f"{'promised until' if lapsed else 'not before'} {offered.not_before}"
    return "no date known" if not model.own else "your own"


def _show(listing: Listing) -> None:
    from rich.table import Table

    from firstline.workspace.model_settings import provider_shown

    settings = listing.settings
    where = f", region {settings.region}" if settings.region else ""
    where += f", server {settings.base_url}" if settings.base_url else ""
    out.print(
        flat(f"provider {provider_shown(settings)}, profile {settings.profile}{where}"),
        markup=False,
    )
    if settings.provider == "none":
        out.print(
            "No model is asked: set provider in [models] of firstline.toml to use these.",
            markup=False,
        )
    table = Table(title=f"\ndollars a million tokens on {listing.today}", title_justify="left")
    table.show_edge = False
    for name in ("role", "model", "in", "out", "cache read", "retirement"):
        right = name in ("in", "out", "cache read")
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for model, roles in listing.in_order():
        prices = _prices(model, listing)
        first = _figures(prices[0] if prices else None)
        table.add_row(", ".join(roles), flat(model.name), *first, _retirement(model, listing))
        for shorter, price in pairwise(prices):
            table.add_row("", f"  over {shorter.up_to or 0:,} tokens", *_figures(price), "")
    out.print(table)
    for model, roles in listing.in_order():
        if roles and settings.provider != "none":
            out.print(flat(f"{model.name} is asked as {_id(model, listing)}"), markup=False)
    if settings.provider != "none":
        out.print(JUDGED[settings.judge], markup=False)
    for warning in listing.warnings:
        err.print(f"warning: {flat(warning)}", style="yellow", markup=False)
    if listing.problem is not None:
        err.print(f"error: {flat(listing.problem)}", style="red", markup=False)


def _figures(price: Price | None) -> tuple[str, str, str]:
    if price is None:
        return ("no price", "", "")
    return (_usd(price.input), _usd(price.output), _usd(price.read))


def _usd(pico: Any) -> str:
    """Return picodollars a token as dollars a million tokens, with no digit lost."""
    return "-" if pico is None else f"{(pico / 10**6).normalize():f}"


def _show_check(asked: Sequence[Listed], not_asked: str) -> None:
    if not_asked:
        out.print(flat(f"The Models API was not asked: {not_asked}."), markup=False)
    for item in asked:
        until = f", retires {item.retires}" if item.retires else ""
        out.print(flat(f"Models API: {item.model} is {item.state}{until}"), markup=False)


def _record(
    listing: Listing, asked: Sequence[Listed], not_asked: str, *, checked: bool
) -> dict[str, Any]:
    settings = listing.settings
    return {
        "provider": settings.provider,
        "profile": settings.profile,
        "judge": settings.judge,
        "date": listing.today.isoformat(),
        "problem": None if listing.problem is None else str(listing.problem),
        "warnings": list(listing.warnings),
        "models": [_model_record(model, roles, listing) for model, roles in listing.in_order()],
        "check": None
        if not checked
        else {
            "asked": not not_asked,
            "reason": not_asked,
            "models": [
                {"model": item.model, "state": item.state, "retires": item.retires}
                for item in asked
            ],
        },
    }


def _model_record(model: ModelSpec, roles: Sequence[str], listing: Listing) -> dict[str, Any]:
    from firstline.claude.registry import platform_of

    offered = model.platforms.get(platform_of(listing.settings.provider))
    return {
        "model": model.name,
        "roles": list(roles),
        "id": _id(model, listing) or None,
        "context": model.context,
        "max_output": model.max_output,
        "structured": None if offered is None else offered.structured,
        "cache_minimum": None if offered is None else offered.cache_minimum,
        "retires": _day(None if offered is None else offered.retires),
        "not_before": _day(None if offered is None else offered.not_before),
        "successor": model.successor or None,
        "prices": [
            {
                "since": price.since.isoformat(),
                "up_to_tokens": price.up_to,
                "input_usd": _usd(price.input),
                "output_usd": _usd(price.output),
                "write_5m_usd": None if price.write_5m is None else _usd(price.write_5m),
                "write_1h_usd": None if price.write_1h is None else _usd(price.write_1h),
                "read_usd": None if price.read is None else _usd(price.read),
                "source": price.source,
            }
            for price in _prices(model, listing)
        ],
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
