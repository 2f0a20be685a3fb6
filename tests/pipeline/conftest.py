"""Acme, opened once for the tests of a module."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from firstline.desk import Desk, open_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Iterator[Desk]:
    """Return Acme, opened once, with a database of its own."""
    folder = tmp_path_factory.mktemp("asking") / "acme"
    shutil.copytree(ready_acme, folder)
    with open_desk(folder) as opened:
        yield opened
