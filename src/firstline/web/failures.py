"""Errors as answers: a page that says what to do, or problem details for a program."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firstline.errors import InputError, SetupError
from firstline.observe import log, place_of
from firstline.store.review_records import ReviewRefused
from firstline.web import pages


def add_error_pages(app: FastAPI) -> None:
    """Answer every expected error of an application."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        if error.status_code in (303, 307) and error.headers:
            return pages.redirect(error.headers["Location"])
        title, fix = _TITLES.get(error.status_code, ("That did not work", ""))
        detail = error.detail if error.status_code not in (404, 405) else title
        answer = pages.problem(
            request, error.status_code, _code(error.status_code), title, str(detail), fix=fix
        )
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        detail = f"{where}: {first['msg']}" if where else str(first["msg"])
        return pages.problem(request, 422, "invalid", "Something in it is not right", detail)

    @app.exception_handler(ReviewRefused)
    async def conflict(request: Request, error: ReviewRefused) -> Response:
        known = error.refusal != "unknown"
        status = HTTPStatus.CONFLICT if known else HTTPStatus.NOT_FOUND
        title = "That is not possible any more" if known else "It is not here"
        return pages.problem(request, status, error.refusal, title, error.problem, fix=error.fix)

    @app.exception_handler(InputError)
    async def wrong_input(request: Request, error: InputError) -> Response:
        return pages.problem(
            request, 400, error.code, "That cannot be used", error.problem, fix=error.fix
        )

    @app.exception_handler(SetupError)
    async def not_usable(request: Request, error: SetupError) -> Response:
        log.error("web_setup", path=_template(request), detail=str(error))
        title = "The server cannot do that now"
        return pages.problem(
            request, 503, error.code, title, "Its database or a folder cannot be used", fix=""
        )


_TITLES = {
    401: ("Sign in first", "Open /login"),
    403: ("You may not do that", "Ask a lead or an admin of your team"),
    404: ("There is no such page", "Look for it from the review queue"),
    405: ("That address takes another kind of request", ""),
    429: ("Too many requests", "Wait a moment and try again"),
}


def _code(status: int) -> str:
    return {401: "unauthenticated", 403: "forbidden", 404: "not_found", 429: "rate"}.get(
        status, "http"
    )


def _template(request: Request) -> str:
    """Return the route's path with its placeholders: no id or word of a customer is logged."""
    route = request.scope.get("route")
    return str(getattr(route, "path", "unmatched"))


class Failures:
    """Answers with an error page what nobody foresaw.

    Inside the headers: Starlette's own place for it is outside of every middleware, where an error
    page would have none of them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer it when that fails."""
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noticed)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise  # Half an answer is out: the connection is all that can still be closed.
            await _failed(Request(scope), error)(scope, receive, send)


def _failed(request: Request, error: Exception) -> Response:
    where = place_of(error)
    log.error("web_failed", path=_template(request), kind=type(error).__name__, at=where)
    return pages.problem(
        request,
        500,
        "error",
        "Something went wrong here",
        "It is our fault, and it is in the server's log",
        fix="Go back and try again",
    )
