"""The review page: what is shown, what may be decided, and what becomes of a lost race."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import re2 as re
from tests.web.review.company import Desk, ticket_of, version_of

from firstline.records import TicketId
from firstline.review.changes import usable
from firstline.store.access_log import EventFilter
from firstline.store.review_records import Decision
from firstline.web import pages
from firstline.web.review.queue_view import ROWS

PAGE_BYTES = 20_000
OWN_BYTES = 14_000
FIRST_LOAD_BYTES = 60_000
STATIC = Path(pages.__file__).parent / "static"
ROW = re.compile(r'<li><a href="/review/([0-9a-f]+)')
UNPROVEN = "Your money is back within 99 days, and every plan is free for ever."


def rows(page: str) -> list[str]:
    """Return the tickets in the queue of a page."""
    return [str(name) for name in ROW.findall(page)]


def drafted(desk: Desk) -> list[str]:
    """Return waiting tickets that have a draft which answers, and that nobody holds."""
    site = desk.served.site
    if not desk.drafted:
        for item in site.reviews.queue(limit=100).items:
            draft = usable(site.reviews.answer(item.review.ticket))
            if draft is not None and draft.action == "answer":
                desk.drafted.append(item.review.ticket)
    held = [site.reviews.review(name) for name in desk.drafted]
    now = site.now()
    return [str(one.ticket) for one in held if one.state == "waiting" and not one.held_by(now)]


def opened(client: httpx2.Client, ticket: str, tail: str = "") -> str:
    """Return the page of a ticket."""
    answer = client.get(f"/review/{ticket}{tail}")
    assert answer.status_code == 200, answer.text
    return answer.text


def decide(
    client: httpx2.Client, ticket: str, action: str, fields: Mapping[str, str] | None = None
) -> httpx2.Response:
    """Open a ticket and decide it as its page would."""
    version = version_of(opened(client, ticket))
    form = {"action": action, "version": version} | dict(fields or {})
    return client.post(f"/review/{ticket}", data=form)


def last(desk: Desk, ticket: str) -> Decision:
    """Return the last decision about a ticket."""
    return desk.served.site.reviews.store.decisions(TicketId(ticket))[-1]


def text_of(desk: Desk, ticket: str) -> str:
    """Return a ticket's draft."""
    return desk.served.site.reviews.answer(TicketId(ticket)).draft.text


@pytest.fixture(autouse=True)
def everything_waits(reviewed: Desk) -> None:
    """Begin every test with all tickets waiting."""
    reviewed.begin_again()


@pytest.fixture(scope="module")
def ann(reviewed: Desk) -> httpx2.Client:
    """Return an agent."""
    return reviewed.signed_in("Ann Lee")


@pytest.fixture(scope="module")
def bo(reviewed: Desk) -> httpx2.Client:
    """Return another agent."""
    return reviewed.signed_in("Bo Chen")


def test_the_first_free_ticket_is_opened_and_claimed(
    reviewed: Desk, ann: httpx2.Client, bo: httpx2.Client
) -> None:
    """Two people who open the queue get two tickets, and each sees what the other has."""
    first = ticket_of(ann.get("/review").text)
    page = bo.get("/review").text
    assert ticket_of(page) != first
    assert "Ann Lee has it" in page
    held = reviewed.served.site.reviews.review(TicketId(first))
    assert held.holder == "Ann Lee"
    assert 'aria-current="true"' in page


def test_a_ticket_of_somebody_else_can_be_read_only(ann: httpx2.Client, bo: httpx2.Client) -> None:
    """Who looks at a claimed ticket sees whose it is and gets no decisions."""
    ticket = ticket_of(ann.get("/review").text)
    page = opened(bo, ticket)
    assert "Ann Lee holds it" in page
    assert 'value="approve"' not in page
    assert "data-mine" not in page


def test_views_are_written_down(reviewed: Desk, ann: httpx2.Client) -> None:
    """Whoever sees a ticket is in the audit of views."""
    ticket = drafted(reviewed)[0]
    opened(ann, ticket)
    events = reviewed.served.site.access.log.every(EventFilter(), limit=1_000)
    assert any((event.name, event.subject) == ("Ann Lee", ticket) for event in events)


