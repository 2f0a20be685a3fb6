"""The manner of a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.tone.replies import codes, foreign, ours, routed, workspace

from firstline.proof.checks.tone import tone

RUDE = {
    "swearing": (
        "This is a fucking simple setting.",
        "You have sh1t luck with your exports.",
        "Open the menu, you f u c k.",
        "That f***ing export is under Board.",
        "Only an assh0le would say so.",
    ),
    "hostile": (
        "That is a stupid question.",
        "Only an idiot would miss the Export button.",
        "You are being ridiculous.",
        "Stop wasting our time.",
        "Not our problem.",
        "Too bad.",
        "Please stop complaining and open the menu.",
        "We do not care.",
        "Your complaint is laughable.",
        "If you don't like it, leave.",
        "Customers like you never read anything.",
        "What is wrong with you?",
        "You will regret this.",
    ),
    "sarcastic": (
        "Oh, great, another export question.",
        "Congratulations on finding the one button we hid.",
        "It's not rocket science.",
        "What a surprise, you did not look in the menu.",
        "Good luck with that.",
        "Did you even read the article?",
        "Wow, really?",
        "Newsflash: the button is in the menu.",
        "Thanks for that brilliant question.",
    ),
    "blaming": (
        "This is your own fault.",
        "You should have read the article first.",
        "You failed to check the box.",
        "You obviously didn't follow the steps.",
        "You have only yourself to blame.",
        "Because you didn't save the board, the cards are gone.",
        "That is user error.",
        "You broke the board.",
    ),
    "condescending": (
        "As I already explained, the button is in the menu.",
        "Per my last email, open the board menu.",
        "Even a child could find the menu.",
        "Calm down.",
        "It really isn't hard, this is common sense.",
        "Let me explain this slowly.",
        "You people always miss the menu.",
        "Try to keep up.",
        "Just read the manual.",
    ),
    "robotic": (
        "As an AI language model, I cannot see boards.",
        "I'm just a bot.",
        "Your request is very important to us.",
        "Dear valued customer,",
        "Your ticket #4411 has been logged.",
        "Please be advised that exports take a while.",
        "Kindly do the needful.",
        "Do not reply to this email.",
        "The provided context does not mention exports.",
        "Certainly! Here is the reply:",
        "We value your business.",
    ),
    "slang": (
        "Hey dude, open the menu.",
        "You gotta open the menu lol.",
        "No worries, sweetie.",
        "My bad, open the menu.",
    ),
    "feelings": (
        "I promise you'll love the new export.",
        "I know exactly how you feel.",
        "We guarantee that you will be delighted.",
        "This will never happen again.",
        "I've been there.",
    ),
    "mild_swearing": ("What the hell, open the menu.", "That damn button is in the menu."),
    "jargon": (
        "The L2 team found a race condition.",
        "There was a regression in the backend.",
        "We will circle back after the sprint.",
    ),
    "exclamations": ("Open the menu!!", "Hi! Sure! Open the menu! Choose Export! Done!"),
    "capitals": (
        "OPEN THE BOARD MENU AND CHOOSE EXPORT.",
        "You MUST open the menu, NEVER the list, and NOT the card.",
    ),
    "emoji": ("Open 😀 the 😀 menu 😀.",),
}
KIND = (
    "Open the board menu and choose Export.",
    "I'm sorry about the trouble. Open the board menu and choose Export.",
    "I understand this is frustrating, and I apologise for the wait.",
    "You can export any board as CSV! Just open the menu.",
    "You need the Admin role to delete a workspace.",
    "If you forgot your password, choose Reset password.",
    "Make sure that you did not choose the archived list.",
    "The export failed because the file is larger than the limit.",
    "It is not possible to undo this, so please check twice.",
    "Single sign-on uses SAML. Webhooks send JSON to your server.",
    "The VAT ID and the SSO URL are on the admin page.",
    "Hello Priya, thanks for your message.",
    "Thank you for your patience while we look into this.",
    "You are welcome. Have a lovely day!",
    "Please let me know whether this helps.",
    "Our ship it list shows every card that is due.",
    "The customer's hit rate is on the report page.",
    "Use the idiot-proof checklist template.",
    "Your plan includes 10 boards; the eleventh is read-only.",
    "You did not receive an invoice because the plan is free.",
    "No problem, you can change it at any time.",
    "We have received your payment of 9 dollars.",
    "Scunthorpe and Penistone are in the list of towns.",
    "To kill a running import, choose Stop.",
    "A new seat is bought and you pay for it pro rata.",
    "You pay for each member, and you will pay for this plan once a year.",
)


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in RUDE.items() for text in texts]
)
def test_a_wrong_manner_is_found(code: str, text: str) -> None:
    """A reply that sounds wrong gets a finding of that kind."""
    assert code in codes(tone(foreign(text)))


@pytest.mark.parametrize("text", KIND)
def test_a_good_manner_raises_nothing(text: str) -> None:
    """Plain, friendly and firm sentences pass."""
    assert codes(tone(foreign(text))) == set()


@pytest.mark.parametrize(
    ("code", "result"),
    [("swearing", "block"), ("hostile", "block"), ("condescending", "warn"), ("robotic", "warn")],
)
def test_insults_block_and_matters_of_taste_warn(code: str, result: str) -> None:
    """What must never leave blocks; what a colleague may judge otherwise goes to review."""
    found = tone(foreign(RUDE[code][0]))
    assert {finding.result for finding in found if finding.code == code} == {result}


def test_a_finding_says_where() -> None:
    """The span of a finding is the words it is about, in the sentence it names."""
    subject = foreign("Open the board menu. You failed to check the box.")
    found = next(item for item in tone(subject) if item.code == "blaming")
    assert found.sentence == 1
    assert found.start is not None
    text = subject.draft.sentences[1].text
    assert text[found.start : found.end] == "You failed to check"


def test_quotes_and_agreed_lines_are_the_companys_own_words() -> None:
    """What people approved is not held to the tone, a writer's sentence is."""
    said = "Please be advised that exports take a while!!"
    assert codes(tone(ours(("quote", said), evidence=said))) == set()
    assert "robotic" in codes(tone(ours(("computed", said), evidence=said)))


