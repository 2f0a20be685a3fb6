"""The page behind the links under a reply: it asks, and only a button answers."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
import sqlalchemy as sa
from tests.web.conftest import Served

from firstline.records import TicketId
from firstline.review.feedback_links import VALID
from firstline.store.feedback import FeedbackAnswer, StoredFeedback
from firstline.store.schema import ticket
from firstline.web.feedback.addresses import feedback_addresses, links_of


@pytest.fixture
def sent(served: Served) -> TicketId:
    """Return a ticket whose reply went out and nobody has judged yet."""
    with served.site.desk.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM feedback"))
        found = connection.scalar(sa.select(ticket.c.id).where(ticket.c.outcome == "sent").limit(1))
    return TicketId(str(found))


@pytest.fixture
def customer(served: Served) -> httpx2.Client:
    """Return somebody who is not signed in."""
    return served.client()


def address(served: Served, name: TicketId, answer: FeedbackAnswer = "yes", age: int = 0) -> str:
    """Return the path of a link that was sent some days ago."""
    sent_at = served.site.now() - timedelta(days=age)
    return f"/feedback/{links_of(served.site).tokens(name, sent_at)[answer]}"


def kept(served: Served, name: TicketId) -> StoredFeedback | None:
    """Return what is kept of a ticket."""
    return served.site.reviews.feedback.of(name)


def test_following_a_link_records_nothing(
    served: Served, customer: httpx2.Client, sent: TicketId
) -> None:
    """Mail scanners open every link; the page only asks, with the link's answer marked."""
    page = customer.get(address(served, sent, "no"))
    assert page.status_code == 200
    assert page.text.count("<button") == 4  # three answers, and one to close the list of keys
    assert 'class="button primary" name="answer" value="no"' in page.text
    assert customer.head(address(served, sent)).status_code == 200
    assert kept(served, sent) is None


def test_a_button_records_it_and_the_last_one_counts(
    served: Served, customer: httpx2.Client, sent: TicketId
) -> None:
    """The same link serves to change one's mind."""
    assert customer.post(address(served, sent), data={"answer": "yes"}).status_code == 200
    thanks = customer.post(address(served, sent), data={"answer": "no"})
    assert thanks.status_code == 200
    assert "Change your answer" in thanks.text
    found = kept(served, sent)
    assert found is not None
    assert (found.answer, found.changes) == ("no", 1)


def test_who_needs_more_help_gets_a_person(
    served: Served, customer: httpx2.Client, sent: TicketId
) -> None:
    """The ticket is before a person, and the page says so."""
    thanks = customer.post(address(served, sent), data={"answer": "more_help"})
    assert "A person will look at your message" in thanks.text
    assert served.site.reviews.review(sent).held_for == "more_help"


@pytest.mark.parametrize(
    "data", [{}, {"answer": "maybe"}, {"answer": "a" * 30}, {"answer": "\x00"}]
)
def test_anything_else_is_asked_again(
    served: Served, customer: httpx2.Client, sent: TicketId, data: dict[str, str]
) -> None:
    """Nothing is recorded, nothing breaks."""
    page = customer.post(address(served, sent), data=data)
    assert page.status_code in (400, 422)
    assert kept(served, sent) is None


def test_an_old_link_says_that_it_has_expired(
    served: Served, customer: httpx2.Client, sent: TicketId
) -> None:
    """Thirty days after the reply; a button of an open page does nothing then either."""
    old = address(served, sent, age=VALID.days + 1)
    page = customer.get(old)
    assert (page.status_code, "expired" in page.text) == (410, True)
    assert customer.post(old, data={"answer": "yes"}).status_code == 410
    assert kept(served, sent) is None


@pytest.mark.parametrize("token", ["a", "%00", "a" * 3_000, "<b>", "é"])
def test_a_made_up_link_leads_nowhere(customer: httpx2.Client, token: str) -> None:
    """One page for everything that is none of ours, with nothing of it repeated."""
    page = customer.get(f"/feedback/{token}")
    assert page.status_code == 404
    assert "<b>" not in page.text.partition("<main")[2]


def test_a_link_cannot_be_changed_into_another(
    served: Served, customer: httpx2.Client, sent: TicketId
) -> None:
    """Neither its ticket nor its time; every part is signed."""
    token = address(served, sent)
    changed = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
    assert customer.get(changed).status_code == 404


def test_another_site_cannot_press_the_button(
    served: Served, customer: httpx2.Client, sent: TicketId
) -> None:
    """A page elsewhere that knew a link could still not answer for its reader."""
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = customer.post(address(served, sent), data={"answer": "yes"}, headers=headers)
    assert answer.status_code == 403
    assert kept(served, sent) is None


def test_there_are_links_only_where_the_server_is_reached(served: Served, sent: TicketId) -> None:
    """Without a public address a reply goes out without them."""
    assert feedback_addresses(served.site, sent, served.site.now()) is None
