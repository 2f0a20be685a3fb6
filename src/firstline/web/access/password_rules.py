"""What may be a password: long, and not what is guessed first. Pure.

After NIST SP 800-63B: at least twelve characters, at most two hundred, any characters, none
demanded, no expiry. Refused is what attackers try first: common words, keyboard runs, repetitions
and the names of the company and the person, alone or decorated with digits and signs. A long list
of leaked passwords would add little here: those of twelve characters and more are of these kinds.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

import re2

SHORTEST: Final = 12
LONGEST: Final = 200
_ENOUGH_LEFT: Final = 5
"""Characters that must be left when everything guessable is taken out."""
_SHORTEST_NAME: Final = 3
_SHORTEST_RUN: Final = 4
_COMMON: Final = tuple(
    """
    administrator administrador password passwort passwords passw0rd parola motdepasse contrasena
    changeme change letmein openup welcome willkommen bienvenue trustno iloveyou iloveu loveyou
    ilove lovely superman batman spiderman pokemon naruto starwars princess princesa sunshine
    football baseball basketball soccer hockey liverpool arsenal chelsea barcelona monkey dragon
    master shadow michael jordan jessica ashley daniel charlie thomas andrew matthew joshua jennifer
    michelle nicole samantha freedom whatever computer internet samsung google facebook microsoft
    windows apple iphone android secret geheim default temporary temp guest login signin access
    account support helpdesk service customer office company business system server database root
    admin user test testing tester demo sample example hello hallo bonjour hola summer winter spring
    autumn january february march april june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday correct horse battery staple
    thisismy mypassword this my the is one two three four five six seven eight nine zero
    cheese chocolate cookie banana orange purple yellow green black white blue flower butterfly
    angel jesus christ god family mother father friends forever
    """.split()
)
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
)
_DISGUISES: Final = str.maketrans("@4301!|5$7+8", "aaeoiilssttb")
_WORDS: Final = re2.compile(r"[^\pL\pN]+")


def normal(password: str) -> str:
    """Return a password as it is hashed: the same however a keyboard composes its characters."""
    return unicodedata.normalize("NFKC", password)


def fault_of(password: str, *, known: Iterable[str] = ()) -> str:
    """Return why a password is refused; empty when it may be used.

    Args:
        password: As it was typed.
        known: What anybody could guess here: the names of the company, the person, the product.
    """
    if len(password) > LONGEST:
        return f"The password is longer than {LONGEST} characters."
    text = normal(password)
    if len(text) < SHORTEST:
        return f"The password is shorter than {SHORTEST} characters. A sentence is easy to keep."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        return "The password has characters that cannot be typed."
    if len(set(text.casefold())) < _ENOUGH_LEFT:
        return "The password repeats the same few characters."
    if _left(text, known) < _ENOUGH_LEFT:
        return (
            "The password is made of what is guessed first: common words, rows of keys, "
            "repetitions, or names known here."
        )
    return ""


def _left(text: str, known: Iterable[str]) -> int:
    """Return what is left when all that is guessable is taken out: letters, and half the digits."""
    names = {
        part
        for name in known
        for part in _WORDS.split(normal(name).casefold())
        if len(part) >= _SHORTEST_NAME
    }
    words = sorted({*_COMMON, *names}, key=len, reverse=True)
    plain = text.casefold()
    return min(
        _worth(_without_runs(_without_words(plain, shape, words)))
        for shape in (plain, plain.translate(_DISGUISES))
    )


def _without_words(text: str, shape: str, words: list[str]) -> str:
    """Blank in a text what is a word in its shape, which is as long."""
    for word in words:
        while (at := shape.find(word)) >= 0:
            blank = " " * len(word)
            shape = shape[:at] + blank + shape[at + len(word) :]
            text = text[:at] + blank + text[at + len(word) :]
    return text


def _worth(text: str) -> int:
    left = _once("".join(_WORDS.split(text)))
    digits = sum(character.isdigit() for character in left)
    return len(left) - digits + digits // 2


def _without_runs(text: str) -> str:
    """Take out runs along the alphabet, the digits or a row of keys, in both directions."""
    kept: list[str] = []
    at = 0
    while at < len(text):
        length = max(_run_length(text, at, row) for row in (*_ROWS, *_BACKWARDS))
        if length >= _SHORTEST_RUN:
            kept.append(" ")
            at += length
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


_BACKWARDS: Final = tuple(row[::-1] for row in _ROWS)


def _run_length(text: str, start: int, row: str) -> int:
    """Return how many characters from `start` follow each other in a row."""
    place = row.find(text[start])
    if place < 0:
        return 0
    length = 0
    while text[start + length : start + length + 1] == row[place + length : place + length + 1]:
        length += 1
        if start + length >= len(text) or place + length >= len(row):
            break
    return length


def _once(text: str) -> str:
    """Return what is repeated when a text is one piece over and over, else the text."""
    for size in range(1, len(text) // 2 + 1):
        piece = text[:size]
        if (piece * (len(text) // size + 1))[: len(text)] == text:
            return piece
    return text
