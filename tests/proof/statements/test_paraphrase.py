"""A paraphrase is proven by what the evidence says, and by no more than that."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proof.statements.trials import codes, passage, proofs, record

from firstline.proof.sentences import units
from firstline.proof.statements.paraphrase import preamble

EXPORTS = passage(
    "# Exports\n\nOwners can export a board as CSV. The link in the e-mail works for 7 days.\n\n"
    "- Attachments are not part of the file.\n"
    "- Exports may take up to 10 minutes, if the board is large.\n\n"
    "## Business plan\n\nYou can export the whole workspace as JSON.\n",
    title="Export your data",
)
POLICY = passage(
    "You can return an item within 30 days, unless it was a gift card. Return shipping is paid by"
    " the customer. We refund annual plans in the first 14 days.",
    title="Returns",
)

GOOD = {
    "inflected": "Boards can be exported as CSV by owners.",
    "a synonym": "The emailed link works for seven days.",
    "a denial kept": "Attachments aren't included in the file.",
    "a hedge kept": "If the board is large, an export may take up to 10 minutes.",
    "a greeting before it": "Hi there, owners can export a board as CSV.",
    "a list mark before it": "2. Owners can export a board as CSV.",
}


@pytest.mark.parametrize("name", GOOD)
def test_other_words_for_the_same_are_proven(name: str) -> None:
    """Inflections, synonyms and courtesies around it do not change what is said."""
    assert codes(GOOD[name], EXPORTS) == set()


BAD = {
    "polarity": ("Attachments are part of the file.", EXPORTS),
    "date": ("The link in the e-mail works until 3 March 2026.", EXPORTS),
    "duration": ("The link in the e-mail works for 9 days.", EXPORTS),
    "absolute": ("The link in the e-mail always works for 7 days.", EXPORTS),
    "contrast": ("We refund monthly plans in the first 14 days.", POLICY),
    "dropped_condition": ("You can return an item within 30 days.", POLICY),
    "cause": ("Attachments are not part of the file because of new copyright rules.", EXPORTS),
    "action": ("I have exported the board as CSV.", EXPORTS),
    "promise": ("Our engineers will call you about the export.", EXPORTS),
    "no_evidence": ("Penguins swim remarkably well.", EXPORTS),
    "name": ("Owners can export a board to Dropbox Paper as CSV.", EXPORTS),
    "unsupported": (
        "The file keeps colours, fonts and every formula of your spreadsheet.",
        EXPORTS,
    ),
}


@pytest.mark.parametrize("code", BAD)
def test_what_the_evidence_does_not_say_has_a_code(code: str) -> None:
    """Each kind of mistake is named by its code."""
    text, evidence = BAD[code]
    assert code in codes(text, evidence)


def test_a_condition_may_be_stated_beside_or_met_by_the_record() -> None:
    """A condition said in the next sentence is not dropped."""
    told = "You can return an item within 30 days. Gift cards cannot be returned."
    assert "dropped_condition" not in codes(told, POLICY)


def test_a_right_fact_of_another_plan_is_caught() -> None:
    """A limit of one plan does not hold for another one."""
    plans = passage(
        "| Plan | Boards | Guests |\n|---|---|---|\n| Team | 50 | 10 |\n| Business | 90 | 25 |\n",
        title="Limits",
    )
    assert codes("The Team plan has 50 boards.", plans, plans=("Team", "Business")) == set()
    assert codes("The Team plan has 90 boards.", plans, plans=("Team", "Business"))


def test_a_gap_says_where_it_is() -> None:
    """Offsets of a gap are characters of the sentence; supports are offsets of the evidence."""
    text = "The link in the e-mail works for 9 days."
    proof = proofs(text, EXPORTS)[0]
    gap = next(one for one in proof.gaps if one.code == "duration")
    assert text[gap.start : gap.end].endswith("9 days")
    support = proof.supports[0]
    assert EXPORTS.text[support.start : support.end] == "The link in the e-mail works for 7 days."


def test_a_value_of_a_record_is_shown_by_its_field() -> None:
    """A record's value in a sentence of its own is proven, another one's is not."""
    order = record(order__status="delivered", order__id="W-4711", order__total="$20.00")
    proof = proofs("Your order W-4711 is delivered.", order)[0]
    assert proof.gaps == ()
    assert proof.how == "record"
    assert {support.field for support in proof.supports} == {"order.status", "order.id"}
    assert codes("Your order W-4711 is cancelled.", order)
    assert "money" in codes("The total of order W-4711 is $25.00.", order)


def test_a_deed_needs_the_record_that_shows_it() -> None:
    """A cancelled order in a tool's output proves that it was cancelled; a policy does not."""
    done = record(order__id="W-4711", order__status="cancelled")
    rule = passage("Orders can be cancelled until they are sent.", title="Cancelling")
    assert codes("I have cancelled your order W-4711.", done) == set()
    assert "action" in codes("Your order has been cancelled.", rule)


def test_nothing_rests_on_internal_text() -> None:
    """What customers may not read proves nothing."""
    hidden = replace(EXPORTS, audience="internal")
    assert codes("Owners can export a board as CSV.", hidden) == {"no_evidence"}


def test_an_empty_reply_and_empty_evidence_are_no_trouble() -> None:
    """Nothing to prove gives no proofs; nothing to prove it by gives gaps."""
    assert proofs("", EXPORTS) == ()
    assert codes("Owners can export a board.") == {"no_evidence"}


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_judged(reply: str, evidence: str) -> None:
    """Whatever stands in reply and evidence, every gap lies within its sentence."""
    found = proofs(reply, passage(evidence))
    for unit, proof in zip(units(reply), found, strict=True):
        assert all(0 <= gap.start <= gap.end <= len(unit.text) for gap in proof.gaps)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hi Anna, it works.", "it works."),
        ("No new files are sent.", "No new files are sent."),
        ("Please note that it works.", "it works."),
        ("1. It works.", "It works."),
    ],
)
def test_a_preamble_states_nothing(text: str, rest: str) -> None:
    """List marks, greetings and "note that" are passed over; a denial is not."""
    assert text[preamble(text) :] == rest
