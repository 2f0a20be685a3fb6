"""The double as the SDK sees it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from anthropic import (
    Anthropic,
    AsyncAnthropic,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    RateLimitError,
)
from httpx2 import AsyncClient
from tests.testing.asking import (
    HAIKU,
    STRUCTURED,
    THINKER,
    ask,
    checked_message,
    request,
    text_of,
    unknown_keys,
)

from firstline.testing.claude_double import Answer, ClaudeDouble, KnownModel, Limits

PREFIX = [{"type": "text", "text": "Be kind. " * 3000, "cache_control": {"type": "ephemeral"}}]


async def _raw(double: ClaudeDouble, body: Any, path: str = "/v1/messages", **headers: str) -> Any:
    usual = {"x-api-key": "any", "anthropic-version": "2026-10-21"}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with AsyncClient(base_url=double.url) as http:
        return await http.post(path, content=content, headers={**usual, **headers})


@pytest.mark.parametrize("model", [HAIKU, THINKER, "claude-sonnet-5-5", "claude-opus-4-8"])
async def test_answers_are_of_the_sdks_types(double: ClaudeDouble, model: str) -> None:
    """Every key and type of an answer is one the SDK knows."""
    response = await _raw(double, request(model=model, output_config=STRUCTURED))
    message = checked_message(response.json())
    assert json.loads(text_of(message)) == {"intent": "refund", "sentences": ["Some sentences."]}
    assert message.stop_reason == "end_turn"


async def test_an_answer_carries_the_apis_headers(double: ClaudeDouble) -> None:
    """Request id, organization and all four groups of limits are there, reset as RFC 3339."""
    response = await _raw(double, request())
    assert response.headers["request-id"].startswith("req_")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["anthropic-organization-id"]
    for group in ("requests", "tokens", "input-tokens", "output-tokens"):
        start = f"anthropic-ratelimit-{group}"
        assert int(response.headers[f"{start}-limit"]) >= int(
            response.headers[f"{start}-remaining"]
        )
        assert response.headers[f"{start}-reset"].endswith("Z")


async def test_an_alias_is_answered_by_the_models_full_name(client: AsyncAnthropic) -> None:
    """The model that is echoed is the dated one, as the API does it."""
    assert (await ask(client)).model == "claude-haiku-4-5-20251001"


async def test_a_model_that_thinks_answers_with_a_thinking_block_first(
    client: AsyncAnthropic,
) -> None:
    """The text is not the first block, and the tokens of thinking are part of the output."""
    message = await ask(client, model=THINKER)
    assert [block.type for block in message.content] == ["thinking", "text"]
    details = message.usage.output_tokens_details
    assert details is not None
    assert 0 < details.thinking_tokens < message.usage.output_tokens
    quiet = await ask(client, model=THINKER, thinking={"type": "disabled"})
    assert [block.type for block in quiet.content] == ["text"]


async def test_the_callers_own_answer_is_given() -> None:
    """An answer function sees the request and says what is said."""

    def shout(body: Any) -> str:
        return str(body["messages"][-1]["content"]).upper()

    async with ClaudeDouble(answer=shout) as double:
        message = checked_message((await _raw(double, request("hello"))).json())
    assert text_of(message) == "HELLO"


async def test_a_text_longer_than_max_tokens_is_cut(client: AsyncAnthropic) -> None:
    """`max_tokens` ends the answer, says so, and bills no more."""
    message = await ask(client, max_tokens=2)
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 2


async def test_a_stop_sequence_ends_the_answer() -> None:
    """The text stops before the sequence, which is named."""
    async with ClaudeDouble(answer=lambda _body: "one. two. three") as double:
        response = await _raw(double, request(stop_sequences=[" three", " two"]))
    message = checked_message(response.json())
    assert text_of(message) == "one."
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", " two")


async def test_a_request_without_an_answer_fills_the_cache(client: AsyncAnthropic) -> None:
    """`max_tokens: 0` writes the prefix, and the next request reads it."""
    warm = await ask(client, max_tokens=0, system=PREFIX)
    assert (warm.content, warm.usage.output_tokens) == ([], 0)
    asked = await ask(client, system=PREFIX)
    assert asked.usage.cache_read_input_tokens == warm.usage.cache_creation_input_tokens


async def test_time_can_be_moved(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """After five minutes of the double's time the cache is empty again."""
    await ask(client, system=PREFIX)
    assert (await ask(client, system=PREFIX)).usage.cache_read_input_tokens
    double.advance(301)
    usage = (await ask(client, system=PREFIX)).usage
    assert usage.cache_read_input_tokens == 0
    assert usage.cache_creation is not None
    assert usage.cache_creation.ephemeral_5m_input_tokens > 4096


