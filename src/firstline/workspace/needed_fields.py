"""Which fields of a customer's record a ticket calls for: those of its intent and of the rules."""

from __future__ import annotations

from collections.abc import Iterator

from firstline.records import Intent
from firstline.workspace.models import Workspace
from firstline.workspace.policy_names import bare
from firstline.workspace.policy_rules import Clause, When
from firstline.workspace.policy_tree import fields_of


def needed_fields(workspace: Workspace, intent: Intent | None) -> tuple[str, ...]:
    """Return the paths that must be known for a ticket of an intent to be decided on.

    What a writer may see are the intent's `needs` and nothing else; the rest is for rules.
    """
    spec = workspace.intent(intent)
    of_rules = (
        bare(field)
        for clause in _clauses(workspace, intent)
        for field in fields_of(clause.condition)
        if not field.of_ticket
    )
    return tuple(dict.fromkeys((*(spec.needs if spec else ()), *of_rules)))


def _clauses(workspace: Workspace, intent: Intent | None) -> Iterator[Clause]:
    rules = workspace.policies.rules
    occasions = (*(rule.when for rule in rules.required), *(one.when for one in rules.escalations))
    for when in occasions:
        if _may_apply(when, intent):
            yield from when.conditions
    for eligibility in rules.eligibility:
        yield from eligibility.allow_if
    yield from (rule.unless for rule in rules.forbidden)


def _may_apply(when: When, intent: Intent | None) -> bool:
    return not when.intents or intent in when.intents
