"""What the frame asks of the server: sessions, messages, feedback, and the stream of events."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Query, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from firstline.records import TicketId
from firstline.store.chat_records import Conversation, Sent
from firstline.web.access.roles import public
from firstline.web.access.slowing import neighbourhood
from firstline.web.api.bodies import body_of
from firstline.web.api.problems import ApiError, Problem
from firstline.web.api.route import api_router
from firstline.web.chat.asked import (
    LARGEST_NUMBER,
    LONGEST_SESSION,
    Accepted,
    ChatSession,
    NewChatFeedback,
    NewChatMessage,
    NewSession,
    PersonWanted,
    ShownLog,
    ShownState,
)
from firstline.web.chat.hub import TooManyStreamsError
from firstline.web.chat.stream import EventStream, last_seen
from firstline.web.chat.talk import ASKS, Chat, chat_of
from firstline.web.chat.views import disclosure_of, shown
from firstline.web.site import Here

router = api_router()
CHAT: Final = "/api/v1/chat"
_ERRORS: Final[dict[int, str]] = {
    400: "The body is not JSON that can be read",
    401: "No session, or one that has ended: open a new one",
    404: "There is no such answer in this conversation",
    409: "It is not possible: the id is another message's, or the conversation is full",
    413: "The message is too long",
    415: "The body is not JSON",
    422: "Something in it is not right",
    429: "Too many messages, or too many open chats; `Retry-After` says when to try again",
    503: "The server cannot do that now",
}
bearer = HTTPBearer(
    auto_error=False,
    scheme_name="chat",
    description="The token of a chat session, as `POST /api/v1/chat/session` gives it.",
)
Talk = Annotated[Chat, Depends(chat_of)]


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Problem, "description": _ERRORS[status]} for status in statuses}


async def conversation_of(
    chat: Talk, given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
) -> Conversation:
    """Return the conversation that a request's token opens; raises ApiError 401 without one."""
    token = given.credentials if given is not None else ""
    held = await chat.conversation(token) if len(token) <= LONGEST_SESSION else None
    if held is None:
        detail = "This chat session has ended. Open the chat again."
        raise ApiError("unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})
    return held


Own = Annotated[Conversation, Depends(conversation_of)]


def address_of(request: Request) -> str:
    """Return the network address of whoever asks."""
    return neighbourhood(request.client.host if request.client is not None else "")


@router.post(
    f"{CHAT}/session",
    dependencies=[public],
    tags=["chat"],
    summary="Open the chat",
    response_model=ChatSession,
    responses=_errors(400, 415, 422, 429, 503),
)
def open_session(
    request: Request, chat: Talk, asked: Annotated[NewSession, body_of(NewSession)]
) -> ChatSession:
    """Go on with a conversation, or begin one."""
    visitor, state = chat.visitor(asked.identity)
    held = chat.resumed(asked.session, visitor)
    if held is not None:
        chat.store.renew_session(asked.session, chat.now())
        token = asked.session
    else:
        if not chat.may_begin(address_of(request)):
            detail = "Too many chats were begun from here. Try again in a minute."
            raise ApiError("rate", detail, headers={"Retry-After": "60"})
        token = chat.begin(visitor, state).token
    return ChatSession(
        session=token,
        identity=state,
        resumed=held is not None,
        disclosure=disclosure_of(chat.settings),
        welcome=chat.settings.chat.welcome,
        message_length=chat.settings.chat.message_length,
    )


@router.delete(
    f"{CHAT}/session",
    dependencies=[public],
    tags=["chat"],
    summary="Forget the session",
    status_code=204,
    response_class=Response,
    responses=_errors(401, 503),
)
def end_session(
    chat: Talk,
    conversation: Own,
    given: Annotated[HTTPAuthorizationCredentials, Security(bearer)],
) -> Response:
    """Make the session's token worthless. What was written stays with the company."""
    del conversation
    chat.store.end_session(given.credentials)
    return Response(status_code=204)


@router.post(
    f"{CHAT}/conversation",
    dependencies=[public],
    tags=["chat"],
    summary="Begin another conversation",
    response_model=ChatSession,
    responses=_errors(401, 429, 503),
)
def another(request: Request, chat: Talk, conversation: Own) -> ChatSession:
    """Begin another conversation for the same visitor; the one before stays as it is."""
    if not chat.may_begin(address_of(request)):
        detail = "Too many chats were begun from here. Try again in a minute."
        raise ApiError("rate", detail, headers={"Retry-After": "60"})
    return ChatSession(
        session=chat.afresh(conversation),
        identity="anonymous" if conversation.customer is None else "verified",
        resumed=False,
        disclosure=disclosure_of(chat.settings),
        welcome=chat.settings.chat.welcome,
        message_length=chat.settings.chat.message_length,
    )


@router.post(
    f"{CHAT}/messages",
    dependencies=[public],
    tags=["chat"],
    summary="Write",
    status_code=202,
    response_model=Accepted,
    responses=_errors(400, 401, 409, 413, 415, 422, 429, 503),
)
async def write(
    chat: Talk,
    conversation: Own,
    asked: Annotated[NewChatMessage, body_of(NewChatMessage)],
) -> Response:
    """Accept a message: it is stored when this answers, and the answer comes on the stream."""
    _check_length(asked.text, chat)
    sent = await chat.accept(conversation, asked.id, asked.text)
    return _accepted(chat, asked.id, sent)


@router.post(
    f"{CHAT}/person",
    dependencies=[public],
    tags=["chat"],
    summary="Ask for a person",
    status_code=202,
    response_model=Accepted,
    responses=_errors(400, 401, 409, 413, 415, 422, 429, 503),
)
async def person(
    chat: Talk, conversation: Own, asked: Annotated[PersonWanted, body_of(PersonWanted)]
) -> Response:
    """End the automatic part: this and all that follows goes to a person."""
    _check_length(asked.text, chat)
    text = asked.text if asked.text.strip() else ASKS
    sent = await chat.accept(conversation, asked.id, text, hand_over=True)
    return _accepted(chat, asked.id, sent)


def _check_length(text: str, chat: Chat) -> None:
    most = chat.settings.chat.message_length
    if len(text) > most:
        raise ApiError("too_large", f"A message has at most {most:,} characters. Shorten it.")


def _accepted(chat: Chat, client_id: str, sent: Sent) -> Response:
    """Return what became of a message, and queue its ticket once the answer is on its way."""
    match sent.state:
        case "conflict":
            raise ApiError("id_conflict", "Another message was sent with this id.")
        case "too_many":
            detail = "You are writing faster than can be read. Wait a moment."
            raise ApiError("rate", detail, headers={"Retry-After": "20"})
        case "full":
            raise ApiError("conflict", "This conversation is full. Begin a new one.")
        case "changed":
            raise ApiError("unavailable", "Send it again.", headers={"Retry-After": "1"})
        case "new" | "repeat":
            pass
    ticket = sent.ticket or TicketId("")
    body = Accepted(id=client_id, number=sent.number, repeated=sent.state == "repeat")
    return JSONResponse(body.model_dump(), 202, background=BackgroundTask(chat.queue, ticket))


@router.get(
    f"{CHAT}/messages",
    dependencies=[public],
    tags=["chat"],
    summary="Read",
    response_model=ShownLog,
    responses=_errors(401, 422, 503),
)
async def read(
    chat: Talk,
    conversation: Own,
    after: Annotated[
        int, Query(ge=0, le=LARGEST_NUMBER, description="The last number you have.")
    ] = 0,
) -> ShownLog:
    """Return the conversation after a number: for readers that cannot keep a stream open."""
    held = await chat.log(conversation.id, after)
    if held is None:
        raise ApiError("unauthenticated", "This chat session has ended. Open the chat again.")
    return ShownLog(
        messages=[shown(item) for item in held.messages],
        state=ShownState(
            progress=chat.hub.progress(conversation.id, waiting=held.waiting),
            person=held.conversation.with_person,
        ),
    )


@router.post(
    f"{CHAT}/feedback",
    dependencies=[public],
    tags=["chat"],
    summary="Say whether an answer helped",
    status_code=204,
    response_class=Response,
    responses=_errors(400, 401, 404, 415, 422, 503),
)
async def feedback(
    chat: Talk, conversation: Own, asked: Annotated[NewChatFeedback, body_of(NewChatFeedback)]
) -> Response:
    """Keep what the visitor says; who needs more help gets a person."""
    kept = await run_in_threadpool(chat.feedback, conversation, asked.message, asked.answer)
    if not kept:
        raise ApiError("not_found", "There is no such answer in this conversation.")
    if asked.answer == "more_help":
        chat.hub.wake(conversation.id)
    return Response(status_code=204)


@router.get(
    f"{CHAT}/events",
    dependencies=[public],
    tags=["chat"],
    summary="Follow",
    response_class=Response,
    responses={
        200: {
            "description": "Server-sent events: `message` with an id, and `state`.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **_errors(401, 422, 429, 503),
    },
)
async def follow(
    request: Request,
    site: Here,
    chat: Talk,
    conversation: Own,
    after: Annotated[
        int, Query(ge=0, le=LARGEST_NUMBER, description="The last number you have.")
    ] = 0,
) -> Response:
    """Stream the conversation from a number on; `Last-Event-ID` counts before `after`."""
    if site.feed.is_stopping:
        raise ApiError("unavailable", "The server is restarting.", headers={"Retry-After": "2"})
    try:
        stream = chat.hub.open(conversation.id, address_of(request))
    except TooManyStreamsError as error:
        detail = "Too many chats are open here. Close one, or try again in a minute."
        raise ApiError("rate", detail, headers={"Retry-After": "30"}) from error
    return EventStream(chat, stream, last_seen(request.headers.get("last-event-id", ""), after))
