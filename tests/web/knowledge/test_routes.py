"""The pages of knowledge, as a browser gets them."""

from __future__ import annotations

from html import unescape
from urllib.parse import quote

import httpx2
import pytest
from tests.web.conftest import Served
from tests.web.small_site import HOSTILE_ID

from firstline.store.access_log import EventFilter
from firstline.store.gap_marks import GapMarks

PAGES = (
    "/knowledge",
    "/knowledge/doc/refunds",
    "/knowledge/try?q=refund",
    "/knowledge/gaps?period=all",
    "/knowledge/recall",
)


def body(client: httpx2.Client, path: str, status: int = 200) -> str:
    """Return what a page says."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:500]
    return answer.text


def field(html: str, name: str) -> str:
    """Return the value of the first hidden field of this name."""
    return unescape(html.split(f'name="{name}" value="', 1)[1].split('"', 1)[0])


@pytest.mark.parametrize("path", PAGES)
def test_no_page_shows_markup_of_an_article_or_a_path_of_the_machine(
    tiny: Served, path: str
) -> None:
    """Whatever an article says is text, and files are named relative to the workspace."""
    html = body(tiny.client("agent"), path)
    assert "<script>alert" not in html
    assert "javascript:" not in html
    assert str(tiny.site.desk.workspace.folder) not in html


def test_the_list_shows_age_use_and_problems(tiny: Served) -> None:
    """Old articles are warned of, used ones are counted, and what could not be read is named."""
    html = body(tiny.client("agent"), "/knowledge")
    assert "years old" in html
    assert "knowledge/manual.docx" in html
    assert "Refunds" in html.split("Export a board")[0]
    row = html.split(">Refunds<")[1].split("</tr>")[0]
    assert row.count('<td class="num">1</td>') >= 2


def test_filters_narrow_the_list(tiny: Served) -> None:
    """Search, audience and age are combined, and nothing found says so."""
    client = tiny.client("agent")
    assert "Export a board" not in body(client, "/knowledge?q=refund")
    internal = body(client, "/knowledge?audience=internal")
    assert "Excel formulas" in internal
    assert ">Refunds<" not in internal
    assert "No article fits" in body(client, "/knowledge?q=refund&is=old")


def test_an_article_has_a_page_whatever_its_id(tiny: Served) -> None:
    """An id of slashes and marks leads to its page, and an address that is none is no link."""
    address = f"/knowledge/doc/{quote(HOSTILE_ID, safe='')}"
    client = tiny.client("agent")
    assert address in unescape(body(client, "/knowledge?q=a/b"))
    html = body(client, address)
    assert "knowledge/old.md" in html
    assert "As customers see it" not in html
    assert "&lt;script&gt;alert(3)" in html


def test_an_article_says_what_rests_on_it_now_and_before(tiny: Served) -> None:
    """A changed article keeps its earlier wording, and warns of the answers that rest on it."""
    html = body(tiny.client("agent"), "/knowledge/doc/refunds")
    assert "1 earlier wording" in html
    assert "within 30 days" in html
    assert "within 14 days" in html
    assert "Answers rest on wordings of this article that do not stand any more" in html
    assert "1 sent, 1 open draft" in html
    assert ">r1</a>" in html


def test_a_withdrawn_article_keeps_its_page(tiny: Served) -> None:
    """What was withdrawn is told so; what never was is not found."""
    client = tiny.client("agent")
    assert "This article was withdrawn" in body(client, "/knowledge/doc/coupons")
    assert "No article has this id" in body(client, "/knowledge/doc/nothing", 404)


def test_a_question_shows_what_would_be_found_and_said(tiny: Served) -> None:
    """The words found are marked, and the reply of the quoting writer is shown with its checks."""
    html = body(tiny.client("agent"), "/knowledge/try?q=How+do+I+export+a+board+to+CSV%3F")
    assert "<mark>CSV</mark>" in html
    assert "Enough to answer" in html
    assert "Choose CSV and wait for the download link." in unescape(html).replace("\n", " ")
    assert "Every check passes" in html


def test_a_question_that_nothing_answers_is_told_so(tiny: Served) -> None:
    """Names the article does not mention are named, and nothing is made up."""
    html = body(tiny.client("agent"), "/knowledge/try?q=Do+you+take+PayPal+in+Zanzibar%3F")
    assert "Enough to answer" not in html
    assert "Nothing: it hands over to a person" in html


def test_internal_articles_are_shown_only_when_asked_for(tiny: Served) -> None:
    """They are found for the team, marked, and never part of the reply."""
    client = tiny.client("agent")
    question = "/knowledge/try?q=Excel+formulas+in+exports"
    assert "internal: never quoted" not in body(client, question)
    assert "internal: never quoted" in body(client, question + "&all=1")


def test_what_is_asked_is_text_again(tiny: Served) -> None:
    """A question with markup comes back as text."""
    html = body(tiny.client("agent"), '/knowledge/try?q="><script>alert(9)</script> export')
    assert "<script>alert" not in html
    assert "&gt;&lt;script&gt;alert(9)" in html


def test_a_gap_is_proposed_marked_and_opened_again(tiny: Served) -> None:
    """Leads download its outline and mark it as done with their name; agents only look."""
    lead, agent = tiny.client("lead"), tiny.client("agent")
    html = body(lead, "/knowledge/gaps?period=all")
    assert "PayPal" in html
    assert "Mark as done" in html
    assert "Mark as done" not in body(agent, "/knowledge/gaps?period=all")
    key = html.split('action="/knowledge/gaps/')[2].split('"')[0]
    outline = agent.get(f"/knowledge/gaps/{key}.md?period=all")
    assert outline.headers["content-type"].startswith("text/markdown")
    assert outline.headers["content-disposition"].startswith("attachment")
    assert "audience: internal" in outline.text
    form = {"action": "done", "note": "the article on PayPal", "period": "all"}
    assert agent.post(f"/knowledge/gaps/{key}", data=form).status_code == 403
    assert lead.post(f"/knowledge/gaps/{key}", data={**form, "note": " "}).status_code == 400
    assert lead.post(f"/knowledge/gaps/{key}", data=form).status_code == 303
    done = body(lead, "/knowledge/gaps?period=all&state=done")
    assert "lead@acme.example dealt with it" in done
    assert "the article on PayPal" in done
    again = {"action": "open", "period": "all"}
    assert lead.post(f"/knowledge/gaps/{key}", data=again).status_code == 303
    assert "dealt with it" not in body(lead, "/knowledge/gaps?period=all")


def test_a_group_that_is_no_more_is_a_conflict(tiny: Served) -> None:
    """Marking a group that was made anew changes nothing and says why."""
    form = {"action": "done", "note": "x", "period": "all"}
    answer = tiny.client("lead").post("/knowledge/gaps/0000000000000000", data=form)
    assert answer.status_code == 409
    assert "grouped anew" in answer.text


def test_grouping_anew_is_for_leads(tiny: Served) -> None:
    """It takes the machine's time."""
    assert tiny.client("agent").post("/knowledge/gaps/look").status_code == 403
    answer = tiny.client("lead").post("/knowledge/gaps/look", data={"period": "all"})
    assert answer.headers["location"] == "/knowledge/gaps?period=all"


