"""A reply as somebody leaves it, checked while they write: what the checks would say if it left."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.records import Answer
from firstline.review.changes import usable
from firstline.review.edits import edited, with_proofs
from firstline.review.examination import look
from firstline.web.review.sentences_view import (
    FindingView,
    SentenceView,
    finding_view,
    sentence_views,
)
from firstline.web.review.view import facts_of
from firstline.web.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the checks say about a reply today."""

    sentences: tuple[SentenceView, ...]
    problems: tuple[FindingView, ...]
    """About the reply as a whole."""
    changed: tuple[str, ...]
    """What its kept sentences rest on that has changed since they were written."""

    @property
    def blocked(self) -> bool:
        """Whether it may not leave unless somebody overrules the checks."""
        return any(item.tone == "bad" for item in self._findings())

    @property
    def final(self) -> bool:
        """Whether it may not leave, whoever says so."""
        return bool(self.changed) or any(item.final for item in self._findings())

    @property
    def summary(self) -> str:
        """Return the result in a sentence."""
        if self.changed:
            return "What it rests on has changed since it was written"
        unproven = sum(item.tone == "bad" for item in self.sentences)
        if unproven:
            verb = "is" if unproven == 1 else "are"
            return f"{unproven} of {len(self.sentences)} paragraphs {verb} not proven"
        if self.blocked:
            return "The checks are against it"
        doubts = sum(item.tone == "warn" for item in self._findings())
        return f"Nothing is against it; doubts: {doubts}" if doubts else "Nothing is against it"

    def _findings(self) -> tuple[FindingView, ...]:
        return (*self.problems, *(item for one in self.sentences for item in one.findings))


async def checked(site: Site, answer: Answer, text: str) -> Checked:
    """Return what the checks say about a reply, on what stands now.

    Raises:
        InputError: The reply is empty or too long.
        SetupError: The knowledge base or the customers cannot be read.
    """
    made = edited(usable(answer), text, site.reviews.language(answer.ticket))
    looked = await look(answer, made, parts=site.desk.opened.parts)
    facts = facts_of(site.desk.workspace, answer.ticket.received_at)
    return Checked(
        sentences=sentence_views(
            with_proofs(made, looked.proofs),
            looked.proofs,
            looked.findings,
            looked.context.evidence,
            facts,
        ),
        problems=tuple(
            finding_view(item)
            for item in looked.findings
            if item.result != "pass" and item.sentence is None
        ),
        changed=looked.changed,
    )
