"""What the review page shows to one person: their part of the queue, and a ticket they hold."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from firstline.errors import SetupError
from firstline.pipeline.standing import live_for
from firstline.pipeline.validate import subject_of
from firstline.proof.proofs import SentenceProof
from firstline.proof.statements import prove
from firstline.records import Answer, TicketId
from firstline.review.changes import usable
from firstline.review.evidence import changed_sources
from firstline.review.reading import ReviewCase
from firstline.store.people_records import Person
from firstline.store.review_lists import teams
from firstline.store.review_records import CLAIMABLE, ReviewRefused
from firstline.web.review.queue_view import ROWS, QueueView, Wanted, queue_view
from firstline.web.review.snoozing import choices
from firstline.web.review.standing import Standing, standing_of
from firstline.web.review.view import CaseView, case_view
from firstline.web.review.wording import said_words
from firstline.web.site import Site

TRIES = 5
"""Tickets that are tried, when others claim those that this person would get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the forms of a ticket let somebody choose."""

    teams: tuple[str, ...]
    snoozes: tuple[tuple[str, str], ...]
    zone: str


def queue_of(site: Site, person: Person, wanted: Wanted) -> QueueView:
    """Return a page of the queue."""
    found = site.reviews.queue(wanted.filter, offset=(wanted.page - 1) * ROWS, limit=ROWS)
    return queue_view(found, wanted, person.name, site.now())


def claimed(site: Site, person: Person, ticket_id: TicketId) -> bool:
    """Claim a ticket for whoever opened it; whether they have it now."""
    try:
        site.reviews.claim(ticket_id, person.name)
    except ReviewRefused:
        return False
    site.feed.changed("reviews")
    return True


def first_free(site: Site, person: Person, queue: QueueView) -> TicketId | None:
    """Claim the first ticket of a page that nobody else has; None when there is none."""
    free = [row for row in queue.rows if not row.who]
    for row in free[:TRIES]:
        if claimed(site, person, TicketId(row.ticket)):
            return TicketId(row.ticket)
    return None


def case_of(site: Site, person: Person, ticket_id: TicketId) -> CaseView:
    """Return a ticket as one person sees it, and write down that they saw it.

    Raises:
        ReviewRefused: It does not wait for a person.
        InputError: There is no such ticket.
    """
    case = site.reviews.case(ticket_id)
    site.access.saw(person, "ticket", ticket_id)
    return case_view(
        case,
        proofs_of(site, case.answer),
        site.desk.workspace,
        me=person.name,
        now=site.now(),
        changed=_changed(site, case),
    )


def proofs_of(site: Site, answer: Answer) -> tuple[SentenceProof, ...]:
    """Return the proof of a ticket's draft, on the evidence it was written from."""
    draft = usable(answer)
    if draft is None:
        return ()
    parts = site.desk.opened.parts
    return prove(subject_of(answer.ticket, answer.route, answer.context, draft, parts=parts))


def _changed(site: Site, case: ReviewCase) -> tuple[str, ...]:
    if usable(case.answer) is None or case.review.state not in CLAIMABLE:
        return ()
    parts = site.desk.opened.parts
    try:
        return changed_sources(case.answer, parts, live_for(case.answer, parts))
    except SetupError as error:
        # A source that is down must not keep a person from reading the ticket.
        return (f"not known, {error.problem}",)


def offered(site: Site) -> Offered:
    """Return what the forms of a ticket let somebody choose."""
    zone = site.desk.workspace.settings.timezone
    with site.desk.engine.connect() as connection:
        known = teams(connection)
    return Offered(teams=known, snoozes=choices(site.now(), ZoneInfo(zone)), zone=zone)


def standing_now(site: Site, person: Person, ticket_id: TicketId) -> Standing:
    """Return who may do what with a ticket now."""
    held, made = site.reviews.review(ticket_id), site.reviews.store.decisions(ticket_id)
    return standing_of(held, made, person.name, site.now())


def keep(site: Site, person: Person, ticket_id: TicketId, version: int) -> None:
    """Hold on to a ticket as this person saw it, if nobody has touched it since."""
    held = site.reviews.store.get(ticket_id)
    if held is None or held.version != version or held.held_by(site.now()) == person.name:
        return
    claimed(site, person, ticket_id)


def just_done(site: Site, person: Person, ticket_id: str) -> str:
    """Return what this person just decided about a ticket, to be announced; empty: nothing."""
    if not ticket_id:
        return ""
    made = site.reviews.store.decisions(TicketId(ticket_id))
    if not made or made[-1].by != person.name:
        return ""
    return said_words(made[-1])


def is_free(site: Site, person: Person, ticket_id: str) -> bool:
    """Whether a ticket can be worked on by this person now."""
    held = site.reviews.store.get(TicketId(ticket_id)) if ticket_id else None
    if held is None or held.state not in CLAIMABLE:
        return False
    return held.held_by(site.now()) in ("", person.name) and held.assignee in ("", person.name)