def test_every_sentence_shows_what_it_rests_on(reviewed: Desk, ann: httpx2.Client) -> None:
    """Each factual sentence of a draft has its passage or field with the matched words marked."""
    ticket = next(
        name
        for name in drafted(reviewed)
        if any(
            one.kind == "quote"
            for one in reviewed.served.site.reviews.answer(TicketId(name)).draft.sentences
        )
    )
    page = opened(ann, ticket)
    sentences = reviewed.served.site.reviews.answer(TicketId(ticket)).draft.sentences
    assert page.count('<li class="good" id="s') == sum(
        one.kind in ("quote", "record") for one in sentences
    )
    assert '<mark class="q">' in page
    for number, one in enumerate(sentences, 1):
        if f'id="sp{number}"' in page and f'aria-describedby="sp{number}"' in page:
            assert one.kind != "courtesy"
    assert "Word for word" in page
    assert "Courtesy line" in page


def test_approving_releases_the_draft_and_goes_on(reviewed: Desk, ann: httpx2.Client) -> None:
    """An approved draft is handed to the workers; the next ticket follows, and what was done."""
    ticket, following = drafted(reviewed)[:2]
    answer = decide(ann, ticket, "approve", {"next": following})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"/review/{following}?done={ticket}"
    made = last(reviewed, ticket)
    assert (made.kind, made.by, made.delivers) == ("approve", "Ann Lee", "reply")
    assert made.text == text_of(reviewed, ticket)
    assert (ticket, made.number) in reviewed.work.approved
    page = ann.get(answer.headers["location"]).text
    assert "Approved; the reply is on its way" in page
    assert ticket_of(page) == following
    assert "Approved" not in reviewed.signed_in("Bo Chen").get(answer.headers["location"]).text


def test_filters_stay_when_going_on(reviewed: Desk, ann: httpx2.Client) -> None:
    """Who works through a part of the queue stays in it."""
    ticket = drafted(reviewed)[0]
    intent = reviewed.served.site.reviews.review(TicketId(ticket)).intent
    page = opened(ann, ticket, f"?intent={intent}")
    form = {"action": "take", "version": version_of(page)}
    answer = ann.post(f"/review/{ticket}?intent={intent}", data=form)
    assert answer.headers["location"] == f"/review?intent={intent}&done={ticket}"


def test_an_edit_that_is_proven_is_sent(reviewed: Desk, ann: httpx2.Client) -> None:
    """A changed courtesy and an unchanged quote pass the checks."""
    ticket = drafted(reviewed)[0]
    text = text_of(reviewed, ticket).replace("Thanks for getting in touch.", "Thank you.")
    answer = decide(ann, ticket, "edit", {"text": text})
    assert answer.status_code == 303, answer.text
    made = last(reviewed, ticket)
    assert made.kind == "edit"
    assert made.text.startswith(text[:20])
    assert (ticket, made.number) in reviewed.work.approved


def test_an_unproven_edit_is_held_until_somebody_overrules_it(
    reviewed: Desk, ann: httpx2.Client
) -> None:
    """What nothing proves is shown with the check's words, kept, and leaves only with a reason."""
    ticket = drafted(reviewed)[0]
    text = f"{text_of(reviewed, ticket)}\n\n{UNPROVEN}"
    answer = decide(ann, ticket, "edit", {"text": text})
    assert answer.status_code == 422
    assert "The checks are against it" in answer.text
    assert "Not proven" in answer.text
    assert '<mark class="g">' in answer.text
    assert 'name="override"' in answer.text
    assert UNPROVEN in answer.text
    assert not reviewed.served.site.reviews.store.decisions(TicketId(ticket))
    form = {
        "action": "edit",
        "version": version_of(answer.text),
        "text": text,
        "override": "the boss said so",
    }
    again = ann.post(f"/review/{ticket}", data=form)
    assert again.status_code == 303, again.text
    made = last(reviewed, ticket)
    assert any(name.startswith("proof:") for name in made.overridden)
    assert made.note == "the boss said so"
    shown = reviewed.signed_in("Lea Lead", "lead").get("/review/overrides")
    assert "the boss said so" in shown.text
    assert ann.get("/review/overrides").status_code == 403


def test_checking_while_writing_returns_a_part_of_a_page(
    reviewed: Desk, ann: httpx2.Client
) -> None:
    """The script gets what the checks say about the text as it is now; nothing is stored."""
    ticket = drafted(reviewed)[0]
    before = reviewed.served.site.reviews.review(TicketId(ticket))
    good = ann.post(f"/review/{ticket}/check", data={"text": text_of(reviewed, ticket)})
    assert good.status_code == 200
    assert "<html" not in good.text
    assert "Nothing is against it" in good.text
    bad = ann.post(f"/review/{ticket}/check", data={"text": UNPROVEN})
    assert "1 of 1 paragraphs is not proven" in bad.text
    empty = ann.post(f"/review/{ticket}/check", data={"text": "  "})
    assert "The reply is empty" in empty.text
    assert reviewed.served.site.reviews.review(TicketId(ticket)) == before


