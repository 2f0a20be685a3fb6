"""Steering a double that runs as a process: paths under `/__double`, which the API has not.

GET  /__double                         requests, billed answers, tokens, requests in flight
GET  /__double/requests                the requests it remembers
POST /__double/faults                  {"fault": "overloaded", "times": 3}; times 0: always
POST /__double/batches/finish          process every batch now
POST /__double/advance                 {"seconds": 3600}: let time pass
POST /__double/reset                   forget requests, bills, faults and the cache
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from firstline.testing.faults import fault_named
from firstline.testing.http import HttpRequest, HttpResponse
from firstline.testing.wire import encode

if TYPE_CHECKING:
    from firstline.testing.claude_double import ClaudeDouble

PREFIX = "/__double"


def handle(double: ClaudeDouble, request: HttpRequest) -> HttpResponse:
    """Return the response to a request that steers the double."""
    place = (request.method, request.path.removeprefix(PREFIX).rstrip("/"))
    try:
        body = json.loads(request.body) if request.body else {}
        shown = _done(double, place, body)
    except (ValueError, LookupError, TypeError) as error:
        return _response(400, {"error": f"{type(error).__name__}: {error}"})
    return _response(404 if shown is None else 200, shown or {"error": "see docs/testing.md"})


def _response(status: int, value: Any) -> HttpResponse:
    headers = (("content-type", "application/json"),)
    return HttpResponse(status=status, headers=headers, body=encode(value))


def _done(double: ClaudeDouble, place: tuple[str, str], body: Any) -> dict[str, Any] | None:
    match place:
        case ("GET", ""):
            return state(double)
        case ("GET", "/requests"):
            return {"requests": [asdict(call) for call in double.requests]}
        case ("POST", "/faults"):
            double.script(fault_named(body["fault"]).repeated(int(body.get("times", 1))))
        case ("POST", "/batches/finish"):
            double.finish_batches()
        case ("POST", "/advance"):
            double.advance(float(body["seconds"]))
        case ("POST", "/reset"):
            double.reset()
        case _:
            return None
    return state(double)


def state(double: ClaudeDouble) -> dict[str, Any]:
    """Return the figures of a double."""
    return {
        "requests": double.received,
        "billed": double.billed,
        "tokens": dict(double.totals),
        "in_flight": double.in_flight,
        "most_in_flight": double.most_in_flight,
        "faults_left": double.faults_left,
    }
