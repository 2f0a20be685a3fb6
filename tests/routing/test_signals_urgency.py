"""How soon a message wants an answer."""

from __future__ import annotations

import pytest

from firstline.records import Urgency
from firstline.routing import urgency_of


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("URGENT: please read", "high"),
        ("Our production system is down.", "high"),
        ("I need an answer today", "high"),
        ("Payroll runs in an hour and I am locked out", "high"),
        ("Nobody in our team can log in", "high"),
        ("We are losing sales every minute", "high"),
        ("Es ist dringend", "high"),
        ("No rush at all, whenever you have time", "low"),
        ("Just an idea: a dark mode would be great", "low"),
        ("Thanks a lot!", "low"),
        ("This is not urgent", "low"),
        ("Keine Eile", "low"),
        ("How do I export my board?", "normal"),
        ("My order has not arrived. Thanks", "normal"),
        ("How do I mark a card as urgent?", "normal"),
        ("The deadline field is empty", "normal"),
        ("How do I log out?", "normal"),
        ("", "normal"),
    ],
)
def test_urgency_is_read_from_the_words(text: str, urgency: Urgency) -> None:
    """Outages and deadlines are high, wishes and thanks low, the rest normal."""
    assert urgency_of(f"\n{text}") == urgency


def test_thanks_do_not_hide_an_outage() -> None:
    """High wins over low."""
    assert urgency_of("\nThe whole site is down since nine. Thank you!") == "high"
