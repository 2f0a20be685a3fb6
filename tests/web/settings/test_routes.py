"""The pages of settings, as a browser gets them: what they show, and what they change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape

import httpx2
import pytest
from tests.web.conftest import Served

from firstline.records import Intent, encode
from firstline.store.autonomy import AutonomyStore, Change, NewChange
from firstline.store.certificates import CertificateBook
from firstline.trust.certificate import Basis, Certificate, Scope
from firstline.web.settings.standing import basis_of

PAGES = (
    "/settings",
    "/settings/autonomy",
    "/settings/autonomy/watch",
    "/settings/certificates",
)
LEAD_PAGES = ("/settings/autonomy/level?intent=refunds", "/settings/stop", "/settings/budgets")


def body(client: httpx2.Client, path: str, status: int = 200) -> str:
    """Return what a page says."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:500]
    return answer.text


def log(tiny: Served) -> tuple[Change, ...]:
    """Return the changes, newest first."""
    return AutonomyStore(tiny.site.desk.engine).log()


def level(tiny: Served, role: str, chosen: str, **changes: str) -> httpx2.Response:
    """Send the form that sets the level of `refunds`, as it stands now."""
    client = tiny.client(role)  # type: ignore[arg-type]  # a role by its name
    numbers = [one.number for one in log(tiny) if (one.topic, one.scope) == ("level", "refunds")]
    form = {
        "intent": "refunds",
        "level": chosen,
        "reason": "a test",
        "seen": str(max(numbers, default=0)),
        **changes,
    }
    return client.post("/settings/autonomy/level", data=form)


@pytest.mark.parametrize("path", PAGES)
def test_everybody_may_look(tiny: Served, path: str) -> None:
    """An agent sees how things stand, with nothing that changes them and no path of the machine."""
    html = body(tiny.client("agent"), path)
    assert "/settings/stop" not in html
    assert "/settings/people" not in html
    assert str(tiny.site.desk.workspace.folder.parent) not in html


@pytest.mark.parametrize("path", LEAD_PAGES)
def test_what_changes_things_and_money_is_for_leads(tiny: Served, path: str) -> None:
    """An agent is refused, a lead is not."""
    assert "needs the role lead" in body(tiny.client("agent"), path, 403)
    body(tiny.client("lead"), path)


def test_the_overview_says_what_deserves_attention(tiny: Served) -> None:
    """What is missing or degraded comes first; versions, database and models are named."""
    html = body(tiny.client("agent"), "/settings")
    assert html.index("degraded</span>") < html.index(">ok</span>")
    assert "knowledge/manual.docx" in html
    assert "SQLite" in html
    assert "No model is used" in html


def test_what_goes_out_uncertified_is_called_so(tiny: Served) -> None:
    """Every intent that a percentage lets out carries the word."""
    html = body(tiny.client("agent"), "/settings/autonomy")
    assert "3 of 3 intents go out by themselves" in html
    assert html.count("UNCERTIFIED</span>") == 4


def test_a_lead_takes_autonomy_away_and_an_admin_gives_it(tiny: Served) -> None:
    """Both stand in the log with their address and reason, and it counts at once."""
    answer = level(tiny, "lead", "review", reason="  too many\nmistakes ")
    assert answer.headers["location"] == "/settings/autonomy/level?intent=refunds"
    assert (log(tiny)[0].by, log(tiny)[0].reason) == ("lead@acme.example", "too many mistakes")
    assert "nothing: review" in body(tiny.client("agent"), "/settings/autonomy")
    for chosen in ("certified", "percent", "files"):
        refused = level(tiny, "lead", chosen, percent="10")
        assert refused.status_code == 403
        assert "needs the role admin" in refused.text
    assert level(tiny, "admin", "percent", percent="10").status_code == 303
    assert (log(tiny)[0].by, log(tiny)[0].value) == ("admin@acme.example", "percent:10")
    assert "to 10 %" in body(tiny.client("agent"), "/settings/autonomy")
    assert level(tiny, "admin", "files").status_code == 303


def test_a_level_for_all_intents_has_its_form(tiny: Served) -> None:
    """The star stands for all of them."""
    client = tiny.client("lead")
    assert "all intents" in body(client, "/settings/autonomy/level?intent=*")
    form = {"intent": "*", "level": "review", "reason": "a test", "seen": "0"}
    assert client.post("/settings/autonomy/level", data=form).status_code == 303
    assert "For all intents the level" in body(client, "/settings/autonomy")
    seen = str(log(tiny)[0].number)
    form = {"intent": "*", "level": "files", "reason": "a test", "seen": seen}
    assert client.post("/settings/autonomy/level", data=form).status_code == 403
    assert tiny.client("admin").post("/settings/autonomy/level", data=form).status_code == 303


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"reason": " "}, 400),
        ({"intent": "nothing"}, 400),
        ({"level": "always"}, 422),
        ({"level": "percent"}, 400),
        ({"level": "percent", "percent": "101"}, 422),
        ({"seen": "99999"}, 409),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    tiny: Served, changes: dict[str, str], status: int
) -> None:
    """Nothing is written without a reason, a known intent and level, and a fresh look."""
    before = log(tiny)
    if changes.get("intent"):
        changes = {**changes, "seen": "0"}
    answer = level(tiny, "admin", changes.pop("level", "review"), **changes)
    assert answer.status_code == status
    assert log(tiny) == before


