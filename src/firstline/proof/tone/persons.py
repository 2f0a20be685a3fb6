"""What on its face needs a person: by the customer's words, and by the reply's own.

The router's signals say the same of a routed ticket and know more languages. This table is the
second reader: it also counts demands that are no risk but no machine may grant (delete, refund,
change what is billed), and it reads replies.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import re2

from firstline.proof.tone.reading import MOST_CHARACTERS, folded
from firstline.proof.tone.tables import phrases

DEMANDED: Final = "_demanded"
"""How the codes of demands end that no machine of ours may grant."""
_ASKED: Final[tuple[tuple[str, str, re2._Regexp[bytes]], ...]] = (
    (
        "person_asked",
        "the customer asks for a person",
        phrases("person_asked"),
    ),
    (
        "legal",
        "the customer speaks of the law",
        phrases("legal"),
    ),
    (
        "threat",
        "the customer threatens",
        phrases("threat"),
    ),
    (
        "self_harm",
        "somebody may come to harm",
        phrases("self_harm"),
    ),
    (
        "deletion_demanded",
        "the customer demands that an account or data be deleted",
        phrases("deletion_demanded"),
    ),
    (
        "money_demanded",
        "the customer demands money back or a change of what is billed",
        phrases("money_demanded"),
    ),
)
_HOW_TO: Final = phrases("how_to")
_REPLIED: Final[tuple[tuple[str, str, re2._Regexp[bytes]], ...]] = (
    (
        "legal_in_reply",
        "the reply speaks of legal matters",
        phrases("legal_in_reply"),
    ),
    (
        "threat_in_reply",
        "the reply threatens consequences",
        phrases("threat_in_reply"),
    ),
    (
        "self_harm_in_reply",
        "the reply speaks of suicide, self-harm or danger to life",
        phrases("self_harm_in_reply"),
    ),
)


def asked_reasons(asked: str) -> Iterator[tuple[str, str]]:
    """Yield code and words for what in a message calls for a person.

    A question how something is done is no demand to do it: "How do I delete my account?" may be
    answered by an article, "Delete my account" may not.
    """
    text = folded(asked[:MOST_CHARACTERS])
    for code, detail, wording in _ASKED:
        for hit in wording.finditer(text):
            if not code.endswith(DEMANDED) or not _is_question(text, hit.start()):
                yield code, detail
                break


def _is_question(text: bytes, at: int) -> bool:
    start = max(text.rfind(mark, 0, at) for mark in (b". ", b"! ", b"? ", b"\n", b"; "))
    return _HOW_TO.match(text[start + 1 : at + 1].lstrip()) is not None


def reply_reasons(own: bytes) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Yield code, words and place of what in a reply's own words only a person should write.

    Args:
        own: The reply, folded, agreed lines and quotes blank.
    """
    for code, detail, wording in _REPLIED:
        hit = wording.search(own)
        if hit is not None:
            yield code, detail, hit.span()
