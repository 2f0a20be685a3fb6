"""Telling languages, and admitting when it cannot be told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.proof.language import UNKNOWN, detect

SENTENCES = {
    "en": ["Where is my parcel?", "The app crashes on startup", "Refund please", "cant log in"],
    "de": ["Wo ist mein Paket?", "Die Rechnung vom Mai stimmt nicht.", "Passwort vergessen"],
    "fr": ["Où est ma commande ?", "Je n'arrive pas à me connecter.", "Mot de passe oublié"],
    "es": ["¿Dónde está mi pedido?", "No puedo entrar en mi cuenta.", "Contraseña olvidada"],
    "it": ["Dov'è il mio ordine?", "Vorrei annullare l'abbonamento.", "Non riesco ad accedere."],
    "pt": ["Onde está o meu pedido?", "Não consigo entrar na minha conta.", "Esqueci a senha"],
    "nl": ["Waar blijft mijn bestelling?", "De factuur klopt niet.", "Wachtwoord vergeten"],
    "sv": ["Var är min beställning?", "Jag kan inte logga in."],
    "da": ["Hvor er min ordre?", "Jeg har glemt min adgangskode"],
    "fi": ["Missä tilaukseni on?", "En pääse kirjautumaan tililleni"],
    "pl": ["Gdzie jest moje zamówienie?", "Nie mogę się zalogować."],
    "cs": ["Kde je moje objednávka?", "Nemohu se přihlásit ke svému účtu"],
    "tr": ["Siparişim nerede?", "Hesabıma giriş yapamıyorum"],  # noqa: RUF001 - Turkish
    "ru": ["Где мой заказ?", "Верните деньги, пожалуйста"],
    "uk": ["Де моє замовлення?", "Я забув пароль до облікового запису"],
    "el": ["Πού είναι η παραγγελία μου;"],
    "ar": ["أين طلبي؟", "نسيت كلمة المرور"],
    "he": ["איפה ההזמנה שלי?"],
    "hi": ["मेरा ऑर्डर कहाँ है?"],
    "th": ["คำสั่งซื้อของฉันอยู่ที่ไหน"],
    "ko": ["주문이 어디에 있나요?", "비밀번호를 잊어버렸어요"],
    "ja": ["注文はどこですか？", "パスワードを忘れました。"],
    "zh": ["我的订单在哪里？", "请退款", "Google Authenticator 打不开"],
}


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in SENTENCES.items() for text in texts]
)
def test_short_requests_are_told_apart(code: str, text: str) -> None:
    """A sentence of a support ticket is enough."""
    assert detect(text).code == code


@pytest.mark.parametrize(
    "text",
    ["", "Hi", "thx m8", "OK", "??", "12345", "INV-2024-00123", "RX-78-2", "a@b.example", "asdf"],
)
def test_what_cannot_be_told_is_unknown(text: str) -> None:
    """Greetings, codes and addresses have no language."""
    language = detect(text)
    assert language.code == UNKNOWN
    assert language.confidence < 0.5


def test_words_of_another_language_do_not_decide() -> None:
    """A foreign greeting does not make an English message foreign."""
    assert detect("Bonjour, my account is locked and I can not log in").code == "en"


@given(st.text(st.characters(categories=None, exclude_categories=()), max_size=120))
@settings(max_examples=150, deadline=None)
def test_any_text_has_an_answer(text: str) -> None:
    """No text raises, and confidences are shares."""
    assert 0 <= detect(text).confidence <= 1


def test_english_messages_are_not_called_foreign(shared_data: Path) -> None:
    """Of two thousand short English messages, fewer than one in a hundred is called foreign."""
    path = shared_data / "routing_banking77" / "data.jsonl"
    texts = [json.loads(line)["text"] for line in path.read_text().splitlines()[::5]]
    foreign = [text for text in texts if detect(text).code not in {"en", UNKNOWN}]
    assert len(foreign) < len(texts) / 100
