"""What helpdesks told, kept until it has become tickets. Only ids are here, no words.

A webhook or a poll names a conversation. It is fetched afresh by whichever process takes it, for a
lease; what it says becomes tickets in the transaction that takes it off the list. A process that
dies in between leaves a lease that ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from firstline.store.arrival_tables import arrival, cursor, event, hook_count
from firstline.store.database import reading
from firstline.store.tickets import instant

REMEMBERED = timedelta(days=30)
"""How long a webhook's id is known. Helpdesks give up after three days at most."""
LEASE = timedelta(seconds=90)
"""How long a process may take to fetch a conversation before another one does."""
LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A webhook named a conversation."""

    event: str
    conversation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A conversation that is to be fetched."""

    inbox: str
    conversation: str
    marks: int
    tries: int
    since: datetime
    """When it was first named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one connection stands."""

    inbox: str
    waiting: int
    """Conversations that are to be fetched."""
    failing: int
    """Those of them that could not be fetched yet."""
    oldest: datetime | None
    polled_at: datetime | None
    problem: str
    """Why the last poll failed; empty when it did not."""
    hooks: Mapping[str, int]
    """Webhooks of the last seven days, by what their signatures said."""


def wait_after(tries: int) -> timedelta:
    """Return how long to leave a conversation alone that could not be fetched so often.

    Two seconds, four, eight …; 2^10 s is beyond the longest wait.
    """
    return min(timedelta(seconds=2 ** min(tries, 10)), LONGEST_WAIT)


