"""A polling cursor loses no change, whatever the order, and repeats none that is settled."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firstline.channels.watermark import BACK, Found, Watermark

NOW = 1_780_000_000


def ask(changes: dict[str, int], cursor: str, now: float) -> tuple[tuple[str, ...], str]:
    """Poll an imaginary helpdesk in one page."""
    mark = Watermark.of(cursor, now)
    found = [(ticket, stamp) for ticket, stamp in changes.items() if stamp >= mark.since]
    told = mark.step(found, now)
    return told.tickets, told.cursor


def test_an_empty_cursor_begins_a_minute_ago() -> None:
    """What changed longer ago than a minute is history."""
    told, _ = ask({"old": NOW - BACK - 1, "new": NOW - BACK}, "", NOW)
    assert told == ("new",)


def test_what_is_settled_is_told_once() -> None:
    """A change is told once, although each poll looks back a minute."""
    changes = {"1": NOW - 20}
    told, cursor = ask(changes, "", NOW)
    assert told == ("1",)
    for second in (30, 60, 90):
        told, cursor = ask(changes, cursor, NOW + second)
        assert told == ()


def test_a_second_change_in_the_same_second_is_told() -> None:
    """A change in a second that is not over may be followed by another with the same stamp."""
    told, cursor = ask({"1": NOW}, "", NOW)
    assert told == ("1",)
    told, cursor = ask({"1": NOW}, cursor, NOW + 30)
    assert told == ("1",)
    told, _ = ask({"1": NOW}, cursor, NOW + 60)
    assert told == ()


def test_a_change_that_shows_late_is_told() -> None:
    """A change with an older stamp than the last one seen is told when it shows."""
    _, cursor = ask({"1": NOW - 10}, "", NOW)
    told, _ = ask({"1": NOW - 10, "late": NOW - 40}, cursor, NOW + 30)
    assert told == ("late",)


def test_a_pause_of_a_day_is_caught_up() -> None:
    """After a day without polling everything since the last poll is told."""
    _, cursor = ask({"1": NOW - 10}, "", NOW)
    day = 86_400
    changes = {str(hour): NOW + hour * 3600 for hour in range(1, 24)}
    told, _ = ask(changes, cursor, NOW + day)
    assert set(told) == set(changes)


steps = st.lists(
    st.tuples(st.integers(0, 40), st.lists(st.integers(0, 5), max_size=4)), min_size=1, max_size=12
)


@given(steps)
def test_every_change_is_told_by_the_next_poll(history: list[tuple[int, list[int]]]) -> None:
    """Whatever changes between polls is told by the next, told again only if it was very young."""
    now, cursor = NOW, ""
    stamps: dict[str, int] = {}
    times_told: dict[Found, int] = {}
    for pause, changed in history:
        now += pause
        for ticket in changed:
            stamps[str(ticket)] = now
        told, cursor = ask(stamps, cursor, now)
        assert {str(ticket) for ticket in changed} <= set(told)
        for key in ((name, stamps[name]) for name in told):
            times_told[key] = times_told.get(key, 0) + 1
    for pause in (30, 60):
        _, cursor = ask(stamps, cursor, now + pause)
    assert ask(stamps, cursor, now + 90)[0] == ()
    assert all(times <= len(history) for times in times_told.values())
