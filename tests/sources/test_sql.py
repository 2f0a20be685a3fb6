"""Databases: what they say, that they are only read, and how they fail without telling secrets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.conftest import new_postgres_database

from firstline.errors import SetupError
from firstline.records import CustomerId
from firstline.sources.asked import Asked, Who
from firstline.sources.failure import SourceFailure
from firstline.sources.owning import AskedOwners
from firstline.sources.sql import SqlReader, plain
from firstline.store.database import driver_url
from firstline.workspace.models import SourceSetting
from firstline.workspace.record_fields import flatten

MIA = Who(id="c1", email="mia@b.example")
HIDDEN = "hunter2-of-the-database"
TABLE = (
    "CREATE TABLE accounts (id INTEGER, customer TEXT, due NUMERIC(10, 2), paid BOOLEAN, day DATE)"
)
ROWS = "INSERT INTO accounts VALUES (1, 'c1', 19.90, true, '2026-05-04'), (2, 'c2', 7, false, NULL)"
BY_ID = "SELECT * FROM accounts WHERE customer = :id"
SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE :id <> '') "
    "SELECT max(x) FROM n",
    "postgresql": "SELECT pg_sleep(20), :id",
}


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database of each kind, with two accounts."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'crm.db'}"
    else:
        address = new_postgres_database(request.getfixturevalue("postgres_server"))
    engine = sa.create_engine(driver_url(address))
    with engine.begin() as connection:
        connection.execute(sa.text(TABLE))
        connection.execute(sa.text(ROWS))
    yield address
    engine.dispose()


@pytest.fixture
def reading(url: str, tmp_path: Path) -> Iterator[Any]:
    """Return what makes a reader of a statement, and closes it afterwards."""
    made: list[SqlReader] = []

    def make(query: str = BY_ID, *, seconds: float = 2.0) -> SqlReader:
        made.append(SqlReader(url, query, seconds=seconds, folder=tmp_path))
        return made[-1]

    yield make
    for reader in made:
        reader.close()


def test_a_row_is_read_by_a_bound_value(reading: Any, url: str) -> None:
    """Amounts keep their cents where the database keeps them; dates and truths read plainly."""
    (row,) = reading().read(MIA)
    amount = "19.9" if url.startswith("sqlite") else "19.90"
    assert row["due"] == amount
    paid = "1" if url.startswith("sqlite") else "yes"
    assert dict(flatten(row))["paid"] == paid
    assert row["day"] == "2026-05-04"
    assert row["id"] == "1"


@pytest.mark.parametrize("wanted", ["' OR '1'='1", "c1'; DELETE FROM accounts; --", "%", ""])
def test_a_value_is_never_part_of_the_statement(reading: Any, wanted: str) -> None:
    """Whatever a customer is called, only that customer is found."""
    assert reading().read(Who(id=wanted)) == ()
    assert len(reading("SELECT * FROM accounts WHERE :id = 'x'").read(Who(id="x"))) == 2


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM accounts WHERE customer <> :id",
        "WITH gone AS (DELETE FROM accounts RETURNING id) SELECT id FROM gone WHERE :id <> ''",
        "CREATE TABLE hole AS SELECT :id AS x",
    ],
)
def test_nothing_can_be_written(reading: Any, query: str) -> None:
    """The transaction itself refuses, whatever statement somebody got past the settings."""
    with pytest.raises(SourceFailure, match="the database refused it"):
        reading(query).read(MIA)
    assert len(reading("SELECT * FROM accounts WHERE :id <> ''").read(MIA)) == 2


def test_a_long_statement_is_stopped(reading: Any, url: str) -> None:
    """The database itself stops it, and the next question is answered as ever."""
    slow = SLOW[sa.make_url(url).get_backend_name()]
    reader = reading(slow, seconds=0.2)
    with pytest.raises(SourceFailure, match=r"no answer within 0\.2 s"):
        reader.read(MIA)
    assert reading().read(MIA)


def test_a_wrong_statement_says_what_kind_of_mistake_it_is(reading: Any) -> None:
    """Neither the value that was asked for nor the statement stands in the message."""
    with pytest.raises(SourceFailure) as caught:
        reading("SELECT nonsense FROM accounts WHERE customer = :id").read(MIA)
    assert "refused it (" in caught.value.problem
    assert "c1" not in caught.value.problem
    assert "nonsense" not in caught.value.problem


def test_many_ask_at_once(reading: Any) -> None:
    """Connections are shared and given back: each gets its own customer's record, every time."""
    setting = SourceSetting(name="crm", kind="sql", query=BY_ID, timeout_ms=20_000)
    asked = Asked(setting, reading(seconds=20.0))

    def ask(at: int) -> bool:
        name = f"c{at % 3}"
        rows = asked.ask(Who(id=name)).rows
        return [row["customer"] for row in rows] == ([name] if at % 3 else [])

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(120)))


