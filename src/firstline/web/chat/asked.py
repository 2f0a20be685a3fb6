"""What the frame sends and gets: every field with its limits."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from firstline.store.feedback import FeedbackAnswer
from firstline.web.api.asked import SAID, Asked
from firstline.web.chat.hub import Progress
from firstline.web.chat.identity import LONGEST_TOKEN
from firstline.web.chat.talk import IdentityState

LONGEST_SESSION = 100
LONGEST_TEXT = 20_000
"""Characters of a message that are read at all; firstline.toml says how many are accepted."""
LARGEST_NUMBER = 1_000_000
CLIENT_ID = r"^[A-Za-z0-9_-]{8,64}$"


class NewSession(Asked):
    """A visitor opens the chat."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"identity": "eyJhbGciOi…"}]})

    identity: str = Field(
        default="",
        max_length=LONGEST_TOKEN,
        description="The token that the company's own site signed; empty: an anonymous visitor.",
    )
    session: str = Field(
        default="",
        max_length=LONGEST_SESSION,
        description="The token of an earlier session, to go on with its conversation.",
    )


class ChatSession(BaseModel):
    """A session: whoever shows its token reads and writes one conversation."""

    session: str = Field(description="The session's token: `Authorization: Bearer …`.")
    identity: IdentityState = Field(
        description="`verified`: the company's site vouches for the visitor. `refused`: a token "
        "was given that counts for nothing, and the visitor is anonymous."
    )
    resumed: bool = Field(description="Whether this is the conversation of the session given.")
    disclosure: str = Field(description="Who answers here; to be shown at all times.")
    welcome: str = Field(description="The first words.")
    message_length: int = Field(description="Characters a message may have.")


class NewChatMessage(Asked):
    """A visitor's message."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "5e2c1f40aa", "text": "How do I export a board to CSV?"}]
        }
    )

    id: str = Field(
        pattern=CLIENT_ID,
        description="Your own id of this message. Sent again with the same text, it is accepted "
        "once.",
    )
    text: str = Field(
        min_length=1, max_length=LONGEST_TEXT, pattern=SAID, description="What the visitor wrote."
    )


class PersonWanted(Asked):
    """A visitor asks for a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": "5e2c1f40ab"}]})

    id: str = Field(pattern=CLIENT_ID, description="Your own id of this request.")
    text: str = Field(
        default="", max_length=LONGEST_TEXT, description="What the visitor wrote with it."
    )


class Accepted(BaseModel):
    """A message that was accepted: it will be answered, by Firstline or by a person."""

    id: str = Field(description="Your id of it.")
    number: int = Field(description="Its number in the conversation.")
    repeated: bool = Field(description="Whether it had been accepted before.")


class NewChatFeedback(Asked):
    """What the visitor says about an answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"message": 2, "answer": "yes"}]})

    message: int = Field(ge=1, le=LARGEST_NUMBER, description="The answer's number.")
    answer: FeedbackAnswer = Field(
        description="`yes` it helped, `no` it did not, `more_help`: a person is wanted."
    )


class ShownSource(BaseModel):
    """An article an answer rests on."""

    title: str = Field(description="Its title.")
    url: str = Field(description="Its address; empty when it has none.")


class ShownMessage(BaseModel):
    """One entry of a conversation."""

    number: int = Field(description="Its place; numbers have no gaps.")
    id: str = Field(description="The visitor's own id of it; empty of everything else.")
    author: Literal["customer", "bot", "staff", "system"] = Field(description="Who wrote it.")
    kind: Literal["message", "reply", "question", "notice"] = Field(description="What it is.")
    paragraphs: list[str] = Field(description="Its text as plain text.")
    sources: list[ShownSource] = Field(description="What it rests on.")
    at: datetime = Field(description="When.")
    feedback: FeedbackAnswer | None = Field(description="What the visitor said about it.")


class ShownState(BaseModel):
    """How a conversation stands."""

    progress: Progress = Field(
        description="How far the latest message is; empty: nothing is being done about it now."
    )
    person: bool = Field(description="Whether people have the conversation.")


class ShownLog(BaseModel):
    """A conversation from a number on."""

    messages: list[ShownMessage] = Field(description="Oldest first.")
    state: ShownState = Field(description="How it stands.")
