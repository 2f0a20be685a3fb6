"""A provider of access tokens on loopback, as RFC 6749 and RFC 7662 describe one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.channels.dovecot import USER

CLIENT, SECRET, REFRESH = "app-1", "s3cret & more", "refresh-1"


@dataclass
class TokenServer:
    """Gives tokens to one app, and tells a mail server whose they are."""

    port: int = 0
    asked: list[Mapping[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    """Those that are good."""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    """What to answer instead, each once."""
    seconds: Any = 3600

    @property
    def url(self) -> str:
        """Where tokens are asked for."""
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def introspection(self) -> str:
        """Where mail servers ask."""
        return f"http://127.0.0.1:{self.port}/whose"

    def give(self, form: Mapping[str, str]) -> tuple[int, Any]:
        """Answer who wants a token."""
        self.asked.append(form)
        if self.answers:
            return self.answers.pop(0)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client", "error_description": form.get("client_secret")}
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != REFRESH:
            return 400, {"error": "invalid_grant"}
        token = f"token-{len(self.asked)}"
        self.tokens.add(token)
        said = {"access_token": token, "token_type": "Bearer", "expires_in": self.seconds}
        return 200, said

    def whose(self, authorization: str) -> tuple[int, Any]:
        """Answer a mail server."""
        is_good = authorization.removeprefix("Bearer ") in self.tokens
        return 200, {"active": is_good, "email": USER}


@contextmanager
def running_token_server() -> Iterator[TokenServer]:
    """Run one."""
    double = TokenServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            assert self.headers["content-type"] == "application/x-www-form-urlencoded"
            self.say(*double.give({key: one for key, (one,) in parse_qs(body).items()}))

        def do_GET(self) -> None:
            self.say(*double.whose(self.headers["authorization"] or ""))

        def say(self, status: int, said: Any) -> None:
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        double.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield double
        finally:
            server.shutdown()
            thread.join()
