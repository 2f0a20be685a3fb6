"""The addresses that go out with a reply, by which its reader says whether it helped."""

from __future__ import annotations

from datetime import datetime

from firstline.desk.runs import FEEDBACK_PATH
from firstline.records import TicketId
from firstline.review.feedback_links import FeedbackLinks, open_links
from firstline.store.feedback import FeedbackAnswer
from firstline.web.site import Site

PATH = FEEDBACK_PATH
_OPEN: dict[str, FeedbackLinks] = {}


def links_of(site: Site) -> FeedbackLinks:
    """Return what makes and reads the links of a company; its key is read once."""
    data = site.desk.workspace.data
    name = str(data.resolve())
    if name not in _OPEN:
        _OPEN[name] = open_links(data)
    return _OPEN[name]


def feedback_addresses(
    site: Site, ticket: TicketId, sent_at: datetime
) -> dict[FeedbackAnswer, str] | None:
    """Return an address for each answer to a reply; None where the server has no public one.

    They work for 30 days from the time it was sent, and are the same however often they are asked
    for.
    """
    if not site.public_url:
        return None
    tokens = links_of(site).tokens(ticket, sent_at)
    return {answer: f"{site.public_url}{PATH}/{token}" for answer, token in tokens.items()}
