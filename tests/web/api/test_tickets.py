"""Messages come in once, are committed before anybody is told so, and are found again."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from tests.web.api.conftest import EXPORT, PUBLIC, Api

from firstline.store import TicketStore
from firstline.store.idempotency import IN_FLIGHT
from firstline.store.schema import ticket
from firstline.store.ticket_changes import Place
from firstline.store.tickets import instant
from firstline.store.trust_tables import staff_reply
from firstline.web.api.cursors import written_cursor
from firstline.web.api.retries import REPLAYED

TICKETS = "/api/v1/tickets"


def fresh() -> str:
    """Return an id that nobody used."""
    return f"id-{uuid.uuid4().hex}"


def rows(api: Api, external_id: str) -> int:
    """Return how many tickets have an id."""
    query = sa.select(sa.func.count()).where(ticket.c.external_id == external_id)
    with api.site.desk.engine.connect() as connection:
        return connection.scalar(query) or 0


def test_accepted_means_stored(api: Api) -> None:
    """202 comes with an address, and the ticket is in the database by then."""
    name = fresh()
    answer = api.post(id=name, subject="Export", customer="C1@B.example", verified=True)
    assert answer.status_code == 202
    body = answer.json()
    assert (body["external_id"], body["conversation"], body["state"]) == (name, name, "working")
    assert answer.headers["location"] == body["links"]["self"]
    stored = TicketStore(api.site.desk.engine).load(body["id"])
    assert stored is not None
    assert (stored.ticket.inbox, stored.ticket.customer) == ("api", "c1@b.example")
    assert (stored.ticket.verified, stored.ticket.channel) == (True, "api")


def test_nobody_is_verified_unless_it_is_said(api: Api) -> None:
    """A customer that is only named is not believed; verified without a customer says nothing."""
    assert not api.get(api.sent(customer="c1"))["verified"]
    assert not api.get(api.sent(verified=True))["verified"]


def test_the_same_message_again_is_one_ticket(api: Api) -> None:
    """The sender's own id is enough: the second time nothing is stored."""
    name = fresh()
    first, second = api.post(id=name), api.post(id=name)
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert rows(api, name) == 1


def test_another_message_under_the_same_id_is_refused(api: Api) -> None:
    """It would be lost if it counted as a repeat."""
    name = fresh()
    api.post(id=name)
    answer = api.post(id=name, text="Something else entirely")
    assert answer.status_code == 409
    assert answer.json()["code"] == "id_conflict"


def test_fifty_at_once_are_one_ticket(api: Api) -> None:
    """Whatever the order they arrive in; all are told the same."""
    name = fresh()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: api.post(id=name), range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert rows(api, name) == 1


def test_fifty_at_once_with_different_words_are_one_ticket(api: Api) -> None:
    """One is accepted; no other one is told that it was."""
    name = fresh()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda n: api.post(id=name, text=f"Message {n}"), range(50)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 49
    kept = next(answer for answer in answers if answer.status_code == 202)
    said = answers.index(kept)
    assert api.get(kept.json()["id"])["text"] == f"Message {said}"


def test_a_retry_with_a_key_gets_the_same_answer(api: Api) -> None:
    """Also where the message has no id of its own."""
    key = {"Idempotency-Key": fresh()}
    first = api.program.post(TICKETS, json={"text": EXPORT}, headers=key)
    second = api.program.post(TICKETS, json={"text": EXPORT}, headers=key)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert REPLAYED not in first.headers
    assert second.headers[REPLAYED] == "true"
    assert second.headers["content-type"] == "application/json"


def test_a_key_with_another_body_is_refused(api: Api) -> None:
    """422, as the draft of the header says; the order of fields does not matter."""
    key = {"Idempotency-Key": fresh()}
    api.program.post(TICKETS, content=b'{"text": "a", "subject": "b"}', headers=key | JSON)
    same = api.program.post(TICKETS, content=b'{"subject":"b","text":"a"}', headers=key | JSON)
    other = api.program.post(TICKETS, content=b'{"text": "a"}', headers=key | JSON)
    assert same.headers[REPLAYED] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


JSON = {"Content-Type": "application/json"}


def test_a_key_in_flight_is_told_to_wait(api: Api) -> None:
    """409 while the first request is being answered."""
    key = fresh()
    first = api.program.post(TICKETS, json={"text": EXPORT}, headers={"Idempotency-Key": key})
    assert first.status_code == 202
    with api.site.desk.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE idempotency SET status = 0 WHERE key = :key"), {"key": key}
        )
    again = api.program.post(TICKETS, json={"text": EXPORT}, headers={"Idempotency-Key": key})
    assert (again.status_code, again.json()["code"]) == (409, "in_flight")
    assert again.headers["retry-after"] == "1"


def test_a_killed_request_is_done_by_its_retry(api: Api) -> None:
    """The process died between storing and answering: the retry makes no second ticket."""
    key = {"Idempotency-Key": fresh()}
    first = api.program.post(TICKETS, json={"text": EXPORT}, headers=key)
    long_ago = instant(api.site.now() - 2 * IN_FLIGHT)
    with api.site.desk.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE idempotency SET status = 0, begun = :at WHERE key = :key"),
            {"key": key["Idempotency-Key"], "at": long_ago},
        )
    again = api.program.post(TICKETS, json={"text": EXPORT}, headers=key)
    assert again.json()["id"] == first.json()["id"]
    assert rows(api, first.json()["external_id"]) == 1


