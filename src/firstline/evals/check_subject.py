"""Making what the checks look at of a case: another system's reply, in our terms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from firstline.evals.check_cases import Case
from firstline.evals.check_owners import Ownership, owned
from firstline.proof.language import UNKNOWN, detect
from firstline.proof.subject import Subject
from firstline.proof.values import links
from firstline.records import CustomerId, Draft, Language, Sentence
from firstline.workspace import (
    Catalogue,
    CustomerBook,
    Policies,
    Settings,
    Voice,
    Workspace,
)

NO_LIMIT: Final = 1_000_000
"""Words a reply may have when no workspace says otherwise."""
_ENGLISH: Final = "en"
_ANY: Final = Language(code=UNKNOWN, confidence=0.0)


def subject_of(
    case: Case, workspace: Workspace | None = None, customers: CustomerBook | None = None
) -> Subject:
    """Return what the checks look at for a reply of another system.

    Args:
        case: The reply and its evidence.
        workspace: The company whose rules hold; without one nothing is asked of language or
            length, and a link is allowed to the hosts that the evidence names.
        customers: The company's customers, so that anybody's identifier is known.
    """
    written = detect(" ".join(case.reply)).code
    if workspace is None:
        asked_in, company = _ANY, _nobody(case, _ENGLISH if written == UNKNOWN else written)
    else:
        asked_in, company = detect(case.question), _in_locale(workspace, case.locale)
    if written == UNKNOWN:
        written = company.settings.languages[0] if asked_in.code == UNKNOWN else asked_in.code
    ownership = _ownership(case, customers)
    return Subject(
        asked=f"\n{case.question}",
        asked_in=asked_in,
        draft=Draft(
            action="answer",
            sentences=tuple(Sentence(text=piece, kind="quote") for piece in case.reply),
            reason="another system wrote it",
            language=written,
            model="unknown",
        ),
        evidence=ownership.evidence,
        workspace=company,
        foreign=True,
        today=case.today or datetime.now(UTC).date(),
        customer=ownership.customer,
        owners=ownership.owners,
        earlier=case.earlier,
    )


def _ownership(case: Case, customers: CustomerBook | None) -> Ownership:
    """Return whose everything is: by the case's own records, and the company's where it has any."""
    record = None
    if customers is not None:
        record = next(
            filter(None, (customers.find(one, ()) for one in _references(case.customer))), None
        )
    if customers is None or record is None:
        return owned(case.evidence, case.customer)
    by_records = owned(case.evidence, {"id": record.id, "email": record.email})

    def owners(token: str) -> frozenset[CustomerId]:
        return customers.owners_of(token) | by_records.owners(token)

    return replace(by_records, owners=owners)


def _references(customer: Any) -> list[str]:
    """Return what a customer file may know the requester by."""
    if isinstance(customer, dict):
        told = [customer.get(name) for name in ("id", "customer_id", "user_id", "email")]
        return [str(value) for value in told if isinstance(value, str | int)]
    return [str(customer)] if isinstance(customer, str | int) else []


def _in_locale(workspace: Workspace, locale: str) -> Workspace:
    if not locale:
        return workspace
    return replace(workspace, settings=replace(workspace.settings, locale=locale))


def _nobody(case: Case, language: str) -> Workspace:
    """Return a company that has no rules of its own."""
    settings = Settings(
        company="",
        locale=case.locale or "en-US",
        languages=(language,),
        max_words=NO_LIMIT,
        links=_hosts(case),
    )
    return Workspace(
        folder=Path(),
        settings=settings,
        intents=(),
        policies=Policies(),
        catalogue=Catalogue(),
        voice=Voice(),
        version="none",
    )


def _hosts(case: Case) -> tuple[str, ...]:
    """Return the hosts of the links that the evidence gives."""
    found: set[str] = set()
    for item in case.evidence:
        texts = (item.text, item.url, *(value for _, value in item.fields if "/" in value))
        for link in (link for text in texts for link in links(text)):
            try:
                found.add((urlsplit(link).hostname or "").lower())
            except ValueError:
                continue
    return tuple(sorted(found - {""}))
