"""The checks forbidden, policy and promises: what they block, and what they let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.builders import NOON, a_draft, a_passage, a_route, a_ticket

from firstline.proof.checks.forbidden import forbidden
from firstline.proof.checks.policy import escalations, policy
from firstline.proof.checks.promises import promises
from firstline.proof.policy.facts import facts_of_ticket
from firstline.proof.subject import Subject
from firstline.records import (
    Commitment,
    CustomerId,
    Evidence,
    EvidenceId,
    Finding,
    Intent,
    IntentScore,
    Language,
    Sentence,
)
from firstline.workspace import Catalogue, IntentSpec, Policies, Settings, Voice, Workspace
from firstline.workspace.nodes import Sheet
from firstline.workspace.policies_file import read_policies
from firstline.workspace.problems import Problems
from firstline.workspace.yaml_nodes import yaml_tree

POLICIES = """\
forbidden:
  - we guarantee
  - say: [your refund is on its way]
    name: refund-claimed
    unless: refund.state == sent
    because: it has to be sent first
required:
  keeps-data:
    when: {intent: cancel, says: [cancel]}
    say: [nothing is deleted, keeps your data]
    otherwise: block
eligibility:
  refund-window:
    when_reply_says: [refund]
    allow_if:
      - billing.cycle == monthly
      - billing.invoices.last.date within 30 days
    because: the refund policy says so
  pause:
    when_reply_says: [pause your plan]
    allow_if: 'plan in [Team, Business]'
    otherwise: review
promises:
  call-back:
    say: [will call you]
    like: [A specialist looks into the missing export]
    owner: support-desk
    within: 1 business day
  someday:
    say: [will look into it]
    owner: product-team
escalate_when:
  large:
    when: {intent: refund, if: 'ticket.amount > $1,000'}
    because: a lead decides
  lawyer:
    when: {asked: [my lawyer]}
    to: review
  odd:
    when: {if: billing.due within 3 days}
"""
RECORD = (
    ("plan", "Team"),
    ("billing.cycle", "monthly"),
    ("billing.invoices[0].date", "2026-01-03"),
    ("billing.invoices[1].date", "2026-05-01"),
)
FRIDAY = date(2026, 5, 8)
Reading = Callable[[Subject], tuple[Finding, ...]]


def read(text: str = POLICIES) -> Policies:
    """Return policies as the file says them."""
    problems = Problems()
    sheet = Sheet(Path("policies.yaml"), problems)
    root = yaml_tree(text, sheet)
    assert root is not None
    policies = read_policies(root, sheet)
    problems.raise_if_any()
    return policies


WORKSPACE = Workspace(
    folder=Path(),
    settings=Settings(company="Acme", timezone="Australia/Sydney"),
    intents=(IntentSpec(name=Intent("hours"), answer=("We will e-mail you the hours.",)),),
    policies=read(),
    catalogue=Catalogue(),
    voice=Voice(handoff="A person on our team has it and will reply to you."),
    version="1",
)


def a_record(*fields: tuple[str, str], of: str = "c1") -> Evidence:
    """Return a customer's record."""
    return Evidence(
        id=EvidenceId(f"record:{of}"),
        kind="record",
        source=of,
        version="1",
        fields=fields or RECORD,
        fetched_at=NOON,
    )


def a_subject(*texts: str, intent: str = "", **changes: Any) -> Subject:
    """Return a reply to a known customer on a Friday."""
    route = a_route(intents=(IntentScore(intent=Intent(intent), probability=0.9),))
    subject = Subject(
        asked="Subject\nHow do I do it?",
        asked_in=Language(code="en", confidence=0.9),
        draft=a_draft(*(Sentence(text=text, kind="quote") for text in texts)),
        evidence=(a_record(),),
        workspace=WORKSPACE,
        route=route,
        today=FRIDAY,
        customer=CustomerId("c1"),
    )
    return replace(subject, **changes)


def told(check: Reading, subject: Subject) -> list[tuple[str, str]]:
    """Return the result and code of each finding."""
    return [(finding.result, finding.code) for finding in check(subject)]


def test_a_forbidden_phrase_names_its_line_and_place() -> None:
    """The finding says where the rule is and where the words are."""
    (finding,) = forbidden(a_subject("Hello,", "So we’re sure: WE guaranteed it."))
    assert finding.detail == "policies.yaml:2 forbidden: it says “we guarantee”"
    assert (finding.sentence, finding.start, finding.end) == (1, 15, 28)
    plain = replace(WORKSPACE, policies=Policies(forbidden=("we guarantee",)))
    (finding,) = forbidden(a_subject("We guarantee it.", workspace=plain))
    assert finding.detail == "forbidden: it says “we guarantee”"


def test_a_phrase_may_run_over_lines_of_a_reply() -> None:
    """Sentences without an end of their own are read on."""
    assert told(forbidden, a_subject("so we", "guarantee it")) == [("block", "forbidden_phrase")]


