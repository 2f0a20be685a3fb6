"""The whole of access without pages, on both databases."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from tests.store.access.conftest import engine
from tests.web.access.conftest import Clock
from tests.web.conftest import PASSWORD

from firstline.store.access_log import EventFilter
from firstline.web.access.access import Access, NotSignedIn, SignedIn, Visitor
from firstline.web.access.passwords import Passwords

__all__ = ["engine"]
HERE = Visitor(address="192.0.2.1", browser="a browser")
NEW = "another long passphrase"


@pytest.fixture
def desk(engine: sa.Engine, clock: Clock, passwords: Passwords) -> Access:
    """Return the access of a company where nobody works yet."""
    return Access(engine, company="Acme", now=clock, passwords=passwords)


async def test_from_the_set_up_to_the_end_of_a_session(desk: Access) -> None:
    """Set up, sign in, change the password, invite, be seen, sign out."""
    code = desk.setup_code()
    assert code is not None
    ada = await desk.set_up(
        code, email="Ada@acme.example", name="Ada Ling", password=PASSWORD, visitor=HERE
    )
    assert ada is not None
    first = await desk.sign_in("ada@acme.example", PASSWORD, HERE)
    assert isinstance(first, SignedIn)
    assert desk.person_of(first.token) == ada
    assert isinstance(await desk.change_password(ada, "wrong", NEW, HERE), NotSignedIn)
    changed = await desk.change_password(ada, PASSWORD, NEW, HERE)
    assert isinstance(changed, SignedIn)
    assert desk.person_of(first.token) is None
    link = desk.invite(email="bo@acme.example", name="Bo Ek", role="lead", by=ada)
    bo = await desk.accept(link, PASSWORD, HERE)
    assert bo is not None
    assert (bo.name, bo.role) == ("Bo Ek", "lead")
    desk.saw(bo, "ticket", "t-1")
    key, token = desk.make_key(name="Shop", scopes=("tickets:read",), valid=None, by=ada)
    found = desk.key_of(token)
    assert found is not None
    assert found.id == key.id
    desk.sign_out(changed.token)
    assert desk.person_of(changed.token) is None
    said = [event.action for event in desk.log.page(EventFilter()).events]
    assert said[::-1] == [
        "first admin set up",
        "signed in",
        "password changed",
        "signed in",
        "invited",
        "invitation used",
        "viewed",
        "key made",
        "signed out",
    ]


@pytest.mark.parametrize("typed", ["\x00", "ada\x00@acme.example", "\ud800", "😀" * 200])
async def test_no_database_stumbles_over_what_is_typed(desk: Access, typed: str) -> None:
    """It is wrong, and nothing else."""
    answer = await desk.sign_in(typed, typed, Visitor(browser=typed, device=typed))
    assert answer == NotSignedIn(why="wrong")
    assert desk.person_of(typed) is None
    assert desk.key_of(typed) is None
    assert desk.invitation(typed) is None


async def test_guesses_at_once_are_counted_each(desk: Access) -> None:
    """However many come at the same moment; and then the right one is not let through either."""
    desk.add_person(email="ada@acme.example", name="Ada Ling", role="agent", password=PASSWORD)
    answers = await asyncio.gather(
        *(desk.sign_in("ada@acme.example", "wrong guess", Visitor()) for _ in range(11))
    )
    whys = [answer.why for answer in answers if isinstance(answer, NotSignedIn)]
    assert whys.count("wait") >= 6
    late = await desk.sign_in("ada@acme.example", PASSWORD, Visitor())
    assert isinstance(late, NotSignedIn)
    assert late.why == "wait"
