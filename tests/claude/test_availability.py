"""Asking the Models API: only where there is one, over a loopback server here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from firstline.claude.availability import listed, why_not_asked
from firstline.claude.provider import KEY_VARIABLE
from firstline.claude.registry import load_registry
from firstline.errors import SetupError
from firstline.workspace.models import ModelSettings, Provider

MODELS = load_registry(ModelSettings()).models
INFO = {
    "type": "model",
    "display_name": "A model",
    "created_at": "2025-10-15T00:00:00Z",
    "max_input_tokens": 200_000,
}


class Api(BaseHTTPRequestHandler):
    """Knows two models, one of them deprecated; refuses any key but one."""

    known: ClassVar[dict[str, dict[str, object]]] = {
        "claude-haiku-4-5-20251001": {"lifecycle": "active"},
        "claude-sonnet-4-5-20250929": {
            "lifecycle": "deprecated",
            "retires_at": "2026-11-30T00:00:00Z",
        },
    }

    def do_GET(self) -> None:
        """Answer /v1/models/{id}."""
        name = self.path.rsplit("/", 1)[-1]
        if "right-key" not in str(self.headers):
            self.reply(401, {"type": "error", "error": {"type": "authentication_error"}})
        elif name == "claude-sonnet-5":
            self.reply(400, {"type": "error", "error": {"type": "invalid_request_error"}})
        elif name in self.known:
            self.reply(200, {"id": name, **INFO, **self.known[name]})
        else:
            self.reply(404, {"type": "error", "error": {"type": "not_found_error"}})

    def reply(self, status: int, body: dict[str, object]) -> None:
        """Send JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the API on a loopback port."""
    server = HTTPServer(("127.0.0.1", 0), Api)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point the SDK at a loopback server."""
    with served() as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setenv(KEY_VARIABLE, "right-key")
        yield


@pytest.mark.usefixtures("api")
def test_each_model_is_asked_by_its_id() -> None:
    """Active, deprecated with its date, and unknown to this key."""
    names = ("claude-haiku-4-5", "claude-sonnet-4-5", "claude-haiku-5-5")
    found = listed([MODELS[name] for name in names], ModelSettings(provider="anthropic"))
    assert [(item.model, item.state, item.retires) for item in found] == [
        ("claude-haiku-4-5", "available", ""),
        ("claude-sonnet-4-5", "deprecated", "2026-11-30"),
        ("claude-haiku-5-5", "unknown", ""),
    ]
    assert found[0].context == 200_000


@pytest.mark.usefixtures("api")
def test_a_refused_key_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the key in the message."""
    monkeypatch.setenv(KEY_VARIABLE, "revoked-secret")
    with pytest.raises(SetupError, match="refuses the key") as caught:
        listed([MODELS["claude-haiku-4-5"]], ModelSettings(provider="anthropic"))
    assert "revoked-secret" not in str(caught.value)


@pytest.mark.usefixtures("api")
def test_any_other_failure_is_a_clear_error() -> None:
    """The API's own words are not repeated."""
    with pytest.raises(SetupError, match=r"did not answer \(BadRequestError\)"):
        listed([MODELS["claude-sonnet-5"]], ModelSettings(provider="anthropic"))


@pytest.mark.parametrize(
    ("provider", "base_url", "key", "says"),
    [
        ("anthropic", "", "", "no key in ANTHROPIC_API_KEY"),
        ("anthropic", "", "  ", "no key in ANTHROPIC_API_KEY"),
        ("anthropic", "http://localhost:11434", "k", "another server"),
        ("bedrock", "", "k", "provider is bedrock"),
        ("vertex", "", "k", "provider is vertex"),
        ("anthropic", "", "k", ""),
        ("none", "", "k", ""),
    ],
)
def test_where_nobody_can_be_asked_the_reason_is_said(
    provider: Provider, base_url: str, key: str, says: str
) -> None:
    """No key, or an API that is not Anthropic's."""
    settings = ModelSettings(provider=provider, base_url=base_url)
    reason = why_not_asked(settings, {KEY_VARIABLE: key})
    assert says in reason
    assert bool(reason) == bool(says)