@pytest.mark.parametrize(("state", "blocked"), [("sent", False), ("asked", True), ("", True)])
def test_a_statement_is_allowed_when_its_condition_holds(state: str, blocked: bool) -> None:
    """What cannot be told is forbidden too."""
    evidence = (a_record(("refund.state", state)) if state else a_record(),)
    findings = forbidden(a_subject("Your refund is on its way.", evidence=evidence))
    assert bool(findings) == blocked
    for finding in findings:
        assert finding.detail == (
            "policies.yaml:3 refund-claimed: it says “your refund is on its way”, and "
            "`refund.state == sent` does not hold; it has to be sent first"
        )


def test_a_required_statement_is_missed() -> None:
    """It is asked for only where the rule applies."""
    lacking = a_subject("You cancel in the settings.", intent="cancel")
    (finding,) = policy(lacking)
    assert (finding.result, finding.code) == ("block", "required_missing")
    assert finding.detail.startswith("policies.yaml:8 keeps-data: the reply does not say")
    assert told(policy, a_subject("Cancelling keeps your data.", intent="cancel")) == []
    assert told(policy, a_subject("You cancel in the settings.", intent="export")) == []
    assert told(policy, a_subject("It is in the settings.", intent="cancel")) == []
    asked = replace(lacking.draft, action="clarify")
    assert told(policy, replace(lacking, draft=asked)) == []


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("We will refund you.", ["block"]),
        ("Good news: a refund was made.", ["block"]),
        ("If you like, we will refund you.", ["block"]),
        ("No problem, we refund it.", ["block"]),
        ("We refund it if it is a first payment.", ["warn"]),
        ("Which refund do you mean?", ["warn"]),
        ("We cannot refund this.", []),
        ("A refund is not possible here.", []),
        ("You are not eligible for a refund.", []),
        ("Here are your boards.", []),
    ],
)
def test_what_is_granted_to_somebody_who_may_not_have_it(text: str, result: list[str]) -> None:
    """A grant is blocked, one with a condition is reviewed, a refusal passes."""
    late = a_record(("billing.cycle", "monthly"), ("billing.invoices[0].date", "2026-01-03"))
    subject = a_subject(text, evidence=(late,))
    assert [finding.result for finding in policy(subject)] == result
    for finding in policy(subject):
        assert finding.code == "not_eligible"
        assert finding.detail == (
            "policies.yaml:13 refund-window: `billing.invoices.last.date within 30 days` (line 17) "
            "does not hold; the refund policy says so"
        )
    assert policy(a_subject(text)) == ()


def test_who_cannot_be_judged_is_reviewed() -> None:
    """No record, somebody else's, or one that says nothing of it: a person looks."""
    text = "We will refund you."
    unknown = [("warn", "eligibility_unknown")]
    assert told(policy, a_subject(text, evidence=())) == unknown
    assert told(policy, a_subject(text, customer=None)) == unknown
    assert told(policy, a_subject(text, evidence=(a_record(of="c2"),))) == unknown
    assert told(policy, a_subject(text, evidence=(a_record(("plan", "Team")),))) == unknown
    odd = a_record(("billing.cycle", "monthly"), ("billing.invoices[0].date", "03/04/2026"))
    assert told(policy, a_subject(text, evidence=(odd,))) == unknown
    assert told(policy, a_subject(text, customer=None, foreign=True)) == []


def test_a_rule_may_only_ask_for_a_review() -> None:
    """`otherwise: review` puts the reply before a person instead of blocking it."""
    free = a_record(("plan", "Free"))
    subject = a_subject("You can pause your plan.", evidence=(free,))
    assert told(policy, subject) == [("warn", "not_eligible")]


def test_published_policy_grants_nothing_by_itself() -> None:
    """A sentence of the knowledge base, word for word, says what holds for everybody."""
    passage = a_passage("A refund is paid within a week. It takes no form.")
    subject = a_subject("A refund is paid within a week.", evidence=(passage,))
    assert policy(subject) == ()
    other = a_subject("A refund is paid within a day.", evidence=(passage,))
    assert told(policy, other) == [("warn", "eligibility_unknown")]


def test_tickets_for_people_are_named() -> None:
    """By amount, by words, and by what cannot be told; whatever the reply says."""
    large = a_subject("Hello.", intent="refund", asked="Please give me A$1,200 back")
    assert told(policy, large) == [("block", "policy_escalates")]
    assert policy(large)[0].detail == "policies.yaml:33 large: a lead decides"
    assert told(policy, replace(large, asked="Please give me A$900 back")) == []
    assert told(policy, a_subject("Hi.", asked="I'll call MY LAWYERS")) == [
        ("warn", "policy_review")
    ]
    odd = a_subject("Hi.", evidence=(a_record(("billing.due", "soon")),))
    assert told(policy, odd) == [("warn", "policy_unclear")]


