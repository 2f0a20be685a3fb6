"""What the double refuses, in the API's words, and what it takes."""

from __future__ import annotations

import copy
from typing import Any, Required, get_args, get_origin

import anthropic.types as wire_types
import pytest
from anthropic import transform_schema
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from tests.testing.asking import HAIKU, SCHEMA, STRUCTURED, THINKER, request
from typing_extensions import get_type_hints

from firstline.testing import catalogue, content_rules, request_rules, tokens
from firstline.testing.schema_rules import check_schema
from firstline.testing.wire import ApiError

EPHEMERAL = {"type": "ephemeral"}
NEW = request_rules.NEW_VERSION
MODELS = catalogue.by_name()


def _refusal(body: Any, version: str = NEW, **options: Any) -> str:
    """Return the message of a refusal, empty when there is none."""
    try:
        request_rules.check_request(body, version=version, **options)
        model = MODELS[body["model"]]
        request_rules.check_model(body, model, tokens.count(body, model.token_factor))
    except ApiError as error:
        return error.message if error.status == 400 else f"{error.status} {error.kind}"
    return ""


def _text(text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def _turns(*contents: Any) -> list[dict[str, Any]]:
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": content} for at, content in enumerate(contents)]


def _without(key: str) -> dict[str, Any]:
    body = request()
    del body[key]
    return body


MARKED = _text(cache_control=EPHEMERAL)
OPEN = {"type": "object", "properties": {}}
PREFILL = _turns("Hi", "Hello, ")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_without("max_tokens"), "max_tokens: Field required"),
        (_without("messages"), "messages: Field required"),
        (_without("model"), "model: Field required"),
        (request(max_tokens="many"), "max_tokens: Input should be a valid integer"),
        (request(max_tokens=-1), "max_tokens: Input should be greater than or equal to 0"),
        (request(temperature=0), "temperature: Extra inputs are not permitted"),
        (request(top_p=1), "top_p: Extra inputs are not permitted"),
        (request(top_k=5), "top_k: Extra inputs are not permitted"),
        (request(prompt="Hi"), "prompt: Extra inputs are not permitted"),
        (request(messages=[]), "messages: at least one message is required"),
        (
            request(messages=[{"role": "human", "content": "Hi"}]),
            "messages.0.role: Input should be 'user', 'assistant' or 'system'",
        ),
        (
            request(messages=[{"role": "user", "content": "Hi", "name": "Ann"}]),
            "messages.0.name: Extra inputs are not permitted",
        ),
        (
            request(messages=_turns([_text("")])),
            "messages: text content blocks must be non-empty",
        ),
        (
            request(messages=_turns([_text(cache_control={"type": "ephemeral", "ttl": "2h"})])),
            "messages.0.content.0.text.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
        ),
        (
            request(system=[_text(cache_control={"type": "ephemeral", "ttl": "1d"})]),
            "system.0.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
        ),
        (
            request(system=[MARKED] * 3, messages=_turns([MARKED, MARKED])),
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (
            request(system=[MARKED] * 4, cache_control=EPHEMERAL),
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (
            request(metadata={"user_id": "u", "mail": "x"}),
            "metadata.mail: Extra inputs are not permitted",
        ),
        (
            request(output_config={"format": {"type": "json", "schema": SCHEMA}}),
            (
                "output_config.format: Input tag 'json' found using 'type' does not match any of "
                "the expected tags: 'json_schema'"
            ),
        ),
        (
            request(output_config={"format": {"type": "json_schema", "schema": OPEN}}),
            (
                "output_config.format.schema: For 'object' type, 'additionalProperties' must be "
                "explicitly set to false"
            ),
        ),
        (
            request(output_format={"type": "json_schema", "schema": SCHEMA}),
            "output_format: Extra inputs are not permitted",
        ),
        (
            request(model="claude-sonnet-4-6", messages=PREFILL[:1] + _turns("", "So:")[1:]),
            (
                "This model does not support assistant message prefill. The conversation must end "
                "with a user message."
            ),
        ),
        (
            request(max_tokens=70_000),
            (
                "max_tokens: 70000 > 64000, which is the maximum allowed number of output "
                "tokens for claude-haiku-4-5-20251001"
            ),
        ),
        (request(stream="yes"), "stream: Input should be a valid boolean"),
        (
            request(tool_choice={"type": "any"}),
            "tool_choice: tool_choice may only be specified while providing tools.",
        ),
        ("text", "Input should be a valid dictionary"),
    ],
)
def test_the_api_refuses(body: Any, message: str) -> None:
    """A wrong request is refused with the field's path and the API's words."""
    assert _refusal(body) == message


