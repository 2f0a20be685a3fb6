"""What people decide about Acme's tickets, and what is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firstline.desk import Desk
from firstline.desk.decision_labels import take_in_decisions
from firstline.errors import InputError
from firstline.pipeline.flow import consider
from firstline.pipeline.parts import Parts
from firstline.pipeline.record import stage_bodies
from firstline.records import Answer, ConversationId, Finding, Outcome, Ticket, TicketId
from firstline.review.reviews import Reviews
from firstline.store import Inbox, TicketStore, open_database
from firstline.store.approved_outbox import ApprovedOutbox
from firstline.store.labels import LabelLedger
from firstline.store.review_queue import Filter
from firstline.store.review_records import Decision, ReviewRefused
from firstline.workspace import Autonomy, Level
from tests.builders import NOON, a_ticket

HOUR = timedelta(hours=1)
T1 = TicketId("t1")
EXPORT = "How do I export a board to CSV?"
VAGUE = "Purple elephants compose sonatas on my roof, please advise."


class Desktop:
    """A store with tickets that ended before a person, and a clock."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.parts: Parts = desk.opened.parts
        self.engine = open_database(f"sqlite:///{folder / 'app.db'}")
        self.tickets = TicketStore(self.engine)
        self.tickets.open_inbox(Inbox(id="inbox", kind="file", target=str(folder)), NOON)
        self.moment = NOON + HOUR
        self.reviews = Reviews(desk.workspace, self.engine, now=lambda: self.moment)

    async def hold(self, ticket: Ticket, level: Level = "review", **changes: Any) -> Answer:
        """Take a ticket to its verdict and store it as ended with a person."""
        autonomy = Autonomy(level=level)
        answer = await consider(ticket, self.parts, autonomy=autonomy)
        answer = replace(answer, **changes)
        self.tickets.accept([(1, ticket)])
        action: Outcome = "escalate" if answer.verdict.action == "escalate" else "review"
        self.tickets.record(
            ticket.id,
            stage_bodies(answer),
            answer.times,
            outcome=action,
            reason=answer.verdict.reasons[0].code,
            now=NOON,
        )
        return answer

    def ended(self, ticket: TicketId = T1) -> tuple[str | None, str | None]:
        """Return how a ticket ended."""
        stored = self.tickets.load(ticket)
        assert stored is not None
        return stored.outcome, stored.reason


@pytest.fixture
async def desktop(desk: Desk, tmp_path: Path) -> Desktop:
    """Return a desktop with one ticket that is answered well and waits for approval."""
    made = Desktop(desk, tmp_path)
    await made.hold(a_ticket(text=EXPORT))
    return made


async def refusal(made: Awaitable[Decision]) -> ReviewRefused:
    """Return the refusal of a decision."""
    with pytest.raises(ReviewRefused) as caught:
        await made
    return caught.value


async def test_an_approved_draft_waits_for_its_delivery(desktop: Desktop) -> None:
    """The text that is to be delivered is the draft, with its sentences and their evidence."""
    answer = desktop.reviews.answer(T1)
    made = await desktop.reviews.approve(T1, " ann ", parts=desktop.parts)
    assert (made.kind, made.by, made.delivers, made.distance) == ("approve", "ann", "reply", 0.0)
    assert made.before_hash == made.after_hash != ""
    released = desktop.reviews.store.approved_delivery(T1)
    assert released is not None
    assert (released.text, released.draft) == (answer.draft.text, answer.draft)
    assert released.context is None
    refused = await refusal(desktop.reviews.approve(T1, "bo", parts=desktop.parts))
    assert refused.refusal == "not_open"


async def test_a_decision_becomes_a_label_once(desktop: Desktop) -> None:
    """An approval says that the draft was right; taking decisions in again changes nothing."""
    await desktop.reviews.approve(T1, "ann", parts=desktop.parts)
    now = desktop.moment + HOUR
    assert [take_in_decisions(desktop.engine, now) for _ in range(2)] == [1, 0]
    (label,) = LabelLedger(desktop.engine).of(T1)
    assert (label.kind, label.wrong, label.by, label.reason) == ("review", False, "ann", "approved")


async def test_somebody_elses_ticket_is_not_approved(desktop: Desktop) -> None:
    """Whoever holds it decides; a version that is not the one seen is refused."""
    held = desktop.reviews.claim(T1, "ann")
    assert (await refusal(desktop.reviews.approve(T1, "bo", parts=desktop.parts))).refusal == "held"
    with pytest.raises(ReviewRefused, match="changed since you looked"):
        await desktop.reviews.approve(T1, "ann", parts=desktop.parts, version=held.version - 1)
    desktop.reviews.renew(T1, "ann", held.version)
    desktop.reviews.release(T1, "ann")
    await desktop.reviews.approve(T1, "bo", parts=desktop.parts)


