"""The routes of the chat: the script for the company's pages, the frame, and what it asks."""

from __future__ import annotations

from fastapi import APIRouter

from firstline.web.chat import frame, messages

router = APIRouter()
router.include_router(frame.router)
router.include_router(messages.router)
