"""Message batches of the double, through the SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from anthropic import AsyncAnthropic, BadRequestError, NotFoundError
from tests.testing.asking import STRUCTURED, checked_message, request, unknown_keys

from firstline.testing.claude_double import ClaudeDouble, Fault


@pytest.fixture
async def double() -> AsyncIterator[ClaudeDouble]:
    """Return a double whose time stands still and whose batches take an hour."""
    async with ClaudeDouble(batch_seconds=3600, clock=lambda: 1_800_000_000.0) as running:
        yield running


def _items(*names: str, **more: Any) -> Any:
    return [{"custom_id": name, "params": request(f"About {name}", **more)} for name in names]


async def _results(client: AsyncAnthropic, batch_id: str) -> dict[str, Any]:
    lines = [line async for line in await client.messages.batches.results(batch_id)]
    assert unknown_keys(lines) == []
    return {line.custom_id: line.result for line in lines}


async def test_a_batch_goes_from_created_to_ended(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """It is processed after its time, answers every item, and bills at the batch's tier."""
    made = await client.messages.batches.create(requests=_items("a", "b", output_config=STRUCTURED))
    assert unknown_keys(made) == []
    assert (made.processing_status, made.request_counts.processing) == ("in_progress", 2)
    assert (made.expires_at - made.created_at).total_seconds() == 86_400
    double.advance(3599)
    assert (await client.messages.batches.retrieve(made.id)).processing_status == "in_progress"
    double.advance(1)
    ended = await client.messages.batches.retrieve(made.id)
    assert (ended.processing_status, ended.request_counts.succeeded) == ("ended", 2)
    results = await _results(client, made.id)
    assert set(results) == {"a", "b"}
    message = checked_message(results["a"].message.model_dump())
    assert message.usage.service_tier == "batch"
    assert double.billed == 2
    assert double.totals["claude-haiku-4-5-20251001/batch/output_tokens"] > 0


async def test_results_come_in_any_order(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """The lines do not stand in the order of the requests, so nobody may count on it."""
    made = await client.messages.batches.create(requests=_items("a", "b", "c"))
    double.finish_batches()
    lines = [one.custom_id async for one in await client.messages.batches.results(made.id)]
    assert sorted(lines) == ["a", "b", "c"]
    assert lines != ["a", "b", "c"]


async def test_items_fail_each_in_their_own_way(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """Wrong parameters, a scripted error, expiry and cancellation stand beside an answer."""
    wrong = {"custom_id": "wrong", "params": request(temperature=0)}
    made = await client.messages.batches.create(
        requests=[*_items("fine", "late", "gone", "broken"), wrong]  # type: ignore[list-item] # wrong on purpose
    )
    double.script(
        Fault.expired().only(lambda item: item["custom_id"] == "late"),
        Fault.canceled().only(lambda item: item["custom_id"] == "gone"),
        Fault.overloaded().at("batch_item").only(lambda item: item["custom_id"] == "broken"),
    )
    double.finish_batches()
    results = await _results(client, made.id)
    assert {name: result.type for name, result in results.items()} == {
        "fine": "succeeded",
        "late": "expired",
        "gone": "canceled",
        "broken": "errored",
        "wrong": "errored",
    }
    assert results["wrong"].error.error.message == "temperature: Extra inputs are not permitted"
    assert results["broken"].error.error.type == "overloaded_error"
    counts = (await client.messages.batches.retrieve(made.id)).request_counts
    assert (counts.succeeded, counts.errored, counts.expired, counts.canceled) == (1, 2, 1, 1)
    assert double.billed == 1


async def test_an_answer_of_a_batch_can_be_malformed(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """Faults of the answer work in batches too."""
    made = await client.messages.batches.create(requests=_items("a"))
    double.script(Fault.refusal().at("batch_item"))
    double.finish_batches()
    assert (await _results(client, made.id))["a"].message.stop_reason == "refusal"


async def test_a_batch_is_canceled(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """Canceling, then ended with every item canceled and nothing billed."""
    made = await client.messages.batches.create(requests=_items("a", "b"))
    canceling = await client.messages.batches.cancel(made.id)
    assert canceling.processing_status == "canceling"
    assert canceling.cancel_initiated_at is not None
    double.advance(1)
    assert (await client.messages.batches.retrieve(made.id)).request_counts.canceled == 2
    assert {result.type for result in (await _results(client, made.id)).values()} == {"canceled"}
    assert double.billed == 0
    with pytest.raises(BadRequestError, match="already ended"):
        await client.messages.batches.cancel(made.id)


async def test_a_batch_expires_after_a_day(client: AsyncAnthropic, double: ClaudeDouble) -> None:
    """What is not processed in time is expired, by the clock or on demand."""
    double.batches.seconds = 1e9
    first = await client.messages.batches.create(requests=_items("a"))
    double.advance(86_400)
    second = await client.messages.batches.create(requests=_items("a"))
    double.expire_batches()
    for made in (first, second):
        assert (await _results(client, made.id))["a"].type == "expired"


async def test_results_of_a_running_batch_are_not_there(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """Neither results nor deletion before the end; after deletion it is not found."""
    made = await client.messages.batches.create(requests=_items("a"))
    assert made.results_url is None
    with pytest.raises(BadRequestError, match="cannot be deleted"):
        await client.messages.batches.delete(made.id)
    double.finish_batches()
    deleted = await client.messages.batches.delete(made.id)
    assert (deleted.id, deleted.type) == (made.id, "message_batch_deleted")
    with pytest.raises(NotFoundError):
        await client.messages.batches.retrieve(made.id)


async def test_batches_are_listed_by_pages(client: AsyncAnthropic) -> None:
    """The SDK reads all pages, newest first, and one page back."""
    made = [(await client.messages.batches.create(requests=_items("a"))).id for _ in range(5)]
    listed = [batch.id async for batch in client.messages.batches.list(limit=2)]
    assert listed == made[::-1]
    before = await client.messages.batches.list(before_id=made[0], limit=2)
    assert [batch.id for batch in before.data] == [made[2], made[1]]
    assert before.has_more


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["TCK#12"], r"requests\.0\.custom_id: String should match pattern"),
        (["x" * 65], "String should match pattern"),
        ([""], "String should match pattern"),
        (["a", "b", "a"], "custom_id must be unique"),
        ([], "at least 1 item"),
    ],
)
async def test_ids_are_checked(client: AsyncAnthropic, names: list[str], message: str) -> None:
    """An id of other characters, an empty one, a repeated one and an empty batch are refused."""
    with pytest.raises(BadRequestError, match=message):
        await client.messages.batches.create(requests=_items(*names))


async def test_items_may_not_stream(double: ClaudeDouble, client: AsyncAnthropic) -> None:
    """What batches do not offer is an error of the item."""
    made = await client.messages.batches.create(requests=_items("a", stream=True))
    double.finish_batches()
    result = (await _results(client, made.id))["a"]
    assert "Streaming" in result.error.error.message


async def test_the_results_address_is_the_callers(
    double: ClaudeDouble, client: AsyncAnthropic
) -> None:
    """`results_url` names the host that was asked."""
    made = await client.messages.batches.create(requests=_items("a"))
    double.finish_batches()
    ended = await client.messages.batches.retrieve(made.id)
    assert ended.results_url == f"{double.url}/v1/messages/batches/{made.id}/results"
