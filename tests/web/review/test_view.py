"""A ticket as it is shown: what is proven and what not, who may do what, and nothing as markup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.builders import NOON, a_context, a_draft, a_passage, a_quote, a_route, a_ticket
from tests.review.decisions import a_decision
from tests.web.review.cases import HOUR, a_case, a_review, an_answer, quoted

from firstline.proof.proofs import Gap, SentenceProof
from firstline.records import (
    Attachment,
    EvidenceId,
    Finding,
    Intent,
    Message,
    Reason,
    Request,
    RiskSignal,
    Verdict,
)
from firstline.review.reading import ReviewCase
from firstline.web.pages import TEMPLATES
from firstline.web.review.view import CaseView, case_view, grouped
from firstline.workspace import Workspace, load

ACME = Path(__file__).resolve().parents[3] / "examples" / "acme"
HOSTILE = "</p><img src=x onerror=alert(1)><script>alert('x')</script>\" onmouseover=\"y"


@pytest.fixture(scope="module")
def acme() -> Workspace:
    """Return the demo company."""
    return load(ACME)


def shown(case: ReviewCase, acme: Workspace, *proofs: SentenceProof, **changes: Any) -> CaseView:
    """Return a case as Ann sees it an hour later."""
    given = proofs or tuple(quoted(a_passage()) for _ in case.answer.draft.sentences)
    fields: dict[str, Any] = {"me": "Ann", "now": NOON + HOUR} | changes
    return case_view(case, given, acme, **fields)


def test_a_proven_sentence_shows_its_passage(acme: Workspace) -> None:
    """The passage is there with its title, and the quote is marked in it."""
    view = shown(a_case(), acme)
    sentence = view.sentences[0]
    assert (sentence.tone, sentence.label, sentence.source) == (
        "good",
        "Word for word",
        "Export a board",
    )
    assert sentence.places[0].excerpt == (
        '<mark class="q">Open the board menu. Choose Export.</mark>'
    )
    assert sentence.places[0].url.startswith("https://")


def test_an_unproven_sentence_has_the_checks_words_and_its_words_marked(acme: Workspace) -> None:
    """What the check said is shown at the sentence, the doubted words are underlined."""
    finding = Finding(
        check="proof",
        result="block",
        detail="a number that the evidence does not have",
        sentence=0,
        code="number",
        start=14,
        end=16,
    )
    draft = a_draft(a_quote("The link works 99 days."))
    view = shown(
        a_case(an_answer(draft=draft, findings=(finding,))),
        acme,
        SentenceProof(how="paraphrase", gaps=(Gap(code="number", detail="x", start=14, end=16),)),
    )
    sentence = view.sentences[0]
    assert (sentence.tone, sentence.label) == ("bad", "Not proven")
    assert '<mark class="g">' in sentence.text
    assert [item.words for item in sentence.findings] == [finding.detail]
    assert not sentence.findings[0].final


def test_a_gap_that_only_today_shows_is_told_as_well(acme: Workspace) -> None:
    """A stored pass does not hide what the proof lacks now."""
    gap = Gap(code="not_filled", detail="it is none of the company's filled sentences")
    view = shown(a_case(), acme, SentenceProof(how="record", gaps=(gap,)))
    assert view.sentences[0].label == "Not proven"
    assert view.sentences[0].findings[0].words == gap.detail


def test_what_nobody_may_overrule_says_so(acme: Workspace) -> None:
    """Somebody else's data is final, the customer's own is not."""
    findings = tuple(
        Finding(check="private", result="block", detail=code, code=code)
        for code in ("canary", "own_card")
    )
    view = shown(a_case(an_answer(findings=findings)), acme)
    assert [(item.words, item.final) for item in view.problems] == [
        ("canary", True),
        ("own_card", False),
    ]
    assert view.passed == ()


@pytest.mark.parametrize(
    ("changes", "decide", "claim", "reopen", "words"),
    [
        ({}, True, False, False, ""),
        ({"holder": "Bo"}, False, False, False, "Bo holds it"),
        ({"held_until": NOON}, False, True, False, ""),
        ({"state": "handed", "assignee": "Bo"}, False, False, True, "Bo answers it by hand"),
        ({"state": "handed", "assignee": "Ann"}, True, False, True, "Ann answers it by hand"),
        (
            {"state": "answered", "holder": ""},
            False,
            False,
            True,
            "Bo approved it; it was delivered",
        ),
        (
            {"state": "approved", "holder": ""},
            False,
            False,
            False,
            "Bo approved it; the reply is on its way",
        ),
    ],
)
def test_who_may_do_what(
    acme: Workspace,
    changes: dict[str, Any],
    decide: bool,
    claim: bool,
    reopen: bool,
    words: str,
) -> None:
    """Decisions are offered to the holder, reopening where it is possible; and it is said why."""
    made = (a_decision(by="Bo", delivers="reply", text="Sent."),)
    standing = shown(a_case(review=a_review(**changes), decisions=made), acme).standing
    assert (standing.can_decide, standing.can_claim, standing.can_reopen) == (decide, claim, reopen)
    assert standing.words == words


def test_the_place_in_the_queue_is_explained(acme: Workspace) -> None:
    """Loss and waiting add up to what orders the queue."""
    rank = shown(a_case(), acme).rank
    assert (rank.loss, rank.waiting, rank.total) == (10.0, 1.0, 11.0)
    assert (rank.age, rank.sla, rank.due, rank.tone) == ("1 h", "8 h", "7 h left", "")


def test_signals_are_marked_where_they_stand(acme: Workspace) -> None:
    """Offsets count over subject and text; each shows its own part."""
    ticket = a_ticket(subject="Angry", text="I will call my lawyer.")
    signals = (
        RiskSignal(signal="anger", start=0, end=5, reason="is angry"),
        RiskSignal(signal="legal", start=6 + 10, end=6 + 21, reason="speaks of a lawyer"),
    )
    view = shown(a_case(an_answer(ticket, route=a_route(signals=signals))), acme)
    assert view.turns[-1].subject == '<mark class="s">Angry</mark>'
    assert view.turns[-1].text == 'I will cal<mark class="s">l my lawyer</mark>.'
    assert view.route.signals == (("anger", "is angry"), ("legal", "speaks of a lawyer"))


def test_a_ticket_without_a_draft_says_why(acme: Workspace) -> None:
    """Nothing is offered to approve, and the reason is told."""
    draft = a_draft(action="escalate", sentences=(), reason="nothing answers this")
    view = shown(a_case(an_answer(draft=draft)), acme)
    assert (view.sentences, view.draft, view.no_draft) == ((), "", "nothing answers this")


def test_in_shadow_the_customer_gets_no_notice(acme: Workspace) -> None:
    """What is only recorded is told nobody."""
    verdict = Verdict(
        action="review",
        score=0.1,
        reasons=(Reason(code="shadow", detail=""),),
        autonomy="shadow",
    )
    assert shown(a_case(), acme).notice == acme.voice.handoff
    view = shown(a_case(an_answer(verdict=verdict)), acme)
    assert view.shadow
    assert view.notice == ""
    assert view.why == ("shadow",)


def test_an_article_is_listed_once(acme: Workspace) -> None:
    """Two passages of one article are one source, used where either is."""
    other = a_passage("Choose CSV.", id=EvidenceId("export-csv#2"))
    answer = an_answer(context=a_context(a_passage(), other))
    view = shown(a_case(answer), acme)
    assert [(item.title, item.used) for item in view.sources] == [("Export a board", (1,))]
    assert len(view.found) == 2


def test_items_of_a_list_are_one_line_each() -> None:
    """Invoices are read as lines, not as dozens of fields."""
    fields = (
        ("plan", "Team"),
        ("invoices[0].id", "INV-1"),
        ("invoices[0].amount", "A$9"),
        ("invoices[1].id", "INV-2"),
        ("odd[x].id", "1"),
    )
    assert grouped(fields) == (
        ("plan", "Team"),
        ("invoices 1", "INV-1 · A$9"),
        ("invoices 2", "INV-2"),
        ("odd[x] · id", "1"),
    )


def test_no_text_from_outside_is_markup(acme: Workspace) -> None:
    """Whatever a customer, an article, a check or a colleague wrote, no tag of theirs is one."""
    ticket = a_ticket(
        external_id=HOSTILE,
        subject=HOSTILE,
        text=f"I tried {HOSTILE}",
        quoted=HOSTILE,
        customer=HOSTILE,
        attachments=(Attachment(name=HOSTILE, media_type="x", size=1),),
        history=(Message(author="bot", text=HOSTILE), Message(author="customer", text=HOSTILE)),
    )
    passage = a_passage(HOSTILE, title=HOSTILE, url=f"javascript:alert(1)//{HOSTILE}")
    signals = (RiskSignal(signal="anger", start=3, end=40, reason=HOSTILE),)
    requests = tuple(
        Request(start=0, end=30, intent=Intent(HOSTILE), probability=0.5) for _ in range(2)
    )
    answer = an_answer(
        ticket,
        a_draft(a_quote(HOSTILE), reason=HOSTILE),
        route=a_route(signals=signals, requests=requests, reason=HOSTILE),
        context=a_context(passage, missing=(HOSTILE,)),
        findings=(
            Finding(check=HOSTILE, result="block", detail=HOSTILE),
            Finding(check="proof", result="block", detail=HOSTILE, sentence=0, start=2, end=30),
        ),
    )
    decisions = (a_decision(by=HOSTILE, note=HOSTILE, target=HOSTILE, overridden=(HOSTILE,)),)
    case = a_case(answer, a_review(holder=HOSTILE, assignee=HOSTILE), decisions)
    view = shown(case, acme, quoted(passage))
    parts = TEMPLATES.get_template("review/parts.html").module
    standing = TEMPLATES.get_template("review/standing.html").render(standing=view.standing, seen=3)
    made: Any = parts
    for html in (
        made.turns(view),
        made.draft(view, replace(view.standing)),
        made.checks(view),
        made.facts(view),
        standing,
    ):
        assert "&lt;img" in html
        assert "<img" not in html
        assert "<script" not in html
        assert '" onmouseover' not in html
        assert "javascript:" not in html.replace(HOSTILE, "")
        assert 'href="javascript' not in html