def test_the_editor_checks_without_script(reviewed: Desk, ann: httpx2.Client) -> None:
    """A button checks what is written and keeps it."""
    ticket = drafted(reviewed)[0]
    page = opened(ann, ticket, "?do=edit")
    form = {"action": "check", "version": version_of(page), "text": UNPROVEN}
    answer = ann.post(f"/review/{ticket}", data=form)
    assert answer.status_code == 200
    assert "is not proven" in answer.text
    assert f">{UNPROVEN}</textarea>" in answer.text
    empty = ann.post(f"/review/{ticket}", data=form | {"text": ""})
    assert empty.status_code == 400
    assert "The reply is empty" in empty.text


@pytest.mark.parametrize(
    ("reason", "state"), [("outdated", "handed"), ("no_reply_needed", "closed")]
)
def test_rejecting_names_a_reason(
    reviewed: Desk, ann: httpx2.Client, reason: str, state: str
) -> None:
    """Whoever rejects answers by hand, unless nothing is owed."""
    ticket = drafted(reviewed)[0]
    answer = decide(ann, ticket, "reject", {"reason": reason, "note": "it is so"})
    assert answer.status_code == 303
    made = last(reviewed, ticket)
    assert (made.kind, made.reason, made.note) == ("reject", reason, "it is so")
    assert reviewed.served.site.reviews.review(TicketId(ticket)).state == state


def test_rejecting_for_no_known_reason_is_refused(reviewed: Desk, ann: httpx2.Client) -> None:
    """The list of reasons is the list: labels are counted by it."""
    ticket = drafted(reviewed)[0]
    answer = decide(ann, ticket, "reject", {"reason": "just because"})
    assert answer.status_code == 400
    assert "There is no reason" in answer.text
    assert ticket_of(answer.text) == ticket


def test_escalating_shows_the_packet_and_the_notice_first(
    reviewed: Desk, ann: httpx2.Client
) -> None:
    """The team's packet and the customer's notice are read before they leave."""
    ticket = drafted(reviewed)[0]
    site = reviewed.served.site
    page = opened(ann, ticket, "?do=escalate")
    assert "What the team gets" in page
    assert site.desk.workspace.voice.handoff in page
    form = {"action": "escalate", "version": version_of(page), "team": "Billing", "note": "odd"}
    missing = ann.post(f"/review/{ticket}", data=form | {"team": " "})
    assert missing.status_code == 400
    assert "names a team and a reason" in missing.text
    answer = ann.post(f"/review/{ticket}", data=form | {"notify": "yes"})
    assert answer.status_code == 303, answer.text
    made = last(reviewed, ticket)
    assert (made.kind, made.target, made.delivers) == ("escalate", "Billing", "notice")
    assert (ticket, made.number) in reviewed.work.approved
    assert "Billing" in opened(ann, drafted(reviewed)[0], "?do=escalate")


def test_the_customer_is_told_only_when_asked(reviewed: Desk, ann: httpx2.Client) -> None:
    """Without the tick no notice is delivered."""
    ticket = drafted(reviewed)[0]
    decide(ann, ticket, "escalate", {"team": "Legal", "note": "a court is named"})
    assert last(reviewed, ticket).delivers == ""