async def test_an_approval_after_a_newer_message_is_refused(desktop: Desktop) -> None:
    """In words that say why, and the ticket is as it was."""
    newer = a_ticket(
        "t2", conversation=ConversationId("t1"), received_at=NOON + timedelta(minutes=1)
    )
    held = desktop.reviews.claim(T1, "ann")
    desktop.tickets.accept([(2, newer)])
    refused = await refusal(
        desktop.reviews.approve(T1, "ann", parts=desktop.parts, version=held.version)
    )
    assert "the customer wrote again" in str(refused)
    assert desktop.reviews.case(T1).overtaken
    assert desktop.reviews.store.get(T1) == held
    desktop.reviews.reject(T1, "ann", reason="superseded")
    assert desktop.ended() == ("review", "rejected_superseded")
    assert desktop.reviews.queue().total == 0


async def test_a_draft_whose_article_changed_is_refused(desk: Desk, tmp_path: Path) -> None:
    """The reason names what changed; an edit of the sentences concerned is checked anew."""
    desktop = Desktop(desk, tmp_path)
    answer = await consider(a_ticket(text=EXPORT), desktop.parts, autonomy=Autonomy(level="review"))
    stale = tuple(
        replace(item, version="before", text=f"Then: {item.text}")
        if item.kind == "passage"
        else item
        for item in answer.context.evidence
    )
    context = replace(answer.context, evidence=stale)
    await desktop.hold(a_ticket(text=EXPORT), context=context)
    refused = await refusal(desktop.reviews.approve(T1, "ann", parts=desktop.parts))
    assert refused.refusal == "evidence_changed"
    assert "export-csv" in str(refused)
    same = desktop.reviews.edit(T1, "ann", answer.draft.text, parts=desktop.parts)
    assert (await refusal(same)).refusal == "evidence_changed"
    agreed = [item.text for item in answer.draft.sentences if item.kind == "courtesy"]
    text = "\n\n".join((*agreed, "The download link works for 7 days."))
    made = await desktop.reviews.edit(T1, "ann", text, parts=desktop.parts)
    released = desktop.reviews.store.approved_delivery(T1)
    assert made.kind == "edit"
    assert released is not None
    assert released.context is not None
    assert not any(item.version == "before" for item in released.context.evidence)


async def test_a_sentence_that_nothing_proves_is_refused(desktop: Desktop) -> None:
    """A person may overrule that with a reason, which is kept; a proven edit needs none."""
    draft = desktop.reviews.answer(T1).draft.text
    wrong = draft.replace("7 days", "30 days")
    assert wrong != draft
    refused = await refusal(desktop.reviews.edit(T1, "ann", wrong, parts=desktop.parts))
    assert refused.refusal == "unproven"
    assert "proof in sentence" in str(refused)
    assert desktop.reviews.store.decisions(T1) == ()
    made = await desktop.reviews.edit(
        T1, "ann", wrong, parts=desktop.parts, override="extended for them today"
    )
    assert made.note == "extended for them today"
    assert any(item.startswith("proof:") for item in made.overridden)
    assert made.reason == "facts"


async def test_a_proven_edit_keeps_what_it_rests_on(desktop: Desktop) -> None:
    """A person's sentence that the articles prove passes, and names its evidence."""
    draft = desktop.reviews.answer(T1).draft
    text = draft.text.replace("Hello,", "Hi Priya,")
    text = f"{text}\n\nThe download link works for 7 days."
    made = await desktop.reviews.edit(T1, "ann", text, parts=desktop.parts)
    assert (made.overridden, made.kind) == ((), "edit")
    assert 0 < (made.distance or 0) < 0.2
    released = desktop.reviews.store.approved_delivery(T1)
    assert released is not None
    assert released.draft is not None
    assert released.text == text
    last = released.draft.sentences[-1]
    assert any(key.startswith("export-csv") for key in last.evidence)
    assert not released.draft.sentences[0].evidence


async def test_a_secret_leaves_with_nobodys_leave(desktop: Desktop) -> None:
    """What no reply may hold cannot be overruled."""
    text = f"{desktop.reviews.answer(T1).draft.text}\n\nUse card 4111 1111 1111 1111."
    refused = await refusal(
        desktop.reviews.edit(T1, "ann", text, parts=desktop.parts, override="they asked")
    )
    assert refused.refusal == "not_overridable"


