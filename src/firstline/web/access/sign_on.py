"""Signing in through the company's identity provider: what is configured, and what is asked of it.

Off unless these are in the environment of the server:

| variable                       | says                                                        |
|--------------------------------|-------------------------------------------------------------|
| `FIRSTLINE_OIDC_ISSUER`        | the provider's address, as it names itself                  |
| `FIRSTLINE_OIDC_CLIENT_ID`     | who we are there                                            |
| `FIRSTLINE_OIDC_CLIENT_SECRET` | our secret there; empty for a public client                 |
| `FIRSTLINE_OIDC_DOMAINS`       | the e-mail domains that are let in, comma-separated         |
| `FIRSTLINE_OIDC_LABEL`         | what the button says after "Sign in with"                   |

It needs the extra `oidc`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from firstline.errors import SetupError

PREFIX: Final = "FIRSTLINE_OIDC_"
_IMPLEMENTATION: Final = "firstline.web.access.sign_on_oidc"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnSettings:
    """How the identity provider is reached, and whom it may let in."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    domains: tuple[str, ...]
    label: str = "your company account"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIn:
    """A sign-in under way: what only the browser that began it knows."""

    state: str
    nonce: str
    verifier: str
    wanted: str
    """Where to go afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Whom the provider vouches for."""

    subject: str
    """Issuer and subject: never given to anybody else."""
    email: str
    """Verified there, of a domain that is let in, in lower case."""
    name: str


class SignOnError(Exception):
    """The provider did not vouch for anybody who is let in. The text is ours, for people."""


class SignOn(Protocol):
    """An identity provider. Its methods talk to it: call them beside the event loop."""

    @property
    def label(self) -> str:
        """What the button says after "Sign in with"."""
        ...

    def begin(self, redirect_uri: str, wanted: str) -> tuple[str, SigningIn]:
        """Return where to send the browser, and what it must bring back.

        Raises:
            SignOnError: The provider cannot be reached or says nonsense.
        """
        ...

    def finish(self, answer: Mapping[str, str], under_way: SigningIn, redirect_uri: str) -> Proven:
        """Return whom the provider vouches for, from what the browser brought back.

        Raises:
            SignOnError: It does not, or not for somebody who is let in.
        """
        ...


def settings_from(environment: Mapping[str, str]) -> SignOnSettings | None:
    """Return what is configured; None when nothing is.

    Raises:
        SetupError: Something needed is missing, or the issuer is not reached through TLS.
    """
    issuer = environment.get(f"{PREFIX}ISSUER", "").rstrip("/")
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise SetupError(
            "the identity provider must be reached through TLS",
            fix=f"Set {PREFIX}ISSUER to an https:// address",
        )
    listed = environment.get(f"{PREFIX}DOMAINS", "").lower().split(",")
    domains = tuple(domain.strip().removeprefix("@") for domain in listed if domain.strip())
    client_id = environment.get(f"{PREFIX}CLIENT_ID", "")
    for name, value in (("CLIENT_ID", client_id), ("DOMAINS", domains)):
        if not value:
            raise SetupError(
                f"{PREFIX}ISSUER is set and {PREFIX}{name} is not", fix=f"Set {PREFIX}{name} too"
            )
    return SignOnSettings(
        issuer=issuer,
        client_id=client_id,
        client_secret=environment.get(f"{PREFIX}CLIENT_SECRET", ""),
        domains=domains,
        label=environment.get(f"{PREFIX}LABEL") or "your company account",
    )


def open_sign_on(environment: Mapping[str, str]) -> SignOn | None:
    """Return the configured identity provider; None when there is none.

    Raises:
        SetupError: It is configured wrongly, or the extra `oidc` is not installed.
    """
    settings = settings_from(environment)
    if settings is None:
        return None
    try:
        module = importlib.import_module(_IMPLEMENTATION)
    except ModuleNotFoundError as error:
        raise SetupError(
            f"signing in through {settings.issuer} needs the package {error.name}",
            fix="Install firstline[oidc]",
        ) from error
    opened: SignOn = module.OpenIdConnect(settings)
    return opened
