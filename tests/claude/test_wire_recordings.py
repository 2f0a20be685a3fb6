"""The double against exchanges that were recorded with the real API.

The recordings are of 2025 and 2026 and of beta endpoints too. Compared is what both have: the keys
and types of messages, usage and content blocks, and what is accepted or refused. What the double
does not play (server tools, files, streaming, beta fields) is listed below, not skipped silently.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client

from firstline.testing import catalogue, request_rules, tokens
from firstline.testing.claude_double import Answer, ClaudeDouble
from firstline.testing.wire import ApiError
from tests.testing.asking import checked_message

Row = dict[str, Any]
MESSAGES, COUNT = "/v1/messages", "/v1/messages/count_tokens"
OLD, NEW = request_rules.OLD_VERSION, request_rules.NEW_VERSION
HEADERS = {"x-api-key": "any", "anthropic-version": OLD}
NOT_PLAYED: dict[str, str] = {
    "model: claude-sonnet-4-0": "a model that is retired",
    "model: claude-does-not-exist": "no model at all, which the API refused too",
    "tool_addition": "beta: tools that are added in the middle of a conversation",
    "advisor_20260301": "beta: the advisor tool",
    "advisor_tool_result": "beta: the advisor tool",
    "output_config.task_budget": "beta: task budgets",
    "mcp_servers": "beta: remote MCP servers",
    "context_management": "beta: context editing",
}
"""What a refusal by the double says, and why the double refuses what the API took."""
LATER_KEYS = {"stop_details"}
"""Keys of a message that recordings of 2025 do not have yet."""
LATER_USAGE = {"inference_geo", "cache_creation"}
BETA_KEYS = {"container", "context_management"}
BETA_USAGE = {"server_tool_use", "iterations"}


@dataclass(frozen=True)
class Exchange:
    """One recorded request with its answer."""

    id: str
    path: str
    status: int
    request: Row
    response: Row
    headers: dict[str, str]


@pytest.fixture(scope="module")
def exchanges(shared_data: Path) -> list[Exchange]:
    """Return the recorded exchanges that have JSON on both sides."""
    file = shared_data / "claude_wire" / "data.jsonl"
    if not file.is_file():
        pytest.skip("the recorded exchanges are not here")
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        row: Row = json.loads(line)
        path = row["uri"].removeprefix("https://api.anthropic.com").partition("?")[0]
        if path in (MESSAGES, COUNT) and isinstance(row["response"], dict):
            found.append(
                Exchange(
                    id=row["id"],
                    path=path,
                    status=row["status"],
                    request=row["request"],
                    response=row["response"],
                    headers=row["response_headers"],
                )
            )
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[ClaudeDouble, Client]]:
    """Return a double with a plain HTTP client."""
    with (
        ClaudeDouble.in_thread() as double,
        Client(base_url=double.url, headers=HEADERS) as http,
    ):
        yield double, http


def _messages(exchanges: list[Exchange]) -> list[Exchange]:
    return [one for one in exchanges if one.path == MESSAGES and one.status == 200]


def _refusal(exchange: Exchange) -> str:
    """Return why the double would refuse a recorded request, empty when it would not."""
    body = exchange.request
    try:
        request_rules.check_request(body, version=OLD, counting=exchange.path == COUNT)
        model = catalogue.by_name().get(body["model"])
        if model is None:
            return f"model: {body['model']}"
        request_rules.check_model(body, model, tokens.count(body, model.token_factor))
    except ApiError as error:
        return error.message
    return ""


def _accepted(exchanges: list[Exchange]) -> list[Exchange]:
    return [one for one in _messages(exchanges) if not _refusal(one)]


def test_what_the_api_took_the_double_takes(exchanges: list[Exchange]) -> None:
    """Every recorded request passes the double's checks, or asks for what it does not play."""
    reasons: Counter[str] = Counter()
    for exchange in exchanges:
        refusal = _refusal(exchange)
        known = next((part for part in NOT_PLAYED if part in refusal), None)
        assert not refusal or known, f"{exchange.id}: {refusal[:200]}"
        reasons[known or "taken"] += 1
    assert set(reasons) == {"taken", *NOT_PLAYED} - {None}
    assert reasons["taken"] / len(exchanges) > 0.8


def test_sampling_of_a_recorded_request_is_refused_on_the_new_version(
    exchanges: list[Exchange],
) -> None:
    """What passed on 2023-06-01 is refused on 2026-10-21, exactly for its sampling parameters."""
    sampled = [one for one in _accepted(exchanges) if request_rules.SAMPLING & one.request.keys()]
    assert sampled
    for exchange in sampled:
        with pytest.raises(ApiError, match="Extra inputs are not permitted"):
            request_rules.check_request(exchange.request, version=NEW)
        allowed = {
            key: value
            for key, value in exchange.request.items()
            if key not in request_rules.SAMPLING
        }
        request_rules.check_request(allowed, version=NEW)


