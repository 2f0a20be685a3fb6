"""What may go out without a person at this moment: switch, trips, levels, certificates. Pure.

| what                     | says                                           | beats            |
|--------------------------|------------------------------------------------|------------------|
| nothing can be read      | a person approves everything                   | everything       |
| the switch is off        | a person approves everything                   | everything below |
| a watch has tripped      | a person approves everything of its scope      | everything below |
| an inbox's own level     | the level, for a trial run                     | everything below |
| levels set while running | the stricter of the one for the intent and `*` | the files        |
| the workspace's files    | the level                                      | -                |

What holds never lifts: an intent that is `off` stays off when the switch is thrown. A level for `*`
speaks of every intent that the files do not turn off; those are released by name only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from firstline.pipeline.tuning import Tuning, tuning_of
from firstline.records import Intent, Reason, Ticket, decode
from firstline.store.autonomy import EVERYTHING, Change
from firstline.trust.certificate import Basis, Certificate, Scope
from firstline.trust.scorer import Scorer
from firstline.workspace import Autonomy, parse_autonomy
from firstline.workspace.models import REVIEW

RELEASING = ("percent", "certified")
"""Levels at which something may leave without a person."""
_RANK = ("off", "shadow", "review", "certified", "percent")
Source = Literal["files", "set", "inbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The switch is off."""

    since: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A watch has taken a scope's autonomy away, until a person gives it back."""

    scope: str
    since: datetime
    why: str
    covers: Scope | None = None
    """The tickets it holds; None: all."""

    def holds(self, intent: Intent | None, ticket: Ticket | None) -> bool:
        """Whether a ticket is held; without a ticket: whether any of the intent is."""
        if self.covers is None:
            return True
        if ticket is None:
            return intent in self.covers.intents
        return self.covers.holds(intent, ticket.channel, ticket.language.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """What was shown about the replies, and what is in use now."""

    certificates: tuple[Certificate, ...] = ()
    basis: Basis | None = None
    """What is in use now; None: it cannot be told, so no certificate holds."""
    scorer: Scorer = field(default_factory=Scorer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The level that applies to a ticket."""

    level: Autonomy
    source: Source
    held: Reason | None = None
    """Why the level is not the one that was chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """All of it, as it stands at one moment."""

    today: date | None = None
    stopped: Stopped | None = None
    levels: Mapping[str, Autonomy] = field(default_factory=dict)
    """Set while running, by intent or for `*`."""
    trips: tuple[Trip, ...] = ()
    proofs: Proofs = field(default_factory=Proofs)
    tuning: Tuning = field(default_factory=Tuning)
    unreadable: str = ""
    """Why none of this could be read."""

    def level_for(
        self,
        intent: Intent | None,
        *,
        files: Autonomy,
        override: Autonomy | None = None,
        ticket: Ticket | None = None,
    ) -> Applied:
        """Return the level that applies to an intent, or to one ticket of it.

        Args:
            intent: The ticket's, if it has one.
            files: What the workspace says.
            override: What the ticket's inbox says, for a trial run.
            ticket: Trips may hold one channel or language only; None: the intent as a whole.
        """
        level, source = self._chosen(intent, files, override)
        held = self._held(intent, ticket, level) if level.level in RELEASING else None
        return Applied(level=REVIEW if held else level, source=source, held=held)

    def _chosen(
        self, intent: Intent | None, files: Autonomy, override: Autonomy | None
    ) -> tuple[Autonomy, Source]:
        if override is not None:
            return override, "inbox"
        own = None if intent is None else self.levels.get(intent)
        common = self.levels.get(EVERYTHING)
        if own is None and files.level == "off":
            common = None
        given = [level for level in (own, common) if level is not None]
        return (min(given, key=strictness), "set") if given else (files, "files")

    def _held(self, intent: Intent | None, ticket: Ticket | None, level: Autonomy) -> Reason | None:
        if self.unreadable:
            return Reason(code="autonomy_unreadable", detail=self.unreadable)
        if self.stopped is not None:
            by, why = self.stopped.by, self.stopped.why or "no reason given"
            return Reason(code="stopped", detail=f"{by} stopped {level}: {why}")
        for trip in self.trips:
            if trip.holds(intent, ticket):
                return Reason(code="tripped", detail=f"{trip.scope} lost {level}: {trip.why}")
        return None

    def certificate_for(self, intent: Intent | None, ticket: Ticket) -> Certificate | Reason:
        """Return the strictest certificate that speaks of a ticket, or why there is none."""
        channel, language = ticket.channel, ticket.language.code
        return self.strictest(
            one for one in self.proofs.certificates if one.scope.holds(intent, channel, language)
        )

    def strictest(self, certificates: Iterable[Certificate]) -> Certificate | Reason:
        """Return the valid one with the highest threshold, or why none is valid."""
        found = tuple(certificates)
        if not found:
            return Reason(code="no_certificate", detail="no certificate covers this")
        void = [(one, self.void_because(one)) for one in found]
        valid = [one for one, why in void if not why]
        if valid:
            return max(valid, key=lambda one: one.threshold)
        latest, why = max(void, key=lambda pair: pair[0].issued)
        return Reason(code="certificate_void", detail=f"certificate {latest.id}: {why}")

    def void_because(self, certificate: Certificate) -> str:
        """Return why a certificate holds no longer, or nothing while it does."""
        if self.proofs.basis is None or self.today is None:
            return "what is in use now cannot be told"
        return certificate.void_because(self.proofs.basis, self.today)


def strictness(level: Autonomy) -> tuple[int, int]:
    """Return what orders levels from strict to lenient; a proof is stricter than a share."""
    return _RANK.index(level.level), level.percent


def release_of(changes: Iterable[Change], proofs: Proofs, today: date) -> Release:
    """Return the release that the latest changes make.

    Args:
        changes: The latest of each topic and scope, as the store has them.
        proofs: Certificates and what is in use.
        today: The UTC date.

    Raises:
        ValueError: A change says something this version does not know; nothing may rest on it.
    """
    stopped: Stopped | None = None
    levels: dict[str, Autonomy] = {}
    trips: list[Trip] = []
    settings: dict[str, str] = {}
    for one in changes:
        match one.topic, one.value:
            case "switch", "stopped":
                stopped = Stopped(since=one.at, by=one.by, why=one.reason)
            case "trip", "tripped":
                covers = decode(Scope, one.covers) if one.covers else None
                trips.append(Trip(scope=one.scope, since=one.at, why=one.reason, covers=covers))
            case "level", str(value) if value:
                levels[one.scope] = _level(value)
            case "setting", value:
                settings[one.scope] = value
            case ("switch", "running") | ("trip", "cleared") | ("level", "") | ("baseline", _):
                continue
            case topic, _:
                raise ValueError(f"change {one.number} says an unknown thing of {topic}")
    return Release(
        today=today,
        stopped=stopped,
        levels=levels,
        trips=tuple(sorted(trips, key=lambda trip: trip.scope)),
        proofs=proofs,
        tuning=tuning_of(settings),
    )


def _level(written: str) -> Autonomy:
    level = parse_autonomy(written)
    if level is None:
        raise ValueError(f"there is no autonomy level {written!r}")
    return level
