"""What failed calls mean."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.claude.failures import Trouble, of_silence, of_status, retry_after
from tests.claude.asking import NOON


def failure(
    status: int, message: str = "", headers: dict[str, str] | None = None, code: str = ""
) -> Trouble:
    """Return what an error in Anthropic's form means."""
    error: dict[str, Any] = {"type": "some_error", "message": message}
    if code:
        error["details"] = {"error_code": code}
    return of_status(status, headers or {}, {"type": "error", "error": error}, now=NOON)


@pytest.mark.parametrize(
    ("status", "expected", "retried"),
    [
        (400, "bad_request", False),
        (401, "key_rejected", False),
        (403, "key_rejected", False),
        (404, "bad_request", False),
        (408, "overloaded", True),
        (409, "overloaded", True),
        (413, "bad_request", False),
        (422, "bad_request", False),
        (301, "bad_request", False),
        (429, "rate_limited", True),
        (500, "overloaded", True),
        (503, "overloaded", True),
        (529, "overloaded", True),
        (402, "spend_cap", False),
    ],
)
def test_every_status_has_a_meaning(status: int, expected: str, retried: bool) -> None:
    """Only what may pass is asked again."""
    trouble = failure(status)
    assert (trouble.failure, trouble.retry) == (expected, retried)


@pytest.mark.parametrize(
    "trouble",
    [
        failure(429, code="enforced_spend_limit_reached"),
        failure(429, code="contract_spend_limit_reached", headers={"retry-after": "30"}),
        failure(402, code="linked_organization_spend_limit_reached"),
        failure(429, "You have reached the monthly spend limit of your tier."),
        failure(400, "You have reached your specified API usage limits. You will regain access"),
        failure(400, "Your credit balance is too low to access the Anthropic API."),
    ],
)
def test_a_spent_limit_is_not_asked_again(trouble: Trouble) -> None:
    """It lasts until somebody raises the limit, and says nothing about the service's health."""
    assert trouble.failure == "spend_cap"
    assert not trouble.retry
    assert not trouble.unwell
    assert "limit" in trouble.fix


def test_a_rate_limit_with_a_time_is_not_ill_health() -> None:
    """A 429 that says when is a service at work; one that does not say counts for the breaker."""
    assert not failure(429, headers={"retry-after": "2"}).unwell
    assert failure(429).unwell


def test_a_ramp_limit_is_asked_again_only_when_it_says_when() -> None:
    """Its documentation says to wait for the time in the header."""
    told = failure(429, code="ramp_limit_exceeded", headers={"retry-after": "3"})
    assert (told.failure, told.retry, told.retry_after) == ("rate_limited", True, 3.0)
    assert not failure(429, code="ramp_limit_exceeded").retry


def test_a_prompt_that_does_not_fit_has_its_own_code() -> None:
    """So that a model with a larger context can be asked."""
    trouble = failure(400, "prompt is too long: 205000 tokens > 200000 maximum")
    assert trouble.failure == "context_exceeded"
    aws = of_status(400, {}, {"message": "Input is too long for requested model."}, now=NOON)
    assert aws.failure == "context_exceeded"


def test_other_platforms_are_understood() -> None:
    """Google puts a status into the error, or into a list of one; Amazon has a bare message."""
    google = [{"error": {"code": 429, "message": "Quota.", "status": "RESOURCE_EXHAUSTED"}}]
    trouble = of_status(429, {}, google, now=NOON)
    assert (trouble.failure, trouble.detail) == ("rate_limited", "429 RESOURCE_EXHAUSTED")
    amazon = {"__type": "ThrottlingException", "message": "Too many requests"}
    assert of_status(429, {}, amazon, now=NOON).detail == "429 ThrottlingException"


def test_the_detail_names_the_field_and_the_request_and_nothing_else() -> None:
    """A message may repeat the prompt; only its leading field name is passed on."""
    trouble = failure(
        400, "messages.0.content: Mia's card 4111 is no text", {"request-id": "req_011AB"}
    )
    assert trouble.detail == "400 some_error at messages.0.content request req_011AB"
    told = failure(400, "Mia Example wrote: something secret")
    assert "secret" not in told.detail
    assert "Mia" not in told.detail


def test_retry_after_in_every_form() -> None:
    """Milliseconds come first, then seconds, then a date; nonsense is nothing."""
    assert retry_after({"retry-after-ms": "1500", "retry-after": "9"}, NOON) == 1.5
    assert retry_after({"retry-after": "2.5"}, NOON) == 2.5
    later = format_datetime(NOON + timedelta(seconds=42), usegmt=True)
    assert retry_after({"retry-after": later}, NOON) == 42
    earlier = format_datetime(NOON - timedelta(seconds=42), usegmt=True)
    assert retry_after({"retry-after": earlier}, NOON) == 0
    for nonsense in ("", "soon", "-3", "nan", "inf", "Wed, 99 Foo 2026"):
        assert retry_after({"retry-after": nonsense}, NOON) is None
    assert retry_after({"retry-after": "1e12"}, NOON) == 86_400


@given(
    status=st.integers(300, 599),
    headers=st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text()),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "type", "message", "details", "error_code", "x"]),
                inner,
                max_size=4,
            )
        ),
    ),
)
def test_any_answer_has_a_meaning(status: int, headers: dict[str, str], body: object) -> None:
    """Whatever a server sends, there is one stable code, and no exception."""
    trouble = of_status(status, headers, body, now=NOON)
    assert trouble.failure in {
        "overloaded",
        "rate_limited",
        "spend_cap",
        "key_rejected",
        "bad_request",
        "context_exceeded",
    }
    assert len(trouble.detail) < 300


def test_silence_may_have_been_billed_only_when_something_was_sent() -> None:
    """A refused connection cost nothing; an answer that broke off may have."""
    assert not of_silence("ConnectError", sent=False).billable
    assert of_silence("ReadError", sent=True).billable
