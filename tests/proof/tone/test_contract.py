"""The form of a reply: whole, in one language, nothing left to fill in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.tone.replies import codes, foreign, ours, workspace

from firstline.proof.checks.contract import contract
from firstline.records import SentenceKind

GERMAN = (
    "Öffnen Sie das Menü der Tafel und wählen Sie dann den Export. "
    "Danach können Sie die Datei auf Ihrem Rechner speichern."
)
ENGLISH = "Open the menu of the board and choose the export. Then you can save the file."


@pytest.mark.parametrize(
    "text",
    [
        "Hello [Name], open the menu.",
        "Hello [Customer Name], open the menu.",
        "Dear {name}, open the menu.",
        "Hello {{first_name}}, open the menu.",
        "Choose <insert link here> in the menu.",
        "The fee is XXX dollars.",
        "TODO: check the price.",
        "Lorem ipsum dolor sit amet.",
        "Kind regards, [Your Name]",
        "The price is [amount] a month.",
        "Hi %(name)s, open the menu.",
        "Your order ____ is on its way.",
        "Hello null, open the menu.",
        "Insert date here.",
        "Dear ${customer}, open the menu.",
    ],
)
def test_what_was_left_to_fill_in_blocks(text: str) -> None:
    """A slot nobody filled must not reach a customer."""
    found = [item for item in contract(foreign(text)) if item.code == "placeholder"]
    assert found
    assert found[0].result == "block"


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("See [Name](https://help.example/name) for details.", ""),
        ("The card ends in ****1234.", ""),
        ("Send a GET to /boards/{board_id} with your key.", "GET /boards/{board_id}"),
        ("Your to do list is empty.", ""),
        ("The range is [1, 5] and the size is XXL.", ""),
        ("If a < b, the list is sorted.", ""),
        ("It was 100% right in 5% of cases.", ""),
    ],
)
def test_brackets_of_other_use_pass(text: str, evidence: str) -> None:
    """Links, masked digits and what the article writes the same way are no placeholders."""
    assert "placeholder" not in codes(contract(foreign(text, evidence=evidence)))


@pytest.mark.parametrize(
    "text",
    [
        "Open the board menu and",
        "Open the board menu. Then choose the",
        "You can export it as CSV (or",
        "Open the menu. Choose Export. Then the file is saved in your downloads folder so that",
        "Your refund will be,",
        "First, open the menu. Then choose Export. After that you get a mail with a big fi",
    ],
)
def test_a_reply_that_was_cut_off_blocks(text: str) -> None:
    """Half a sentence says something else than a whole one."""
    assert "unfinished" in codes(contract(foreign(text)))


@pytest.mark.parametrize(
    "text",
    [
        "Open the board menu.",
        "Open the board menu",
        "Two ways:\n- the menu\n- the shortcut",
        "See https://help.example/export",
        "Open the menu. Choose Export. Kind regards, the Harbour team",
        "Which of the two (menu or shortcut) do you use?",
        "Done! 🎉",
        "1. Open the menu\n2. Choose the export",
    ],
)
def test_a_whole_reply_passes(text: str) -> None:
    """Lists, links and signatures need no full stop."""
    assert codes(contract(foreign(text))) == set()


def test_the_words_of_the_reply_decide_its_language() -> None:
    """A draft that says it is English is still German when its words are."""
    said = ours(("quote", GERMAN), evidence=GERMAN)
    assert codes(contract(said)) == {"language"}
    assert codes(contract(ours(("quote", ENGLISH), evidence=ENGLISH))) == set()


def test_the_drafts_language_is_held_to_the_ticket_and_the_company() -> None:
    """What the draft says of itself has to fit both."""
    assert "language" in codes(contract(ours(("quote", GERMAN), language="de", told="en")))
    assert "language" in codes(contract(ours(("quote", GERMAN), language="de", told="de")))
    both = workspace(languages=("en", "de"))
    fits = ours(("quote", GERMAN), language="de", told="de", company=both)
    assert codes(contract(fits)) == set()


def test_another_system_may_answer_in_the_customers_language() -> None:
    """With no list of languages, the message decides."""
    anyone = workspace(languages=())
    assert codes(contract(foreign(GERMAN, company=anyone, language="de"))) == set()
    assert "language" in codes(contract(foreign(GERMAN, company=anyone, language="en")))
    assert codes(contract(foreign(GERMAN, company=anyone, language="und"))) == set()


def test_one_sentence_in_another_language_is_doubted() -> None:
    """The rest is fine, so a reviewer sees it; a name in inverted commas is no sentence."""
    mixed = f"{ENGLISH} Bitte wenden Sie sich danach noch einmal an den Support. {ENGLISH[:40]}."
    assert codes(contract(foreign(mixed))) == {"sentence_language"}
    named = 'Choose the entry "Bitte wenden Sie sich an den Support" in the menu of the board.'
    assert codes(contract(foreign(named))) == set()


def test_a_table_of_prices_has_no_language() -> None:
    """Rows of names and amounts are not told apart by words."""
    rows = "Plan | Monat | Jahr\nFree | 0 | 0\nTeam | 9 per member per month | 90"
    subject = ours(("quote", ENGLISH), ("quote", rows), evidence=f"{ENGLISH}\n{rows}")
    assert "sentence_language" not in codes(contract(subject))


def test_a_word_of_two_alphabets_blocks() -> None:
    """A Cyrillic letter in a Latin word looks like another word than it is."""
    assert "mixed_letters" in codes(contract(foreign("Open p\u0430ypal.example and sign in.")))
    assert "mixed_letters" not in codes(contract(foreign("The delay is 5 µs, a tenth of a Ω.")))


def test_a_sentence_said_twice_is_doubted() -> None:
    """Models repeat themselves; list items may."""
    twice = "Open the board menu and choose Export. " * 2
    assert codes(contract(foreign(twice))) == {"repeated"}
    assert codes(contract(foreign("Very very very very good boards."))) == {"repeated"}
    listed = "- Price: nine dollars a month\n- Price: nine dollars a month"
    assert codes(contract(foreign(listed))) == set()


def test_an_empty_reply_blocks() -> None:
    """Nothing to say is no reply."""
    assert codes(contract(foreign(""))) == {"empty"}
    assert codes(contract(ours(("quote", " ")))) == {"empty"}


def test_a_reply_may_not_be_longer_than_the_company_says() -> None:
    """Both limits hold: without and with courtesies."""
    short = workspace(max_words=10)
    body = "Open the menu of the board and choose the export button now."
    assert codes(contract(foreign(body, company=short))) == {"length"}
    courteous: list[tuple[SentenceKind, str]] = [
        ("courtesy", f"Thank you for line {n} of many words here.") for n in range(9)
    ]
    talkative = ours(
        ("quote", "Open the menu."), *courteous, company=short, evidence="Open the menu."
    )
    assert "length" in codes(contract(talkative))


@given(st.text(max_size=500), st.sampled_from(["en", "de", "ja", "und"]))
def test_any_text_can_be_read(reply: str, language: str) -> None:
    """No text makes the check fail, and every span lies in its sentence."""
    subject = foreign(reply, language=language)
    for found in contract(subject):
        if found.start is not None and found.sentence is not None:
            assert found.end is not None
            assert found.end <= len(subject.draft.sentences[found.sentence].text)
