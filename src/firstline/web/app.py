"""The application: the onion of middleware, and the list of routers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from firstline.web import pages
from firstline.web.access import routes as access
from firstline.web.access.limits import Limits, RateLimits
from firstline.web.api import routes as api
from firstline.web.chat import routes as chat
from firstline.web.dashboard import routes as dashboard
from firstline.web.failures import Failures, add_error_pages
from firstline.web.feedback import routes as feedback
from firstline.web.home import routes as home
from firstline.web.hooks import routes as hooks
from firstline.web.hooks.receiving import Receiver
from firstline.web.knowledge import routes as knowledge
from firstline.web.review import routes as review
from firstline.web.security import BodyLimit, SameOrigin, SecurityHeaders
from firstline.web.settings import routes as settings
from firstline.web.site import Site
from firstline.web.tickets import routes as tickets
from firstline.web.tryit import routes as tryit

ROUTERS = (
    hooks.router,  # First: a storm of webhooks must not look through all pages each time.
    chat.router,
    access.router,
    review.router,
    tickets.router,
    tryit.router,
    dashboard.router,
    knowledge.router,
    settings.router,
    api.router,
    feedback.router,
    home.router,
)
FOR_EVER = "public, max-age=31536000, immutable"


class Static(StaticFiles):
    """Our own files. Their addresses change with their contents, so browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = FOR_EVER if scope["query_string"] else "no-cache"
        return answer


def create_app(
    site: Site, *, limits: Limits | None = None, wake: Callable[[], None] = lambda: None
) -> FastAPI:
    """Return the application for a site.

    Args:
        site: What the routes work with.
        limits: None: anybody may ask as fast as they can.
        wake: Called when a webhook named a conversation that is to be fetched.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        site.feed.start()
        yield
        receiver: Receiver = app.state.receiver
        await receiver.close()
        await site.feed.stop()

    app = FastAPI(
        title="Firstline",
        version=version("firstline"),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.site = site
    app.state.receiver = Receiver(site, wake=wake)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Static(directory=pages.STATIC), name="static")
    add_error_pages(app)
    app.add_middleware(SameOrigin)
    app.add_middleware(BodyLimit)
    if limits is not None:
        app.add_middleware(RateLimits, limits=limits, secure=site.secure_cookies)
    app.add_middleware(Failures)
    app.add_middleware(SecurityHeaders, secure=site.secure_cookies)
    return app
