"""Connections that were cut while nobody used them are noticed before they are used."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from firstline.store import database, open_database
from firstline.store.database import driver_url
from tests.conftest import new_postgres_database


def test_a_connection_that_was_cut_while_idle_is_replaced(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server restarted over night; the morning's first ticket does not pay for it."""
    monkeypatch.setattr(database, "IDLE_SECONDS", 0.0)
    url = new_postgres_database(postgres_server)
    engine = open_database(url)
    with engine.connect() as connection:
        process = connection.scalar(sa.text("SELECT pg_backend_pid()"))
    other = sa.create_engine(driver_url(postgres_server), isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        # The second argument waits, in milliseconds, until the backend is really gone.
        assert connection.scalar(sa.text(f"SELECT pg_terminate_backend({process}, 20000)"))
    other.dispose()
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT pg_backend_pid()")) != process
    engine.dispose()
