"""What stands in the addresses of a served company: real ids for the parameters of its routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from tests.web.conftest import Served

from firstline.records import Intent
from firstline.store.certificates import CertificateBook
from firstline.trust.certificate import Certificate, Scope
from firstline.web.feedback.addresses import links_of
from firstline.web.settings.standing import basis_of

NO_PAGE = {
    "/": "sends on to the queue",
    "/setup": "for the first admin only; the hostile company's is looked at",
    "/login/elsewhere": "sends on to the company's own sign-on, which this one has not",
    "/login/elsewhere/callback": "as the one before",
    "/live": "a stream",
    "/settings/views.csv": "a download",
    "/knowledge/gaps/{key}.md": "a download",
    "/dashboard/{figure}.csv": "a download",
    "/tickets/{ticket_id}/record.json": "a download",
    "/tickets/{ticket_id}/replay": "sends back to the run; a replay answers a POST",
    "/api/v1/openapi.json": "a description for programs",
    "/metrics": "a text for monitoring",
    "/widget.js": "a script for customers' sites",
}
"""Routes outside the API that answer with no page, and why."""
ALSO = (
    "/nowhere",
    "/review/nobody-knows-it",
    "/review/{ticket}?do=edit",
    "/review/{ticket}?do=escalate",
    "/review?state=snoozed",
    "/review?assignee=nobody",
    "/knowledge/try?q=How+do+I+export+a+board%3F",
)
"""Pages that have an address of their own without a route of their own: errors, modes, results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A page that a form makes."""

    name: str
    path: str
    """Where the form is."""
    fill: Mapping[str, str]
    """What is written into which of its fields."""
    press: str
    shows: str
    """What is there when it is done."""
    public: bool = False


MADE = (
    Made(
        name="a message that was tried out",
        path="/try",
        fill={"textarea[name=text]": "How do I export a board to CSV?"},
        press="form[action='/try'] button.primary",
        shows="[data-stages] #gate",
    ),
    Made(
        name="a ticket that was run again",
        path="/tickets/{ticket}",
        fill={},
        press="form[action$='/replay'] button",
        shows="h1:has-text('Replay')",
    ),
    Made(
        name="a reply that was checked",
        path="/review/{ticket}?do=edit",
        fill={"textarea[name=text]": "We refund everything at once, 100 % of it."},
        press="button[value=check]",
        shows=".notice:has-text('check'), .notice.bad",
    ),
    Made(
        name="a password that was wrong",
        path="/login",
        fill={"input[name=email]": "nobody@acme.example", "input[name=password]": "wrong words"},
        press="button.primary",
        shows="[role=alert]",
        public=True,
    ),
)


def places(served: Served) -> Mapping[str, str]:
    """Return real ids by the name of the parameter they stand for."""
    site = served.site
    waiting = site.reviews.queue().items
    free = [item for item in waiting if not item.review.held_by(site.now())]
    assert free, "the served company has nothing to review that nobody holds"
    ticket = free[0].review.ticket
    found = site.desk.search("How do I export a board to CSV?").hits
    invited = site.access.invite(
        email=f"{ticket}@acme.example", name="Somebody Invited", role="agent", by=None
    )
    return {
        "ticket": ticket,
        "ticket_id": ticket,
        "/knowledge/doc/{name:path} name": quote(found[0].passage.document),
        "/settings/certificates/{name} name": certified(served),
        "/settings/autonomy/level ?": f"?intent={site.desk.workspace.intents[0].name}",
        "/invite/{token} token": invited,
        "/feedback/{token} token": links_of(site).tokens(ticket, site.now())["yes"],
        "key": "none",
        "figure": "volume",
    }


def certified(served: Served) -> str:
    """Issue a certificate, once; return its id."""
    desk, now = served.site.desk, served.site.now()
    book = CertificateBook(desk.engine)
    made = Certificate(
        scope=Scope(name="exports", intents=(Intent("export_data"),)),
        alpha=0.02,
        delta=0.01,
        threshold=0.83,
        count=412,
        errors=2,
        bound=0.0172,
        coverage=0.61,
        basis=basis_of(desk),
        issued=now.date() - timedelta(days=5),
        expires=now.date() + timedelta(days=9),
    )
    book.issue(made, now=now)
    return made.id
