"""The ledger of questions to models: what was asked, answered and paid, and what still may be.

| state    | meaning                                           | asking again                      |
|----------|---------------------------------------------------|-----------------------------------|
| asked    | on its way, or its process died; the most it may  | asks; the API cannot say whether  |
|          | cost is reserved                                  | it answered                       |
| answered | the reply is stored                               | returns the reply, costs nothing  |
| failed   | no answer; it costs nothing, or what was reserved | asks                              |
|          | where one was lost on the way                     |                                   |

Money is counted in picodollars (10^-12 dollars): whole numbers, exact for every listed price.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.store.database import reading
from firstline.store.schema import model_call, spend
from firstline.store.tickets import instant

PICO = 10**12
"""Picodollars in a dollar."""
DAY = timedelta(hours=24)
Refusal = Literal["budget", "requester_cap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """A question, as the ledger knows it: never its words."""

    key: str
    ticket: str
    intent: str
    requester: str | None
    purpose: str
    model: str
    prompt_hash: str
    reserve_pico: int
    """The most it may cost."""
    system_tokens: int = 0
    """Estimated tokens of the stable prefix, for the caching plan."""
    batch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be spent; 0 means no limit."""

    day_pico: int = 0
    month_pico: int = 0
    calls_per_requester: int = 0
    """In 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a question came to."""

    reply: str
    """The stored reply, as JSON."""
    input: int
    output: int
    cache_read: int
    cache_write: int
    cost_pico: int
    wall_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Whether a question may be asked."""

    reply: str | None = None
    """The stored reply: do not ask again."""
    refusal: Refusal | None = None
    """Why it may not be asked."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One question of the ledger, for reports."""

    key: str
    ticket: str
    intent: str
    purpose: str
    model: str
    state: str
    failure: str
    attempts: int
    batch: bool
    input: int
    output: int
    cache_read: int
    cache_write: int
    system_tokens: int
    cost_pico: int
    wall_ms: float
    asked_at: datetime
    day: str


# Built once: putting a statement together costs more than running it.
_HELD = sa.select(
    model_call.c.state, model_call.c.reply, model_call.c.cost_pico, model_call.c.day
).where(model_call.c.key == sa.bindparam("held"))
_OF_REQUESTER = (
    sa.select(sa.func.count())
    .select_from(model_call)
    .where(
        model_call.c.requester == sa.bindparam("who"),
        model_call.c.asked_at > sa.bindparam("since"),
        model_call.c.key != sa.bindparam("but"),
    )
)
_MONTH = sa.select(sa.func.coalesce(sa.func.sum(spend.c.pico), 0)).where(
    spend.c.day >= sa.bindparam("first"), spend.c.day <= sa.bindparam("last")
)
_TODAY = sa.select(spend.c.pico).where(spend.c.day == sa.bindparam("date"))
_SETTLE = (
    model_call.update()
    .where(model_call.c.key == sa.bindparam("held"))
    .values(
        state=sa.bindparam("how"),
        failure=sa.bindparam("why"),
        reply=sa.bindparam("said"),
        input=sa.bindparam("tokens_in"),
        output=sa.bindparam("tokens_out"),
        cache_read=sa.bindparam("tokens_read"),
        cache_write=sa.bindparam("tokens_written"),
        cost_pico=sa.bindparam("cost"),
        wall_ms=sa.bindparam("took"),
    )
)


