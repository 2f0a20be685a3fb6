"""The output gate: what a reply may hold, and the ways around it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.hostile import subject
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_passage

from firstline.proof.checks.links import allowed_links
from firstline.proof.subject import Subject
from firstline.records import Evidence, EvidenceId

LINK = "https://a.example/help?topic=1"
HELD = f"Open the menu and choose Export, or see {LINK} for more. Write to help@a.example."
FINE = (
    "Open the menu and choose **Export**.",
    "1. Open the menu.\n2. Choose Export.\n- or press `E`",
    f"See {LINK} for more.",
    f"({LINK}).",
    "Write to help@a.example, please.",
    "We wrote to h***@a.example.",
    r"Two steps:\n1. Open the menu.\n2. Choose Export.",
    "It costs $5 & takes < 5 minutes; a < b > c.",
    "The address begins with https:// in every case.",
    "Use the placeholder <id> or <your-name> in the path.",
    "Thanks! \U0001f469\u200d\U0001f4bb \u2764\ufe0f Done.",
    "Open config.md and readme.py, i.e. both files.",
    "The page says 404 [1] and nothing else (see above).",
    "We are open 9:30-17:00.So please call.",
    "Visit a.example any time.",
    "Line one\r\nline two",
)
BAD = {
    "image": "Done. ![x](https://a.example/help?topic=1)",
    "image by reference": "Done. ![x][1]",
    "image over lines": "Done. ![x\ny](https://a.example/help?topic=1)",
    "BBCode image": "[img]https://a.example/help?topic=1[/img]",
    "inline link": f"See [our page]({LINK}).",
    "inline link that lies": f"See [https://b.example]({LINK}).",
    "reference link": f"See [our page][1].\n\n[1]: {LINK}",
    "footnote": f"See below.[^1]\n\n[^1]: {LINK}",
    "chat link": f"See <{LINK}|our page>.",
    "tag": "Click <a href='/x'>here</a>.",
    "script": "<script>alert(1)</script>",
    "svg": "<svg/onload=alert(1)>",
    "broken image": "<img src=x onerror=alert(1)",
    "own element": "<x-y onclick=alert(1)>",
    "comment": "<!-- hello -->",
    "entities": "&lt;img src=x onerror=alert(1)&gt;",
    "entities twice": "&amp;lt;script&amp;gt;",
    "numeric entities": "&#60;script&#62;",
    "percent": "%3Cscript%3Ealert(1)%3C/script%3E",
    "full-width": "\uff1cscript\uff1ealert(1)",
    "javascript": "javascript:alert(1)",
    "javascript spread": "java\nscript:alert(1)",
    "data": "data:text/html;base64,PHA+",
    "other scheme": "ftp://a.example/help",
    "file": "file:///etc/passwd",
    "http": "http://a.example/help?topic=1",
    "protocol-relative": "See //a.example/help",
    "backslashes": "https:\\\\a.example\\help",
    "no slashes": "https:evil.example",
    "another host": "https://evil.example/help?topic=1",
    "suffix host": "https://a.example.evil.example/help?topic=1",
    "prefix host": "https://evil-a.example/help?topic=1",
    "look-alike": "https://\u0430.example/help?topic=1",
    "punycode": "https://xn--80a.example/help?topic=1",
    "full-width dot": "https://evil\u3002example/help",
    "trailing dot": "https://a.example./help?topic=1",
    "userinfo": "https://a.example@evil.example/help",
    "userinfo on the host": "https://me@a.example/help?topic=1",
    "port": "https://a.example:8443/help?topic=1",
    "address": "https://192.0.2.7/help",
    "IPv6": "https://[2001:db8::7]/help",
    "decimal address": "https://3221225991/help",
    "other query": "https://a.example/help?topic=2",
    "more query": "https://a.example/help?topic=1&secret=abc",
    "other path": "https://a.example/help/../x?topic=1",
    "fragment": "https://a.example/help?topic=1#secret",
    "open redirect": "https://a.example/go?to=https://evil.example",
    "www": "www.evil.example",
    "bare host": "Go to evil-shop.com today.",
    "bare path": "Go to evil.io/x today.",
    "hxxp": "hxxps://evil.example/x",
    "spelled dot": "evil[.]com",
    "dot in words": "Go to evil dot com today.",
    "e-mail": "Write to help@evil.example.",
    "e-mail masked elsewhere": "Write to h***@evil.example.",
    "e-mail spelled": "Write to help [at] evil [dot] com.",
    "base64": "Code: c2VjcmV0IGRhdGEgb2YgdGhlIGN1c3RvbWVy",
    "short base64": "Code: dG9rZW4xMjM=",
    "hex": "Code: 736563726574206f662074686520637573746f6d6572",
    "escapes": r"Code: \x73\x65\x63\x72\x65\x74",
    "percent run": "Code: %73%65%63%72%65%74",
    "zero width": "Ex\u200bport",
    "tag characters": "Export" + "".join(chr(0xE0000 + ord(sign)) for sign in "secret"),
    "bidi": "Export \u202etxt.exe",
    "soft hyphen": "Ex\u00adport",
    "control": "Export\x07",
    "terminal": "Export \x1b[31m",
    "carriage return": "Export\rx",
    "surrogate": "Export \ud800",
    "private use": "Export \ue000",
    "header": "Export.\nBcc: all@a.example",
    "mime": "Export.\r\nContent-Type: text/html",
    "marks": "E" + "\u0301" * 20,
}


def gate(reply: str, held: str = HELD) -> set[str]:
    """Return the codes of what the gate finds in another system's reply."""
    return {finding.code for finding in allowed_links(subject(reply=reply, held=held))}


