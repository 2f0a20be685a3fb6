"""A real IMAP server on loopback, a real SMTP server beside it, and a person who uses them."""

from __future__ import annotations

import asyncio
import base64
import getpass
import imaplib
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from firstline.channels.mail_settings import MailServer, MailSettings

USER, PASSWORD = "help@acme.example", "correct horse"
ADDRESS = USER
KEY = b"a key for tests, and for nothing else"
_SUPERUSER = """
default_login_user = dovenull
default_internal_user = dovecot
default_internal_group = dovecot
"""
_ORDINARY = """
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"""
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
listen = 127.0.0.1
protocols = imap
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 50
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
first_valid_uid = 0
first_valid_gid = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = {separator}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Archive {{
    auto = create
  }}
}}
"""


_OAUTH2 = """
introspection_mode = auth
introspection_url = {introspection}
username_attribute = email
active_attribute = active
active_value = true
"""


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Dovecot:
    """A running IMAP server, used the way a mail program and other mail servers would."""

    port: int
    tls_port: int
    folder: Path

    def sign_in(self) -> imaplib.IMAP4:
        """Return a connection of a mail program."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        client.login(USER, PASSWORD)
        return client

    def deliver(self, raw: bytes, mailbox: str = "INBOX", flags: str = "") -> None:
        """Put a mail into a mailbox, as it came."""
        with self.sign_in() as client:
            status, told = client.append(mailbox, flags, "", raw)
            assert status == "OK", told

    def mails(self, mailbox: str) -> list[tuple[bytes, str]]:
        """Return each mail of a mailbox and its flags, without touching it."""
        with self.sign_in() as client:
            if client.select(f'"{mailbox}"', readonly=True)[0] != "OK":
                return []
            told = client.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")[1]
        return [(bytes(item[1]), item[0].decode()) for item in told if isinstance(item, tuple)]

    def empty(self) -> None:
        """Delete every mailbox's mail, and the mailboxes that are not always there."""
        with self.sign_in() as client:
            for name in ("INBOX", "Sent", "Archive"):
                client.select(name)
                client.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
                client.expunge()
                client.unselect()
            client.delete("Firstline")

    def move(self, number: int, target: str) -> None:
        """Move one mail of the inbox, as a person does."""
        with self.sign_in() as client:
            client.select("INBOX")
            client.copy(str(number), target)
            client.store(str(number), "+FLAGS", "\\Deleted")
            client.expunge()


