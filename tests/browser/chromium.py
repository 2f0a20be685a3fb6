"""A real browser on the pages: opening them as a person of some role, and what may not happen.

A page may not write an error to its console, throw, be refused something by the content security
policy, or fail to load one of its parts. Where a test provokes one of these on purpose it says so
with `allow`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

Role = Literal["agent", "lead", "admin"]
Theme = Literal["light", "dark"]
SCREENSHOTS = "FIRSTLINE_SCREENSHOTS"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE = 1280
TALL = 900
PATIENCE_MS = 30_000
_FAILED_TO_LOAD = "Failed to load resource"


class Server(Protocol):
    """What a test's server tells: where it is, and clients that are signed in."""

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""

    def client(self, role: Role | None = None) -> httpx2.Client:
        """Return a client of a role; None: nobody signed in."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser; skip the test, saying so, where none is installed."""
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser here: install one of {', '.join(PROGRAMS)}")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to sandbox root
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[*sandbox, "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield browser
        browser.close()


@dataclass
class Pages:
    """The pages of one test."""

    browser: Browser
    server: Server
    name: str
    """The test's, for its screenshots."""
    opened: list[Page] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)
    _navigated: set[str] = field(default_factory=set)

    def open(
        self,
        role: Role | httpx2.Client | None,
        path: str,
        *,
        theme: Theme = "light",
        width: int = WIDE,
        height: int = TALL,
        javascript: bool = True,
    ) -> Page:
        """Return a page at `path` in a browser window of its own.

        Args:
            role: Who looks: somebody of this role, the person a client is signed in as, or nobody.
            path: On the served site, or a whole address.
            theme: What the person's system prefers.
            width: Of the window, in CSS pixels.
            height: Likewise.
            javascript: Whether scripts run.
        """
        context = self.browser.new_context(
            base_url=self.server.url,
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
            java_script_enabled=javascript,
            locale="en-AU",
            timezone_id="Australia/Sydney",
        )
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        self._sign_in(context, role)
        page = context.new_page()
        self.watch(page)
        context.on("page", self.watch)
        page.goto(path)
        return page

    def watch(self, page: Page) -> None:
        """Note whatever goes wrong on a page."""
        if page in self.opened:
            return
        self.opened.append(page)
        page.on("request", self._note_navigation)
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: {error}"))

    def allow(self, words: str) -> None:
        """Expect troubles whose text has these words: the test provokes them."""
        self.allowed.append(words)

    def shot(self, page: Page, name: str) -> None:
        """Keep a picture of the whole page when screenshots are wanted."""
        folder = os.environ.get(SCREENSHOTS)
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    def finish(self) -> list[str]:
        """Keep a picture of each page, close them, and return what went wrong unprovoked."""
        for number, page in enumerate(page for page in self.opened if not page.is_closed()):
            self.shot(page, f"{self.name}-{number}")
        for context in self._contexts:
            context.close()
        return [
            trouble
            for trouble in self.troubles
            if not any(words in trouble for words in self.allowed)
        ]

    def _sign_in(self, context: BrowserContext, who: Role | httpx2.Client | None) -> None:
        if who is None:
            return
        client = who if isinstance(who, httpx2.Client) else self.server.client(who)
        for cookie in client.cookies.jar:
            context.add_cookies(
                [
                    {
                        "name": cookie.name,
                        "value": cookie.value or "",
                        "url": self.server.url,
                        "httpOnly": True,
                        "sameSite": "Lax",
                    }
                ]
            )

    def _note_navigation(self, request: Request) -> None:
        if request.is_navigation_request():
            self._navigated.add(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        address = message.location.get("url", "")
        if message.text.startswith(_FAILED_TO_LOAD) and address in self._navigated:
            return  # a page that is a refusal is looked at by its test
        self.troubles.append(f"{urlsplit(address).path}: {message.text}")


@cache
def _axe_once() -> str:
    script = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    return f"if (!window.axe) {{ {script} }};"


def slug(name: str) -> str:
    """Return a name as a file may be called anywhere."""
    letters = (letter if letter.isalnum() else " " for letter in name)
    return "-".join("".join(letters).split()) or "start"


def evaluate(page: Page, script: str) -> str:
    """Return what a script says as text; the page's policy neither hinders nor is changed by it.

    It is run through the developer tools: Playwright's own way needs `eval`, which the policy of
    our pages forbids.
    """
    tools = page.context.new_cdp_session(page)
    asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
    said = tools.send("Runtime.evaluate", asked)
    tools.detach()
    assert "exceptionDetails" not in said, said["exceptionDetails"]
    return str(said["result"].get("value", ""))


def findings(page: Page, *, only: Sequence[str] = ()) -> list[str]:
    """Return what axe-core finds on a page as it stands, best practices included.

    Args:
        page: It.
        only: Rules to look at; none: all of them.
    """
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if only:
        options["runOnly"] = list(only)
    look = f"axe.run(document, {json.dumps(options)})"
    told = evaluate(page, f"{_axe_once()}{look}.then(found => JSON.stringify(found.violations))")
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {_where(node)}"
        for violation in json.loads(told)
        for node in violation["nodes"]
    ]


def _where(node: dict[str, Any]) -> str:
    summary = " ".join(str(node.get("failureSummary", "")).split())
    return f"{node['html'][:160]} [{summary[:300]}]"
