"""Claude on Bedrock and on Vertex, as the SDK's clients for them meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from anthropic import AsyncAnthropicVertex
from httpx2 import AsyncClient, Response
from tests.testing.asking import STRUCTURED, checked_message, request

from firstline.testing.claude_double import ClaudeDouble, Fault
from firstline.testing.platforms import bedrock_model, vertex_model
from firstline.testing.wire import ApiError

BEDROCK = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
SIGNED = "AWS4-HMAC-SHA256 Credential=key/20261122/us-east-1/bedrock/aws4_request, Signature=0"


def _body(version: str = "bedrock-2023-05-31", **more: Any) -> dict[str, Any]:
    body = request(**more)
    del body["model"]
    return {"anthropic_version": version, **body}


async def _invoke(
    double: ClaudeDouble, body: dict[str, Any], model: str = BEDROCK, key: str = SIGNED
) -> Response:
    path = f"/model/{model.replace(':', '%3A')}/invoke"
    headers = {"authorization": key} if key else {}
    async with AsyncClient(base_url=double.url) as http:
        return await http.post(path, content=json.dumps(body).encode(), headers=headers)


async def test_bedrock_answers_with_the_same_message(double: ClaudeDouble) -> None:
    """The body is the message; the tokens stand in Amazon's headers too."""
    response = await _invoke(double, _body(output_config=STRUCTURED, temperature=0))
    message = checked_message(response.json())
    assert message.model == "claude-haiku-4-5-20251001"
    tokens = response.headers["x-amzn-bedrock-input-token-count"]
    assert int(tokens) == message.usage.input_tokens
    assert "request-id" not in response.headers
    assert double.requests[0].path == f"/model/{BEDROCK}/invoke"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (request(), "anthropic_version: Field required"),
        (_body("2026-10-21"), "Invalid API version"),
        (_body("bedrock-2023-06-01"), "Invalid API version"),
        ({**_body(), "model": "claude-haiku-4-5"}, "model: Extra inputs"),
        (_body(cache_control={"type": "ephemeral"}), "cache_control: Extra inputs"),
        (_body(stream=True), "stream: Extra inputs"),
    ],
)
async def test_bedrock_refuses_in_its_own_form(
    double: ClaudeDouble, body: dict[str, Any], part: str
) -> None:
    """The error is a bare message, with its kind in a header."""
    response = await _invoke(double, body)
    assert response.status_code == 400
    assert response.headers["x-amzn-errortype"] == "ValidationException"
    assert part in response.json()["message"]


async def test_bedrock_takes_the_new_version_and_no_schema_on_later_models(
    double: ClaudeDouble,
) -> None:
    """Haiku 5.5 knows 2026-10-21; structured outputs are not offered there."""
    model = "us.anthropic.claude-haiku-5-5"
    assert (await _invoke(double, _body("2026-10-21"), model)).status_code == 200
    refused = await _invoke(double, _body("2026-10-21", output_config=STRUCTURED), model)
    assert "output_config.format" in refused.json()["message"]


async def test_bedrock_wants_a_signature_or_a_token(double: ClaudeDouble) -> None:
    """Without either it is 403, with a bearer token it is answered."""
    assert (await _invoke(double, _body(), key="")).status_code == 403
    assert (await _invoke(double, _body(), key="Bearer token")).status_code == 200


async def test_bedrock_has_no_529(double: ClaudeDouble) -> None:
    """An overload is 503 there."""
    double.script(Fault.overloaded())
    response = await _invoke(double, _body())
    assert response.status_code == 503
    assert response.headers["x-amzn-errortype"] == "ServiceUnavailableException"


@pytest.mark.parametrize(
    "model", ["anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5", "meta.llama"]
)
def test_a_model_without_a_profile_cannot_be_called(model: str) -> None:
    """The base id of an early model needs its region in front; other names are no models."""
    with pytest.raises(ApiError):
        bedrock_model(f"/model/{model}/invoke")


@pytest.mark.parametrize(
    ("read", "path", "name"),
    [
        (bedrock_model, f"/model/{BEDROCK}/invoke", "claude-haiku-4-5-20251001"),
        (
            bedrock_model,
            "/model/arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-sonnet-5/invoke",
            "claude-sonnet-5",
        ),
        (
            vertex_model,
            "/x/models/claude-haiku-4-5@20251001:rawPredict",
            "claude-haiku-4-5-20251001",
        ),
        (vertex_model, "/x/models/claude-sonnet-5-5:rawPredict", "claude-sonnet-5-5"),
    ],
)
def test_platform_names_become_first_party_names(
    read: Callable[[str], str], path: str, name: str
) -> None:
    """Regions, versions and `@` are read."""
    assert read(path) == name


async def test_the_sdks_vertex_client_is_answered(double: ClaudeDouble) -> None:
    """Messages and counting work through the SDK's own paths."""
    client = AsyncAnthropicVertex(
        region="global",
        project_id="acme",
        access_token="any",  # noqa: S106 - the double takes any
        base_url=f"{double.url}/v1",
        max_retries=0,
    )
    async with client:
        message = await client.messages.create(
            model="claude-haiku-4-5@20251001",
            max_tokens=100,
            messages=[{"role": "user", "content": "Hi"}],
            output_config=STRUCTURED,
        )
        counted = await client.messages.count_tokens(
            model="claude-haiku-4-5@20251001", messages=[{"role": "user", "content": "Hi"}]
        )
    assert message.model == "claude-haiku-4-5-20251001"
    assert counted.input_tokens > 0
    assert double.requests[0].path.endswith(
        "/projects/acme/locations/global/publishers/anthropic/models/"
        "claude-haiku-4-5@20251001:rawPredict"
    )


async def test_vertex_words_limits_as_google_does(double: ClaudeDouble) -> None:
    """429 and 401 are Google's errors, 400 is Anthropic's."""
    path = "/v1/projects/p/locations/eu/publishers/anthropic/models/claude-sonnet-5:rawPredict"
    double.script(Fault.rate_limited(None))
    async with AsyncClient(base_url=double.url, headers={"authorization": "Bearer x"}) as http:
        limited = await http.post(path, json=_body("vertex-2023-10-16"))
        wrong = await http.post(path, json=_body("bedrock-2023-05-31"))
        streaming = await http.post(
            path.replace(":rawPredict", ":streamRawPredict"), json=_body("vertex-2023-10-16")
        )
    async with AsyncClient(base_url=double.url) as http:
        nobody = await http.post(path, json=_body("vertex-2023-10-16"))
    assert limited.json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert nobody.json()["error"]["status"] == "UNAUTHENTICATED"
    assert wrong.json()["error"]["type"] == "invalid_request_error"
    assert streaming.status_code == 404