def test_recorded_answers_are_of_the_sdks_types(exchanges: list[Exchange]) -> None:
    """The check that the double's answers must pass is one that the API's own answers pass."""
    plain = [one for one in _messages(exchanges) if not _beta(one.response)]
    assert len(plain) > 100
    for exchange in plain:
        checked_message(exchange.response)


def _beta(response: Row) -> bool:
    played = {"text", "thinking", "tool_use"}
    kinds = {block["type"] for block in response["content"]}
    return bool(kinds - played or BETA_KEYS & response.keys() or "iterations" in response["usage"])


def _retold(response: Row) -> Callable[[Any], Answer]:
    """Return an answer function that says what the API said."""
    thinks = any(block["type"] == "thinking" for block in response["content"])
    blocks = tuple(block for block in response["content"] if block["type"] != "thinking")
    alone = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
    answer = Answer(
        thinking="So it is." if thinks else "",
        text=blocks[0]["text"] if alone else "",
        blocks=None if alone else blocks,
        stop_reason=response["stop_reason"],
        stop_sequence=response["stop_sequence"],
        stop_details=response.get("stop_details"),
        output_tokens=response["usage"]["output_tokens"],
    )
    return lambda _body: answer


def _kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) else type(value).__name__


def _differences(real: Row, made: Row, optional: set[str], beta: set[str]) -> list[str]:
    """Return keys that only one side has, and keys whose types differ."""
    found = [f"lacks {key}" for key in real.keys() - made.keys() - beta]
    found += [f"has {key}" for key in made.keys() - real.keys() - optional]
    found += [
        f"{key} is {_kind(made[key])}, not {_kind(real[key])}"
        for key in real.keys() & made.keys()
        if _kind(real[key]) != _kind(made[key])
    ]
    return found


def _block_keys(message: Row) -> set[tuple[str, ...]]:
    """Return the keys of the blocks of a message, with their kind."""
    return {(block["type"], *sorted(block)) for block in message["content"]}


def test_the_same_request_gets_an_answer_of_the_same_shape(
    exchanges: list[Exchange], server: tuple[ClaudeDouble, Client]
) -> None:
    """Keys, types, names, ids, stop reasons and blocks agree with what the API answered."""
    double, http = server
    compared = 0
    for exchange in _accepted(exchanges):
        real = exchange.response
        double.answer = _retold(real)
        response = http.post(MESSAGES, json=exchange.request)
        assert response.status_code == 200, exchange.id
        assert response.headers["content-type"] == exchange.headers["content-type"]
        made = response.json()
        details = {"output_tokens_details"}
        assert _differences(real, made, LATER_KEYS, BETA_KEYS) == [], exchange.id
        assert (
            _differences(real["usage"], made["usage"], LATER_USAGE | details, BETA_USAGE | details)
            == []
        ), exchange.id
        assert (made["model"], made["type"], made["role"]) == (
            real["model"],
            real["type"],
            real["role"],
        )
        assert (made["stop_reason"], made["stop_sequence"]) == (
            real["stop_reason"],
            real["stop_sequence"],
        )
        assert len(made["id"].partition("_")[2]) == len(real["id"].partition("_")[2])
        assert _block_keys(made) == _block_keys(real), exchange.id
        compared += 1
    assert compared > 120


def test_usage_has_the_recorded_values_where_they_are_words(
    exchanges: list[Exchange], server: tuple[ClaudeDouble, Client]
) -> None:
    """Tier and region are what the API says for the same model."""
    double, http = server
    for exchange in _accepted(exchanges):
        double.answer = _retold(exchange.response)
        made = http.post(MESSAGES, json=exchange.request).json()["usage"]
        real = exchange.response["usage"]
        assert made["service_tier"] == real["service_tier"]
        if "inference_geo" in real:
            assert made["inference_geo"] == real["inference_geo"], exchange.id
        if exchange.request["model"] in ("claude-sonnet-5", "claude-opus-5"):
            assert made["output_tokens_details"].keys() == real["output_tokens_details"].keys()


def test_forced_tools_are_called_as_the_api_calls_them(
    exchanges: list[Exchange], server: tuple[ClaudeDouble, Client]
) -> None:
    """The built-in answer to a forced tool has the recorded block's keys and stop reason."""
    double, http = server
    double.answer = ClaudeDouble().answer
    forced = [
        one
        for one in _accepted(exchanges)
        if (one.request.get("tool_choice") or {}).get("type") in ("any", "tool")
    ]
    assert forced
    for exchange in forced:
        made = checked_message(http.post(MESSAGES, json=exchange.request).json())
        assert made.stop_reason == exchange.response["stop_reason"] == "tool_use"
        block = next(one for one in exchange.response["content"] if one["type"] == "tool_use")
        assert made.content[-1].type == "tool_use"
        assert set(block) - {"caller"} <= set(made.content[-1].to_dict())


