"""What every helpdesk is asked to do, done to doubles of them: found, answered once, or left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.helpdesks.company import (
    CUSTOMER,
    KINDS,
    REFUND,
    UNKNOWN,
    Company,
    company_of,
    until,
)

from firstline.channels import desk_channel
from firstline.channels.base import Parcel
from firstline.channels.desk_channel import HelpdeskChannel
from firstline.desk import collecting, working


@pytest.fixture(scope="module", params=list(KINDS))
def company(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    """Open a company for each kind of helpdesk; its tests share it, each with its own tickets."""
    kind = KINDS[request.param]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk_channel, "SETTLE_SECONDS", 0.2)
        patch.setattr(collecting, "LOOK_SECONDS", 0.1)
        patch.setattr(working, "LOOK_SECONDS", 0.3)
        with company_of(kind, tmp_path_factory.mktemp(kind.name) / "tiny") as opened:
            yield opened


@pytest.fixture
def double(company: Company) -> Iterator[Any]:
    """Return the live channel's double, mended again after the test."""
    yield company.live
    company.live.heal()


def before_the_write(monkeypatch: pytest.MonkeyPatch, what: Any) -> None:
    """Have something happen once, right before a reply is written."""
    once = HelpdeskChannel._once  # noqa: SLF001 - between the verdict and the write
    done: list[str] = []

    async def late(self: HelpdeskChannel, parcel: Parcel) -> str:
        if parcel.kind == "reply" and not done:
            done.append(parcel.marker)
            what()
        return await once(self, parcel)

    monkeypatch.setattr(HelpdeskChannel, "_once", late)


def test_a_poll_finds_a_ticket_and_it_is_answered_once(company: Company, double: Any) -> None:
    """No webhook came: the ticket is found, answered, and never answered again."""
    ticket = double.new_ticket(REFUND, requester=CUSTOMER)
    assert company.outcome(ticket)[0] == "sent"
    double.touch(ticket)
    company.tell(ticket)
    assert company.outcome(company.ask(REFUND))[0] == "sent"
    (reply,) = double.public_replies(ticket)
    assert "refunded in full" in reply
    assert "Was this helpful?" in reply
    assert "Yes: https://desk.acme.example/feedback/" in reply
    assert len(company.ended(ticket)) == 1


@pytest.mark.parametrize("failure", ["lost_response", "slow"])
def test_a_reply_whose_answer_got_lost_is_found_and_not_sent_again(
    company: Company, double: Any, failure: str
) -> None:
    """The helpdesk did the work and nobody heard of it: it is read back by its marker."""
    double.fail_next(failure)
    ticket = company.ask(REFUND)
    assert company.outcome(ticket)[0] == "sent"
    assert len(double.public_replies(ticket)) == 1


@pytest.mark.parametrize("failure", ["too_many", "unavailable", "conflict"])
def test_a_refusal_that_passes_is_waited_for(company: Company, double: Any, failure: str) -> None:
    """Too fast, away for a moment, or changed in between: looked at afresh and tried again."""
    double.fail_next(failure)
    ticket = company.ask(REFUND)
    assert company.outcome(ticket)[0] == "sent"
    assert len(double.public_replies(ticket)) == 1


def test_what_a_helpdesk_will_not_take_is_a_persons(company: Company, double: Any) -> None:
    """A lasting refusal sends nothing; the ticket is a person's, who is told so beside it."""
    double.fail_next("invalid")
    ticket = company.ask(REFUND)
    assert company.outcome(ticket) == ("review", "helpdesk_invalid")
    (note,) = until(lambda: double.notes(ticket))
    assert "helpdesk_invalid" in note
    assert double.public_replies(ticket) == []


def test_a_helpdesk_that_is_away_for_long_loses_nothing(company: Company, double: Any) -> None:
    """Reads fail until it is back; then everything is found and answered once."""
    double.fail_next("unavailable", times=12, on="GET")
    ticket = company.ask(REFUND)
    until(lambda: company.failing() > 0)
    double.heal()
    assert company.outcome(ticket)[0] == "sent"
    assert len(double.public_replies(ticket)) == 1


def test_a_ticket_for_people_is_assigned_with_its_packet(company: Company, double: Any) -> None:
    """What nobody can answer gets a note with everything; the customer is told so once only."""
    ticket = company.ask(UNKNOWN)
    (note,) = until(lambda: double.notes(ticket))
    assert "a person is needed" in note
    double.customer_says(ticket, "It was a big parrot, by the way.")
    company.tell(ticket)
    until(lambda: len(company.ended(ticket)) == 2 and len(double.notes(ticket)) == 2)
    (notice,) = double.public_replies(ticket)
    assert "A person on our team has it" in notice


def test_in_shadow_mode_the_team_reads_what_would_have_been_sent(company: Company) -> None:
    """The draft is an internal note; nothing public leaves, whatever the levels are."""
    ticket = company.ask(REFUND, shadow=True)
    (note,) = until(lambda: company.shadow.notes(ticket))
    assert company.ended(ticket, company.shadow)[0][1] == "review"
    assert "refunded in full" in note
    assert company.shadow.public_replies(ticket) == []


def test_a_person_who_was_faster_is_not_talked_over(
    company: Company, double: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply that a person wrote between the verdict and the write stops ours."""
    ticket = double.new_ticket(REFUND, requester=CUSTOMER)
    before_the_write(monkeypatch, lambda: double.human_replies(ticket, "I am on it."))
    company.tell(ticket)
    assert company.outcome(ticket) == ("review", "person_replied")
    assert double.public_replies(ticket) == []


def test_a_second_message_in_between_stops_the_answer_to_the_first(
    company: Company, double: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both messages together become the ticket that is answered."""
    ticket = double.new_ticket(REFUND, requester=CUSTOMER)

    def again() -> None:
        double.customer_says(ticket, "And to which card?")
        company.tell(ticket)

    before_the_write(monkeypatch, again)
    company.tell(ticket)
    until(lambda: len(company.ended(ticket)) == 2)
    first, second = company.ended(ticket)
    assert first[1:] == ("review", "newer_message")
    assert second[0] != first[0]
    assert len(double.public_replies(ticket)) <= 1


def test_what_staff_answered_brings_no_ticket(company: Company, double: Any) -> None:
    """A conversation that a person answered is theirs, until the customer writes again."""
    ticket = double.new_ticket(REFUND, requester=CUSTOMER)
    double.human_replies(ticket, "Yes, within 30 days.")
    company.tell(ticket)
    assert company.outcome(company.ask(REFUND))[0] == "sent"
    assert company.ended(ticket) == []
    assert double.public_replies(ticket) == []
