"""A small identity provider on loopback: real addresses, real codes, really signed tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT = "firstline-desk"
SECRET = "a secret of the test"  # noqa: S105 - of the test's own provider
PERSON = {"sub": "u-1", "email": "bo@acme.example", "email_verified": True, "name": "Bo Ek"}


@dataclass
class Provider:
    """What it says, and what it was asked; a test changes it to say something wrong."""

    claims: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    """Of the token, over those that are right."""
    document: dict[str, Any] = field(default_factory=dict)
    """Of its description, over those that are right."""
    header: dict[str, Any] = field(default_factory=dict)
    """Of the token, over those that are right."""
    signs_with: Any = None
    """Another key than the one it publishes."""
    broken: str = ""
    """A path that answers with nonsense."""
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make a key and begin to listen."""
        self.new_key("1")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def new_key(self, name: str) -> None:
        """Sign with a new key from now on, and publish only that."""
        self._key = rsa_key(name)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def let_in(self, address: str) -> str:
        """Return the path to which it sends a browser back that came with an address."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode(answer)}"

    def _described(self) -> dict[str, Any]:
        right = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return right | self.document

    def _token(self, form: dict[str, str], login: str) -> dict[str, Any] | None:
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or login != f"Basic {expected}":
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        now = int(time.time())
        right = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300}
        claims = right | {"nonce": asked["nonce"]} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": self._key.kid} | self.header
        key = self.signs_with or self._key
        token = unsigned(claims) if header["alg"] == "none" else jwt.encode(header, claims, key)
        return {"access_token": "unused", "token_type": "Bearer", "id_token": token}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_words: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                provider.asked.append(self.path)
                if self.path == provider.broken:
                    self.answer(b"<html>")
                elif self.path == "/.well-known/openid-configuration":
                    self.answer(provider._described())
                else:
                    keys = KeySet([provider._key]).as_dict(private=False)
                    self.answer(keys)

            def do_POST(self) -> None:
                provider.asked.append(self.path)
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                form, login = dict(parse_qsl(body)), self.headers.get("authorization", "")
                told = provider._token(form, login)
                self.answer(told or {"error": "invalid_grant"}, 200 if told else 400)

            def answer(self, said: Any, status: int = 200) -> None:
                body = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


@cache
def rsa_key(name: str, which: int = 0) -> RSAKey:
    """Return a key of a name; making one takes long, so each is made once."""
    del which
    return RSAKey.generate_key(2048, {"kid": name})


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token that says it needs no signature."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def shared_key() -> OctKey:
    """Return the client's secret as a key for signing symmetrically."""
    return OctKey.import_key(SECRET * 2)
