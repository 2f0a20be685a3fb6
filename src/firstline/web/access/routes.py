"""The pages of access: signing in, one's account, people, keys and the audit of views."""

from __future__ import annotations

from fastapi import APIRouter

from firstline.web.access import (
    account,
    key_pages,
    people_pages,
    sign_in,
    sign_on_pages,
    view_pages,
)

router = APIRouter(include_in_schema=False)
for part in (sign_in, sign_on_pages, account, people_pages, key_pages, view_pages):
    router.include_router(part.router)
