"""Several requests in one message."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.messages import EXAMPLES, WordVectors

from firstline.routing.classifier import Classifier
from firstline.routing.requests import MOST_CLAUSES, find_requests

ENCODER = WordVectors()
CLASSIFIERS = [Classifier.fit(EXAMPLES, ENCODER), Classifier.fit(EXAMPLES, None)]


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize(
    "message",
    [
        "How can I reset my password? Also, the invoice shows the wrong amount.",
        "Please reset my password and how do I see the charge on my invoice?",
        "Hi,\n- I need to reset my password\n- there is a wrong charge on my invoice\nThanks!",
    ],
)
def test_two_requests_are_both_found(classifier: Classifier, message: str) -> None:
    """Each request is told in the message's order, at the place where it stands."""
    first, second = find_requests(message, classifier, ENCODER.encode)
    assert (first.intent, second.intent) == ("reset_password", "billing_error")
    assert "password" in message[first.start : first.end]
    assert "invoice" in message[second.start : second.end]


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize(
    "message",
    [
        "",
        "How can I reset my password?",
        "Hello team, how can I reset my password? Thanks a lot!",
        "I forgot my password. How can I reset my password?",
        "I forgot my password. We only noticed on the train to the mountains yesterday evening.",
        "How do I export my board and how long will it take?",
    ],
)
def test_one_request_is_not_made_several(classifier: Classifier, message: str) -> None:
    """Courtesies, repetition, narrative and questions leaning on another are no second request."""
    assert find_requests(message, classifier, ENCODER.encode) == ()


def test_a_single_clause_is_not_encoded() -> None:
    """A message of one clause costs nothing here."""
    before = len(ENCODER.encoded)
    find_requests("Hello, how can I reset my password?", CLASSIFIERS[0], ENCODER.encode)
    assert len(ENCODER.encoded) == before


def test_a_long_message_encodes_a_few_clauses() -> None:
    """However long a message is, only its most telling clauses are encoded."""
    message = " ".join(f"We looked at picture number {n} of the garden." for n in range(60))
    before = len(ENCODER.encoded)
    find_requests(f"{message} Please reset my password.", CLASSIFIERS[0], ENCODER.encode)
    assert len(ENCODER.encoded) - before <= MOST_CLAUSES
    assert "Please reset my password." in ENCODER.encoded[before:]


@given(st.text(max_size=300))
@settings(max_examples=50, deadline=None)
def test_requests_are_several_or_none_and_in_order(message: str) -> None:
    """Any text gives nothing or at least two distinct requests within it."""
    found = find_requests(message, CLASSIFIERS[0], ENCODER.encode)
    assert len(found) != 1
    assert len({request.intent for request in found}) == len(found)
    assert all(0 <= request.start < request.end <= len(message) for request in found)
