"""Web services: what they are asked, what may come back, where questions may go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.company import Service, serving

from firstline.outbound import Reach
from firstline.sources.asked import Asked, Who
from firstline.sources.failure import SourceFailure
from firstline.sources.http import LONGEST_ANSWER, HttpReader, filled
from firstline.workspace.models import SourceSetting

MIA = Who(id="c1", email="mia@b.example")
BEARER = "Bearer 0123456789"


@pytest.fixture
def service() -> Iterator[Service]:
    """Return a web service on this machine."""
    with serving() as running:
        yield running


def reader(service: Service, path: str = "/people/{id}", **changes: Any) -> HttpReader:
    """Return a reader of a path of the service."""
    settings: dict[str, Any] = {
        "headers": {"Authorization": BEARER},
        "network": "loopback",
        "seconds": 2.0,
    }
    return HttpReader(f"{service.url}{path}", **(settings | changes))


def test_a_record_is_fetched_with_the_secret(service: Service) -> None:
    """Numbers stay as they are written; the record stands where the setting says."""
    service.body = b'{"data": {"person": {"plan": "Pro", "due": 19.90, "big": 1e400}}}'
    (row,) = reader(service, at="data.person").read(MIA)
    assert row == {"plan": "Pro", "due": "19.90", "big": "1e400"}
    assert service.asked == ["/people/c1"]
    assert service.secrets == [BEARER]


def test_a_list_is_several_rows_and_nothing_is_none(service: Service) -> None:
    """An object, a list of them, null, a place that is not there, 204 and 404."""
    service.say([{"n": "1"}, {"n": "2"}])
    assert len(reader(service).read(MIA)) == 2
    service.body = b"null"
    assert reader(service).read(MIA) == ()
    service.say({"data": {}})
    assert reader(service, at="data.person").read(MIA) == ()
    for status in (204, 404, 410):
        service.status, service.body = status, b""
        assert reader(service).read(MIA) == ()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("a/../b", "/people/a%2F..%2Fb?v=1"),
        ("x?admin=1#top", "/people/x%3Fadmin%3D1%23top?v=1"),
        ("{email}", "/people/%7Bemail%7D?v=1"),
        ("zoë@b.example", "/people/zo%C3%AB%40b.example?v=1"),
    ],
)
def test_what_a_customer_is_called_stays_in_its_place(
    service: Service, value: str, path: str
) -> None:
    """It cannot lead to another address of the service."""
    reader(service, "/people/{id}?v=1").read(Who(id=value, email="e@b.example"))
    assert service.asked == [path]


@given(value=st.text(min_size=1, max_size=60))
def test_no_name_changes_the_shape_of_an_address(value: str) -> None:
    """Whatever a customer is called: same host, same folders, one parameter that reads as it is."""
    template = "https://crm.acme.example/v1/people/{id}/orders?mail={email}"
    try:
        made = urlsplit(filled(template, Who(id=value, email=value)))
    except SourceFailure:
        assert not value.strip(".") or not value.isprintable()
        return
    assert (made.scheme, made.netloc, made.fragment) == ("https", "crm.acme.example", "")
    before, inside, after = made.path.rpartition("/")[0], made.path.split("/")[3], made.path[-7:]
    assert before.startswith("/v1/people/")
    assert unquote(inside) == value
    assert (after, made.path.count("/")) == ("/orders", 4)
    assert parse_qsl(made.query, keep_blank_values=True) == [("mail", value)]


@pytest.mark.parametrize("value", ["..", ".", "a\nb", "\x00"])
def test_what_cannot_stand_in_an_address_is_not_asked(service: Service, value: str) -> None:
    """Dots alone would be another folder; control signs would be another header."""
    with pytest.raises(SourceFailure, match="cannot stand in an address"):
        reader(service).read(Who(id=value))
    assert service.asked == []


@pytest.mark.parametrize(
    ("status", "body", "problem", "unwell"),
    [
        (200, b"<html>", "not JSON", False),
        (200, b"[" * 100_000, "not JSON", False),
        (200, b"\xff\xfe", "not JSON", False),
        (200, b'"text"', "no object", False),
        (200, b'[{"a": 1}, 2]', "no object", False),
        (200, b" " * (LONGEST_ANSWER + 1), "larger than", False),
        (401, b"", r"refuses the secret \(401\)", False),
        (403, b"", r"refuses the secret \(403\)", False),
        (302, b"", "answered 302", False),
        (429, b"", "too often", True),
        (503, b"", "answered 503", True),
    ],
)
def test_answers_that_are_none(
    service: Service, status: int, body: bytes, problem: str, unwell: bool
) -> None:
    """Each has its reason; only what may pass by itself counts against the service."""
    service.status, service.body = status, body
    service.headers["Location"] = "http://169.254.169.254/latest"
    with pytest.raises(SourceFailure, match=problem) as caught:
        reader(service).read(MIA)
    assert caught.value.unwell is unwell
    assert len(service.asked) == 1


@pytest.mark.parametrize("network", ["public", "private"])
def test_a_question_does_not_go_to_this_machine(service: Service, network: Any) -> None:
    """Only a source that says `loopback` may; the name of a host is not enough."""
    port = service.url.rpartition(":")[2]
    asking = HttpReader(f"https://localhost:{port}/{{id}}", headers={}, network=network, seconds=2)
    with pytest.raises(SourceFailure, match="where Firstline may not go"):
        asking.read(MIA)
    assert service.asked == []


def test_only_the_host_of_the_setting_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client knows one host, and private addresses only when the setting says so."""
    known: list[Reach] = []
    monkeypatch.setattr(
        "firstline.sources.http.Outbound", lambda reach, **_limits: known.append(reach)
    )
    HttpReader("https://CRM.acme.example/{id}", headers={}, seconds=2)
    HttpReader("https://crm.acme.example:8/{id}", headers={}, network="private", seconds=2)
    assert known == [
        Reach(hosts=("crm.acme.example",)),
        Reach(hosts=("crm.acme.example",), allow_private=True),
    ]


def test_a_slow_service_is_not_waited_for(service: Service) -> None:
    """The question ends in time, with a reason, and counts against the service."""
    service.wait = 1.0
    with pytest.raises(SourceFailure, match="in time") as caught:
        reader(service, seconds=0.2).read(MIA)
    assert caught.value.unwell


def test_a_service_that_is_not_there() -> None:
    """No connection is a failure of the source."""
    asking = HttpReader("http://127.0.0.1:1/{id}", headers={}, network="loopback", seconds=2)
    with pytest.raises(SourceFailure, match="no connection"):
        asking.read(MIA)


def test_a_secret_is_shown_nowhere(service: Service) -> None:
    """Neither a failure nor the reader itself says it."""
    service.status = 500
    asking = reader(service)
    with pytest.raises(SourceFailure) as caught:
        asking.read(MIA)
    shown = f"{asking!r}{caught.value!r}{caught.value}"
    assert "0123456789" not in shown


async def test_a_source_may_be_asked_while_an_event_loop_runs(service: Service) -> None:
    """The question runs beside it, in a thread of its own that leaves nothing behind."""
    service.say({"plan": "Pro"})
    setting = SourceSetting(name="crm", kind="http", url="https://x.example/{id}")
    asked = Asked(setting, reader(service))
    assert asked.ask(MIA).rows == ({"plan": "Pro"},)
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("firstline-source") <= 1
