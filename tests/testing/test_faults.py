"""Every way of going wrong, as the SDK meets it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic
from tests.testing.asking import SCHEMA, STRUCTURED, ask, checked_message, text_of

from firstline.testing.claude_double import Answer, ClaudeDouble, Fault
from firstline.testing.faults import NAMED, fault_named


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault.rate_limited(), anthropic.RateLimitError, None),
        (Fault.spend_cap(), anthropic.RateLimitError, "enforced_spend_limit_reached"),
        (
            Fault.spend_cap("contract_spend_limit_reached"),
            anthropic.RateLimitError,
            "contract_spend_limit_reached",
        ),
        (Fault.ramp_limit(), anthropic.RateLimitError, "ramp_limit_exceeded"),
        (Fault.usage_limit(), anthropic.BadRequestError, None),
        (Fault.unauthorized(), anthropic.AuthenticationError, None),
        (Fault.forbidden(), anthropic.PermissionDeniedError, None),
        (Fault.bad_request(), anthropic.BadRequestError, None),
        (Fault.server_error(), anthropic.InternalServerError, None),
        (Fault.server_error(503), anthropic.InternalServerError, None),
        (Fault.server_error(504), anthropic.InternalServerError, None),
        (Fault.gateway_page(), anthropic.InternalServerError, None),
        (Fault.overloaded(), anthropic.InternalServerError, None),
        (Fault.reset(), anthropic.APIConnectionError, None),
        (Fault.reset("after"), anthropic.APIConnectionError, None),
        (Fault.reset("inside"), anthropic.APIConnectionError, None),
    ],
)
async def test_a_fault_becomes_the_sdks_error_once(
    double: ClaudeDouble, client: AsyncAnthropic, fault: Fault, error: type[Exception], code: str
) -> None:
    """The call fails with the SDK's class and code for it, and the next one is answered."""
    double.script(fault)
    with pytest.raises(error) as caught:
        await ask(client)
    assert getattr(caught.value, "error_code", None) == code
    assert (await ask(client)).stop_reason == "end_turn"
    assert double.faults_left == 0


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (Fault.rate_limited(), "1"),
        (Fault.rate_limited("Sun, 22 Nov 2026 10:00:00 GMT"), "Sun, 22 Nov 2026 10:00:00 GMT"),
        (Fault.rate_limited(None), None),
        (Fault.spend_cap(), None),
    ],
)
async def test_a_429_says_when_to_come_back_or_not_at_all(
    double: ClaudeDouble, client: AsyncAnthropic, fault: Fault, wait: str | None
) -> None:
    """`retry-after` is what the fault says; a spend cap has none."""
    double.script(fault)
    with pytest.raises(anthropic.RateLimitError) as caught:
        await ask(client)
    headers = caught.value.response.headers
    assert headers.get("retry-after") == wait
    assert (headers["anthropic-ratelimit-requests-remaining"] == "0") is (wait == "1")


@pytest.mark.parametrize(
    ("fault", "billed"),
    [
        (Fault.overloaded(), 0),
        (Fault.reset(), 0),
        (Fault.reset("after"), 1),
        (Fault.reset("inside"), 1),
        (Fault.broken_body(), 1),
    ],
)
async def test_an_answer_that_was_made_is_billed_though_it_never_arrived(
    double: ClaudeDouble, client: AsyncAnthropic, fault: Fault, billed: int
) -> None:
    """Only what fails before the answer is made is free."""
    double.script(fault)
    with pytest.raises((anthropic.AnthropicError, ValueError)):
        await ask(client)
    assert double.billed == billed
    assert double.requests[0].status == (529 if fault.status else 200 if fault.rewrite else 0)


