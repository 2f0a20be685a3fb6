"""What was dealt with of the gaps in knowledge."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from firstline.store import Inbox, TicketStore, app_url, open_database
from firstline.store.gap_marks import LONGEST_NOTE, GapMark, GapMarks
from tests.builders import NOON, a_ticket

MARK = GapMark(title="PayPal?", note="the article on PayPal", by="lead@acme.example", at=NOON)


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    """Return a database with two tickets."""
    made = open_database(app_url(tmp_path))
    store = TicketStore(made)
    store.open_inbox(Inbox(id="inbox", kind="file", target="out"), NOON)
    store.accept([(at, a_ticket(f"t{at}")) for at in range(2)])
    return made


def test_the_first_mark_stays_until_it_is_taken_away(engine: sa.Engine) -> None:
    """A second mark changes nothing; without the first it counts."""
    marks = GapMarks(engine)
    first, second = a_ticket("t0").id, a_ticket("t1").id
    later = GapMark(title="x", note="y" * 999, by="z", at=NOON + timedelta(days=1))
    marks.mark([first], MARK)
    marks.mark([first, second], later)
    found = marks.of([first, second])
    assert found[first] == MARK
    assert found[second].note == "y" * LONGEST_NOTE
    marks.unmark([first])
    assert set(marks.of([first, second])) == {second}
    assert marks.of([]) == {}
