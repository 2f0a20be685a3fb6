"""Samples: nobody can choose, every draft is as likely as written down — on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from firstline.records import TicketId
from firstline.store import Inbox, TicketStore
from firstline.store.samples import NewPlant, SampleBook
from firstline.store.tickets import instant
from firstline.store.trust_tables import lot_secret
from tests.builders import NOON, a_draft, a_quote, a_ticket

COUNT = 400
ALL = [TicketId(f"t{at}") for at in range(COUNT)]


@pytest.fixture
def book(engine: sa.Engine) -> SampleBook:
    """Return the samples of a database with some hundred tickets, and always the same lots."""
    store = TicketStore(engine)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    store.accept([(at, a_ticket(name)) for at, name in enumerate(ALL)])
    with engine.begin() as connection:
        row = {"name": "sample", "salt": "5" * 64, "at": instant(NOON)}
        connection.execute(lot_secret.insert().values(row))
    return SampleBook(engine)


def drawn(book: SampleBook) -> dict[TicketId, float]:
    """Return what was drawn, with its probability."""
    return {one.ticket: one.inclusion for one in book.items()}


def test_a_rate_draws_about_that_share_and_no_second_lot(book: SampleBook) -> None:
    """Drawing again at the same rate takes nothing new; the probability is written down."""
    first = book.draw(ALL, rate=0.2, by="lead", now=NOON)
    assert (first.population, first.inclusion) == (COUNT, 0.2)
    assert 40 < first.new < 130
    before = drawn(book)
    again = book.draw(reversed_(ALL), rate=0.2, by="lead", now=NOON)
    assert (again.new, again.known) == (0, first.new)
    assert drawn(book) == before


def reversed_(tickets: list[TicketId]) -> list[TicketId]:
    """Return tickets in another order, some of them twice."""
    return [*reversed(tickets), *tickets[:5]]


def test_a_higher_rate_adds_evenly(book: SampleBook) -> None:
    """What was drawn before stays, and all of it was drawn with the higher probability."""
    book.draw(ALL, rate=0.1, by="lead", now=NOON)
    before = set(drawn(book))
    book.draw(ALL, rate=0.3, by="lead", now=NOON)
    after = drawn(book)
    assert before < set(after)
    assert set(after.values()) == {0.3}


def test_a_number_draws_exactly_that_many_more(book: SampleBook) -> None:
    """The probability is the share of all drafts that is then drawn."""
    first = book.draw(ALL, count=50, by="lead", now=NOON)
    assert (first.new, first.inclusion) == (50, 50 / COUNT)
    more = book.draw(ALL, count=30, by="lead", now=NOON)
    assert (more.new, more.known) == (30, 50)
    assert set(drawn(book).values()) == {80 / COUNT}
    rest = book.draw(ALL, count=10_000, by="lead", now=NOON)
    assert (rest.new, rest.inclusion) == (COUNT - 80, 1.0)


def test_new_drafts_are_drawn_like_the_old_ones(book: SampleBook) -> None:
    """A number for a population that has grown prefers neither."""
    book.draw(ALL[:200], count=40, by="lead", now=NOON)
    book.draw(ALL, count=60, by="lead", now=NOON)
    new = [one for one in drawn(book) if one in set(ALL[200:])]
    assert 30 < len(new) < 60


def test_workspaces_draw_differently(book: SampleBook, engine: sa.Engine) -> None:
    """The lots hang on a secret: knowing the tickets does not tell who is drawn."""
    book.draw(ALL, rate=0.2, by="lead", now=NOON)
    before = set(drawn(book))
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM sample"))
        connection.execute(sa.text("DELETE FROM lot_secret"))
    book.draw(ALL, rate=0.2, by="lead", now=NOON)
    assert set(drawn(book)) != before


def test_names_tell_nothing_and_the_order_is_by_lot(book: SampleBook) -> None:
    """A name has nothing of the ticket, and items come in the order of their names."""
    book.draw(ALL, rate=1.0, by="lead", now=NOON)
    items = book.items()
    assert [one.item for one in items] == sorted(one.item for one in items)
    assert [one.ticket for one in items] != sorted(one.ticket for one in items)
    assert len({one.item for one in items}) == COUNT


def test_plants_look_like_the_others(book: SampleBook) -> None:
    """A planted draft has a name of the same kind, and there is one of a ticket at most."""
    spoilt = NewPlant(
        ticket=ALL[0], change="number", spoilt=a_draft(a_quote("In 41 days.")), draft="h"
    )
    assert book.plant([spoilt, spoilt], by="lead", now=NOON) == 1
    assert book.plant([spoilt], by="lead", now=NOON) == 0
    book.draw(ALL[:1], rate=1.0, by="lead", now=NOON)
    (plant,), (item,) = book.plants(), book.items()
    assert plant.spoilt == spoilt.spoilt
    assert len(plant.item) == len(item.item)
    assert plant.item != item.item


def test_lots_are_the_same_each_time(book: SampleBook) -> None:
    """An order by lot does not hang on how often it is asked for."""
    assert book.lots(ALL, purpose="x", now=NOON) == book.lots(ALL[::-1], purpose="x", now=NOON)
    assert book.lots(ALL, purpose="x", now=NOON) != book.lots(ALL, purpose="y", now=NOON)
