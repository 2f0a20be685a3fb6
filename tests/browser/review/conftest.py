"""A company of which these tests may decide every ticket, seen through a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.browser.chromium import Pages
from tests.browser.review.desk import OpenAs, opener
from tests.web.conftest import Served
from tests.web.review.company import Desk, copied


@pytest.fixture(scope="session")
def desk(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Serve a copy of the company, with two people who work there."""
    with copied(served, tmp_path_factory.mktemp("seen") / "acme") as opened:
        opened.signed_in("Ann Lee")
        opened.signed_in("Bo Chen")
        yield opened


@pytest.fixture
def open_as(pages: Pages, desk: Desk) -> OpenAs:
    """Return what opens a page as somebody, with all tickets waiting."""
    desk.begin_again()
    return opener(pages, desk)
