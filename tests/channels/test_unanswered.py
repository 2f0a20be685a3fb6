"""What of a conversation is to be answered: only what nobody answered, as one ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import NOON

from firstline.channels.helpdesk import Author, Conversation, Turn
from firstline.channels.unanswered import (
    HISTORY,
    helpdesk_ids,
    staff_replies,
    unanswered,
    why_not_wanted,
)


def turn(number: int, author: Author = "customer", **more: Any) -> Turn:
    """Return a turn."""
    said: dict[str, Any] = {"text": f"message {number}", "is_html": False, "is_public": True}
    at = NOON + timedelta(minutes=number)
    return Turn(id=str(number), author=author, at=at, **said | more)


def conversation(*turns: Turn, **more: Any) -> Conversation:
    """Return a conversation."""
    said: dict[str, Any] = {"status": "open", "verified": True, "requester": "mia@b.example"}
    return Conversation(id="77", subject="Hello", version="1", turns=turns, **said | more)


def test_messages_in_a_row_are_one_ticket_named_after_the_last() -> None:
    """Their texts stand one after the other; what was said before is history."""
    held = conversation(turn(1), turn(2, "own"), turn(3), turn(4))
    found = unanswered(held, "zendesk")
    assert found is not None
    assert found.external_id == "77:4"
    assert helpdesk_ids(found.external_id) == ("77", "4")
    assert found.text == "message 3\n\nmessage 4"
    assert [item.author for item in found.messages] == ["customer", "bot"]
    assert found.received_at == held.turns[-1].at
    assert (found.customer, found.verified) == ("mia@b.example", True)


@pytest.mark.parametrize(
    "held",
    [
        conversation(),
        conversation(turn(1), turn(2, "staff")),
        conversation(turn(1), turn(2, "own")),
        conversation(turn(1), status="solved"),
        conversation(turn(1), status="closed"),
        conversation(turn(1, is_public=False)),
    ],
)
def test_what_somebody_dealt_with_is_no_ticket(held: Conversation) -> None:
    """Answered, solved without a word, closed, or never said in public."""
    assert unanswered(held, "zendesk") is None


def test_a_note_answers_nobody() -> None:
    """An internal note after the customer's message leaves it unanswered."""
    held = conversation(turn(1), turn(2, "own", is_public=False), turn(3, "staff", is_public=False))
    found = unanswered(held, "intercom")
    assert found is not None
    assert found.messages == ()
    assert why_not_wanted(held, "1") == ""
    assert staff_replies(held) == ()


def test_plain_text_beside_html_is_escaped() -> None:
    """Lines and signs of a plain message survive when the next one is HTML."""
    held = conversation(turn(1, text="1 < 2\nand"), turn(2, text="<p>so</p>", is_html=True))
    found = unanswered(held, "zendesk")
    assert found is not None
    assert found.is_html
    assert found.text == "1 &lt; 2<br>and<br><br><p>so</p>"


def test_a_mail_says_itself_who_wrote_it() -> None:
    """Sender, whether it is vouched for, headers and flags are the last message's own."""
    late = turn(
        2,
        sender="li@c.example",
        verified=False,
        headers=(("auto-submitted", "no"),),
        flags=("undecodable",),
    )
    found = unanswered(conversation(turn(1, sender="mia@b.example"), late), "email")
    assert found is not None
    assert (found.customer, found.verified) == ("li@c.example", False)
    assert found.text == "message 2"
    assert found.headers == (("auto-submitted", "no"),)
    assert found.flags == ("undecodable", "several_senders")
    assert [item.text for item in found.messages] == ["message 1"]


def test_one_sender_who_writes_twice_is_one() -> None:
    """Two mails of one address are one request, and nobody else waits."""
    mia = "mia@b.example"
    first, second = turn(3, sender=mia), turn(4, sender=mia)
    found = unanswered(
        conversation(turn(1, sender="li@c.example"), turn(2, "own"), first, second), "email"
    )
    assert found is not None
    assert (found.flags, found.text) == ((), "message 3\n\nmessage 4")


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (conversation(turn(1)), ""),
        (conversation(turn(1), turn(2)), "newer_message"),
        (conversation(turn(1), turn(2, "staff")), "person_replied"),
        (conversation(turn(1), turn(2), turn(3, "staff")), "person_replied"),
        (conversation(turn(1), status="solved"), "closed"),
        (conversation(turn(5)), "message_gone"),
    ],
)
def test_an_answer_is_wanted_only_while_nothing_came_after(held: Conversation, why: str) -> None:
    """Each reason has its own code."""
    assert why_not_wanted(held, "1") == why


AUTHORS = st.sampled_from(["customer", "staff", "own"])


@given(st.lists(st.tuples(AUTHORS, st.booleans()), max_size=30))
def test_a_ticket_holds_exactly_what_came_after_the_last_public_answer(
    said: list[tuple[Author, bool]],
) -> None:
    """Whatever was said in whatever order: nothing answered is in it, nothing unanswered is not."""
    turns = [turn(at, author, is_public=public) for at, (author, public) in enumerate(said)]
    public = [one for one in turns if one.is_public]
    last = max((at for at, one in enumerate(public) if one.author != "customer"), default=-1)
    wanted = public[last + 1 :]
    found = unanswered(conversation(*turns), "freshdesk")
    assert (found is None) == (not wanted)
    if found is not None:
        assert found.text.split("\n\n") == [one.text for one in wanted]
        assert len(found.messages) == min(HISTORY, last + 1)
        again = unanswered(conversation(*turns, status="pending"), "freshdesk")
        assert again == replace(found, source=found.source)
        assert why_not_wanted(conversation(*turns), wanted[-1].id) == ""
