"""Decisions by way of the API: on the version that was seen, once, with the reason when refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
from tests.web.api.conftest import Api

from firstline.records import TicketId


def decide(api: Api, ticket: str, action: str, **fields: Any) -> httpx2.Response:
    """Decide on the version that stands there now, unless another is named."""
    if "version" not in fields:
        fields["version"] = (api.get(ticket)["review"] or {"version": 0})["version"]
    body = {"action": action, "by": "Dana"} | fields
    return api.program.post(f"/api/v1/tickets/{ticket}/decisions", json=body)


def test_an_approved_reply_is_delivered(api: Api) -> None:
    """The decision is kept with the person and the key; the reply is there once it was sent."""
    ticket = api.held()
    answer = decide(api, ticket, "approve")
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["action"], made["by"], made["delivers"]) == ("approve", "Dana via shop", "reply")
    assert api.get(ticket)["state"] == "approved"
    api.deliver(ticket)
    found = api.get(ticket)
    assert (found["state"], found["reply"]["by"]) == ("answered", "person")
    assert found["reply"]["text"] == found["draft"]["text"]
    assert [item["action"] for item in found["decisions"]] == ["approve"]


def test_an_edited_reply_is_what_the_customer_gets(api: Api) -> None:
    """Its sentences are proven again; the draft stays as it was written."""
    ticket = api.held()
    text = "The first payment for a paid plan is refunded in full if you ask within 30 days."
    answer = decide(api, ticket, "edit", text=text, override="shorter is better here")
    assert answer.status_code == 200, answer.text
    assert answer.json()["distance"] > 0
    api.deliver(ticket)
    reply = api.get(ticket)["reply"]
    assert reply["text"] == text
    assert [item["evidence"] for item in reply["sentences"]] == [["refunds#1"]]


def test_a_claim_that_is_not_proven_is_refused(api: Api) -> None:
    """The reason comes as a code; the ticket is free again, with a new version."""
    ticket = api.held()
    refused = decide(api, ticket, "edit", text="You will get 500 dollars tomorrow.")
    assert (refused.status_code, refused.json()["code"]) == (409, "unproven")
    assert "override" in refused.json()["detail"] or "overrule" in refused.json()["detail"]
    assert api.get(ticket)["review"]["held_by"] == ""
    assert decide(api, ticket, "approve").status_code == 200


def test_an_old_version_is_refused(api: Api) -> None:
    """Who decides on what is not there any more is told so, and nothing happens."""
    ticket = api.held()
    decide(api, ticket, "edit", text="You will get 500 dollars tomorrow.")
    refused = decide(api, ticket, "approve", version=0)
    assert (refused.status_code, refused.json()["code"]) == (409, "changed")
    assert refused.headers["content-type"] == "application/problem+json"
    assert api.get(ticket)["decisions"] == []


def test_of_many_at_once_one_decides(api: Api) -> None:
    """Ten decisions on the same version: one is made, the others are refused."""
    ticket = api.held()

    def approve(number: int) -> httpx2.Response:
        return decide(api, ticket, "approve", version=0, by=f"Person {number}")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(approve, range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert len(api.get(ticket)["decisions"]) == 1


def test_what_somebody_holds_in_the_console_is_refused(api: Api) -> None:
    """A claim counts whichever way one looks at the ticket."""
    ticket = api.held()
    api.site.reviews.claim(ticket, "Mia")
    refused = decide(api, ticket, "approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "held")
    assert "Mia" in refused.json()["detail"]
    assert api.get(ticket)["review"]["held_by"] == "Mia"


def test_a_ticket_may_be_rejected_escalated_or_taken(api: Api) -> None:
    """Each leaves it with whom it says."""
    rejected, escalated, taken, spam = (api.held() for _ in range(4))
    assert decide(api, rejected, "reject", reason="wrong", note="old").json()["reason"] == "wrong"
    assert api.get(rejected)["review"]["assignee"] == "Dana via shop"
    answer = decide(api, escalated, "escalate", team="billing", note="a refund").json()
    assert (answer["delivers"], api.get(escalated)["review"]["team"]) == ("notice", "billing")
    assert decide(api, taken, "take").status_code == 200
    assert api.get(taken)["state"] == "handed"
    decide(api, spam, "reject", reason="no_reply_needed")
    assert api.get(spam)["state"] == "closed"


def test_there_is_nothing_to_decide_on_other_tickets(api: Api) -> None:
    """One that is not there, is being worked on, or is answered."""
    for ticket in (api.sent(), api.answered()):
        refused = decide(api, ticket, "approve", version=0)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_waiting")
    missing = TicketId("0" * 20)
    body = {"action": "take", "version": 0, "by": "Dana"}
    answer = api.program.post(f"/api/v1/tickets/{missing}/decisions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
