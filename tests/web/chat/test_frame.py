"""The frame's page: who may show it, and that it does everything without a script."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest
import re2
from tests.web.chat.conftest import SITE, Talking
from tests.web.conftest import Served

from firstline.web.chat.frame import frame_policy
from firstline.workspace.models import ChatSettings

TOKEN = re2.compile(r'name="token" value="([^"]*)"')
IDENTIFIER = re2.compile(r'name="id" value="([^"]*)"')


class Form:
    """The form as a browser without scripts fills it in."""

    def __init__(self, talking: Talking) -> None:
        self.client = httpx2.Client(base_url=talking.url, timeout=60)
        talking.clients.append(self.client)
        self.page = self.client.get("/chat").text

    @property
    def token(self) -> str:
        """The session's token that stands in the page."""
        found = TOKEN.search(self.page)
        assert found is not None
        return str(found.group(1))

    def press(self, do: str, text: str = "", *, again: bool = False, **changes: str) -> int:
        """Press a button; `again` loads the last answer once more."""
        if not again:
            found = IDENTIFIER.search(self.page)
            assert found is not None
            self.sent = {"do": do, "text": text, "token": self.token, "id": str(found.group(1))}
            self.sent |= changes
        headers = {"Origin": str(self.client.base_url).rstrip("/")}
        answer = self.client.post("/chat", data=self.sent, headers=headers)
        self.page = answer.text
        return answer.status_code


def test_only_the_companys_sites_may_frame_it(talking: Talking) -> None:
    """frame-ancestors lists them and us; the older header, which cannot, is not sent."""
    answer = httpx2.get(f"{talking.url}/chat")
    policy = answer.headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors 'self' {SITE} https://*.acme.example")
    assert "unsafe" not in policy
    assert "x-frame-options" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_without_sites_only_this_server_may_frame_it(served: Served) -> None:
    """A company that lists no site shows its chat on no other."""
    policy = httpx2.get(f"{served.url}/chat").headers["content-security-policy"]
    assert policy == frame_policy(())
    assert policy.endswith("frame-ancestors 'self'")


def test_any_site_may_load_the_script(talking: Talking) -> None:
    """It is a script of its own type, kept for an hour, and reads no cookie."""
    answer = httpx2.get(f"{talking.url}/widget.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert "cookie" not in answer.text.lower()
    assert len(answer.content) < 6_000


def test_everything_can_be_done_without_a_script(talking: Talking) -> None:
    """Write, read the answer, say whether it helped, ask for a person, begin anew."""
    form = Form(talking)
    assert form.token == ""
    assert form.press("send", "How do I export a board?") == 200
    assert form.token
    assert "How do I export a board?" in form.page
    assert "Looking it up" in form.page or "Received" in form.page
    held = talking.chat.known(form.token)
    assert held is not None
    log = talking.chat.store.log(held.id, talking.chat.now())
    assert log is not None
    ticket = log.messages[0].ticket
    assert ticket is not None
    talking.deliver(ticket, "Open the board's menu.")
    form.press("look")
    assert "Automatic answer" in form.page
    assert "Open the board&#39;s menu." in form.page
    form.press("feedback:2:yes")
    assert 'data-answer="yes" aria-pressed="true"' in form.page
    form.press("person")
    assert "A person has this" in form.page
    assert "within one working day" in form.page


def test_loading_the_answer_again_sends_nothing_twice(talking: Talking) -> None:
    """The form's message has an id; the same form is the same message."""
    form = Form(talking)
    form.press("send", "How do I export a board?")
    first = form.sent | {"token": form.token}
    form.sent = first
    form.press("send", again=True)
    assert form.page.count("How do I export a board?") == 1


@pytest.mark.parametrize(
    ("do", "text", "says"),
    [
        ("send", "  ", "Write a message first."),
        ("send", "x" * 2_001, "Shorten it"),
    ],
)
def test_what_cannot_be_sent_is_explained_and_kept(
    talking: Talking, do: str, text: str, says: str
) -> None:
    """The page says what is wrong, and the text is still there."""
    form = Form(talking)
    assert form.press(do, text) == 200
    assert says in form.page
    assert text.strip() in form.page


@pytest.mark.parametrize("do", ["feedback:2:perhaps", "feedback:x:yes", "feedback:", "else", ""])
def test_odd_buttons_do_nothing(talking: Talking, do: str) -> None:
    """Whatever a form says it does, only what there is is done."""
    form = Form(talking)
    form.press("send", "How do I export a board?")
    assert form.press(do) == 200
    assert form.page.count('class="entry') == 2


def test_a_session_that_has_ended_begins_anew(talking: Talking) -> None:
    """The visitor is told so, and what was written is not lost."""
    form = Form(talking)
    form.press("send", "How do I export a board?")
    talking.chat.store.end_session(form.token)
    form.press("send", "And then?")
    assert "this begins a new one" in form.page
    assert "And then?" in form.page
    assert "How do I export a board?" not in form.page


def test_another_site_cannot_send_the_form(talking: Talking) -> None:
    """A forged form is refused before anything is read."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    forged = httpx2.post(f"{talking.url}/chat", data={"text": "x"}, headers=headers)
    assert forged.status_code == 403


def test_hostile_text_is_only_text(talking: Talking) -> None:
    """Markup from the visitor and from an article stands there escaped."""
    form = Form(talking)
    form.press("send", '"><script>alert(1)</script><img src=x onerror=alert(2)>')
    assert "<script>alert" not in form.page
    assert "<img src=x" not in form.page
    assert "&lt;script&gt;alert(1)" in form.page


def test_the_demo_is_for_this_machine(talking: Talking, served: Served) -> None:
    """It frames the chat; switched off, or on a server that others reach, there is none."""
    shown = httpx2.get(f"{talking.url}/chat/demo")
    assert shown.status_code == 200
    assert "frame-src 'self'" in shown.headers["content-security-policy"]
    assert '<script src="/widget.js"' in shown.text
    before = talking.chat.settings
    off = replace(before, chat=replace(before.chat, demo="off"))
    talking.chat.settings = off
    try:
        assert httpx2.get(f"{talking.url}/chat/demo").status_code == 404
    finally:
        talking.chat.settings = before
    assert ChatSettings().demo == "loopback"
    assert served.site.secure_cookies is False
