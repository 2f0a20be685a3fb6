"""Subjects for tests of the checks, with a customer file of two people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from tests.builders import NOON, a_draft, a_passage, a_route

from firstline.proof.subject import Subject
from firstline.records import CustomerId, Evidence, EvidenceId, Intent, Language, Sentence
from firstline.workspace import (
    Catalogue,
    IntentSpec,
    Plan,
    Policies,
    Settings,
    Voice,
    Workspace,
)
from firstline.workspace.identifier_forms import forms_of_fields, forms_of_token
from firstline.workspace.record_fields import flatten

ANA: Mapping[str, Any] = {
    "id": "cus_7001",
    "email": "ana@kestrel.example",
    "name": "Ana Ruiz",
    "phone": "+61 412 345 678",
    "company": "Kestrel Bridge Works",
    "address": "14 Kestrel Road, Perth WA 6000",
    "plan": "Team",
    "invoices": [{"id": "INV-55501", "amount": "A$135.00"}],
}
BO: Mapping[str, Any] = {
    "id": "cus_7002",
    "email": "bo.lind@finch.example",
    "name": "Bo Lind",
    "phone": "+61 498 765 432",
    "company": "Finch & Daughters Bakery",
    "address": "9 Wattle Street, Hobart TAS 7000",
    "plan": "Business",
    "invoices": [{"id": "INV-66602", "amount": "A$978.50"}],
}


def owners(token: str) -> frozenset[CustomerId]:
    """Return whose a token is."""
    forms = set(forms_of_token(token))
    return frozenset(
        CustomerId(record["id"])
        for record in (ANA, BO)
        if forms & {*forms_of_fields(flatten(record)), *forms_of_token(record["id"])}
    )


def a_record(record: Mapping[str, Any] = ANA) -> Evidence:
    """Return a customer's record as evidence."""
    return Evidence(
        id=EvidenceId(f"record:{record['id']}"),
        kind="record",
        source=record["id"],
        version="v1",
        fields=flatten(record),
        fetched_at=NOON,
    )


def a_subject(*sentences: str, **changes: Any) -> Subject:
    """Return a reply to Ana of these sentences."""
    draft = a_draft(*(Sentence(text=text, kind="quote") for text in sentences))
    fields: dict[str, Any] = {
        "asked": "How\nHow do I export a board?",
        "asked_in": Language(code="en", confidence=0.9),
        "draft": draft,
        "evidence": (a_passage(), a_record()),
        "workspace": a_workspace(),
        "route": a_route(),
        "today": date(2026, 5, 4),
        "customer": CustomerId("cus_7001"),
        "owners": owners,
    }
    return Subject(**(fields | changes))


def a_workspace(*answer: str) -> Workspace:
    """Return a company whose intent is answered with these lines."""
    return Workspace(
        folder=Path(),
        settings=Settings(company="Acme", locale="en-AU"),
        intents=(IntentSpec(name=Intent("export_data"), answer=answer),),
        policies=Policies(),
        catalogue=Catalogue(plans=(Plan(name="Bo Lind"),) if "named" in answer else ()),
        voice=Voice(),
        version="v1",
    )
