"""A small company for the tests of what is found out about answers afterwards."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.builders import NOON

from firstline.desk import Desk
from firstline.pipeline.record import stage_bodies
from firstline.records import Answer, Inbound, Outcome, Receipt, TicketId
from firstline.store import Caps, Inbox, Outbox, TicketStore

CAPS = Caps(per_requester=99, per_conversation=99)
REFUNDS = """---
id: refunds
title: Refunds
---

# Refunds

The first payment for a paid plan is refunded in full if you ask within 30 days.

Refunds are paid to the card that was used for the payment.
"""
EXPORT = """---
id: export
title: Export a board
---

# Export a board

1. Open the board menu and choose **Export**.
2. Choose **CSV** and wait for the download link.

A download link works for 24 hours.
"""
INTERNAL = """---
id: excel
title: Excel formulas in exports
audience: internal
---

# Excel formulas in exports

Formulas are never kept in an Excel spreadsheet that is exported. Do not promise it.
"""
INTENTS = """intents:
  refunds:
    description: Getting money back
    risk: low
    autonomy: percent:100
    articles: [refunds]
    examples:
      - How do I get a refund for my first payment?
      - I want my money back for the plan
      - Can a payment be refunded to my card?
      - Is the first payment refunded?
  export_data:
    description: Getting data out
    risk: low
    autonomy: percent:100
    examples:
      - How do I export a board to CSV?
      - Where is the download link of my export?
      - How can I export my board?
      - Choose CSV for a board export
  my_plan:
    description: Which plan a customer is on
    risk: low
    handler: record
    autonomy: percent:100
    needs: [plan]
    answer: ["You are on the {plan} plan."]
    examples:
      - Which plan am I on?
      - What plan do we have?
      - Tell me my current plan
"""


def make_company(folder: Path) -> Path:
    """Write the company's folder and return it."""
    knowledge = folder / "knowledge"
    knowledge.mkdir(parents=True)
    toml = '[company]\nname = "Tiny"\n\n[customers]\nfile = "customers.json"\n'
    (folder / "firstline.toml").write_text(toml, encoding="utf-8")
    (folder / "intents.yaml").write_text(INTENTS, encoding="utf-8")
    for name, text in (("refunds", REFUNDS), ("export", EXPORT), ("excel", INTERNAL)):
        (knowledge / f"{name}.md").write_text(text, encoding="utf-8")
    write_customer(folder)
    return folder


def write_customer(folder: Path, plan: str = "Team") -> None:
    """Write the one customer, on a plan."""
    records = [{"id": "c1", "email": "mia@b.example", "name": "Mia Lund", "plan": plan}]
    (folder / "customers.json").write_text(json.dumps(records), encoding="utf-8")


async def answer(
    desk: Desk,
    name: str,
    text: str,
    *,
    outcome: Outcome | None = "review",
    reason: str = "",
    received_at: datetime = NOON,
    **changes: Any,
) -> Answer:
    """Answer a ticket, store it with its verdict, and end it in this way."""
    inbound = Inbound(
        external_id=name, text=text, customer="c1", verified=True, received_at=received_at
    )
    made = replace(await desk.answer(inbound), **changes)
    store = TicketStore(desk.engine)
    store.open_inbox(Inbox(id=made.ticket.inbox, kind="file", target="out"), NOON)
    store.accept([(1, made.ticket)])
    code = reason or made.verdict.reasons[0].code
    times = made.times
    store.record(made.ticket.id, stage_bodies(made), times, outcome=outcome, reason=code, now=NOON)
    return made


async def send(desk: Desk, name: str, text: str) -> TicketId:
    """Answer a ticket, deliver the reply, and return the ticket's id."""
    made = await answer(desk, name, text, outcome="sent", reason="uncertified_percent")
    outbox = Outbox(desk.engine)
    _, receipt = outbox.claim(made.ticket, "reply", caps=CAPS, now=NOON)
    outbox.settle(Receipt(key=receipt.key, state="sent", at=NOON + timedelta(hours=1)))
    return made.ticket.id
