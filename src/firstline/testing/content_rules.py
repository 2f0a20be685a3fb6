"""What the API takes as content: blocks of messages and of the system prompt, and tools."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from firstline.testing.fields import (
    a_list,
    a_string,
    an_integer,
    an_object,
    one_of,
    refuse,
    tagged,
    under,
)

CACHE = "cache_control"
RESULT = ("tool_use_id", "content")
TOOL_BASICS = frozenset({"allowed_callers", CACHE, "defer_loading", "strict"})
SEARCH = TOOL_BASICS | {"allowed_domains", "blocked_domains", "max_uses"}
FETCH = SEARCH | {"citations", "max_content_tokens", "url_sources"}
EXAMPLES = TOOL_BASICS | {"input_examples"}

BLOCKS: Mapping[str, tuple[tuple[str, ...], Collection[str]]] = {
    "text": (("text",), (CACHE, "citations")),
    "image": (("source",), (CACHE, "transformations")),
    "document": (("source",), (CACHE, "citations", "context", "title")),
    "search_result": (("content", "source", "title"), (CACHE, "citations")),
    "thinking": (("thinking", "signature"), ()),
    "redacted_thinking": (("data",), ()),
    "tool_use": (("id", "name", "input"), (CACHE, "caller", "toolset_name")),
    "tool_result": (("tool_use_id",), (CACHE, "content", "is_error", "toolset_name")),
    "server_tool_use": (("id", "name", "input"), (CACHE, "caller")),
    "web_search_tool_result": (RESULT, (CACHE, "caller")),
    "web_fetch_tool_result": (RESULT, (CACHE, "caller")),
    "code_execution_tool_result": (RESULT, (CACHE,)),
    "bash_code_execution_tool_result": (RESULT, (CACHE,)),
    "text_editor_code_execution_tool_result": (RESULT, (CACHE,)),
    "tool_search_tool_result": (RESULT, (CACHE,)),
    "container_upload": (("file_id",), (CACHE,)),
}
"""Kind of block to its required and its optional keys, beside `type`."""

TOOLS: Mapping[str, tuple[tuple[str, ...], Collection[str]]] = {
    "custom": (
        ("name", "input_schema"),
        EXAMPLES | {"description", "eager_input_streaming"},
    ),
    "bash_20250124": (("name",), EXAMPLES),
    "code_execution_20250522": (("name",), TOOL_BASICS),
    "code_execution_20250825": (("name",), TOOL_BASICS),
    "code_execution_20260120": (("name",), TOOL_BASICS),
    "code_execution_20260521": (("name",), TOOL_BASICS),
    "browser_toolset_20260801": ((), (CACHE, "configs")),
    "memory_20250818": (("name",), EXAMPLES),
    "computer_toolset_20260801": ((), (CACHE, "configs")),
    "text_editor_20250124": (("name",), EXAMPLES),
    "text_editor_20250429": (("name",), EXAMPLES),
    "text_editor_20250728": (("name",), EXAMPLES | {"max_characters"}),
    "web_search_20250305": (("name",), SEARCH | {"user_location"}),
    "web_search_20260209": (("name",), SEARCH | {"user_location"}),
    "web_search_20260318": (("name",), SEARCH | {"user_location", "response_inclusion"}),
    "web_fetch_20250910": (("name",), FETCH),
    "web_fetch_20260209": (("name",), FETCH),
    "web_fetch_20260309": (("name",), FETCH | {"use_cache"}),
    "web_fetch_20260318": (("name",), FETCH | {"use_cache", "response_inclusion"}),
    "tool_search_tool_bm25_20251119": (("name",), TOOL_BASICS),
    "tool_search_tool_regex_20251119": (("name",), TOOL_BASICS),
}
"""Kind of tool to its required and its optional keys, beside `type`."""

MOST_BREAKPOINTS = 4
MOST_MESSAGES = 100_000
MOST_STRICT_TOOLS = 20


def check_cache_control(value: Any, where: str) -> None:
    """Check one `cache_control`; null is none."""
    if value is None:
        return
    an_object(value, where, required=("type",), allowed=("ttl",))
    if value["type"] != "ephemeral":
        raise refuse(
            where,
            f"Input tag '{value['type']}' found using 'type' does not match any of the expected "
            "tags: 'ephemeral'",
        )
    if "ttl" in value:
        one_of(value["ttl"], f"{where}.ephemeral.ttl", ("5m", "1h"))


def check_block(block: Any, where: str, kinds: Collection[str] = BLOCKS) -> None:
    """Check one content block."""
    kind = tagged(block, where, kinds)
    inside = under(where, kind)
    required, optional = BLOCKS[kind]
    an_object(block, inside, required=required, allowed=("type", *optional))
    if kind == "text":
        text = a_string(block["text"], under(inside, "text"))
        if not text and block.get(CACHE):
            raise refuse(inside, "cache_control cannot be set for empty text blocks")
        if not text:
            raise refuse("messages", "text content blocks must be non-empty")
        if not text.strip():
            raise refuse("messages", "text content blocks must contain non-whitespace text")
    if kind == "tool_result" and isinstance(block.get("content"), list):
        for at, part in enumerate(block["content"]):
            check_cache_control(part.get(CACHE), under(inside, f"content.{at}.{CACHE}"))
    check_cache_control(block.get(CACHE), under(inside, CACHE))


def check_system(system: Any) -> None:
    """Check the system prompt: a string, or text blocks."""
    if isinstance(system, str):
        return
    for at, block in enumerate(a_list(system, "system")):
        where = f"system.{at}"
        required, optional = BLOCKS["text"]
        an_object(block, where, required=("type", *required), allowed=optional)
        one_of(block["type"], under(where, "type"), ("text",))
        if not a_string(block["text"], under(where, "text")):
            raise refuse("system", "text content blocks must be non-empty")
        check_cache_control(block.get(CACHE), under(where, CACHE))


def check_messages(messages: Any) -> None:
    """Check all turns and their blocks."""
    turns = a_list(messages, "messages")
    if not turns:
        raise refuse("messages", "at least one message is required")
    if len(turns) > MOST_MESSAGES:
        raise refuse("messages", f"List should have at most {MOST_MESSAGES} items")
    for at, turn in enumerate(turns):
        where = f"messages.{at}"
        an_object(turn, where, required=("role", "content"), allowed=())
        one_of(turn["role"], under(where, "role"), ("user", "assistant", "system"))
        _check_content(turn["content"], where, last=at == len(turns) - 1, role=turn["role"])


def _check_content(content: Any, where: str, *, last: bool, role: str) -> None:
    final = last and role == "assistant"
    if isinstance(content, str):
        if not content and not final:
            raise refuse(where, "user messages must have non-empty content")
        if final and content != content.rstrip():
            raise refuse("messages", "final assistant content cannot end with trailing whitespace")
        return
    if not isinstance(content, list):
        raise refuse(under(where, "content"), "Input should be a valid string or list")
    if not content and not final:
        raise refuse(where, "user messages must have non-empty content")
    for at, block in enumerate(content):
        check_block(block, under(where, f"content.{at}"))


def check_tools(tools: Any) -> None:
    """Check tool definitions, not the schemas' insides."""
    listed = a_list(tools, "tools")
    for at, tool in enumerate(listed):
        where = f"tools.{at}"
        if isinstance(tool, dict) and tool.get("type") is None:
            kind = "custom"
        else:
            kind = tagged(tool, where, TOOLS)
        required, optional = TOOLS[kind]
        inside = under(where, kind)
        an_object(tool, inside, required=required, allowed=("type", *optional))
        if kind == "custom":
            schema = tool["input_schema"]
            if not isinstance(schema, dict) or schema.get("type") != "object":
                raise refuse(f"{inside}.input_schema.type", "Input should be 'object'")
        check_cache_control(tool.get(CACHE), under(inside, CACHE))
    strict = sum(1 for tool in listed if tool.get("strict"))
    if strict > MOST_STRICT_TOOLS:
        raise refuse("tools", f"at most {MOST_STRICT_TOOLS} strict tools are supported")


