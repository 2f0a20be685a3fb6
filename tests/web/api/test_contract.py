"""Made-up requests against the real server: no server error, no answer that is not documented."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.web.api.conftest import Api

from firstline.records import TicketId
from firstline.store import TicketStore

HERE = Path(__file__).resolve().parent
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
PATHS = r"^/(api/v1/(tickets|metrics)|metrics|healthz|readyz)"
OPERATIONS = 11
EXAMPLES = 20
"""Made-up requests an operation, beside those that try every limit."""
SETTINGS = """
[auth.openapi.key]
bearer = "${CONTRACT_KEY}"

# A cursor is only good where it was given: a made-up one is 400.
[[operations]]
include-name = "GET /api/v1/tickets"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403"]
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_server_keeps_to_its_contract(api: Api, tmp_path: Path) -> None:
    """Every operation with examples, each limit of each field and random data, from one seed."""
    if api.site.desk.engine.dialect.name != "sqlite":
        pytest.skip("the contract is the server's, whatever its database")
    tickets = [*(api.held() for _ in range(6)), *(api.answered() for _ in range(4))]
    (tmp_path / "schemathesis.toml").write_text(SETTINGS, "utf-8")
    with ending(api):
        done = made_up_requests(api, tickets, tmp_path)
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert f"Tested: {OPERATIONS}" in done.stdout, done.stdout[-3_000:]


def made_up_requests(
    api: Api, tickets: list[TicketId], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Let schemathesis ask everything there is to ask."""
    words = [
        *("run", f"{api.url}/api/v1/openapi.json", "--include-path-regex", PATHS),
        *("--phases", "examples,coverage,fuzzing", "--seed", "1", "--no-color"),
        *("--max-examples", str(EXAMPLES), "--generation-database", "none"),
    ]
    return subprocess.run(
        [str(SCHEMATHESIS), *words],
        cwd=folder,
        env=os.environ
        | {
            "SCHEMATHESIS_HOOKS": "contract_hooks",
            "PYTHONPATH": str(HERE),
            "CONTRACT_TICKETS": " ".join(tickets),
            "CONTRACT_KEY": api.program.headers["authorization"].removeprefix("Bearer "),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def ending(api: Api) -> Iterator[None]:
    """End each ticket soon after it came, as workers do: its stream lasts as long as it is open."""
    store, stop = TicketStore(api.site.desk.engine), threading.Event()

    def end() -> None:
        while not stop.wait(0.05):
            for ticket in store.open_ids("api"):
                store.end(ticket, "review", "ended_by_test", api.site.now())

    worker = threading.Thread(target=end)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(10)
