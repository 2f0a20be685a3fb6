"""Whether a reply answers what was asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.tone.replies import codes, foreign, ours, routed

from firstline.proof.checks.answered import answered
from firstline.proof.tone.asked import asks_in, kind_of, stem

STEPS = "Open the board menu and choose Export."


@pytest.mark.parametrize(
    "reply",
    [
        "I don't have that information.",
        "Please contact support.",
        "I'm sorry, but I can't help with that.",
        "Hello! Thanks for your message. Unfortunately we are unable to answer this question.",
        "I am not sure. Please reach out to our support team.",
        "The documents do not provide an answer to this.",
        "There is no information about exports available.",
        "That is outside the scope of my knowledge.",
        "You should consult the documentation.",
    ],
)
def test_a_reply_that_only_declines_is_no_answer(reply: str) -> None:
    """However politely it is put, nothing was answered."""
    found = answered(foreign(reply))
    assert codes(found) == {"non_answer"}
    assert found[0].result == "block"


@pytest.mark.parametrize(
    "reply", ["Hello! Thanks for getting in touch.", "I hope you are well. Kind regards"]
)
def test_a_reply_of_courtesies_is_no_answer(reply: str) -> None:
    """Good manners alone answer nothing."""
    assert codes(answered(foreign(reply))) == {"no_answer"}


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("How do I export my board?", STEPS),
        ("How do I export my board?", f"I can't do it for you. {STEPS}"),
        ("How long do refunds take?", "Refunds take five to seven business days."),
        ("How much is the Team plan?", "Team costs 9 dollars a member."),
        ("How much is the Free plan?", "The Free plan is free of charge."),
        ("When does my trial end?", "Your trial ends next Friday."),
        ("Where is the export button?", "The export button is in the board menu."),
        ("Can I export a board?", "Yes, boards can be exported as CSV."),
        ("Is there an Android app?", "There is no Android app at the moment."),
        ("Thanks, that helped!", "You're welcome! Have a lovely day."),
        ("Cancel my order.", "Could you please share the order number?"),
    ],
)
def test_an_answer_is_an_answer(asked: str, reply: str) -> None:
    """Steps, facts, plain refusals of fact, and needed questions back raise nothing."""
    assert codes(answered(foreign(reply, asked=asked))) == set()


def test_an_answer_that_only_asks_back_is_doubted() -> None:
    """A question that asks for no detail answers nothing."""
    assert codes(answered(foreign("Isn't that a nice day?"))) == {"asks_back"}


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("When does the maintenance start?", "The maintenance is done by our engineers."),
        ("How long does a refund take?", "A refund goes to the card you paid with."),
        ("How much does a guest cost?", "A guest sees the boards that you share."),
    ],
)
def test_a_question_of_time_or_amount_wants_one(asked: str, reply: str) -> None:
    """The kind of question is a soft cue: a reply without a time or an amount is doubted."""
    found = answered(foreign(reply, asked=asked))
    assert codes(found) == {"wrong_kind"}
    assert found[0].result == "warn"


def test_a_reply_about_something_else_is_doubted() -> None:
    """Not one word of the question is in the reply or in what it was taken from."""
    asked = "How do I export my quarterly board report?"
    said = "Guests may comment on cards that members share with them."
    assert codes(answered(foreign(said, asked=asked))) == {"off_topic"}
    source = f"Reports and guests. {said} Exports of a board are made by members."
    assert codes(answered(foreign(said, asked=asked, evidence=source))) == set()


def test_each_of_several_requests_counts() -> None:
    """A request nothing is said about is named by its number, not by its words."""
    asked = "How do I export a board? And can I change the invoice address?"
    found = answered(foreign(f"To export a board, {STEPS.lower()}", asked=asked))
    assert codes(found) == {"request_missed"}
    assert found[0].detail == "nothing is said about request 2 of 2"
    both = f"To export a board, {STEPS.lower()} The invoice address is on the billing page."
    assert codes(answered(foreign(both, asked=asked))) == set()


def test_the_routers_requests_count_in_the_text_below_the_subject() -> None:
    """Spans of requests are offsets into the message, which stands below the subject line."""
    asked = "How do I export a board? Where is my invoice?"
    cut = asked.index("Where")
    route = routed(requests=((0, cut), (cut, len(asked))))
    text = "To export a board, open its menu."
    subject = ours(("quote", text), asked=asked, evidence=text, route=route)
    assert [found.detail for found in answered(subject)] == ["nothing is said about request 2 of 2"]


def test_our_own_quotes_are_an_answer() -> None:
    """A quote with its evidence is substance, whatever it says."""
    text = "We do not have an Android app. Please contact support to export a board."
    assert answered(ours(("courtesy", "Hello,"), ("quote", text), evidence=text)) == ()


def test_our_own_courtesies_are_none() -> None:
    """A greeting with a name and a source line alone answer nothing."""
    found = answered(ours(("courtesy", "Hello,"), ("quote", "Source: Exports"), evidence="x"))
    assert codes(found) == {"no_answer"}


def test_a_clarifying_draft_needs_its_question() -> None:
    """What asks back by its action has to ask."""
    asking = ours(("question", "Which board do you mean?"), action="clarify")
    silent = ours(("courtesy", "Hello,"), action="clarify")
    assert answered(asking) == ()
    assert codes(answered(silent)) == {"no_answer"}


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How long is the trial?", "how_long"),
        ("How many boards do I get?", "how_much"),
        ("What is the price of Team?", "how_much"),
        ("When is it due?", "when"),
        ("When I open a card it closes, why?", "when"),
        ("Where can I see it?", "where"),
        ("Why is it slow?", "other"),
    ],
)
def test_the_kind_of_a_question(question: str, kind: str) -> None:
    """What a question begins with says what answers it."""
    assert kind_of(question) == kind


def test_forms_of_a_word_share_a_stem() -> None:
    """Endings do not keep a reply from being about what was asked."""
    for one, other in (("exports", "exporting"), ("invoice", "invoices"), ("delete", "deleted")):
        assert stem(one) == stem(other)


@given(st.text(max_size=400), st.text(max_size=300))
def test_any_text_can_be_read(reply: str, asked: str) -> None:
    """No text makes the check fail, and a message holds few requests."""
    answered(foreign(reply, asked=asked))
    assert len(asks_in(asked)) <= 8
