"""Was it helpful? Public pages: whoever holds a signed link may answer for that one reply.

GET only shows the question, with the answer of the link marked: mail scanners follow links, so
nothing is recorded until somebody presses a button.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from firstline.store.feedback import ANSWERS, FeedbackAnswer
from firstline.web.access.roles import public
from firstline.web.feedback.addresses import PATH, links_of
from firstline.web.pages import page
from firstline.web.site import Here, Site

router = APIRouter(include_in_schema=False)
LABELS: dict[FeedbackAnswer, str] = {
    "yes": "Yes, it helped",
    "no": "No, it did not",
    "more_help": "I need more help from a person",
}
_GONE = {"invalid": 404, "expired": 410}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An answer as a button."""

    answer: FeedbackAnswer
    label: str
    chosen: bool
    """Whether it is the one of the link that was followed."""


@router.get(PATH + "/{token}", dependencies=[public])
def ask(request: Request, site: Here, token: str) -> Response:
    """Show the question; change nothing."""
    click = links_of(site).read(token, site.now())
    if isinstance(click, str):
        return _gone(request, click)
    return _question(request, token, click.answer)


@router.head(PATH + "/{token}", dependencies=[public])
def look(request: Request, site: Here, token: str) -> Response:
    """Answer those who only look whether a link leads anywhere."""
    return ask(request, site, token)


@router.post(PATH + "/{token}", dependencies=[public])
def record(
    request: Request, site: Here, token: str, answer: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Keep the answer; the last one counts."""
    click = links_of(site).read(token, site.now())
    if isinstance(click, str):
        return _gone(request, click)
    given = next((known for known in ANSWERS if known == answer), None)
    if given is None:
        return _question(request, token, click.answer, unclear=True)
    if site.reviews.customer_says(click.ticket, given) is None:
        return _gone(request, "invalid")
    _tell(site, click.ticket, given)
    return page(
        request,
        "feedback/thanks.html",
        answer=given,
        label=LABELS[given],
        address=f"{PATH}/{token}",
    )


def _tell(site: Site, ticket: str, answer: FeedbackAnswer) -> None:
    site.feed.changed(f"ticket:{ticket}")
    site.feed.changed("metrics")
    if answer == "more_help":
        site.feed.changed("reviews")


def _question(
    request: Request, token: str, linked: FeedbackAnswer, *, unclear: bool = False
) -> Response:
    choices = [
        Choice(answer=answer, label=label, chosen=answer == linked)
        for answer, label in LABELS.items()
    ]
    return page(
        request,
        "feedback/ask.html",
        status=400 if unclear else 200,
        choices=choices,
        token=token,
        unclear=unclear,
    )


def _gone(request: Request, why: Literal["invalid", "expired"]) -> Response:
    return page(request, "feedback/gone.html", status=_GONE[why], expired=why == "expired")
