"""A request with an Idempotency-Key is done once and answered the same — on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from firstline.store.idempotency import IN_FLIGHT, KEPT, IdempotencyStore, Kept
from tests.builders import NOON

SECOND = timedelta(seconds=1)


@pytest.fixture
def store(engine: sa.Engine) -> IdempotencyStore:
    """Return the store of an empty database."""
    return IdempotencyStore(engine)


def test_the_second_request_gets_the_first_answer(store: IdempotencyStore) -> None:
    """Same caller, key and body: the answer that was given."""
    assert store.begin("shop", "k", "body", NOON) == "yours"
    store.finish("shop", "k", 202, '{"id": "t1"}')
    assert store.begin("shop", "k", "body", NOON) == Kept(status=202, body='{"id": "t1"}')


def test_another_body_is_refused(store: IdempotencyStore) -> None:
    """A key belongs to one request, answered or not."""
    store.begin("shop", "k", "body", NOON)
    assert store.begin("shop", "k", "other", NOON) == "other_request"
    store.finish("shop", "k", 202, "{}")
    assert store.begin("shop", "k", "other", NOON) == "other_request"


def test_callers_do_not_share_keys(store: IdempotencyStore) -> None:
    """Two programs may use the same key for different things."""
    store.begin("shop", "k", "body", NOON)
    assert store.begin("desk", "k", "other", NOON) == "yours"


def test_a_request_in_flight_is_waited_for_but_not_for_ever(store: IdempotencyStore) -> None:
    """While the first is being answered others wait; when its process died one may take over."""
    store.begin("shop", "k", "body", NOON)
    assert store.begin("shop", "k", "body", NOON + SECOND) == "in_flight"
    later = NOON + IN_FLIGHT + SECOND
    assert store.begin("shop", "k", "body", later) == "yours"
    assert store.begin("shop", "k", "body", later) == "in_flight"


def test_what_came_to_nothing_may_be_made_again(store: IdempotencyStore) -> None:
    """A request that failed leaves its key free; one that was answered does not."""
    store.begin("shop", "k", "body", NOON)
    store.forget("shop", "k")
    assert store.begin("shop", "k", "other", NOON) == "yours"
    store.finish("shop", "k", 202, "{}")
    store.forget("shop", "k")
    assert store.begin("shop", "k", "other", NOON) == Kept(status=202, body="{}")


def test_answers_are_kept_for_a_day(store: IdempotencyStore) -> None:
    """After that the key is free again."""
    store.begin("shop", "k", "body", NOON)
    store.finish("shop", "k", 202, "{}")
    assert store.begin("shop", "k", "other", NOON + KEPT - SECOND) == "other_request"
    assert store.begin("shop", "k", "other", NOON + KEPT + SECOND) == "yours"


def test_of_many_at_once_one_is_done(store: IdempotencyStore) -> None:
    """Eight of the same request at the same moment: one is done, the others wait."""
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda _: store.begin("shop", "k", "body", NOON), range(8)))
    assert sorted(map(str, begun)) == ["in_flight"] * 7 + ["yours"]
