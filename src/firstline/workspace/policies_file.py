"""Reads policies.yaml and catalogue.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from firstline.records import Signal
from firstline.workspace.models import Catalogue, Plan, Policies, SignalPolicy
from firstline.workspace.nodes import Fields, Node, Sheet
from firstline.workspace.policy_sections import SECTIONS, plain_phrases, read_rules
from firstline.workspace.problems import shown

SIGNALS: tuple[Signal, ...] = get_args(Signal)
SIGNAL_POLICIES: tuple[SignalPolicy, ...] = get_args(SignalPolicy)
_REVIEWED: frozenset[Signal] = frozenset({"anger", "payment_data", "injection"})
DEFAULT_SIGNALS: Mapping[Signal, SignalPolicy] = MappingProxyType(
    {signal: "review" if signal in _REVIEWED else "escalate" for signal in SIGNALS}
)
"""What happens when policies.yaml says nothing about a signal."""
_PLAN_KEYS = ("name", "price", "limits", "features")


def default_policies() -> Policies:
    """Return the policies of a company that wrote none."""
    return Policies(signals=dict(DEFAULT_SIGNALS))


def read_policies(root: Node, sheet: Sheet) -> Policies:
    """Return the policies; signals that are not named keep their default."""
    known = ("signals", "forbidden", *SECTIONS)
    top = Fields(root, sheet, owner="policies.yaml", known=known)
    signals = dict(DEFAULT_SIGNALS)
    node = top.node("signals")
    if node is not None and node.kind != "nothing":
        table = Fields(node, sheet, owner="`signals`", known=SIGNALS)
        for signal in SIGNALS:
            signals[signal] = table.choice(signal, SIGNAL_POLICIES, signals[signal])
    phrases = plain_phrases(top)
    return Policies(
        signals=signals,
        forbidden=tuple(phrase for _, phrase in phrases),
        forbidden_lines=tuple(line for line, _ in phrases),
        rules=read_rules(top),
    )


def read_catalogue(root: Node, sheet: Sheet) -> Catalogue:
    """Return the plans and features of catalogue.yaml."""
    top = Fields(root, sheet, owner="catalogue.yaml", known=("plans", "features"))
    return Catalogue(plans=tuple(_plans(top, sheet)), features=top.texts("features"))


def _plans(top: Fields, sheet: Sheet) -> list[Plan]:
    node = top.node("plans")
    if node is None:
        return []
    if node.kind != "list":
        sheet.note(node.line, "`plans` must be a list", "Write one `- name: …` a plan below it.")
        return []
    plans: dict[str, Plan] = {}
    for item in node.items:
        plan = _plan(item, sheet)
        if plan.name.casefold() in plans:
            sheet.note(
                item.line, f"The plan {shown(plan.name)} is there twice", "Remove one of the two."
            )
        if plan.name:
            plans.setdefault(plan.name.casefold(), plan)
    return list(plans.values())


def _plan(item: Node, sheet: Sheet) -> Plan:
    fields = Fields(item, sheet, owner="a plan", known=_PLAN_KEYS)
    if "name" not in fields and item.kind == "table":
        sheet.note(item.line, "A plan has no name", "Add `name: …`.")
    return Plan(
        name=fields.text("name"),
        price=fields.text("price"),
        limits=_limits(fields.node("limits"), sheet),
        features=fields.texts("features"),
    )


def _limits(node: Node | None, sheet: Sheet) -> dict[str, str]:
    if node is None:
        return {}
    fields = Fields(node, sheet, owner="`limits`", known=tuple(node.table))
    return {key: fields.text(key) for key in node.table}
