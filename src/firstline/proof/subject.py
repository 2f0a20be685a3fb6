"""What the checks look at: one reply, what it answers, and what it may rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from firstline.records import (
    Channel,
    CustomerId,
    Draft,
    Evidence,
    EvidenceId,
    Finding,
    Language,
    Route,
)
from firstline.workspace import IntentSpec, Workspace


def nobodys(token: str) -> frozenset[CustomerId]:
    """Return that an identifier belongs to no customer: for replies without a customer file."""
    del token
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A reply under examination. Made by the pipeline, or from a case of `firstline check`."""

    asked: str
    """What the customer wrote: subject, line end, text; normalised and masked."""
    asked_in: Language
    draft: Draft
    evidence: tuple[Evidence, ...]
    """Everything that was collected for this ticket, whether a sentence names it or not."""
    workspace: Workspace
    foreign: bool = False
    """Whether another system wrote the reply: its sentences have no kinds and name no evidence."""
    route: Route | None = None
    """None: a reply of another system, of which nobody knows how it was routed."""
    today: date
    """The day the message came, where the company is."""
    customer: CustomerId | None = None
    """Who asks, when the channel vouches for it and the record was found."""
    owners: Callable[[str], frozenset[CustomerId]] = nobodys
    """Whose an identifier (e-mail, phone, account, invoice …) is; nobody's when unknown."""
    channel: Channel | None = None
    """How the message came; None where nobody knows."""
    record: tuple[tuple[str, str], ...] | None = None
    """All fields of the asker's record, for rules to decide on; a writer sees only what it may."""
    earlier: tuple[str, ...] = ()
    """Earlier messages of the conversation, oldest first."""

    @property
    def held(self) -> Mapping[EvidenceId, Evidence]:
        """The evidence by id."""
        return {item.id: item for item in self.evidence}

    @property
    def intent(self) -> IntentSpec | None:
        """What the workspace says about the ticket's intent."""
        return self.workspace.intent(self.route.intent) if self.route else None


Check = Callable[[Subject], object]
"""Returns a tuple of findings, none when all is well. Whatever else it returns is a failure."""


def blocked(
    check: str,
    detail: str,
    *,
    code: str = "",
    sentence: int | None = None,
    span: tuple[int, int] | None = None,
) -> Finding:
    """Return a finding that keeps the reply from being sent.

    Args:
        check: The name of the check.
        detail: What is wrong, for staff; never the customer's words.
        code: What is wrong, to count by.
        sentence: Index of the sentence it is about.
        span: Offsets into that sentence, in characters.
    """
    start, end = span or (None, None)
    return Finding(
        check=check,
        result="block",
        detail=detail,
        sentence=sentence,
        code=code,
        start=start,
        end=end,
    )


def doubted(check: str, detail: str, *, code: str = "", sentence: int | None = None) -> Finding:
    """Return a finding that puts the reply before a reviewer."""
    return Finding(check=check, result="warn", detail=detail, sentence=sentence, code=code)
