"""What an operator does about autonomy. Every act is one transaction and one line of the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from firstline.errors import InputError
from firstline.pipeline.drift import Share, Watched, cusum_of
from firstline.pipeline.tuning import MEANINGS, tuning_of
from firstline.records import Intent, decode, encode
from firstline.store.autonomy import (
    EVERYTHING,
    AutonomyStore,
    NewChange,
    Topic,
    add_change,
    forget_points,
    lock_states,
    write_states,
)
from firstline.workspace import Workspace, parse_autonomy
from firstline.workspace.problems import suggestion

FILES = "files"
"""The level that gives an intent back to the workspace's files."""
LONGEST_REASON = 500


class Operator:
    """Somebody who changes what may go out, and says why."""

    def __init__(self, store: AutonomyStore, *, by: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._by = by
        self._now = now

    def stop(self, reason: str = "") -> None:
        """Let nothing go out by itself any more, in any process, within a second."""
        self._change("switch", EVERYTHING, "stopped", reason)

    def resume(self, reason: str) -> None:
        """Let go out again what its level allows. What has tripped stays tripped.

        Raises:
            InputError: No reason is given, or nothing was stopped.
        """
        switch = [one for one in self._store.current() if one.topic == "switch"]
        if not switch or switch[0].value != "stopped":
            raise InputError("nothing is stopped", fix="`firstline autonomy` shows what goes out")
        self._change("switch", EVERYTHING, "running", _required(reason))

    def set_level(self, workspace: Workspace, intent: str, level: str, reason: str) -> str:
        """Set how far an intent may go, or all of them; return the level as it is kept.

        Args:
            workspace: The company.
            intent: An intent's name, or `*` for all.
            level: A level, or `files` for what the workspace says.
            reason: Why.

        Raises:
            InputError: There is no such intent or level, or no reason is given.
        """
        if intent != EVERYTHING and workspace.intent(Intent(intent)) is None:
            names = [str(spec.name) for spec in workspace.intents]
            fix = suggestion(intent, names, f"The intents are {', '.join(sorted(names))}")
            raise InputError(f"there is no intent {intent!r}", fix=fix)
        parsed = parse_autonomy(level)
        if parsed is None and level != FILES:
            raise InputError(
                f"there is no autonomy level {level!r}",
                fix="Use off, shadow, review, certified, percent:N with N from 1 to 100, or files",
            )
        value = "" if parsed is None else str(parsed)
        self._change("level", intent, value, _required(reason))
        return value or FILES

    def tune(self, name: str, value: str, reason: str) -> None:
        """Change a setting of the watch; raises InputError when it cannot be so."""
        try:
            tuning_of({name: value})
        except ValueError as error:
            known = ", ".join(f"{key} ({meaning})" for key, meaning in MEANINGS.items())
            raise InputError(str(error), fix=f"There are {known}") from error
        self._change("setting", name, value, _required(reason))

    def reset(self, scope: str, reason: str, *, relearn: bool = False) -> None:
        """Give a tripped scope its autonomy back: its tests begin anew.

        Args:
            scope: As `firstline autonomy watch` names it.
            reason: What was found, and why it is well again.
            relearn: Also learn anew what is usual, because it has changed for good.

        Raises:
            InputError: Nothing is watched of that scope, or no reason is given.
        """
        cleared = NewChange(
            topic="trip", scope=scope, value="cleared", by=self._by, reason=_required(reason)
        )

        def anew(before: Watched) -> Watched:
            return Watched() if relearn else before.restarted()

        self._rewrite(scope, cleared, anew)

    def baseline(self, scope: str, share: float, reason: str) -> None:
        """Say how large the share of escalated tickets usually is, instead of learning it.

        Raises:
            InputError: It is no share, or no reason is given.
        """
        if not 0 < share < 1:
            raise InputError(f"{share:g} is no share", fix="Give one above 0 and below 1, as 0.2")
        told = NewChange(
            topic="baseline",
            scope=scope,
            value=f"{share:g}",
            by=self._by,
            reason=_required(reason),
        )

        def with_baseline(before: Watched) -> Watched:
            known = {**before.shares, "escalation": Share(watch=cusum_of(share))}
            return replace(before, shares=known)

        self._rewrite(scope, told, with_baseline, new=True, paths="escalation")

    def _change(self, topic: Topic, scope: str, value: str, reason: str) -> None:
        change = NewChange(
            topic=topic,
            scope=scope,
            value=value,
            by=self._by,
            reason=reason[:LONGEST_REASON],
        )
        self._store.change(change, self._now())

    def _rewrite(
        self,
        scope: str,
        change: NewChange,
        anew: Callable[[Watched], Watched],
        *,
        new: bool = False,
        paths: str | None = None,
    ) -> None:
        """Write a change down, and change what is watched with it; its paths begin anew."""
        known = self._store.states()
        tripped = {one.scope for one in self._store.current() if one.topic == "trip"}
        if scope not in known and scope not in tripped and not new:
            listed = ", ".join(sorted({*known, *tripped})) or "nothing yet"
            raise InputError(f"nothing is watched of {scope!r}", fix=f"Watched is {listed}")
        now = self._now()
        with self._store.engine.begin() as connection:
            add_change(connection, change, now)
            before = _read(connection, scope, now)
            write_states(connection, {scope: encode(anew(before))}, now)
            forget_points(connection, scope, paths)


def _read(connection: sa.Connection, scope: str, now: datetime) -> Watched:
    """Return what is watched of a scope, locked; what cannot be read begins anew."""
    body = lock_states(connection, scope, scope, now)[scope]
    try:
        return decode(Watched, body) if body else Watched()
    except ValueError:
        return Watched()


def _required(reason: str) -> str:
    if not reason.strip():
        raise InputError("no reason is given", fix='Say why with --reason "..."; it is kept')
    return reason.strip()[:LONGEST_REASON]
