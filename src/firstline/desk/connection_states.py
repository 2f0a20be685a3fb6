"""How each connection of channels.toml stands: set up, polled, told of, waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from firstline.channels.helpdesk import DeskRefused
from firstline.desk.connections import Connection, inbox_of, opened
from firstline.errors import FirstlineError, WorkspaceErrors
from firstline.store.arrivals import Arrivals
from firstline.workspace import Check, State
from firstline.workspace.channel_settings import (
    FILE,
    ChannelSetting,
    read_channels,
    secret_of,
    variable_of,
)
from firstline.workspace.problems import Problems
from firstline.workspace.secret_folder import with_kept

CHECK_SECONDS = 60.0
"""How long a helpdesk may take to say who we are."""
REFUSED: Mapping[str, str] = {
    "forbidden": "the helpdesk refuses the credentials, or they may too little",
    "missing": "there is nothing at that address or of that id",
    "invalid": "the helpdesk does not understand the request",
    "too_many": "the helpdesk wants fewer requests; try again later",
    "unavailable": "the helpdesk cannot be reached",
    "unreadable": "what answered does not speak as the helpdesk does",
}
"""What a refusal means, for people."""
_SIGNING = "webhook_secret"
_TRY = "firstline connect --check signs in to it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionState:
    """How one connection stands."""

    setting: ChannelSetting
    waiting: int = 0
    """Conversations that are to be fetched."""
    failing: int = 0
    """Those of them that could not be fetched yet."""
    oldest: datetime | None = None
    polled_at: datetime | None = None
    hooks: Mapping[str, int] = field(default_factory=dict)
    """Webhooks of seven days, by what their signatures said."""
    problem: str = ""
    """What is wrong with it now; empty when nothing is."""

    @property
    def forged(self) -> int:
        """Webhooks of seven days that were refused."""
        return sum(count for verdict, count in self.hooks.items() if verdict != "good")


def states(
    settings: Iterable[ChannelSetting],
    engine: sa.Engine,
    now: datetime,
    environment: Mapping[str, str],
) -> tuple[ConnectionState, ...]:
    """Return how connections stand, in the order of channels.toml. Nobody is asked."""
    arrivals = Arrivals(engine)
    found = []
    for setting in settings:
        standing = arrivals.standing(inbox_of(setting), now)
        wrong = why_unusable(setting, environment)
        polled = f"the last poll failed: {standing.problem}" if standing.problem else ""
        found.append(
            ConnectionState(
                setting=setting,
                waiting=standing.waiting,
                failing=standing.failing,
                oldest=standing.oldest,
                polled_at=standing.polled_at,
                hooks=standing.hooks,
                problem=wrong or polled,
            )
        )
    return tuple(found)


def why_unusable(setting: ChannelSetting, environment: Mapping[str, str]) -> str:
    """Return why a connection cannot be opened, without a secret in it; empty when it can."""
    try:
        opened(setting, environment)
        if setting.kind == "webhook" and not secret_of(setting.name, _SIGNING, environment):
            variable = variable_of(setting.name, _SIGNING)
            return f"nothing that comes in can be verified. Set {variable}, or {variable}_FILE"
    except FirstlineError as error:
        return str(error)
    return ""


def channel_checks(folder: Path, environment: MutableMapping[str, str]) -> tuple[Check, ...]:
    """Return what `firstline doctor` says of channels.toml; nothing when there is none.

    A mistake in the file is a check of the file's name: with one, nothing can be opened.
    """
    problems = Problems()
    settings = read_channels(folder, problems)
    known = with_kept(environment, folder)
    try:
        problems.raise_if_any()
    except WorkspaceErrors as wrong:
        return tuple(
            Check(name=FILE, state="missing", detail=f"{one.place}: {one.problem}", fix=one.fix)
            for one in wrong.errors
        )
    found = []
    for setting in settings:
        name, problem = f"channel {setting.name}", why_unusable(setting, known)
        detail = problem or f"{setting.kind}, {setting.mode}"
        fix = _TRY if not problem else f"Or say firstline connect {setting.kind}"
        state: State = "missing" if problem else "ok"
        found.append(Check(name=name, state=state, detail=detail, fix=fix))
    return tuple(found)


async def who_we_are(connection: Connection) -> str:
    """Try a connection's credentials; return who we are there.

    Raises:
        DeskRefused: They are not good, or nobody can be reached.
    """
    desk = connection.helpdesk
    if desk is None:
        return "a system of your own: nothing to sign in to"
    try:
        return await asyncio.wait_for(desk.check(), CHECK_SECONDS)
    except DeskRefused:
        raise
    except (OSError, TimeoutError) as error:
        raise DeskRefused("unavailable", "nobody answered") from error
    finally:
        closing = getattr(desk, "close", None)
        if closing is not None:
            await closing()


def in_words(error: DeskRefused) -> str:
    """Return why a helpdesk refused, for people: what the code means, and what was said."""
    meant = REFUSED.get(error.why, error.why)
    return f"{meant} ({error})" if str(error) else meant