def test_many_rows_are_not_all_read(reading: Any) -> None:
    """A statement that forgets whom it is about does not fill the memory."""
    query = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) "
        "SELECT x FROM n WHERE :id <> ''"
    )
    assert len(reading(query).read(MIA)) == 51


def test_whose_an_identifier_is_may_be_asked(reading: Any) -> None:
    """The ids a statement gives own the token; an answer is used again for a while."""
    reader = reading()
    owners = AskedOwners(
        reader, "SELECT customer FROM accounts WHERE 'acc-' || id = :token", seconds=2
    )
    assert owners(" ACC-2 ") == {CustomerId("c2")}
    assert owners("acc-9") == frozenset()
    broken = AskedOwners(reader, "SELECT x FROM nowhere WHERE y = :digits", seconds=2)
    with pytest.raises(SetupError, match="whose an identifier is"):
        broken("12345678")


def test_a_relative_file_is_meant_from_the_workspace(tmp_path: Path) -> None:
    """It is opened for reading: one that is not there is not created."""
    reader = SqlReader("sqlite:///in/crm.db", BY_ID, seconds=1, folder=tmp_path)
    (tmp_path / "in").mkdir()
    with pytest.raises(SourceFailure, match="SQLITE_CANTOPEN"):
        reader.read(MIA)
    assert list((tmp_path / "in").iterdir()) == []
    connection = sqlite3.connect(tmp_path / "in" / "crm.db")
    connection.execute(TABLE)
    connection.close()
    assert reader.read(MIA) == ()


@pytest.mark.parametrize(
    "url",
    [
        f"mysql+nothing://me:{HIDDEN}@db.example/crm",
        f"not a url {HIDDEN}",
        f"postgresql://me:{HIDDEN}@db.example:port/crm",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_an_address_that_cannot_be_used(url: str, tmp_path: Path) -> None:
    """The reason never repeats the address: it may hold a password."""
    with pytest.raises(SourceFailure, match="its URL cannot be used") as caught:
        SqlReader(url, BY_ID, seconds=1, folder=tmp_path)
    assert HIDDEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """No connection is a failure of the source, and tells no password."""
    url = f"postgresql://me:{HIDDEN}@127.0.0.1:1/crm"
    setting = SourceSetting(name="crm", kind="sql", query=BY_ID, timeout_ms=1_000)
    source = Asked(setting, SqlReader(url, BY_ID, seconds=1, folder=tmp_path))
    with pytest.raises(SourceFailure) as caught:
        source.ask(MIA)
    source.close()
    assert caught.value.unwell
    assert HIDDEN not in caught.value.problem


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, None),
        (True, True),
        (7, "7"),
        (Decimal("1E+3"), "1000"),
        (Decimal("19.90"), "19.90"),
        (date(2026, 5, 4), "2026-05-04"),
        (datetime(2026, 5, 4, 9, 30, tzinfo=UTC), "2026-05-04 09:30:00+00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"a": [Decimal("1.50"), None]}, {"a": ["1.50", None]}),
        (b"\x00picture", None),
    ],
)
def test_values_of_databases_read_as_customers_read_them(value: object, read: object) -> None:
    """Amounts are never rounded or written with exponents; what is no text is left out."""
    assert plain(value) == read