def test_structured_answers_have_the_recorded_keys(
    exchanges: list[Exchange], server: tuple[ClaudeDouble, Client]
) -> None:
    """For a recorded schema the built-in answer is JSON with the keys the API gave."""
    double, http = server
    double.answer = ClaudeDouble().answer
    compared = 0
    for exchange in _accepted(exchanges):
        wanted = (exchange.request.get("output_config") or {}).get("format")
        real = exchange.response["content"][-1]
        if not wanted or real["type"] != "text":
            continue
        made = http.post(MESSAGES, json=exchange.request).json()["content"][-1]
        assert json.loads(made["text"]).keys() == json.loads(real["text"]).keys()
        compared += 1
    assert compared >= 5


def _plain(request: Row) -> bool:
    """Whether nothing in a request adds tokens that only the API knows."""
    text = json.dumps(request)
    server_tools = any("input_schema" not in tool for tool in request.get("tools") or ())
    return not server_tools and "thinking" not in request and '"source"' not in text


def test_token_counts_are_near_the_recorded_ones(exchanges: list[Exchange]) -> None:
    """The approximation is within half for prompts above 100 tokens, in the middle within 15 %."""
    ratios = []
    for exchange in exchanges:
        usage = exchange.response.get("usage", exchange.response)
        real = sum(
            usage.get(key, 0)
            for key in (
                "input_tokens",
                "cache_creation_input_tokens",
                "cache_read_input_tokens",
            )
        )
        if exchange.status != 200 or _refusal(exchange) or not _plain(exchange.request):
            continue
        if real > 100:
            model = catalogue.by_name()[exchange.request["model"]]
            ratios.append(tokens.count(exchange.request, model.token_factor) / real)
    ratios.sort()
    assert len(ratios) > 50
    assert 0.85 < ratios[len(ratios) // 2] < 1.15
    assert ratios[0] > 0.67
    assert ratios[-1] < 1.5


def test_a_recorded_error_is_the_doubles_error(
    exchanges: list[Exchange], server: tuple[ClaudeDouble, Client]
) -> None:
    """The same wrong request gets the same status and words."""
    _double, http = server
    errors = [one for one in exchanges if one.status != 200]
    assert errors
    for exchange in errors:
        response = http.post(exchange.path, json=exchange.request)
        made, real = response.json(), exchange.response
        assert response.status_code == exchange.status
        assert made["error"] == real["error"]
        assert made.keys() == real.keys()


def test_counting_has_the_recorded_shape(
    exchanges: list[Exchange], server: tuple[ClaudeDouble, Client]
) -> None:
    """`count_tokens` answers with a number and nothing else."""
    _double, http = server
    counted = [one for one in exchanges if one.path == COUNT and one.status == 200]
    assert counted
    for exchange in counted:
        made = http.post(COUNT, json=exchange.request).json()
        assert _differences(exchange.response, made, set(), set()) == []


def test_a_cached_conversation_is_accounted_for_as_recorded(exchanges: list[Exchange]) -> None:
    """A step reads exactly what the steps before it wrote, in the recording and in the double."""
    by_cassette: dict[str, list[Exchange]] = {}
    for one in _accepted(exchanges):
        if _cached(one.response["usage"]) != (0, 0):
            by_cassette.setdefault(one.id.rpartition("#")[0], []).append(one)
    # A recording that begins by reading used what other traffic of its account had written.
    fresh = [
        steps
        for steps in by_cassette.values()
        if len(steps) > 1 and not _cached(steps[0].response["usage"])[1]
    ]
    assert fresh
    for steps in fresh:
        model = catalogue.by_name()[steps[0].request["model"]]
        short = dataclasses.replace(model, cache_minimum=1)  # the counts are approximate
        with (
            ClaudeDouble.in_thread(models=(short,)) as double,
            Client(base_url=double.url, headers=HEADERS) as http,
        ):
            made = [http.post(MESSAGES, json=one.request).json()["usage"] for one in steps]
        for usages in ([one.response["usage"] for one in steps], made):
            for before, after in itertools.pairwise(usages):
                assert _cached(after)[1] == sum(_cached(before))
                assert _cached(after)[0] > 0
                assert 0 < after["input_tokens"] < 10


def _cached(usage: Row) -> tuple[int, int]:
    """Return the tokens written to the cache and read from it."""
    return usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]
