"""`firstline connect` and `firstline channels`: asked, tried, written down, tried once more."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.channels.dovecot import ADDRESS, running_dovecot, running_postman
from tests.channels.mail_world import running_world
from tests.channels.token_server import CLIENT, SECRET, running_token_server
from tests.desk.small_company import make_company
from tests.helpdesks.company import KINDS, environment, secrets_of
from tests.web.conftest import running
from typer.testing import CliRunner, Result

from firstline.channels.standard_webhooks import new_secret
from firstline.cli import channels, connect, doctor
from firstline.cli.connect_kinds import OPTIONS, QUESTIONS, SECRETS, STEPS
from firstline.cli.connect_secrets import default_folder
from firstline.desk import open_desk
from firstline.errors import FirstlineError, InputError, WorkspaceError
from firstline.store import app_url, open_database
from firstline.store.arrivals import Arrivals
from firstline.testing.webhook_double import WebhookDouble
from firstline.web.opening import open_site
from firstline.workspace import load
from firstline.workspace.channel_settings import KINDS as ALL_KINDS
from firstline.workspace.channel_settings import OF_KIND, secret_of
from firstline.workspace.secret_folder import with_kept

APP = typer.Typer()
connect.register(APP)
channels.register(APP)
doctor.register(APP)


@dataclass
class Shell:
    """A company's folder, a folder for secrets, and the environment of whoever types."""

    folder: Path
    secrets: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, typed: str = "", check_secrets: bool = True) -> Result:
        """Run a command; no secret may ever be printed."""
        more = ["--secrets", str(self.secrets)] if words[0] == "connect" else []
        result = CliRunner().invoke(
            APP, [*words, "-w", str(self.folder), *more], input=typed, env=self.environment
        )
        if check_secrets:
            for value in self.environment.values():
                assert value not in result.output
        return result

    @property
    def channels(self) -> list[dict[str, Any]]:
        """What channels.toml says."""
        found = tomllib.loads((self.folder / "channels.toml").read_text("utf-8"))
        channels: list[dict[str, Any]] = found["channel"]
        return channels


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Make a small company."""
    for name in [name for name in os.environ if name.startswith("FIRSTLINE_SUPPORT")]:
        monkeypatch.delenv(name)
    return Shell(folder=make_company(tmp_path / "tiny"), secrets=tmp_path / "kept")


def options_of(kind: str, double: Any) -> list[str]:
    """Return the options that connect to a double."""
    said: Mapping[str, str] = {**KINDS[kind].says(double), "url": double.url}
    return [f"--{key.replace('_', '-')}={value}" for key, value in said.items()]


def raised(result: Result) -> FirstlineError:
    """Return what a command failed with."""
    assert isinstance(result.exception, FirstlineError), result.output
    return result.exception


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_helpdesk_is_connected_from_a_script(shell: Shell, kind: str) -> None:
    """Credentials are tried, the entry written in shadow mode, a signed webhook taken."""
    with KINDS[kind].double() as double:
        shell.environment = secrets_of(KINDS[kind], double)
        done = shell.run("connect", kind, *options_of(kind, double))
        assert done.exit_code == 0, done.output
        assert "the credentials are good" in done.output
        assert "200, taken and stored" in done.output
        assert "/hooks/support" in done.output
        assert "--mode live" in done.output
        checked = shell.run("connect", "--check", "support")
        assert checked.exit_code == 0, checked.output
    entry = shell.channels[0]
    assert (entry["name"], entry["kind"], entry["mode"]) == ("support", kind, "shadow")
    assert not shell.secrets.exists(), "what the environment holds is not written down"


def test_a_mailbox_without_a_password_is_connected(shell: Shell) -> None:
    """The app's secret is asked for and no password; both servers let in who shows a token."""
    with (
        running_token_server() as provider,
        running_dovecot(introspection=provider.introspection) as dovecot,
        running_postman() as postman,
    ):
        postman.tokens = provider.tokens
        shell.environment = {"FIRSTLINE_SUPPORT_CLIENT_SECRET": SECRET}
        words = {
            "address": ADDRESS,
            "imap-host": "127.0.0.1",
            "imap-port": dovecot.port,
            "imap-security": "none",
            "smtp-host": "127.0.0.1",
            "smtp-port": postman.port,
            "smtp-security": "none",
            "token-url": provider.url,
            "client-id": CLIENT,
        }
        done = shell.run("connect", "email", *(f"--{key}={one}" for key, one in words.items()))
        assert done.exit_code == 0, done.output
        assert "the credentials are good" in done.output
        provider.tokens.clear()
        shell.environment = {
            "FIRSTLINE_SUPPORT_CLIENT_SECRET": "wrong",
            "FIRSTLINE_SUPPORT_KEY_FILE": str(shell.secrets / "FIRSTLINE_SUPPORT_KEY"),
        }
        checked = shell.run("connect", "--check", "support")
        assert checked.exit_code == 1
        assert "invalid_client" in checked.output
    assert len(provider.asked) >= 2
    assert shell.channels[0]["client_id"] == CLIENT


