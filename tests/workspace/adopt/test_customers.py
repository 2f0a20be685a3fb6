"""Finding, joining and cleaning customer data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firstline.errors import InputError
from firstline.workspace import create, load
from firstline.workspace.adopt.customers import TakenCustomers, take_customers
from firstline.workspace.customers import Customers

USERS = {
    "u1": {"user_id": "u1", "name": "Ana Ruiz", "email": "ana@reader.example"},
    "u2": {"user_id": "u2", "name": "Bo Lind", "email": "bo@reader.example"},
}
ACCOUNTS = {
    "a1": {"account_id": "a1", "user_id": "u1", "status": "open"},
    "a2": {"account_id": "a2", "user_id": "u2", "status": "closed"},
}
MOVES = {
    "m1": {"move_id": "m1", "account_id": "a1", "amount": -50.5},
    "m2": {"move_id": "m2", "account_id": "a1", "amount": 7},
    "m3": {"move_id": "m3", "account_id": "zz", "amount": 1},
}


def take(tmp_path: Path, content: Any, name: str = "db.json") -> tuple[TakenCustomers, Any]:
    """Take over a JSON value and return the notes and the records that were written."""
    (tmp_path / name).write_text(json.dumps(content))
    taken = take_customers(tmp_path / name, tmp_path / "customers.json")
    return taken, json.loads((tmp_path / "customers.json").read_text())


def test_a_dump_is_joined(tmp_path: Path) -> None:
    """Tables hang on their customer, directly or through one table between."""
    taken, records = take(
        tmp_path,
        {
            "users": {"data": USERS, "notes": ""},
            "accounts": {"data": ACCOUNTS},
            "moves": {"data": MOVES},
            "products": {"data": {"p1": {"product_id": "p1", "name": "Lamp"}}},
            "version": 3,
        },
    )
    assert records[0] == {
        "id": "u1",
        "email": "ana@reader.example",
        "name": "Ana Ruiz",
        "accounts": [{"account_id": "a1", "status": "open"}],
        "moves": [
            {"move_id": "m1", "account_id": "a1", "amount": -50.5},
            {"move_id": "m2", "account_id": "a1", "amount": 7},
        ],
    }
    assert taken.notes == (
        "Customers: 2 rows of users, named by user_id",
        "accounts was joined by user_id (2 rows)",
        "moves: 1 rows belong to no known customer, left out",
        "moves was joined by account_id through accounts (3 rows)",
        "products was left out: none of its columns names a customer",
    )


@pytest.mark.parametrize(
    "content",
    [
        list(USERS.values()),
        USERS,
        {"users": list(USERS.values())},
        {"users": USERS, "accounts": ACCOUNTS},
        {"users": {"data": list(USERS.values())}},
        {"accounts": list(ACCOUNTS.values()), "customers": list(USERS.values())},
    ],
)
def test_every_usual_shape(tmp_path: Path, content: Any) -> None:
    """Lists, rows by key, tables of lists and tables by key give the same customers."""
    _, records = take(tmp_path, content)
    assert [(record["id"], record["name"]) for record in records] == [
        ("u1", "Ana Ruiz"),
        ("u2", "Bo Lind"),
    ]


def test_rows_by_key_with_nested_tables(tmp_path: Path) -> None:
    """A customer with nested objects is not taken for a table."""
    _, records = take(
        tmp_path,
        {
            "u1": {"contact": {"phone": "1"}, "email": "ana@reader.example"},
            "u2": {"contact": {"phone": "2"}, "email": "bo@reader.example"},
        },
    )
    assert [record["id"] for record in records] == ["u1", "u2"]


def test_a_folder_of_tables(tmp_path: Path) -> None:
    """Each file is a table; a list of ids in a customer is replaced by the rows it names."""
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "users.jsonl").write_text(
        '{"_key": "ana_1", "name": {"first_name": "Ana"}, "orders": ["#1"]}\n'
    )
    (folder / "orders.csv").write_text("order_id,user_id,total\n#1,ana_1,19.90\n")
    (folder / "notes.txt").write_text("x")
    take_customers(folder, tmp_path / "customers.json")
    assert json.loads((tmp_path / "customers.json").read_text()) == [
        {
            "id": "ana_1",
            "name": {"first_name": "Ana"},
            "orders": [{"order_id": "#1", "total": "19.90"}],
        }
    ]


def test_a_field_of_the_same_name_is_kept(tmp_path: Path) -> None:
    """Joined rows take another name when the customer's own field says something else."""
    users = [{**USERS["u1"], "accounts": "two"}]
    _, (record,) = take(tmp_path, {"users": users, "accounts": list(ACCOUNTS.values())})
    assert record["accounts"] == "two"
    assert record["accounts_rows"] == [{"account_id": "a1", "status": "open"}]