def test_escalations_are_known_before_a_reply() -> None:
    """The gate can ask without a draft."""
    ticket = a_ticket(text="I want my $5,000 back. Ask my lawyer.", verified=True, received_at=NOON)
    route = a_route(intents=(IntentScore(intent=Intent("refund"), probability=0.9),))
    facts = facts_of_ticket(ticket, route, RECORD, WORKSPACE)
    assert facts.today == date(2026, 5, 4)
    assert dict(facts.ticket) == {
        "intent": "refund",
        "channel": "file",
        "language": "en",
        "amount": "$5,000",
        "risk": "low",
        "urgency": "normal",
        "verified": "yes",
    }
    found = escalations(WORKSPACE.policies, facts, ticket.text)
    assert [finding.code for finding in found] == ["policy_escalates", "policy_review"]
    assert escalations(Policies(), facts, ticket.text) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We will call you.", []),
        ("We will call you within 1 business day.", []),
        ("We will call you within 3 business days.", []),
        ("We will call you by Monday.", []),
        ("We will call you today.", [("block", "deadline_too_early")]),
        ("We will call you within 24 hours.", [("block", "deadline_too_early")]),
        ("We will call you at once.", [("block", "deadline_too_early")]),
        ("We will call you by 03/04/2026.", [("block", "unclear_deadline")]),
        ("We will look into it.", []),
        ("We will look into it by Monday.", [("block", "unowned_deadline")]),
        ("Our specialist will look into your missing export.", []),
        ("They'll e-mail you within 2 hours.", [("block", "unowned_promise")]),
        ("Let me check with our engineers.", [("block", "unowned_promise")]),
        ("We will e-mail you the hours.", []),
        ("A person on our team has it and will reply to you.", []),
        ("Boards open at once.", []),
    ],
)
def test_promises_need_an_owner_and_time(text: str, found: list[tuple[str, str]]) -> None:
    """A rule names both; agreed lines need none."""
    assert told(promises, a_subject(text)) == found


def test_a_promise_that_comes_too_early_says_what_its_owner_has() -> None:
    """The finding names the line, the owner and the words."""
    (finding,) = promises(a_subject("Hello.", "We will call you today."))
    assert finding.detail == (
        "policies.yaml:24 call-back: support-desk has 1 business day, it says “today”"
    )
    assert finding.sentence == 1


def test_published_promises_are_the_documents() -> None:
    """Word for word, or the same in other words with the same numbers."""
    passage = a_passage("We answer refund requests within 5 business days.")
    verbatim = a_subject("We answer refund requests within 5 business days.", evidence=(passage,))
    assert promises(verbatim) == ()
    close = a_subject("You will get an answer to refund requests within 5 business days.")
    assert promises(replace(close, evidence=(passage,))) == ()
    other = a_subject("You will get an answer to refund requests within 2 business days.")
    assert told(promises, replace(other, evidence=(passage,))) == [("block", "unowned_promise")]
    internal = replace(passage, audience="internal")
    assert told(promises, replace(close, evidence=(internal,))) == [("block", "unowned_promise")]


def test_what_the_writer_declares_is_looked_for() -> None:
    """A declared promise must be in the reply, and must have an owner even where none was seen."""

    def declaring(text: str, what: str, by: str = "") -> Subject:
        commitments = (Commitment(who="we", what=what, by=by),)
        subject = a_subject(text)
        return replace(subject, draft=replace(subject.draft, commitments=commitments))

    nowhere = declaring("Here are your boards.", "refund the yearly fee")
    assert told(promises, nowhere) == [("warn", "declared_not_found")]
    unowned = declaring("The export gets repaired by Monday.", "repair the export", "by Monday")
    assert told(promises, unowned) == [("block", "unowned_promise")]
    assert told(promises, declaring("We will call you.", "call you")) == []
    late = declaring("A call to you: Annie will call you today.", "call you", "today")
    assert told(promises, late) == [("block", "deadline_too_early")]
    agreed = declaring("We will e-mail you the hours.", "e-mail the hours")
    assert told(promises, agreed) == []


def test_another_systems_writer_is_doubted_where_no_rules_are_known() -> None:
    """What it does at once may be true; what somebody shall do by some time is nobody's."""
    bare = replace(WORKSPACE, policies=Policies())
    subject = a_subject("Let me check this for you.", workspace=bare, foreign=True)
    assert told(promises, subject) == [("warn", "unowned_promise")]
    timed = a_subject("They'll e-mail you within 2 hours.", workspace=bare, foreign=True)
    assert told(promises, timed) == [("block", "unowned_promise")]
    own = a_subject("Let me check this for you.", workspace=bare)
    assert told(promises, own) == [("block", "unowned_promise")]


@pytest.mark.parametrize("check", [forbidden, policy, promises])
@pytest.mark.parametrize(
    "text", ["\ud800" * 50, "we will " * 500, "a." * 2_000, "e" + "\u0301" * 3_000]
)
def test_hostile_text_is_only_read(check: Reading, text: str) -> None:
    """Odd text gives findings or none, and no error."""
    subject = a_subject(text, asked=text, evidence=(a_record(), a_passage(text[:100])))
    assert isinstance(check(subject), tuple)