async def test_a_draft_the_judge_was_against_is_not_approved_in_passing(
    desk: Desk, tmp_path: Path
) -> None:
    """What was found before and is not looked at again counts: it has to be overruled."""
    desktop = Desktop(desk, tmp_path)
    judged = Finding(check="judge", result="block", detail="goes beyond its source", code="beyond")
    answer = await consider(a_ticket(text=EXPORT), desktop.parts, autonomy=Autonomy(level="review"))
    await desktop.hold(a_ticket(text=EXPORT), findings=(*answer.findings, judged))
    assert (await refusal(desktop.reviews.approve(T1, "ann", parts=desktop.parts))).refusal == (
        "unproven"
    )
    made = await desktop.reviews.approve(T1, "ann", parts=desktop.parts, override="it does not")
    assert made.overridden == ("judge:beyond",)


async def test_without_a_draft_there_is_nothing_to_approve(desk: Desk, tmp_path: Path) -> None:
    """A person writes the reply themselves, and it is checked like any other."""
    desktop = Desktop(desk, tmp_path)
    await desktop.hold(a_ticket(text=VAGUE))
    refused = await refusal(desktop.reviews.approve(T1, "ann", parts=desktop.parts))
    assert refused.refusal == "no_draft"
    text = "Hello,\n\nPlease ask a local roofer; we only make software."
    made = await desktop.reviews.edit(T1, "ann", text, parts=desktop.parts, override="obviously")
    assert (made.before_hash, made.distance, made.reason) == ("", None, "written")


async def test_a_ticket_that_lost_its_stages_can_be_answered(desk: Desk, tmp_path: Path) -> None:
    """A ticket that failed for good is before a person with all there is."""
    desktop = Desktop(desk, tmp_path)
    desktop.tickets.accept([(1, a_ticket())])
    desktop.tickets.end(T1, "escalate", "engine_failed", NOON)
    case = desktop.reviews.case(T1)
    assert case.packet.why[0].code == "engine_failed"
    assert case.packet.message == a_ticket().text
    text = "Hello,\n\nOpen the board menu and choose Export."
    made = await desktop.reviews.edit(T1, "ann", text, parts=desktop.parts, override="I know it")
    assert made.delivers == "reply"


async def test_in_shadow_an_approval_is_only_recorded(desk: Desk, tmp_path: Path) -> None:
    """Its people answer elsewhere: nothing is delivered, the label counts all the same."""
    desktop = Desktop(desk, tmp_path)
    await desktop.hold(a_ticket(text=EXPORT), "shadow")
    made = await desktop.reviews.approve(T1, "ann", parts=desktop.parts)
    assert (made.kind, made.delivers) == ("approve", "")
    assert desktop.reviews.store.pending() == ()
    assert desktop.ended() == ("review", "approve_in_shadow")
    released = desktop.reviews.store.decisions(T1)[0]
    assert released.after_hash


@pytest.mark.parametrize(
    ("decide", "outcome", "state", "whose"),
    [
        (
            lambda r: r.reject(T1, "ann", reason="outdated", note="new plans"),
            ("escalate", "rejected_outdated"),
            "handed",
            "ann",
        ),
        (
            lambda r: r.reject(T1, "ann", reason="no_reply_needed"),
            ("review", "rejected_no_reply_needed"),
            "closed",
            "",
        ),
        (lambda r: r.take(T1, "ann"), ("escalate", "taken_over"), "handed", "ann"),
        (
            lambda r: r.escalate(T1, "ann", team="billing", note="a refund"),
            ("escalate", "escalated"),
            "handed",
            "billing",
        ),
        (
            lambda r: r.snooze(T1, "ann", NOON + 9 * HOUR),
            ("review", "autonomy_review"),
            "snoozed",
            "",
        ),
    ],
)
async def test_other_decisions_move_the_ticket_to_its_end(
    desktop: Desktop,
    decide: Callable[[Reviews], Decision],
    outcome: tuple[str, str],
    state: str,
    whose: str,
) -> None:
    """Each is written down, gives the ticket its outcome, and says whose it is now."""
    made = decide(desktop.reviews)
    held = desktop.reviews.store.get(T1)
    assert held is not None
    assert desktop.ended() == outcome
    assert (held.state, held.assignee or held.team) == (state, whose)
    assert desktop.reviews.store.decisions(T1) == (made,)
    assert desktop.reviews.queue().total == 0
    if whose:
        assert desktop.reviews.queue(Filter(assignee=whose)).total == 1
    if state != "snoozed":
        desktop.reviews.reopen(T1, "bo")
        assert desktop.ended() == ("review", "reopened")
        assert desktop.reviews.queue().total == 1


async def test_a_handoff_tells_the_customer(desktop: Desktop) -> None:
    """The company's own line waits for delivery; without it, or to a machine, nothing does."""
    made = desktop.reviews.escalate(T1, "ann", team="billing", note="a refund")
    assert (made.delivers, made.text) == ("notice", desktop.parts.workspace.voice.handoff)
    await desktop.hold(a_ticket("t2", text=EXPORT))
    quiet = desktop.reviews.escalate(
        TicketId("t2"), "ann", team="billing", note="a refund", notify=False
    )
    assert quiet.delivers == ""
    await desktop.hold(a_ticket("t3", text=EXPORT, flags=("automatic_mail",)))
    assert desktop.reviews.escalate(TicketId("t3"), "ann", team="billing", note="x").delivers == ""
    with pytest.raises(InputError, match="team and a reason"):
        desktop.reviews.escalate(T1, "ann", team=" ", note="x")


