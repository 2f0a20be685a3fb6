"""What a run leaves behind: `results.jsonl`, `people.jsonl` and `summary.json`. Stable formats."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from firstline.errors import Place, SetupError
from firstline.pipeline.record import answer_from
from firstline.records import Answer, Evidence
from firstline.store import StoredTicket, TicketStore

RESULTS = "results.jsonl"
PEOPLE = "people.jsonl"
SUMMARY = "summary.json"
STAGES = ("route", "context", "generate", "validate", "gate", "deliver")


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a run did, by outcome, reason and stage."""

    tickets: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Counts of `outcome/reason`."""
    tokens: int = 0
    cost_usd: float = 0.0
    with_model: int = 0
    """Tickets a model was asked about."""
    calls: Counter[str] = field(default_factory=Counter)
    """Hops by model: a hop may hold one repair."""
    latency_ms: dict[str, dict[str, float]] = field(default_factory=dict)
    """Per stage: p50, p95, p99 and mean processor time."""
    open: int = 0
    """Tickets that have not ended yet: a later run goes on with them."""
    unread: bool = False
    """Whether the run was stopped before the end of its file."""
    repeats: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    autonomy: str = ""

    def add(self, answer: Answer | None) -> None:
        """Count what a ticket cost."""
        hops = answer.draft.hops if answer else ()
        for hop in hops:
            if hop.model:
                self.calls[hop.model] += 1
            usage = hop.usage
            self.tokens += usage.input + usage.output + usage.cache_read + usage.cache_write
            self.cost_usd = round(self.cost_usd + usage.cost_usd, 12)
        self.with_model += any(hop.model for hop in hops)

    @property
    def complete(self) -> bool:
        """Whether the whole file was read and every accepted ticket has ended."""
        return self.open == 0 and not self.unread

    def as_json(self) -> dict[str, Any]:
        """Return the summary as `summary.json` holds it."""
        return {
            "tickets": self.tickets,
            "outcomes": dict(self.outcomes),
            "reasons": dict(self.reasons.most_common()),
            "autonomy": self.autonomy,
            "tokens": self.tokens,
            "cost_usd": self.cost_usd,
            "with_model": self.with_model,
            "models": dict(self.calls),
            "latency_ms": self.latency_ms,
            "open": self.open,
            "complete": self.complete,
            "repeats": self.repeats,
            "errors": self.errors,
            "warnings": self.warnings,
        }


@contextmanager
def replaced(path: Path) -> Iterator[IO[str]]:
    """Write a file beside `path` and put it in its place at the end, whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise SetupError(
            f"the file cannot be written ({error.strerror})",
            place=Place(file=str(path)),
            fix="Check the folder's rights and the space on its disk, then run again",
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def write_results(store: TicketStore, inbox: str, out: Path, summary: Summary) -> None:
    """Write the results of an inbox's ended tickets in input order, and fill the summary in."""
    walls: dict[str, list[float]] = {}
    cpus: dict[str, list[float]] = {}
    with replaced(out / RESULTS) as results, replaced(out / PEOPLE) as people:
        for stored, stages in store.in_order(inbox):
            summary.tickets += 1
            if stored.outcome is None:
                summary.open += 1
                continue
            summary.outcomes[stored.outcome] += 1
            summary.reasons[f"{stored.outcome}/{stored.reason}"] += 1
            answer = answer_from(stored.ticket, stages) if "gate" in stages else None
            summary.add(answer)
            for time in answer.times if answer else ():
                walls.setdefault(time.stage, []).append(time.wall_ms)
                cpus.setdefault(time.stage, []).append(time.cpu_ms)
            results.write(_line(result_of(stored, answer)))
            if stored.outcome in ("review", "escalate"):
                people.write(_line(packet_of(stored, answer)))
    summary.latency_ms = {
        stage: {
            "p50": quantile(times, 0.5),
            "p95": quantile(times, 0.95),
            "p99": quantile(times, 0.99),
            "cpu": round(sum(cpus[stage]) / len(cpus[stage]), 3),
        }
        for stage, times in sorted(walls.items(), key=lambda item: STAGES.index(item[0]))
    }
    with replaced(out / SUMMARY) as file:
        file.write(json.dumps(summary.as_json(), indent=2, ensure_ascii=False) + "\n")


def quantile(values: list[float], share: float) -> float:
    """Return a quantile by nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else 0.0


def result_of(stored: StoredTicket, answer: Answer | None) -> dict[str, Any]:
    """Return a ticket's line of `results.jsonl`."""
    line: dict[str, Any] = {
        "id": stored.ticket.external_id,
        "outcome": stored.outcome,
        "reason": stored.reason,
        "route": {"intent": None, "probability": 0.0, "source": "rule"},
        "reply": None,
        "sentences": [],
        "evidence": [],
        "findings": [],
        "model": "none",
        "tokens": {"input": 0, "output": 0, "cache_read": 0, "cache_write": 0},
        "cost_usd": 0.0,
        "hops": [],
        "latency_ms": {},
    }
    return line if answer is None else line | answer_fields(answer, stored.outcome)


def answer_fields(answer: Answer, outcome: str | None) -> dict[str, Any]:
    """Return what the stages said, as `results.jsonl` and `ask --json` show it."""
    route, draft = answer.route, answer.draft
    usage = draft.spent
    written = draft.action != "escalate" and outcome != "escalate"
    return {
        "route": {
            "intent": route.intent,
            "probability": round(route.probability, 4),
            "source": route.source,
        },
        "reply": draft.text if written else None,
        "sentences": [
            {"text": item.text, "kind": item.kind, "evidence": list(item.evidence)}
            for item in (draft.sentences if written else ())
        ],
        "evidence": [_source(item) for item in answer.context.evidence],
        "findings": [
            {"check": item.check, "result": item.result, "detail": item.detail}
            for item in answer.findings
        ],
        "model": draft.model,
        "tokens": {
            "input": usage.input,
            "output": usage.output,
            "cache_read": usage.cache_read,
            "cache_write": usage.cache_write,
        },
        "cost_usd": usage.cost_usd,
        "hops": [
            {
                "by": hop.by,
                "model": hop.model,
                "reason": hop.reason,
                "result": hop.result,
                "cost_usd": hop.usage.cost_usd,
            }
            for hop in draft.hops
        ],
        "latency_ms": {time.stage: time.wall_ms for time in answer.times},
    }


def _source(item: Evidence) -> dict[str, str]:
    return {"id": item.id, "kind": item.kind, "source": item.source, "version": item.version}


def packet_of(stored: StoredTicket, answer: Answer | None) -> dict[str, Any]:
    """Return what a person gets with a ticket: why, what was found, and what was proposed."""
    ticket = stored.ticket
    packet: dict[str, Any] = {
        "id": ticket.external_id,
        "outcome": stored.outcome,
        "why": [{"code": stored.reason, "detail": ""}],
        "customer": ticket.customer,
        "verified": ticket.verified,
        "subject": ticket.subject,
        "message": ticket.text,
        "suggested_reply": None,
    }
    if answer is None:
        return packet
    route, draft = answer.route, answer.draft
    return packet | {
        "why": [asdict(reason) for reason in answer.verdict.reasons],
        "intents": [asdict(score) for score in route.intents[:3]],
        "urgency": route.urgency,
        "risk": route.risk,
        "signals": [signal.signal for signal in route.signals],
        "suggested_reply": draft.text if draft.action != "escalate" else None,
        "record": [dict(item.fields) for item in answer.context.evidence if item.kind == "record"],
        "articles": [
            {"id": item.id, "title": item.title, "url": item.url}
            for item in answer.context.evidence
            if item.kind == "passage"
        ],
        "score": answer.verdict.score,
    }


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