async def test_counting_agrees_with_billing(client: AsyncAnthropic) -> None:
    """`count_tokens` says what the same request is then billed for."""
    body = request(system="Be kind.", output_config=STRUCTURED)
    counted = await client.messages.count_tokens(
        **{key: value for key, value in body.items() if key != "max_tokens"}
    )
    assert (await client.messages.create(**body)).usage.input_tokens == counted.input_tokens


async def test_what_is_billed_is_remembered(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """Bills and totals add up to what the answers said; refused requests cost nothing."""
    usages = [(await ask(client, system=PREFIX)).usage for _ in range(3)]
    with pytest.raises(BadRequestError):
        await ask(client, max_tokens=-1)
    assert double.billed == len(double.bills) == 3
    start = "claude-haiku-4-5-20251001/standard"
    assert double.totals[f"{start}/output_tokens"] == sum(one.output_tokens for one in usages)
    assert double.totals[f"{start}/cache_read_input_tokens"] == sum(
        one.cache_read_input_tokens or 0 for one in usages
    )
    assert [call.status for call in double.requests] == [200, 200, 200, 400]


async def test_the_journal_has_the_parsed_request(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """Method, path, headers and JSON of a request can be looked at."""
    await ask(client, "What did I send?")
    call = double.requests[0]
    assert (call.method, call.path) == ("POST", "/v1/messages")
    assert call.headers["authorization"] == "Bearer any"
    assert call.headers["anthropic-version"] == "2026-10-21"
    assert call.body["messages"] == [{"role": "user", "content": "What did I send?"}]


async def test_the_journal_can_be_kept_short() -> None:
    """A benchmark does not fill the memory: only the last requests are remembered."""
    async with ClaudeDouble(keep_requests=2) as double:
        for _ in range(5):
            await _raw(double, request())
        assert (len(double.requests), double.received, double.billed) == (2, 5, 5)


async def test_a_wrong_key_is_refused() -> None:
    """Both headers are read; a missing and a wrong key are 401."""
    async with ClaudeDouble(keys=("right",)) as double:
        for key, accepted in (("right", True), ("wrong", False)):
            async with AsyncAnthropic(api_key=key, base_url=double.url, max_retries=0) as client:
                if accepted:
                    await ask(client)
                else:
                    with pytest.raises(AuthenticationError, match="Invalid bearer token"):
                        await ask(client)
        assert (await _raw(double, request(), **{"x-api-key": "right"})).status_code == 200
        refused = await _raw(double, request(), **{"x-api-key": "wrong"})
        assert refused.json()["error"] == {
            "type": "authentication_error",
            "message": "invalid x-api-key",
        }


async def test_an_unknown_model_is_not_found(client: AsyncAnthropic) -> None:
    """The error names the model, as the API words it."""
    with pytest.raises(NotFoundError) as caught:
        await ask(client, model="claude-haiku-4-5-20250514")
    assert caught.value.api_message == "model: claude-haiku-4-5-20250514"
    assert caught.value.type == "not_found_error"
    assert caught.value.request_id


async def test_sampling_parameters_pass_on_the_old_version_only(client: AsyncAnthropic) -> None:
    """On 2026-10-21 `temperature` is refused; on 2023-06-01 older models take it."""
    with pytest.raises(BadRequestError, match="temperature: Extra inputs are not permitted"):
        await ask(client, extra_body={"temperature": 0})
    old = {"anthropic-version": "2023-06-01"}
    await ask(client, extra_body={"temperature": 0}, extra_headers=old)
    with pytest.raises(BadRequestError, match="deprecated"):
        await ask(client, model=THINKER, extra_body={"temperature": 0}, extra_headers=old)


async def test_a_body_that_is_no_json_is_refused(double: ClaudeDouble) -> None:
    """Half a body is 400, not a crash."""
    response = await _raw(double, b'{"model": ')
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", ["/", "/v1/complete", "/v1/messages/other", "/v2/messages"])
async def test_other_paths_are_not_found(double: ClaudeDouble, path: str) -> None:
    """What the double does not play is 404 in the API's form."""
    response = await _raw(double, request(), path)
    assert response.status_code == 404
    assert response.json()["type"] == "error"


async def test_models_are_listed_by_pages(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """The SDK pages through all models, newest first, and reads each as its own type."""
    listed = [model async for model in client.models.list(limit=3)]
    assert len(listed) == len({model.name for model in double.models.values()})
    assert unknown_keys(listed) == []
    assert [model.created_at for model in listed] == sorted(
        (model.created_at for model in listed), reverse=True
    )
    assert (await client.models.retrieve("claude-haiku-5-5")).max_tokens == 128_000
    with pytest.raises(NotFoundError):
        await client.models.retrieve("claude-nobody")


async def test_limits_hold_and_pass() -> None:
    """The request over the limit is 429 with a wait, and after that wait it is answered."""
    async with (
        ClaudeDouble(limits=Limits(requests=2), clock=lambda: 1000.0) as double,
        AsyncAnthropic(api_key="any", base_url=double.url, max_retries=0) as client,
    ):
        await ask(client)
        await ask(client)
        with pytest.raises(RateLimitError) as caught:
            await ask(client)
        headers = caught.value.response.headers
        assert headers["retry-after"] == "30"
        assert headers["anthropic-ratelimit-requests-remaining"] == "0"
        double.advance(30)
        await ask(client)
        assert double.billed == 3


async def test_cached_tokens_do_not_count_towards_the_limit() -> None:
    """Reads are free of the input tokens of a minute."""
    limits = Limits(input_tokens=8000)
    async with (
        ClaudeDouble(limits=limits, clock=lambda: 1000.0) as double,
        AsyncAnthropic(api_key="any", base_url=double.url, max_retries=0) as client,
    ):
        for _ in range(4):
            await ask(client, system=PREFIX)
        with pytest.raises(RateLimitError, match="input tokens"):
            await ask(client, system="Be quick. " * 3000)


async def test_many_at_once_are_answered_at_once() -> None:
    """Requests wait beside each other, not one after the other."""
    async with (
        ClaudeDouble(wait_seconds=0.2) as double,
        AsyncAnthropic(api_key="any", base_url=double.url, max_retries=0) as client,
    ):
        await asyncio.gather(*(ask(client) for _ in range(20)))
        assert double.most_in_flight > 10


def test_a_thread_serves_code_that_is_not_asynchronous() -> None:
    """The synchronous client works against a double in a thread, and the port closes after."""
    with ClaudeDouble.in_thread(answer=lambda _body: Answer(text="Hi.")) as double:
        with Anthropic(api_key="any", base_url=double.url, max_retries=0) as client:
            message = client.messages.create(**request())
        assert text_of(message) == "Hi."
    assert double.billed == 1


async def test_an_answer_function_that_raises_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The caller gets a bare 500 that is not worth a retry, and the traceback is shown."""

    def clumsy(body: Any) -> str:
        return str(body["nothing"])

    async with ClaudeDouble(answer=clumsy) as double:
        response = await _raw(double, request())
    assert (response.status_code, response.headers["x-should-retry"]) == (500, "false")
    assert double.crashes == ["KeyError: 'nothing'"]
    assert "clumsy" in capsys.readouterr().err


async def test_a_model_of_ones_own_can_be_added() -> None:
    """A compatible server's model is known when it is given."""
    own = KnownModel(name="house-model", shown="House model", released="2026-01-01")
    async with ClaudeDouble(models=(own,)) as other:
        response = await _raw(other, request(model="house-model"))
    assert response.json()["model"] == "house-model"