@pytest.mark.parametrize(
    "body",
    [
        request(),
        request(system="Be kind.", stop_sequences=["END"], metadata={"user_id": "abc"}),
        request(system=[MARKED], messages=_turns([MARKED, _text()], "Hi", [MARKED])),
        request(output_config=STRUCTURED, service_tier="auto", stream=False),
        request(messages=[*PREFILL[:1], {"role": "assistant", "content": "The answer is"}]),
        request(messages=_turns("A", "B", "C")),
        request(model=THINKER, thinking={"type": "disabled"}, output_config={"effort": "low"}),
        request(model="claude-sonnet-5-5", thinking={"type": "between_tools"}),
        request(thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2000),
        request(
            tools=[{"name": "find", "input_schema": {"type": "object", "properties": {}}}],
            tool_choice={"type": "tool", "name": "find"},
        ),
    ],
)
def test_the_api_takes(body: Any) -> None:
    """A right request is taken."""
    assert _refusal(body) == ""


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (request(model="claude-sonnet-5-5", thinking={"type": "disabled"}), "between_tools"),
        (
            request(model=THINKER, thinking={"type": "disabled"}, output_config={"effort": "max"}),
            'effort "max"',
        ),
        (
            request(
                model=THINKER,
                max_tokens=2000,
                thinking={"type": "enabled", "budget_tokens": 1024},
            ),
            "thinking.type.enabled",
        ),
        (request(output_config={"effort": "low"}), "effort"),
        (request(inference_geo="us"), "inference_geo"),
        (
            request(
                model="claude-sonnet-5-5",
                tools=[{"name": "find", "input_schema": {"type": "object"}}],
                tool_choice={"type": "any"},
            ),
            "forced tool use",
        ),
        (
            request(messages=[*_turns("Hi"), {"role": "system", "content": "Later"}]),
            'Unexpected role "system"',
        ),
        (request("word " * 200_000), "prompt is too long"),
    ],
)
def test_each_model_has_its_own_limits(body: Any, part: str) -> None:
    """What one model takes another refuses."""
    assert part in _refusal(body)


def test_a_longer_life_stands_before_a_shorter_one() -> None:
    """An hour after five minutes is refused, the other way round is taken."""
    hour = _text(cache_control={"type": "ephemeral", "ttl": "1h"})
    assert "must not come after" in _refusal(request(system=[MARKED, hour]))
    assert _refusal(request(system=[hour, MARKED])) == ""


def test_citations_and_a_schema_exclude_each_other() -> None:
    """A document with citations cannot be answered in JSON."""
    document = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "Refunds take a week."},
        "citations": {"enabled": True},
    }
    turns = _turns([document, _text()])
    assert _refusal(request(messages=turns)) == ""
    assert "citations" in _refusal(request(messages=turns, output_config=STRUCTURED))


def _closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        (_closed(n={"type": "integer", "minimum": 0}), "properties minimum are not supported"),
        (_closed(s={"type": "string", "maxLength": 9}), "properties maxLength are not supported"),
        (_closed(a={"type": "array", "items": {"type": "string"}, "minItems": 2}), "'minItems'"),
        (_closed(o={"type": "object", "additionalProperties": True}), "additionalProperties"),
        (_closed(a={"type": "array", "items": OPEN}), "additionalProperties"),
        (_closed(x={"description": "anything"}), "must have a 'type'"),
        (_closed(x={"$ref": "https://example.com/schema"}), "External $ref"),
        ({**_closed(a={"type": "string"}), "required": ["b"]}, "'b' is not in properties"),
        (
            {**_closed(**{f"p{at}": {"type": "string"} for at in range(25)}), "required": []},
            "too many optional parameters (25)",
        ),
        (
            _closed(**{f"p{at}": {"type": ["string", "null"]} for at in range(17)}),
            "union types (17",
        ),
        (
            {**_closed(x={"$ref": "#/$defs/x"}), "$defs": {"x": _closed(x={"$ref": "#/$defs/x"})}},
            "Circular",
        ),
    ],
)
def test_schemas_the_api_cannot_hold_to_are_refused(schema: Any, part: str) -> None:
    """What structured outputs do not support is named."""
    with pytest.raises(ApiError) as caught:
        check_schema(schema, "output_config.format.schema")
    assert part in caught.value.message


