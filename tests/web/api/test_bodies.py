"""Bodies are read strictly: what readers may disagree about is refused, with what to do."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.web.api.asked import NewDecision, NewMessage, NewTicket
from firstline.web.api.bodies import parsed, read_json
from firstline.web.api.problems import ApiError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
MALFORMED = {
    "nothing": b"",
    "only spaces": b" \n ",
    "cut off": b'{"text": "a',
    "no UTF-8": b'{"text": "\xff"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "a name twice": b'{"text": "a", "text": "b"}',
    "a name twice, deep": b'{"a": [{"b": 1, "b": 2}]}',
    "NaN": b'{"size": NaN}',
    "Infinity": b'{"size": -Infinity}',
    "a number too large": b'{"size": 1e999}',
    "a number too long": b'{"size": ' + b"9" * 5_000 + b"}",
    "a fraction too long": b'{"size": 0.' + b"9" * 5_000 + b"}",
    "half a character": b'{"text": "\\ud800"}',
    "half a character in capitals": b'{"text": "\\uDC00 and more"}',
    "half a character as a name": b'{"\\ud800": 1}',
    "nested for ever": b"[" * 100_000,
    "nested for ever, closed": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "two values": b'{"text": "a"} {}',
    "a comment": b'{"text": "a" /* no */}',
}
INVALID: dict[str, tuple[Any, str]] = {
    "no text": ({}, "text"),
    "a list": ([], "valid dictionary"),
    "text is a number": ({"text": 5}, "text"),
    "text is empty": ({"text": ""}, "text"),
    "text is too long": ({"text": "a" * 200_001}, "text"),
    "a misspelt field": ({"text": "a", "custmer": "b"}, '"customer" is'),
    "an unknown field": ({"text": "a", "zzzz": "b"}, '"zzzz" is not known'),
    "an id with a space": ({"text": "a", "id": "a b"}, "not allowed"),
    "an id with a NUL": ({"text": "a", "id": "a\x00b"}, "not allowed"),
    "a customer with a line break": ({"text": "a", "customer": "a\nb"}, "not allowed"),
    "a truth in words": ({"text": "a", "verified": "yes"}, "verified"),
    "a time without a zone": ({"text": "a", "received_at": "2026-05-01T09:00:00"}, "time like"),
    "a time as a number": ({"text": "a", "received_at": 1_700_000_000}, "time like"),
    "a day that is none": ({"text": "a", "received_at": "2026-02-30T09:00:00Z"}, "calendar"),
    "another channel": ({"text": "a", "channel": "fax"}, "channel"),
    "a turn of nobody": ({"text": "a", "messages": [{"text": "b"}]}, "messages.0.author"),
    "too many turns": ({"text": "a", "messages": [{"author": "bot", "text": ""}] * 51}, "messages"),
    "a size below nothing": ({"text": "a", "attachments": [{"name": "b", "size": -1}]}, "size"),
    "a huge size": ({"text": "a", "attachments": [{"name": "b", "size": 10**30}]}, "size"),
}


@given(VALUES)
def test_whatever_is_json_is_read(value: Any) -> None:
    """What a program writes arrives as it was; a whole number is one however it is written."""
    assert read_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_nothing_else_breaks_the_reader(raw: bytes) -> None:
    """Any bytes are a value or an error of ours."""
    with suppress(ApiError):
        read_json(raw)


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    """400 with the reason; the reason repeats no word of the body."""
    with pytest.raises(ApiError) as caught:
        read_json(raw)
    assert caught.value.status_code == 400
    assert len(caught.value.described.detail) < 200


@pytest.mark.parametrize(("value", "said"), INVALID.values(), ids=INVALID)
def test_what_does_not_fit_is_refused(value: Any, said: str) -> None:
    """422 with the field and what is wrong with it."""
    with pytest.raises(ApiError) as caught:
        parsed(NewTicket, json.dumps(value).encode())
    assert caught.value.status_code == 422
    assert said in caught.value.described.detail


def test_everything_that_is_wrong_is_said_at_once() -> None:
    """One reading mends all of it, up to twenty things."""
    value = {"id": "", "verified": 1, **{f"unknown{number}": 1 for number in range(30)}}
    with pytest.raises(ApiError) as caught:
        parsed(NewTicket, json.dumps(value).encode())
    errors = caught.value.described.errors
    assert len(errors) == 20
    assert {"text", "id", "verified"} <= {error.where for error in errors}


def test_a_customer_s_words_are_not_repeated() -> None:
    """An error says which field, never what stood in it."""
    value = {"text": 1, "subject": "secret" * 200, "messages": [{"author": "secret"}]}
    with pytest.raises(ApiError) as caught:
        parsed(NewTicket, json.dumps(value).encode())
    assert "secret" not in repr(caught.value.described)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "action: Field required"),
        ({"action": "win"}, "'approve', 'edit', 'reject', 'escalate', 'take'"),
        ({"action": "approve", "by": "Dana"}, "version"),
        ({"action": "approve", "version": 1, "by": "  "}, "by"),
        ({"action": "approve", "version": 10**20, "by": "Dana"}, "version"),
        ({"action": "reject", "version": 1, "by": "Dana", "reason": "ugly"}, "reason"),
        ({"action": "take", "version": 1, "by": "Dana", "note": "a\x00b"}, "note"),
    ],
)
def test_a_decision_names_what_it_needs(value: dict[str, Any], said: str) -> None:
    """Who decides, on which version, and for a rejection why."""
    with pytest.raises(ApiError) as caught:
        parsed(NewDecision, json.dumps(value).encode())
    assert said in caught.value.described.detail


def test_a_whole_number_may_be_written_with_a_point() -> None:
    """JSON knows one kind of number."""
    asked = parsed(NewDecision, b'{"action": "approve", "version": 3.0, "by": "Dana"}')
    assert asked.root.version == 3


def test_leap_seconds_and_zones_are_read() -> None:
    """Every form of RFC 3339 is the moment it names."""
    for written in ("2016-12-31T23:59:60Z", "2017-01-01t10:59:59.123456789+11:00"):
        body = json.dumps({"author": "staff", "by": "Dana", "sent_at": written})
        at = parsed(NewMessage, body.encode()).root.model_dump()["sent_at"]
        assert at.isoformat()[:19] == "2016-12-31T23:59:59"
