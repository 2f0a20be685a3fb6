"""What of a conversation is to be answered now. Pure: a fetched conversation in, a ticket out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from firstline.channels.helpdesk import Conversation, Turn
from firstline.proof.normal import html_to_text
from firstline.records import Author, Channel, Inbound, IntakeFlag, Message

HISTORY: Final = 10
"""Earlier turns that go along (R1.6)."""
_LONGEST: Final = 20_000
"""Characters of one of them, before it is read."""
_ENDED: Final = ("solved", "closed")
"""A customer who writes again opens a solved conversation: where one stays solved, a person wanted
it so, and said nothing on purpose."""
_BETWEEN: Final = "\n\n"
_AUTHORS: Final[dict[str, Author]] = {"customer": "customer", "staff": "staff", "own": "bot"}


@dataclass(frozen=True, slots=True)
class StaffReply:
    """A person of the team answered past Firstline."""

    by: str
    at: datetime


def external_id(ticket: str, turn: str) -> str:
    """Return the id of the ticket that a customer's message becomes."""
    return f"{ticket}:{turn}"


def helpdesk_ids(external: str) -> tuple[str, str]:
    """Return the helpdesk's own ids of a ticket and of the message it became of."""
    ticket, _, turn = external.rpartition(":")
    return ticket, turn


def unanswered(conversation: Conversation, channel: Channel) -> Inbound | None:
    """Return what the customer said since anybody answered, as one ticket; None: nothing.

    Several messages in a row are one request: the last one gives the ticket its id, so that it is
    the same ticket whenever and however often the conversation is fetched. Where several people
    wrote, it is the last one's, with what the others said as history, and a person gets it.
    """
    open_turns = _since_the_last_answer(conversation)
    if not open_turns:
        return None
    last = open_turns[-1]
    senders = {turn.sender for turn in open_turns}
    open_turns = [turn for turn in open_turns if turn.sender == last.sender]
    flags: list[IntakeFlag] = [flag for turn in open_turns for flag in turn.flags]
    if len(senders) > 1:
        flags.append("several_senders")
    asked = {turn.id for turn in open_turns}
    earlier = [turn for turn in conversation.turns if turn.is_public and turn.id not in asked]
    is_html = any(turn.is_html for turn in open_turns)
    texts = [
        turn.text if turn.is_html or not is_html else _escaped(turn.text) for turn in open_turns
    ]
    customer = last.sender or conversation.requester
    vouched = conversation.verified if last.verified is None else last.verified
    # Those of a conversation are of the mail it began with, and say nothing of later messages.
    began = () if earlier else conversation.headers
    return Inbound(
        external_id=external_id(conversation.id, last.id),
        text=("<br><br>" if is_html else _BETWEEN).join(texts),
        is_html=is_html,
        subject=conversation.subject,
        customer=customer or None,
        verified=vouched and bool(customer),
        channel=channel,
        received_at=last.at,
        messages=tuple(_message(turn) for turn in earlier[-HISTORY:]),
        attachments=tuple(item for turn in open_turns for item in turn.attachments),
        headers=last.headers or began,
        flags=tuple(dict.fromkeys(flags)),
        source=f"{channel}:{conversation.id}",
    )


def staff_replies(conversation: Conversation) -> tuple[StaffReply, ...]:
    """Return the public replies people wrote in a conversation, oldest first."""
    return tuple(
        StaffReply(by=turn.name, at=turn.at)
        for turn in conversation.turns
        if turn.author == "staff" and turn.is_public
    )


def why_not_wanted(conversation: Conversation, turn_id: str) -> str:
    """Return why an answer to a message must not leave any more; empty when it may.

    `newer_message`: the customer wrote again. `person_replied`: somebody of the team answered.
    `closed`: somebody solved it, or it takes no answers. `message_gone`: the message is not there.
    """
    if conversation.status in _ENDED:
        return "closed"
    turns = [turn for turn in conversation.turns if turn.is_public]
    place = next((at for at, turn in enumerate(turns) if turn.id == turn_id), None)
    if place is None:
        return "message_gone"
    after = {turn.author for turn in turns[place + 1 :]}
    if "staff" in after:
        return "person_replied"
    return "newer_message" if "customer" in after else ""


def _since_the_last_answer(conversation: Conversation) -> list[Turn]:
    if conversation.status in _ENDED:
        return []
    found: list[Turn] = []
    for turn in reversed(conversation.turns):
        if not turn.is_public:
            continue
        if turn.author != "customer":
            break
        found.append(turn)
    return found[::-1]


def _message(turn: Turn) -> Message:
    text = html_to_text(turn.text[:_LONGEST]) if turn.is_html else turn.text[:_LONGEST]
    return Message(author=_AUTHORS[turn.author], text=text, sent_at=turn.at)


def _escaped(text: str) -> str:
    """Return plain text as HTML says it, lines kept."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace("\n", "<br>")
