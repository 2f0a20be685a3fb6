"""Turns a company's customer data, in whatever tables, into one file of nested records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from firstline.errors import InputError, Place
from firstline.workspace.adopt.joins import CustomerTable, find_customers, join
from firstline.workspace.adopt.secrets import SecretFields
from firstline.workspace.adopt.tables import ROW_KEY, Record, Table, folded, is_scalar, read_tables
from firstline.workspace.problems import listed

_EMAILS = frozenset({"email", "emailaddress", "mail"})
_NAMES = frozenset({"name", "fullname", "customername", "displayname"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenCustomers:
    """What became of the customer data."""

    count: int
    notes: tuple[str, ...]


def take_customers(source: Path, target: Path) -> TakenCustomers:
    """Write the customers found in `source` to `target`, one record a line of a JSON list.

    Raises:
        InputError: no customers can be found or read; names file and line.
    """
    tables, customers = _best_reading(source)
    joined = join(customers, tables)
    table = customers.table
    notes = [f"Customers: {len(table.rows)} rows of {table.name}, named by {customers.key}"]
    records, dropped = _records(customers, joined.rows)
    notes += joined.notes + dropped
    if not records:
        raise InputError(
            "No customer has a usable id",
            place=Place(file=str(source)),
            fix="Give each row an id of its own.",
        )
    secrets = SecretFields(records)
    cleaned = [secrets.clean(record) for record in records]
    if secrets.dropped:
        notes.append(f"Left out because they look secret: {listed(sorted(secrets.dropped))}")
    if secrets.masked:
        notes.append(f"Card numbers were masked in: {listed(sorted(secrets.masked))}")
    _write(cleaned, target)
    return TakenCustomers(count=len(cleaned), notes=tuple(notes))


def _best_reading(source: Path) -> tuple[tuple[Table, ...], CustomerTable]:
    readings = [(tables, find_customers(tables)) for tables in read_tables(source)]
    found = [(tables, customers) for tables, customers in readings if customers is not None]
    if not found:
        names = sorted({table.name for tables, _ in readings for table in tables})
        raise InputError(
            f"None of the tables looks like customers: {listed(names)}",
            place=Place(file=str(source)),
            fix="Name one customers or users, with an id and an e-mail or name for each.",
        )
    return max(found, key=lambda reading: reading[1].score)


def _records(
    customers: CustomerTable, rows: dict[str, list[tuple[str, list[Record]]]]
) -> tuple[list[Record], list[str]]:
    by_key: dict[str, Record] = {}
    conflicting: set[str] = set()
    nameless = 0
    for row in customers.table.rows:
        value = row.get(customers.key)
        key = str(value).strip() if is_scalar(value) else ""
        if not key:
            nameless += 1
            continue
        if key in by_key and by_key[key] != row:
            conflicting.add(key)
        by_key[key] = row
    notes = []
    if nameless:
        notes.append(f"{nameless} rows without {customers.key} were left out")
    if conflicting:
        notes.append(
            f"{len(conflicting)} ids have two different rows and were left out: "
            "which one is right cannot be told"
        )
    records = [
        _record(key, row, customers.key, rows.get(key, []))
        for key, row in by_key.items()
        if key not in conflicting
    ]
    return records, notes


def _record(
    key: str, row: Record, key_column: str, tables: list[tuple[str, list[Record]]]
) -> Record:
    record: Record = {"id": key}
    for wanted, names in (("email", _EMAILS), ("name", _NAMES)):
        column = next((name for name in row if folded(name) in names), None)
        if column is not None and row[column] not in (None, ""):
            record[wanted] = row[column]
            row = {name: value for name, value in row.items() if name != column}
    is_id = folded(key_column) not in _EMAILS
    rest = {
        name: value
        for name, value in row.items()
        if name not in {ROW_KEY, "id"} and not (is_id and name == key_column)
    }
    record.update({name: value for name, value in rest.items() if name not in record})
    for name, entries in tables:
        record[_free_name(record, name, entries)] = [_without_row_key(entry) for entry in entries]
    return record


def _free_name(record: Record, name: str, entries: list[Record]) -> str:
    """Return the table's name, unless the record has a field of that name to keep.

    A list of ids that the joined rows carry themselves is replaced by those rows.
    """
    if name not in record:
        return name
    held = record[name]
    if isinstance(held, list) and all(is_scalar(entry) for entry in held):
        ids = {str(value) for entry in entries for value in entry.values() if is_scalar(value)}
        if all(str(entry) in ids for entry in held):
            return name
    free = f"{name}_rows"
    while free in record:
        free += "_"
    return free


def _without_row_key(entry: Record) -> Record:
    if ROW_KEY not in entry:
        return entry
    rest = {name: value for name, value in entry.items() if name != ROW_KEY}
    if str(entry[ROW_KEY]) in {str(value) for value in rest.values() if is_scalar(value)}:
        return rest
    return {"id": entry[ROW_KEY], **rest} if "id" not in rest else rest


def _write(records: list[Record], target: Path) -> None:
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    target.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
