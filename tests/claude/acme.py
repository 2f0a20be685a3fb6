"""Acme's tickets and evidence for the tests of prompts, without search: named by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

from firstline.knowledge import load_documents, split
from firstline.pipeline.intake import intake
from firstline.records import (
    Context,
    Evidence,
    EvidenceId,
    Inbound,
    Intent,
    Message,
    Ticket,
)
from firstline.workspace import Customers, IntentSpec, Workspace, load
from tests.builders import NOON

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "acme"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A ticket, its intent, the guide to read for it, and the passages that were found."""

    ticket: str
    intent: str
    passages: tuple[str, ...]


EXAMPLES = {
    "unexpected_charge": Example(
        ticket="t-003",
        intent="charges_and_refunds",
        passages=("understand-your-bill#3", "understand-your-bill#1", "refund-policy#1"),
    ),
    "refund_request": Example(
        ticket="t-079",
        intent="charges_and_refunds",
        passages=("refund-policy#1", "refund-policy#2", "cancellation#1"),
    ),
    "plan_pricing": Example(
        ticket="t-033",
        intent="plans_and_prices",
        passages=("plans-and-prices#1", "plans-and-prices#2", "discounts#1"),
    ),
    "payment_method": Example(
        ticket="t-036",
        intent="invoices_and_payment",
        passages=("payment-methods#1", "payment-methods#2", "failed-payments#1"),
    ),
    "invoice_receipt": Example(
        ticket="t-021", intent="invoices_and_payment", passages=("invoices#1", "invoices#2")
    ),
    "technical": Example(
        ticket="t-075", intent="technical_problem", passages=("cards#5", "board-views#1")
    ),
    "account_access": Example(
        ticket="t-011",
        intent="login_help",
        passages=("recover-two-factor#1", "two-factor#2", "recover-two-factor#2"),
    ),
    "product_info": Example(
        ticket="t-001",
        intent="export_data",
        passages=("export-csv#1", "export-csv#3", "import-csv#1", "custom-fields#1"),
    ),
    "complaint": Example(ticket="t-030", intent="complaint", passages=("support-hours#1", "sla#1")),
    "cancellation": Example(
        ticket="t-040",
        intent="cancel_or_pause",
        passages=("cancellation#1", "cancellation#2", "delete-data#1"),
    ),
    "general": Example(ticket="t-096", intent="next_invoice", passages=("invoices#1",)),
}
"""One a guide of the default set."""


@cache
def workspace() -> Workspace:
    """Return Acme, with the default prompts."""
    return load(FOLDER)


@cache
def _passages() -> dict[str, Evidence]:
    documents = load_documents(FOLDER / "knowledge").documents
    return {
        passage.id: Evidence(
            id=passage.id,
            kind="passage",
            source=passage.document,
            version=passage.version,
            text=passage.text,
            title=passage.title,
            url=passage.url,
            audience=passage.audience,
            fetched_at=NOON,
        )
        for document in documents
        for passage in split(document)
    }


@cache
def _tickets() -> dict[str, Ticket]:
    tickets = {}
    for line in (FOLDER / "tickets.jsonl").read_text(encoding="utf-8").splitlines():
        written = json.loads(line)
        messages = tuple(
            Message(author=item["author"], text=item["text"])
            for item in written.get("messages") or ()
        )
        inbound = Inbound(
            external_id=written["id"],
            text=written["text"],
            subject=written.get("subject", ""),
            customer=written.get("customer"),
            verified=written.get("verified", False),
            messages=messages,
        )
        tickets[written["id"]] = intake(inbound, inbox="acme", now=NOON)
    return tickets


def ticket_of(example: Example) -> Ticket:
    """Return the example's ticket."""
    return _tickets()[example.ticket]


def spec_of(example: Example, guide: str) -> IntentSpec:
    """Return the example's intent, reading the guide."""
    spec = workspace().intent(Intent(example.intent))
    assert spec is not None
    return replace(spec, guide=guide)


def context_of(example: Example, spec: IntentSpec) -> Context:
    """Return the evidence the context stage would collect, with the passages named here."""
    passages = (_passages()[name] for name in example.passages)
    evidence = [*_policy(spec), *_record(ticket_of(example), spec), *passages]
    return Context(evidence=tuple(evidence), tokens=0)


def _policy(spec: IntentSpec) -> list[Evidence]:
    if not spec.answer:
        return []
    text = "\n".join(spec.answer)
    return [
        Evidence(
            id=EvidenceId(f"policy:{spec.name}"),
            kind="policy",
            source="intents.yaml",
            version=sha256(text.encode()).hexdigest()[:16],
            text=text,
            title=spec.name,
            fetched_at=NOON,
        )
    ]


def _record(ticket: Ticket, spec: IntentSpec) -> list[Evidence]:
    customers = Customers.open(workspace())
    record = customers.find(ticket.customer) if customers and ticket.customer else None
    if record is None or not ticket.verified:
        return []
    return [
        Evidence(
            id=EvidenceId(f"record:{record.id}"),
            kind="record",
            source=record.id,
            version=record.version,
            fields=(*record.only(spec.needs).fields, ("name", record.name)),
            fetched_at=NOON,
        )
    ]
