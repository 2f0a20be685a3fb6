"""Failing to sign in slows down, and never for ever — on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from firstline.store.attempts import FORGOTTEN, AttemptStore, Counted
from tests.builders import NOON

SECOND = timedelta(seconds=1)
ACCOUNT = Counted(key="account:a", free=3, longest=timedelta(seconds=10))
ADDRESS = Counted(key="address:b", free=5, longest=timedelta(seconds=10))


@pytest.fixture
def attempts(engine: sa.Engine) -> AttemptStore:
    """Return a store without attempts."""
    return AttemptStore(engine)


def test_waits_double_up_to_the_longest(attempts: AttemptStore) -> None:
    """After the free failures: 1, 2, 4, 8 and then always 10 seconds."""
    at, waits = NOON, []
    for _ in range(9):
        assert attempts.begin([ACCOUNT], at) is None
        wait = attempts.begin([ACCOUNT], at)
        if wait is not None:
            waits.append(wait / SECOND)
            at += wait
        else:
            assert not waits
            # The try was let through and counts as well.
    assert waits == [1, 2, 4, 8, 10, 10, 10, 10]


def test_whoever_waits_out_is_let_try_again(attempts: AttemptStore) -> None:
    """However many failures there were, the wait ends."""
    for number in range(50):
        attempts.begin([ACCOUNT], NOON + number * 11 * SECOND)
    assert attempts.begin([ACCOUNT], NOON + 50 * 11 * SECOND) is None


def test_failures_are_forgotten(attempts: AttemptStore) -> None:
    """After an hour without one the count begins anew."""
    for _ in range(3):
        attempts.begin([ACCOUNT], NOON)
    assert attempts.begin([ACCOUNT], NOON) is not None
    later = NOON + FORGOTTEN + SECOND
    assert attempts.begin([ACCOUNT], later) is None
    assert attempts.begin([ACCOUNT], later) is None


def test_success_clears_the_account_and_takes_one_back_of_the_address(
    attempts: AttemptStore,
) -> None:
    """An attacker who signs in to an own account does not clear their address."""
    for _ in range(2):
        attempts.begin([ACCOUNT, ADDRESS], NOON)
    attempts.succeeded([ACCOUNT.key], [ADDRESS.key])
    other = Counted(key="account:c", free=99, longest=SECOND)
    let_through = 0
    while attempts.begin([other, ADDRESS], NOON) is None:
        let_through += 1
    assert let_through == 4
    assert attempts.begin([ACCOUNT], NOON) is None


def test_a_refused_attempt_counts_for_nothing(attempts: AttemptStore) -> None:
    """Whoever keeps trying while they must wait does not wait longer for it."""
    for _ in range(3):
        attempts.begin([ACCOUNT], NOON)
    first = attempts.begin([ACCOUNT], NOON)
    assert [attempts.begin([ACCOUNT], NOON) for _ in range(5)] == [first] * 5


def test_many_guesses_at_once_count_each(attempts: AttemptStore) -> None:
    """Of twenty at the same moment only the free ones are let through."""
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: attempts.begin([ACCOUNT, ADDRESS], NOON), range(20)))
    assert sum(wait is None for wait in waits) == 3


def test_old_rows_are_swept(engine: sa.Engine, attempts: AttemptStore) -> None:
    """Addresses that were made up do not stay."""
    for number in range(10):
        attempts.begin([Counted(key=f"account:{number}", free=3, longest=SECOND)], NOON)
    attempts.begin([ACCOUNT], NOON + FORGOTTEN + SECOND)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM attempt")) == 1
