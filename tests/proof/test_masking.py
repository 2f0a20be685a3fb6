"""Masking: sensitive data goes, everything else stays, and twice is once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proof.sensitive_numbers import cards, ibans, in_groups, with_check_digit

from firstline.proof import checksums
from firstline.proof.masking import ALL_KINDS, mask

SEPARATORS = st.sampled_from(["", " ", "-", "."])
AROUND = st.sampled_from(
    ["", "My card is ", "Zahlung mit ", "n° ", "(", "card:", "番号", "**", "\n", "charge: ", "1) "]
)
AFTER = st.sampled_from(["", " please", ".", ")", ", exp 12/27", "\nThanks", "**", "?", "です"])

GENERATED = "Ab3dEf6hIj9kLm2nOp5qRs8t"


@given(cards(), SEPARATORS, AROUND, AFTER)
@settings(max_examples=150, deadline=None)
def test_every_card_is_masked(number: str, separator: str, before: str, after: str) -> None:
    """A valid card number goes in any grouping and context, but for its last four."""
    written = number if len(number) not in {16, 19} else in_groups(number, separator)
    masked = mask(f"{before}{written}{after}")
    assert masked.text == f"{before}****{number[-4:]}{after}"
    assert masked.kinds == ("card",)


@given(ibans(), st.sampled_from(["", " ", "-"]), st.booleans(), AFTER)
@settings(max_examples=150, deadline=None)
def test_every_iban_is_masked(code: str, separator: str, lower: bool, after: str) -> None:
    """A valid IBAN goes, in capitals or not, in groups or not."""
    written = in_groups(code.lower() if lower else code, separator)
    masked = mask(f"IBAN: {written}{after}")
    assert masked.text == f"IBAN: ****{written.replace(separator, '')[-4:]}{after}"


@given(cards())
@settings(max_examples=150, deadline=None)
def test_a_wrong_digit_is_no_card(number: str) -> None:
    """A number that fails its check stays as it is."""
    wrong = number[:-1] + str((int(number[-1]) + 5) % 10)
    assert mask(f"my number is {wrong}").text == f"my number is {wrong}"


@given(ibans())
@settings(max_examples=150, deadline=None)
def test_a_wrong_sign_is_no_iban(code: str) -> None:
    """A code that fails modulo 97 is no IBAN."""
    wrong = f"{code[:2]}{(int(code[2:4]) + 1) % 100:02d}{code[4:]}"
    assert "iban" not in mask(f"code {wrong} here").kinds


PIECES = st.sampled_from(
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111 123",
        "1234",
        "password is hunter2",
        "password: ",
        "pwd=",
        "password password is ",
        "DE89 3704 0044 0532 0130 00",
        "account 12345678",
        "bank",
        "BSB 062-000 ",
        "****",
        "****1234",
        "sk-" + GENERATED,
        "Bearer " + GENERATED,
        "api_key=",
        "PIN 1234",
        "otp ",
        "123-45-6789",
        "ssn ",
        "-",
        " ",
        ".",
        '"',
        "é",
        "٤",
        "\n",
        "order ",
        "https://a:b1@c.example",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
@settings(max_examples=150, deadline=None)
def test_masking_twice_is_masking_once(text: str) -> None:
    """A masked text has nothing left to mask, and its spans are where it says."""
    once = mask(text, kinds=ALL_KINDS)
    assert mask(once.text, kinds=ALL_KINDS).text == once.text
    for span in once.spans:
        assert once.text[span.start : span.end].startswith("****")
    assert list(once.spans) == sorted(once.spans, key=lambda span: span.start)


@given(st.text(st.characters(categories=None, exclude_categories=()), max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_masked(text: str) -> None:
    """No text raises, and masking what came out changes nothing."""
    once = mask(text)
    assert mask(once.text).text == once.text


@pytest.mark.parametrize(
    "digits",
    ["４１１１１１１１１１１１１１１１", "٤١١١١١١١١١١١١١١١", "४१११११११११११११११"],  # noqa: RUF001 - other scripts' digits
)
def test_digits_of_other_scripts_count(digits: str) -> None:
    """A card typed in other digits is a card."""
    assert mask(f"karte {digits}").kinds == ("card",)


@pytest.mark.parametrize(
    ("text", "masked", "kind"),
    [
        ("SSN 123-45-6789", "SSN ****6789", "ssn"),
        (
            "my social security number is 123 45 6789",
            "my social security number is ****6789",
            "ssn",
        ),
        ("ssn: 123456789", "ssn: ****6789", "ssn"),
        ("It is 123-45-6789.", "It is ****6789.", "ssn"),
        ("TFN 123 456 782", "TFN ****6782", "tfn"),
        ("my tax file number: 123456782", "my tax file number: ****6782", "tfn"),
        ("Medicare 2123 45670 1", "Medicare ****6701", "medicare"),
        ("it is 2123 45670 1 for me", "it is ****6701 for me", "medicare"),
        ("BSB 062-000 account 12345678", "BSB **** account ****5678", "bank_account"),
        ("BSB: 062000 Acc: 1234 5678", "BSB: **** Acc: ****5678", "bank_account"),
        (
            "sort code 12-34-56, account number 12345678",
            "sort code ****, account number ****5678",
            "bank_account",
        ),
        (
            "routing 021000021 account 123456789012",
            "routing ****0021 account ****9012",
            "bank_account",
        ),
        (
            "my bank account number is 1234567890",
            "my bank account number is ****7890",
            "bank_account",
        ),
        (f"key sk-{GENERATED}", f"key ****{GENERATED[-4:]}", "api_key"),
        (f"ghp_{GENERATED}", f"****{GENERATED[-4:]}", "api_key"),
        ("AKIAIOSFODNN7EXAMPLE leaked", "****MPLE leaked", "api_key"),
        (f"Authorization: Bearer {GENERATED}", "Authorization: Bearer ****", "api_key"),
        (f"jwt eyJhbGciOi.{GENERATED}.{GENERATED}", "jwt ****", "api_key"),
        (f"api_key = '{GENERATED}'", f"api_key = '****{GENERATED[-4:]}'", "api_key"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY----- end",
            "**** end",
            "api_key",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEAtNQ3\nplease help",
            "****please help",
            "api_key",
        ),
        ("https://ann:s3cret@x.example/", "https://ann:****@x.example/", "password"),
        ("my password is hunter2.", "my password is ****.", "password"),
        ("my password is swordfish", "my password is ****", "password"),
        (
            "My password is swordfish and I am locked out",
            "My password is **** and I am locked out",
            "password",
        ),
        ("pwd: tr0ub4dor&3 thanks", "pwd: **** thanks", "password"),
        ("DB_PASSWORD=hunter2", "DB_PASSWORD=****", "password"),
        ('password "open sesame now"', 'password "open sesame now"', None),
        ('the password is "open sesame"', 'the password is "****"', "password"),
        ("Mein Passwort lautet Sommer2024!", "Mein Passwort lautet ****", "password"),
        ("mi contraseña es Gato123", "mi contraseña es ****", "password"),
        ("mon mot de passe est Chat123", "mon mot de passe est ****", "password"),
        ("minha senha é Gato123", "minha senha é ****", "password"),
        ("mijn wachtwoord is Kat12345", "mijn wachtwoord is ****", "password"),
        ("moje hasło to Kot12345", "moje hasło to ****", "password"),
        ("пароль: Kot12345", "пароль: ****", "password"),
        ("密码是abc12345", "密码是****", "password"),
        ("password for my account: Kat12345", "password for my account: ****", "password"),
        ("your verification code is 482913", "your verification code is ****", "one_time_code"),
        ("OTP 482 913", "OTP ****", "one_time_code"),
        ("the CVV is 123", "the CVV is ****", "one_time_code"),
        ("my PIN is 1234", "my PIN is ****", "one_time_code"),
    ],
)
def test_each_kind_in_its_context(text: str, masked: str, kind: str | None) -> None:
    """Every kind is known by its shape or by the words before it."""
    result = mask(text)
    assert result.text == masked
    assert result.kinds == ((kind,) if kind else ())


@pytest.mark.parametrize(
    "text",
    [
        "order 370795561790",
        "order number 4532015112830367 never came",
        "Tracking 1Z999AA10123456784",
        "call me on +61 2 9374 4000 or 0412 345 678",
        "(555) 123-4567, 555-123-4567",
        "on 2026-05-03 at 10:30, 03.05.2026, 2026-05-03 2026-05-04",
        "it costs $1,299.00 or 103.72999999999997",
        "version 10.0.19045.3570 at 192.168.100.200",
        "my password is not working",
        "my password is wrong",
        "the password is expired. Help!",
        "password: how do I reset it?",
        "I forgot my password to log in",
        "my password is 8 characters long",
        "reset my password on Monday",
        "change the password of my user profile",
        "error code 482913, zip code 90210, promo code 2026",
        "my account 12345678 is locked",
        "The token expired yesterday",
        "A pin on the map, pin 3 of the plug",
        "serial number 490154203237518",
        "ann@example.com",
        "612 345 678 is my phone",
        "ABN 51 824 753 556",
    ],
)
def test_ordinary_numbers_and_words_stay(text: str) -> None:
    """Orders, phones, dates, prices, versions and talk about passwords are left alone."""
    assert mask(text).text == text


def test_an_abn_is_masked_where_asked_for() -> None:
    """Business numbers are public, so masking them is a choice."""
    assert mask("ABN 51 824 753 556", kinds=ALL_KINDS).text == "ABN ****3556"


def test_only_the_kinds_asked_for_are_masked() -> None:
    """Other kinds stay when one is asked for."""
    text = "card 4111111111111111, password: hunter2"
    assert mask(text, kinds=frozenset({"password"})).text == "card 4111111111111111, password: ****"


def test_a_named_card_of_unknown_issuer_is_masked() -> None:
    """What the customer calls a card is one when its check digit holds."""
    number = with_check_digit("06040000123")
    assert mask(f"my card {number}").kinds == ("card",)
    assert mask(f"my code {number}").kinds == ()


def test_several_findings_keep_their_places() -> None:
    """Spans of several kinds point into the masked text."""
    masked = mask("card 4111 1111 1111 1111 and password: hunter2 and ssn 123-45-6789")
    assert masked.text == "card ****1111 and password: **** and ssn ****6789"
    assert [(span.kind, masked.text[span.start : span.end]) for span in masked.spans] == [
        ("card", "****1111"),
        ("password", "****"),
        ("ssn", "****6789"),
    ]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checksums.tfn, "123456782", "123456783"),
        (checksums.medicare, "2123456701", "2123456711"),
        (checksums.abn, "51824753556", "51824753557"),
        (checksums.routing, "021000021", "021000022"),
        (checksums.ssn, "123456789", "666456789"),
        (checksums.itin, "912701234", "812701234"),
        (checksums.card, "378282246310005", "378282246310006"),
        (checksums.iban, "GB82WEST12345698765432", "GB82WEST12345698765433"),
    ],
)
def test_check_digits(check: object, good: str, bad: str) -> None:
    """Published example numbers pass, and fail with a digit changed."""
    assert callable(check)
    assert check(good)
    assert not check(bad)
    assert not check(good[:-1])
