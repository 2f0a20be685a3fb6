"""Trying a message: with and without a script, and without any effect."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from tests.web.conftest import Served

from firstline.store.schema import delivery, stage, ticket
from firstline.web.tickets.turns import TURNS
from firstline.web.tryit.trying import LINKED, Wanted, ticket_of, wanted_of

EXPORT = {
    "text": "How do I export a board to CSV?",
    "customer": "cus_1001",
    "verified": "yes",
    "channel": "chat",
    "autonomy": "percent:100",
}


def counts(served: Served) -> list[int]:
    """Return how much is stored."""
    with served.site.desk.engine.connect() as connection:
        return [
            connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (ticket, stage, delivery)
        ]


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a stream."""
    found = []
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if len(lines) == 2:
            found.append((lines[0].removeprefix("event: "), json.loads(lines[1][6:])))
    return found


def test_a_message_is_answered_without_a_script(served: Served) -> None:
    """One page, with the form as it was sent and every stage."""
    before = counts(served)
    answer = served.client("agent").post("/try", data=EXPORT)
    assert answer.status_code == 200
    for words in ("It would be sent", 'id="route"', 'id="gate"', "A reply would leave now."):
        assert words in answer.text
    assert 'value="cus_1001"' in answer.text
    assert counts(served) == before


def test_stages_come_as_they_are_done(served: Served) -> None:
    """First what the local stages say, then all of it with what came of it."""
    before = counts(served)
    answer = served.client("agent").post("/try/stages", data=EXPORT)
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = events(answer.text)
    names = [name for name, _ in found]
    assert names[0] == "stages"
    assert names[-1] == "done"
    assert "doing" in names
    assert 'id="validate"' in found[0][1]["html"]
    assert 'id="gate"' not in found[0][1]["html"]
    assert 'id="gate"' in found[-1][1]["html"]
    assert "It would be sent" in found[-1][1]["summary"]
    assert counts(served) == before


def test_the_level_decides(served: Served) -> None:
    """The same message is held where nothing is released."""
    answer = served.client("agent").post("/try", data=EXPORT | {"autonomy": "off"})
    assert "A person would get it" in answer.text
    assert "autonomy off" in answer.text


def test_an_unknown_sender_gets_general_knowledge(served: Served) -> None:
    """Without the channel's word no record is read."""
    data = {name: value for name, value in EXPORT.items() if name != "verified"}
    answer = served.client("agent").post("/try", data=data)
    assert "so they get general knowledge only" in answer.text
    assert "record:cus_1001" not in answer.text


def test_what_cannot_be_tried_says_why(served: Served) -> None:
    """With the form as it was sent; the stream says the same."""
    client = served.client("agent")
    for change, words in (
        ({"text": " "}, "There is no message"),
        ({"autonomy": "everything"}, "There is no autonomy level"),
        ({"ask": "yes"}, "Asking models costs money"),
        ({"text": "x" * 100_001}, "longer than 100,000"),
    ):
        answer = client.post("/try", data=EXPORT | change)
        assert answer.status_code == 400, change
        assert words in answer.text
        (event,) = events(client.post("/try/stages", data=EXPORT | change).text)
        assert event[0] == "refused"
        assert words.lower() in event[1]["text"].lower()


def test_a_person_tries_one_message_at_a_time(served: Served) -> None:
    """The second is told so, by page and by stream."""
    client = served.client("agent")
    person = served.site.access.people.by_email("agent@acme.example")
    assert person is not None
    with TURNS.taken(person.id):
        assert client.post("/try", data=EXPORT).status_code == 429
        (event,) = events(client.post("/try/stages", data=EXPORT).text)
        assert "under way" in event[1]["text"]
    assert client.post("/try", data=EXPORT).status_code == 200


def test_a_link_fills_the_form_in(served: Served) -> None:
    """The link of a message leads to the same form; a ticket's page leads to its message."""
    wanted = Wanted(text="Where is it? & <b>", subject="A", verified=False, channel="email")
    client = served.client("agent")
    page = client.get(wanted.link).text
    assert "Where is it? &amp; &lt;b&gt;</textarea>" in page
    assert '<option value="email" selected>' in page
    assert 'value="yes" checked' not in page
    assert Wanted(text="x" * (LINKED + 1)).link == ""
    assert client.get("/try?ticket=nobody").status_code == 404
    assert client.get("/try?ticket=%00").status_code == 404


def test_the_same_message_makes_the_same_ticket(served: Served) -> None:
    """So that a model that answered before is not asked again; anything else makes another."""
    desk = served.site.desk
    first = ticket_of(wanted_of(EXPORT, sent=True), desk)
    assert ticket_of(wanted_of(EXPORT, sent=True), desk).id == first.id
    other = ticket_of(wanted_of(EXPORT | {"channel": "email"}, sent=True), desk)
    assert other.id != first.id


def test_an_attack_is_text(served: Served) -> None:
    """In the page and in what the stream sends to be put into it."""
    hostile = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    data = EXPORT | {"text": hostile, "subject": hostile, "customer": hostile}
    client = served.client("agent")
    for text in (client.post("/try", data=data).text, client.post("/try/stages", data=data).text):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