def test_snoozing_until_the_companys_time(reviewed: Desk, ann: httpx2.Client) -> None:
    """A time of one's own is the company's; one that has passed is refused."""
    ticket = drafted(reviewed)[0]
    site = reviewed.served.site
    past = decide(ann, ticket, "snooze", {"until": "own", "own": "2020-01-01T09:00"})
    assert past.status_code == 400
    wake = (site.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = decide(ann, ticket, "snooze", {"until": "own", "own": wake})
    assert answer.status_code == 303
    held = site.reviews.review(TicketId(ticket))
    assert held.state == "snoozed"
    assert held.wakes_at is not None
    assert ticket in rows(ann.get("/review?state=snoozed").text)
    assert ticket not in rows(ann.get("/review").text)


def test_taking_over_and_reopening(reviewed: Desk, ann: httpx2.Client, bo: httpx2.Client) -> None:
    """What somebody took over is theirs until it is reopened."""
    ticket = drafted(reviewed)[0]
    assert decide(ann, ticket, "take").status_code == 303
    page = opened(bo, ticket)
    assert "Ann Lee answers it by hand" in page
    assert 'value="reopen"' in page
    form = {"action": "reopen", "version": version_of(page)}
    answer = bo.post(f"/review/{ticket}", data=form)
    assert answer.headers["location"] == f"/review/{ticket}?done={ticket}"
    assert 'value="approve"' in bo.get(answer.headers["location"]).text


def test_giving_a_ticket_back(reviewed: Desk, ann: httpx2.Client) -> None:
    """A ticket that was given back is nobody's."""
    ticket = drafted(reviewed)[0]
    assert decide(ann, ticket, "release").status_code == 303
    site = reviewed.served.site
    assert site.reviews.review(TicketId(ticket)).held_by(site.now()) == ""


def test_a_claim_is_renewed_and_ends_with_the_page(reviewed: Desk, ann: httpx2.Client) -> None:
    """The page renews its own claim and gives it back, never that of a newer window."""
    site = reviewed.served.site
    ticket = drafted(reviewed)[0]
    old = version_of(opened(ann, ticket))
    new = version_of(opened(ann, ticket))
    assert ann.post(f"/review/{ticket}/renew?version={old}").status_code == 409
    assert ann.post(f"/review/{ticket}/renew?version={new}").status_code == 204
    assert ann.post(f"/review/{ticket}/leave?version={old}").status_code == 204
    assert site.reviews.review(TicketId(ticket)).held_by(site.now()) == "Ann Lee"
    assert ann.post(f"/review/{ticket}/leave?version={new}").status_code == 204
    assert site.reviews.review(TicketId(ticket)).held_by(site.now()) == ""


def test_who_is_late_still_decides_what_nobody_touched(reviewed: Desk, ann: httpx2.Client) -> None:
    """A claim that ran out does no harm while the ticket is as it was."""
    ticket = drafted(reviewed)[0]
    version = version_of(opened(ann, ticket))
    assert ann.post(f"/review/{ticket}/leave?version={version}").status_code == 204
    form = {"action": "approve", "version": version}
    assert ann.post(f"/review/{ticket}", data=form).status_code == 303
    assert last(reviewed, ticket).by == "Ann Lee"


def test_who_was_slower_sees_who_decided_what(
    reviewed: Desk, ann: httpx2.Client, bo: httpx2.Client
) -> None:
    """The loser of a race gets 409 with the winner's decision, their own text and the next one."""
    ticket, following = drafted(reviewed)[:2]
    version = version_of(opened(ann, ticket))
    ann.post(f"/review/{ticket}/leave?version={version}")
    assert decide(bo, ticket, "approve").status_code == 303
    form = {"action": "edit", "version": version, "text": "My own words.", "next": following}
    answer = ann.post(f"/review/{ticket}", data=form)
    assert answer.status_code == 409
    assert "Somebody was quicker" in answer.text
    assert "Bo Chen approved it" in answer.text
    assert ">My own words.</textarea>" in answer.text
    assert f'href="/review/{following}"' in answer.text
    assert last(reviewed, ticket).by == "Bo Chen"


def test_a_stale_window_decides_nothing(reviewed: Desk, ann: httpx2.Client) -> None:
    """The version in a form is its page's: a newer window of the same person fences it off."""
    ticket = drafted(reviewed)[0]
    old = version_of(opened(ann, ticket))
    opened(ann, ticket)
    answer = ann.post(f"/review/{ticket}", data={"action": "approve", "version": old})
    assert answer.status_code == 409
    assert "changed since you looked" in answer.text


def test_how_a_ticket_stands_is_told_live(
    reviewed: Desk, ann: httpx2.Client, bo: httpx2.Client
) -> None:
    """The page asks again when the feed says so, and learns who decided what."""
    ticket = drafted(reviewed)[0]
    version = version_of(opened(ann, ticket))
    same = ann.get(f"/review/{ticket}/standing?version={version}")
    assert "Look again" not in same.text
    ann.post(f"/review/{ticket}/leave?version={version}")
    decide(bo, ticket, "approve")
    told = ann.get(f"/review/{ticket}/standing?version={version}").text
    assert "Bo Chen approved it" in told
    assert "<html" not in told


@pytest.mark.parametrize("word", ["subject", "text", "customer", "id"])
def test_searching(reviewed: Desk, ann: httpx2.Client, word: str) -> None:
    """A ticket is found by a word of its subject or text, its customer, and its ids."""
    site = reviewed.served.site
    item = next(
        item
        for item in site.reviews.queue(limit=100).items
        if item.subject and site.reviews.answer(item.review.ticket).ticket.customer
    )
    ticket = site.reviews.answer(item.review.ticket).ticket
    wanted = {
        "subject": max(ticket.subject.split(), key=len),
        "text": max(ticket.text.split(), key=len),
        "customer": ticket.customer or "",
        "id": ticket.external_id,
    }[word]
    answer = ann.get("/review", params={"q": wanted.upper() if wanted.isascii() else wanted})
    assert str(ticket.id) in rows(answer.text)


def test_what_is_not_found_is_said(ann: httpx2.Client) -> None:
    """An empty result offers the way back; a name of a field is no word of a ticket."""
    for word in ("zzzzqq", "external_id", "%"):
        assert "Nothing fits the filters" in ann.get("/review", params={"q": word}).text, word


def test_filters(reviewed: Desk, ann: httpx2.Client) -> None:
    """Only what fits is listed; the filters themselves are a page."""
    site = reviewed.served.site
    item = site.reviews.queue(limit=1).items[0]
    held = item.review
    found = rows(ann.get(f"/review?reason={held.held_for}&channel={held.channel}").text)
    assert found
    for name in found:
        other = site.reviews.review(TicketId(name))
        assert (other.held_for, other.channel) == (held.held_for, held.channel)
    shown = ann.get("/review/filters?q=refund").text
    assert held.held_for.replace("_", " ") in shown
    assert 'value="refund"' in shown


def test_closing_several(reviewed: Desk, ann: httpx2.Client, bo: httpx2.Client) -> None:
    """Several tickets are closed with a reason after one more question; a held one is not."""
    one, other, theirs = drafted(reviewed)[:3]
    opened(bo, theirs)
    assert ann.post("/review/bulk", data={}).status_code == 400
    chosen = {"ticket": [one, other, theirs]}
    asked = ann.post("/review/bulk", data=chosen)
    assert "Close 3 tickets?" in asked.text
    assert not reviewed.served.site.reviews.store.decisions(TicketId(one))
    owed = ann.post("/review/bulk", data=chosen | {"reason": "wrong", "sure": "yes"})
    assert owed.status_code == 400
    done = ann.post(
        "/review/bulk", data=chosen | {"reason": "no_reply_needed", "note": "spam", "sure": "yes"}
    )
    assert "Closed 2" in done.text
    assert "Bo Chen holds it" in done.text
    assert last(reviewed, one).note == "spam"
    assert reviewed.served.site.reviews.review(TicketId(other)).state == "closed"


def test_a_ticket_that_does_not_exist(ann: httpx2.Client) -> None:
    """An address that names nothing is answered with 404."""
    assert ann.get("/review/nobody-knows-it").status_code == 404
    answer = ann.post("/review/nobody-knows-it", data={"action": "take", "version": "1"})
    assert answer.status_code == 404
    assert ann.get("/review/nobody-knows-it/standing").status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"action": "approve"},
        {"action": "destroy", "version": "1"},
        {"action": "approve", "version": "-1"},
        {"action": "approve", "version": "9" * 40},
    ],
)
def test_a_form_of_nobody_is_refused(
    reviewed: Desk, ann: httpx2.Client, form: dict[str, str]
) -> None:
    """What no page of ours sends is an error of the sender."""
    ticket = drafted(reviewed)[0]
    assert ann.post(f"/review/{ticket}", data=form).status_code == 400


def test_the_page_is_light(ann: httpx2.Client) -> None:
    """A page with 25 rows and its files stay within their bytes."""
    names = rows(ann.get("/review").text)
    assert len(names) == ROWS
    sizes = [len(ann.get(f"/review/{name}").content) for name in names]
    own = sum((STATIC / name).stat().st_size for name in ("review.css", "review.js"))
    base = sum((STATIC / name).stat().st_size for name in ("console.css", "console.js", "mark.svg"))
    assert max(sizes) <= PAGE_BYTES
    assert own <= OWN_BYTES
    assert max(sizes) + own + base <= FIRST_LOAD_BYTES
