"""Writing and reading a chat: once, in order, and nobody else's."""

from __future__ import annotations

import secrets
from dataclasses import replace

import httpx2
import pytest
from tests.builders import a_draft, a_passage
from tests.web.chat.conftest import API, SECRET, Talking, read, signed, write

from firstline.records import Context, EvidenceId, Sentence
from firstline.store import TicketStore
from firstline.store.chat_tables import session
from firstline.web.chat.identity import Identity


def test_a_message_becomes_a_ticket_of_its_conversation(talking: Talking) -> None:
    """It is stored with its channel, its conversation and what came before; nobody is named."""
    client = talking.client()
    first = talking.ticket(client, "How do I export a board?")
    talking.deliver(first, "Open the board's menu.")
    second = talking.ticket(client, "And where is the file?")
    held = TicketStore(talking.desk.engine).load(second)
    assert held is not None
    ticket = held.ticket
    assert (ticket.channel, ticket.inbox, ticket.customer, ticket.verified) == (
        "chat",
        "chat",
        None,
        False,
    )
    assert [(item.author, item.text) for item in ticket.history] == [
        ("customer", "How do I export a board?"),
        ("bot", "Open the board's menu."),
    ]
    before = TicketStore(talking.desk.engine).load(first)
    assert before is not None
    assert before.ticket.conversation == ticket.conversation
    assert TicketStore(talking.desk.engine).superseded(before.ticket)


def test_the_same_message_twice_is_one(talking: Talking) -> None:
    """Sent again it is said to be known; with another text its id is taken."""
    client = talking.client()
    first = write(client, "How do I export a board?", "message-1")
    again = write(client, "How do I export a board?", "message-1")
    assert (again["number"], again["repeated"]) == (first["number"], True)
    other = client.post(f"{API}messages", json={"id": "message-1", "text": "Something else"})
    assert (other.status_code, other.json()["code"]) == (409, "id_conflict")
    assert [item["number"] for item in read(client)] == [1]


