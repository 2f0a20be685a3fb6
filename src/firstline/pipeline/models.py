"""The models a company uses, opened: who is asked, with which prompts, by which names."""

from __future__ import annotations

from dataclasses import dataclass

from firstline.claude.batches import BatchApi
from firstline.claude.prompts import Prompts
from firstline.claude.recorded import OpenAsker
from firstline.claude.registry import Registry, Roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Everything the model writers and the router need."""

    asker: OpenAsker
    registry: Registry
    roles: Roles
    prompts: Prompts
    batches: BatchApi | None = None
    """None where the platform has no batches, or no intent waits for one."""
    warnings: tuple[str, ...] = ()
    """What the operator should know of these models, a sentence each."""
