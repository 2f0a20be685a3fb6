"""Watching what goes out by itself while it does: audits are drawn, drift trips.

Every ticket steps the tests of `drift.py` in the transaction that ends it, and every audited reply
in the one that takes its label, each exactly once, whoever works on it and however often. What goes
off takes its scope's autonomy away in the same transaction. Tickets of trial runs do not count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from firstline.observe import log
from firstline.pipeline.drift import Alarm, Facts, Watched, effect_of
from firstline.pipeline.gate import Case, autonomy_grounds
from firstline.pipeline.release import RELEASING
from firstline.pipeline.release_reader import ReleaseReader
from firstline.records import Answer, Intent, Outcome, TicketId, decode, encode
from firstline.store.autonomy import (
    EVERYTHING,
    KEPT_POINTS,
    Audit,
    NewChange,
    Point,
    add_audit,
    add_change,
    add_points,
    forget_points,
    labelled_audits,
    lock_states,
    settle_audit,
    write_states,
)
from firstline.store.outbox import Forbids, Kind
from firstline.trust.certificate import Scope
from firstline.workspace.models import TrustSettings

BY = "watch"
"""Who trips."""
SPACING = 10
"""Steps of a test between two points of its path."""
_FORGET_EVERY = 100 * SPACING
NOT_COUNTED = ("autonomy_off", "asked_for_person")
"""Why tickets escalate that says nothing of how well they are answered: the operator or the
customer wanted a person."""
Step = Callable[[str, Watched], Watched]


@dataclass(slots=True, kw_only=True)
class Ending:
    """What the watch does when a ticket ends: to be called in that transaction, told after it."""

    watch: ServiceWatch
    facts: Facts
    intent: Intent | None = None
    audit: Audit | None = None
    now: datetime
    alarms: list[Alarm] = field(default_factory=list)

    def __call__(self, connection: sa.Connection) -> None:
        """Count the ticket, and write the audit down if its reply was drawn."""
        own, covers = EVERYTHING, ""
        if self.intent is not None:
            own, covers = self.intent, intent_scope(self.intent)
        tuning = self.watch.reader.held.tuning

        def step(scope: str, watched: Watched) -> Watched:
            return watched.after_ticket(self.facts, tuning, whole=scope == EVERYTHING)

        self.alarms = self.watch.step(connection, own, covers, step, self.now)
        if self.audit is not None:
            add_audit(connection, self.audit)

    def tell(self) -> None:
        """Log what went off, once the transaction is done."""
        tell(self.alarms)


class ServiceWatch:
    """The watch over one company's service. Workers on one database share its state."""

    def __init__(
        self, reader: ReleaseReader, trust: TrustSettings, *, now: Callable[[], datetime]
    ) -> None:
        self.reader = reader
        self._trust = trust
        self._now = now

    def ending(self, answer: Answer, outcome: Outcome) -> Ending | None:
        """Return what to do in the transaction that ends a ticket; None: it says nothing."""
        if answer.verdict.reasons[0].code in NOT_COUNTED:
            return None
        now = self._now()
        self.reader()  # Read now: inside the transaction it would need a second connection.
        facts = Facts(
            escalated=outcome == "escalate",
            asked=any(hop.model for hop in answer.draft.hops),
            cost_usd=answer.draft.spent.cost_usd,
            wall_ms=sum(time.wall_ms for time in answer.times if time.stage != "deliver"),
            second=int(now.timestamp()),
        )
        drawn = self._draw(answer, now) if outcome == "sent" else None
        intent = answer.route.intent
        return Ending(watch=self, facts=facts, intent=intent, audit=drawn, now=now)

    def lost(self) -> Ending:
        """Return what to do in the transaction that ends a ticket whose work failed for good."""
        self.reader()
        return Ending(watch=self, facts=Facts(escalated=True), now=self._now())

    def forbids(self, case: Case, kind: Kind) -> Forbids:
        """Return what says in the claim's transaction why a decided delivery may not leave now."""
        self.reader()  # Certificates are looked for now: inside the transaction they are not.

        def forbid(connection: sa.Connection) -> str:
            now = replace(case, release=self.reader.at(connection))
            if kind != "notice":
                return next((ground.reason.code for ground in autonomy_grounds(now)), "")
            applied = now.applied
            if applied.held is not None:
                return applied.held.code
            level = applied.level.level
            return "" if level in RELEASING else f"autonomy_{level}"

        return forbid

    def label(self, ticket: TicketId, *, wrong: bool) -> bool:
        """Count what was found of a reply, in a transaction of its own; whether it was drawn."""
        self.reader()
        with self.reader.store.engine.begin() as connection:
            alarms = self.labelled(connection, ticket, wrong=wrong)
        tell(alarms or ())
        return alarms is not None

    def labelled(
        self, connection: sa.Connection, ticket: TicketId, *, wrong: bool
    ) -> list[Alarm] | None:
        """Count what was found of a reply, in the transaction that takes the label.

        Returns what went off, to be told (`tell`) after the transaction; None when the reply was
        not drawn to be audited, or was counted before.
        """
        now = self._now()
        found = settle_audit(connection, ticket, wrong=wrong, now=now)
        if found is None:
            return None
        common = self._common_alpha()

        def step(scope: str, watched: Watched) -> Watched:
            limit = common if scope == EVERYTHING else found.alpha
            return watched.after_label(wrong=wrong, limit=limit)

        return self.step(connection, found.scope, found.covers, step, now)

    def settle(self) -> int:
        """Count the labels that others gave to drawn replies; return how many there were.

        Doing it again counts nothing twice: call it as often as one likes, from any worker.
        """
        counted = 0
        for ticket, wrong in labelled_audits(self.reader.store.engine):
            counted += self.label(ticket, wrong=wrong)
        return counted

    def step(
        self, connection: sa.Connection, own: str, covers: str, step: Step, now: datetime
    ) -> list[Alarm]:
        """Step a scope's tests and those of everything, trip what goes off, and say so.

        Args:
            connection: In a transaction that has written something.
            own: The scope.
            covers: Which tickets it holds, as JSON.
            step: What happens to each.
            now: The time.
        """
        found: list[Alarm] = []
        states: dict[str, str] = {}
        points: list[Point] = []
        for scope, body in lock_states(connection, own, EVERYTHING, now).items():
            before = _watched(body)
            after = step(scope, before) if before is not None else Watched()
            alarms = self._alarms(scope, before, after)
            points += self._points(connection, scope, before or Watched(), after, now)
            holds = covers if scope == own else ""
            after = self._settled(connection, scope, holds, after, alarms, now)
            found += alarms
            states[scope] = encode(after)
        write_states(connection, states, now)
        if points:
            add_points(connection, points)
        return found

    def _alarms(self, scope: str, before: Watched | None, after: Watched) -> tuple[Alarm, ...]:
        if before is None:
            why = "what was watched could not be read"
            return (Alarm(scope=scope, watch="state", why=why),)
        _, delta = self.reader.held.tuning.promise(self._trust)
        return after.alarms(scope, delta)

    def _settled(
        self,
        connection: sa.Connection,
        scope: str,
        covers: str,
        after: Watched,
        alarms: tuple[Alarm, ...],
        now: datetime,
    ) -> Watched:
        """Return the state after its alarms: tripped, or watched anew where they only log."""
        tuning = self.reader.held.tuning
        trips = [alarm for alarm in alarms if effect_of(alarm.watch, tuning) == "trip"]
        logged = [alarm.watch for alarm in alarms if alarm not in trips]
        for name in logged:
            forget_points(connection, scope, name)
        if logged:
            after = after.restarted(*logged)
        if not trips:
            return after
        change = NewChange(
            topic="trip",
            scope=scope,
            value="tripped",
            by=BY,
            reason="; ".join(alarm.why for alarm in trips),
            covers=covers,
        )
        add_change(connection, change, now)
        return replace(after, tripped=True)

    @staticmethod
    def _points(
        connection: sa.Connection, scope: str, before: Watched, after: Watched, now: datetime
    ) -> list[Point]:
        """Return the points of the paths that are due, and forget old ones now and then."""
        known = before.paths()
        found = []
        for name, (seen, value, threshold) in after.paths().items():
            if name in known and known[name][0] == seen:
                continue
            if name in known and known[name][0] > seen:  # It was begun anew: this is another path.
                forget_points(connection, scope, name)
            spacing = 1 if name == "errors" else SPACING
            if seen % spacing == 0 or (threshold and value >= threshold):
                found.append(Point(scope=scope, name=name, seen=seen, value=value, at=now))
            if seen and seen % _FORGET_EVERY == 0:
                forget_points(connection, scope, name, before=seen - spacing * KEPT_POINTS)
        return found

    def _draw(self, answer: Answer, now: datetime) -> Audit | None:
        release = self.reader.held
        rate = release.tuning.audit_rate
        ticket, intent = answer.ticket, answer.route.intent
        if intent is None or not drawn(ticket.id, self.reader.store.salt(now), rate):
            return None
        alpha, _ = release.tuning.promise(self._trust)
        scope, covers = str(intent), intent_scope(intent)
        for one in release.proofs.certificates:
            if one.id == answer.verdict.certificate:
                scope, covers, alpha = certified_scope(one.scope), encode(one.scope), one.alpha
        return Audit(
            ticket=ticket.id,
            intent=intent,
            certificate=answer.verdict.certificate or "",
            scope=scope,
            covers=covers,
            alpha=alpha,
            probability=rate,
            drawn_at=now,
        )

    def _common_alpha(self) -> float:
        """Return what all audits together are held to: the most lenient promise in force."""
        release = self.reader.held
        alpha, _ = release.tuning.promise(self._trust)
        return max(alpha, *(one.alpha for one in release.proofs.certificates), 0.0)


def drawn(ticket: TicketId, salt: str, rate: float) -> bool:
    """Whether a reply is among the share that is audited; decided by nobody, and once."""
    lot = int.from_bytes(hashlib.sha256(f"audit:{salt}:{ticket}".encode()).digest()[:8])
    return lot / 2**64 < rate


def certified_scope(scope: Scope) -> str:
    """Return the name under which a certificate's scope is watched; never that of an intent."""
    return f"certificate:{scope.name}"


def intent_scope(intent: Intent) -> str:
    """Return the tickets of an intent, as JSON."""
    return encode(Scope(name=intent, intents=(intent,)))


def tell(alarms: tuple[Alarm, ...] | list[Alarm]) -> None:
    """Log what went off: names and figures, never a word a customer wrote."""
    for alarm in alarms:
        log.warning("autonomy_alarm", scope=alarm.scope, watch=alarm.watch, detail=alarm.why)


def _watched(body: str) -> Watched | None:
    """Return what is watched, or None when it cannot be read."""
    if not body:
        return Watched()
    try:
        return decode(Watched, body)
    except ValueError:
        return None