@pytest.mark.parametrize("text", FINE)
def test_plain_text_passes(text: str) -> None:
    """Emphasis, lists, placeholders, and links of the evidence are no attack."""
    assert gate(text) == set()


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_could_do_harm_is_refused(name: str) -> None:
    """Every way to fetch, run, hide or smuggle something is refused."""
    assert gate(f"Open the menu. {BAD[name]}")


@pytest.mark.parametrize("name", ["image", "inline link", "script", "hxxp", "bidi", "control"])
def test_evidence_is_no_excuse(name: str) -> None:
    """What an attacker put into an article is refused although the article has it."""
    assert gate(BAD[name], held=f"{HELD} {BAD[name]}")


def own(reply: str, *evidence: Evidence, cites: tuple[str, ...] = ("e1",)) -> Subject:
    """Return a reply of our own that cites some of the evidence."""
    made = replace(subject(reply=reply), foreign=False, evidence=evidence)
    sentence = replace(made.draft.sentences[0], evidence=tuple(map(EvidenceId, cites)))
    return replace(made, draft=replace(made.draft, sentences=(sentence,)))


def test_our_own_sentence_needs_the_link_in_its_own_evidence() -> None:
    """A link of an article that the sentence does not name is not its to give."""
    first = a_passage("Open the menu.", id=EvidenceId("e1"))
    second = a_passage(HELD, id=EvidenceId("e2"))
    codes = {item.code for item in allowed_links(own(f"See {LINK}.", first, second))}
    assert codes == {"not_in_evidence"}
    assert allowed_links(own(f"See {LINK}.", first, second, cites=("e2",))) == ()


def test_a_record_may_give_its_link_and_address() -> None:
    """Values of the customer's own record may be said."""
    record = Evidence(
        id=EvidenceId("e1"),
        kind="record",
        source="c1",
        version="1",
        fields=(("email", "ana@b.example"), ("tracking", "https://a.example/t/1")),
        fetched_at=a_passage().fetched_at,
    )
    text = "We wrote to ana@b.example; see https://a.example/t/1"
    assert allowed_links(own(text, record)) == ()
    assert {item.code for item in allowed_links(own("ana@c.example", record))} == {"email"}


def test_a_company_may_name_its_own_addresses() -> None:
    """The company's own mail address needs no evidence."""
    made = subject(reply="Write to desk@a.example.")
    settings = replace(made.workspace.settings, own_addresses=("Desk@a.example",))
    allowed = replace(made, workspace=replace(made.workspace, settings=settings))
    assert allowed_links(allowed) == ()
    assert allowed_links(made)


def test_a_host_is_compared_in_one_spelling() -> None:
    """An allowed host with an accent equals its punycode, and nothing else."""
    link = "https://b\u00fccher.example/x"
    made = subject(reply=f"See {link}", held=f"See {link}")
    settings = replace(made.workspace.settings, links=("xn--bcher-kva.example",))
    assert allowed_links(replace(made, workspace=replace(made.workspace, settings=settings))) == ()
    assert {item.code for item in allowed_links(made)} == {"host"}


@given(
    st.from_regex(r"https?://[a-z0-9.-]{1,20}/[a-z0-9?=&/._-]{0,20}", fullmatch=True),
    st.text(alphabet="ab .,()<>[]\n", max_size=20),
    st.text(alphabet="ab .,()<>[]\n", max_size=20),
)
def test_no_web_link_outside_the_evidence_passes(link: str, before: str, after: str) -> None:
    """Whatever stands around it, a link that the evidence does not have is refused."""
    host = link.partition("://")[2].partition("/")[0]
    if not any(sign.isalnum() for sign in host):
        return
    assert gate(f"{before} {link}{after}", held="Open the menu.")


@given(st.text(max_size=300))
def test_any_reply_can_be_judged(text: str) -> None:
    """Nothing raises, and every place lies inside the sentence."""
    for finding in allowed_links(subject(reply=text, held=HELD)):
        assert finding.start is not None
        assert finding.end is not None
        assert 0 <= finding.start <= finding.end <= len(text)


def test_findings_never_repeat_the_reply() -> None:
    """Details are for staff and logs; the words stay where they are."""
    for text in BAD.values():
        for finding in allowed_links(subject(reply=text, held=HELD)):
            assert text.strip() not in finding.detail
