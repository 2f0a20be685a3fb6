"""What holds for one thing is not said of its sibling; a cause needs a place that gives it."""

from __future__ import annotations

import pytest
from tests.proof.statements.trials import codes, passage

PLANS = passage(
    "## What is in it\n\n- **Basic**: albums and comments.\n- **Plus**: albums, with slideshows and"
    " guest books.\n- **Pro**: everything, with watermarks and a print shop.",
    title="Plans",
)
BIN = passage(
    "Erased photos stay in the bin for 30 days. An album can be shared with ten friends.",
    title="The bin",
)
HOLD = passage(
    "The hold begins at the end of the billing period. We check the bank card with a charge of"
    " zero.",
    title="Hold",
)

WRONG = {
    "another item's features": ("Basic comes with watermarks and a print shop.", PLANS),
    "an exchanged noun": ("Erased albums stay in the bin for 30 days.", BIN),
    "an opposite": ("The hold begins at the start of the billing period.", HOLD),
    "all at once": ("The hold begins right away.", HOLD),
    "a made-up cause": (
        "The hold begins at the end of the billing period because friends may be asked first.",
        HOLD,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_fact_of_a_sibling_is_caught(name: str) -> None:
    """A fact of something else, its opposite or its made-up cause is not proven."""
    assert codes(*WRONG[name])


def test_a_fact_of_the_thing_itself_passes() -> None:
    """A labelled item may be told with its label."""
    assert codes("Pro comes with watermarks and a print shop.", PLANS) == set()


def test_an_agents_next_step_needs_no_evidence() -> None:
    """To look something up, to hand over or to act on a confirmation states no fact."""
    assert codes("Let me check that for you.", HOLD) == set()
    assert codes("If you need more help, I can transfer you to a colleague.", HOLD) == set()
    assert codes("Once you confirm, I'll proceed.", HOLD) == set()
    assert "action" in codes("I have refunded you.", HOLD)
