"""One small company for all pages of knowledge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.web.conftest import Served
from tests.web.small_site import small_site


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a small company whose articles changed after answers were given."""
    with small_site(tmp_path_factory.mktemp("tiny") / "tiny") as serving:
        yield serving
