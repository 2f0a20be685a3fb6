"""Two companies that answer mail by themselves, and write to each other: they soon fall silent."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.channels.dovecot import (
    KEY,
    PASSWORD,
    USER,
    Dovecot,
    Postman,
    free_port,
    running_dovecot,
    running_postman,
)
from tests.desk.small_company import make_company
from tests.helpdesks.company import REFUND, until

from firstline.store import app_url
from firstline.store.database import driver_url
from firstline.store.schema import ticket as table
from firstline.workspace import Settings

ROOT = Path(__file__).resolve().parents[2]
_MARKS = (b"auto-submitted:", b"x-auto-response-suppress:", b"precedence:")
QUIET_S = 4.0
"""No mail for so long, while both look every second or two: they have nothing more to say."""


@dataclass(frozen=True, kw_only=True)
class Company:
    """A company with a mailbox, at work in a process of its own."""

    address: str
    folder: Path
    dovecot: Dovecot
    postman: Postman

    def gets(self, sender: str, name: str) -> None:
        """Let a mail arrive that nothing marks as automatic."""
        head = f"From: {sender}\r\nTo: {self.address}\r\nSubject: A question\r\n"
        self.dovecot.deliver(f"{head}Message-ID: <{name}>\r\n\r\n{REFUND}\r\n".encode())

    def ended(self) -> list[tuple[str, str]]:
        """Return how the tickets ended, and why; nothing while it is still starting."""
        engine = sa.create_engine(driver_url(app_url(self.folder / ".firstline")))
        query = sa.select(table.c.outcome, table.c.reason).where(table.c.outcome.is_not(None))
        try:
            with engine.connect() as connection:
                found = connection.execute(query.order_by(table.c.position, table.c.received_at))
                return [(row.outcome, row.reason) for row in found]
        except sa.exc.OperationalError:
            return []
        finally:
            engine.dispose()

    def wrote_to(self, address: str) -> list[email.message.Message]:
        """Return the mails it sent to an address."""
        sent = [one for one in self.postman.sent if address in one.rcpt_tos]
        return [email.message_from_bytes(_bytes(one.content)) for one in sent]


def _bytes(content: bytes | str | None) -> bytes:
    assert isinstance(content, bytes)
    return content


@contextmanager
def company_at(address: str, folder: Path) -> Iterator[Company]:
    """Open a company that reads and answers the mail to an address."""
    make_company(folder)
    with running_dovecot() as dovecot, running_postman() as postman:
        (folder / "channels.toml").write_text(
            f"""[[channel]]
name = "support"
kind = "email"
mode = "live"
address = "{address}"
user = "{USER}"
imap_host = "127.0.0.1"
imap_port = {dovecot.port}
imap_security = "none"
smtp_host = "127.0.0.1"
smtp_port = {postman.port}
smtp_security = "none"
""",
            encoding="utf-8",
        )
        secrets = {
            "FIRSTLINE_SUPPORT_PASSWORD": PASSWORD,
            "FIRSTLINE_SUPPORT_KEY": f"{KEY.decode()} of {address}",
        }
        # The same server as in benchmarks, which looks often, with no place to die at.
        command = [sys.executable, "-m", "benchmarks.dying", str(folder), str(free_port())]
        process = subprocess.Popen([*command, "", "", "0"], env=os.environ | secrets, cwd=ROOT)
        try:
            yield Company(address=address, folder=folder, dovecot=dovecot, postman=postman)
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def companies(tmp_path: Path) -> Iterator[tuple[Company, Company]]:
    """Open two companies whose servers bring each other's mail."""
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(company_at(f"help@{name}.example", tmp_path / name))
            for name in ("acme", "globex")
        )
        one.postman.deliver, two.postman.deliver = two.dovecot.deliver, one.dovecot.deliver
        yield one, two


def without_marks(raw: bytes) -> bytes:
    """Return a mail as it comes through a server that takes away what marks it as automatic."""
    head, between, body = raw.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(_MARKS)]
    return b"\r\n".join(kept) + between + body


def silent(companies: tuple[Company, Company]) -> bool:
    """Whether no mail was sent for a while."""
    before = [len(company.postman.sent) for company in companies]
    time.sleep(QUIET_S)
    return before == [len(company.postman.sent) for company in companies]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_each_company_answers_the_other_once(companies: tuple[Company, Company]) -> None:
    """Each answers what the other wrote, and neither answers the other's automatic answer."""
    one, two = companies
    one.gets(two.address, "1@globex.example")
    two.gets(one.address, "1@acme.example")
    until(lambda: all(len(company.ended()) == 2 for company in companies))
    until(lambda: silent(companies))
    for company, other in ((one, two), (two, one)):
        (reply,) = company.wrote_to(other.address)
        assert reply["Auto-Submitted"] == "auto-replied"
        first, second = company.ended()
        assert first[0] == "sent"
        assert second == ("escalate", "automatic_mail")
        assert len(company.postman.sent) == 1


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_loop_that_nothing_marks_ends(companies: tuple[Company, Company]) -> None:
    """Where a server in between takes the marks away, it ends, at the latest at the cap."""
    one, two = companies
    one.postman.deliver = lambda raw: two.dovecot.deliver(without_marks(raw))
    two.postman.deliver = lambda raw: one.dovecot.deliver(without_marks(raw))
    one.gets(two.address, "1@globex.example")
    until(one.ended)
    until(lambda: silent(companies))
    sent = [len(company.postman.sent) for company in companies]
    assert 1 <= max(sent) <= Settings(company="").replies_per_requester_per_day
