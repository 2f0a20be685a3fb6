"""Autonomy for people: each intent with its level, who may change it, what that would do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from firstline.desk.autonomy import IntentRow, intent_rows
from firstline.errors import InputError
from firstline.pipeline.operating import FILES
from firstline.pipeline.release import RELEASING, Release, Trip, strictness
from firstline.records import Intent
from firstline.store.autonomy import EVERYTHING, Change
from firstline.store.people_records import Role
from firstline.workspace import Autonomy, IntentSpec, Workspace, parse_autonomy

PERCENT: Final = "percent"
LEVELS: Final[Mapping[str, str]] = {
    "off": "No draft is offered: a person answers from the start.",
    "shadow": "Drafts are written and kept, to see how good they are; a person answers.",
    "review": "A person reads every draft and decides.",
    "certified": (
        "Goes out by itself while a certificate shows how few of the replies are wrong; "
        "without one a person reads it."
    ),
    PERCENT: (
        "Goes out by itself for this share of customers, always the same ones. "
        "Uncertified: nothing backs it but your decision."
    ),
    FILES: "As intents.yaml says.",
}
"""What each level means."""
SHARES: Final = (1, 10, 50, 100)
TOPICS: Final[Mapping[str, str]] = {
    "switch": "kill switch",
    "level": "level",
    "trip": "trip",
    "baseline": "usual share",
    "setting": "watch",
}
SHOWN_CHANGES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """An intent of the table."""

    row: IntentRow
    description: str
    risk: str
    address: str
    goes_out: bool
    """Whether something of it goes out by itself now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A change of the log."""

    change: Change
    topic: str
    scope: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutonomyPage:
    """Everything about what goes out by itself."""

    release: Release
    rows: tuple[LevelRow, ...]
    common: str
    """The level set for all intents; empty without one."""
    out: int
    """Intents of which something goes out."""
    uncertified: int
    trips: tuple[Trip, ...]
    changes: tuple[ChangeRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPage:
    """One intent, or all of them, and the form that changes how far it may go."""

    intent: str
    name: str
    spec: IntentSpec | None
    """None: all intents."""
    row: IntentRow | None
    level: str
    """The level set while running; `files` where none is."""
    percent: int
    roles: Mapping[str, Role]
    """Who may choose each level."""
    seen: int
    """The number of the latest change of this level: who changes it must have seen it."""
    changes: tuple[ChangeRow, ...]


def autonomy_page(
    workspace: Workspace, release: Release, changes: Sequence[Change]
) -> AutonomyPage:
    """Return the page.

    Args:
        workspace: The company.
        release: What may go out at this moment.
        changes: The log, newest first.
    """
    rows = tuple(
        LevelRow(
            row=row,
            description=spec.description,
            risk=spec.risk,
            address=address_of(spec.name),
            goes_out=not row.now.startswith("nothing"),
        )
        for spec, row in zip(workspace.intents, intent_rows(workspace, release), strict=True)
    )
    common = release.levels.get(EVERYTHING)
    return AutonomyPage(
        release=release,
        rows=rows,
        common="" if common is None else str(common),
        out=sum(one.goes_out for one in rows),
        uncertified=sum(one.row.uncertified for one in rows),
        trips=release.trips,
        changes=tuple(change_row(one) for one in changes[:SHOWN_CHANGES]),
    )


def level_page(
    workspace: Workspace, release: Release, changes: Sequence[Change], intent: str
) -> LevelPage | None:
    """Return the page of an intent or of `*`; None when there is no such intent."""
    spec = None if intent == EVERYTHING else workspace.intent(Intent(intent))
    if spec is None and intent != EVERYTHING:
        return None
    rows = {str(row.intent): row for row in intent_rows(workspace, release)}
    given = release.levels.get(intent)
    mine = [one for one in changes if one.topic == "level" and one.scope == intent]
    return LevelPage(
        intent=intent,
        name=scope_name(intent),
        spec=spec,
        row=rows.get(intent),
        level=FILES if given is None else given.level,
        percent=given.percent if given is not None and given.percent else SHARES[1],
        roles={
            level: needed_role(workspace, release, intent, written(level, SHARES[0]))
            for level in LEVELS
        },
        seen=latest(changes, intent),
        changes=tuple(change_row(one) for one in mine[:SHOWN_CHANGES]),
    )


def latest(changes: Sequence[Change], intent: str) -> int:
    """Return the number of the latest change of an intent's level; 0 when there was none."""
    mine = (one.number for one in changes if one.topic == "level" and one.scope == intent)
    return max(mine, default=0)


def written(level: str, percent: int | None) -> str:
    """Return a level as an operator writes it.

    Raises:
        InputError: It is a share of customers and no share is given.
    """
    if level != PERCENT:
        return level
    if percent is None:
        raise InputError("It does not say for how many customers", fix="Give 1 to 100 percent")
    return f"{PERCENT}:{percent}"


def needed_role(workspace: Workspace, release: Release, intent: str, level: str) -> Role:
    """Return who may set a level: an admin where more may go out by itself after it, else a lead.

    Setting a level at which something goes out needs an admin even where it is stricter than what
    holds. Giving an intent back to its files needs one where the files let more out.

    Args:
        workspace: The company.
        release: What holds now.
        intent: Its name, or `*`.
        level: As an operator writes it; one that does not exist is refused elsewhere.
    """
    parsed = parse_autonomy(level)
    if parsed is not None:
        return "admin" if parsed.level in RELEASING else "lead"
    rest = {name: one for name, one in release.levels.items() if name != intent}
    specs = [spec for spec in workspace.intents if intent in (spec.name, EVERYTHING)]
    more = any(
        (after := _chosen(rest, spec)).level in RELEASING
        and strictness(after) > strictness(_chosen(release.levels, spec))
        for spec in specs
    )
    return "admin" if more else "lead"


def _chosen(levels: Mapping[str, Autonomy], spec: IntentSpec) -> Autonomy:
    """Return the level of an intent, whatever the switch and the watches hold at this moment."""
    return replace(Release(), levels=levels).level_for(spec.name, files=spec.autonomy).level


def change_row(change: Change) -> ChangeRow:
    """Return a change in words."""
    value = change.value or FILES
    says = {"switch": {"stopped": "stopped everything", "running": "resumed"}}.get(
        change.topic, {}
    ).get(value, value)
    return ChangeRow(
        change=change,
        topic=TOPICS.get(change.topic, change.topic),
        scope="" if change.topic == "switch" else scope_name(change.scope),
        says=says,
    )


def scope_name(scope: str) -> str:
    """Return what a scope is called."""
    return "all intents" if scope == EVERYTHING else scope


def address_of(intent: str) -> str:
    """Return the address of the page that changes an intent's level."""
    return f"/settings/autonomy/level?{urlencode({'intent': intent})}"
