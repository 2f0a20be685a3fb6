"""What stands in a text where it once said something else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firstline.proof.claims import Facts
from firstline.proof.wording import Rewording, rewordings

OLD = "We refund a first payment within 30 days."
NEW = "We refund a first payment within 14 days. Ask the owner."


def test_only_what_is_not_said_any_more_is_told() -> None:
    """A unit that stands in one of the texts is left out, in whichever it stands."""
    found = rewordings(f"{OLD} Ask the owner.", [NEW, "Boards hold cards."])
    assert [one.was for one in found] == [OLD]


def test_old_and_new_values_are_told_apart() -> None:
    """Values that stand in both are not named; a value is the same however it is written."""
    (found,) = rewordings(
        "The plan costs $1,200 for 5 seats.", ["The plan costs $1500.00 for five seats."]
    )
    assert (found.values_were, found.values_are) == (("$1,200",), ("$1500.00",))


def test_the_nearest_statement_is_named() -> None:
    """Of several statements the one with most words in common stands there now."""
    texts = ["We refund nothing else.", "Payments are monthly.", NEW]
    (found,) = rewordings(OLD, texts)
    assert found.now == "We refund a first payment within 14 days."


def test_nothing_near_is_nothing() -> None:
    """Where no statement is alike, none is named."""
    assert rewordings(OLD, ["Boards hold cards."]) == (Rewording(was=OLD),)
    assert rewordings(OLD, []) == (Rewording(was=OLD),)


def test_money_is_read_as_the_company_writes_it() -> None:
    """A bare dollar is the company's own, so naming the currency changes no value."""
    facts = Facts(locale="en-AU")
    (found,) = rewordings("It costs $5 a month.", ["It costs A$5 each month."], facts)
    assert (found.values_were, found.values_are) == ((), ())


@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=4))
def test_any_text_is_taken(text: str, texts: list[str]) -> None:
    """Whatever the texts are, what is told was in them."""
    for one in rewordings(text, texts):
        assert one.was in text
        assert not one.now or any(one.now in other for other in texts)


def test_a_text_that_still_stands_has_no_rewording() -> None:
    """The whole text, quoted, leaves nothing to tell."""
    assert rewordings(NEW, [f"Before. {NEW} After."]) == ()
