"""The HTTP server under the double."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.testing.http import (
    BadHttpError,
    HttpRequest,
    HttpResponse,
    HttpServer,
    read_request,
)


def _read(data: bytes) -> HttpRequest | None:
    async def read() -> HttpRequest | None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await read_request(reader)

    return asyncio.run(read())


@given(st.binary(max_size=400), st.lists(st.integers(1, 60), max_size=8))
def test_a_body_is_the_same_in_one_piece_and_in_chunks(body: bytes, sizes: list[int]) -> None:
    """However the body is cut into chunks, the same bytes are read."""
    head = b"POST /v1/messages?beta=true HTTP/1.1\r\nhost: x\r\n"
    whole = _read(head + f"content-length: {len(body)}\r\n\r\n".encode() + body)
    chunks, left = b"", body
    for size in [*sizes, len(body)]:
        if piece := left[:size]:
            chunks += f"{len(piece):x};note=1\r\n".encode() + piece + b"\r\n"
            left = left[size:]
    chunked = _read(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nx: y\r\n\r\n")
    assert whole is not None
    assert chunked is not None
    assert whole.body == chunked.body == body
    assert whole.query == {"beta": "true"}


@given(st.binary(max_size=300))
def test_nonsense_never_raises_anything_else(data: bytes) -> None:
    """Bytes that are no HTTP end the connection and nothing more."""
    try:
        _read(data)
    except (BadHttpError, asyncio.IncompleteReadError):
        return


@pytest.mark.parametrize(
    "head",
    [
        b"GET /\r\n\r\n",
        b"GET / SPDY/3\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nhost",
    ],
)
def test_what_is_not_http_is_refused(head: bytes) -> None:
    """A wrong request line, length or chunk is named as such."""
    with pytest.raises(BadHttpError):
        _read(head)


async def _served(response: HttpResponse, *requests: bytes) -> bytes:
    async def handler(_request: HttpRequest) -> HttpResponse:
        return response

    server = HttpServer(handler=handler)
    await server.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for request in requests:
            writer.write(request)
        data = await reader.read(-1)
        writer.close()
        return data
    finally:
        await server.stop()


async def test_a_connection_serves_many_requests() -> None:
    """Requests on one connection are answered in turn until one asks to close it."""
    first, last = b"GET /a HTTP/1.1\r\n\r\n", b"GET /b HTTP/1.1\r\nconnection: close\r\n\r\n"
    data = await _served(HttpResponse(body=b"ok"), first, first, last)
    assert data.count(b"HTTP/1.1 200 OK") == 3
    assert data.count(b"connection: keep-alive") == 2


async def test_a_connection_is_reset_before_a_response() -> None:
    """A cut before the response sends nothing, and resets."""
    with pytest.raises(ConnectionResetError):
        await _served(HttpResponse(cut="before"), b"GET / HTTP/1.1\r\n\r\n")


async def test_a_stopping_server_lets_nobody_wait() -> None:
    """Stopping ends connections that are in the middle of a stall."""
    started = asyncio.Event()

    async def handler(_request: HttpRequest) -> HttpResponse:
        started.set()
        await asyncio.sleep(3600)
        return HttpResponse()

    server = HttpServer(handler=handler)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await started.wait()
    async with asyncio.timeout(5):
        await server.stop()
        assert await reader.read(-1) == b""
    writer.close()
