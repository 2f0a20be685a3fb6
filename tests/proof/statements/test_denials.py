"""What the evidence denies of a thing is not said of it, and the other way round."""

from __future__ import annotations

import pytest
from tests.proof.statements.trials import codes, passage

HOLIDAY = passage(
    "You can put a monthly membership on hold for up to three months. Yearly memberships cannot be"
    " put on hold. During the hold everybody can read the forum, but nobody can post anything."
    " Posts and pictures are kept, and nothing is erased.",
    title="Put a membership on hold",
)
PAYING = passage(
    "## What we do not take\n\nWe do not take vouchers, coins, foreign notes or gold.",
    title="Paying",
)
BACK = passage(
    "## When we do not pay back\n\n- Tickets for a show that has begun.\n- Programmes and posters.",
    title="Money back",
)
FILES = passage("All files can be added except programs such as .exe and .bat.", title="Files")
DESK = passage("- Travel desk available: Yes\n- Night desk: No", title="Desks")
FAILED = passage(
    "A shop that is closed because of a failed payment can be opened and exported.",
    title="Failed payments",
)

TURNED = {
    "said in the sentence beside": ("Yearly memberships can be put on hold.", HOLIDAY),
    "nobody": ("During the hold everybody can post in the forum.", HOLIDAY),
    "nothing": ("Posts and pictures are erased during the hold.", HOLIDAY),
    "one of a list": ("We take foreign notes.", PAYING),
    "a heading that denies": ("Programmes and posters are paid back.", BACK),
    "an exception": ("Programs such as .exe and .bat can be added.", FILES),
    "a denial of what can be done": (
        "A shop that is closed because of a failed payment cannot be exported.",
        FAILED,
    ),
}
SAME = {
    "the denial itself": ("No, yearly memberships cannot be put on hold.", HOLIDAY),
    "the other kind": ("A monthly membership can be put on hold.", HOLIDAY),
    "one of a list": ("We do not take gold.", PAYING),
    "a heading that denies": ("Programmes and posters are not paid back.", BACK),
    "an exception": ("Programs such as .exe cannot be added.", FILES),
}


@pytest.mark.parametrize("name", TURNED)
def test_a_turned_denial_is_caught(name: str) -> None:
    """A statement against a denial of the same subject is not proven."""
    assert codes(*TURNED[name])


@pytest.mark.parametrize("name", SAME)
def test_a_denial_said_again_passes(name: str) -> None:
    """What the evidence denies may be denied, and what it allows may be said."""
    assert codes(*SAME[name]) == set()
