"""How the durable engine is set up: names, threads and databases."""

from __future__ import annotations

from dbos import DBOSConfig, DBOSPortableJSONSerializer

from firstline.store.database import sqlite_engine

APPLICATION = "firstline"
APPLICATION_VERSION = "1"
"""Raised only when stored workflows could no longer be continued by this code."""
THREADS = 8
"""Threads for the databases. More of them only wait for each other (and for the interpreter)."""


def engine_config(url: str, executor: str) -> DBOSConfig:
    """Return how the engine is to run on the database at `url` under an executor's name."""
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": url,
        "executor_id": executor,
        "application_version": APPLICATION_VERSION,
        "serializer": DBOSPortableJSONSerializer(),
        "max_executor_threads": THREADS,
        "log_level": "WARNING",
    }
    if url.startswith("sqlite"):
        config["system_database_engine"] = sqlite_engine(url)
    else:
        config["sys_db_pool_size"] = 8
    return config
