"""The SDK and the client against somebody else's double of the API.

`@copilotkit/aimock` is written by others from the same documentation, so what it and our own double
agree on is less likely to be our own misreading. It is installed from npm for the run, and the
tests are skipped, and say so, where that is not possible. It counts no cached tokens and knows no
batches; those only our own double plays.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
import sqlalchemy as sa
from anthropic import AsyncAnthropic
from httpx2 import Client, HTTPError, Response

from firstline.claude.calls import Turn
from firstline.claude.client import Claude
from firstline.errors import ModelError, ModelFailure
from firstline.store import open_database
from firstline.store.calls import CallLedger
from firstline.testing.claude_double import ClaudeDouble, Fault
from tests.claude.asking import a_client, a_question
from tests.testing.asking import STRUCTURED, ask, checked_message, request, text_of

PACKAGE = "@copilotkit/aimock@1.43.0"
INSTALL_SECONDS, START_SECONDS = 90, 15
ANSWER = {"action": "answer"}
LIMITED: dict[str, Any] = {"error": {"message": "Slow down", "type": "rate_limit_error"}}
OVERLOADED: dict[str, Any] = {"error": {"message": "Overloaded", "type": "overloaded_error"}}


def _fixture(message: str, response: dict[str, Any], **match: Any) -> dict[str, Any]:
    return {"match": {"userMessage": message, **match}, "response": response}


FIXTURES = [
    _fixture("plain", {"content": "All right."}),
    _fixture("structured", {"content": ANSWER}),
    _fixture("prose", {"content": 'Here it is: {"action": "answer"}'}),
    _fixture("sdk limited once", {**LIMITED, "status": 429}, sequenceIndex=0),
    _fixture("sdk limited once", {"content": ANSWER}),
    _fixture("client limited once", {**LIMITED, "status": 429}, sequenceIndex=0),
    _fixture("client limited once", {"content": ANSWER}),
    _fixture("overloaded", {**OVERLOADED, "status": 529}),
    _fixture("refused", {"content": "I can't help with that.", "finishReason": "refusal"}),
    _fixture("cut", {"content": '{"action": "ans', "finishReason": "length"}),
]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install aimock into a folder of its own and return its program, or skip."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not here, so aimock cannot be installed")
    folder = tmp_path_factory.mktemp("aimock")
    command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"npm could not install {PACKAGE}: {type(error).__name__}")
    return folder / "node_modules" / ".bin" / "llmock"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a running aimock with the fixtures above."""
    folder = tmp_path_factory.mktemp("fixtures")
    (folder / "support.json").write_text(json.dumps({"fixtures": FIXTURES}), encoding="utf-8")
    port = _free_port()
    options = ["-p", str(port), "-f", str(folder), "--strict", "--log-level", "silent"]
    process = subprocess.Popen(
        [str(program), *options, "--validate-on-load"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    with Client(base_url=url, timeout=1.0) as http:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                http.get("/__aimock/journal")
            except HTTPError:
                time.sleep(0.05)
                continue
            return
    pytest.fail("aimock did not start")


@pytest.fixture
def chaos(server: str) -> Iterator[Client]:
    """Return a client that sets what goes wrong at random, and sets it back afterwards."""
    with Client(base_url=server) as http:
        yield http
        http.delete("/__aimock/chaos").raise_for_status()


@pytest.fixture
async def sdk(server: str) -> AsyncIterator[AsyncAnthropic]:
    """Return the SDK's client of it, without retries."""
    async with AsyncAnthropic(api_key="any", base_url=server, max_retries=0) as opened:
        yield opened


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """Return an empty SQLite database."""
    opened = open_database(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.dispose()


@pytest.fixture
async def client(server: str, engine: sa.Engine) -> AsyncIterator[Claude]:
    """Return our client of it."""
    opened = a_client(engine, server)
    yield opened
    await opened.close()


def _question(text: str) -> Any:
    return a_question(turns=(Turn(role="user", text=text),))


async def _failure(client: Claude, text: str, seconds: float = 10.0) -> ModelFailure:
    with pytest.raises(ModelError) as caught:
        await client.ask(_question(text), seconds=seconds)
    return caught.value.failure


async def test_the_sdk_reads_its_answers(sdk: AsyncAnthropic) -> None:
    """Plain and structured answers are messages of the SDK's types."""
    plain = await ask(sdk, "plain")
    assert text_of(checked_message(plain.model_dump())) == "All right."
    structured = await ask(sdk, "structured", output_config=STRUCTURED)
    assert json.loads(text_of(structured)) == ANSWER


async def test_the_sdk_reads_its_errors(sdk: AsyncAnthropic) -> None:
    """429 once and then an answer; 529 for ever."""
    with pytest.raises(anthropic.RateLimitError) as limited:
        await ask(sdk, "sdk limited once")
    assert limited.value.type == "rate_limit_error"
    assert limited.value.response.headers["retry-after"] == "1"
    assert json.loads(text_of(await ask(sdk, "sdk limited once"))) == ANSWER
    for _ in range(2):
        with pytest.raises(anthropic.InternalServerError) as overloaded:
            await ask(sdk, "overloaded")
        assert overloaded.value.status_code == 529


def _shape(response: Response) -> tuple[int, str, set[str], set[str]]:
    body: dict[str, Any] = response.json()
    kind = response.headers["content-type"]
    return response.status_code, kind, set(body), set(body.get("error", body.get("usage", {})))


def test_both_doubles_agree(server: str) -> None:
    """An answer and an error of theirs have no key that ours lacks, and the same status."""
    headers = {"x-api-key": "any", "anthropic-version": "2023-06-01"}
    with ClaudeDouble.in_thread() as double, Client(headers=headers) as http:
        double.script(Fault.overloaded().only(lambda body: "overloaded" in str(body["messages"])))
        for text in ("plain", "overloaded"):
            theirs, ours = (
                _shape(http.post(f"{url}/v1/messages", json=request(text)))
                for url in (server, double.url)
            )
            assert theirs[:2] == ours[:2]
            assert theirs[2] <= ours[2]
            assert theirs[3] <= ours[3]


async def test_the_client_gets_a_structured_answer(client: Claude, engine: sa.Engine) -> None:
    """The reply is the JSON, and the ledger has it."""
    reply = await client.ask(_question("structured"))
    assert json.loads(reply.text) == ANSWER
    assert (reply.stop, reply.stored) == ("end_turn", False)
    assert [row.state for row in CallLedger(engine).rows()] == ["answered"]
    assert (await client.ask(_question("structured"))).stored


async def test_the_client_waits_out_one_429(client: Claude) -> None:
    """The second attempt, after the second it was told to wait, is answered."""
    assert json.loads((await client.ask(_question("client limited once"))).text) == ANSWER


async def test_the_client_gives_up_on_an_overload(client: Claude) -> None:
    """529 for ever is a failure of its own, and not an endless wait."""
    assert await _failure(client, "overloaded") == "overloaded"


@pytest.mark.parametrize(
    ("text", "stop"), [("plain", "end_turn"), ("cut", "max_tokens"), ("refused", "refusal")]
)
async def test_the_client_tells_how_an_answer_ended(client: Claude, text: str, stop: str) -> None:
    """What is cut or refused is still a reply that was paid for."""
    assert (await client.ask(_question(text))).stop == stop


async def test_the_client_gives_prose_on_as_it_is(client: Claude) -> None:
    """Whether an answer is of the schema is judged by whoever asked."""
    assert (await client.ask(_question("prose"))).text.startswith("Here it is")


@pytest.mark.parametrize(
    ("trouble", "failure"),
    [
        ({"malformedRate": 1}, "malformed"),
        ({"disconnectRate": 1}, "unreachable"),
        ({"rateLimitRate": 1}, "rate_limited"),
        ({"dropRate": 1}, "overloaded"),
        ({"latencyMs": 5000}, "deadline"),
    ],
)
async def test_the_client_names_what_went_wrong(
    client: Claude, chaos: Client, trouble: dict[str, float], failure: ModelFailure
) -> None:
    """Broken JSON, a lost connection, endless limits, errors and slowness each have their code."""
    chaos.post("/__aimock/chaos", json=trouble).raise_for_status()
    assert await _failure(client, "structured", seconds=1.0) == failure
