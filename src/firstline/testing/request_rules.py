"""What the API takes as a request: the whole contract of POST /v1/messages, without beta parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firstline.testing import content_rules as content
from firstline.testing.catalogue import EFFORTS, KnownModel
from firstline.testing.fields import an_integer, an_object, one_of, refuse, tagged
from firstline.testing.schema_rules import check_schema
from firstline.testing.wire import ApiError, Platform

OLD_VERSION, NEW_VERSION = "2023-06-01", "2026-10-21"
VERSIONS = (OLD_VERSION, NEW_VERSION)
PLATFORM_VERSIONS = {"bedrock": "bedrock-2023-05-31", "vertex": "vertex-2023-10-16"}
QUIET = ("disabled", "between_tools")
SAMPLING = frozenset({"temperature", "top_p", "top_k"})
COUNTED = frozenset(
    {"cache_control", "messages", "model", "output_config", "speed", "system", "thinking"}
    | {"tool_choice", "tools"}
)
CREATED = COUNTED | {
    "container",
    "diagnostics",
    "inference_geo",
    "max_tokens",
    "metadata",
    "service_tier",
    "stop_sequences",
    "stream",
}


def check_version(headers: Mapping[str, str]) -> str:
    """Return the API version a request asks for.

    Raises:
        ApiError: 400: there is none, or it is unknown.
    """
    version = headers.get("anthropic-version")
    if version is None:
        raise refuse("anthropic-version", "header is required")
    if version not in VERSIONS:
        raise refuse("anthropic-version", f'"{version}" is not a valid version')
    return version


def check_key(headers: Mapping[str, str], keys: frozenset[str]) -> None:
    """Check the key in either header; no keys given: any that is not empty will do.

    Raises:
        ApiError: 401.
    """
    bearer = headers.get("authorization", "")
    own = headers.get("x-api-key")
    token = bearer[7:].strip() if bearer.lower().startswith("bearer ") else None
    if own is None and token is None:
        raise ApiError(401, "x-api-key header is required")
    given = own if own is not None else token
    if not given or (keys and given not in keys):
        raise ApiError(401, "invalid x-api-key" if own is not None else "Invalid bearer token")


def check_request(
    body: Any, *, version: str, platform: Platform = "anthropic", counting: bool = False
) -> Mapping[str, Any]:
    """Check the form of a request, apart from what its model can do.

    Args:
        body: The parsed JSON body.
        version: Of the API; the old one takes sampling parameters.
        platform: Bedrock and Vertex take `anthropic_version` and no `model`.
        counting: Whether it is for count_tokens.

    Raises:
        ApiError: 400, with the field and the API's words.
    """
    if not isinstance(body, dict):
        raise refuse("", "Input should be a valid dictionary")
    required, allowed = _keys(version, platform, counting=counting)
    an_object(body, "", required=required, allowed=allowed)
    if not counting:
        an_integer(body["max_tokens"], "max_tokens", least=0)
    content.check_messages(body["messages"])
    _check_sampling(body)
    _check_rest(body)
    if platform == "bedrock" and body.get("cache_control"):
        raise refuse("cache_control", "Extra inputs are not permitted")
    content.check_breakpoints(body)
    return body


def _keys(
    version: str, platform: Platform, *, counting: bool
) -> tuple[tuple[str, ...], frozenset[str]]:
    required: tuple[str, ...] = ("model", "messages")
    if not counting:
        required = ("model", "max_tokens", "messages")
    allowed = COUNTED if counting else CREATED
    if not counting and version != NEW_VERSION:
        allowed |= SAMPLING
    if platform != "anthropic":
        required = ("anthropic_version", *required)
        allowed = (allowed - {"stream"}) | {"anthropic_beta"}
        if platform == "vertex":
            allowed |= {"stream"}
    return required, allowed


def _check_sampling(body: Mapping[str, Any]) -> None:
    for key in ("temperature", "top_p"):
        value = body.get(key)
        if value is not None and not (isinstance(value, int | float) and 0 <= value <= 1):
            raise refuse(key, "Input should be less than or equal to 1")
    if body.get("top_k") is not None:
        an_integer(body["top_k"], "top_k", least=0)


def _check_rest(body: Mapping[str, Any]) -> None:
    """Check every optional field that is there."""
    if body.get("system") is not None:
        content.check_system(body["system"])
    if body.get("tools") is not None:
        content.check_tools(body["tools"])
    if body.get("tool_choice") is not None:
        content.check_tool_choice(body["tool_choice"], body.get("tools") or [])
    if body.get("stop_sequences") is not None:
        content.check_stop_sequences(body["stop_sequences"])
    if body.get("metadata") is not None:
        content.check_metadata(body["metadata"])
    if body.get("thinking") is not None:
        content.check_thinking(body["thinking"], max_tokens=body.get("max_tokens"))
    if body.get("output_config") is not None:
        _check_output(body)
    _check_choices(body)
    content.check_cache_control(body.get("cache_control"), "cache_control")


def _check_choices(body: Mapping[str, Any]) -> None:
    for key, options in (
        ("service_tier", ("auto", "standard_only")),
        ("speed", ("standard", "fast")),
    ):
        if body.get(key) is not None:
            one_of(body[key], key, options)
    if not isinstance(body.get("stream", False), bool):
        raise refuse("stream", "Input should be a valid boolean")


def _check_output(body: Mapping[str, Any]) -> None:
    config = an_object(
        body["output_config"], "output_config", required=(), allowed=("effort", "format")
    )
    if config.get("effort") is not None:
        one_of(config["effort"], "output_config.effort", EFFORTS)
    wanted = config.get("format")
    if wanted is None:
        return
    where = "output_config.format"
    tagged(wanted, where, ("json_schema",))
    an_object(wanted, where, required=("schema",), allowed=("type",))
    check_schema(wanted["schema"], f"{where}.schema")
    if content.has_citations(body):
        raise refuse(where, "Structured outputs are not compatible with citations.")


def check_model(body: Mapping[str, Any], model: KnownModel, tokens: int) -> None:
    """Check a request against what its model can do.

    Args:
        body: A request whose form is checked.
        model: Its model.
        tokens: Its input tokens.

    Raises:
        ApiError: 400.
    """
    most = body.get("max_tokens", 0)
    if most > model.longest_answer:
        raise refuse(
            "max_tokens",
            f"{most} > {model.longest_answer}, which is the maximum allowed number of output "
            f"tokens for {model.name}",
        )
    if tokens > model.context:
        raise refuse("", f"prompt is too long: {tokens} tokens > {model.context} maximum")
    if body["messages"][-1]["role"] == "assistant" and not model.prefill:
        raise refuse(
            "",
            "This model does not support assistant message prefill. The conversation must end "
            "with a user message.",
        )
    if not model.later_system and any(turn["role"] == "system" for turn in body["messages"]):
        raise refuse(
            "messages",
            'Unexpected role "system". The Messages API accepts a top-level `system` parameter, '
            'not "system" as an input message role.',
        )
    for key in sorted(SAMPLING & body.keys()):
        if not model.samples:
            raise refuse("", f"`{key}` is deprecated for this model.")
    _check_thinking_of(body, model)
    config = body.get("output_config") or {}
    if config.get("effort") is not None and not model.effort:
        raise refuse("", "This model does not support the effort parameter.")
    if body.get("inference_geo") is not None and model.old:
        raise refuse("inference_geo", "This model does not support inference_geo.")
    forced = (body.get("tool_choice") or {}).get("type") in ("any", "tool")
    if forced and not model.forced_tools:
        raise refuse("tool_choice", "This model does not support forced tool use.")


def check_batched(params: Mapping[str, Any]) -> None:
    """Refuse what no item of a batch may ask.

    Raises:
        ApiError: 400.
    """
    if params.get("stream"):
        raise refuse("stream", "Streaming is not supported in batches.")
    if params.get("speed") == "fast":
        raise refuse("speed", "Fast mode is not supported in batches.")
    if params["max_tokens"] == 0:
        raise refuse("max_tokens", "Input should be greater than or equal to 1")


def _check_thinking_of(body: Mapping[str, Any], model: KnownModel) -> None:
    kind = (body.get("thinking") or {}).get("type")
    if kind is None:
        return
    if kind not in model.thinking:
        known = ", ".join(f'"{one}"' for one in model.thinking)
        raise refuse(
            "",
            f'"thinking.type.{kind}" is not supported for this model. Use one of {known}.',
        )
    effort = (body.get("output_config") or {}).get("effort")
    if kind in QUIET and effort is not None and effort not in model.quiet_efforts:
        raise refuse("", f'"thinking.type.{kind}" is not supported with effort "{effort}".')
