"""A running double and the real SDK to talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from anthropic import AsyncAnthropic

from firstline.testing.claude_double import ClaudeDouble


@pytest.fixture
async def double() -> AsyncIterator[ClaudeDouble]:
    """Return a double that answers at once."""
    async with ClaudeDouble() as running:
        yield running


@pytest.fixture
async def client(double: ClaudeDouble) -> AsyncIterator[AsyncAnthropic]:
    """Return the SDK's client for it, without retries."""
    async with AsyncAnthropic(api_key="any", base_url=double.url, max_retries=0) as opened:
        yield opened