def check_breakpoints(body: Mapping[str, Any]) -> None:
    """Check their number, and that a longer time to live stands before a shorter one."""
    ttls = []
    for block in _all_blocks(body):
        control = block.get(CACHE) if isinstance(block, dict) else None
        if control:
            ttls.append(control.get("ttl", "5m"))
    if body.get(CACHE):
        ttls.append(body[CACHE].get("ttl", "5m"))
    if len(ttls) > MOST_BREAKPOINTS:
        raise refuse(
            "",
            f"A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be provided. "
            f"Found {len(ttls)}.",
        )
    if "5m" in ttls and "1h" in ttls[ttls.index("5m") :]:
        raise refuse(
            "",
            "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
            "Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
        )


def _all_blocks(body: Mapping[str, Any]) -> list[Any]:
    blocks = list(body.get("tools") or ())
    if isinstance(body.get("system"), list):
        blocks.extend(body["system"])
    for turn in body["messages"]:
        if isinstance(turn["content"], list):
            blocks.extend(turn["content"])
    return blocks


def has_citations(body: Mapping[str, Any]) -> bool:
    """Whether a document asks for citations."""
    return any(
        (block.get("citations") or {}).get("enabled")
        for block in _all_blocks(body)
        if isinstance(block, dict) and isinstance(block.get("citations"), dict)
    )


