"""A company of which these tests may decide every ticket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.web.conftest import Served
from tests.web.review.company import Desk, copied


@pytest.fixture(scope="session")
def reviewed(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Serve a copy of the company, for all tests of the review page."""
    with copied(served, tmp_path_factory.mktemp("reviewed") / "acme") as desk:
        yield desk
