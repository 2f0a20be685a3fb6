"""What a reply must not sound like.

The tables of `phrases.toml` are about manner only. What a reply may state, promise or reveal is
looked at by other checks. `docs/tone.md` has the table of codes with examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import re2

from firstline.proof.tone.tables import phrases

Reads = Literal["whole", "own"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """One way a reply can sound wrong."""

    code: str
    result: Literal["warn", "block"]
    detail: str
    """For staff."""
    reads: Reads
    """`whole`: agreed lines and quotes too."""
    pattern: re2._Regexp[bytes]


MANNERS: Final[tuple[Manner, ...]] = (
    Manner(
        code="swearing",
        result="block",
        detail="it swears",
        reads="whole",
        pattern=phrases("swearing"),
    ),
    Manner(
        code="mild_swearing",
        result="warn",
        detail="it swears mildly",
        reads="own",
        pattern=phrases("mild_swearing"),
    ),
    Manner(
        code="hostile",
        result="block",
        detail="it insults or rebuffs the customer",
        reads="own",
        pattern=phrases("hostile"),
    ),
    Manner(
        code="sarcastic",
        result="block",
        detail="it mocks the customer",
        reads="own",
        pattern=phrases("sarcasm"),
    ),
    Manner(
        code="blaming",
        result="block",
        detail="it blames the customer",
        reads="own",
        pattern=phrases("blaming"),
    ),
    Manner(
        code="condescending",
        result="warn",
        detail="it talks down to the customer",
        reads="own",
        pattern=phrases("condescending"),
    ),
    Manner(
        code="robotic",
        result="warn",
        detail="it sounds like a machine or a form letter",
        reads="own",
        pattern=phrases("robotic"),
    ),
    Manner(
        code="slang",
        result="warn",
        detail="it is over-familiar",
        reads="own",
        pattern=phrases("slang"),
    ),
    Manner(
        code="feelings",
        result="warn",
        detail="it promises or claims feelings",
        reads="own",
        pattern=phrases("feelings"),
    ),
)
"""For every company, in the order they are reported."""
STIFF: Final = Manner(
    code="stiff",
    result="warn",
    detail="it is stiffer than the company's tone",
    reads="own",
    pattern=phrases("stiff"),
)
CASUAL: Final = Manner(
    code="casual",
    result="warn",
    detail="it is more casual than the company's tone",
    reads="own",
    pattern=phrases("casual"),
)
JARGON: Final = Manner(
    code="jargon",
    result="warn",
    detail="it uses jargon nobody else used here",
    reads="own",
    pattern=phrases("jargon"),
)
CHEERFUL: Final = Manner(
    code="cheerful",
    result="warn",
    detail="it is cheerful with a customer in distress",
    reads="own",
    pattern=phrases("cheerful"),
)
