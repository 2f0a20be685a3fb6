"""Do the rules of policies.yaml speak of intents, fields and plans that exist?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from firstline.workspace.models import Catalogue, IntentSpec, Policies
from firstline.workspace.nodes import Sheet
from firstline.workspace.policy_rules import Clause, When
from firstline.workspace.policy_tree import (
    Field,
    comparisons_of,
    fields_of,
)
from firstline.workspace.problems import listed, nearest, shown, suggestion
from firstline.workspace.record_fields import FieldPaths

_OF_LISTS = ("first", "last", "any", "all", "count")
_PLAN = "plan"


def check_names(
    policies: Policies,
    sheet: Sheet,
    *,
    intents: Sequence[IntentSpec],
    catalogue: Catalogue,
    fields: FieldPaths | None,
) -> None:
    """Note every name in the rules that stands for nothing.

    Args:
        policies: As read.
        sheet: The file, where mistakes are noted.
        intents: The company's; none are checked when there are none.
        catalogue: Its plans; none are checked when it has none.
        fields: What customers' records have; None when that is unknown.
    """
    for when in _occasions(policies):
        _check_intents(when, sheet, [str(spec.name) for spec in intents])
    plans = [plan.name for plan in catalogue.plans]
    for clause in _clauses(policies):
        _check_plans(clause, sheet, plans)
        if fields is not None:
            _check_fields(clause, sheet, fields)


def _occasions(policies: Policies) -> Iterator[When]:
    rules = policies.rules
    yield from (rule.when for rule in rules.required)
    yield from (rule.when for rule in rules.escalations)


def _clauses(policies: Policies) -> Iterator[Clause]:
    for when in _occasions(policies):
        yield from when.conditions
    for eligibility in policies.rules.eligibility:
        yield from eligibility.allow_if
    yield from (rule.unless for rule in policies.rules.forbidden)


def _check_intents(when: When, sheet: Sheet, known: Sequence[str]) -> None:
    for name, line in when.lines:
        if known and name not in known:
            advice = suggestion(name, known, f"Known: {listed(known)}.")
            sheet.note(line, f"There is no intent {shown(name)}", advice)


def _check_plans(clause: Clause, sheet: Sheet, plans: Sequence[str]) -> None:
    known = {name.casefold() for name in plans}
    for field, value in comparisons_of(clause.condition):
        is_plan = not field.of_ticket and field.path[-1] == _PLAN
        if is_plan and known and isinstance(value, str) and value.casefold() not in known:
            advice = suggestion(value, plans, f"Plans: {listed(plans)}.")
            sheet.note(clause.line, f"catalogue.yaml has no plan {shown(value)}", advice)


def _check_fields(clause: Clause, sheet: Sheet, fields: FieldPaths) -> None:
    for field in fields_of(clause.condition):
        if field.of_ticket or _is_held(field, fields):
            continue
        meant = nearest(bare(field), [_without_places(path) for path in fields])
        advice = f"Did you mean `{meant}`?" if meant else "Correct it, or the customers file."
        sheet.note(clause.line, f"No customer's record has {shown(str(field))}", advice)


def _is_held(field: Field, fields: FieldPaths) -> bool:
    """Whether some record has the field, with or without the words that choose from lists."""
    return fields.allows_need(bare(field)) or fields.allows_need(str(field))


def bare(field: Field) -> str:
    """Return a field's path without the words that choose from lists."""
    steps = (step for step in field.path if isinstance(step, str) and step not in _OF_LISTS)
    return ".".join(steps)


def _without_places(path: str) -> str:
    return "".join(part.partition("]")[2] if "]" in part else part for part in path.split("["))
