"""The Anthropic SDK, set up for each provider, and the exact request that goes out.

The only module that builds SDK clients. `anthropic` is imported when a client is opened, because
it takes most of a second and `firstline --help` must not wait for it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

import re2

from firstline.claude.calls import Question
from firstline.claude.message import LONGEST_ANSWER
from firstline.claude.registry import endpoint_region, platform_id
from firstline.claude.specs import ModelSpec
from firstline.errors import SetupError
from firstline.workspace.models import ModelSettings

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic, AsyncAnthropicBedrock, AsyncAnthropicVertex
    from httpx2 import AsyncClient, Response

    Sdk: TypeAlias = AsyncAnthropic | AsyncAnthropicBedrock | AsyncAnthropicVertex

KEY_VARIABLE: Final = "ANTHROPIC_API_KEY"
ADDRESS_VARIABLE: Final = "ANTHROPIC_BASE_URL"
ADDRESS: Final = "https://api.anthropic.com"
PATH: Final = "/v1/messages"
CONNECT_SECONDS: Final = 5.0
BEDROCK_VERSION: Final = "bedrock-2023-05-31"
"""The SDK would send 2026-10-21, which Bedrock refuses for the 4.5 and 4.6 models."""
_PROJECT_VARIABLES: Final = ("ANTHROPIC_VERTEX_PROJECT_ID", "GOOGLE_CLOUD_PROJECT")
_VERTEX_REGION = re2.compile(r"^(?:global|us|eu|[a-z]+-[a-z]+[0-9]{1,2})$")


class AnswerTooLongError(Exception):
    """A server sent more bytes than any answer has."""


def request_body(question: Question, model: ModelSpec, settings: ModelSettings) -> dict[str, Any]:
    """Return the exact JSON that is asked; on Bedrock and Vertex the model moves to the address.

    No sampling parameters and no prefill: the API refuses them.

    Args:
        question: What to ask.
        model: The registry's entry of `question.model`.
        settings: Provider, region and cache.

    Raises:
        SetupError: The provider does not offer the model, or not in this region.
    """
    offered = model.on(settings.provider)
    system: dict[str, Any] = {"type": "text", "text": question.system}
    if settings.cache != "off" and offered.caching:
        system["cache_control"] = _cache_control(settings)
    body: dict[str, Any] = {
        "model": platform_id(model, settings),
        "max_tokens": question.max_tokens,
        "system": [system],
        "messages": [{"role": turn.role, "content": turn.text} for turn in question.turns],
    }
    if offered.structured:
        schema = {"type": "json_schema", "schema": dict(question.schema)}
        body["output_config"] = {"format": schema}
    if model.thinking.off is not None:
        body["thinking"] = {"type": model.thinking.off}
    if question.requester is not None:
        body["metadata"] = {"user_id": opaque(question.requester)}
    if settings.provider == "bedrock":
        body["anthropic_version"] = BEDROCK_VERSION
    return body


def opaque(requester: str) -> str:
    """Return the id under which a requester is known outside: the API wants no names or mail."""
    return hashlib.sha256(f"firstline requester\0{requester}".encode()).hexdigest()[:32]


def _cache_control(settings: ModelSettings) -> dict[str, str]:
    """Return the breakpoint; five minutes is the API's own default and not said."""
    kind = {"type": "ephemeral"}
    return {**kind, "ttl": "1h"} if settings.cache == "1h" else kind


def build_sdk(
    settings: ModelSettings,
    environment: Mapping[str, str] = os.environ,
    *,
    access_token: str | None = None,
    longest: int = LONGEST_ANSWER,
) -> Sdk:
    """Return the SDK's client for the provider: no retries of its own, no environment lookups.

    Args:
        settings: Provider, region, project and base_url.
        environment: Where keys are found.
        access_token: Vertex: instead of the machine's own Google credentials.
        longest: Bytes of an answer that are read; Anthropic's own API only.

    Raises:
        SetupError: Something is missing or wrong; one sentence says what.
    """
    if settings.base_url and settings.provider != "anthropic":
        raise SetupError(
            f"base_url does not go with the provider {settings.provider!r}",
            fix='Remove base_url from [models], or set provider = "anthropic"',
        )
    match settings.provider:
        case "anthropic":
            return _anthropic(settings, environment, longest)
        case "bedrock":
            return _bedrock(settings, environment)
        case "vertex":
            return _vertex(settings, environment, access_token)
        case _:
            raise SetupError(
                f"The provider {settings.provider!r} has no models to ask",
                fix='Set provider in [models] to "anthropic", "bedrock" or "vertex"',
            )


def with_fresh_connections(sdk: Sdk) -> Sdk:
    """Return the same client without its connections, which belong to an event loop that ended."""
    return sdk.copy(http_client=_http_client())


