"""Acme, opened once for the tests of a module, with a store of their own for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from firstline.desk import Desk, open_desk

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return Acme without models."""
    folder = tmp_path_factory.mktemp("review") / "acme"
    shutil.copytree(ACME, folder, ignore=shutil.ignore_patterns(".*"))
    with open_desk(folder, with_models=False) as opened:
        yield opened
