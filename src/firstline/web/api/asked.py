"""What programs send: every field with its limits; unknown ones are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import re2
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from firstline.review.outcomes import RejectReason
from firstline.store.feedback import FeedbackAnswer

LONGEST_TEXT = 200_000
LONGEST_TURN = 20_000
MOST_TURNS = 50
MOST_ATTACHMENTS = 100
LARGEST_VERSION = 1_000_000_000
LARGEST_FILE = 1_000_000_000_000
NAMEABLE = r"^[!-~]+$"
"""Printable ASCII without spaces."""
ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
NAMED = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
"""One line with something in it."""
SAID = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""Text with something in it."""
_TIME = re2.compile(r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,12})?([Zz]|[+-]\d{2}:\d{2})$")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def _moment(value: object) -> object:
    """Read a time as RFC 3339 writes it."""
    if not isinstance(value, str) or not _TIME.match(value):
        raise ValueError("should be a time like 2026-05-01T09:30:00Z")
    try:
        written = datetime.fromisoformat(value.upper().replace(":60", ":59"))
        return max(written.astimezone(UTC), _EARLIEST)
    except OverflowError:  # the first or the last day of the calendar, in a far zone
        return _EARLIEST if value.startswith("0") else _LATEST
    except ValueError as error:
        raise ValueError("is no time of the calendar") from error


Moment = Annotated[datetime, BeforeValidator(_moment)]
ExternalId = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=200,
        pattern=NAMEABLE,
        description="Your own id of this message: printable ASCII without spaces. The same id with "
        "the same message is accepted once, however often it is sent.",
    ),
]


class Asked(BaseModel):
    """What is sent: strict, and nothing that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Turn(Asked):
    """An earlier message of the conversation."""

    author: Literal["customer", "staff", "bot"] = Field(description="Who wrote it.")
    text: str = Field(max_length=LONGEST_TURN, description="What was written, as plain text.")
    sent_at: Moment | None = Field(default=None, description="When, in RFC 3339.")


class NewAttachment(Asked):
    """A file that came with the message: listed for people, never opened."""

    name: str = Field(max_length=200, description="The file's name.")
    media_type: str = Field(
        default="application/octet-stream", max_length=100, description="Its media type."
    )
    size: int = Field(default=0, ge=0, le=LARGEST_FILE, description="Its size in bytes.")


class NewTicket(Asked):
    """A customer's message that is to be answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "shop-20481",
                    "subject": "Export",
                    "text": "How do I export a board to CSV?",
                    "customer": "cus_1001",
                    "verified": True,
                },
                {
                    "text": "And where do I find the file afterwards?",
                    "messages": [
                        {"author": "customer", "text": "How do I export a board to CSV?"},
                        {"author": "staff", "text": "Open the board's menu and choose Export."},
                    ],
                },
            ]
        }
    )

    id: ExternalId = None
    text: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        description="What the customer newly wrote. What has more than 20,000 characters is read "
        "by a person.",
    )
    format: Literal["text", "html"] = Field(
        default="text", description="Whether `text` is plain or HTML."
    )
    subject: str = Field(default="", max_length=500, description="The subject, if it has one.")
    customer: str | None = Field(
        default=None,
        min_length=1,
        max_length=320,
        pattern=ONE_LINE,
        description="The customer's id or e-mail address, as in the workspace's customer file.",
    )
    verified: bool = Field(
        default=False,
        description="Whether you know that this customer wrote it, for example because they are "
        "signed in. Only then is anything of their account read or told.",
    )
    channel: Literal["api", "chat", "email"] = Field(
        default="api",
        description="Where the customer wrote. Of e-mail, quoted history is set aside and the cap "
        "on replies a day counts.",
    )
    conversation: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        pattern=NAMEABLE,
        description="Your id of the conversation. A newer message of the same conversation takes "
        "the place of an older one that is not answered yet. Default: a new one.",
    )
    received_at: Moment | None = Field(
        default=None,
        description="When the customer wrote, in RFC 3339. Default: now; a time to come counts as "
        "now.",
    )
    messages: list[Turn] = Field(
        default=[],
        max_length=MOST_TURNS,
        description="Earlier messages of the conversation, the oldest first; the last ten are "
        "read. Left out: those that Firstline knows of it.",
    )
    attachments: list[NewAttachment] = Field(
        default=[], max_length=MOST_ATTACHMENTS, description="The files that came with it."
    )


class CustomerMessage(Asked):
    """A further message of the customer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"author": "customer", "text": "That did not work: the button is grey."}]
        }
    )

    author: Literal["customer"] = Field(description="The customer wrote it.")
    id: ExternalId = None
    text: str = Field(min_length=1, max_length=LONGEST_TEXT, description="What they wrote.")
    format: Literal["text", "html"] = Field(
        default="text", description="Whether `text` is plain or HTML."
    )
    received_at: Moment | None = Field(default=None, description="When, in RFC 3339.")


class StaffMessage(Asked):
    """Word that a person answered the customer past Firstline."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"author": "staff", "by": "Dana"}]})

    author: Literal["staff"] = Field(description="A person of the company wrote it.")
    by: str = Field(min_length=1, max_length=100, pattern=NAMED, description="Who.")
    sent_at: Moment | None = Field(default=None, description="When, in RFC 3339.")


class NewMessage(
    RootModel[Annotated[CustomerMessage | StaffMessage, Field(discriminator="author")]]
):
    """A further message of a conversation: the customer's, or word of a person's reply."""


class NewFeedback(Asked):
    """What the customer says about the reply."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "yes"}]})

    answer: FeedbackAnswer = Field(
        description="Whether it helped. `more_help` puts the ticket before a person."
    )


class _Deciding(Asked):
    version: int = Field(
        ge=0,
        le=LARGEST_VERSION,
        description="The version of the review that the person saw, from `GET /tickets/{id}`.",
    )
    by: str = Field(
        min_length=1,
        max_length=100,
        pattern=NAMED,
        description="The person who decides; kept with the name of the key.",
    )


Overrule = Annotated[
    str,
    Field(
        max_length=2000,
        pattern=PLAIN,
        description="Why the checks that are against it are overruled; empty: they are not.",
    ),
]
Note = Annotated[str, Field(max_length=2000, pattern=PLAIN, description="A note for colleagues.")]


class Approve(_Deciding):
    """Send the draft as it is."""

    action: Literal["approve"]
    override: Overrule = ""


class Edit(_Deciding):
    """Send this reply in the draft's place."""

    action: Literal["edit"]
    text: str = Field(
        min_length=1,
        max_length=LONGEST_TURN,
        pattern=SAID,
        description="The whole reply; its paragraphs are parted by an empty line.",
    )
    override: Overrule = ""


class Reject(_Deciding):
    """Leave the draft."""

    action: Literal["reject"]
    reason: RejectReason = Field(description="What is wrong with it.")
    note: Note = ""


class Escalate(_Deciding):
    """Hand the ticket to a team."""

    action: Literal["escalate"]
    team: str = Field(min_length=1, max_length=100, pattern=NAMED, description="Who gets it.")
    note: str = Field(min_length=1, max_length=2000, pattern=SAID, description="Why.")
    notify: bool = Field(default=True, description="Whether the customer is told of it.")


class Take(_Deciding):
    """Take the ticket over, to answer it where the customer wrote."""

    action: Literal["take"]
    note: Note = ""


_EXAMPLE: dict[str, Any] = {"action": "approve", "version": 3, "by": "Dana"}


class NewDecision(
    RootModel[Annotated[Approve | Edit | Reject | Escalate | Take, Field(discriminator="action")]]
):
    """What a person decides about a ticket that waits for them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
