"""Trying a connection out: its credentials, and a signed webhook that must be taken."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from firstline.channels.trial_hooks import Hook
    from firstline.workspace.channel_settings import ChannelSetting

TAKEN: Final = 200
SECONDS: Final = 20.0
MEANINGS: Final[Mapping[int, str]] = {
    200: "taken and stored",
    400: "the signature is right, the body is not",
    401: "the signature is wrong: what answers has another secret; start it anew with this one",
    404: "what answers knows no such channel: start it anew, and check the proxy",
    503: "what answers has no secrets of this channel: start it anew with its environment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of something that was tried."""

    what: str
    good: bool
    detail: str


def try_credentials(setting: ChannelSetting, environment: Mapping[str, str]) -> Trial:
    """Sign in as a connection does.

    Raises:
        FirstlineError: What is said of it cannot be right.
    """
    from firstline.channels.helpdesk import DeskRefused
    from firstline.desk.connection_states import in_words, who_we_are
    from firstline.desk.connections import opened

    connection = opened(setting, environment)
    try:
        who = asyncio.run(who_we_are(connection))
    except DeskRefused as error:
        return Trial(what=setting.name, good=False, detail=in_words(error))
    return Trial(what=setting.name, good=True, detail=who)


def try_hook(
    folder: Path, setting: ChannelSetting, environment: Mapping[str, str], public_url: str
) -> list[Trial]:
    """Post a signed webhook to ourselves, and to the public address if there is one."""
    from firstline.channels.trial_hooks import trial_hook
    from firstline.workspace.channel_settings import secret_of

    secret = secret_of(setting.name, "webhook_secret", environment).split(",")[0].strip()
    if not secret:
        return []
    hook = trial_hook(setting.kind, secret, datetime.now(UTC))
    if hook is None:
        return []
    tried = [_here(folder, setting.name, hook, environment)]
    if public_url:
        tried.append(_there(public_url, setting.name, hook))
    return tried


def _here(folder: Path, name: str, hook: Hook, environment: Mapping[str, str]) -> Trial:
    """Post it to the real application, in this process."""
    from firstline.desk import open_desk
    from firstline.errors import FirstlineError
    from firstline.web.app import create_app
    from firstline.web.opening import open_site

    what = "a signed webhook, in this process"
    try:
        with _set(environment), open_desk(folder, with_models=False) as desk:
            app = create_app(open_site(desk))
            status = asyncio.run(_posted(app, name, hook))
    except FirstlineError as error:
        return Trial(what=what, good=False, detail=str(error))
    return _told(what, status)


async def _posted(app: object, name: str, hook: Hook) -> int:
    import httpx2

    headers, body = hook
    transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type]  # an application it is
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post(f"/hooks/{name}", content=body, headers=headers)
    await app.state.receiver.close()  # type: ignore[attr-defined]  # what `create_app` put there
    return answer.status_code


def _there(public_url: str, name: str, hook: Hook) -> Trial:
    """Post it as the helpdesk will, through whatever stands before the server."""
    import httpx2

    headers, body = hook
    address = hook_address(public_url, name)
    what = f"the same to {address}"
    try:
        with (
            httpx2.Client(timeout=SECONDS) as client,
            client.stream("POST", address, content=body, headers=headers) as answer,
        ):
            return _told(what, answer.status_code)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        detail = f"nobody answered ({type(error).__name__}): is `firstline serve` running there?"
        return Trial(what=what, good=False, detail=detail)


def check_public_url(url: str) -> None:
    """Raise InputError unless an address may be told secrets: TLS, or this machine."""
    from firstline.errors import InputError

    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme, parts.hostname or ""
    except ValueError:
        scheme, host = "", ""
    if scheme == "https" and host:
        return
    if scheme != "http" or host not in ("127.0.0.1", "::1", "localhost"):
        raise InputError(
            "the public address does not begin with https://",
            fix="Helpdesks call with TLS: say --public-url https://…",
        )


def hook_address(public_url: str, name: str) -> str:
    """Return where a helpdesk calls."""
    return f"{public_url.rstrip('/')}/hooks/{name}"


def _told(what: str, status: int) -> Trial:
    meaning = MEANINGS.get(status, "no answer of Firstline's: check the proxy")
    return Trial(what=what, good=status == TAKEN, detail=f"{status}, {meaning}")


@contextmanager
def _set(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while: a desk reads its secrets from there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
