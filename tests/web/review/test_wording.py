"""How long, how late, what was done: in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.builders import NOON
from tests.review.decisions import a_decision

from firstline.web.review.wording import (
    done_words,
    due_words,
    length_words,
    said_words,
    shown_path,
)

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("seconds", "words", "short"),
    [
        (0, "0 s", "0 s"),
        (59, "59 s", "59 s"),
        (60, "1 min", "1 min"),
        (3_600, "1 h", "1 h"),
        (3_660, "1 h 1 min", "1 h"),
        (-7_200, "2 h", "2 h"),
        (90_000, "1 d 1 h", "1 d"),
    ],
)
def test_lengths_have_two_units_at_most(seconds: int, words: str, short: str) -> None:
    """A length of time is read at a glance."""
    assert length_words(timedelta(seconds=seconds)) == words
    assert length_words(timedelta(seconds=seconds), short=True) == short


@pytest.mark.parametrize(
    ("left", "words", "tone"),
    [(4 * HOUR, "4 h left", ""), (HOUR, "1 h left", "warn"), (-HOUR, "1 h late", "bad")],
)
def test_a_ticket_gets_urgent_before_it_is_late(left: timedelta, words: str, tone: str) -> None:
    """In the last quarter of its time a ticket is shown as urgent, after it as late."""
    assert due_words(NOON + left, 8 * HOUR, NOON) == (words, tone)


def test_paths_of_fields_are_read_by_their_end() -> None:
    """What a field is called is at the end of its path."""
    assert shown_path("billing.next_invoice.amount") == "next invoice · amount"


@pytest.mark.parametrize(
    "kind", ["approve", "edit", "reject", "take", "snooze", "reopen", "returned"]
)
def test_every_decision_has_words(kind: str) -> None:
    """Whatever was decided can be told to others and to whoever decided."""
    made = a_decision(kind)
    assert done_words(made)
    assert said_words(made)


def test_who_got_a_ticket_is_told() -> None:
    """A handover names the team, and whether the customer knows."""
    made = a_decision("escalate", target="Billing", delivers="notice")
    assert done_words(made) == "handed it to Billing"
    assert said_words(made) == "Handed over to Billing; the customer is told"


def test_in_shadow_nothing_leaves() -> None:
    """An approval that delivers nothing says so."""
    assert "nothing leaves" in said_words(a_decision("approve"))
    assert "on its way" in said_words(a_decision("approve", delivers="reply"))