def test_numbers_that_happen_to_match_are_not_joined(tmp_path: Path) -> None:
    """A product id that equals a customer id joins nothing."""
    taken, records = take(
        tmp_path,
        {
            "customers": [{"id": 1, "email": "a@r.example"}, {"id": 2, "email": "b@r.example"}],
            "prices": [{"product_id": 1, "price": 5}, {"product_id": 2, "price": 6}],
            "orders": [{"id": 9, "customer_id": 2}],
        },
    )
    assert records == [
        {"id": "1", "email": "a@r.example"},
        {"id": "2", "email": "b@r.example", "orders": [{"id": 9}]},
    ]
    assert any(note.startswith("prices was left out") for note in taken.notes)


def test_a_log_of_people_is_not_the_customer_table(tmp_path: Path) -> None:
    """Among tables with addresses, the one named after people with more rows is chosen."""
    log = [{"log_id": "1", "user_id": "u1", "email": "ana@reader.example", "name": "Ana"}]
    taken, records = take(tmp_path, {"log": log, "users": list(USERS.values())})
    assert len(records) == 2
    assert taken.notes[0] == "Customers: 2 rows of users, named by user_id"


def test_secrets_are_dropped(tmp_path: Path) -> None:
    """Secret fields and card numbers go, at any depth; what only looks similar stays."""
    card = "4539578763621486"
    rows = [
        {
            "id": "u1",
            "email": "ana@reader.example",
            "passwordHash": "x",
            "pin": 1234,
            "pin_code": "560001",
            "SSN": "078-05-1120",
            "cards": [{"cvv": "123", "number": card, "last_4_digits": "1486", "card_id": "c-1"}],
            "note": f"paid with 4539 5787 6362 1486 today, parcel {'12' * 8}",
        }
    ]
    taken, (record,) = take(tmp_path, rows)
    assert record == {
        "id": "u1",
        "email": "ana@reader.example",
        "pin_code": "560001",
        "cards": [{"last_4_digits": "1486", "card_id": "c-1"}],
        "note": f"paid with ****1486 today, parcel {'12' * 8}",
    }
    assert card not in (tmp_path / "customers.json").read_text()
    assert taken.notes[-2:] == (
        "Left out because they look secret: SSN, cards.cvv, cards.number, passwordHash, pin",
        "Card numbers were masked in: note",
    )


def test_two_rows_with_one_id(tmp_path: Path) -> None:
    """The same row twice is one customer; two different ones are nobody."""
    rows = [{"id": f"u{n}", "email": f"{n}@r.example"} for n in range(20)]
    taken, records = take(tmp_path, [*rows, rows[0], {"id": "u1", "email": "other@r.example"}])
    assert [record["id"] for record in records] == ["u0", *(f"u{n}" for n in range(2, 20))]
    assert any("1 ids have two different rows" in note for note in taken.notes)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"lamps": [{"lamp_id": 1}], "shades": [{"shade_id": 1}]}, "looks like customers"),
        ([{"email": ""}, {"email": ""}], "looks like customers"),
        ([], "looks like customers"),
        (["x"], "holds no tables"),
        ({"a": 3}, "holds no tables"),
        ("x", "holds no tables"),
    ],
)
def test_no_customers_to_be_found(tmp_path: Path, content: Any, problem: str) -> None:
    """What was looked at and what is needed are said."""
    with pytest.raises(InputError) as caught:
        take(tmp_path, content)
    assert problem in caught.value.problem
    assert caught.value.place.file == str(tmp_path / "db.json")
    assert caught.value.fix


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (b'[{"id": 1},\n{', 2, "not valid JSON"),
        (b'[{"id": NaN}]', 1, "a number that is none"),
        (b"[" * 100_000, 1, "nested too deeply"),
        (b'[\n"\xff"]', 2, "not UTF-8"),
    ],
)
def test_broken_files(tmp_path: Path, data: bytes, line: int, problem: str) -> None:
    """The line is given."""
    (tmp_path / "db.json").write_bytes(data)
    with pytest.raises(InputError) as caught:
        take_customers(tmp_path / "db.json", tmp_path / "customers.json")
    assert caught.value.place.line == line
    assert problem in caught.value.problem


def test_missing_files_and_empty_folders(tmp_path: Path) -> None:
    """Both are reported as such."""
    with pytest.raises(InputError, match="No such file"):
        take_customers(tmp_path / "db.json", tmp_path / "customers.json")
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="no tables"):
        take_customers(tmp_path / "none", tmp_path / "customers.json")


def test_what_was_taken_can_be_asked(tmp_path: Path) -> None:
    """A folder made from a dump finds its customers, nested fields and odd text included."""
    users = [{**USERS["u1"], "motto": "h\ud800i \u2028"}]
    (tmp_path / "db.json").write_text(json.dumps({"users": users, "accounts": [ACCOUNTS["a1"]]}))
    create(tmp_path / "x", customers=tmp_path / "db.json")
    customers = Customers.open(load(tmp_path / "x"))
    assert customers is not None
    record = customers.find("ana@reader.example")
    assert record is not None
    assert record.value("accounts[0].status") == "open"
    assert record.value("motto") == "h?i"
