"""Acme, opened once for the tests of a module, with a store of their own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from firstline.desk import Desk, open_desk
from tests.review.company import small_acme


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a small Acme without models."""
    folder = small_acme(tmp_path_factory.mktemp("review") / "acme")
    with open_desk(folder, with_models=False) as opened:
        yield opened
