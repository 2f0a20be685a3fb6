"""A company with one helpdesk for measurements: the double, channels.toml, the secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firstline.testing.chatwoot_double import ChatwootDouble
from firstline.testing.freshdesk_double import FreshdeskDouble
from firstline.testing.intercom_double import IntercomDouble
from firstline.testing.zendesk_double import ZendeskDouble


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of helpdesk."""

    name: str
    double: Callable[[], Any]
    says: Callable[[Any], Mapping[str, str]]
    """What channels.toml says of the double."""
    secrets: Callable[[Any], Mapping[str, str]]


def _joined(secrets: tuple[str, ...]) -> str:
    return ",".join(secrets)


KINDS = {
    "zendesk": Kind(
        "zendesk",
        ZendeskDouble,
        lambda made: {"subdomain": "acme", "email": made.settings.email},
        lambda made: {
            "TOKEN": made.secrets.token,
            "WEBHOOK_SECRET": _joined(made.secrets.webhook),
        },
    ),
    "intercom": Kind(
        "intercom",
        IntercomDouble,
        lambda made: {"admin_id": made.settings.admin_id},
        lambda made: {
            "TOKEN": made.secrets.token,
            "WEBHOOK_SECRET": _joined(made.secrets.client_secrets),
        },
    ),
    "freshdesk": Kind(
        "freshdesk",
        FreshdeskDouble,
        lambda made: {"domain": made.settings.domain},
        lambda made: {
            "TOKEN": made.secrets.api_key,
            "WEBHOOK_SECRET": _joined(made.secrets.hook_secrets),
        },
    ),
    "chatwoot": Kind(
        "chatwoot",
        ChatwootDouble,
        lambda made: {"account_id": made.settings.account_id, "network": "loopback"},
        lambda made: {
            "TOKEN": made.secrets.token,
            "WEBHOOK_SECRET": _joined(made.secrets.hook_secrets),
        },
    ),
}


def connect(folder: Path, kind: Kind, double: Any, *, poll_seconds: int = 10) -> dict[str, str]:
    """Give a company the live channel `support`; return the environment its secrets are in."""
    said = {"name": "support", "kind": kind.name, "mode": "live", "url": double.url}
    lines = [f'{key} = "{value}"' for key, value in (said | dict(kind.says(double))).items()]
    text = "\n".join(["[[channel]]", *lines, f"poll_seconds = {poll_seconds}", ""])
    (folder / "channels.toml").write_text(text, "utf-8")
    return {f"FIRSTLINE_SUPPORT_{name}": value for name, value in kind.secrets(double).items()}
