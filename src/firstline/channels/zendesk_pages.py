"""Reading Zendesk's lists: page by page, and in small pages where large ones are too large."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from firstline.channels.helpdesk import DeskRefused
from firstline.channels.zendesk_api import ZendeskApi
from firstline.channels.zendesk_reading import Listed
from firstline.outbound import HttpAnswer, OutboundError

SIZES = (100, 10, 1)
"""Of a page: each when a page of the one before is larger than what is read. A comment may have
64 kB and is sent three times over, and JSON may write one sign with six."""

T = TypeVar("T", bound=BaseModel)
P = TypeVar("P", bound=Listed)


def read(model: type[T], answer: HttpAnswer) -> T:
    """Return an answer as what it should be; raises DeskRefused (`unreadable`)."""
    try:
        return model.model_validate(answer.json())
    except (ValidationError, OutboundError):
        problem = f"{answer.host} answered with another {model.__name__} than expected"
        raise DeskRefused("unreadable", problem) from None


async def pages_of(
    api: ZendeskApi, model: type[P], path: str, query: Mapping[str, str] | None = None
) -> AsyncGenerator[P, None]:
    """Yield a list's pages. Where it goes on is our own address, never one that we are given."""
    asked = dict(query or {})
    while True:
        page = await page_of(api, model, path, asked)
        yield page
        if not page.meta.has_more or not page.meta.after_cursor:
            return
        asked["page[after]"] = page.meta.after_cursor


async def page_of(
    api: ZendeskApi,
    model: type[T],
    path: str,
    query: Mapping[str, str],
    *names: str,
    size_name: str = "page[size]",
    sizes: tuple[int, ...] = SIZES,
) -> T:
    """Return one page, a smaller one as long as it is too large to be read.

    Args:
        api: The account.
        model: What a page is.
        path: Of the list.
        query: Without the size.
        names: The limits it counts under.
        size_name: How the list calls its size.
        sizes: What is asked for first, and then.
    """
    for size in sizes[:-1]:
        try:
            return read(model, await api.get(path, {**query, size_name: str(size)}, *names))
        except DeskRefused as refused:
            if refused.why != "unreadable":
                raise
    return read(model, await api.get(path, {**query, size_name: str(sizes[-1])}, *names))
