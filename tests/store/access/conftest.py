"""Databases with the tables of access only: making all the others takes longer than the tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from firstline.store.database import driver_url, sqlite_engine
from firstline.store.people_tables import TABLES, forbid_changes
from firstline.store.schema import metadata


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Return an empty database, of each kind in turn; of Postgres a schema of its own."""
    if request.param == "sqlite":
        opened = sqlite_engine(f"sqlite:///{tmp_path / 'app.db'}")
    else:
        url = driver_url(request.getfixturevalue("postgres_server"))
        name = f"s{uuid.uuid4().hex[:12]}"
        opened = sa.create_engine(url, connect_args={"options": f"-c search_path={name}"})
        with opened.begin() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    with opened.begin() as connection:
        metadata.create_all(connection, tables=list(TABLES))
        forbid_changes(connection)
    yield opened
    opened.dispose()