def test_a_refused_request_frees_its_key(api: Api) -> None:
    """What came to nothing may be mended and sent again under the same key."""
    key, name = {"Idempotency-Key": fresh()}, fresh()
    api.post(id=name)
    body = {"id": name, "text": "Another message"}
    assert api.program.post(TICKETS, json=body, headers=key).status_code == 409
    mended = body | {"id": fresh()}
    assert api.program.post(TICKETS, json=mended, headers=key).status_code == 202


def test_fifty_with_one_key_are_one_ticket(api: Api) -> None:
    """One is done; the others are told the same or to wait."""
    key = {"Idempotency-Key": fresh()}
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(
                lambda _: api.program.post(TICKETS, json={"text": EXPORT}, headers=key), range(50)
            )
        )
    assert {answer.status_code for answer in answers} <= {202, 409}
    accepted = [answer.json() for answer in answers if answer.status_code == 202]
    assert accepted
    assert all(body == accepted[0] for body in accepted)
    assert rows(api, accepted[0]["external_id"]) == 1


def test_what_comes_in_is_masked_before_it_is_stored(api: Api) -> None:
    """A card number is not in the database, whatever part of the message it stood in."""
    card = "4111 1111 1111 1111"
    found = api.get(
        api.sent(
            text=f"My card {card}",
            subject=f"Card {card}",
            messages=[{"author": "customer", "text": f"It is {card}"}],
        )
    )
    assert found["masked"]
    assert card not in str(found)
    with api.site.desk.engine.connect() as connection:
        body = connection.scalar(sa.select(ticket.c.body).where(ticket.c.id == found["id"]))
    assert card not in str(body)


def test_html_mail_and_odd_characters_are_made_plain(api: Api) -> None:
    """Tags, NUL and what cannot be seen are gone; the words are there."""
    html = api.get(api.sent(text="<p>Hello <b>there</b></p>", format="html"))
    assert html["text"] == "Hello there"
    odd = api.get(api.sent(text="nul\x00 and zero\u200bwidth", subject="a\x00b"))
    assert odd["text"] == "nul and zerowidth"
    assert "\x00" not in odd["subject"]


def test_a_long_message_goes_to_a_person(api: Api) -> None:
    """It is accepted, and marked so that nobody answers it automatically."""
    assert "too_large" in api.get(api.sent(text="word " * 5_000))["flags"]


def test_a_time_to_come_counts_as_now(api: Api) -> None:
    """A clock that is ahead cannot put a message behind those that follow."""
    now = api.site.now().isoformat()
    found = api.get(api.sent(received_at="2999-01-01T00:00:00Z"))
    assert found["received_at"][:4] == now[:4]
    assert api.get(api.sent(received_at="0001-01-01T00:00:00+10:00"))["received_at"][:4] == "1970"


def test_an_answered_ticket_has_all_that_is_needed_to_post_it(api: Api) -> None:
    """The reply with its sentences, what they rest on, checks, route, cost, time and links."""
    found = api.get(api.answered())
    assert (found["state"], found["outcome"]) == ("answered", "sent")
    reply = found["reply"]
    assert (reply["kind"], reply["by"]) == ("reply", "firstline")
    assert reply["text"] == found["draft"]["text"]
    quoted = [item for item in reply["sentences"] if item["kind"] == "quote"]
    held = {item["id"]: item for item in found["evidence"]}
    assert quoted
    assert all(key in held for item in quoted for key in item["evidence"])
    assert any("board menu" in item["text"] for item in held.values())
    assert all(item["text"] == "" for item in held.values() if item["kind"] == "record")
    assert all(item["result"] != "block" for item in found["findings"])
    assert found["route"]["intents"][0]["intent"] == "export_data"
    assert found["cost"]["usd"] == 0
    assert found["latency"]["total_ms"] >= 0
    assert "validate" in found["latency"]["stages_ms"]
    assert reply["feedback_links"]["yes"].startswith(f"{PUBLIC}/feedback/")
    assert found["review"] is None


def test_links_under_a_reply_stay_the_same(api: Api) -> None:
    """Who asks twice posts the same links."""
    name = api.answered()
    assert api.get(name)["reply"]["feedback_links"] == api.get(name)["reply"]["feedback_links"]


def test_a_ticket_that_waits_has_a_draft_and_no_reply(api: Api) -> None:
    """Nothing is said to have been sent before it was."""
    found = api.get(api.held())
    assert (found["reply"], found["state"]) == (None, "review")
    assert "refunded in full" in found["draft"]["text"]


def test_reading_a_ticket_is_written_down(api: Api) -> None:
    """The audit of views knows which key read which ticket."""
    name = api.sent()
    api.get(name)
    with api.site.desk.engine.connect() as connection:
        seen = connection.execute(
            sa.text("SELECT name, kind FROM access_event WHERE subject = :id"), {"id": name}
        ).all()
    assert [tuple(row) for row in seen] == [("shop", "ticket")]


