"""HTTP to other people's servers: where it may go, and how much of an answer it takes."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from firstline import outbound
from firstline.outbound import Outbound, OutboundError, Reach

LOCAL = Reach(hosts=(), allow_loopback=True)


class Server(BaseHTTPRequestHandler):
    """Answers by path; remembers what it was asked."""

    asked: list[tuple[str, str, bytes]]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        size = int(self.headers.get("content-length") or 0)
        self.asked.append((self.path, self.headers.get("host", ""), self.rfile.read(size)))
        body, packed = b'{"a": 1}', gzip.compress(b'{"a": 1}')
        answers: dict[str, tuple[int, bytes, dict[str, str]]] = {
            "/large": (200, b"x" * 5_000_001, {}),
            "/bomb": (200, gzip.compress(b"x" * 50_000_000), {"content-encoding": "gzip"}),
            "/packed": (200, packed, {"content-encoding": "gzip"}),
            "/cut": (200, packed[:-9], {"content-encoding": "gzip"}),
            "/garbled": (200, b"not packed", {"content-encoding": "gzip"}),
            "/strange": (200, b"x", {"content-encoding": "br"}),
            "/moved": (302, b"", {"location": "/large"}),
            "/text": (200, b"hello", {}),
        }
        status, content, headers = answers.get(self.path, (200, body, {}))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_PUT(self) -> None:
        """Answer as to GET."""
        self.do_GET()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def _serving(context: ssl.SSLContext | None = None) -> Iterator[ThreadingHTTPServer]:
    Server.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def url() -> Iterator[str]:
    """Return the address of a plain server."""
    with _serving() as server:
        yield f"http://127.0.0.1:{server.server_port}"


async def _why(client: Outbound, url: str, **given: object) -> tuple[str, bool]:
    with pytest.raises(OutboundError) as caught:
        await client.request("GET", url, **given)  # type: ignore[arg-type] # any argument
    return caught.value.why, caught.value.sent


async def test_json_goes_out_and_comes_back(url: str) -> None:
    """A body is sent as JSON, an answer read as JSON, also a packed one."""
    client = Outbound(LOCAL)
    answer = await client.request("PUT", f"{url}/x?b=1", json={"q": "é"})
    assert (answer.status, answer.json()) == (200, {"a": 1})
    assert json.loads(Server.asked[0][2]) == {"q": "é"}
    assert (await client.request("GET", f"{url}/packed")).json() == {"a": 1}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/large", "too_large"),
        ("/bomb", "too_large"),
        ("/cut", "broken"),
        ("/garbled", "unreadable"),
        ("/strange", "unreadable"),
    ],
)
async def test_an_answer_is_bounded_and_whole(url: str, path: str, why: str) -> None:
    """What is too large, packed too small, cut or garbled is no answer."""
    assert await _why(Outbound(LOCAL), url + path) == (why, True)


async def test_an_answer_that_is_no_json_says_so(url: str) -> None:
    """Reading another body as JSON is an error without the body in it."""
    answer = await Outbound(LOCAL).request("GET", f"{url}/text")
    with pytest.raises(OutboundError) as caught:
        answer.json()
    assert caught.value.why == "unreadable"
    assert "hello" not in f"{caught.value}{answer!r}"


async def test_redirects_are_answers(url: str) -> None:
    """A redirect is handed back, not followed."""
    answer = await Outbound(LOCAL).request("GET", f"{url}/moved")
    assert (answer.status, answer.headers["location"], len(Server.asked)) == (302, "/large", 1)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "https://zendesk.com/",
        "https://acme.zendesk.com.evil.example/",
        "https://evil.example/acme.zendesk.com",
        "https://acme.zendesk.com@evil.example/",
        "https://user:pass@acme.zendesk.com/",
        "http://acme.zendesk.com/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:127.0.0.1]/",
        "file:///etc/passwd",
        "gopher://acme.zendesk.com/",
        "//acme.zendesk.com/",
        "acme.zendesk.com",
        "",
        "https://",
        "https://acme.zendesk.com:99999999/",
    ],
)
async def test_only_allowed_names_are_asked(target: str) -> None:
    """Another host, scheme or form of address is refused before anything is sent."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("192.0.2.1",)

    client = Outbound(Reach(hosts=("*.zendesk.com",)), resolve=resolve)
    assert await _why(client, target) == ("not_allowed", False)
    assert asked == []


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("10.0.0.1",),
        ("8.8.8.8", "10.0.0.1"),
        ("::1",),
        ("::ffff:169.254.169.254",),
        ("64:ff9b::7f00:1",),
        ("2002:7f00:1::",),
        ("fe80::1%eth0",),
        ("fd00:ec2::254",),
        ("100.64.0.1",),
        ("0.0.0.0",),  # noqa: S104 - an address to be refused
        ("224.0.0.1",),
        ("nonsense",),
        (),
    ],
)
async def test_an_allowed_name_must_not_lead_inwards(addresses: tuple[str, ...]) -> None:
    """One inward address among a name's addresses is enough to refuse it."""

    async def resolve(_host: str, _port: int) -> tuple[str, ...]:
        return addresses

    client = Outbound(Reach(hosts=("api.example",)), resolve=resolve)
    assert await _why(client, "https://api.example/") == ("not_allowed", False)


def test_private_addresses_open_apart_from_loopback_and_metadata() -> None:
    """A company may reach its own network; never a cloud's metadata or this machine by that."""
    reach = Reach(hosts=(), allow_private=True)
    assert reach.admits("10.0.0.1")
    assert reach.admits("fd00::1")
    for address in ("127.0.0.1", "169.254.169.254", "fd00:ec2::254", "100.100.100.200", "::"):
        assert not reach.admits(address)