class Arrivals:
    """The list in one database. Every method is one transaction unless it takes a connection."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert
        # Postgres does not count the rows of an insert that may do nothing; it returns them.
        self._new_event = dialect.insert(event).on_conflict_do_nothing().returning(event.c.id)
        mark = dialect.insert(arrival)
        self._mark = mark.on_conflict_do_update(
            index_elements=[arrival.c.inbox, arrival.c.conversation],
            set_={"marks": arrival.c.marks + 1, "at": mark.excluded.at, "tries": 0},
        )

    def put(self, told: Sequence[tuple[str, Told]], now: datetime) -> int:
        """Keep what webhooks told, each with its inbox; return how many events were new."""
        with self._engine.begin() as connection:
            return self.put_on(connection, told, now)

    def put_on(
        self, connection: sa.Connection, told: Sequence[tuple[str, Told]], now: datetime
    ) -> int:
        """Keep what webhooks told in a transaction of the caller's."""
        at = instant(now)
        new: dict[tuple[str, str], None] = {}
        count = 0
        for inbox, item in told:
            row = {"inbox": inbox, "id": item.event, "at": at}
            if connection.scalar(self._new_event, row) is not None:
                count += 1
                if item.conversation:
                    new[inbox, item.conversation] = None
        self._marked(connection, new, at)
        return count

    def mark(self, inbox: str, conversations: Sequence[str], now: datetime) -> None:
        """Put conversations on the list, as a poll found them changed."""
        with self._engine.begin() as connection:
            self.mark_on(connection, inbox, conversations, now)

    def mark_on(
        self, connection: sa.Connection, inbox: str, conversations: Sequence[str], now: datetime
    ) -> None:
        """Put conversations on the list in a transaction of the caller's."""
        named = dict.fromkeys((inbox, item) for item in conversations)
        self._marked(connection, named, instant(now))

    def _marked(
        self, connection: sa.Connection, named: Mapping[tuple[str, str], None], at: str
    ) -> None:
        rows = [
            {
                "inbox": inbox,
                "conversation": conversation,
                "marks": 1,
                "since": at,
                "at": at,
                "tries": 0,
                "problem": "",
            }
            for inbox, conversation in sorted(named)
        ]
        if rows:
            connection.execute(self._mark, rows)

    def take(self, inboxes: Sequence[str], now: datetime, *, most: int) -> list[Due]:
        """Take conversations to fetch, for a lease; the longest waiting first.

        What another transaction holds is passed over: waiting for it while holding others would
        have the two wait for each other.
        """
        due = (
            sa.select(arrival)
            .where(arrival.c.inbox.in_(inboxes), arrival.c.at <= instant(now))
            .order_by(arrival.c.at)
            .limit(most)
        )
        with reading(self._engine).connect() as connection:
            if connection.execute(due.limit(1)).first() is None:
                return []
        taken = []
        with self._engine.begin() as connection:
            for row in connection.execute(due.with_for_update(skip_locked=True)).all():
                mine = _same(row.inbox, row.conversation).where(arrival.c.at == row.at)
                if connection.execute(mine.values(at=instant(now + LEASE))).rowcount:
                    taken.append(
                        Due(
                            inbox=row.inbox,
                            conversation=row.conversation,
                            marks=row.marks,
                            tries=row.tries,
                            since=datetime.fromisoformat(row.since),
                        )
                    )
        return taken

    def done_on(self, connection: sa.Connection, due: Due) -> None:
        """Take a conversation off the list, unless it was named again since it was taken."""
        connection.execute(
            arrival.delete().where(
                arrival.c.inbox == due.inbox,
                arrival.c.conversation == due.conversation,
                arrival.c.marks == due.marks,
            )
        )

    def done(self, due: Due) -> None:
        """Take a conversation off the list that brought nothing."""
        with self._engine.begin() as connection:
            self.done_on(connection, due)

    def failed(
        self, due: Due, problem: str, now: datetime, *, after: timedelta | None = None
    ) -> None:
        """Try a conversation again later.

        Args:
            due: As it was taken.
            problem: A stable code, for whoever looks at the connection.
            now: The time.
            after: When the helpdesk said how long to wait.
        """
        wait = max(after or timedelta(), wait_after(due.tries))
        row = _same(due.inbox, due.conversation).where(arrival.c.marks == due.marks)
        with self._engine.begin() as connection:
            connection.execute(
                row.values(at=instant(now + wait), tries=due.tries + 1, problem=problem)
            )

    def take_cursor(self, inbox: str, now: datetime, *, every: timedelta) -> str | None:
        """Return how far a connection was polled if it is this process's turn to go on.

        None when it was polled less than `every` ago, or another process holds it.
        """
        at = instant(now)
        row = {"inbox": inbox, "cursor": "", "at": "", "held_until": "", "problem": ""}
        held = sa.select(cursor.c.cursor).where(cursor.c.inbox == inbox)
        free = (
            cursor.update()
            .where(
                cursor.c.inbox == inbox,
                cursor.c.held_until <= at,
                cursor.c.at <= instant(now - every),
            )
            .values(held_until=instant(now + LEASE))
        )
        with self._engine.begin() as connection:
            connection.execute(self._insert(cursor).on_conflict_do_nothing(), row)
            if not connection.execute(free).rowcount:
                return None
            return str(connection.scalar(held))

    def keep_cursor(
        self, inbox: str, after: str, conversations: Sequence[str], now: datetime, *, more: bool
    ) -> None:
        """Put what a poll found on the list and keep how far it came, in one transaction.

        Args:
            inbox: The connection's.
            after: The new cursor.
            conversations: What changed.
            now: The time.
            more: Whether the next poll is to be made at once.
        """
        with self._engine.begin() as connection:
            self.mark_on(connection, inbox, conversations, now)
            connection.execute(
                cursor.update()
                .where(cursor.c.inbox == inbox)
                .values(cursor=after, at="" if more else instant(now), held_until="", problem="")
            )

    def hurry(self, inbox: str) -> None:
        """Let a connection be polled at once: something is known to be there."""
        with self._engine.begin() as connection:
            connection.execute(cursor.update().where(cursor.c.inbox == inbox).values(at=""))

    def poll_failed(self, inbox: str, problem: str, now: datetime) -> None:
        """Let a connection go that could not be polled; the next turn begins at the old cursor."""
        with self._engine.begin() as connection:
            connection.execute(
                cursor.update()
                .where(cursor.c.inbox == inbox)
                .values(at=instant(now), held_until="", problem=problem)
            )

    def count_hooks(self, counts: Mapping[tuple[str, str], int], now: datetime) -> None:
        """Add to how many webhooks came, by inbox and by what their signatures said."""
        day = now.astimezone(UTC).date().isoformat()
        new = self._insert(hook_count)
        adding = new.on_conflict_do_update(
            index_elements=[hook_count.c.inbox, hook_count.c.day, hook_count.c.verdict],
            set_={"deliveries": hook_count.c.deliveries + new.excluded.deliveries},
        )
        rows = [
            {"inbox": inbox, "day": day, "verdict": verdict, "deliveries": number}
            for (inbox, verdict), number in sorted(counts.items())
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(adding, rows)

    def forget(self, now: datetime) -> int:
        """Forget webhooks seen long ago; return how many."""
        old = event.delete().where(event.c.at < instant(now - REMEMBERED))
        with self._engine.begin() as connection:
            return connection.execute(old).rowcount

    def standing(self, inbox: str, now: datetime) -> Standing:
        """Return how a connection stands."""
        week = (now - timedelta(days=7)).astimezone(UTC).date().isoformat()
        waiting = sa.select(
            sa.func.count().label("waiting"),
            sa.func.coalesce(sa.func.sum(sa.case((arrival.c.tries > 0, 1), else_=0)), 0).label(
                "failing"
            ),
            sa.func.min(arrival.c.since).label("oldest"),
        ).where(arrival.c.inbox == inbox)
        hooks = (
            sa.select(hook_count.c.verdict, sa.func.sum(hook_count.c.deliveries).label("number"))
            .where(hook_count.c.inbox == inbox, hook_count.c.day >= week)
            .group_by(hook_count.c.verdict)
        )
        with reading(self._engine).connect() as connection:
            row = connection.execute(waiting).one()
            polled = connection.execute(
                sa.select(cursor).where(cursor.c.inbox == inbox)
            ).one_or_none()
            counts = {item.verdict: int(item.number) for item in connection.execute(hooks)}
        return Standing(
            inbox=inbox,
            waiting=row.waiting,
            failing=int(row.failing),
            oldest=datetime.fromisoformat(row.oldest) if row.oldest else None,
            polled_at=datetime.fromisoformat(polled.at) if polled and polled.at else None,
            problem=polled.problem if polled else "",
            hooks=counts,
        )


def _same(inbox: str, conversation: str) -> sa.Update:
    return arrival.update().where(arrival.c.inbox == inbox, arrival.c.conversation == conversation)
