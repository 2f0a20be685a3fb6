"""The pages of the chat: the script tag's script, the frame, its plain form, and the demo."""

from __future__ import annotations

import secrets
from functools import cache
from typing import Annotated, Final, get_args

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from firstline.store.chat_records import Conversation, Log, Sent
from firstline.store.feedback import FeedbackAnswer
from firstline.web.access.roles import public
from firstline.web.chat.asked import LARGEST_NUMBER, LONGEST_SESSION, LONGEST_TEXT
from firstline.web.chat.hub import Progress
from firstline.web.chat.messages import Talk, address_of
from firstline.web.chat.talk import ASKS, Chat
from firstline.web.chat.views import disclosure_of, shown
from firstline.web.pages import STATIC, TEMPLATES
from firstline.web.security import POLICY
from firstline.web.site import Here, Site

router = APIRouter(include_in_schema=False)
WORDS: Final[dict[Progress, str]] = {
    "": "",
    "received": "Received",
    "looking": "Looking it up",
    "writing": "Writing an answer",
    "checking": "Checking the answer",
}
"""How far a message is, in words."""
PROBLEMS: Final[dict[str, str]] = {
    "too_many": "You are writing faster than can be read. Wait a moment, then send it again.",
    "full": "This conversation is full. Begin a new one.",
    "changed": "That did not work just now. Send it again.",
    "conflict": "That did not work just now. Send it again.",
    "rate": "Too many chats were begun from here. Try again in a minute.",
    "ended": "Your earlier chat has ended, so this begins a new one.",
    "empty": "Write a message first.",
    "too_long": "That is too long. Shorten it, or send it in parts.",
}
ANSWERS: Final[tuple[FeedbackAnswer, ...]] = get_args(FeedbackAnswer)
WIDGET_LASTS: Final = "public, max-age=3600"


@cache
def _script() -> bytes:
    return (STATIC / "widget.js").read_bytes()


def frame_policy(sites: tuple[str, ...]) -> str:
    """Return the content security policy of the frame: only these sites may show it."""
    allowed = " ".join(("'self'", *sites))
    return f"{POLICY}; frame-ancestors {allowed}"


@router.get("/widget.js", dependencies=[public])
async def widget() -> Response:
    """Return the script for the company's pages, which any site may load."""
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": WIDGET_LASTS}
    return Response(_script(), media_type="text/javascript", headers=headers)


@router.get("/chat", dependencies=[public])
async def frame(site: Here, chat: Talk) -> Response:
    """Show the frame. The script opens a session; without one the form below it does."""
    return _page(site, chat, held=None, token="")


@router.post("/chat", dependencies=[public])
async def plain(
    request: Request,
    site: Here,
    chat: Talk,
    do: Annotated[str, Form(max_length=40)] = "send",
    text: Annotated[str, Form(max_length=LONGEST_TEXT)] = "",
    token: Annotated[str, Form(max_length=LONGEST_SESSION)] = "",
    client_id: Annotated[str, Form(alias="id", pattern=r"^[A-Za-z0-9_-]{8,64}$")] = "",
) -> Response:
    """Do what the form asks, without a script, and show the conversation.

    The answer is the page itself: a redirect would have to carry the token in an address. Loading
    it again sends the form again, which changes nothing, because the message has an id.
    """
    opened = await run_in_threadpool(_opened, chat, address_of(request), token)
    if opened is None:
        return _page(site, chat, held=None, token="", problem=PROBLEMS["rate"], status=429)
    conversation, kept = opened
    problem = PROBLEMS["ended"] if token and kept != token else ""
    sent: Sent | None = None
    wrong = ""
    if do.startswith("feedback:"):
        await run_in_threadpool(_feedback, chat, conversation, do)
    elif do in ("send", "person"):
        wrong = _refusal(chat, text, do)
        if not wrong:
            words = text if text.strip() else ASKS
            marker = client_id or secrets.token_hex(8)
            sent = await chat.accept(conversation, marker, words, hand_over=do == "person")
            wrong = sent.state if sent.state in PROBLEMS else ""
    held = await run_in_threadpool(chat.store.log, conversation.id, chat.now())
    answer = _page(
        site,
        chat,
        held=held,
        token=kept,
        problem=PROBLEMS.get(wrong, problem),
        written=text if wrong else "",
    )
    if sent is not None and sent.ticket is not None and sent.state == "new":
        answer.background = BackgroundTask(chat.queue, sent.ticket)
    return answer


def _refusal(chat: Chat, text: str, do: str) -> str:
    if len(text) > chat.settings.chat.message_length:
        return "too_long"
    return "empty" if do == "send" and not text.strip() else ""


def _opened(chat: Chat, address: str, token: str) -> tuple[Conversation, str] | None:
    """Return the conversation of a form's token, or a new one with its token; None: too many."""
    held = chat.known(token)
    if held is not None:
        return held, token
    if not chat.may_begin(address):
        return None
    begun = chat.begin(None, "anonymous")
    return begun.conversation, begun.token


def _feedback(chat: Chat, conversation: Conversation, do: str) -> None:
    _, _, rest = do.partition(":")
    number, _, written = rest.partition(":")
    answer = next((known for known in ANSWERS if known == written), None)
    if answer is None or not number.isascii() or not number.isdigit():
        return
    if int(number) <= LARGEST_NUMBER:
        chat.feedback(conversation, int(number), answer)


def _page(
    site: Site,
    chat: Chat,
    *,
    held: Log | None,
    token: str,
    problem: str = "",
    written: str = "",
    status: int = 200,
) -> HTMLResponse:
    settings = chat.settings.chat
    progress = "" if held is None else chat.hub.progress(held.conversation.id, waiting=held.waiting)
    html = TEMPLATES.get_template("chat/frame.html").render(
        company=site.company,
        welcome=settings.welcome,
        disclosure=disclosure_of(chat.settings),
        sites=" ".join(settings.sites),
        most=settings.message_length,
        messages=() if held is None else [shown(item) for item in held.messages],
        person=held is not None and held.conversation.with_person,
        progress=WORDS[progress],
        token=token,
        client_id=secrets.token_hex(8),
        problem=problem,
        written=written,
    )
    headers = {
        "Content-Security-Policy": frame_policy(settings.sites),
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return HTMLResponse(html, status_code=status, headers=headers)


@router.get("/chat/demo", dependencies=[public])
async def demo(site: Here, chat: Talk) -> Response:
    """Show a page of an imaginary shop with the chat on it."""
    wanted = chat.settings.chat.demo
    if wanted == "off" or (wanted == "loopback" and site.secure_cookies):
        raise HTTPException(404)
    html = TEMPLATES.get_template("chat/demo.html").render(company=site.company)
    policy = f"{POLICY}; frame-src 'self'; frame-ancestors 'none'"
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})
