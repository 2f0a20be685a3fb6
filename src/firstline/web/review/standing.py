"""How a ticket stands: who has it, and who may do what with it now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from firstline.store.review_records import CLAIMABLE, REOPENABLE, Decision, Review
from firstline.web.review.wording import done_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who may do what with a ticket now."""

    state: str
    version: int
    holder: str
    """Who else holds or has it; empty: nobody."""
    mine: bool
    """Whether the person who looks holds it."""
    until: datetime | None
    """Until when it is held."""
    can_decide: bool
    can_claim: bool
    can_reopen: bool
    words: str
    """How it stands, in a sentence; empty while it is simply waiting."""


def standing_of(held: Review, decisions: Sequence[Decision], me: str, now: datetime) -> Standing:
    """Return who may do what with a ticket now."""
    holder = held.held_by(now)
    others = [name for name in (holder, held.assignee) if name not in ("", me)]
    claimable = held.state in CLAIMABLE and not others
    mine = holder == me
    return Standing(
        state=held.state,
        version=held.version,
        holder=others[0] if others else "",
        mine=mine,
        until=held.held_until if holder else None,
        can_decide=claimable and mine,
        can_claim=claimable and not mine,
        can_reopen=held.state in REOPENABLE,
        words=_state_words(held, decisions, others),
    )


def _state_words(held: Review, decisions: Sequence[Decision], others: Sequence[str]) -> str:
    last = decisions[-1] if decisions else None
    if held.state == "handed":
        return f"{held.assignee or held.team} answers it by hand"
    if held.state in ("approved", "answered", "closed") and last is not None:
        ending = {"approved": "; the reply is on its way", "answered": "; it was delivered"}
        return f"{last.by} {done_words(last)}{ending.get(held.state, '')}"
    if held.state == "snoozed" and not others:
        return "It was put off"
    return f"{others[0]} holds it" if others else ""