def test_wrong_credentials_write_nothing(shell: Shell) -> None:
    """The reason is told, and neither the entry nor a secret is kept."""
    with KINDS["zendesk"].double() as double:
        shell.environment = {"FIRSTLINE_SUPPORT_TOKEN": "not-the-token"}
        done = shell.run("connect", "zendesk", *options_of("zendesk", double))
    assert done.exit_code == 1
    assert "refuses the credentials" in done.output
    assert not (shell.folder / "channels.toml").exists()
    assert not shell.secrets.exists()


def test_what_nobody_gave_is_asked_for_and_kept_unseen(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions with defaults; secrets are typed unseen and kept in files for one person."""
    monkeypatch.setattr(connect, "interactive", lambda: True)
    with KINDS["zendesk"].double() as double:
        secrets = secrets_of(KINDS["zendesk"], double)
        token = secrets["FIRSTLINE_SUPPORT_TOKEN"]
        typed = f"\nacme\n{double.settings.email}\nSupport\n{token}\n\n"
        done = shell.run("connect", "zendesk", f"--url={double.url}", typed=typed)
        assert done.exit_code == 0, done.output
        assert token not in done.output
        path = shell.secrets / "FIRSTLINE_SUPPORT_TOKEN"
        assert path.read_text("utf-8").strip() == token
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        exports = (shell.secrets / "env.sh").read_text("utf-8")
        assert exports == f"export FIRSTLINE_SUPPORT_TOKEN_FILE={path}\n"
        assert "No secret of its webhook yet" in done.output
        again = shell.run(
            "connect", "zendesk", typed=f"\n{secrets['FIRSTLINE_SUPPORT_WEBHOOK_SECRET']}\n"
        )
        assert again.exit_code == 0, again.output
        assert "200, taken and stored" in again.output
    assert shell.channels[0]["group"] == "Support"


def test_a_secret_that_is_ours_is_made_once(shell: Shell) -> None:
    """A system of one's own: both secrets are made, kept, told where, and used again."""
    with WebhookDouble() as double:
        words = ("connect", "webhook", "--name=shop", f"--url={double.settings.url}")
        done = shell.run(*words, "--network", "loopback")
        assert done.exit_code == 0, done.output
        kept = {path.name: path.read_text("utf-8") for path in shell.secrets.iterdir()}
        assert set(kept) == {
            "FIRSTLINE_SHOP_WEBHOOK_SECRET",
            "FIRSTLINE_SHOP_OUTGOING_SECRET",
            "env.sh",
        }
        assert "200, taken and stored" in done.output
        assert not any(text.strip() in done.output for text in kept.values())
        again = shell.run(*words, "--receiver", "deduplicates")
        assert again.exit_code == 0, again.output
    assert {path.name: path.read_text("utf-8") for path in shell.secrets.iterdir()} == kept
    assert shell.channels == [
        {
            "name": "shop",
            "kind": "webhook",
            "mode": "shadow",
            "url": double.settings.url,
            "network": "loopback",
            "receiver": "deduplicates",
        }
    ]


def test_exports_are_printed_instead_of_kept(shell: Shell) -> None:
    """--export writes no secret anywhere: those that were made are shown this once."""
    done = shell.run("connect", "webhook", "--export")
    assert done.exit_code == 0, done.output
    assert "export FIRSTLINE_SUPPORT_WEBHOOK_SECRET=whsec_" in done.output
    assert not shell.secrets.exists()


def test_only_what_is_given_changes(shell: Shell) -> None:
    """Going live changes one line; comments and other channels stay as they are."""
    text = """# Our desks
[[channel]]
name = "support"   # the first
kind = "webhook"
mode = "shadow"    # until Friday
tags = [
    "a", # one
]

# The other one
[[channel]]
name = "shop"
kind = "webhook"
"""
    (shell.folder / "channels.toml").write_text(text, "utf-8")
    done = shell.run("connect", "webhook", "--mode=live", "--poll-seconds", "60")
    assert done.exit_code == 0, done.output
    assert (shell.folder / "channels.toml").read_text("utf-8") == text.replace(
        'mode = "shadow"    # until', 'mode = "live"    # until'
    ).replace("]\n\n# The", "]\npoll_seconds = 60\n\n# The")
    assert "--mode shadow" in done.output


def test_another_kind_of_that_name_is_not_overwritten(shell: Shell) -> None:
    """The name is taken: nothing changes."""
    assert shell.run("connect", "webhook", "--export").exit_code == 0
    before = shell.channels
    error = raised(shell.run("connect", "zendesk", "--subdomain", "acme"))
    assert isinstance(error, WorkspaceError)
    assert "is there already" in error.problem
    assert shell.channels == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "no kind"),
        (("jira",), "no kind"),
        (("zendesk",), "needs --subdomain"),
        (("zendesk", "--subdomain"), "has no value"),
        (("zendesk", "--subdomain="), "has no value"),
        (("zendesk", "--domain", "acme"), "no option of zendesk"),
        (("zendesk", "--subdomain=acme", "--token", "hush-hush"), "history"),
        (("zendesk", "hush-hush"), "belongs to no option"),
        (("zendesk", "--subdomain=acme"), "API token of support is missing"),
        (("zendesk", "--subdomain=acme", "--poll-seconds=soon"), "no whole number"),
        (("webhook", "--public-url", "http://acme.example"), "https://"),
        (("webhook", "--public-url", "acme.example"), "https://"),
        (("zendesk", "--subdomain=acme", "--name=No Name"), "`name` of"),
        (("zendesk", "--subdomain=acme", "--mode=loud"), "`mode` of"),
    ],
)
def test_what_cannot_be_is_said(shell: Shell, words: tuple[str, ...], says: str) -> None:
    """One clear message, nothing written, and no secret repeated."""
    error = raised(shell.run("connect", *words))
    assert says in str(error)
    assert "hush-hush" not in str(error)
    assert not (shell.folder / "channels.toml").exists()


