"""Prism between Firstline and a double: both are held to a helpdesk's own OpenAPI file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 60.0


def prism_and(specification: str) -> tuple[str, Path]:
    """Return Prism and an OpenAPI file, or skip."""
    prism = os.environ.get("FIRSTLINE_PRISM") or shutil.which("prism")
    if not prism or not Path(prism).exists():
        pytest.skip("prism is not on the PATH (npm install @stoplight/prism-cli, FIRSTLINE_PRISM)")
    beside = Path(__file__).parents[3] / "shared" / "specs"
    file = Path(os.environ.get("FIRSTLINE_SHARED_SPECS", beside)) / specification
    if not file.exists():
        pytest.skip(f"{specification} is not here (FIRSTLINE_SHARED_SPECS)")
    return prism, file


@contextmanager
def prism_before(needed: tuple[str, Path], server: str, said: Path) -> Iterator[str]:
    """Yield the address of a Prism that turns whatever breaks the file's rules to an error.

    Args:
        needed: Prism and the file.
        server: The address it passes on to.
        said: Where its log goes.
    """
    prism, file = needed
    port = _free_port()
    command = [prism, "proxy", "-h", "127.0.0.1", "-p", str(port), "--errors", str(file), server]
    with said.open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _wait_for(port, process, said)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"prism did not start: {said.read_text('utf-8')[-500:]}")
