"""The address that helpdesks call: /hooks/<the channel's name>."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from firstline.web.access.roles import public
from firstline.web.api.accepting import hand_on
from firstline.web.hooks.receiving import Receiver, Result
from firstline.web.site import site_of

router = APIRouter(include_in_schema=False)
PATH = "/hooks/"
_STATUS: dict[Result, int] = {
    "kept": 200,
    "unknown": 404,
    "refused": 401,
    "unreadable": 400,
    "unusable": 503,
}


@router.api_route(PATH + "{name}", methods=["POST", "HEAD"], dependencies=[public])
async def receive(name: str, request: Request) -> Response:
    """Take a webhook. 200 means that it is stored; anything else may be sent again.

    A HEAD, which some helpdesks send before they call, says whether there is such a channel.
    """
    site = site_of(request)
    if request.method == "HEAD":
        return Response(status_code=200 if name in site.desk.connections else 404)
    receiver: Receiver = request.app.state.receiver
    got = await receiver.receive(name, request.headers, await request.body())
    for ticket_id in got.tickets:
        await hand_on(site, ticket_id)
    said = {"status": got.result} | ({"detail": got.detail} if got.detail else {})
    return JSONResponse(said, status_code=_STATUS[got.result])
