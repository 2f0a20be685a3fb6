"""What is known beside the records of a run when its stages are explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firstline.errors import FirstlineError
from firstline.knowledge import Passage
from firstline.pipeline.parts import Parts
from firstline.records import EvidenceId
from firstline.store.certificates import StoredCertificate
from firstline.store.run_records import Call
from firstline.trust.certificate import Basis
from firstline.workspace import Workspace


def no_passage(_key: EvidenceId) -> Passage | None:
    """Know no passage."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The company, and what was in use when the stages ran."""

    workspace: Workspace
    """As it is now."""
    has_customers: bool = True
    """Whether the company has customer records at all."""
    has_models: bool | None = None
    """Whether it used models then; None: not known."""
    basis: Basis | None = None
    """What was in use when the draft was made; None: not recorded."""
    calls: tuple[Call, ...] = ()
    """What the ledger says was asked about the ticket."""
    certificate: StoredCertificate | None = None
    """The one the verdict names."""
    wanted: str | None = None
    """Why a model was wanted; empty: none was; None: not recorded."""
    passage: Callable[[EvidenceId], Passage | None] = no_passage
    """Finds a passage of today's knowledge base, for evidence of which only the name was kept."""


def passages_of(parts: Parts) -> Callable[[EvidenceId], Passage | None]:
    """Return what finds a passage; one that cannot be read is not there."""

    def find(key: EvidenceId) -> Passage | None:
        try:
            return parts.knowledge.passage(key)
        except FirstlineError:
            return None

    return find
