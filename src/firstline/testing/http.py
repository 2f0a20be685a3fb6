"""A small HTTP/1.1 server on asyncio streams, able to misbehave on purpose.

It keeps connections alive, reads bodies with a length or in chunks, and can break a connection
before an answer or in the middle of one. It is for loopback: no TLS, no HTTP/2, no compression.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, unquote

LONGEST_HEAD = 1 << 16
"""Bytes of a request line with its headers."""
LONGEST_BODY = 256 << 20
"""Bytes of a request: what the API takes of a batch."""
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    529: "Overloaded",
}

Cut = Literal["", "before", "inside"]


class BadHttpError(Exception):
    """The other side does not speak HTTP/1.1; the connection is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request as it came."""

    method: str
    path: str
    """Without the query, percent-decoded."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    keep_alive: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """One response, and how badly to deliver it."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cut: Cut = ""
    """Where the connection is reset: before the first byte, or in the middle of the body."""
    pause_seconds: float = 0.0
    """A pause in the middle of the body."""


Handler = Callable[[HttpRequest], Awaitable[HttpResponse]]


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """Read one request; None when the other side has closed the connection.

    Raises:
        BadHttpError: It is not HTTP/1.1, or too large.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise BadHttpError("the request broke off in its headers") from error
        return None
    except asyncio.LimitOverrunError as error:
        raise BadHttpError("the headers are too long") from error
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004 - method, target, version
        raise BadHttpError("the request line is not HTTP/1.1")
    headers = {}
    for line in lines[1:-2]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    path, _, query = words[1].partition("?")
    closing = headers.get("connection", "").lower() == "close" or words[2] == "HTTP/1.0"
    return HttpRequest(
        method=words[0],
        path=unquote(path),
        query=dict(parse_qsl(query)) if query else {},
        headers=headers,
        body=await _read_body(reader, headers),
        keep_alive=not closing,
    )


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _read_chunks(reader)
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > LONGEST_BODY:
        raise BadHttpError("content-length is not a number of bytes that is taken here")
    return await reader.readexactly(int(declared)) if declared != "0" else b""


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        line = await reader.readuntil(b"\r\n")
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError as error:
            raise BadHttpError("a chunk has no size") from error
        if size < 0 or len(body) + size > LONGEST_BODY:
            raise BadHttpError("the body is too large")
        if size == 0:
            break
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers carry nothing that is used
    return bytes(body)


def head_of(response: HttpResponse, *, keep_alive: bool) -> bytes:
    """Return the status line and headers, with the length of the body."""
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Status')}"]
    lines.extend(f"{name}: {value}" for name, value in response.headers)
    lines.append(f"content-length: {len(response.body)}")
    lines.append("connection: keep-alive" if keep_alive else "connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with a TCP reset, as a crashed proxy does."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@dataclass(slots=True)
class HttpServer:
    """Serves one handler on a loopback port until it is stopped."""

    handler: Handler
    host: str = "127.0.0.1"
    port: int = 0
    """0 lets the system choose; after `start` it is the port that was chosen."""
    _server: asyncio.Server | None = None
    _connections: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(
            self._accept, self.host, self.port, limit=LONGEST_HEAD, backlog=512
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and every connection, whatever they are waiting for."""
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                response = await self.handler(request)
                if not await self._send(writer, response, keep_alive=request.keep_alive):
                    return
                if not request.keep_alive:
                    return
        except (BadHttpError, ConnectionError, asyncio.IncompleteReadError):
            return  # nobody is there to be told
        except asyncio.CancelledError:
            writer.transport.abort()  # a peer that does not read must not keep the server open
            raise
        finally:
            writer.close()

    async def _send(
        self, writer: asyncio.StreamWriter, response: HttpResponse, *, keep_alive: bool
    ) -> bool:
        """Send a response as badly as it asks for; False when the connection is gone."""
        if response.cut == "before":
            _reset(writer)
            return False
        head = head_of(response, keep_alive=keep_alive)
        if not response.cut and not response.pause_seconds:
            writer.write(head + response.body)
            await writer.drain()
            return True
        half = max(1, len(response.body) // 2)
        writer.write(head + response.body[:half])
        await writer.drain()
        await asyncio.sleep(response.pause_seconds)
        if response.cut:
            _reset(writer)
            return False
        writer.write(response.body[half:])
        await writer.drain()
        return True