def check_stop_sequences(value: Any) -> None:
    """Check that they are strings with something in them."""
    for at, one in enumerate(a_list(value, "stop_sequences")):
        if not a_string(one, f"stop_sequences.{at}").strip():
            raise refuse("stop_sequences", "each stop sequence must contain non-whitespace")


def check_tool_choice(value: Any, tools: Any) -> None:
    """Check the choice, and that a named tool is there."""
    kind = tagged(value, "tool_choice", ("auto", "any", "tool", "none"))
    required = ("name",) if kind == "tool" else ()
    allowed = ("type",) if kind == "none" else ("type", "disable_parallel_tool_use")
    an_object(value, f"tool_choice.{kind}", required=required, allowed=allowed)
    if kind != "none" and not tools:
        raise refuse("tool_choice", "tool_choice may only be specified while providing tools.")
    if kind == "tool" and value["name"] not in [tool.get("name") for tool in tools]:
        raise refuse("", f"Tool '{value['name']}' not found in provided tools")


def check_metadata(value: Any) -> None:
    """Check `metadata.user_id`."""
    longest = 256
    an_object(value, "metadata", required=(), allowed=("user_id",))
    if value.get("user_id") is not None:
        user = a_string(value["user_id"], "metadata.user_id")
        if len(user) > longest:
            raise refuse("metadata.user_id", f"String should have at most {longest} characters")


def check_thinking(value: Any, *, max_tokens: int | None) -> str:
    """Check the form of `thinking`, and return its type."""
    least = 1024
    kind = tagged(value, "thinking", ("adaptive", "between_tools", "disabled", "enabled"))
    where = f"thinking.{kind}"
    if kind == "enabled":
        an_object(value, where, required=("budget_tokens",), allowed=("type", "display"))
        budget = an_integer(value["budget_tokens"], f"{where}.budget_tokens", least=least)
        if max_tokens is not None and max_tokens <= budget:
            raise refuse(
                "",
                "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our "
                "documentation at https://docs.claude.com/en/docs/build-with-claude/"
                "extended-thinking#max-tokens-and-context-window-size",
            )
    else:
        allowed = ("type", "display") if kind == "adaptive" else ("type",)
        an_object(value, where, required=(), allowed=allowed)
    if value.get("display") is not None:
        one_of(value["display"], f"{where}.display", ("omitted", "summarized"))
    return kind
