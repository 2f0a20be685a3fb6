"""Claude on Bedrock and on Vertex: other paths, keys, names and versions, the same messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firstline.testing.catalogue import KnownModel
from firstline.testing.fields import refuse
from firstline.testing.request_rules import NEW_VERSION, OLD_VERSION, PLATFORM_VERSIONS
from firstline.testing.wire import ApiError, Platform

COUNT_TOKENS = "/count-tokens:rawPredict"
VERTEX = "/publishers/anthropic/models/"
REGIONS = ("us.", "eu.", "jp.", "apac.", "au.", "global.")
WITH_ARN_VERSION = frozenset({"claude-sonnet-4-6", "claude-opus-4-6"})
"""Models after 4.5 that Bedrock still takes with its own version of the API only."""


def of_path(path: str) -> Platform:
    """Return the platform whose API a path belongs to."""
    if path.startswith("/model/") and path.endswith("/invoke"):
        return "bedrock"
    return "vertex" if VERTEX in path else "anthropic"


def bedrock_model(path: str) -> str:
    """Return the model that a Bedrock path names, as the first-party API calls it.

    Raises:
        ApiError: 400: it is a base model that can only be called through a profile.
    """
    given = path.removeprefix("/model/").removesuffix("/invoke").rsplit("/", 1)[-1]
    name, region = given, ""
    for one in REGIONS:
        if given.startswith(one):
            name, region = given.removeprefix(one), one
    if not name.startswith("anthropic."):
        raise ApiError(400, "The provided model identifier is invalid.")
    short, versioned, _ = name.removeprefix("anthropic.").partition("-v1")
    if versioned and not region:
        raise ApiError(
            400,
            f"Invocation of model ID {given} with on-demand throughput isn’t supported. Retry your "
            "request with the ID or ARN of an inference profile that contains this model.",
        )
    return short


def vertex_model(path: str) -> str:
    """Return the model that a Vertex path names, as the first-party API calls it.

    Raises:
        ApiError: 404: the path ends in another verb than `rawPredict`.
    """
    name, _, verb = path.rsplit("/", 1)[-1].partition(":")
    if verb != "rawPredict":
        raise ApiError(404, f"Not found: {path}")
    return name.replace("@", "-")


def with_model(body: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """Return a body with the model that its path names, or, to count, that it names itself.

    Raises:
        ApiError: 400: both name one.
    """
    if not model:
        return {**body, "model": str(body.get("model", "")).replace("@", "-")}
    if "model" in body:
        raise refuse("model", "Extra inputs are not permitted")
    return {**body, "model": model}


def version_of(body: Any, platform: Platform) -> str:
    """Return the version of the API that a platform's request asks for.

    Raises:
        ApiError: 400.
    """
    version = body.get("anthropic_version") if isinstance(body, dict) else None
    if version is None:
        raise refuse("anthropic_version", "Field required")
    if version == PLATFORM_VERSIONS[platform]:
        return OLD_VERSION
    if version != NEW_VERSION:
        raise refuse("", "Invalid API version")
    return NEW_VERSION


def check_bedrock(body: Mapping[str, Any], model: KnownModel) -> None:
    """Refuse what Bedrock has not: the new version for early models, schemas for late ones.

    Raises:
        ApiError: 400.
    """
    own = model.old or model.name in WITH_ARN_VERSION
    if not own and (body.get("output_config") or {}).get("format"):
        raise refuse("output_config.format", "Extra inputs are not permitted")
    if own and body["anthropic_version"] != PLATFORM_VERSIONS["bedrock"]:
        raise refuse("", "Invalid API version")


def check_aws_key(headers: Mapping[str, str], keys: frozenset[str]) -> None:
    """Check that a request is signed, or carries a bearer token.

    Raises:
        ApiError: 403.
    """
    given = headers.get("authorization", "")
    if given.startswith("AWS4-HMAC-SHA256 "):
        return
    token = given.removeprefix("Bearer ").strip()
    if not given.startswith("Bearer ") or not token:
        raise ApiError(403, "Missing Authentication Token")
    if keys and token not in keys:
        raise ApiError(403, "The security token included in the request is invalid.")


def check_google_key(headers: Mapping[str, str]) -> None:
    """Check that a request carries a bearer token.

    Raises:
        ApiError: 401.
    """
    if not headers.get("authorization", "").startswith("Bearer "):
        raise ApiError(401, "Request is missing required authentication credential.")


def bedrock_headers(usage: Mapping[str, Any], request_id: str) -> tuple[tuple[str, str], ...]:
    """Return the headers that Bedrock adds to an answer."""
    return (
        ("x-amzn-requestid", request_id),
        ("x-amzn-bedrock-input-token-count", str(usage["input_tokens"])),
        ("x-amzn-bedrock-output-token-count", str(usage["output_tokens"])),
        ("x-amzn-bedrock-cache-read-input-token-count", str(usage["cache_read_input_tokens"])),
        ("x-amzn-bedrock-cache-write-input-token-count", str(usage["cache_creation_input_tokens"])),
    )
