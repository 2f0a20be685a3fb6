"""HTTP to other people's servers: only to allowed hosts, never inwards, bounded in time and size.

A host is allowed by name first. Then every address its name resolves to is checked, and the
connection goes to the address that was checked, so that a second look-up cannot lead elsewhere.
Redirects are not followed and proxies of the environment are not used: both would go round that.

Errors say the method, the host and what went wrong; never a path, a header, a body or a secret.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json as jsonlib
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Literal, TypeAlias

import httpx2

LONGEST_BODY = 5_000_000
"""Bytes of an answer, after decompression; a longer one is refused while it is read."""
SECONDS = 15.0
"""For one whole request, from the name look-up to the last byte."""
CONNECT_SECONDS = 5.0
_SLICE = 65_536
_LOOK_UPS = ThreadPoolExecutor(16, thread_name_prefix="names")
"""A look-up cannot be called off and takes half a minute where the name server is away. In threads
of their own, so that the ones everything else works with are not all held by them."""

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""From a host and a port to its addresses; raises OSError when the name is unknown."""
Why = Literal[
    "not_allowed",  # host, scheme or address is none where we may go: nothing was sent
    "unreachable",  # no connection came about: nothing was sent
    "timeout",  # too slow; `sent` says whether the server may have seen the request
    "broken",  # the connection broke off
    "too_large",  # the answer is larger than allowed
    "unreadable",  # the answer is not what was asked for (encoding, JSON)
]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_METADATA = frozenset(
    {ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")}
)
"""Cloud metadata services that no rule for private addresses may open."""


class OutboundError(OSError):
    """A request brought no usable answer.

    Attributes:
        why: A stable code.
        sent: Whether the server may have seen the request; False is certain.
    """

    def __init__(self, why: Why, problem: str, *, sent: bool) -> None:
        self.why = why
        self.sent = sent
        super().__init__(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What a server answered, whatever its status."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names lower-cased."""
    body: bytes = field(repr=False)
    host: str = ""

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            OutboundError: It is none (`unreadable`).
        """
        try:
            return jsonlib.loads(self.body)
        except (ValueError, RecursionError):
            problem = f"{self.host} answered {self.status} without readable JSON"
            raise OutboundError("unreadable", problem, sent=True) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where requests may go."""

    hosts: tuple[str, ...]
    """Names, lower case; `*.example.com` allows every name below, not `example.com` itself."""
    allow_loopback: bool = False
    """Also 127.0.0.1, ::1 and localhost, and there plain http too: for tests and local services."""
    allow_private: bool = False
    """Also private addresses (10.0.0.0/8 …), for a company's own services. Link-local never."""

    def names(self, host: str) -> bool:
        """Whether a host is allowed by its name."""
        name = host.lower()
        return any(
            name.endswith(rule[1:]) and len(name) > len(rule) - 1
            if rule.startswith("*.")
            else name == rule
            for rule in self.hosts
        )

    def admits(self, address: str) -> bool:
        """Whether an address is none of ours that outsiders must not reach through us."""
        try:
            found = _plain(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        if found.is_loopback:
            return self.allow_loopback
        if found.is_link_local or found.is_multicast or found.is_unspecified or found in _METADATA:
            return False
        return found.is_global or (self.allow_private and found.is_private)


def _plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


async def resolved(host: str, port: int) -> tuple[str, ...]:
    """Return a host's addresses, as the operating system knows them; raises OSError."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_LOOK_UPS, look_up)
    return tuple(dict.fromkeys(str(item[4][0]) for item in found))


@cache
def trusted_authorities() -> ssl.SSLContext:
    """Return the trusted authorities: read once, because reading them is slow.

    They are those of SSL_CERT_FILE or SSL_CERT_DIR, as everywhere with OpenSSL, else the system's.

    Raises:
        OutboundError: What the variable names cannot be read; nothing was sent.
    """
    try:
        return httpx2.create_ssl_context(trust_env=True)
    except OSError as error:
        problem = f"what SSL_CERT_FILE names cannot be read ({type(error).__name__})"
        raise OutboundError("not_allowed", problem, sent=False) from None


@dataclass(slots=True)
class _Watch:
    """Notes when a request begins to leave."""

    sent: bool = False

    async def __call__(self, event: str, _info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.sent = True


class Outbound:
    """An HTTP client for one set of hosts. Every request has a connection of its own.

    So there is nothing to close, and it may be used from any thread and event loop.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        seconds: float = SECONDS,
        longest: int = LONGEST_BODY,
        resolve: Resolve = resolved,
    ) -> None:
        self.reach = reach
        self._seconds = seconds
        self._longest = longest
        self._resolve = resolve

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        seconds: float | None = None,
    ) -> HttpAnswer:
        """Send one request once and return the answer, whatever its status (also 3xx).

        Args:
            method: GET, POST …
            url: Absolute; https, or http to a loopback address where that is allowed.
            headers: Sent as they are; may carry secrets, which appear in no error.
            json: Sent as the body, as JSON, unless `content` is given.
            content: The body as bytes; name its type in `headers`.
            seconds: For everything together, instead of the client's own limit.

        Raises:
            OutboundError: No usable answer; its `sent` says whether the request may have left.
        """
        target = self._target(method, url)
        watch = _Watch()
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if content is None and json is not None:
            content = jsonlib.dumps(json).encode()
            given.setdefault("content-type", "application/json")
        given |= {"accept-encoding": "gzip", "connection": "close"}
        label = f"{method} to {target.host}"
        try:
            async with asyncio.timeout(self._seconds if seconds is None else seconds):
                return await self._exchange(method, target, given, content, watch)
        except (TimeoutError, httpx2.TimeoutException):
            why: Why = "timeout" if watch.sent else "unreachable"
            raise OutboundError(why, f"{label}: no answer in time", sent=watch.sent) from None
        except httpx2.LocalProtocolError:
            raise OutboundError("not_allowed", f"{label}: not valid HTTP", sent=False) from None
        except (httpx2.TransportError, ssl.SSLError) as error:
            why = "broken" if watch.sent else "unreachable"
            problem = f"{label}: {type(error).__name__}"
            raise OutboundError(why, problem, sent=watch.sent) from None
        except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
            problem = f"{label}: not a valid request ({type(error).__name__})"
            raise OutboundError("not_allowed", problem, sent=watch.sent) from None

    def _target(self, method: str, url: str) -> httpx2.URL:
        """Return a URL whose scheme and host are allowed by name."""
        try:
            target = httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError, TypeError):
            raise OutboundError("not_allowed", f"{method}: not a URL", sent=False) from None
        plain = target.scheme == "http" and self.reach.allow_loopback and _is_loopback(target.host)
        if not plain and target.scheme != "https":
            raise OutboundError("not_allowed", f"{method}: only https is allowed", sent=False)
        if target.port is not None and not 0 < target.port < 65536:  # noqa: PLR2004 - TCP's ports
            raise OutboundError("not_allowed", f"{method}: a port that is none", sent=False)
        if target.userinfo:
            raise OutboundError("not_allowed", f"{method}: a URL with a password", sent=False)
        known = self.reach.names(target.host) or self.reach.names(_ascii(target))
        if not known and not (self.reach.allow_loopback and _is_loopback(target.host)):
            problem = f"{method}: {target.host[:100]!r} is none of the allowed hosts"
            raise OutboundError("not_allowed", problem, sent=False)
        return target

    async def _addresses(self, target: httpx2.URL) -> tuple[str, ...]:
        """Return where to connect to; all of a name's addresses must be allowed."""
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            found = await self._resolve(_ascii(target), port)
        except (OSError, UnicodeError):
            problem = f"the name {target.host} is not known"
            raise OutboundError("unreachable", problem, sent=False) from None
        if not found or not all(self.reach.admits(address) for address in found):
            problem = f"{target.host} leads to an address that is not allowed"
            raise OutboundError("not_allowed", problem, sent=False)
        return found

    async def _exchange(
        self,
        method: str,
        target: httpx2.URL,
        headers: Mapping[str, str],
        content: bytes | None,
        watch: _Watch,
    ) -> HttpAnswer:
        """Ask the first address that lets us connect."""
        addresses = await self._addresses(target)
        for position, address in enumerate(addresses):
            try:
                return await self._once(method, target, address, headers, content, watch)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if watch.sent or position == len(addresses) - 1:
                    raise
        raise OutboundError("unreachable", f"{target.host} has no address", sent=False)

    async def _once(
        self,
        method: str,
        target: httpx2.URL,
        address: str,
        headers: Mapping[str, str],
        content: bytes | None,
        watch: _Watch,
    ) -> HttpAnswer:
        client = httpx2.AsyncClient(
            verify=trusted_authorities() if target.scheme == "https" else False,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(self._seconds, connect=CONNECT_SECONDS),
        )
        async with (
            client,
            client.stream(
                method,
                target.copy_with(host=address),
                headers={**headers, "host": target.netloc.decode("ascii")},
                content=content,
                extensions={"sni_hostname": _ascii(target), "trace": watch},
            ) as response,
        ):
            return HttpAnswer(
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=await self._body(response, target.host),
                host=target.host,
            )

    async def _body(self, response: httpx2.Response, host: str) -> bytes:
        """Read an answer, at most `longest` bytes after decompression."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", ""):
            problem = f"{host} answered in an encoding that was not asked for"
            raise OutboundError("unreadable", problem, sent=True)
        parts: list[bytes] = []
        size = 0
        async for part in _decoded(response, host, packed=encoding == "gzip"):
            size += len(part)
            if size > self._longest:
                problem = f"{host} answered more than {self._longest:,} bytes"
                raise OutboundError("too_large", problem, sent=True)
            parts.append(part)
        return b"".join(parts)


async def _decoded(response: httpx2.Response, host: str, *, packed: bool) -> AsyncIterator[bytes]:
    """Yield a body in slices, so that a small packed answer cannot fill the memory."""
    unpacker = zlib.decompressobj(wbits=31)
    async for raw in response.aiter_raw(_SLICE):
        if not packed:
            yield raw
            continue
        rest = raw
        while rest and not unpacker.eof:
            try:
                part = unpacker.decompress(rest, _SLICE)
            except zlib.error:
                problem = f"{host} answered with broken compression"
                raise OutboundError("unreadable", problem, sent=True) from None
            rest = unpacker.unconsumed_tail
            if part:
                yield part
    if packed:
        if not unpacker.eof:
            raise OutboundError("broken", f"{host} broke off its answer", sent=True)
        yield unpacker.flush()


def _ascii(target: httpx2.URL) -> str:
    """Return a host as name servers and certificates know it: `xn--…` where it is not ASCII."""
    return target.raw_host.decode("ascii")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
