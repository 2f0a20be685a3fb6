"""One small company for all pages of settings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from tests.web.conftest import Served
from tests.web.small_site import small_site

from firstline.store.schema import model_call, spend


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a small company."""
    with small_site(tmp_path_factory.mktemp("tiny") / "tiny", changed=False) as serving:
        spend_something(serving.site.desk.engine)
        yield serving


def spend_something(engine: sa.Engine) -> None:
    """Let a model have been asked today, for $1.25."""
    today = datetime.now(UTC).date()
    row = {
        "key": "k",
        "ticket": "t",
        "intent": "refunds",
        "purpose": "writer",
        "model": "a-model",
        "prompt_hash": "",
        "state": "answered",
        "attempts": 1,
        "batch": False,
        "cost_pico": 1_250_000_000_000,
        "asked_at": datetime.now(UTC).isoformat(),
        "day": today.isoformat(),
    }
    with engine.begin() as connection:
        connection.execute(spend.insert().values(day=today.isoformat(), pico=1_250_000_000_000))
        connection.execute(model_call.insert().values(row))
