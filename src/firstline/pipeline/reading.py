"""What the stages read of a ticket."""

from __future__ import annotations

import re2

from firstline.proof.sentences import units, word_count
from firstline.records import Ticket

QUERY_CHARACTERS = 600
LONG_WORDS = 45
"""Words above which only the sentences that ask something are searched for."""

_ASKS = re2.compile(
    r"(?i)\?|^(?:so |and |but |also |please )?(?:how|what|where|when|why|which|who|can|could|is|are"
    r"|do|does|will|would|i want|i need|i'd like|we need|we want|tell me|explain|help)\b"
)
_NAME = re2.compile(r"[\p{L}\p{N}][\p{L}\p{N}.+#\-]*")
_GREETING = frozenset("hi hello hey dear thanks thank cheers regards".split())


def reading_text(ticket: Ticket) -> str:
    """Return subject, a line break, text: what offsets of risk signals count in."""
    return f"{ticket.subject}\n{ticket.text}"


def question_of(ticket: Ticket) -> str:
    """Return what to search for: the message, or of a long one the sentences that ask."""
    text = ticket.text
    if word_count(text) > LONG_WORDS:
        asking = [unit.text for unit in units(text) if _ASKS.search(unit.text)]
        text = " ".join(asking[:3]) or text
    subject = ticket.subject.strip()
    query = f"{subject}\n{text}" if subject and subject not in text else text
    return query[:QUERY_CHARACTERS].strip()


def names_in(text: str) -> tuple[str, ...]:
    """Return the names a question contains: capitalised words inside a sentence, acronyms, codes.

    The first word of a sentence is a name only when it is all capitals or holds a digit. A text
    in capitals has no names: there they mean nothing.
    """
    if text.isupper():
        return ()
    found: list[str] = []
    for unit in units(text):
        tokens = [match.group(0).strip(".-+") for match in _NAME.finditer(unit.text)]
        for at, token in enumerate(tokens):
            greeted = at > 0 and tokens[at - 1].lower() in _GREETING
            if not greeted and _is_name(token, first=at == 0):
                found.append(token)
    return tuple(dict.fromkeys(found))


def _is_name(token: str, *, first: bool) -> bool:
    if len(token) < len("ab") or not any(char.isalpha() for char in token):
        return False
    inner_capital = any(char.isupper() for char in token[1:])
    return inner_capital or (not first and token[0].isupper() and token not in ("I'm", "I'd"))