async def test_a_stall_is_waited_out_or_not(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """A client with a deadline gives up on a stall before and inside the answer."""
    double.script(Fault.stalled("before"), Fault.stalled("inside"), Fault.stalled("inside", 0.01))
    for _ in range(2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await ask(client)
    assert (await ask(client)).stop_reason == "end_turn"


async def _said(double: ClaudeDouble, client: AsyncAnthropic, fault: Fault) -> Any:
    double.script(fault)
    raw = await client.messages.with_raw_response.create(
        model="claude-haiku-4-5",
        max_tokens=300,
        messages=[{"role": "user", "content": "Where is it?"}],
        output_config={"format": {"type": "json_schema", "schema": SCHEMA}},
    )
    return checked_message(json.loads(await raw.read()))


async def test_prose_stands_round_the_json(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """The JSON is there, but the text as a whole is none."""
    text = text_of(await _said(double, client, Fault.prose()))
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(text)
    assert '"intent"' in text


async def test_json_can_lack_and_have_more_keys(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """The object is JSON, but not of the schema."""
    assert set(json.loads(text_of(await _said(double, client, Fault.missing_keys())))) == {
        "sentences"
    }
    extra = json.loads(text_of(await _said(double, client, Fault.extra_keys())))
    assert set(extra) - {"intent", "sentences"} == {"confidence_note"}


async def test_an_enum_comes_in_other_case(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """Only enum values change; other text stays."""
    value = json.loads(text_of(await _said(double, client, Fault.other_case())))
    assert value == {"intent": "REFUND", "sentences": ["Some sentences."]}


async def test_json_breaks_off(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """Half the JSON with an ordinary end, and half with `max_tokens` and all of it billed."""
    broken = await _said(double, client, Fault.broken_json())
    assert broken.stop_reason == "end_turn"
    with pytest.raises(ValueError, match=r".+"):
        json.loads(text_of(broken))
    cut = await _said(double, client, Fault.truncated())
    assert (cut.stop_reason, cut.usage.output_tokens) == ("max_tokens", 300)


async def test_the_message_itself_is_odd(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """Empty content, a refusal, another model, thinking first, a full context, a megabyte."""
    assert (await _said(double, client, Fault.empty())).content == []
    refusal = await _said(double, client, Fault.refusal("cyber"))
    assert refusal.stop_reason == "refusal"
    assert refusal.stop_details.category == "cyber"
    assert (await _said(double, client, Fault.other_model("claude-x"))).model == "claude-x"
    thinking = await _said(double, client, Fault.thinking_first())
    assert [block.type for block in thinking.content] == ["thinking", "text"]
    full = await _said(double, client, Fault.context_exceeded())
    assert full.stop_reason == "model_context_window_exceeded"
    assert len(text_of(await _said(double, client, Fault.huge()))) == 1 << 20
    assert text_of(await _said(double, client, Fault.answers("Just this."))) == "Just this."


async def test_a_body_is_not_utf8(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """The bytes of an answer cannot be decoded; the SDK says so in an error of its own."""
    double.script(Fault.invalid_utf8())
    with pytest.raises(UnicodeDecodeError):
        await ask(client, output_config=STRUCTURED)


async def test_faults_come_in_order_and_as_often_as_told(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """Repeated, then once, then always until the script is cleared."""
    double.script(
        Fault.overloaded().repeated(2), Fault.rate_limited(), Fault.server_error().always()
    )
    statuses = []
    for _ in range(6):
        with pytest.raises(anthropic.APIStatusError) as caught:
            await ask(client)
        statuses.append(caught.value.status_code)
    assert statuses == [529, 529, 429, 500, 500, 500]
    double.clear_script()
    await ask(client)


async def test_a_predicate_chooses_the_call(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """A fault waits for the request it is meant for; the endpoint is part of that."""
    double.script(
        Fault.overloaded().only(lambda body: body["max_tokens"] > 500),
        Fault.server_error().at("count_tokens"),
    )
    await ask(client)
    with pytest.raises(anthropic.InternalServerError):
        await ask(client, max_tokens=501)
    with pytest.raises(anthropic.InternalServerError):
        await client.messages.count_tokens(
            model="claude-haiku-4-5", messages=[{"role": "user", "content": "Hi"}]
        )


async def test_a_wrong_request_uses_up_no_fault(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """What is refused for its form is refused first."""
    double.script(Fault.overloaded())
    with pytest.raises(anthropic.BadRequestError):
        await ask(client, max_tokens=-1)
    assert double.faults_left == 1


async def test_more_headers_come_with_an_answer(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """The API has been seen to send `retry-after` with answers; so can the double."""
    double.script(Fault(headers=(("retry-after", "25"),)))
    raw = await client.messages.with_raw_response.create(
        model="claude-haiku-4-5", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
    )
    assert raw.headers["retry-after"] == "25"


@pytest.mark.parametrize("name", NAMED)
def test_every_fault_has_a_name(name: str) -> None:
    """A fault asked for by name does something."""
    assert fault_named(name) != Fault()


def test_an_unknown_fault_is_named_with_the_known_ones() -> None:
    """A typing error is answered with what there is."""
    with pytest.raises(LookupError, match="overloaded"):
        fault_named("overlaoded")


def test_an_answer_that_is_no_object_is_left_alone() -> None:
    """Faults of JSON do nothing to prose."""
    change = Fault.missing_keys().change
    assert change is not None
    assert change(Answer(text="prose"), {}) == Answer(text="prose")