def test_recall_says_what_was_said_and_what_stands_there_now(tiny: Served) -> None:
    """A sent answer is to be corrected, a draft not to be approved; looking is written down."""
    html = body(tiny.client("agent"), "/knowledge/recall")
    assert "within 30 days" in html
    assert "within 14 days" in html
    assert "Tell the customer what is right now" in html
    events = tiny.site.access.log.page(EventFilter(action="viewed", kind="ticket")).events
    assert any(event.detail == "recall" and event.name == "Agent Person" for event in events)


def test_a_recall_is_settled_once(tiny: Served) -> None:
    """Whoever deals with it says how; a second person learns that it was done."""
    client = tiny.client("agent")
    html = body(client, "/knowledge/recall?todo=correct")
    path = "/knowledge/recall/" + html.split('action="/knowledge/recall/')[2].split('"')[0]
    form = {"standing": field(html, "standing"), "note": "wrote to her"}
    assert client.post(path, data={**form, "note": ""}).status_code == 400
    assert client.post(path, data=form).status_code == 303
    assert path not in body(client, "/knowledge/recall?todo=correct")
    assert client.post(path, data=form).status_code == 409


def test_a_part_of_the_page_is_given_to_the_script(tiny: Served) -> None:
    """The list alone comes with the header that the script sends."""
    answer = tiny.client("agent").get("/knowledge/gaps?period=all", headers={"X-Fragment": "1"})
    assert "open groups" in answer.text
    assert "<html" not in answer.text


def test_nobody_looks_without_signing_in(tiny: Served) -> None:
    """Every page sends a stranger to the login."""
    for path in PAGES:
        answer = tiny.client().get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


def test_another_site_cannot_mark_anything(tiny: Served) -> None:
    """A form that another site sends with a lead's cookie is refused, and nothing is kept."""
    answer = tiny.client("lead").post(
        "/knowledge/gaps/0000000000000000",
        data={"action": "done", "note": "x", "period": "all"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_site"
    assert GapMarks(tiny.site.desk.engine).of(()) == {}
