"""The list, the page of a run, and replays, over HTTP."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from tests.builders import NOON, a_route, a_ticket
from tests.web.conftest import Served
from tests.web.tickets.world import a_world, an_answer

from firstline.records import Reason, TicketId, encode
from firstline.store import TicketStore
from firstline.store.schema import delivery, model_call, stage, ticket
from firstline.store.ticket_search import PAGE
from firstline.web.tickets.stages import decided_stages
from firstline.web.tickets.turns import AT_ONCE, TURNS

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


def ids(served: Served, **outcome: str) -> list[str]:
    """Return the ids of the decided tickets, or of those with an outcome."""
    query = (
        sa.select(ticket.c.id)
        .join(stage, sa.and_(stage.c.ticket == ticket.c.id, stage.c.stage == "gate"))
        .order_by(ticket.c.position)
    )
    for name, value in outcome.items():
        query = query.where(ticket.c[name] == value)
    with served.site.desk.engine.connect() as connection:
        return list(connection.scalars(query))


def counts(served: Served) -> list[int]:
    """Return how much is stored."""
    with served.site.desk.engine.connect() as connection:
        return [
            connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (ticket, stage, delivery, model_call)
        ]


@pytest.fixture(scope="module")
def hostile(served: Served) -> str:
    """Store a ticket in which everything that somebody else wrote is an attack; return its id."""
    name = "hostile"
    made = a_ticket(
        name,
        inbox=next(iter(_inboxes(served))),
        external_id=HOSTILE,
        subject=HOSTILE,
        text=f"{HOSTILE}\n{{{{ 7 * 7 }}}}",
        customer=HOSTILE,
        source=HOSTILE,
        received_at=NOON,
    )
    answer = an_answer(ticket=made, route=a_route(reason=HOSTILE))
    store = TicketStore(served.site.desk.engine)
    store.accept([(10_000, made)])
    verdict = answer.verdict
    store.record(
        made.id,
        (
            ("route", encode(answer.route)),
            ("context", encode(answer.context)),
            ("generate", encode(answer.draft)),
            ("validate", "[]"),
            ("gate", encode(verdict)),
        ),
        answer.times,
        outcome="escalate",
        reason=Reason(code="anger", detail="").code,
        now=NOON,
    )
    return name


def _inboxes(served: Served) -> list[str]:
    with served.site.desk.engine.connect() as connection:
        return list(connection.scalars(sa.select(ticket.c.inbox).distinct()))


def number_of(served: Served, *, outcome: str) -> int:
    """Return how many tickets of any channel ended so; other tests of the session add theirs."""
    query = sa.select(sa.func.count()).select_from(ticket).where(ticket.c.outcome == outcome)
    with served.site.desk.engine.connect() as connection:
        return int(connection.scalar(query) or 0)


def test_the_list_shows_tickets_and_narrows_them(served: Served) -> None:
    """Filters live in the address and stay chosen in the form."""
    client = served.client("agent")
    page = client.get("/tickets").text
    assert page.count('class="about"') >= 30
    sent = client.get("/tickets?outcome=sent").text
    assert 0 < sent.count('class="about"') == min(number_of(served, outcome="sent"), PAGE)
    assert '<option value="sent" selected>' in sent
    none = client.get("/tickets?q=qqqqqq").text
    assert "No ticket fits." in none
    assert 'value="qqqqqq"' in none


def test_a_filter_that_is_not_one_is_refused_or_ignored(served: Served) -> None:
    """A day and a place must be real; an unknown state is no filter; nothing breaks."""
    client = served.client("agent")
    assert client.get("/tickets?from=yesterday").status_code == 400
    assert client.get("/tickets?after=nowhere").status_code == 400
    assert client.get("/tickets?state=nonsense").status_code == 200
    assert client.get("/tickets?reason=%00&intent=%00&q=%00%25_").status_code == 200
    assert client.get("/tickets?to=9999-12-31&from=0001-01-01").status_code == 200


def test_a_run_explains_every_stage(served: Served) -> None:
    """Each of the thirty answered tickets: all stages, with what did nothing and why."""
    client = served.client("agent")
    for key in ids(served)[:12]:
        answer = client.get(f"/tickets/{key}")
        assert answer.status_code == 200
        for name in (
            "intake",
            "route",
            "context",
            "generate",
            "validate",
            "gate",
            "deliver",
            "people",
            "after",
        ):
            assert f'id="{name}"' in answer.text
        assert "Did nothing because" in answer.text
        assert "Made under" in answer.text


def test_a_run_says_what_the_stores_say(served: Served) -> None:
    """Outcome, evidence, checks, the ledger of deliveries, and what was in use."""
    (key, *_) = ids(served, outcome="sent")
    said = served.site.reviews.answer(TicketId(key))
    page = served.client("agent").get(f"/tickets/{key}").text
    for item in said.context.evidence:
        assert item.version[:12] in page
    for finding in said.findings:
        assert f">{finding.check}</span>" in page
    assert f"{key}:reply" in page
    assert "no models" in page


def test_an_unknown_ticket_is_not_found(served: Served) -> None:
    """By page, file and replay, whatever its name is."""
    client = served.client("lead")
    for name in ("nobody", "%00", "a%0Ab"):
        assert client.get(f"/tickets/{name}").status_code == 404
        assert client.get(f"/tickets/{name}/record.json").status_code == 404
        assert client.post(f"/tickets/{name}/replay").status_code == 404


def test_a_view_is_written_down(served: Served) -> None:
    """Who looked at which ticket stands in the audit of views."""
    key = ids(served)[1]
    served.client("agent").get(f"/tickets/{key}")
    views = served.client("admin").get("/settings/views").text
    assert key in views


def test_the_file_is_for_leads_and_holds_everything(served: Served) -> None:
    """An agent is refused; the file is what is stored."""
    key = ids(served, outcome="sent")[0]
    assert served.client("agent").get(f"/tickets/{key}/record.json").status_code == 403
    answer = served.client("lead").get(f"/tickets/{key}/record.json")
    assert answer.headers["content-disposition"].startswith("attachment")
    held = json.loads(answer.text)
    assert held["ticket"]["id"] == key
    assert {"route", "context", "generate", "validate", "gate", "deliver"} <= set(held["stages"])
    assert held["record"]["deliveries"][0]["state"] == "sent"


def test_a_replay_compares_and_stores_nothing(served: Served) -> None:
    """Today's workspace says the same of a ticket that was answered a moment ago."""
    client = served.client("agent")
    before = counts(served)
    for key in ids(served)[:5]:
        answer = client.post(f"/tickets/{key}/replay")
        assert answer.status_code == 200
        assert "Cost of this replay" in answer.text
        assert 'id="gate"' in answer.text
    assert counts(served) == before
    back = client.get(f"/tickets/{key}/replay")
    assert (back.status_code, back.headers["location"]) == (303, f"/tickets/{key}")


