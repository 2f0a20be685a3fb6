"""What `firstline cost` reports: the ledger of one workspace, summed up and planned with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from math import isinf
from typing import TYPE_CHECKING, Any

from firstline.claude.planner import (
    TIMES,
    CachePlan,
    ManualPlan,
    Prefix,
    plan_cache,
    plan_manual,
    replayed,
)
from firstline.claude.prices import PICO, dollars
from firstline.claude.registry import ModelSpec, Registry, load_registry, platform_of, priced_here
from firstline.claude.spending import (
    PerTicket,
    PrefixTraffic,
    Seen,
    Spending,
    Total,
    latest_contexts,
    seen,
    spending,
)
from firstline.claude.tokens import count_tokens
from firstline.desk.build import make_data_folder, utc_now
from firstline.knowledge import load_documents
from firstline.records import Context, decode
from firstline.store import CallLedger, app_url, open_database
from firstline.workspace import Workspace

if TYPE_CHECKING:
    import sqlalchemy as sa

PREFIXES = 6
"""Stable prefixes that are planned for: those with most requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """What a cache would do for the requests that share one prefix."""

    traffic: PrefixTraffic
    plans: tuple[CachePlan, ...]
    """By the formula, one a time to live."""
    measured: tuple[CachePlan, ...]
    """By the real times of the requests."""

    def saved(self, ttl: str) -> float:
        """Return the dollars saved on these requests, by their real times; 0 when not certain."""
        plans = [plan for plan in self.measured if plan.ttl == ttl and plan.reaches is True]
        return sum(plan.saving_usd for plan in plans) * self.traffic.calls / 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the command says."""

    since: str
    spending: Spending
    per_ticket: PerTicket
    seen: Seen
    spent_today_pico: int
    spent_month_pico: int
    day_usd: float
    month_usd: float
    alarm_usd: float
    cache: str
    """The time to live that is set now, or `off`."""
    cached: tuple[Cached, ...]
    manual: ManualPlan | None
    manual_note: str
    """Why there is no verdict on the manual."""

    def best_cache(self) -> tuple[str, float]:
        """Return the setting that would have saved most, and the dollars it would have saved."""
        saved = {ttl: sum(item.saved(ttl) for item in self.cached) for ttl in TIMES}
        best = max(TIMES, key=lambda ttl: saved[ttl])
        return (best, saved[best]) if saved[best] > 0 else ("off", 0.0)


def gather(workspace: Workspace, since: str) -> Report:
    """Read the ledger of a workspace and plan with it.

    Args:
        workspace: The company.
        since: The first day, YYYY-MM-DD in UTC; empty for all.
    """
    make_data_folder(workspace)
    database = open_database(app_url(workspace.data))
    settings = workspace.settings.models
    try:
        now = utc_now()
        today = now.date().isoformat()
        ledger = CallLedger(database)
        spent = spending(ledger.rows(since), now)
        registry = load_registry(settings)
        manual, note = _manual(workspace, registry, spent, database, now)
        return Report(
            since=since,
            spending=spent,
            per_ticket=spent.per_ticket(round(settings.alarm_usd * PICO)),
            seen=seen(database, since),
            spent_today_pico=ledger.spent(today, today),
            spent_month_pico=ledger.spent(f"{today[:7]}-01", f"{today[:7]}-31"),
            day_usd=settings.day_usd,
            month_usd=settings.month_usd,
            alarm_usd=settings.alarm_usd,
            cache=settings.cache,
            cached=_cached(workspace, registry, spent, now),
            manual=manual,
            manual_note=note,
        )
    finally:
        database.dispose()


def _cached(
    workspace: Workspace, registry: Registry, spent: Spending, now: datetime
) -> tuple[Cached, ...]:
    settings, found = workspace.settings.models, list[Cached]()
    for traffic in spent.traffic[:PREFIXES]:
        model = registry.find(traffic.model)
        offered = None if model is None else model.platforms.get(platform_of(settings.provider))
        if model is None or offered is None:
            continue  # asked under other settings
        here = priced_here(model, settings)
        prefixes = {ttl: traffic.prefix(replayed(traffic.times, ttl)) for ttl in TIMES}
        found.append(
            Cached(
                traffic=traffic,
                plans=tuple(
                    plan_cache(here, offered, traffic.prefix(None), ttl, now.date())
                    for ttl in TIMES
                ),
                measured=tuple(
                    plan_cache(here, offered, prefix, ttl, now.date())
                    for ttl, prefix in prefixes.items()
                    if prefix.hit_rate is not None
                ),
            )
        )
    return tuple(found)


def _manual(
    workspace: Workspace, registry: Registry, spent: Spending, database: sa.Engine, now: datetime
) -> tuple[ManualPlan | None, str]:
    """Judge the whole manual in the prefix for the model that writes most."""
    settings = workspace.settings.models
    writing = [item for item in spent.traffic if item.purpose == "write"]
    name = writing[0].model if writing else settings.writer
    model = registry.find(name or registry.profiles.get(settings.profile, {}).get("writer", ""))
    offered = None if model is None else model.platforms.get(platform_of(settings.provider))
    if model is None or offered is None:
        return None, "the model that writes is not in the registry, or not on this platform"
    sizes = [decode(Context, body).tokens for body in latest_contexts(database)]
    retrieved = round(sum(sizes) / len(sizes)) if sizes else workspace.settings.token_budget
    same = [item for item in writing if item.model == name]
    calls = sum(item.calls for item in same)
    plan = plan_manual(
        priced_here(model, settings),
        offered,
        manual_tokens=_manual_tokens(workspace, model),
        retrieved_tokens=retrieved,
        prefix=Prefix(
            tokens=max((item.tokens for item in same), default=0),
            other_tokens=max(
                0, sum(item.other_tokens * item.calls for item in same) // max(calls, 1) - retrieved
            ),
            calls_per_hour=sum(item.calls_per_hour for item in same),
        ),
        answer_tokens=model.max_output // 8,
        on=now.date(),
    )
    return plan, ""


def _manual_tokens(workspace: Workspace, model: ModelSpec) -> int:
    """Count the public, current articles, up to what no prompt of the model can hold."""
    tokens = 0
    source = workspace.folder / workspace.settings.knowledge
    for document in load_documents(source).documents:
        if document.audience == "public" and document.superseded_by is None:
            tokens += count_tokens(f"{document.title}\n{document.text}\n", model.tokens_factor)
        if tokens > model.context:
            break
    return tokens


def record(report: Report) -> dict[str, Any]:
    """Return a report as JSON."""
    spent, each = report.spending, report.per_ticket
    groups = (spent.by_day, spent.by_purpose, spent.by_intent, spent.by_model)
    names = ("by_day", "by_stage", "by_intent", "by_model")
    return {
        "since": report.since or None,
        "total": _total(spent.total),
        **{
            name: {key: _total(total) for key, total in group.items()}
            for name, group in zip(names, groups, strict=True)
        },
        "tickets": {
            "finished": report.seen.tickets,
            "asked_a_model": report.seen.asked,
            "avoided_share": report.seen.avoided,
            "mean_usd": dollars(each.mean),
            "p50_usd": dollars(each.p50),
            "p95_usd": dollars(each.p95),
            "above_alarm": each.above_alarm,
            "dearest": [
                {"ticket": name, "cost_usd": dollars(pico)} for name, pico in spent.dearest()
            ],
        },
        "questions": {
            "all": spent.questions,
            "failed": dict(spent.failed.most_common()),
            "abandoned": spent.abandoned,
            "open": spent.open,
            "lost_usd": dollars(spent.lost_pico),
            "reserved_usd": dollars(spent.reserved_pico),
        },
        "budget": {
            "day_usd": report.day_usd or None,
            "spent_today_usd": dollars(report.spent_today_pico),
            "month_usd": report.month_usd or None,
            "spent_month_usd": dollars(report.spent_month_pico),
        },
        "cache": [
            {
                "model": item.traffic.model,
                "stage": item.traffic.purpose,
                "calls": item.traffic.calls,
                "plans": [_finite(asdict(plan)) for plan in item.plans],
                "by_real_times": [_finite(asdict(plan)) for plan in item.measured],
            }
            for item in report.cached
        ],
        "cache_advice": dict(zip(("cache", "saved_usd"), report.best_cache(), strict=True)),
        "manual": None if report.manual is None else _finite(asdict(report.manual)),
    }


def _total(total: Total) -> dict[str, Any]:
    return {
        "answers": total.calls,
        "input": total.input,
        "output": total.output,
        "cache_read": total.cache_read,
        "cache_write": total.cache_write,
        "cost_usd": dollars(total.cost_pico),
        "cost_pico": total.cost_pico,
    }


def _finite(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without infinite numbers, which JSON does not have: None instead."""
    return {
        key: None if isinstance(value, float) and isinf(value) else value
        for key, value in record.items()
    }
