"""Keys of programs — on both databases."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from firstline.store.access_log import AccessLog, EventFilter
from firstline.store.api_keys import ApiKeyStore
from firstline.store.people_records import ApiKey
from tests.builders import NOON

DAY = timedelta(days=1)
KEY = ApiKey(
    id="k1",
    name="Shop",
    prefix="fl_12345678",
    scopes=("tickets:write", "tickets:read"),
    made_by="Ada Ling",
    made_at=NOON,
    expires_at=NOON + DAY,
)


def test_a_key_is_found_by_its_hash_until_it_expires(engine: sa.Engine) -> None:
    """Nothing else finds it."""
    keys = ApiKeyStore(engine)
    keys.add(KEY, "hash", None)
    assert keys.find("hash", NOON) == KEY
    assert keys.find("other", NOON) is None
    assert keys.find("hash", NOON + DAY) is None


def test_a_key_without_an_end_stays_good(engine: sa.Engine) -> None:
    """Until somebody revokes it."""
    keys = ApiKeyStore(engine)
    endless = ApiKey(
        id="k2", name="x", prefix="fl_", scopes=("metrics:read",), made_by="", made_at=NOON
    )
    keys.add(endless, "hash", None)
    assert keys.find("hash", NOON + 5_000 * DAY) is not None


def test_a_revoked_key_is_kept_and_lets_nobody_in(engine: sa.Engine) -> None:
    """Who made and ended it stays known."""
    keys = ApiKeyStore(engine)
    keys.add(KEY, "hash", None)
    assert keys.revoke("k1", None, NOON)
    assert not keys.revoke("k1", None, NOON)
    assert keys.find("hash", NOON) is None
    assert [one.revoked_by for one in keys.list()] == ["command line"]
    said = [event.action for event in AccessLog(engine).page(EventFilter(kind="key")).events]
    assert said == ["key revoked", "key made"]


def test_the_last_use_is_known_to_the_minute(engine: sa.Engine) -> None:
    """And written once a minute."""
    keys = ApiKeyStore(engine)
    keys.add(KEY, "hash", None)
    keys.find("hash", NOON)
    keys.find("hash", NOON + timedelta(seconds=30))
    assert keys.list()[0].used_at == NOON
    keys.find("hash", NOON + timedelta(minutes=2))
    assert keys.list()[0].used_at == NOON + timedelta(minutes=2)


def test_a_scope_that_is_not_known_any_more_gives_no_right(engine: sa.Engine) -> None:
    """Rows of another version are read with care."""
    keys = ApiKeyStore(engine)
    keys.add(KEY, "hash", None)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE api_key SET scopes = 'tickets:read everything'"))
    found = keys.find("hash", NOON)
    assert found is not None
    assert found.scopes == ("tickets:read",)