@contextmanager
def running_dovecot(
    prefix: str = "", introspection: str = "http://127.0.0.1:9/"
) -> Iterator[Dovecot]:
    """Start Dovecot in a folder of its own; the test is skipped where there is none.

    Args:
        prefix: What the name of every mailbox begins with, as hosting companies have it.
        introspection: Where it asks whose an access token is.
    """
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    openssl = shutil.which("openssl")
    if program is None or openssl is None:
        pytest.skip("no dovecot or no openssl here")
    with tempfile.TemporaryDirectory(prefix="fl-imap-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = Dovecot(port=free_port(), tls_port=free_port(), folder=folder)
        _write_files(server, openssl, prefix)
        (folder / "oauth2.conf").write_text(_OAUTH2.format(introspection=introspection))
        process = subprocess.Popen(
            [program, "-F", "-c", str(folder / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=10)


def _write_files(server: Dovecot, openssl: str, prefix: str) -> None:
    folder = server.folder
    (folder / "mail").mkdir()
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    user = getpass.getuser()
    group = subprocess.run(["id", "-gn"], capture_output=True, text=True, check=True).stdout  # noqa: S607 - a standard program
    if os.getuid() == 0:
        # Mail belongs to an ordinary user: Dovecot refuses to read any as root.
        uid, gid, begin = 65534, 65534, _SUPERUSER
        os.chown(folder / "mail", uid, gid)
    else:
        uid, gid = os.getuid(), os.getgid()
        begin = _ORDINARY.format(user=user, group=group.strip())
    make_certificate(folder, openssl)
    config = begin + _CONFIG.format(
        folder=folder, port=server.port, tls_port=server.tls_port, uid=uid, gid=gid,
        prefix=prefix, separator=prefix[-1:] or ".",
    )  # fmt: skip
    (folder / "dovecot.conf").write_text(config)


def make_certificate(folder: Path, openssl: str) -> None:
    """Write a certificate for `localhost` that vouches for itself."""
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip


@contextmanager
def self_signed() -> Iterator[tuple[Path, ssl.SSLContext]]:
    """Return a certificate for `localhost` and a server's context that shows it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    with tempfile.TemporaryDirectory(prefix="fl-cert-") as name:
        make_certificate(Path(name), openssl)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(Path(name) / "cert.pem", Path(name) / "key.pem")
        yield Path(name), context


def _wait_for(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        with suppress(OSError, imaplib.IMAP4.error):
            server.sign_in().logout()
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    log = server.folder / "dovecot.log"
    pytest.fail(f"dovecot does not run: {log.read_text() if log.exists() else 'no log'}")


@dataclass
class Postman:
    """The SMTP side: keeps what it is given, or refuses it the way it is told."""

    sent: list[Envelope] = field(default_factory=list)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    """Answers to give instead, by command: AUTH, MAIL, RCPT, DATA."""
    hang_up: int = 0
    """How many mails are taken without saying so: the connection ends instead."""
    deliver: Callable[[bytes], None] | None = None
    """Where mail goes on to."""
    port: int = 0
    slow: int = 0
    """How many mails are taken slowly."""
    delay: float = 1.0
    """Seconds."""
    tokens: set[str] = field(default_factory=set)
    """Access tokens that are good."""

    def authenticate(self, *about: Any) -> AuthResult:
        """Let the one user in, unless told otherwise."""
        said = about[-1]
        refusal = self._refusal("AUTH")
        right = said.login == USER.encode() and said.password == PASSWORD.encode()
        answer = refusal or None
        return AuthResult(success=right and not refusal, handled=False, message=answer)

    async def auth_XOAUTH2(self, _: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        """Let in who shows a token that is good."""
        said = base64.b64decode(args[1]).decode()
        good = {f"user={USER}\1auth=Bearer {token}\1\1" for token in self.tokens}
        return AuthResult(success=said in good, handled=False)

    def _refusal(self, command: str) -> str:
        waiting = self.refusals.get(command, [])
        return waiting.pop(0) if waiting else ""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a sender."""
        del server
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        refusal = self._refusal("MAIL")
        if refusal:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a receiver."""
        del server, session, options
        refusal = self._refusal("RCPT")
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take or refuse a mail."""
        del session
        refusal = self._refusal("DATA")
        if refusal:
            return refusal
        self.sent.append(envelope)
        if self.slow:
            self.slow -= 1
            await asyncio.sleep(self.delay)
        if self.deliver:
            assert isinstance(envelope.content, bytes)
            await asyncio.to_thread(self.deliver, envelope.content)
        if self.hang_up:
            self.hang_up -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 kept"


@contextmanager
def running_postman(context: ssl.SSLContext | None = None) -> Iterator[Postman]:
    """Start an SMTP server that wants a password, with TLS from the start if given a context."""
    postman = Postman()
    controller = Controller(
        postman,
        hostname="127.0.0.1",
        port=free_port(),
        ssl_context=context,
        auth_require_tls=False,
        authenticator=postman.authenticate,
        enable_SMTPUTF8=True,
    )
    postman.port = controller.port
    controller.start()
    try:
        yield postman
    finally:
        controller.stop()


def settings_for(dovecot: Dovecot, postman: Postman, **changed: Any) -> MailSettings:
    """Return the settings of the account on these servers."""
    known: dict[str, Any] = {
        "address": ADDRESS,
        "imap": MailServer(
            host="127.0.0.1", port=dovecot.port, security="none", user=USER, password=PASSWORD
        ),
        "smtp": MailServer(
            host="127.0.0.1", port=postman.port, security="none", user=USER, password=PASSWORD
        ),
        "key": KEY,
        "timeout": 10.0,
    }
    return MailSettings(**(known | changed))


def after(seconds: float, action: Callable[[], None]) -> threading.Timer:
    """Do something later, in a thread of its own."""
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer
