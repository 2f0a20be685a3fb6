"""The Idempotency-Key header: a request that is made again gets the same answer.

After draft-ietf-httpapi-idempotency-key-header: the key of another request is 422, one whose first
request is still being answered 409.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from firstline.store.idempotency import IdempotencyStore, Kept
from firstline.web.access.roles import current_caller
from firstline.web.api.problems import ApiError
from firstline.web.site import site_of

REPLAYED: Final = "Idempotency-Replayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A request with its caller's key, if it has one."""

    caller: str
    """Whose key it is, and of which address."""
    key: str | None
    store: IdempotencyStore


def _retry(
    request: Request,
    idempotency_key: Annotated[
        str,
        Header(
            max_length=255,
            pattern="^[!-~]+$",
            description="A key of your own without spaces, for example a UUID. The same request "
            "with the same key gets the same answer for 24 hours and is done once.",
        ),
    ] = "",
) -> Retry:
    caller = current_caller(request)
    return Retry(
        caller=f"{caller.id} {request.url.path}",
        key=idempotency_key or None,
        store=IdempotencyStore(site_of(request).desk.engine),
    )


Retried = Annotated[Retry, Depends(_retry)]
"""The request's key, as a route's parameter."""


async def once(
    request: Request, retry: Retry, asked: BaseModel, do: Callable[[], Awaitable[Response]]
) -> Response:
    """Do a request, or answer it as it was answered before.

    Raises:
        ApiError: The key belongs to another request, or its first one is still being answered.
    """
    if retry.key is None:
        return await do()
    key, store = retry.key, retry.store
    said = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
    begun = await run_in_threadpool(store.begin, retry.caller, key, said, site_of(request).now())
    if isinstance(begun, Kept):
        return Response(begun.body, begun.status, {REPLAYED: "true"}, media_type="application/json")
    if begun == "in_flight":
        detail = "The first request with this Idempotency-Key is being answered. Ask again."
        raise ApiError("in_flight", detail, headers={"Retry-After": "1"})
    if begun == "other_request":
        detail = "This Idempotency-Key came with another body. Take a new one."
        raise ApiError("key_reused", detail)
    done = False
    try:
        answer = await do()
        await run_in_threadpool(
            store.finish, retry.caller, key, answer.status_code, bytes(answer.body).decode()
        )
        done = True
    finally:
        if not done:
            await run_in_threadpool(store.forget, retry.caller, key)
    return answer
