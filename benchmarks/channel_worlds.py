"""Every kind of channel for measurements: its double, channels.toml, customers who write."""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.channels.mail_world import running_world

from benchmarks import helpdesks
from firstline.testing import freshdesk_double
from firstline.testing.webhook_double import PATH, WebhookDouble

Hook = tuple[Mapping[str, str], bytes]
NAMES = (
    "zendesk",
    "intercom",
    "freshdesk",
    "chatwoot",
    "webhook",
    "webhook, deduplicates",
    "email",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everybody but Firstline."""

    kind: str
    environment: Mapping[str, str]
    """The secrets of the channel `support`, which channels.toml names now."""
    ask: Callable[[str, str], str]
    """A customer writes: the text, and their address; returns the conversation."""
    hook: Callable[[str], Hook] | None
    """The genuine webhook about it; None where there are none."""
    polled: bool
    """Whether it is found without a webhook too."""
    replies: Callable[[str], list[str]]
    notes: Callable[[str], list[str]]


def can_mail() -> bool:
    """Whether there is a mail server to measure with."""
    return shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin") is not None


@contextmanager
def world(name: str, folder: Path) -> Iterator[World]:
    """Start what a channel's customers and team use, and give a company the live channel."""
    if name == "email":
        with _mail(folder) as made:
            yield made
    elif name.startswith("webhook"):
        with WebhookDouble(deduplicates="deduplicates" in name) as double:
            yield _own_system(double, folder)
    else:
        # The smallest plan's limit would have every delivery wait for the next minute.
        freshdesk_double.PER_MINUTE = 100_000  # type: ignore[misc] # see above
        kind = helpdesks.KINDS[name]
        with kind.double() as double:
            environment = helpdesks.connect(folder, kind, double)
            yield World(
                kind=name,
                environment=environment,
                ask=partial(_ask, double),
                hook=double.webhook,
                polled=True,
                replies=double.public_replies,
                notes=double.notes,
            )


def _ask(double: Any, text: str, customer: str) -> str:
    return str(double.new_ticket(text, requester=customer))


def _own_system(double: WebhookDouble, folder: Path) -> World:
    _write(
        folder,
        kind="webhook",
        url=double.url + PATH,
        network="loopback",
        receiver="deduplicates" if double.deduplicates else "plain",
    )
    return World(
        kind="webhook",
        environment={
            "FIRSTLINE_SUPPORT_WEBHOOK_SECRET": ",".join(double.incoming),
            "FIRSTLINE_SUPPORT_OUTGOING_SECRET": ",".join(double.outgoing),
        },
        ask=partial(_ask, double),
        hook=double.webhook,
        polled=False,
        replies=double.public_replies,
        notes=double.notes,
    )


@contextmanager
def _mail(folder: Path) -> Iterator[World]:
    with running_world() as made:
        settings = made.settings
        _write(
            folder,
            kind="email",
            address=settings.address,
            imap_host=settings.imap.host,
            imap_port=settings.imap.port,
            imap_security="none",
            smtp_host=settings.smtp.host,
            smtp_port=settings.smtp.port,
            smtp_security="none",
        )
        yield World(
            kind="email",
            environment={
                "FIRSTLINE_SUPPORT_PASSWORD": settings.imap.password,
                "FIRSTLINE_SUPPORT_KEY": settings.key.decode(),
            },
            ask=partial(_ask, made),
            hook=None,
            polled=True,
            replies=made.public_replies,
            notes=made.notes,
        )


def _write(folder: Path, **said: str | int) -> None:
    known = {"name": "support", "mode": "live", "poll_seconds": 10} | said
    lines = [
        f"{key} = {value}" if isinstance(value, int) else f'{key} = "{value}"'
        for key, value in known.items()
    ]
    (folder / "channels.toml").write_text("\n".join(["[[channel]]", *lines, ""]), "utf-8")


def told(port: int, hook: Hook) -> bool:
    """Deliver a webhook; whether it was acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", "/hooks/support", hook[1], dict(hook[0]))
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
