"""Reads [trust] of firstline.toml: what is promised, about what, and what mistakes cost."""

from __future__ import annotations

from firstline.records import Intent
from firstline.workspace.models import CostSetting, ScopeSetting, TrustSettings
from firstline.workspace.nodes import Fields, Node
from firstline.workspace.problems import shown

TRUST_KEYS = (
    "alpha",
    "delta",
    "valid_days",
    "wrong_usd",
    "review_usd",
    "escalation_usd",
    "scopes",
    "costs",
)
SCOPE_KEYS = ("name", "intents", "channel", "language")
COST_KEYS = ("intent", "wrong_usd", "review_usd", "escalation_usd")
LEAST, MOST = 0.001, 0.5
_DEFAULTS = TrustSettings()
_MOST_USD = 1_000_000


def read_trust(trust: Fields) -> TrustSettings:
    """Return what [trust] says; every mistake is noted in its sheet."""
    usual = CostSetting(
        wrong_usd=_usd(trust, "wrong_usd", _DEFAULTS.costs.wrong_usd),
        review_usd=_usd(trust, "review_usd", _DEFAULTS.costs.review_usd),
        escalation_usd=_usd(trust, "escalation_usd", _DEFAULTS.costs.escalation_usd),
    )
    return TrustSettings(
        alpha=_doubt(trust, "alpha", _DEFAULTS.alpha),
        delta=_doubt(trust, "delta", _DEFAULTS.delta),
        valid_days=trust.whole("valid_days", _DEFAULTS.valid_days, 1, 366),
        scopes=_scopes(trust),
        costs=usual,
        costs_by_intent=_costs(trust, usual),
    )


def _doubt(fields: Fields, key: str, default: float) -> float:
    node = fields.node(key)
    value = fields.share(key, default)
    if node is None or LEAST <= value <= MOST:
        return value
    fields.sheet.note(
        node.line,
        f"`{key}` of {fields.owner} is {value:g}, not from {LEAST} to {MOST}",
        "Write a share such as 0.02, which is 2 %.",
    )
    return default


def _usd(fields: Fields, key: str, default: float) -> float:
    node = fields.node(key)
    if node is None:
        return default
    if node.number is not None and 0 <= node.number <= _MOST_USD:
        return node.number
    fields.sheet.note(
        node.line,
        f"`{key}` of {fields.owner} is not a number from 0 to {_MOST_USD:,}",
        "Write what it costs in dollars, such as 2.50, without quotes.",
    )
    return default


def _tables(trust: Fields, key: str, known: tuple[str, ...]) -> list[Fields]:
    node = trust.node(key)
    if node is None:
        return []
    if node.kind != "list":
        trust.sheet.note(
            node.line,
            f"`{key}` of [trust] must be a list of tables",
            f"Write each below a line [[trust.{key}]].",
        )
        return []
    return [_table(trust, entry, key, at, known) for at, entry in enumerate(node.items, 1)]


def _table(trust: Fields, entry: Node, key: str, at: int, known: tuple[str, ...]) -> Fields:
    return Fields(entry, trust.sheet, owner=f"[[trust.{key}]] number {at}", known=known)


def _scopes(trust: Fields) -> tuple[ScopeSetting, ...]:
    found: dict[str, ScopeSetting] = {}
    for table in _tables(trust, "scopes", SCOPE_KEYS):
        name, intents = table.text("name"), table.texts("intents")
        if not name or not intents:
            table.sheet.note(
                table.line,
                f"{table.owner} has no `{'intents' if name else 'name'}`",
                'Write `name = "howto"` and `intents = ["export_data"]`.',
            )
        elif name in found:
            table.sheet.note(
                table.line, f"{table.owner} is called {shown(name)} again", "Give it another name."
            )
        else:
            found[name] = ScopeSetting(
                name=name,
                intents=tuple(Intent(one) for one in dict.fromkeys(intents)),
                channel=table.text("channel", "*"),
                language=table.text("language", "*"),
                line=table.line,
            )
    return tuple(found.values())


def _costs(trust: Fields, usual: CostSetting) -> tuple[tuple[Intent, CostSetting], ...]:
    found: dict[Intent, CostSetting] = {}
    for table in _tables(trust, "costs", COST_KEYS):
        intent = Intent(table.text("intent"))
        if not intent or intent in found:
            table.sheet.note(
                table.line,
                f"{table.owner} names {'an intent again' if intent else 'no intent'}",
                'Write `intent = "refund_request"`, each once.',
            )
            continue
        found[intent] = CostSetting(
            wrong_usd=_usd(table, "wrong_usd", usual.wrong_usd),
            review_usd=_usd(table, "review_usd", usual.review_usd),
            escalation_usd=_usd(table, "escalation_usd", usual.escalation_usd),
        )
    return tuple(found.items())
