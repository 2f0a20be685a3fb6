"""OpenID Connect: authorization code with PKCE, state and nonce; signed tokens only.

What the provider says is bounded and checked: its document must name itself as configured, its
addresses must use TLS as its own does, its answer must be for this client, fresh, with our nonce,
and signed with one of its keys by an asymmetric algorithm.
"""

from __future__ import annotations

import hmac
import secrets
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from firstline.web.access.sign_on import Proven, SigningIn, SignOnError, SignOnSettings

ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"]
TIMEOUT_SECONDS: Final = 5.0
LARGEST_ANSWER: Final = 256 * 1024
LEEWAY_SECONDS: Final = 60
KEPT_SECONDS: Final = 3600.0
"""How long what the provider says of itself is believed."""
LOOK_AGAIN_SECONDS: Final = 30.0
"""A token with an unknown key makes us look again, but not more often than this."""
_LONGEST_SUBJECT: Final = 255
_UNREACHABLE: Final = "Your company's sign-in cannot be reached. Try again in a moment"
_REFUSED: Final = "Your company's sign-in did not let you in"


class OpenIdConnect:
    """One identity provider."""

    def __init__(self, settings: SignOnSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._trusted = ssl.create_default_context()
        self._document: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = 0.0

    @property
    def label(self) -> str:
        """What the button says after "Sign in with"."""
        return self._settings.label

    def begin(self, redirect_uri: str, wanted: str) -> tuple[str, SigningIn]:
        """Return where to send the browser, and what it must bring back."""
        document, _ = self._known()
        under_way = SigningIn(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            wanted=wanted,
        )
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid email profile",
            "state": under_way.state,
            "nonce": under_way.nonce,
            "code_challenge": create_s256_code_challenge(under_way.verifier),
            "code_challenge_method": "S256",
        }
        address = document["authorization_endpoint"]
        joint = "&" if urlsplit(address).query else "?"
        return f"{address}{joint}{urlencode(asked)}", under_way

    def finish(self, answer: Mapping[str, str], under_way: SigningIn, redirect_uri: str) -> Proven:
        """Return whom the provider vouches for, from what the browser brought back."""
        if not hmac.compare_digest(answer.get("state", "").encode(), under_way.state.encode()):
            raise SignOnError("This sign-in was begun in another browser. Begin again")
        if answer.get("iss", self._settings.issuer).rstrip("/") != self._settings.issuer:
            raise SignOnError(_REFUSED)  # RFC 9207: another provider's answer
        code = answer.get("code", "")
        if not code or "error" in answer:
            raise SignOnError(_REFUSED)
        token = self._exchange(code, under_way, redirect_uri)
        return self._proven(self._claims(token, under_way))

    def _exchange(self, code: str, under_way: SigningIn, redirect_uri: str) -> str:
        settings = self._settings
        document, _ = self._known()
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": under_way.verifier,
        }
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = bool(settings.client_secret) and "client_secret_basic" in methods
        if not basic:
            asked["client_id"] = settings.client_id
            if settings.client_secret:
                asked["client_secret"] = settings.client_secret
        login = httpx2.BasicAuth(settings.client_id, settings.client_secret) if basic else None
        answer = self._ask("POST", document["token_endpoint"], data=asked, auth=login)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignOnError(_REFUSED)
        return token

    def _claims(self, token: str, under_way: SigningIn) -> dict[str, Any]:
        """Return what a token says, once everything about it was checked."""
        settings = self._settings
        _, keys = self._known()
        try:
            try:
                read = jwt.decode(token, keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                _, keys = self._known(afresh=True)  # It may have new keys.
                read = jwt.decode(token, keys, algorithms=ALGORITHMS)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": settings.issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                    "exp": {"essential": True},
                    "nonce": {"essential": True, "value": under_way.nonce},
                },
                {"nonce": under_way.nonce, "client_id": settings.client_id},
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            raise SignOnError(_REFUSED) from error
        return dict(claims)

    def _proven(self, claims: dict[str, Any]) -> Proven:
        subject, email = claims.get("sub"), claims.get("email")
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise SignOnError(_REFUSED)
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise SignOnError("Your company's sign-in does not vouch for your e-mail address")
        if email.count("@") != 1 or email.lower().rpartition("@")[2] not in self._settings.domains:
            raise SignOnError("Your e-mail address is not of a domain that is let in here")
        name = claims.get("name")
        return Proven(
            subject=f"{self._settings.issuer} {subject}",
            email=email.lower(),
            name=name if isinstance(name, str) and name.strip() else email.partition("@")[0],
        )

    def _known(self, *, afresh: bool = False) -> tuple[dict[str, Any], KeySet]:
        """Return the provider's document and keys, read again when they are old."""
        with self._lock:
            age = time.monotonic() - self._read_at
            kept = self._keys
            if kept is not None and age < (LOOK_AGAIN_SECONDS if afresh else KEPT_SECONDS):
                return self._document, kept
            issuer = self._settings.issuer
            document = self._ask("GET", f"{issuer}/.well-known/openid-configuration")
            if str(document.get("issuer", "")).rstrip("/") != issuer:
                raise SignOnError(_UNREACHABLE)
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                address = document.get(name)
                if not isinstance(address, str) or not self._is_safe(address):
                    raise SignOnError(_UNREACHABLE)
            try:
                keys = KeySet.import_key_set(self._ask("GET", document["jwks_uri"]))  # type: ignore[arg-type]  # checked by it
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise SignOnError(_UNREACHABLE) from error
            self._document, self._keys, self._read_at = document, keys, time.monotonic()
            return document, keys

    def _is_safe(self, address: str) -> bool:
        """Whether an address of the provider is reached as safely as it itself is."""
        scheme = urlsplit(address).scheme
        return scheme == "https" or scheme == urlsplit(self._settings.issuer).scheme

    def _ask(self, method: str, address: str, **request: Any) -> dict[str, Any]:
        try:
            with (
                httpx2.Client(
                    timeout=TIMEOUT_SECONDS, follow_redirects=False, verify=self._trusted
                ) as client,
                client.stream(
                    method, address, headers={"Accept": "application/json"}, **request
                ) as answer,
            ):
                body = b""
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > LARGEST_ANSWER:
                        raise SignOnError(_UNREACHABLE)
                told = httpx2.Response(answer.status_code, content=body)
            if told.status_code != httpx2.codes.OK:
                raise SignOnError(_REFUSED if method == "POST" else _UNREACHABLE)
            said = told.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise SignOnError(_UNREACHABLE) from error
        if not isinstance(said, dict):
            raise SignOnError(_UNREACHABLE)
        return said
