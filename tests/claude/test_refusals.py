"""Answers that decline are told from answers that say no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.claude.refusals import is_refusal


@pytest.mark.parametrize(
    "text",
    [
        "I don't have that information.",
        "I do not have any information about your question.",
        "I'm sorry, but I don't have enough details to answer.",
        "Unfortunately, I can’t help with that.",
        "I am unable to assist with this request.",
        "I cannot answer that from what I was given.",
        "I'm not able to provide information about prices.",
        "I cannot provide you with an answer.",
        "I could not find any relevant articles.",
        "I don't know.",
        "I'm not certain about that. Let me connect you with a specialist.",
        "I am not entirely sure how that works.",
        "The provided evidence does not mention exports.",
        "The knowledge base doesn't cover this.",
        "This is not covered in the provided documentation.",
        "There is no information about refunds.",
        "There is not enough information to say.",
        "No relevant information was found.",
        "We don't have that information.",
        "We are unable to help you with this.",
        "As an AI, I have no opinion.",
        "Thanks! However, I lack the necessary details.",
        "I'm afraid that I won't do that.",
        "I cannot determine which plan you are on.",
        "I don't\nhave access to your account.",
    ],
)
def test_a_refusal_is_seen(text: str) -> None:
    """Whoever speaks of their own knowledge or readiness has declined."""
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "Codes by SMS are not supported.",
        "Guests cannot export boards.",
        "We cannot see your password.",
        "We do not store card numbers.",
        "We don't have access to the files on your device.",
        "You do not have access to archived boards as a guest.",
        "The workspace export does not include comments.",
        "If you are not sure which plan you have, open Settings > Billing.",
        "You can't undo this.",
        "There is no limit on the number of boards.",
        "The invoice does not show the discount.",
        "If you did not find the e-mail, look into the spam folder.",
        "Your bank can tell you the reason; we only see that the charge was declined.",
        "See the article on exports for more information.",
        "Hawaii can't be chosen as a region.",
        "",
    ],
)
def test_a_plain_no_is_an_answer(text: str) -> None:
    """What the product or the company does not do is information."""
    assert not is_refusal(text)


@given(st.text(max_size=300))
def test_any_text_can_be_judged(text: str) -> None:
    """No text makes it fail, and case and line breaks never matter."""
    assert is_refusal(text) in (True, False)
    assert is_refusal(f"{text}\nI DON'T HAVE THAT INFORMATION")