class _Quote(BaseModel):
    document: str = Field(max_length=80)
    words: str = Field(min_length=1)


class _Reply(BaseModel):
    sentences: list[_Quote] = Field(min_length=1, max_length=9)
    probability: float = Field(ge=0, le=1)
    note: str | None = None


def test_what_the_sdk_makes_of_a_type_is_taken() -> None:
    """A schema transformed by the SDK passes; the same schema untransformed does not."""
    check_schema(transform_schema(_Reply), "schema")
    with pytest.raises(ApiError):
        check_schema(_Reply.model_json_schema(), "schema")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "type role content text system tools schema format cache_control name".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(request_rules.CREATED)), JSON, max_size=6))
def test_any_json_is_taken_or_refused(fields: dict[str, Any]) -> None:
    """Whatever a caller sends, the double does not crash."""
    _refusal({**request(), **fields, "model": HAIKU})


RICH = request(
    system=[MARKED],
    messages=[
        *_turns([_text(), {"type": "image", "source": {"type": "base64", "data": "AA=="}}]),
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "", "signature": "s"},
                {"type": "tool_use", "id": "t", "name": "find", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t", "content": [MARKED]}],
        },
    ],
    tools=[{"name": "find", "input_schema": _closed(a={"type": "string"}), "strict": True}],
    tool_choice={"type": "tool", "name": "find"},
    output_config=STRUCTURED,
    thinking={"type": "enabled", "budget_tokens": 1024},
    metadata={"user_id": "u"},
    stop_sequences=["END"],
    cache_control=EPHEMERAL,
)


@given(st.data())
def test_a_request_with_one_part_replaced_is_taken_or_refused(data: st.DataObject) -> None:
    """Whichever part of a full request is something else, the double does not crash."""
    body: Any = copy.deepcopy({**RICH, "max_tokens": 2000})
    place: Any = body
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else [0]))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[key] = data.draw(JSON)
    if isinstance(body["model"], str) and body["model"] in MODELS:
        _refusal(body)


def test_a_request_with_everything_is_taken() -> None:
    """The request that is varied above is right as it stands."""
    assert _refusal({**RICH, "max_tokens": 2000}) == ""


def _members(union: Any) -> list[Any]:
    if isinstance(union, type):
        return [union]
    return [one for part in get_args(union) for one in _members(part) if isinstance(one, type)]


def _shape(member: Any) -> tuple[str, set[str], set[str]]:
    """Return the `type` of a TypedDict of the SDK, its required and all its keys."""
    hints = get_type_hints(member, include_extras=True)
    marked: Any = Required
    required = {key for key, hint in hints.items() if get_origin(hint) == marked}
    kind = get_type_hints(member)["type"]
    while get_args(kind):
        kind = get_args(kind)[0]
    return str(kind), required - {"type"}, set(hints) - {"type"}


@pytest.mark.parametrize(
    ("union", "table"),
    [
        (wire_types.ContentBlockParam, content_rules.BLOCKS),
        (wire_types.ToolUnionParam, content_rules.TOOLS),
    ],
)
def test_the_tables_of_blocks_and_tools_are_the_sdks(union: Any, table: Any) -> None:
    """Kinds, required and optional keys agree with the types of the installed SDK."""
    shapes = {}
    for member in _members(union):
        kind, required, keys = _shape(member)
        shapes[kind] = (required, keys)
    mine = {kind: (set(need), set(need) | set(more)) for kind, (need, more) in table.items()}
    assert mine == shapes


def test_the_fields_of_a_request_are_the_sdks() -> None:
    """The top-level keys agree with the SDK's, but for what it sends as headers."""
    headers = {"user_profile_id", "workspace_id"}
    created = wire_types.message_create_params.MessageCreateParamsNonStreaming
    assert set(get_type_hints(created)) - headers == request_rules.CREATED
    counted = set(get_type_hints(wire_types.MessageCountTokensParams))
    assert counted - headers == request_rules.COUNTED


def test_every_model_is_known_to_the_sdk() -> None:
    """The double plays no model that the SDK has never heard of."""
    literal = get_args(get_args(wire_types.ModelParam)[0])
    assert {model.name for model in catalogue.KNOWN_MODELS} <= set(literal)