async def test_words_nobody_can_keep_are_refused(desktop: Desktop) -> None:
    """A nameless person, an endless note, a time that has passed, an endless reason."""
    with pytest.raises(InputError, match="name"):
        desktop.reviews.take(T1, " \n")
    with pytest.raises(InputError, match="note is longer"):
        desktop.reviews.take(T1, "ann", note="x" * 3_000)
    with pytest.raises(InputError, match="has passed"):
        desktop.reviews.snooze(T1, "ann", NOON)
    with pytest.raises(InputError, match="reason is longer"):
        await desktop.reviews.approve(T1, "ann", parts=desktop.parts, override="x" * 3_000)
    assert desktop.reviews.store.decisions(T1) == ()


async def test_what_does_not_wait_is_not_found(desktop: Desktop) -> None:
    """Neither by a reference nor by an id."""
    assert desktop.reviews.find("t1") == T1
    with pytest.raises(InputError, match="no ticket"):
        desktop.reviews.find("nobody")
    with pytest.raises(ReviewRefused, match="does not wait"):
        desktop.reviews.case(TicketId("nobody"))
    desktop.tickets.accept([(5, a_ticket("open"))])
    with pytest.raises(ReviewRefused, match="does not wait"):
        desktop.reviews.review(TicketId("open"))


async def test_a_customer_who_needs_more_help_gets_a_person(desktop: Desktop) -> None:
    """An answered ticket waits again, one that was answered by itself enters the queue."""
    await desktop.reviews.approve(T1, "ann", parts=desktop.parts)
    released = desktop.reviews.store.approved_delivery(T1)
    assert released is not None
    outbox = ApprovedOutbox(desktop.engine)
    _, receipt = outbox.claim(a_ticket(), "reply", now=NOON)
    outbox.settle(replace(receipt, state="sent"))
    desktop.reviews.store.settle(released, replace(receipt, state="sent"), NOON)
    assert desktop.ended() == ("sent", "approved")
    desktop.reviews.customer_says(T1, "yes")
    assert desktop.reviews.queue().total == 0
    for _ in range(2):
        kept = desktop.reviews.customer_says(T1, "more_help")
        assert kept is not None
        assert kept.answer == "more_help"
    assert desktop.reviews.queue().total == 1
    last = desktop.reviews.store.decisions(T1)[-1]
    assert (last.kind, last.by, last.reason) == ("reopen", "customer", "more_help")
    assert desktop.ended() == ("sent", "approved")
    later = a_ticket("t2", conversation=ConversationId("t1"), received_at=NOON + HOUR)
    desktop.tickets.accept([(2, later)])
    (found,) = desktop.reviews.reopened(NOON, NOON + 2 * HOUR)
    assert (found.ticket, found.by_ticket) == (T1, "t2")
    refused = await refusal(desktop.reviews.approve(T1, "ann", parts=desktop.parts))
    assert refused.refusal == "newer_message"
    assert desktop.reviews.customer_says(TicketId("gone"), "more_help") is None


async def test_an_automatic_answer_that_did_not_help_enters_the_queue(desktop: Desktop) -> None:
    """It stays sent, and a person has it with the reason."""
    answer = await consider(a_ticket("auto", text=EXPORT), desktop.parts)
    desktop.tickets.accept([(2, answer.ticket)])
    desktop.tickets.record(
        answer.ticket.id, stage_bodies(answer), (), outcome="sent", reason="ok", now=NOON
    )
    desktop.reviews.customer_says(answer.ticket.id, "more_help")
    page = desktop.reviews.queue(Filter(reason="more_help"))
    assert [item.review.ticket for item in page.items] == ["auto"]
    assert desktop.ended(answer.ticket.id) == ("sent", "ok")


async def test_rates_are_of_a_period(desktop: Desktop) -> None:
    """What was decided in it, and nothing else."""
    desktop.reviews.claim(T1, "ann")
    desktop.moment += timedelta(minutes=3)
    await desktop.reviews.approve(T1, "ann", parts=desktop.parts)
    found = desktop.reviews.rates(NOON, NOON + 2 * HOUR)
    assert found.decisions == {"approve": 1}
    assert (found.median_held_minutes, found.median_wait_minutes) == (3.0, 63.0)
    assert desktop.reviews.rates(NOON, NOON + HOUR).decisions == {}