def test_secrets_are_not_kept_beside_the_company(shell: Shell) -> None:
    """The company's folder is under version control."""
    shell.secrets = shell.folder / "secrets"
    assert isinstance(raised(shell.run("connect", "webhook")), InputError)


def test_the_public_address_is_tried_too(shell: Shell) -> None:
    """Nobody listens there: it is said, and the exit code is 1."""
    done = shell.run("connect", "webhook", "--public-url", "http://127.0.0.1:9")
    assert done.exit_code == 1
    assert "http://127.0.0.1:9/hooks/support: nobody answered" in done.output
    assert shell.channels[0]["name"] == "support"


def test_checking_names_what_is_not_well(shell: Shell) -> None:
    """A channel without its secret is told, and a name that is not there."""
    entry = '[[channel]]\nname = "support"\nkind = "zendesk"\nsubdomain = "acme"\n'
    (shell.folder / "channels.toml").write_text(entry, "utf-8")
    done = shell.run("connect", "--check")
    assert done.exit_code == 1
    assert "FIRSTLINE_SUPPORT_TOKEN" in done.output
    assert "no channel" in str(raised(shell.run("connect", "--check", "shop")))


def test_channels_shows_how_each_stands(shell: Shell) -> None:
    """Waiting, webhooks by verdict, and what is wrong; nothing at all without channels."""
    assert "There is no channel yet" in shell.run("channels").output
    assert shell.run("connect", "webhook").exit_code == 0
    shell.environment = {}
    engine = open_database(app_url(load(shell.folder).data))
    now = datetime.now(UTC)
    Arrivals(engine).mark("webhook:support", ["7", "8"], now)
    Arrivals(engine).count_hooks({("webhook:support", "wrong"): 3}, now)
    engine.dispose()
    done = shell.run("channels", "--json")
    assert done.exit_code == 1, "its secret is not in the environment"
    record = json.loads(done.output)[0]
    assert (record["name"], record["mode"], record["waiting"]) == ("support", "shadow", 2)
    assert record["webhooks"]["wrong"] == 3
    assert "FIRSTLINE_SUPPORT_WEBHOOK_SECRET" in record["problem"]
    assert "3 wrong" in shell.run("channels").output


def test_the_help_names_every_option() -> None:
    """Each key of channels.toml is an option, and none is forgotten."""
    for kind in ALL_KINDS:
        assert all(f"--{key.replace('_', '-')}" in OPTIONS for key in OF_KIND[kind])
        assert {one.key for one in QUESTIONS[kind]} <= {"group", *OF_KIND[kind]}
        assert STEPS[kind]
        assert SECRETS[kind]