def test_polling_gets_each_ticket_once(api: Api) -> None:
    """From a cursor on, in the order they ended, page by page, with nothing left out."""
    names = [api.held() for _ in range(3)]
    with api.site.desk.engine.begin() as connection:
        for number, name in enumerate(names):
            at = f"2001-01-01T00:00:0{number}.000000+00:00"
            connection.execute(ticket.update().where(ticket.c.id == name).values(ended_at=at))
    start = written_cursor(Place(ended_at="2001-01-01T00:00:00.000000+00:00", ticket="0"))
    seen, cursor = follow(api, start, limit=2)
    assert seen[:3] == names
    assert len(set(seen)) == len(seen)
    assert not set(follow(api, cursor)[0]) & set(names)


def test_a_cursor_of_somebody_else_is_refused(api: Api) -> None:
    """One sentence says what to do."""
    for cursor in ("zzz", "AAAA", "bm90IGEgY3Vyc29y"):
        answer = api.program.get(TICKETS, params={"since": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor")


def follow(api: Api, cursor: str, *, limit: int = 200) -> tuple[list[str], str]:
    """Return what happened since a cursor, and the next one."""
    seen: list[str] = []
    while True:
        asked = {"since": cursor, "limit": str(limit)}
        page = api.program.get(TICKETS, params=asked).json()
        seen.extend(item["id"] for item in page["items"])
        cursor = page["next"]
        if not page["more"]:
            return seen, cursor


def test_a_further_message_joins_its_conversation(api: Api) -> None:
    """It is a ticket of its own, of the same customer, that knows what was said before."""
    first = api.answered()
    body = {"author": "customer", "text": "And where is the file?", "id": fresh()}
    answer = api.program.post(f"{TICKETS}/{first}/messages", json=body)
    assert answer.status_code == 202, answer.text
    second = answer.json()
    assert second["id"] != first
    assert second["conversation"] == api.get(first)["conversation"]
    stored = TicketStore(api.site.desk.engine).load(second["id"])
    assert stored is not None
    assert (stored.ticket.customer, stored.ticket.verified) == ("c1", True)
    assert [turn.author for turn in stored.ticket.history] == ["customer", "bot"]
    again = api.program.post(f"{TICKETS}/{first}/messages", json=body)
    assert again.json()["id"] == second["id"]


def test_a_newer_message_stops_the_older_reply(api: Api) -> None:
    """A draft in flight is not sent when the customer has written again."""
    first = api.sent(customer="c1", verified=True)
    more = {"author": "customer", "text": "Wait, it is about billing"}
    api.program.post(f"{TICKETS}/{first}/messages", json=more)
    api.work(first)
    found = api.get(first)
    assert (found["reply"], found["state"]) == (None, "review")


def test_messages_of_one_conversation_know_each_other(api: Api) -> None:
    """The sender's own id of a thread joins messages, and messages given are taken as they are."""
    thread = fresh()
    api.answered(conversation=thread)
    second = api.sent(conversation=thread, customer="c1", verified=True, text="And then?")
    given = api.sent(
        conversation=thread, customer="c1", messages=[{"author": "staff", "text": "Hello"}]
    )
    store = TicketStore(api.site.desk.engine)
    joined, own = store.load(second), store.load(given)
    assert joined is not None
    assert own is not None
    assert [turn.author for turn in joined.ticket.history] == ["customer", "bot"]
    assert [turn.text for turn in own.ticket.history] == ["Hello"]


def test_a_person_who_answered_elsewhere_is_noted(api: Api) -> None:
    """Drafts for what they answered are not approved any more."""
    name = api.held()
    answer = api.program.post(f"{TICKETS}/{name}/messages", json={"author": "staff", "by": "Dana"})
    assert answer.status_code == 202
    conversation = api.get(name)["conversation"]
    with api.site.desk.engine.connect() as connection:
        by = connection.scalar(
            sa.select(staff_reply.c.by).where(staff_reply.c.conversation == conversation)
        )
    assert by == "Dana"
    version = api.get(name)["review"] or {"version": 0}
    body = {"action": "approve", "version": version["version"], "by": "Mia"}
    refused = api.program.post(f"{TICKETS}/{name}/decisions", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "person_replied")


def test_feedback_is_kept_and_the_last_one_counts(api: Api) -> None:
    """Saying something else changes it; needing more help puts the ticket before a person."""
    name = api.answered()
    address = f"{TICKETS}/{name}/feedback"
    assert api.program.post(address, json={"answer": "yes"}).json()["changes"] == 0
    assert api.program.post(address, json={"answer": "more_help"}).json()["changes"] == 1
    found = api.get(name)
    assert found["feedback"]["answer"] == "more_help"
    assert (found["state"], found["review"]["held_for"]) == ("review", "more_help")


def test_there_is_no_feedback_without_a_reply(api: Api) -> None:
    """Nothing was sent that could have helped."""
    answer = api.program.post(f"{TICKETS}/{api.sent()}/feedback", json={"answer": "yes"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_answered")
