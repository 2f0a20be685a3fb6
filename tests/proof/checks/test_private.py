"""What no reply may say: secrets of anybody, the customer's own data unasked, canaries."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.proof.checks.subjects import a_record, a_subject, a_workspace

from firstline.proof.canaries import canary_of, prompt_line
from firstline.proof.checks.private import private
from firstline.proof.subject import Subject
from firstline.records import Finding


def codes(subject: Subject, result: str = "block") -> set[str]:
    """Return the codes of what blocks."""
    return {finding.code for finding in private(subject) if finding.result == result}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your card is 4111 1111 1111 1111.", "unmasked_card"),
        ("Your card is 4111\u200b1111\u200b1111\u200b1111.", "unmasked_card"),
        ("Pay to DE89 3704 0044 0532 0130 00.", "unmasked_iban"),
        ("Your SSN is 123-45-6789.", "unmasked_ssn"),
        ("Your TFN is 123 456 782.", "unmasked_tfn"),
        ("BSB 062-000 account 12345678", "unmasked_bank_account"),
        ("Your password is hunter2.", "unmasked_password"),
        ("Your verification code is 482913.", "unmasked_one_time_code"),
        ("482913 is your sign-in code.", "unmasked_one_time_code"),
        ("Use sk_live_4242abcdEFGH4242abcd now.", "unmasked_api_key"),
        (
            "The card is four one one one one one one one one one one one one one one one.",
            "unmasked_card",
        ),
    ],
)
def test_secrets_never_leave(text: str, code: str) -> None:
    """They block even when the customer wrote them and the evidence has them."""
    assert codes(a_subject(text)) == {code}
    assert codes(a_subject(text, asked=f"Question\n{text}")) == {code}


@pytest.mark.parametrize(
    "text",
    [
        "Your card ending in ****1111 was charged A$135.00 on 4 May 2026.",
        "Sign-in codes expire after 600 seconds.",
        "Your verification code has 6 digits.",
        "Your password must be 12 characters or longer.",
        "Your password is wrong three times, then the account locks.",
        "Our ABN is 51 824 753 556.",
        "Call 1300 655 506 or write to help@acme.example.",
    ],
)
def test_talk_about_secrets_may_leave(text: str) -> None:
    """Masked numbers, rules for passwords and what a company publishes are no secrets."""
    assert codes(a_subject(text)) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("We wrote to ana@kestrel.example.", "own_email"),
        ("We wrote to ana at kestrel dot example.", "own_email"),
        ("We will call 0412 345 678.", "own_phone"),
        ("This is about cus_7001.", "own_account"),
    ],
)
def test_own_data_leaves_only_when_needed(text: str, code: str) -> None:
    """It blocks unasked, and passes when the message has it."""
    asked = "Export\nHow do I export a board?"
    assert codes(a_subject(text, asked=asked)) == {code}
    value = text.removesuffix(".").split(" to ")[-1].split(" call ")[-1].split(" about ")[-1]
    assert codes(a_subject(text, asked=f"Export\nI am {value}, help")) == set()
    assert codes(a_subject(text, asked=asked, earlier=(f"I am {value}",))) == set()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("Which e-mail do you have for me?", "We have ana@kestrel.example."),
        ("Which phone number is on file?", "We have 0412 345 678."),
        ("What is my customer id?", "It is cus_7001."),
    ],
)
def test_what_is_asked_for_is_needed(asked: str, text: str) -> None:
    """A question about one's own data may be answered with it."""
    assert codes(a_subject(text, asked=f"Question\n{asked}")) == set()


def test_the_companys_own_wording_is_needed() -> None:
    """A slot in the intent's answer puts the value there on purpose."""
    text = "Invoices go to ana@kestrel.example."
    agreed = a_workspace("Invoices go to {email}.")
    assert codes(a_subject(text)) == {"own_email"}
    assert codes(a_subject(text, workspace=agreed)) == set()


def test_of_another_system_own_data_is_only_told() -> None:
    """Nobody knows what its company agreed on, so it warns."""
    subject = a_subject("We wrote to ana@kestrel.example.", foreign=True)
    assert codes(subject) == set()
    assert codes(subject, "warn") == {"own_email"}


def test_a_customer_id_must_stand_there_whole() -> None:
    """A longer id that begins with it is another."""
    assert codes(a_subject("This is about cus_70012.")) == set()


@pytest.mark.parametrize("hidden", ["{}", "It is {}.", "a {} b"])
def test_a_canary_never_leaves(hidden: str) -> None:
    """The canary of the prompt, of any prompt, and of a record block, also in pieces."""
    prompt = canary_of("abcdef0123456789")
    assert codes(a_subject(hidden.format(prompt))) == {"canary"}
    assert codes(a_subject(hidden.format(prompt_line("another")))) == {"canary"}
    pieces = f"{prompt[:8]} and {prompt[8:]}"
    subject = a_subject(hidden.format(pieces))
    assert codes(subject) == set()
    known = replace(subject, draft=replace(subject.draft, prompt_hash="abcdef0123456789"))
    assert codes(known) == {"canary"}
    record = replace(a_record(), fields=(("canary", "Blue Heron Forty"),))
    assert codes(a_subject("the blue heron forty flew", evidence=(record,))) == {"canary"}


def test_the_place_is_told() -> None:
    """A finding names the sentence and the words in it."""
    subject = a_subject("Open the menu.", "Your card is 4111 1111 1111 1111.")
    (finding,) = private(subject)
    assert isinstance(finding, Finding)
    assert finding.sentence == 1
    text = subject.draft.sentences[1].text
    assert text[finding.start : finding.end] == "4111 1111 1111 1111"
    assert "4111" not in finding.detail