@given(st.text(max_size=60))
def test_no_text_is_an_address_by_accident(text: str) -> None:
    """Anything that is no address is not admitted, and nothing fails."""
    if Reach(hosts=()).admits(text):
        assert set(text) <= set("0123456789abcdefABCDEF.:%") or "%" in text


async def test_the_connection_goes_to_the_address_that_was_checked(url: str) -> None:
    """A name is resolved once, and the server still sees the name as Host."""
    port = url.rpartition(":")[2]
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    client = Outbound(LOCAL, resolve=resolve)
    await client.request("GET", f"http://localhost:{port}/x")
    assert asked == ["localhost"]
    assert Server.asked[0][1] == f"localhost:{port}"


async def test_nobody_there_is_certainly_not_sent() -> None:
    """A refused connection, an unknown name and a slow look-up have sent nothing."""

    async def unknown(_host: str, _port: int) -> tuple[str, ...]:
        raise OSError("no such name")

    async def slow(_host: str, _port: int) -> tuple[str, ...]:
        await asyncio.sleep(60)
        return ()

    reach = Reach(hosts=("api.example",), allow_loopback=True)
    assert await _why(Outbound(reach), "http://127.0.0.1:1/") == ("unreachable", False)
    named = "https://api.example/"
    assert await _why(Outbound(reach, resolve=unknown), named) == ("unreachable", False)
    slowly = Outbound(reach, resolve=slow, seconds=0.05)
    assert await _why(slowly, named) == ("unreachable", False)


async def test_silence_after_a_request_may_mean_that_it_was_done() -> None:
    """A server that takes a request and says nothing, or resets, leaves it uncertain."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/reset" not in head:
            await asyncio.sleep(0.5)
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Outbound(LOCAL)
    assert await _why(client, f"http://127.0.0.1:{port}/", seconds=0.1) == ("timeout", True)
    assert await _why(client, f"http://127.0.0.1:{port}/reset") == ("broken", True)
    await asyncio.sleep(0.5)
    server.close()
    await server.wait_closed()


async def test_a_header_with_a_line_break_is_not_sent(url: str) -> None:
    """What would inject a header is refused, and its value is in no error."""
    with pytest.raises(OutboundError) as caught:
        await Outbound(LOCAL).request("GET", url, headers={"x-key": "hunter2\r\nx: y"})
    assert (caught.value.why, caught.value.sent) == ("not_allowed", False)
    assert "hunter2" not in str(caught.value)
    assert Server.asked == []


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """Return a server's context for a name, and the certificate to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file


@pytest.fixture
def fresh_authorities() -> Iterator[None]:
    """Have the trusted authorities read anew, now and after the test."""
    outbound.trusted_authorities.cache_clear()
    yield
    outbound.trusted_authorities.cache_clear()


async def test_the_certificate_is_checked_against_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS holds for the name that was asked, although the connection goes to its address."""
    context, file = _certificate(tmp_path, "api.example")
    trusted = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(outbound, "trusted_authorities", lambda: trusted)

    async def resolve(_host: str, _port: int) -> tuple[str, ...]:
        return ("127.0.0.1",)

    reach = Reach(hosts=("api.example", "other.example"), allow_loopback=True)
    client = Outbound(reach, resolve=resolve)
    with _serving(context) as server:
        port = server.server_port
        assert (await client.request("GET", f"https://api.example:{port}/")).status == 200
        assert await _why(client, f"https://other.example:{port}/") == ("unreachable", False)
        monkeypatch.undo()
        assert await _why(client, f"https://api.example:{port}/") == ("unreachable", False)


async def test_a_companys_own_authority_is_trusted_when_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_authorities: None
) -> None:
    """SSL_CERT_FILE holds for us as for everything else that speaks through OpenSSL."""
    del fresh_authorities
    context, file = _certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    client = Outbound(Reach(hosts=(), allow_loopback=True))
    with _serving(context) as server:
        answer = await client.request("GET", f"https://localhost:{server.server_port}/")
    assert answer.status == 200


async def test_authorities_that_cannot_be_read_are_named_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_authorities: None
) -> None:
    """A wrong path is a refusal that says so: no send may look as if it had perhaps left."""
    del fresh_authorities
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    client = Outbound(Reach(hosts=(), allow_loopback=True))
    with pytest.raises(OutboundError, match="SSL_CERT_FILE") as raised:
        await client.request("GET", "https://localhost:1/")
    assert not raised.value.sent


@pytest.mark.parametrize("rule", ["xn--strae-oqa.example", "straße.example"])
@pytest.mark.parametrize("host", ["xn--strae-oqa.example", "straße.example"])
async def test_a_name_beyond_ascii_is_one_name_however_it_is_written(rule: str, host: str) -> None:
    """Both forms are allowed by either, and the look-up asks for the one that DNS knows."""
    asked: list[str] = []

    async def resolve(name: str, _port: int) -> tuple[str, ...]:
        asked.append(name)
        return ("10.0.0.1",)

    client = Outbound(Reach(hosts=(rule,)), resolve=resolve)
    with pytest.raises(OutboundError):
        await client.request("GET", f"https://{host}/")
    assert asked == ["xn--strae-oqa.example"]


async def test_look_ups_that_hang_hold_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that is away holds no thread that others work with."""
    back = Event()

    def hanging(*_args: object, **_more: object) -> list[object]:
        back.wait(10)
        return []

    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    monkeypatch.setattr("socket.getaddrinfo", hanging)
    asking = [asyncio.create_task(outbound.resolved("desk.example", 443)) for _ in range(4)]
    try:
        await asyncio.sleep(0.05)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 1) == "done"
    finally:
        back.set()
        await asyncio.gather(*asking)
