"""Cutting a text to the room there is, in whole sentences, list items and rows only.

Half a sentence may say the opposite of the whole, and could not be quoted anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import re2

from firstline.claude.tokens import estimate
from firstline.proof.quotes import quoted_units
from firstline.proof.sentences import Unit, units, words

_ASKS = re2.compile(
    r"(?i)\?|^(?:so |and |but |also |please )*(?:how|what|where|when|why|which|who|can|could|is|are"
    r"|do|does|did|will|would|may|i want|i need|i'd like|i would like|we need|we want|we'd like"
    r"|tell me|explain|help|please)\b"
)
_SHORT = 3
"""Letters a word needs to say what a text is about."""
_COMMON = frozenset(
    "and are but can could did does for from get had has have her him his how its just may not our "
    "out please she should that the their them then there they this was were what when where which "
    "who why will with would you your".split()
)
_MOST_UNITS = 60
"""Units of a passage that are looked at: choosing a run is quadratic."""
_MOST_SENTENCES = 600
"""Sentences of a message that are looked at; intake reads no longer ones."""


def topics(text: str) -> frozenset[str]:
    """Return the words that say what a text is about, roughly stemmed."""
    return frozenset(
        _stem(word) for word in words(text) if len(word) >= _SHORT and word not in _COMMON
    )


def asking(text: str, room: float) -> str:
    """Return a message, or of one that does not fit the sentences that ask, in order.

    Sentences that ask come first, then the others from the start, while there is room. At least
    one sentence is returned, cut if need be.

    Args:
        text: The message.
        room: Tokens, on the scale of `estimate`.
    """
    if estimate(text) <= room:
        return text
    found = units(text)[:_MOST_SENTENCES]
    order = sorted(range(len(found)), key=lambda at: not _ASKS.search(found[at].text))
    kept: set[int] = set()
    for at in order:
        cost = estimate(f"{found[at].text}\n")
        if cost <= room:
            kept.add(at)
            room -= cost
    if not kept:
        # Nothing but one endless sentence: a beginning is better than silence.
        return text[: max(int(room) * 3, 200)]
    return "\n".join(found[at].text for at in sorted(kept))


def best_run(text: str, asked: Collection[str], room: float) -> str:
    """Return the run of whole units within a room that shares most with what is asked.

    A list or table is never cut, and keeps the sentence that leads to it: half of the steps are
    worse than none. A unit counts for every asked word in it, words that few units have for more.
    Everything is returned when everything fits; nothing when nothing that shares a word does.

    Args:
        text: A passage.
        asked: `topics` of the message.
        room: Tokens, on the scale of `estimate`.
    """
    if estimate(text) <= room:
        return text
    blocks = _blocks(units(text)[:_MOST_UNITS])
    if not blocks:
        return ""
    pieces = [text[block[0].start : block[-1].end] for block in blocks]
    worth = _worth(pieces, asked)
    starts = [block[0].start for block in blocks[1:]]
    sizes = [
        estimate(text[block[0].start : end])
        for block, end in zip(blocks, [*starts, blocks[-1][-1].end], strict=True)
    ]
    best: tuple[float, int, int] = (0.0, 0, 0)
    for start in range(len(pieces)):
        used, value = 0.0, 0.0
        for end in range(start, len(pieces)):
            used += sizes[end]
            if used > room:
                break
            value += worth[end]
            best = max(best, (value, -start, end + 1))
    value, start, end = best
    if not value:
        return ""
    run = text[blocks[-start][0].start : blocks[end - 1][-1].end]
    # At its beginning a number with a full stop becomes that of a list item: no quote of the text.
    return run if quoted_units(run, text) else ""


def _blocks(found: Sequence[Unit]) -> list[list[Unit]]:
    """Join the items of a list, or the rows of a table, with the sentence before them."""
    blocks: list[list[Unit]] = []
    for unit in found:
        if blocks and (unit.kind != "sentence" or blocks[-1][-1].text.endswith(":")):
            blocks[-1].append(unit)
        else:
            blocks.append([unit])
    return blocks


def _worth(pieces: Sequence[str], asked: Collection[str]) -> list[float]:
    held = [topics(piece) & set(asked) for piece in pieces]
    spread = Counter(word for shared in held for word in shared)
    return [sum(1.0 / spread[word] for word in sorted(shared)) for shared in held]


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORT:
            return word.removesuffix(ending)
    return word