class CallLedger:
    """The ledger in one database. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert_spend = _adding(dialect.insert(spend))
        self._insert_call = _claiming(dialect.insert(model_call))

    @property
    def is_local(self) -> bool:
        """Whether the database is a file of this machine."""
        return self._engine.dialect.name == "sqlite"

    def begin(self, entry: CallEntry, allowance: Allowance, now: datetime) -> Begun:
        """Reserve what a question may cost, unless it was answered before or may not be asked."""
        day = now.astimezone(UTC).date().isoformat()
        with self._engine.begin() as connection:
            # The day's row comes first: on Postgres it is the lock that keeps limits exact.
            self._add(connection, day, entry.reserve_pico)
            held = connection.execute(_HELD, {"held": entry.key}).one_or_none()
            if held is not None and held.state == "answered":
                self._add(connection, day, -entry.reserve_pico)
                return Begun(reply=held.reply)
            if held is not None and held.state == "asked":
                # Its process died; what it reserved is let go, and reserved anew below.
                self._add(connection, held.day, -held.cost_pico)
            refused = self._refused(connection, entry, allowance, day, now)
            if refused is not None:
                self._add(connection, day, -entry.reserve_pico)
                if held is not None and held.state == "asked":
                    connection.execute(_SETTLE, _failed(entry.key, "abandoned"))
                return refused
            self._claim(connection, entry, day, now)
        return Begun()

    def settle(self, key: str, settlement: Settlement) -> None:
        """Store a reply, and put what it cost in the place of what was reserved."""
        with self._engine.begin() as connection:
            held = connection.execute(_HELD, {"held": key}).one()
            if held.state == "answered":
                return
            reserved = held.cost_pico if held.state == "asked" else 0
            self._add(connection, held.day, settlement.cost_pico - reserved)
            connection.execute(
                _SETTLE,
                {
                    "held": key,
                    "how": "answered",
                    "why": "",
                    "said": settlement.reply,
                    "tokens_in": settlement.input,
                    "tokens_out": settlement.output,
                    "tokens_read": settlement.cache_read,
                    "tokens_written": settlement.cache_write,
                    "cost": settlement.cost_pico,
                    "took": settlement.wall_ms,
                },
            )

    def knows(self, key: str) -> bool:
        """Whether a question was ever begun."""
        with self._reader.connect() as connection:
            return connection.execute(_HELD, {"held": key}).one_or_none() is not None

    def fail(self, key: str, failure: str, *, maybe_billed: bool = False) -> None:
        """Note that a question has no answer, and let go what was reserved for it.

        Args:
            key: The question's.
            failure: A stable code.
            maybe_billed: Whether an answer was lost on the way, so that the provider may charge
                for it: what was reserved is then counted as spent.
        """
        with self._engine.begin() as connection:
            held = connection.execute(_HELD, {"held": key}).one_or_none()
            if held is None or held.state != "asked":
                return
            kept = held.cost_pico if maybe_billed else 0
            self._add(connection, held.day, kept - held.cost_pico)
            connection.execute(_SETTLE, _failed(key, failure, kept))

    def reply(self, key: str) -> str | None:
        """Return a stored reply, or None."""
        with self._reader.connect() as connection:
            held = connection.execute(_HELD, {"held": key}).one_or_none()
        return None if held is None or held.state != "answered" else str(held.reply)

    def spent(self, first: str, last: str) -> int:
        """Return the picodollars spent or reserved from day `first` to day `last` (YYYY-MM-DD)."""
        with self._reader.connect() as connection:
            return int(connection.scalar(_MONTH, {"first": first, "last": last}) or 0)

    def rows(self, since: str = "", *, page: int = 1_000) -> Iterator[CallRow]:
        """Yield the questions asked on day `since` (YYYY-MM-DD) or later, by key."""
        after = ""
        while True:
            query = (
                sa.select(*_COLUMNS)
                .where(model_call.c.key > after, model_call.c.day >= since)
                .order_by(model_call.c.key)
                .limit(page)
            )
            with self._reader.connect() as connection:
                found = connection.execute(query).all()
            if not found:
                return
            yield from map(_call, found)
            after = found[-1].key

    def latest(self, limit: int) -> list[CallRow]:
        """Return the latest questions that were answered live, newest first."""
        query = (
            sa.select(*_COLUMNS)
            .where(model_call.c.state == "answered", model_call.c.batch.is_(False))
            .order_by(model_call.c.asked_at.desc())
            .limit(limit)
        )
        with self._reader.connect() as connection:
            return [_call(row) for row in connection.execute(query)]

    @staticmethod
    def _refused(
        connection: sa.Connection, entry: CallEntry, allowance: Allowance, day: str, now: datetime
    ) -> Begun | None:
        if allowance.day_pico:
            today = connection.scalar(_TODAY, {"date": day}) or 0
            if today > allowance.day_pico:
                return Begun(refusal="budget", detail="the day's budget is spent")
        if allowance.month_pico:
            months = {"first": f"{day[:7]}-01", "last": f"{day[:7]}-31"}
            if (connection.scalar(_MONTH, months) or 0) > allowance.month_pico:
                return Begun(refusal="budget", detail="the month's budget is spent")
        if allowance.calls_per_requester and entry.requester is not None:
            asked = {"who": entry.requester, "since": instant(now - DAY), "but": entry.key}
            if (connection.scalar(_OF_REQUESTER, asked) or 0) >= allowance.calls_per_requester:
                return Begun(refusal="requester_cap", detail="the requester's calls are spent")
        return None

    def _claim(self, connection: sa.Connection, entry: CallEntry, day: str, now: datetime) -> None:
        row = {
            "of_key": entry.key,
            "of_ticket": entry.ticket,
            "of_intent": entry.intent,
            "of_requester": entry.requester,
            "of_purpose": entry.purpose,
            "of_model": entry.model,
            "of_prompt_hash": entry.prompt_hash,
            "of_state": "asked",
            "of_attempts": 1,
            "of_batch": entry.batch,
            "of_system_tokens": entry.system_tokens,
            "of_cost_pico": entry.reserve_pico,
            "of_asked_at": instant(now),
            "of_day": day,
        }
        connection.execute(self._insert_call, row)

    def _add(self, connection: sa.Connection, day: str, pico: int) -> None:
        connection.execute(self._insert_spend, {"of_day": day, "of_pico": pico})


Insert: TypeAlias = "sqlite.Insert | postgresql.Insert"


def _adding(insert: Insert) -> Insert:
    """Return what adds to a day's spending, to be run with `of_day` and `of_pico`."""
    pico: sa.BindParameter[int] = sa.bindparam("of_pico")
    return insert.values(day=sa.bindparam("of_day"), pico=pico).on_conflict_do_update(
        index_elements=["day"], set_={"pico": spend.c.pico + pico}
    )


def _claiming(insert: Insert) -> Insert:
    """Return what enters a question, or enters it anew, to be run with `of_` and a column."""
    names = (
        "key ticket intent requester purpose model prompt_hash state attempts batch system_tokens "
        "cost_pico asked_at day"
    ).split()
    entered = insert.values({name: sa.bindparam(f"of_{name}") for name in names})
    anew = ("state", "batch", "cost_pico", "asked_at", "day")
    return entered.on_conflict_do_update(
        index_elements=["key"],
        set_={
            **{name: entered.excluded[name] for name in anew},
            "failure": "",
            "attempts": model_call.c.attempts + 1,
        },
    )


_COLUMNS = [model_call.c[name] for name in CallRow.__slots__]


def _call(row: sa.Row[Any]) -> CallRow:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's names
    values["asked_at"] = datetime.fromisoformat(values["asked_at"])
    return CallRow(**values)


def _failed(key: str, failure: str, cost: int = 0) -> dict[str, object]:
    return {
        "held": key,
        "how": "failed",
        "why": failure,
        "said": None,
        "tokens_in": 0,
        "tokens_out": 0,
        "tokens_read": 0,
        "tokens_written": 0,
        "cost": cost,
        "took": 0.0,
    }