def test_the_public_address_takes_it(shell: Shell) -> None:
    """A server that runs with the same secret takes what is posted to it; with another, not."""
    words = ("connect", "webhook", "--public-url")
    secret = new_secret()
    shell.environment = {"FIRSTLINE_SUPPORT_WEBHOOK_SECRET": secret}
    assert shell.run("connect", "webhook").exit_code == 0
    for served, status in ((secret, 200), (new_secret(), 401)):
        with (
            environment({"FIRSTLINE_SUPPORT_WEBHOOK_SECRET": served}),
            open_desk(shell.folder, with_models=False) as desk,
            running(open_site(desk)) as url,
        ):
            desk.connections.named("support")  # with the server's environment, not the shell's
            done = shell.run(*words, url)
        assert f"{url}/hooks/support: {status}" in done.output
        assert done.exit_code == (0 if status == 200 else 1)


def test_a_mailbox_is_connected(shell: Shell) -> None:
    """Both servers are signed in to; the key is made; there is no webhook to try."""
    with running_world() as world:
        imap, smtp = world.settings.imap, world.settings.smtp
        shell.environment = {"FIRSTLINE_SUPPORT_PASSWORD": imap.password}
        words = [f"--imap-host={imap.host}", f"--imap-port={imap.port}"]
        words += [f"--imap-security={imap.security}", f"--user={imap.user}"]
        words += [f"--smtp-host={smtp.host}", f"--smtp-port={smtp.port}"]
        words += [f"--smtp-security={smtp.security}"]
        done = shell.run("connect", "email", f"--address={world.settings.address}", *words)
        assert done.exit_code == 0, done.output
    assert f"the credentials are good: {world.settings.address}" in done.output
    assert "signed webhook" not in done.output
    kept = (shell.secrets / "FIRSTLINE_SUPPORT_KEY").read_text("utf-8").strip()
    assert len(kept) == 64
    assert kept not in done.output


def test_the_doctor_names_what_is_wrong_with_the_file(shell: Shell) -> None:
    """With file and line, as it names everything else; and it does not stop at it."""
    entry = '[[channel]]\nname = "support"\nkind = "zendesk"\nsubdomain = "acme"\n'
    (shell.folder / "channels.toml").write_text(entry + 'mode = "loud"\n', "utf-8")
    done = shell.run("doctor")
    assert done.exit_code == 1, done.output
    assert f"{shell.folder / 'channels.toml'}:5: `mode` of" in done.output
    assert "language model" in done.output
    (shell.folder / "channels.toml").write_text(entry, "utf-8")
    done = shell.run("doctor")
    assert done.exit_code == 1, done.output
    assert "FIRSTLINE_SUPPORT_TOKEN" in done.output


def test_what_was_kept_is_found_without_an_environment(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connected and served: nothing is to be exported in between, and the environment wins."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    shell.secrets = default_folder(shell.folder)
    with WebhookDouble() as double:
        words = ("connect", "webhook", "--name=shop", f"--url={double.settings.url}")
        done = shell.run(*words, "--network", "loopback")
        assert done.exit_code == 0, done.output
        assert "env.sh" not in done.output
        shown = shell.run("channels")
        assert shown.exit_code == 0, shown.output
        checked = shell.run("connect", "--check", "shop")
        assert checked.exit_code == 0, checked.output
    with open_desk(shell.folder) as desk:
        assert desk.connections.named("shop").setting.name == "shop"
    kept = with_kept({}, shell.folder)
    assert secret_of("shop", "webhook_secret", kept).startswith("whsec_")
    direct = with_kept({"FIRSTLINE_SHOP_WEBHOOK_SECRET": "other"}, shell.folder)
    assert secret_of("shop", "webhook_secret", direct) == "other"


def test_without_a_home_secrets_are_kept_where_one_says(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service's user often has none: nothing is found there, and `connect` says what to do."""
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert secret_of("shop", "token", with_kept({}, shell.folder)) == ""
    with pytest.raises(InputError, match="--secrets"):
        default_folder(shell.folder)


def homeless() -> Path:
    """Be a user without a home."""
    raise RuntimeError("could not determine the home directory")


def test_two_companies_of_one_name_share_no_secrets(tmp_path: Path) -> None:
    """The folder for secrets belongs to a place, not to a name."""
    one, other = (default_folder(tmp_path / place / "acme") for place in ("a", "b"))
    assert one != other
    assert one == default_folder(tmp_path / "a" / "acme")
