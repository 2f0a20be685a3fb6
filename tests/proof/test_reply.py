"""Parting what a mail newly says from its history."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.proof.reply import split_reply

NEW = "Thanks, but it still fails.\nCan you look again?"
HISTORIES = {
    "english": "On Mon, 4 May 2026 at 10:00, Support <help@acme.example> wrote:\n> Try this.",
    "wrapped": "On Mon, 4 May 2026 at 10:00, Support\n<help@acme.example>\nwrote:\n> Try this.",
    "unmarked": "On Mon, 4 May 2026 at 10:00, Support <help@acme.example> wrote:\n\nTry this.",
    "german": "Am 04.05.2026 um 10:00 schrieb Support <help@acme.example>:\n> Versuchen Sie das.",
    "french": "Le lun. 4 mai 2026 à 10:00, Support <help@acme.example> a écrit :\n> Essayez.",
    "spanish": "El lun, 4 may 2026 a las 10:00, Support (<help@acme.example>) escribió:\n> Pruebe.",
    "italian": "Il giorno lun 4 mag 2026 alle 10:00 Support ha scritto:\n> Provi.",
    "dutch": "Op ma 4 mei 2026 om 10:00 schreef Support <help@acme.example>:\n> Probeer dit.",
    "portuguese": "Em seg., 4 de mai. de 2026 às 10:00, Support escreveu:\n> Tente.",
    "swedish": "Den mån 4 maj 2026 kl 10:00 skrev Support <help@acme.example>:\n> Prova.",
    "polish": "pon., 4 maj 2026 o 10:00 Support <help@acme.example> napisał(a):\n> Spróbuj.",
    "japanese": "2026年5月4日(月) 10:00 Support <help@acme.example>:\n> お試しください",
    "outlook": (
        "________________________________\nFrom: Support <help@acme.example>\n"
        "Sent: Monday, 4 May 2026 10:00\nTo: Ann\nSubject: Re: Failing\n\nTry this."
    ),
    "outlook german": (
        "Von: Support\nGesendet: Montag, 4. Mai 2026 10:00\nAn: Ann\nBetreff: AW: Fehler\n\nHallo"
    ),
    "original": "-----Original Message-----\nFrom: Support\n\nTry this.",
    "ursprünglich": "-----Ursprüngliche Nachricht-----\nVon: Support\n\nHallo",
    "bare quote": "> Try this.\n> And that.",
    "help desk": "##- Please type your reply above this line -##\n\nYour request was updated.",
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_history_is_cut_off_and_kept(history: str) -> None:
    """Attribution lines, header blocks and separators of many languages end the new text."""
    reply = split_reply(f"{NEW}\n\n{history}")
    assert reply.text == NEW
    assert reply.quoted == history


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_a_mail_of_history_alone_is_kept_whole(history: str) -> None:
    """Nothing is ever left empty."""
    assert split_reply(history) == (history, "")


def test_answers_between_quotes_stay() -> None:
    """Inline answers are new, the quoted questions are not."""
    reply = split_reply("> Which plan?\nThe small one.\n\n> Since when?\nSince May.")
    assert reply.text == "The small one.\n\nSince May."


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Get Outlook for Android",
        "Gesendet von meinem Handy",
        "Envoyé de mon iPhone",
        "Enviado desde mi teléfono",
    ],
)
def test_lines_of_mail_programs_are_signature(line: str) -> None:
    """What a phone adds is cut off."""
    assert split_reply(f"Where is my order?\n\n{line}") == ("Where is my order?", line)


def test_a_signature_is_cut_off() -> None:
    """What stands below two dashes is signature when it is short."""
    assert split_reply("Please cancel.\n\n--\nAnn\nExample Ltd") == (
        "Please cancel.",
        "--\nAnn\nExample Ltd",
    )


@pytest.mark.parametrize(
    "text",
    [
        "On Monday your colleague wrote:\nyou get a refund.\nThat was a lie.",
        "I read the page.\n> 100 projects is what I need.",
        "From: my point of view it fails.\nTo: be honest, I am angry.",
        "Steps:\n--\n" + "a long list of things that happened\n" * 40,
        "Best regards are due to your team, but it fails.",
        "Thanks,\nhowever I want my money back.",
    ],
)
def test_a_customers_own_words_are_never_cut(text: str) -> None:
    """What only resembles history stays with the message."""
    assert split_reply(text.strip()).text == text.strip()


@given(st.lists(st.sampled_from(["> a", "--", "words", "", "On 4 May 2026, a@b.example wrote:"])))
@settings(max_examples=150, deadline=None)
def test_no_line_is_lost(lines: list[str]) -> None:
    """Every line is in the new text or in the history."""
    reply = split_reply("\n".join(lines))
    joined = sorted((reply.text + "\n" + reply.quoted).split())
    assert joined == sorted("\n".join(lines).split())
    assert bool(reply.text.strip()) == bool("".join(lines).strip())
