"""Hashing passwords."""

from __future__ import annotations

import asyncio
import threading

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from tests.web.access.conftest import FAST

from firstline.web.access.passwords import BusyError, Passwords

GOOD = "gravel tuba linoleum"


def test_the_real_parameters_are_those_of_the_standard() -> None:
    """argon2id, 64 MiB, three passes."""
    passwords = Passwords()
    used = extract_parameters(passwords.hash(GOOD))
    assert (used.type, used.memory_cost, used.time_cost) == (Type.ID, 65_536, 3)


def test_each_hash_has_a_salt_of_its_own(passwords: Passwords) -> None:
    """Two people with one password are not seen to have it."""
    assert passwords.hash(GOOD) != passwords.hash(GOOD)


def test_the_right_password_and_no_other_one_is_right(passwords: Passwords) -> None:
    """Composed or decomposed, but in the right case."""
    hashed = passwords.hash("zoë eats linoleum")
    assert passwords.check("zoe\u0308 eats linoleum", hashed).right
    assert not passwords.check("Zoë eats linoleum", hashed).right


@pytest.mark.parametrize("hashed", ["", "nonsense", "$argon2id$v=19$m=1,t=1,p=1$x$y"])
def test_without_a_good_hash_nothing_is_right(passwords: Passwords, hashed: str) -> None:
    """Not even what the hash that is compared instead was made of."""
    assert not passwords.check("nobody has this password", hashed).right
    assert not passwords.check("", hashed).right


def test_a_longer_password_is_never_cut_to_a_right_one(passwords: Passwords) -> None:
    """What is beyond the longest is not looked at, and then it is wrong."""
    password = "abc " * 50
    assert not passwords.check(password + "more", passwords.hash(password)).right


def test_a_hash_with_other_parameters_is_renewed(passwords: Passwords) -> None:
    """And one with the present ones is not."""
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(GOOD)
    renewed = passwords.check(GOOD, old).renewed
    assert passwords.check(GOOD, renewed).right
    assert passwords.check(GOOD, renewed).renewed == ""
    assert passwords.check("wrong", old).renewed == ""


async def test_hashing_does_not_block_and_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More than there are places at once are refused; afterwards there is room again."""
    passwords, go = Passwords(FAST, places=2), threading.Event()
    hasher = passwords.hash

    def slow(password: str) -> str:
        go.wait(10)
        return hasher(password)

    monkeypatch.setattr(passwords, "hash", slow)
    begun = [asyncio.create_task(passwords.hash_apart(GOOD)) for _ in range(5)]
    refused, waiting = await asyncio.wait(begun, timeout=0.05)
    assert [type(one.exception()) for one in refused] == [BusyError] * 3
    go.set()
    await asyncio.gather(*waiting)
    for _ in range(4):
        hashed = await passwords.hash_apart(GOOD)
        assert (await passwords.check_apart(GOOD, hashed)).right
