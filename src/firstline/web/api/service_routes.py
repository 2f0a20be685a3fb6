"""The service itself: whether it is up, its figures, and what there is to ask."""

from __future__ import annotations

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from firstline.store.database import reading
from firstline.web.access.roles import public
from firstline.web.api import told
from firstline.web.api.docs import operations_of, problems_of
from firstline.web.api.openapi import described, document
from firstline.web.api.problems import ApiError
from firstline.web.api.route import api_router, reads
from firstline.web.pages import page
from firstline.web.site import Here
from firstline.web.work import NoWork

router = api_router()


@reads(
    router,
    "/healthz",
    operation_id="health",
    summary="Whether the server runs",
    response_model=told.Health,
    tags=["Service"],
    dependencies=[public],
    openapi_extra=described(),
)
async def health() -> told.Health:
    """Answer. Nothing else is asked of anything."""
    return told.Health(status="ok")


@reads(
    router,
    "/readyz",
    operation_id="ready",
    summary="Whether the server can take work",
    response_model=told.Health,
    tags=["Service"],
    dependencies=[public],
    openapi_extra=described(503),
)
def ready(site: Here) -> told.Health:
    """Ask the database, and the engine where this process has one."""
    if site.feed.is_stopping:
        raise ApiError("unavailable", "The server is being stopped.")
    with reading(site.desk.engine).connect() as connection:
        connection.execute(sa.select(1))
    if not isinstance(site.work, NoWork) and not site.work.is_up:
        raise ApiError("unavailable", "The engine is not up yet.", headers={"Retry-After": "2"})
    return told.Health(status="ok")


@reads(
    router,
    "/api/v1/openapi.json",
    include_in_schema=False,
    dependencies=[public],
)
def openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    return JSONResponse(document(request.app))


@reads(router, "/api/v1/docs", include_in_schema=False, dependencies=[public])
def docs(request: Request) -> Response:
    """Show the operations to people."""
    written = document(request.app)
    return page(
        request,
        "api/docs.html",
        operations=operations_of(written),
        problems=problems_of(),
        lead=written["info"]["description"],
    )
