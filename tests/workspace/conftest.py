"""A small company's folder that loads, for tests to break."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firstline.errors import WorkspaceError, WorkspaceErrors
from firstline.workspace import load

FILES = {
    "firstline.toml": """\
[company]
name = "Lantern Books"
locale = "en-AU"
timezone = "Australia/Sydney"
own_addresses = ["help@lantern.example"]

[knowledge]
path = "knowledge"
passages = 4

[reply]
max_words = 120
links = ["help.lantern.example"]

[customers]
file = "customers.json"

[gate]
autonomy = "shadow"
""",
    "intents.yaml": """\
intents:
  delivery:
    description: Where a parcel is
    risk: low
    handler: quote
    autonomy: percent:25
    articles: [delivery-times]
    examples:
      - When will my books arrive?
      - "Tracking: it has not moved"
  membership:
    handler: record
    needs: [plan, billing]
    answer:
      - You are on the {plan} plan.
      - The next invoice is {billing.next.amount}.
    examples:
      - Which plan do I have?
  hours:
    handler: rule
    answer: [We are open on weekdays.]
    examples: [Are you open today?]
""",
    "policies.yaml": """\
signals:
  anger: escalate
forbidden:
  - legal advice
""",
    "catalogue.yaml": """\
plans:
  - name: Reader
    price: $9 per month
    limits: {loans: 3}
    features: [Loans]
features: [Loans]
""",
    "voice.md": """\
## Greeting
Hello {name},

## Opening
Good to hear from you.
""",
    "customers.json": """\
[
  {"id": "R-17", "email": "ana@reader.example", "name": "Ana Ruiz", "plan": "Reader",
   "billing": {"next": {"amount": "$9.00"}}},
  {"id": "R-18", "email": "bo@reader.example", "name": "Bo Lind", "plan": "Reader",
   "billing": {"next": null}}
]
""",
    "knowledge/delivery-times.md": """\
---
id: delivery-times
updated: 2026-05-01
---
Parcels arrive within three working days.
""",
}

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """Give a folder that loads without a mistake."""
    folder = tmp_path / "lantern"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def mistakes() -> Mistakes:
    """Give a function that loads a folder and returns what is wrong with it."""

    def find(folder: Path) -> tuple[WorkspaceError, ...]:
        with pytest.raises(WorkspaceErrors) as caught:
            load(folder)
        return caught.value.errors

    return find