def test_swearing_is_found_even_in_a_quote() -> None:
    """No agreed line and no article makes a swear word fit to send."""
    assert "swearing" in codes(tone(ours(("quote", "Damn, shit happens."), evidence="x")))


def test_words_in_inverted_commas_are_names() -> None:
    """A board may have a rude name."""
    assert codes(tone(foreign('Your board "Stupid ideas, shut up" is archived.'))) == set()


def test_jargon_somebody_used_is_no_jargon() -> None:
    """Words of the customer, the evidence or the catalogue may be used."""
    text = "The payload of a webhook is JSON."
    assert "jargon" in codes(tone(foreign(text)))
    assert codes(tone(foreign(text, asked="What is in the payload?"))) == set()
    assert codes(tone(foreign(text, evidence="The payload is JSON."))) == set()
    assert codes(tone(foreign(text, company=workspace(tone="technical")))) == set()


def test_capitals_somebody_used_are_no_shouting() -> None:
    """A label in capitals that the article shows may be repeated."""
    text = "Choose EXPORT ALL CARDS NOW in the menu."
    assert "capitals" in codes(tone(foreign(text)))
    assert codes(tone(foreign(text, evidence="Choose EXPORT ALL CARDS NOW."))) == set()


@pytest.mark.parametrize(
    ("preset", "text", "code"),
    [
        ("formal", "Hey there, open the menu.", "casual"),
        ("formal", "No worries, open the menu.", "casual"),
        ("technical", "Yep, open the menu.", "casual"),
        ("friendly", "We hereby confirm the aforementioned export.", "stiff"),
        ("formal", "Open the menu 😀.", "emoji"),
        ("formal", "Open the menu!", "exclamations"),
    ],
)
def test_the_tone_of_the_company_decides(preset: str, text: str, code: str) -> None:
    """What fits one tone does not fit another."""
    wrong = workspace(tone=preset)  # type: ignore[arg-type] # parametrised by name
    right = workspace(tone="formal" if preset == "friendly" else "friendly")
    assert code in codes(tone(foreign(text, company=wrong)))
    assert code not in codes(tone(foreign(text, company=right)))


