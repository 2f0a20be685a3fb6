"""What a reply promises is found: who, what, by when; what it does not promise is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.commitments import MOST, find_promises


@pytest.mark.parametrize(
    ("text", "who", "by"),
    [
        ("We'll e-mail you within 2 hours.", "We", "within 2 hours"),
        ("We’ll e-mail you within 2 hours.", "We", "within 2 hours"),
        ("They'll email you within 2 hours.", "They", "within 2 hours"),
        ("Our billing team will contact you by Friday.", "Our billing team", "by Friday"),
        ("Billing will contact you by Friday.", "Billing", "by Friday"),
        ("I'll follow up tomorrow.", "I", "tomorrow"),
        ("I am going to look into it.", "I", ""),
        ("We promise to call you today.", "We", "today"),
        ("We will be in touch next week.", "We", "next week"),
        ("You will receive a call.", "we", ""),
        ("You should see it in your account by January 22nd.", "we", "January 22nd"),
        ("You can expect a reply within 1 business day.", "we", "within 1 business day"),
        ("Please expect an answer within 1 business day.", "we", "within 1 business day"),
        ("Let me check with our engineering team.", "I", ""),
        ("Someone will get back to you.", "Someone", ""),
        ("One of our specialists will call you on Monday.", "One of our specialists", "on Monday"),
        ("A person on our team has it and will reply to you.", "A person on our team", ""),
        (
            "Your refund will be processed within 5-7 business days.",
            "we",
            "within 5-7 business days",
        ),
        ("Your invoice will be sent by Friday.", "we", "by Friday"),
        ("I'm escalating this to our engineers.", "I", ""),
        ("We answer within 3 hours.", "we", "within 3 hours"),
        ("Once we have reviewed it, we will e-mail you.", "we", ""),
        ("We will refund it, and if you have questions, write to us.", "We", ""),
    ],
)
def test_a_promise_is_found(text: str, who: str, by: str) -> None:
    """Each sentence holds one promise, of somebody, by some time."""
    (promise,) = find_promises([text])
    assert (promise.who, promise.by) == (who, by)
    assert text[promise.start : promise.end].startswith(promise.what[:12])


@pytest.mark.parametrize(
    "text",
    [
        "Exports are e-mailed to you when they are ready.",
        "If you send the invoice, we will look at it.",
        "We will look at it if you send the invoice.",
        "Once you cancel, we will send a confirmation.",
        "Reply to this message and a person from our team will help you.",
        "Would you like us to refund it?",
        "Will we call you?",
        "We can refund it.",
        "We will not charge you.",
        "We'll never share your data.",
        "We'll need your invoice number.",
        "We will be happy to help.",
        "The Team plan will move to Free.",
        "You will see the Export button.",
        "You will get a badge for each card.",
        "They will lose access to the board.",
        "The board will be restored.",
        "I've asked a person on our team to look at your message.",
        "We e-mail the owner.",
        "",
    ],
)
def test_no_promise_is_found(text: str) -> None:
    """Facts, offers, questions, refusals and what depends on the customer promise nothing."""
    assert find_promises([text]) == ()


def test_every_verb_of_one_subject_is_a_promise() -> None:
    """Three things promised in one sentence are three, each with its own time."""
    text = (
        "We will e-mail you by Friday, call you on Monday, and refund the A$20 in 5 business days."
    )
    assert [promise.by for promise in find_promises([text])] == [
        "by Friday",
        "on Monday",
        "in 5 business days",
    ]


def test_ten_promises_are_ten() -> None:
    """A reply full of promises yields each of them once, in order."""
    things = (
        "refund the fee|call you|e-mail you|check it|fix it|ship it|credit it|reset it|move it|ask"
    )
    sentences = [f"We will {thing} tomorrow." for thing in things.split("|")]
    promises = find_promises(sentences)
    assert [promise.sentence for promise in promises] == list(range(10))
    assert len({promise.fingerprint for promise in promises}) == 10


def test_the_fingerprint_is_that_of_the_words() -> None:
    """Spaces, quotes and capitals make no other promise of it."""
    (first,) = find_promises(["We'll call you today."])
    (second,) = find_promises(["Hello. we’ll  CALL you today."])
    (third,) = find_promises(["We'll call you tomorrow."])
    assert first.fingerprint == second.fingerprint != third.fingerprint


PIECES = st.sampled_from(
    [
        "we will ",
        "call ",
        "you ",
        "if ",
        ", and ",
        "by Friday ",
        ". ",
        "? ",
        "let me check ",
        "\ud800",
        "İ",
    ]
)


@given(st.lists(st.one_of(st.text(max_size=40), st.lists(PIECES).map("".join)), max_size=5))
def test_no_text_breaks_the_search(sentences: list[str]) -> None:
    """Whatever is written, spans lie in their sentences and their number is limited."""
    promises = find_promises(sentences)
    assert len(promises) <= MOST
    for promise in promises:
        assert 0 <= promise.start <= promise.end <= len(sentences[promise.sentence])
