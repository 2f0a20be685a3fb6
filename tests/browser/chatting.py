"""A chat as customers meet it: a real server with its worker, and a shop on another site.

The server runs as `firstline serve` does, in a process of its own. The shop is another origin of
another host name (`localhost` beside `127.0.0.1`), with a strict content security policy.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
import re2
from playwright.sync_api import Browser, Frame, Locator, Page
from tests.browser.chromium import Pages
from tests.conftest import PATIENCE
from tests.web.chat.conftest import SECRET, signed

from firstline.web.chat.identity import SECRET_VARIABLE

LISTENS = re2.compile(r"http://127\.0\.0\.1:\d+")
SHOP = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>{tag}</head>'
    "<body><main><h1>Shop</h1></main></body></html>"
)
QUESTION = "How do I export my board to CSV?"
PATIENCE_MS = 30_000


@dataclass
class Shop:
    """A company's own site: one page with the script tag, and who its customer is."""

    firstline: str = ""
    extra: str = ""
    customer: str = ""
    served: list[ThreadingHTTPServer] = field(default_factory=list)

    def begin(self) -> str:
        """Serve the shop on another port; return its origin."""
        shop = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """Return the page, or the customer's token."""
                token = self.path == "/identity"
                text = shop.token() if token else shop.page()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain" if token else "text/html")
                self.send_header("Content-Security-Policy", shop.policy)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.served.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://localhost:{server.server_address[1]}"

    def close(self) -> None:
        """Stop serving."""
        for server in self.served:
            server.shutdown()
            server.server_close()

    @property
    def policy(self) -> str:
        """What the shop lets its pages do: just what docs/chat.md asks for."""
        home = self.firstline
        return (
            f"default-src 'none'; script-src {home}; frame-src {home}; connect-src 'self'; "
            "style-src 'none'; img-src 'none'; require-trusted-types-for 'script'"
        )

    def page(self) -> str:
        """Return the page."""
        tag = f'<script src="{self.firstline}/widget.js" data-label="Chat with us" {self.extra}>'
        return SHOP.format(tag=f"{tag}</script>")

    def token(self) -> str:
        """Return who the customer is, as the shop's server signs it."""
        return signed(sub=self.customer, name="Priya Raman") if self.customer else ""


@dataclass
class Chatting:
    """A server whose tickets are worked on, and the shop that shows its chat."""

    url: str
    shop: str
    """Another site: the browser keeps nothing for the frame there, as where such is blocked."""
    folder: Path
    site: Shop

    @property
    def sibling(self) -> str:
        """The shop as another origin of the same site: what the frame keeps is kept."""
        return self.shop.replace("localhost", "127.0.0.1")

    def client(self, role: Literal["agent", "lead", "admin"] | None = None) -> httpx2.Client:
        """Return a client; nobody signs in here."""
        assert role is None
        return httpx2.Client(timeout=PATIENCE, base_url=self.url)


@contextmanager
def started(folder: Path, shop: Shop) -> Iterator[Chatting]:
    """Serve a company in a process of its own."""
    origin = shop.begin()
    settings = folder / "firstline.toml"
    text = settings.read_text("utf-8").partition("\n[chat]")[0]
    sites = f'["{origin}", "{origin.replace("localhost", "127.0.0.1")}"]'
    chat = f'\n[chat]\nsites = {sites}\nanswer_within = "one working day"\n'
    chat += "messages_per_minute = 100\nvisitors_per_address = 1000\n"
    settings.write_text(text + chat, "utf-8")
    environment = os.environ | {SECRET_VARIABLE: SECRET.decode(), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "firstline", "serve", "-w", str(folder), "--port", "0"]
    log = folder / "serve.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        shop.firstline = _address(log, process)
        yield Chatting(url=shop.firstline, shop=origin, folder=folder, site=shop)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        shop.close()


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(900):
        found = LISTENS.search(log.read_text("utf-8"))
        if found:
            return str(found.group(0))
        assert process.poll() is None, log.read_text("utf-8")
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8"))


@pytest.fixture(scope="session")
def chatting(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Iterator[Chatting]:
    """Serve Acme's chat, and the shop that shows it."""
    folder = tmp_path_factory.mktemp("chatting") / "acme"
    shutil.copytree(ready_acme, folder)
    with started(folder, Shop()) as running:
        yield running


@pytest.fixture
def chat_pages(
    browser: Browser, chatting: Chatting, request: pytest.FixtureRequest
) -> Iterator[Pages]:
    """Return what opens pages of the chat; troubles nobody provoked fail the test."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    opened = Pages(browser=browser, server=chatting, name=name)
    chatting.site.extra = chatting.site.customer = ""
    yield opened
    troubles = opened.finish()
    assert not troubles, "\n".join(troubles)


def frame_of(page: Page) -> Frame:
    """Open the chat on a shop's page with the button, and return the frame."""
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for _ in range(600):
        found = [frame for frame in page.frames if frame.url.endswith("/chat")]
        if found:
            wait_for_script(found[0])
            return found[0]
        page.wait_for_timeout(50)
    raise AssertionError("the frame did not open")


def wait_for_script(place: Page | Frame) -> None:
    """Wait until the chat's script listens: before it does, Enter is a new line, as anywhere."""
    place.locator("#text:not([required])").wait_for()


def ask(place: Page | Frame, text: str) -> None:
    """Write a message and press Enter."""
    wait_for_script(place)
    field = place.get_by_label("Your message")
    field.fill(text)
    field.press("Enter")


def answered(place: Page | Frame, number: int = 1) -> Locator:
    """Wait for so many automatic answers, and return them."""
    answers = place.locator(".entry.bot")
    answers.nth(number - 1).wait_for(timeout=PATIENCE_MS)
    return answers