@pytest.mark.parametrize(
    ("locale", "text", "found"),
    [
        ("en-AU", "Choose the color you like.", True),
        ("en-AU", "Choose the colour you like.", False),
        ("en-GB", "We apologize for the canceled export.", True),
        ("en-US", "Choose the colour you like.", True),
        ("en-US", "Choose the color you like.", False),
        ("en-CA", "We apologize for the wait.", False),
        ("en-CA", "Choose the color you like.", True),
        ("de-DE", "Choose the colour and the color.", False),
    ],
)
def test_spelling_follows_the_locale(locale: str, text: str, *, found: bool) -> None:
    """The company's own words are spelled as its locale spells them."""
    subject = ours(("computed", text), evidence="A list.", company=workspace(locale=locale))
    assert ("spelling" in codes(tone(subject))) is found


def test_a_word_others_wrote_keeps_their_spelling() -> None:
    """The customer's and the article's spelling may be repeated."""
    text = "Choose the color you like."
    assert codes(tone(foreign(text, asked="Which color can I choose?"))) == set()
    assert codes(tone(foreign(text, evidence="A color is a label."))) == set()


def test_the_common_side_of_a_pair_is_off_brand() -> None:
    """How anybody would say it is not how this company says it."""
    company = workspace(pairs=(("We apologise for the inconvenience.", "Sorry about that."),))
    text = "We apologise for the inconvenience, and here are the steps."
    assert "off_brand" in codes(tone(foreign(text, company=company)))
    assert codes(tone(foreign("Sorry about that.", company=company))) == set()


@pytest.mark.parametrize(
    "asked",
    [
        "This is the third time I have asked. How do I export?",
        "I am really frustrated. How do I export my board?",
        "My husband passed away in March. How do I export his board?",
    ],
)
def test_an_upset_customer_is_owed_a_kind_word(asked: str) -> None:
    """Facts alone are not enough for somebody who is upset."""
    bare = "Open the board menu and choose Export."
    assert "no_empathy" in codes(tone(foreign(bare, asked=asked)))
    kind = f"I'm sorry for the trouble this has caused. {bare}"
    assert "no_empathy" not in codes(tone(foreign(kind, asked=asked)))


def test_the_routers_signals_tell_the_mood_too() -> None:
    """A signal counts where the words of the message are not in the table."""
    subject = ours(
        ("quote", "Open the menu."), evidence="Open the menu.", route=routed("bereavement")
    )
    assert "no_empathy" in codes(tone(subject))


def test_good_cheer_hurts_a_customer_in_distress() -> None:
    """`Great news!` is out of place for a bereaved customer, and fine for others."""
    text = "Great news! I'm sorry for your loss. Open the board menu."
    assert "cheerful" in codes(tone(foreign(text, asked="My mother died. Can I close her plan?")))
    assert "cheerful" not in codes(tone(foreign(text)))


@given(st.text(max_size=400), st.text(max_size=200))
def test_any_text_can_be_read(reply: str, asked: str) -> None:
    """No reply and no message makes the check fail, and every span lies in its sentence."""
    subject = foreign(reply, asked=asked)
    for found in tone(subject):
        if found.start is None:
            continue
        assert found.sentence is not None
        assert 0 <= found.start <= (found.end or 0)
        assert found.start <= len(subject.draft.sentences[found.sentence].text)
