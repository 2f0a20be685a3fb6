"""Cursors: where a caller has got to, in a form that they need not understand."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from firstline.store.ticket_changes import START, Place
from firstline.web.api.problems import ApiError

_FIRST = "0"


def written_cursor(place: Place) -> str:
    """Return a place as text fit for an address."""
    if place == START:
        return _FIRST
    said = f"{place.ended_at} {place.ticket}".encode()
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def read_cursor(written: str) -> Place:
    """Return the place of a cursor; raises ApiError when it is none of ours."""
    if written == _FIRST:
        return START
    try:
        raw = base64.b64decode(
            written + "=" * (-len(written) % 4), altchars=b"-_", validate=True
        ).decode("ascii")
        ended_at, ticket = raw.split(" ")
        datetime.fromisoformat(ended_at)
    except (binascii.Error, ValueError) as error:
        raise ApiError("cursor", "Use `next` of the page before, or leave `since` out.") from error
    if not ticket.isalnum() or not ended_at.isprintable():
        raise ApiError("cursor", "Use `next` of the page before, or leave `since` out.")
    return Place(ended_at=ended_at, ticket=ticket)
