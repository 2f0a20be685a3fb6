"""Sentences that slip through other checks, and true ones that other checks stop."""

from __future__ import annotations

import pytest
from tests.proof.statements.trials import codes, passage, record

REFUNDS = passage(
    "Refunds are paid back to the card you paid with. It takes 5-7 business days until the money"
    " arrives. Refunds are only available within 30 days of the purchase.",
    title="Refunds",
)
EXPORT = passage(
    "Open the board menu and choose Export. The file is sent to your e-mail address.",
    title="Export a board",
)
PLANS = passage(
    "The Team plan costs 99 USD per month. The Team plan includes 50 projects and 100 GB of"
    " storage.\n\nThe Business plan costs 199 USD per month. The Business plan includes 100"
    " projects and 500 GB of storage.",
    title="Plans and prices",
)
CHARGES = record(
    charges__first__date="2025-01-01",
    charges__first__amount="$49.00",
    charges__second__date="2025-01-15",
    charges__second__amount="$49.00",
)
INVOICE = record(invoice__boards__amount="$20.50", invoice__seats__amount="$30.00")

TRAPS = {
    "a day worked out as if business days were days": (
        "You should see the money by January 22nd.",
        REFUNDS,
    ),
    "a speed that nobody measured": (
        "The export typically completes within a few seconds.",
        EXPORT,
    ),
    "a duplicate that is two weeks apart": (
        "The second charge is definitely a duplicate.",
        CHARGES,
    ),
    "a promise in the name of others": ("They'll email you within 2 hours.", EXPORT),
    "a limit that is none": ("The Team plan includes unlimited storage.", PLANS),
    "the limit of another plan": ("The Team plan includes 100 projects.", PLANS),
    "another unit of time": ("It takes 5-7 days until the money arrives.", REFUNDS),
    "a policy turned round": ("Refunds are also available after 30 days.", REFUNDS),
    "a deed that nobody did": ("I have refunded your purchase.", REFUNDS),
    "a cause that nobody gave": (
        "The file is sent to your e-mail address because of a browser problem.",
        EXPORT,
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_caught(name: str) -> None:
    """A sentence that sounds right and that nothing bears out is not proven."""
    text, evidence = TRAPS[name]
    assert codes(text, evidence)


TRUE = {
    "number words": ("It takes five to seven business days until the money arrives.", REFUNDS),
    "a price in another order": ("The Team plan costs $99 a month.", PLANS),
    "a sum of two record values": ("The boards and the seats cost $50.50 together.", INVOICE),
    "a policy said the other way round": (
        "Refunds are not available after 30 days.",
        REFUNDS,
    ),
    "the right limit": ("With the Business plan you get 100 projects.", PLANS),
    "other words for the same": (
        "The file will be emailed to your address after you pick Export in the board menu.",
        EXPORT,
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_in_other_words_passes(name: str) -> None:
    """The same fact in another form is proven."""
    text, evidence = TRUE[name]
    assert codes(text, evidence) == set()
