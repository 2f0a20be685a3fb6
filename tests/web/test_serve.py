"""`firstline serve` as a process: it listens, works on tickets, and ends when it is told to."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import re2
from tests.conftest import PATIENCE

SETUP = re2.compile(r"(http://127\.0\.0\.1:\d+)/setup\?code=([^\s]+)")
LINE_LENGTH = "1000"
"""So that the terminal's width breaks no address."""


@dataclass
class Process:
    """A server as a process."""

    process: subprocess.Popen[bytes]
    said: Path
    url: str
    code: str


def started(said: Path, words: list[str], cwd: Path) -> Process:
    """Start a server and wait until it says where it listens."""
    with said.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "firstline", "serve", "--port", "0", *words],
            cwd=cwd,
            env=os.environ | {"COLUMNS": LINE_LENGTH, "PYTHONUNBUFFERED": "1"},
            stdout=file,
            stderr=file,
        )
    while not (found := SETUP.search(said.read_text("utf-8"))):
        assert process.poll() is None, said.read_text("utf-8")
        time.sleep(0.05)
    return Process(process=process, said=said, url=found[1], code=found[2])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    """Serve the demo company from an empty folder."""
    process = started(tmp_path / "said.txt", [], tmp_path)
    yield process
    process.process.kill()
    process.process.wait()


def stream(url: str, cookie: str) -> socket.socket:
    """Open a stream of changes and read its beginning."""
    host, _, port = url.removeprefix("http://").partition(":")
    opened = socket.create_connection((host, int(port)))
    lines = ("GET /live?topics=reviews HTTP/1.1", f"Host: {host}:{port}", f"Cookie: {cookie}")
    opened.sendall("\r\n".join((*lines, "", "")).encode())
    assert b"text/event-stream" in opened.recv(4096)
    return opened


@pytest.mark.slow
def test_it_serves_the_demo_company_and_ends_with_open_streams(server: Process) -> None:
    """With no workspace it serves the demo; SIGTERM ends it within five seconds."""
    assert "serving the demo company" in server.said.read_text("utf-8")
    with httpx2.Client(
        timeout=PATIENCE, base_url=server.url, headers={"Accept": "text/html"}
    ) as client:
        person = {
            "code": server.code,
            "name": "First Admin",
            "email": "admin@acme.example",
            "password": "violet harbour, ninety kites",
        }
        made = client.post("/setup", data=person)
        assert made.status_code == 303, made.text
        assert client.get("/account").status_code == 200, server.said.read_text("utf-8")
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        streams = [stream(server.url, cookie) for _ in range(5)]
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=30) == 0, server.said.read_text("utf-8")
        took = time.monotonic() - begun
    for opened in streams:
        opened.close()
    # The figure itself is measured in benchmarks/console.py; this only notices a server that hangs.
    assert took < 15


@pytest.mark.slow
def test_a_port_that_is_taken_is_said_plainly(tmp_path: Path, ready_acme: Path) -> None:
    """One sentence that says what to do, and a code that says it failed."""
    workspace = tmp_path / "acme"
    shutil.copytree(ready_acme, workspace)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "firstline", "serve", "-w", str(workspace), "--port", port],
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