def _anthropic(
    settings: ModelSettings, environment: Mapping[str, str], longest: int
) -> AsyncAnthropic:
    key = environment.get(KEY_VARIABLE, "").strip()
    if not key:
        raise SetupError(
            f"There is no key: {KEY_VARIABLE} is not set",
            fix="Set it in the environment; any value does for a server that asks for none",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SetupError(
            f"{KEY_VARIABLE} holds characters that no key has",
            fix="Copy the key again, without quotation marks or line breaks",
        )
    address = _address(settings, environment)
    _need("anthropic", "firstline")
    from anthropic import AsyncAnthropic  # noqa: PLC0415 - start-up, see above

    # Some proxies read x-api-key only; the SDK itself sends Authorization: Bearer.
    headers = {} if address == ADDRESS else {"x-api-key": key}
    return AsyncAnthropic(
        api_key=key,
        base_url=address,
        default_headers=headers,
        max_retries=0,
        open_telemetry=False,
        http_client=_http_client(longest),
    )


def _address(settings: ModelSettings, environment: Mapping[str, str]) -> str:
    """Return the server to ask, checked."""
    given, name = settings.base_url, "base_url in [models]"
    if not given:
        given, name = environment.get(ADDRESS_VARIABLE, ""), ADDRESS_VARIABLE
    if not given:
        return ADDRESS
    try:
        parts = urlsplit(given)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        usable = usable and (parts.port or 1) > 0  # Reading it raises for a port out of range.
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable:
        raise SetupError(f"{name} is not an address", fix="Write it as https://host or http://host")
    path = parts.path.rstrip("/")
    if path.endswith(("/v1", PATH)):
        raise SetupError(
            f"{name} ends in {'/v1' if path.endswith('/v1') else PATH}, which is added to it",
            fix="Remove that part",
        )
    return given.rstrip("/")


def _bedrock(settings: ModelSettings, environment: Mapping[str, str]) -> AsyncAnthropicBedrock:
    _need("boto3", "firstline[bedrock]")
    from anthropic import AsyncAnthropicBedrock  # noqa: PLC0415 - start-up, see above

    region = endpoint_region(settings)
    session = import_module("boto3").Session()  # An extra, and without types.
    known = [
        name
        for partition in session.get_available_partitions()
        # Any region of AWS: which have Bedrock changes faster than the package that knows.
        for name in session.get_available_regions("ec2", partition_name=partition)
    ]
    if region not in known:
        near = get_close_matches(region, known, n=1)
        nearest = f"; did you mean {near[0]}?" if near else ", such as us-east-1"
        raise SetupError(
            f"AWS has no region {region!r}" if region else "Bedrock needs a region",
            fix=f"Set region in [models]{nearest}",
        )
    if not environment.get("AWS_BEARER_TOKEN_BEDROCK") and session.get_credentials() is None:
        raise SetupError(
            "There are no AWS credentials for Bedrock",
            fix="Set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "AWS_BEARER_TOKEN_BEDROCK",
        )
    return AsyncAnthropicBedrock(
        aws_region=region, max_retries=0, open_telemetry=False, http_client=_http_client()
    )


def _vertex(
    settings: ModelSettings, environment: Mapping[str, str], access_token: str | None
) -> AsyncAnthropicVertex:
    _need("google.auth", "firstline[vertex]")
    from anthropic import AsyncAnthropicVertex  # noqa: PLC0415 - start-up, see above

    if not _VERTEX_REGION.match(settings.region):
        raise SetupError(
            f"Vertex has no region {settings.region!r}"
            if settings.region
            else "Vertex needs a region",
            fix="Set region in [models] to global, us, eu, or one such as us-east5",
        )
    project = settings.project or next(filter(None, map(environment.get, _PROJECT_VARIABLES)), "")
    credentials = None
    if access_token is None:
        credentials, found = _google_credentials()
        project = project or found
    if not project:
        raise SetupError(
            "Vertex needs a Google Cloud project", fix="Set project in [models] to its id"
        )
    return AsyncAnthropicVertex(
        region=settings.region,
        project_id=project,
        access_token=access_token,
        credentials=credentials,
        max_retries=0,
        open_telemetry=False,
        http_client=_http_client(),
    )


def _google_credentials() -> tuple[Any, str]:
    from google.auth import default  # noqa: PLC0415 - an extra
    from google.auth.exceptions import DefaultCredentialsError  # noqa: PLC0415 - start-up

    try:
        credentials, project = default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    except DefaultCredentialsError:
        raise SetupError(
            "There are no Google credentials for Vertex",
            fix="Run `gcloud auth application-default login`, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to a key file",
        ) from None
    return credentials, project or ""


def _need(module: str, package: str) -> None:
    top = module.partition(".")[0]
    if find_spec(top) is None or find_spec(module) is None:
        raise SetupError(
            f"The package {module} is not installed", fix=f'Run `pip install "{package}"`'
        )


def _http_client(longest: int = LONGEST_ANSWER) -> AsyncClient:
    """Return the SDK's own kind of HTTP client, which reads no endless answer.

    Redirects are refused: a question goes to the server it was meant for or nowhere. The answer
    comes uncompressed: it is small, and its length can be checked as it arrives.
    """
    from anthropic import DefaultAsyncHttpxClient  # noqa: PLC0415 - start-up, see above
    from httpx2 import AsyncByteStream, Timeout  # noqa: PLC0415 - start-up

    class Capped(AsyncByteStream):
        """The bytes of an answer, up to the most that are read."""

        def __init__(self, stream: AsyncByteStream) -> None:
            self._stream = stream

        async def __aiter__(self) -> Any:
            size = 0
            async for chunk in self._stream:
                size += len(chunk)
                if size > longest:
                    raise AnswerTooLongError
                yield chunk

        async def aclose(self) -> None:
            await self._stream.aclose()

    async def cap(response: Response) -> None:
        if isinstance(response.stream, AsyncByteStream):
            response.stream = Capped(response.stream)

    return DefaultAsyncHttpxClient(
        headers={"accept-encoding": "identity"},
        event_hooks={"response": [cap]},
        follow_redirects=False,
        timeout=Timeout(60.0, connect=CONNECT_SECONDS),
    )