def test_the_slower_of_two_learns_who_was_quicker(tiny: Served) -> None:
    """A form that was opened before somebody else's change names that change."""
    seen = max((one.number for one in log(tiny) if one.scope == "refunds"), default=0)
    assert level(tiny, "lead", "review").status_code == 303
    answer = level(tiny, "lead", "off", seen=str(seen))
    assert answer.status_code == 409
    assert "lead@acme.example set refunds to review" in answer.text
    assert level(tiny, "admin", "files").status_code == 303


def test_the_switch_works_at_once_and_stands_above_every_page(tiny: Served) -> None:
    """A lead stops with a reason, everybody reads it, an admin resumes, once."""
    lead, admin, agent = tiny.client("lead"), tiny.client("admin"), tiny.client("agent")
    assert lead.post("/settings/stop", data={"reason": ""}).status_code == 400
    assert tiny.site.desk.opened.parts.release().stopped is None
    assert agent.post("/settings/stop", data={"reason": "x"}).status_code == 403
    assert lead.post("/settings/stop", data={"reason": "a <b> menu"}).status_code == 303
    assert tiny.site.desk.opened.parts.release().stopped is not None
    for path in ("/knowledge", "/settings/autonomy"):
        html = body(agent, path)
        assert "by lead@acme.example: a &lt;b&gt; menu" in html.split("<main")[0]
    assert "An admin resumes it" in body(lead, "/settings/stop")
    assert lead.post("/settings/resume", data={"reason": "x"}).status_code == 403
    assert admin.post("/settings/resume", data={"reason": "mended"}).status_code == 303
    assert admin.post("/settings/resume", data={"reason": "mended"}).status_code == 409
    assert tiny.site.desk.opened.parts.release().stopped is None
    assert "was stopped" not in body(agent, "/knowledge").split("<main")[0]


def test_another_site_cannot_stop_or_resume(tiny: Served) -> None:
    """A form that another site sends with a lead's cookie is refused, and nothing is written."""
    before = log(tiny)
    answer = tiny.client("lead").post(
        "/settings/stop", data={"reason": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert log(tiny) == before


def test_a_trip_is_shown_and_cleared_by_an_admin(tiny: Served) -> None:
    """It says why, holds its scope, and is given back with a reason."""
    covers = encode(Scope(name="refunds", intents=(Intent("refunds"),)))
    trip = NewChange(
        topic="trip",
        scope="refunds",
        value="tripped",
        by="watch",
        reason="escalation rose",
        covers=covers,
    )
    AutonomyStore(tiny.site.desk.engine).change(trip, datetime.now(UTC))
    tiny.site.desk.opened.parts.release.forget()  # type: ignore[attr-defined]  # a ReleaseReader
    html = body(tiny.client("lead"), "/settings/autonomy")
    assert "escalation rose" in html
    assert "A watch has taken autonomy away: refunds" in html
    form = {"scope": "refunds", "reason": "a campaign; it is over", "relearn": "true"}
    assert tiny.client("lead").post("/settings/autonomy/trips", data=form).status_code == 403
    assert tiny.client("admin").post("/settings/autonomy/trips", data=form).status_code == 303
    assert log(tiny)[0].value == "cleared"
    assert tiny.client("admin").post("/settings/autonomy/trips", data=form).status_code == 409


def a_certificate(basis: Basis, **changes: object) -> Certificate:
    """Return a certificate of one intent."""
    today = datetime.now(UTC).date()
    values: dict[str, object] = {
        "scope": Scope(name="low risk", intents=(Intent("refunds"),)),
        "alpha": 0.02,
        "delta": 0.01,
        "threshold": 0.83,
        "count": 412,
        "errors": 2,
        "bound": 0.0172,
        "coverage": 0.61,
        "basis": basis,
        "issued": today - timedelta(days=5),
        "expires": today + timedelta(days=9),
    }
    return Certificate(**{**values, **changes})  # type: ignore[arg-type]  # by name


def test_certificates_say_what_they_rest_on_and_what_broke_them(tiny: Served) -> None:
    """A valid one warns of its end, a void one names what changed; scopes without one are told."""
    desk, client = tiny.site.desk, tiny.client("agent")
    assert "no certificate" in body(client, "/settings/certificates")
    book, basis = CertificateBook(desk.engine), basis_of(desk)
    good = a_certificate(basis)
    old = Scope(name="<i>old</i>", intents=(Intent("gone"),))
    broken = a_certificate(Basis(**{**_parts(basis), "knowledge": "0ld"}), scope=old)
    book.issue(good, now=datetime.now(UTC))
    book.issue(broken, now=datetime.now(UTC))
    html = body(client, "/settings/certificates")
    assert "9 days left" in html
    assert "knowledge changed since" in html
    assert "<i>old</i>" not in html
    page = body(client, f"/settings/certificates/{good.id}")
    assert "Of the replies that score 0.83 or more, at most 2 % are wrong" in page
    assert page.count("the same</span>") == 5
    assert "changed</span>" in body(client, f"/settings/certificates/{broken.id}")
    body(client, "/settings/certificates/none", 404)


def _parts(basis: Basis) -> dict[str, str]:
    return {name: getattr(basis, name) for name in Basis.__slots__}


def test_budgets_say_what_is_spent_and_where_the_limit_is_written(tiny: Served) -> None:
    """Money is summed by day and by what it went to; limits name file and line."""
    html = body(tiny.client("lead"), "/settings/budgets")
    assert "$1.25" in html
    assert "a-model" in html
    assert "in a new table [budget]" in unescape(html)
