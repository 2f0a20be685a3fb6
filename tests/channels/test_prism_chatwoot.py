"""Requests and answers against Chatwoot's own OpenAPI file, checked by Prism.

Prism stands between Firstline and the double, so that both are held to a text that is not ours:
what Firstline sends, and what the double answers.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from firstline.channels.base import Parcel
from firstline.channels.chatwoot import Chatwoot, ChatwootSettings
from firstline.channels.helpdesk import HandOver
from firstline.outbound import Outbound, Reach
from firstline.testing.chatwoot_double import ChatwootDouble

PATIENCE = 90.0
SPECIFICATION = "chatwoot-application-api.yaml"


@dataclass(frozen=True)
class Checked:
    """A double behind Prism."""

    double: ChatwootDouble
    url: str

    def desk(self) -> Chatwoot:
        """Return Firstline's side, which speaks to the double through Prism."""
        return Chatwoot(self.settings(), self.double.secrets)

    def settings(self) -> ChatwootSettings:
        """Return settings that lead through Prism."""
        return replace(self.double.settings, url=self.url, seconds=15.0)


def _needed() -> tuple[str, Path]:
    """Return Prism and the file, or skip."""
    prism = os.environ.get("FIRSTLINE_PRISM") or shutil.which("prism")
    if not prism or not Path(prism).exists():
        pytest.skip("prism is not on the PATH (npm install @stoplight/prism-cli, FIRSTLINE_PRISM)")
    beside = Path(__file__).parents[3] / "shared" / "specs"
    file = Path(os.environ.get("FIRSTLINE_SHARED_SPECS", beside)) / SPECIFICATION
    if not file.exists():
        pytest.skip("Chatwoot's OpenAPI file is not here (FIRSTLINE_SHARED_SPECS)")
    return prism, file


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    """Return a double behind Prism, which turns whatever breaks the file's rules to an error."""
    prism, file = _needed()
    port = _free_port()
    said = tmp_path_factory.mktemp("prism") / "log.txt"
    with ChatwootDouble() as double, said.open("wb") as log:
        command = [prism, "proxy", "-h", "127.0.0.1", "-p", str(port), "--errors"]
        process = subprocess.Popen(
            [*command, str(file), double.url], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            _wait_for(port, process)
            yield Checked(double, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail("prism ended early")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail("prism did not start in time")


async def test_everything_asked_and_answered_is_chatwoots(checked: Checked) -> None:
    """Fetching, replying, noting, handing over, closing, listing and checking pass unchanged."""
    desk = checked.desk()
    ticket = checked.double.new_ticket("How do I export my board?")
    seen = await desk.fetch(ticket)
    assert seen.turns[0].author == "customer"
    parcel = Parcel(marker="attempt-1", ticket=ticket, kind="reply", text="Choose Export.")
    await desk.reply(parcel, seen, status="solved")
    checked.double.customer_says(ticket, "And then?")
    seen = await desk.fetch(ticket)
    await desk.note(replace(parcel, marker="attempt-2"), seen)
    checked.double.set_status(ticket, "pending")
    to = HandOver(note="Packet", group="Billing", assignee="66", tags=("firstline",))
    await desk.hand_over(replace(parcel, marker="attempt-3"), await desk.fetch(ticket), to)
    assert await desk.find("attempt-1", ticket) == "present"
    assert ticket in (await desk.changed("")).tickets
    assert "Firstline" in await desk.check()
    after = await desk.fetch(ticket)
    assert (after.group, after.assignee, after.tags) == ("77", "66", ("firstline",))
    assert checked.double.complaints == []


async def test_the_file_is_really_asked(checked: Checked) -> None:
    """A request that breaks the file's rules is refused by Prism before it reaches the double."""
    ticket = checked.double.new_ticket("How do I export my board?")
    before = len(checked.double.requests)
    client = Outbound(Reach(hosts=(), allow_loopback=True))
    answer = await client.request(
        "POST",
        f"{checked.url}/api/v1/accounts/3/conversations/{ticket}/toggle_status",
        headers={"api_access_token": checked.double.secrets.token},
        json={"status": "closed"},
    )
    assert answer.status in (422, 500)
    assert len(checked.double.requests) == before
