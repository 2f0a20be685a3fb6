"""What the doctor says of channels.toml, and how a trial webhook is taken by each channel."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.helpdesks.company import KINDS, secrets_of, write_channels

from firstline.channels.trial_hooks import trial_hook
from firstline.channels.webhook import WebhookChannel
from firstline.desk.connection_states import channel_checks
from firstline.desk.connections import opened
from firstline.testing.webhook_double import WebhookDouble
from firstline.workspace.channel_settings import read_channels
from firstline.workspace.problems import Problems

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_no_channels_need_no_words(tmp_path: Path) -> None:
    """Without channels.toml the doctor says nothing of it."""
    assert channel_checks(tmp_path, {}) == ()


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    """File, line and fix of each."""
    text = (
        '[[channel]]\nname = "a"\nkind = "zendesk"\nmode = "loud"\n\n[[channel]]\nkind = "jira"\n'
    )
    (tmp_path / "channels.toml").write_text(text, "utf-8")
    checks = channel_checks(tmp_path, {})
    assert {(one.name, one.state) for one in checks} == {("channels.toml", "missing")}
    assert [one.detail.partition(": ")[0] for one in checks] == [
        f"{tmp_path / 'channels.toml'}:{line}" for line in (1, 4, 6)
    ]
    assert all(one.fix for one in checks)


def test_half_of_an_app_is_a_mistake(tmp_path: Path) -> None:
    """An app without the address that gives it tokens would be asked for a password instead."""
    text = (
        '[[channel]]\nname = "a"\nkind = "email"\naddress = "help@acme.example"\n'
        'imap_host = "mail.acme.example"\nsmtp_host = "mail.acme.example"\nclient_id = "1"\n'
    )
    (tmp_path / "channels.toml").write_text(text, "utf-8")
    (check,) = channel_checks(tmp_path, {})
    assert "`client_id` and `token_url`" in check.detail


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_missing_secret_is_named(tmp_path: Path, kind: str) -> None:
    """The variable is told, and with the secret the channel is well."""
    with KINDS[kind].double() as double:
        write_channels(tmp_path, [("support", KINDS[kind], double, "live")])
        missing = channel_checks(tmp_path, {})[0]
        good = channel_checks(tmp_path, secrets_of(KINDS[kind], double))[0]
    assert (missing.name, missing.state) == ("channel support", "missing")
    assert "FIRSTLINE_SUPPORT_TOKEN" in missing.detail + missing.fix
    assert (good.state, good.detail) == ("ok", f"{kind}, live")


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_trial_is_genuine_and_names_nobodys_ticket(tmp_path: Path, kind: str) -> None:
    """It passes the channel's own verification; with another secret it does not."""
    with KINDS[kind].double() as double:
        write_channels(tmp_path, [("support", KINDS[kind], double, "shadow")])
        secrets = secrets_of(KINDS[kind], double)
        setting = read_channels(tmp_path, Problems())[0]
        desk: Any = opened(setting, secrets).helpdesk
    headers, body = hook_of(kind, secrets["FIRSTLINE_SUPPORT_WEBHOOK_SECRET"])
    assert desk.verify(headers, body, NOW) == "good"
    assert [hint.ticket for hint in desk.hints(body)] == ["0" if kind == "freshdesk" else ""]
    headers, body = hook_of(kind, "another-secret")
    assert desk.verify(headers, body, NOW) == "wrong"


def test_a_trial_of_a_system_of_ones_own() -> None:
    """A signed ping, which brings no message."""
    with WebhookDouble() as double:
        channel = WebhookChannel(double.settings, double.secrets)
        headers, body = hook_of("webhook", double.secrets.incoming[0])
    assert channel.verify(headers, body, NOW) == "good"
    assert channel.read(headers, body).inbound is None


def test_mail_needs_no_trial() -> None:
    """It has no webhooks."""
    assert trial_hook("email", "x", NOW) is None


def hook_of(kind: str, secret: str) -> tuple[dict[str, str], bytes]:
    """Return a trial."""
    hook = trial_hook(kind, secret, NOW)
    assert hook is not None
    return hook
