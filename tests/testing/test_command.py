"""The double as a process, and the paths that steer it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from anthropic import Anthropic
from httpx2 import Client
from tests.testing.asking import request

from firstline.testing.claude_double import ClaudeDouble
from firstline.testing.command import main

MODULE = "firstline.testing.claude_double"


def test_a_process_serves_until_it_is_told_to_stop() -> None:
    """It prints its address, fails first as its options say, answers, and ends cleanly."""
    command = [sys.executable, "-m", MODULE, "--port", "0", "--wait-ms", "1", "--rpm", "600"]
    process = subprocess.Popen(
        [*command, "--fault", "overloaded", "--fault", "rate_limited:2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    try:
        with Anthropic(api_key="any", base_url=url, max_retries=0) as client, Client() as http:
            statuses = [
                http.post(
                    f"{url}/v1/messages",
                    json=request(),
                    headers={"x-api-key": "k", "anthropic-version": "2023-06-01"},
                ).status_code
                for _ in range(3)
            ]
            raw = client.messages.with_raw_response.create(**request())
            state = http.get(f"{url}/__double").json()
    finally:
        process.send_signal(signal.SIGTERM)
        _out, errors = process.communicate(timeout=20)
    assert statuses == [529, 429, 429]
    assert raw.headers["anthropic-ratelimit-requests-limit"] == "600"
    assert (state["requests"], state["billed"], state["faults_left"]) == (4, 1, 0)
    assert (process.returncode, errors) == (0, "")


def test_the_double_does_not_need_the_sdk() -> None:
    """Neither the SDK nor the rest of Firstline is imported to run it."""
    check = (
        f"import sys, {MODULE}, firstline.testing.command; "
        "loaded = {name for name in sys.modules if name.startswith('firstline.')}; "
        "print('anthropic' in sys.modules, {name.split('.')[1] for name in loaded})"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False {'testing'}"


@pytest.mark.parametrize("options", [["--fault", "nothing"], ["--answer", "nobody"]])
def test_unknown_names_end_the_command(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong name is one line on the error stream, and exit code 2."""
    with pytest.raises(SystemExit) as caught:
        main(["--port", "0", *options])
    assert caught.value.code == 2
    assert options[1] in capsys.readouterr().err


def test_a_running_double_is_steered_over_http() -> None:
    """Faults, time, batches and the memory are reached from outside."""
    headers = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
    with (
        ClaudeDouble.in_thread(batch_seconds=1e6) as double,
        Client(base_url=double.url, headers=headers) as http,
    ):
        set_up = http.post("/__double/faults", json={"fault": "server_error", "times": 2})
        assert set_up.json()["faults_left"] == 2
        assert http.post("/v1/messages", json=request()).status_code == 500
        made = http.post(
            "/v1/messages/batches", json={"requests": [{"custom_id": "a", "params": request()}]}
        ).json()
        before = double.now()
        http.post("/__double/advance", json={"seconds": 60})
        assert double.now() >= before + 60
        http.post("/__double/batches/finish")
        ended = http.get(f"/v1/messages/batches/{made['id']}").json()
        assert ended["processing_status"] == "ended"
        journal = http.get("/__double/requests").json()["requests"]
        assert journal[0]["body"] == request()
        assert journal[0]["status"] == 500
        assert http.post("/__double/reset").json()["requests"] == 0
        assert http.post("/v1/messages", json=request()).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/__double/faults", '{"fault": "nothing"}', 400),
        ("/__double/faults", "{", 400),
        ("/__double/advance", '{"seconds": "soon"}', 400),
        ("/__double/nothing", "{}", 404),
    ],
)
def test_wrong_steering_is_refused(path: str, body: str, status: int) -> None:
    """A name, a number or a path that is wrong is answered with an error."""
    with ClaudeDouble.in_thread() as double, Client(base_url=double.url) as http:
        response = http.post(path, content=body)
    assert response.status_code == status
    assert response.json()["error"]
