"""The routes of the API, all of them."""

from __future__ import annotations

from fastapi import APIRouter

from firstline.web.api import decision_routes, metric_routes, service_routes, ticket_routes

router = APIRouter()
for part in (ticket_routes, decision_routes, metric_routes, service_routes):
    router.include_router(part.router)
