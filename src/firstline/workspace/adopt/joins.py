"""Finds the customer table of a database and hangs the other tables' rows on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from firstline.workspace.adopt.tables import (
    ROW_KEY,
    Record,
    Table,
    folded,
    is_scalar,
    singular,
    words_of,
)

_PEOPLE = frozenset(
    "customer user client member contact subscriber person people accountholder patient guest "
    "student tenant buyer shopper policyholder".split()
)
_GENERIC_KEYS = frozenset({"id", "uuid", "key", folded(ROW_KEY)})
_PEOPLE_KEYS = ("customerid", "userid", "clientid", "memberid", "contactid")
_EMAILS = frozenset({"email", "emailaddress", "mail"})
_NAMES = frozenset({"name", "fullname", "customername", "firstname", "lastname", "displayname"})
_MOST = 0.5
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTable:
    """The table that has one row a customer."""

    table: Table
    key: str
    """The column that names the customer."""
    score: int
    """How much it looks like one; to compare ways of reading a file."""


@dataclass(slots=True, kw_only=True)
class Joined:
    """What joining did."""

    rows: dict[str, list[tuple[str, list[Record]]]] = field(default_factory=dict)
    """For each customer key, tables and their rows."""
    notes: list[str] = field(default_factory=list)


def find_customers(tables: tuple[Table, ...]) -> CustomerTable | None:
    """Return the table that holds the customers, or None when none looks like it."""
    alone = len(tables) == 1
    found = [
        candidate for table in tables if (candidate := _candidate(table, alone=alone)) is not None
    ]
    return max(found, key=lambda one: (one.score, len(one.table.rows)), default=None)


def join(customers: CustomerTable, tables: Iterable[Table]) -> Joined:
    """Collect the rows of other tables by customer, directly or through one table between."""
    joined = Joined()
    owners = {str(row[customers.key]): str(row[customers.key]) for row in _keyed(customers)}
    others = [table for table in tables if table is not customers.table and table.rows]
    direct: list[Table] = []
    for table in others:
        column = _link(table, _customer_links(customers), owners)
        if column is not None:
            direct.append(table)
            _hang(joined, table, column, owners, drop=True)
            joined.notes.append(f"{table.name} was joined by {column} ({len(table.rows)} rows)")
    for table in others:
        if table not in direct and not _join_through(joined, customers, owners, direct, table):
            joined.notes.append(f"{table.name} was left out: none of its columns names a customer")
    return joined


def own_key(table: Table, *, beside: frozenset[str] = frozenset()) -> str | None:
    """Return the column that names a row of a table, if one does.

    Args:
        table: The table.
        beside: Folded names of columns that name something else.
    """
    wanted = (f"{singular(table.name)}id", *sorted(_GENERIC_KEYS))
    by_name = {folded(column): column for column in reversed(table.columns())}
    named = [by_name[name] for name in wanted if name in by_name]
    rest = [
        column
        for column in table.columns()
        if "id" in words_of(column) and folded(column) not in beside and column not in named
    ]
    return next((column for column in (*named, *rest) if _is_unique(table, column)), None)


def _candidate(table: Table, *, alone: bool) -> CustomerTable | None:
    if not table.rows:
        return None
    columns = table.columns()
    is_people = singular(table.name) in _PEOPLE or bool(words_of(table.name) & _PEOPLE)
    has_email = any(folded(name) in _EMAILS and _is_filled(table, name) for name in columns)
    has_name = any(folded(name) in _NAMES for name in columns)
    key = _person_key(table)
    if key is None or not (has_email or has_name or alone):
        return None
    if not (alone or is_people or has_email):
        return None
    exact = singular(table.name) in _PEOPLE
    score = 4 * exact + 2 * is_people + 2 * has_email + has_name
    return CustomerTable(table=table, key=key, score=score)


def _person_key(table: Table) -> str | None:
    by_name = {folded(column): column for column in reversed(table.columns())}
    wanted = (f"{singular(table.name)}id", *_PEOPLE_KEYS, *sorted(_GENERIC_KEYS), *_EMAILS)
    return next(
        (by_name[name] for name in wanted if name in by_name and _is_unique(table, by_name[name])),
        None,
    )


def _is_filled(table: Table, column: str) -> bool:
    return len(table.values(column)) >= _MOST * len(table.rows)


def _is_unique(table: Table, column: str) -> bool:
    values = table.values(column)
    enough = len(values) >= _NEARLY_ALL * len(table.rows)
    return enough and len(set(values)) >= _NEARLY_ALL * len(values)


def _customer_links(customers: CustomerTable) -> tuple[str, ...]:
    """Return the folded column names by which another table may refer to a customer."""
    own = folded(customers.key)
    by_table = f"{singular(customers.table.name)}id"
    if own in _GENERIC_KEYS:
        return (by_table, *_PEOPLE_KEYS)
    return (own, by_table)


def _link(table: Table, names: Iterable[str], known: Mapping[str, str]) -> str | None:
    by_name = {folded(column): column for column in reversed(table.columns())}
    for name in names:
        values = table.values(by_name[name]) if name in by_name else []
        if values and sum(value in known for value in values) >= _MOST * len(values):
            return by_name[name]
    return None


def _join_through(
    joined: Joined,
    customers: CustomerTable,
    owners: Mapping[str, str],
    direct: Iterable[Table],
    table: Table,
) -> bool:
    links = _customer_links(customers)
    for between in direct:
        key = own_key(between, beside=frozenset(links))
        link = _link(between, links, owners)
        if key is None or link is None:
            continue
        generic = folded(key) in _GENERIC_KEYS
        names = (f"{singular(between.name)}id",) if generic else (folded(key),)
        via = {str(row.get(key)): owners.get(str(row.get(link)), "") for row in between.rows}
        column = _link(table, names, via)
        if column is not None:
            _hang(joined, table, column, via, drop=False)
            joined.notes.append(
                f"{table.name} was joined by {column} through {between.name} "
                f"({len(table.rows)} rows)"
            )
            return True
    return False


def _hang(
    joined: Joined, table: Table, column: str, owners: Mapping[str, str], *, drop: bool
) -> None:
    by_owner: dict[str, list[Record]] = {}
    lost = 0
    for row in table.rows:
        owner = owners.get(str(row.get(column)), "")
        if not owner:
            lost += 1
            continue
        kept = {name: value for name, value in row.items() if not (drop and name == column)}
        by_owner.setdefault(owner, []).append(kept)
    for owner, rows in by_owner.items():
        joined.rows.setdefault(owner, []).append((table.name, rows))
    if lost:
        joined.notes.append(f"{table.name}: {lost} rows belong to no known customer, left out")


def _keyed(customers: CustomerTable) -> list[Record]:
    return [
        row
        for row in customers.table.rows
        if is_scalar(row.get(customers.key)) and str(row[customers.key]).strip()
    ]
