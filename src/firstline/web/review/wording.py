"""How the review page says things: lengths of time, what waits how long, names of codes. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from firstline.store.review_queue import AGE_CAP
from firstline.store.review_records import Decision, Review

Tone = Literal["", "good", "warn", "bad", "quiet"]
SOON: Final = 0.25
"""Share of the time to answer that is left when it gets urgent."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_DONE: Final = {
    "approve": "approved it",
    "edit": "sent an edited reply",
    "reject": "rejected the draft",
    "escalate": "handed it to {target}",
    "take": "took it over",
    "snooze": "put it off",
    "reopen": "put it back into the queue",
    "returned": "could not deliver it: it is before a person again",
}
_SAID: Final = {
    "approve": "Approved",
    "edit": "Sent as edited",
    "reject": "Rejected",
    "escalate": "Handed over",
    "take": "Taken over: it is yours",
    "snooze": "Put off",
    "reopen": "Back in the queue",
    "returned": "Returned",
}


def length_words(time: timedelta, *, short: bool = False) -> str:
    """Return a length of time in its two largest units: `2 h 10 min`, `3 d 4 h`, `45 s`.

    Args:
        time: How long; its sign does not matter.
        short: Only the largest unit.
    """
    seconds = int(abs(time.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    large, small = (_DAY, _HOUR) if seconds >= _DAY else (_HOUR, _MINUTE)
    names = ("d", "h") if large == _DAY else ("h", "min")
    first, rest = divmod(seconds, large)
    second = 0 if short else rest // small
    return f"{first} {names[0]} {second} {names[1]}" if second else f"{first} {names[0]}"


def due_words(
    due_at: datetime, sla: timedelta, now: datetime, *, short: bool = False
) -> tuple[str, Tone]:
    """Return how long a ticket may still wait, and how urgent that is."""
    left = due_at - now
    words = length_words(left, short=short)
    if left < timedelta(0):
        return f"{words} late", "bad"
    return f"{words} left", "warn" if left < SOON * sla else ""


def waiting_cost(held: Review, now: datetime) -> float:
    """Return what the waiting of a ticket has come to, in dollars, as the queue counts it."""
    share = (now - held.received_at).total_seconds() / held.sla_seconds
    return held.delay * min(max(share, 0.0), AGE_CAP)


def shown_code(code: str) -> str:
    """Return a code as words."""
    return code.replace("_", " ")


def shown_path(path: str) -> str:
    """Return the end of a field's path as words: `next invoice · date`."""
    return " · ".join(part.replace("_", " ") for part in path.split(".")[-2:])


def done_words(made: Decision) -> str:
    """Return what somebody decided, as the end of a sentence that begins with who."""
    return _DONE[made.kind].format(target=made.target or "a team")


def said_words(made: Decision) -> str:
    """Return what was just done, for whoever did it."""
    words = _SAID[made.kind]
    if made.kind == "escalate":
        words = f"{words} to {made.target}"
    if made.delivers:
        words += {"notice": "; the customer is told"}.get(
            made.delivers, "; the reply is on its way"
        )
    elif made.kind in ("approve", "edit"):
        words += "; in shadow, so nothing leaves"
    return words
