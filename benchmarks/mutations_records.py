"""Replies made of records: values in natural sentences, several phrasings each, and sums."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.mutations_sources import ACME, Grounded, Row

Phrases = tuple[str, ...]
Render = Callable[[Mapping[str, Any]], dict[str, Phrases]]
"""Gives, for a record, sentences that say the same thing in several ways, by what they say."""

_CARDS = (
    "Bronze Rewards Card",
    "Silver Rewards Card",
    "Gold Rewards Card",
    "Platinum Rewards Card",
    "Diamond Elite Card",
    "Blue Account",
    "Green Account",
    "Bronze Account",
)
MONTHS = (
    "January February March April May June July August September October November December"
).split()


def record_replies(data: Path, chance: random.Random, most: int) -> Iterator[Grounded]:
    """Yield up to `most` replies from each kind of record, in turn a random phrasing of each."""
    for name, kind, rows, render, question in _kinds(data):
        chosen = chance.sample(list(rows), min(len(rows), most))
        for at, row in enumerate(chosen):
            yield from _replies(name, kind, row, chosen[at - 1], render, question, chance)


def _replies(
    name: str,
    kind: str,
    row: Row,
    other: Row,
    render: Render,
    question: str,
    chance: random.Random,
) -> Iterator[Grounded]:
    own, foreign = render(row), render(other)
    shared = [what for what in own if what in foreign and own[what] != foreign[what]]
    if not shared:
        return
    siblings = _CARDS if name == "bank" else ()
    chosen = chance.sample(shared, min(len(shared), chance.choice((1, 2))))
    picks = {what: chance.randrange(min(len(own[what]), len(foreign[what]))) for what in chosen}
    key = str(next(iter(row.values())))
    yield Grounded(
        id=f"{name}-{kind}-{key}",
        source=name,
        document=f"{kind}-{key}",
        style="record",
        way="+".join(chosen),
        question=question,
        sentences=tuple(own[what][picks[what]] for what in chosen),
        evidence=({"id": kind, "kind": "record", "fields": row},),
        customer=_owner(row),
        siblings=siblings,
        core=tuple(range(len(chosen))),
        swapped=tuple(foreign[what][picks[what]] for what in chosen),
        swapped_evidence=({"id": f"other-{kind}", "kind": "record", "fields": other},),
    )


def _owner(row: Row) -> str:
    return str(row.get("user_id") or row.get("id") or row.get("email") or "")


def _kinds(data: Path) -> Iterator[tuple[str, str, Sequence[Row], Render, str]]:
    customers = json.loads((ACME / "customers.json").read_text(encoding="utf-8"))
    yield "acme", "customer", customers, _acme, "What do I pay, and when?"
    bank = json.loads((data / "tau_banking" / "db.json").read_text(encoding="utf-8"))
    for table, render, question in (
        ("credit_card_transaction_history", _purchase, "What was this charge on my card?"),
        ("credit_card_accounts", _card, "How does my card account stand?"),
        ("accounts", _account, "What is in my account?"),
    ):
        yield "bank", table, list(bank[table]["data"].values()), render, question
    orders = _lines(data / "tau_retail" / "db" / "orders.jsonl")
    yield "retail", "order", orders, _order, "What is the state of my order?"
    reservations = _lines(data / "tau_airline" / "db" / "reservations.jsonl")
    yield "airline", "reservation", reservations, _reservation, "Tell me about my booking."


def _lines(path: Path) -> list[Row]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in row.items() if key != "_key"} for row in rows]


def day(iso: str) -> Phrases:
    """Return the ways to write a date."""
    when = date.fromisoformat(iso[:10])
    month = MONTHS[when.month - 1]
    return (
        f"{when.day} {month} {when.year}",
        f"{month} {when.day}, {when.year}",
        f"{month} {_ordinal(when.day)}, {when.year}",
        f"the {_ordinal(when.day)} of {month} {when.year}",
    )


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}th" if 10 < number % 100 < 14 else f"{number}{ending}"


def _american(text: str) -> str:
    return datetime.strptime(text, "%m/%d/%Y").date().isoformat()  # noqa: DTZ007 - a day, no time


def _acme(row: Mapping[str, Any]) -> dict[str, Phrases]:
    said: dict[str, Phrases] = {}
    plan, seats, billing = row.get("plan"), row.get("seats") or {}, row.get("billing") or {}
    if plan:
        said["plan"] = (
            f"You are on the {plan} plan.",
            f"Your workspace is on {plan}.",
            f"Your current plan is {plan}.",
        )
    if seats.get("used") is not None and seats.get("included"):
        used, included = seats["used"], seats["included"]
        said["seats"] = (
            f"You are using {used} of your {included} seats.",
            f"{used} of the {included} seats included in your plan are taken.",
            f"Your plan includes {included} seats, and you use {used} of them.",
        )
    if seats.get("used") is not None and seats.get("included", 0) - seats.get("used", 0) > 1:
        used, included = seats["used"], seats["included"]
        said["free_seats"] = (
            f"That leaves you {included - used} free seats.",
            f"You have {included - used} seats left ({included} included, {used} used).",
        )
    invoice = billing.get("next_invoice") or {}
    if invoice.get("amount") and invoice.get("date"):
        dates = day(invoice["date"])
        said["invoice"] = (
            f"Your next invoice is {invoice['amount']}, on {dates[0]}.",
            f"On {dates[1]} you will be charged {invoice['amount']}.",
            f"{invoice['amount']} is due on {dates[3]}.",
        )
    said |= _acme_payments(billing)
    return said


def _acme_payments(billing: Mapping[str, Any]) -> dict[str, Phrases]:
    said: dict[str, Phrases] = {}
    method = billing.get("payment_method") or {}
    if method.get("brand") and method.get("last4"):
        said["method"] = (
            f"You pay with your {method['brand']} ending in {method['last4']}.",
            f"The card on file is a {method['brand']} (last four digits {method['last4']}).",
        )
    invoices = [item for item in billing.get("invoices") or () if str(item.get("amount", ""))]
    if len(invoices) > 1 and all(item["amount"].startswith("A$") for item in invoices):
        first, second = invoices[:2]
        total = sum(Decimal(item["amount"][2:].replace(",", "")) for item in (first, second))
        said["sum"] = (
            f"Invoices {first['id']} and {second['id']} come to A${total:,.2f} together.",
            (
                f"{first['id']} is {first['amount']} and {second['id']} is {second['amount']}, "
                f"which makes A${total:,.2f} in total."
            ),
        )
        said["paid"] = (
            f"Invoice {first['id']} of {day(first['date'])[0]} is {first['status']}.",
            f"The status of invoice {first['id']} ({first['amount']}) is {first['status']}.",
        )
    return said


def _purchase(row: Mapping[str, Any]) -> dict[str, Phrases]:
    dates = day(_american(row["transaction_date"]))
    amount, shop = row["transaction_amount"], row["merchant_name"]
    return {
        "amount": (
            f"On {dates[1]} you spent {amount} at {shop}.",
            f"Your purchase at {shop} on {dates[0]} came to {amount}.",
            f"The charge of {amount} is from {shop} and dates from {dates[2]}.",
        ),
        "rewards": (
            f"You earned {row['rewards_earned']} for it.",
            f"That purchase at {shop} brought you {row['rewards_earned']}.",
        ),
        "card": (
            f"It was paid with your {row['credit_card_type']}.",
            f"The {shop} purchase is on your {row['credit_card_type']}.",
        ),
    }


def _card(row: Mapping[str, Any]) -> dict[str, Phrases]:
    opened = day(_american(row["date_of_account_open"]))
    return {
        "balance": (
            f"The current balance of your {row['card_type']} is {row['current_balance']}.",
            f"Your {row['card_type']} has a balance of {row['current_balance']}.",
        ),
        "points": (
            f"You have {row['reward_points']} on your {row['card_type']}.",
            f"Your {row['card_type']} has collected {row['reward_points']}.",
        ),
        "opened": (
            f"You opened your {row['card_type']} account on {opened[1]}.",
            f"Your {row['card_type']} account has been open since {opened[0]}.",
        ),
    }


def _account(row: Mapping[str, Any]) -> dict[str, Phrases]:
    opened = day(_american(row["date_opened"]))
    held = f"${row['current_holdings']}"
    return {
        "holdings": (
            f"Your {row['level']} holds {held}.",
            f"There is {held} in your {row['level']}.",
        ),
        "opened": (
            f"Your {row['level']} was opened on {opened[0]}.",
            f"You have had your {row['level']} since {opened[1]}.",
        ),
    }


def _order(row: Mapping[str, Any]) -> dict[str, Phrases]:
    order, place = row["order_id"], row["address"]
    said: dict[str, Phrases] = {
        "status": (
            f"Your order {order} is {row['status']}.",
            f"Order {order} currently has the status {row['status']}.",
        ),
        "address": (
            (
                f"Order {order} goes to {place['address1']}, {place['address2']}, {place['city']}, "
                f"{place['state']} {place['zip']}."
            ),
            f"The delivery address is {place['address1']}, {place['address2']}, {place['city']}.",
        ),
    }
    for item in row["items"][:1]:
        options = " and ".join(f"{key} {value}" for key, value in list(item["options"].items())[:2])
        said["item"] = (
            f"The {item['name']} in it costs ${item['price']:.2f}.",
            f"You ordered a {item['name']} ({options}) for ${item['price']:.2f}.",
        )
    if len(row["items"]) > 1:
        first, second = row["items"][:2]
        total = first["price"] + second["price"]
        said["sum"] = (
            f"The {first['name']} and the {second['name']} cost ${total:,.2f} together.",
            (
                f"${first['price']:.2f} for the {first['name']} plus "
                f"${second['price']:.2f} for the {second['name']} makes ${total:,.2f}."
            ),
        )
    return said


def _reservation(row: Mapping[str, Any]) -> dict[str, Phrases]:
    key, trip = row["reservation_id"], row["flight_type"].replace("_", " ")
    cabin = row["cabin"].replace("_", " ")
    first = row["flights"][0]
    dates = day(first["date"])
    said: dict[str, Phrases] = {
        "route": (
            (
                f"Reservation {key} is a {trip} from {row['origin']} to {row['destination']} "
                f"in {cabin}."
            ),
            f"You are booked in {cabin} from {row['origin']} to {row['destination']} ({key}).",
        ),
        "flight": (
            f"Flight {first['flight_number']} leaves {first['origin']} on {dates[1]}.",
            (
                f"On {dates[0]} you fly from {first['origin']} to {first['destination']} with "
                f"{first['flight_number']}."
            ),
        ),
        "bags": (
            f"Your reservation {key} has {row['total_baggages']} checked bags.",
            f"{row['total_baggages']} bags are booked on {key}.",
        ),
    }
    if len(row["flights"]) > 1:
        prices = [flight["price"] for flight in row["flights"][:2]]
        said["sum"] = (
            f"The first two flights cost ${sum(prices):,} together.",
            f"The fares of ${prices[0]:,} and ${prices[1]:,} add up to ${sum(prices):,}.",
        )
    return said