def test_another_visitor_sees_nothing(talking: Talking) -> None:
    """Not the messages, not by their number, and feedback on them is refused."""
    mine, other = talking.client(), talking.client()
    talking.deliver(talking.ticket(mine), "Open the board's menu.")
    assert len(read(mine)) == 2
    assert read(other) == []
    refused = other.post(f"{API}feedback", json={"message": 2, "answer": "yes"})
    assert refused.status_code == 404
    assert read(mine)[1]["feedback"] is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "messages"),
        ("GET", "events"),
        ("POST", "messages"),
        ("POST", "person"),
        ("POST", "feedback"),
        ("POST", "conversation"),
        ("DELETE", "session"),
    ],
)
@pytest.mark.parametrize("token", ["", "Bearer nothing", "Bearer " + "x" * 300, "Basic eA=="])
def test_without_a_session_there_is_no_chat(
    talking: Talking, method: str, path: str, token: str
) -> None:
    """Every address but the one that opens a session asks for its token."""
    headers = {"Authorization": token} if token else {}
    body = {"id": "message-1", "text": "Hello"} if method == "POST" else None
    answer = httpx2.request(method, f"{talking.url}{API}{path}", headers=headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_only_the_hash_of_a_token_is_kept(talking: Talking) -> None:
    """The database cannot be used to open anybody's chat."""
    client = talking.client()
    token = client.headers["Authorization"].removeprefix("Bearer ")
    with talking.desk.engine.connect() as connection:
        rows = [str(tuple(row)) for row in connection.execute(session.select())]
    assert rows
    assert not any(token in row for row in rows)


def test_a_session_can_be_ended(talking: Talking) -> None:
    """Its token is worth nothing any more."""
    client = talking.client()
    assert client.delete(f"{API}session").status_code == 204
    assert client.get(f"{API}messages").status_code == 401


def test_a_visitor_who_comes_back_goes_on(talking: Talking) -> None:
    """The token of before opens the same conversation; a made-up one begins another."""
    client = talking.client()
    write(client, "How do I export a board?")
    token = client.headers["Authorization"].removeprefix("Bearer ")
    assert len(read(talking.client(session=token))) == 1
    assert read(talking.client(session="made up")) == []


def test_a_customer_is_who_the_site_says(talking: Talking) -> None:
    """The ticket names the record; on another device the same conversation goes on."""
    client = talking.client(identity=signed(sub="cus_1002", name="Sam"))
    ticket = talking.ticket(client, "What is my plan?")
    held = TicketStore(talking.desk.engine).load(ticket)
    assert held is not None
    assert (held.ticket.customer, held.ticket.verified) == ("cus_1002", True)
    elsewhere = talking.client(identity=signed(sub="cus_1002"))
    assert [item["paragraphs"] for item in read(elsewhere)] == [["What is my plan?"]]
    assert read(talking.client(identity=signed(sub="cus_1003"))) == []


def test_a_customer_is_found_by_the_address_the_site_signs(talking: Talking) -> None:
    """Where the site's own id is in no record, the signed address finds it."""
    token = signed(sub="web-77", email="priya@harbourlane.example")
    held = TicketStore(talking.desk.engine).load(talking.ticket(talking.client(identity=token)))
    assert held is not None
    assert held.ticket.customer == "priya@harbourlane.example"


def test_the_next_person_at_the_same_browser_sees_nothing(talking: Talking) -> None:
    """A customer's session opens only together with that customer's own identity."""
    token = signed(sub="cus_1004")
    client = talking.client(identity=token)
    write(client, "Something private")
    left = client.headers["Authorization"].removeprefix("Bearer ")
    assert len(read(talking.client(session=left, identity=token))) == 1
    assert read(talking.client(session=left)) == []
    assert read(talking.client(session=left, identity=signed(sub="cus_1005"))) == []


def test_a_token_that_counts_for_nothing_leaves_the_visitor_anonymous(talking: Talking) -> None:
    """The frame is told, and no record is read."""
    forged = signed(b"not the secret of the site, but as long")
    opened = httpx2.post(f"{talking.url}{API}session", json={"identity": forged})
    assert opened.json()["identity"] == "refused"
    held = talking.chat.known(opened.json()["session"])
    assert held is not None
    assert held.customer is None


def test_an_answer_comes_with_its_sources(talking: Talking) -> None:
    """Each article a sentence rests on, once; the line that names it is not said twice."""
    client = talking.client()
    ticket = talking.ticket(client)
    passage = replace(a_passage("Open the board's menu."), url="https://help.acme.example/csv")
    unused = replace(a_passage("Else."), id=EvidenceId("other#1"), title="Another")
    lines = (
        Sentence(text="Open the board's menu.", kind="quote", evidence=(passage.id,)),
        Sentence(text=f"Source: {passage.title}", kind="courtesy"),
    )
    talking.record(ticket, a_draft(*lines), Context(evidence=(passage, unused), tokens=9))
    talking.deliver(ticket, f"Open the board's menu.\n\nSource: {passage.title}")
    (said,) = read(client, after=1)
    assert said["author"] == "bot"
    assert said["paragraphs"] == ["Open the board's menu."]
    assert said["sources"] == [{"title": passage.title, "url": "https://help.acme.example/csv"}]


def test_who_asks_for_a_person_gets_no_automatic_answer_any_more(talking: Talking) -> None:
    """The button makes a ticket for a person and says what happens; what follows goes there."""
    client = talking.client()
    before = talking.ticket(client, "How do I export a board?")
    answer = client.post(f"{API}person", json={"id": secrets.token_hex(8)})
    assert answer.status_code == 202
    later = talking.ticket(client, "Are you there?")
    asked, notice, after = read(client, after=1)
    assert asked["paragraphs"] == ["I would like to talk to a person."]
    assert notice["author"] == "system"
    assert "within one working day" in notice["paragraphs"][0]
    assert after["number"] == 4
    store = TicketStore(talking.desk.engine)
    held, first = store.load(later), store.load(before)
    assert held is not None
    assert first is not None
    assert held.ticket.flags == ("asked_for_person",)
    assert store.superseded(first.ticket)
    state = client.get(f"{API}messages").json()["state"]
    assert state == {"progress": "", "person": True}


def test_a_ticket_before_a_person_is_told_once(talking: Talking) -> None:
    """A visitor whose message is held hears who has it, and again only when a newer one is."""
    client = talking.client()
    ticket = talking.ticket(client, "I was charged twice")
    talking.end(ticket, "review", "autonomy_review")
    assert [item["author"] for item in read(client)] == ["customer", "system"]
    assert len(read(client)) == 2
    talking.end(talking.ticket(client, "Please look"), "review", "newer_message")
    assert [item["author"] for item in read(client)] == ["customer", "system", "customer"]


def test_a_message_that_asks_for_a_person_ends_the_automatic_part(talking: Talking) -> None:
    """What the pipeline recognises counts like the button."""
    client = talking.client()
    talking.end(talking.ticket(client, "A human please"), "escalate", "human_request")
    held = TicketStore(talking.desk.engine).load(talking.ticket(client, "How do I export?"))
    assert held is not None
    assert held.ticket.flags == ("asked_for_person",)


def test_feedback_is_kept_and_more_help_calls_a_person(talking: Talking) -> None:
    """An answer can be judged, and judged anew; who needs more help gets a person."""
    client = talking.client()
    talking.deliver(talking.ticket(client), "Open the board's menu.")
    assert read(client)[1]["feedback"] is None
    assert client.post(f"{API}feedback", json={"message": 2, "answer": "no"}).status_code == 204
    assert read(client)[1]["feedback"] == "no"
    assert client.post(f"{API}feedback", json={"message": 1, "answer": "no"}).status_code == 404
    for _ in range(2):
        more = client.post(f"{API}feedback", json={"message": 2, "answer": "more_help"})
        assert more.status_code == 204
    assert [item["author"] for item in read(client)] == ["customer", "bot", "system"]
    assert client.get(f"{API}messages").json()["state"]["person"] is True


def test_too_much_is_refused_with_what_to_do(talking: Talking) -> None:
    """Too long, too many in a minute, unknown fields, and no JSON."""
    client = talking.client()
    long = client.post(f"{API}messages", json={"id": "message-1", "text": "x" * 2_001})
    assert (long.status_code, long.json()["code"]) == (413, "too_large")
    assert "2,000" in long.json()["detail"]
    for _ in range(5):
        write(client, "How do I export a board?")
    fast = client.post(f"{API}messages", json={"id": "message-9", "text": "Again"})
    assert (fast.status_code, fast.headers["retry-after"]) == (429, "20")
    odd = client.post(f"{API}messages", json={"id": "message-1", "text": "x", "admin": True})
    assert odd.status_code == 422
    raw = client.post(f"{API}messages", content=b"{", headers={"Content-Type": "application/json"})
    assert raw.status_code == 400


def test_an_address_may_begin_only_so_many(talking: Talking) -> None:
    """A flood of new conversations from one place is stopped."""
    talking.chat.beginners = type(talking.chat.beginners)(2)
    try:
        opened = [httpx2.post(f"{talking.url}{API}session", json={}) for _ in range(3)]
    finally:
        talking.chat.beginners = type(talking.chat.beginners)(10_000)
    assert [item.status_code for item in opened] == [200, 200, 429]
    assert opened[2].headers["retry-after"] == "60"


def test_what_may_not_stand_in_plain_sight_is_masked_at_once(talking: Talking) -> None:
    """The visitor sees what is kept: a card number is not."""
    client = talking.client()
    write(client, "My card is 4111 1111 1111 1111, why was it refused?")
    assert "4111 1111" not in read(client)[0]["paragraphs"][0]


def test_identities_are_off_without_a_secret(talking: Talking) -> None:
    """A good token of a site whose secret is not set here makes nobody known."""
    before = talking.chat.identity
    talking.chat.identity = Identity((), "firstline")
    try:
        opened = httpx2.post(f"{talking.url}{API}session", json={"identity": signed(SECRET)})
    finally:
        talking.chat.identity = before
    assert opened.json()["identity"] == "refused"
