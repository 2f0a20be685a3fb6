"""A small company whose billing stands in a database, and a web service that can misbehave."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.desk.small_company import make_company

BILLING = """
[[sources]]
name = "billing"
kind = "sql"
url = "sqlite:///billing.db"
query = "SELECT customer_id, balance, next_invoice FROM accounts WHERE customer_id = :id"
owner = "customer_id"
timeout_ms = 1500
"""
BALANCE = """  my_balance:
    description: What a customer owes
    risk: low
    handler: record
    autonomy: percent:100
    needs: [billing.balance]
    answer: ["Your balance is {billing.balance}."]
    examples:
      - What is my balance?
      - How much do I owe you?
      - Tell me my current balance
      - What is the balance of my account?
"""
ASKS_BALANCE = "How much do I owe you at the moment? What is my balance?"
ASKS_PLAN = "Tell me which plan am I on?"


def make_billed(folder: Path) -> Path:
    """Write a company with a database of balances and an intent that needs it; return it."""
    make_company(folder)
    for name, more in (("firstline.toml", BILLING), ("intents.yaml", BALANCE)):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    write_balances(folder / "billing.db")
    return folder


def write_balances(path: Path, balance: str = "$42.10") -> None:
    """Write the database anew."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE accounts (customer_id TEXT, balance TEXT, next_invoice TEXT)")
    rows = [("c1", balance, "2026-06-01"), ("c2", "$7,000.00", "2026-06-02")]
    connection.executemany("INSERT INTO accounts VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()


@dataclass
class Service:
    """What a web service answers, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    wait: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def say(self, value: object) -> None:
        """Answer this from now on."""
        self.body = json.dumps(value).encode()


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append(self.path)
            service.secrets.append(self.headers.get("Authorization", ""))
            time.sleep(service.wait)
            self.send_response(service.status)
            for name, value in service.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(service.body)))
            self.end_headers()
            self.wfile.write(service.body)

        def log_message(self, *_args: object) -> None:
            """Stay quiet."""

    return Handler


@contextmanager
def serving() -> Iterator[Service]:
    """Run a web service on this machine."""
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Clock:
    """Time that passes when it is told to."""

    now: float = 1_000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


class Answers:
    """A reader that gives the next answer of a list: rows, or what it raises."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[object] = []

    def read(self, who: object) -> tuple[dict[str, object], ...]:
        """Return the next answer; the last one stays."""
        self.asked.append(who)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        found = answer() if callable(answer) else answer
        assert isinstance(found, tuple)
        return found

    def close(self) -> None:
        """Note nothing."""