def test_only_a_lead_may_have_models_asked(served: Served) -> None:
    """It costs money."""
    key = ids(served)[0]
    answer = served.client("agent").post(f"/tickets/{key}/replay", data={"ask": "yes"})
    assert answer.status_code == 403
    answer = served.client("lead").post(f"/tickets/{key}/replay", data={"ask": "yes"})
    assert answer.status_code == 200


def test_replays_take_turns(served: Served) -> None:
    """Too many at once are refused, and the next is served when one has ended."""
    key = ids(served)[0]
    client = served.client("agent")
    others = [TURNS.taken(f"somebody {number}") for number in range(AT_ONCE)]
    for other in others:
        other.__enter__()
    assert client.post(f"/tickets/{key}/replay").status_code == 429
    for other in others:
        other.__exit__(None, None, None)
    assert client.post(f"/tickets/{key}/replay").status_code == 200


def test_an_attack_is_text_everywhere(served: Served, hostile: str) -> None:
    """In the list, the run, the replay and the trial, nothing of it is markup."""
    client = served.client("lead")
    pages = [
        client.get("/tickets?q=script").text,
        client.get(f"/tickets?q={HOSTILE}&reason={HOSTILE}&intent={HOSTILE}").text,
        client.get(f"/tickets/{hostile}").text,
        client.post(f"/tickets/{hostile}/replay").text,
        client.get(f"/try?ticket={hostile}").text,
    ]
    for text in pages:
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert all("&lt;script&gt;alert" in text for text in pages[:4])
    assert "{{ 7 * 7 }}" in pages[2]


def test_a_ticket_without_a_verdict_says_so(served: Served) -> None:
    """Its page shows what there is, and why the rest did nothing; there is nothing to replay."""
    inbox = _inboxes(served)[0]
    made = a_ticket("waits", inbox=inbox)
    TicketStore(served.site.desk.engine).accept([(10_001, made)])
    client = served.client("agent")
    page = client.get("/tickets/waits").text
    assert "no worker has come to this ticket" in page
    assert client.post("/tickets/waits/replay").status_code == 400
    gone = a_ticket("given-up", inbox=inbox)
    store = TicketStore(served.site.desk.engine)
    store.accept([(10_002, gone)])
    store.end(gone.id, "escalate", "gave_up", NOON)
    page = client.get("/tickets/given-up").text
    assert "the ticket was given up (gave up)" in page


def test_a_long_ticket_costs_no_more_than_its_length() -> None:
    """Views are built from every part once: ten thousand signals and findings are no trouble."""
    ticket = a_ticket(text="word " * 4_000)
    answer = an_answer(ticket=ticket, findings=an_answer().findings * 5_000)
    views = decided_stages(answer, a_world())
    assert views[4].headline == "2 checks: 10000 pass."
