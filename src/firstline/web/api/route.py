"""The routes of the API: every error is a problem document, and what reads answers HEAD too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from firstline.web.api.problems import TITLES, Described, answer, described

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_METHODS: Final[defaultdict[str, set[str]]] = defaultdict(set)
"""What each address takes, over all its routes."""


class ApiRoute(APIRoute):
    """A route for programs."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        _METHODS[path] |= self.methods or set()

    def get_route_handler(self) -> Handler:
        """Return the handler, where what goes wrong becomes a problem document."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:
                found = described(error)
                if found is None:
                    raise
                return answer(request, found)

        return handler

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say which methods the address takes."""
        if scope["method"] in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        allowed = ", ".join(sorted(_METHODS[self.path]))
        status, title = TITLES["method"]
        refused = Described(
            status=status,
            code="method",
            title=title,
            detail=f"Use one of {allowed}.",
            headers={"Allow": allowed},
        )
        await answer(Request(scope), refused)(scope, receive, send)


def api_router() -> APIRouter:
    """Return a router for routes of the API."""
    return APIRouter(route_class=ApiRoute)


def reads(router: APIRouter, path: str, **options: Any) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint for GET, and for HEAD, which is not documented apart."""

    def register(endpoint: Endpoint) -> Endpoint:
        router.add_api_route(path, endpoint, methods=["GET"], **options)
        hidden = options | {"include_in_schema": False}
        router.add_api_route(path, endpoint, methods=["HEAD"], **hidden)
        return endpoint

    return register
