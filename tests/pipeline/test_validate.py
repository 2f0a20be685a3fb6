"""Validation: each check blocks what it is there for, and one that cannot run blocks too."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, cast

import pytest

from firstline.pipeline.parts import NoHistory, Parts
from firstline.pipeline.validate import NAMES, checks_for, validate_stage
from firstline.proof.subject import Subject
from firstline.records import (
    Context,
    CustomerId,
    Draft,
    Evidence,
    EvidenceId,
    Finding,
    Intent,
    Language,
    Sentence,
    Ticket,
)
from firstline.workspace import CustomerRecord, IntentSpec, Lookup, Policies
from tests.builders import (
    NOON,
    a_context,
    a_draft,
    a_passage,
    a_quote,
    a_route,
    a_ticket,
)
from tests.pipeline.test_gate import a_workspace
from tests.pipeline.test_quoting import a_policy, a_record


@dataclass
class Shelf:
    """A knowledge base of given passages."""

    held: dict[str, Evidence]

    def passage(self, key: str) -> Evidence | None:
        """Return what stands there now."""
        return self.held.get(key)


@dataclass
class People:
    """Customers by reference, and whose each identifier is."""

    ids: dict[str, str] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=dict)

    def look_up(self, reference: str, needs: object = None) -> Lookup:
        """Return a record with the customer's id, if there is one."""
        del needs
        key = self.ids.get(reference)
        record = None if key is None else replace(a_person(), id=CustomerId(key))
        return Lookup(record=record, reason="")

    def owners_of(self, token: str) -> set[str]:
        """Return whose an identifier is."""
        return self.owners.get(token, set())


def a_person() -> Any:
    """Return a customer record."""
    return CustomerRecord(
        id=CustomerId("cus_1"),
        email="mia@b.example",
        name="Mia",
        fields=(),
        version="1",
        fetched_at=NOON,
        source="customers.json",
    )


def parts_of(*passages: Evidence, people: People | None = None, **changes: Any) -> Parts:
    """Return parts with this knowledge and these customers."""
    workspace = a_workspace()
    settings = replace(workspace.settings, links=("help.acme.example",))
    workspace = replace(workspace, settings=settings, **changes)
    shelf = Shelf({item.id: item for item in passages or (a_passage(),)})
    return Parts(
        workspace=workspace,
        knowledge=cast("Any", shelf),
        classifier=None,
        customers=cast("Any", people),
        encode=None,
        history=NoHistory(),
        now=lambda: NOON,
    )


async def blocked(
    draft: Draft,
    *,
    context: Context | None = None,
    ticket: Ticket | None = None,
    parts: Parts | None = None,
) -> set[str]:
    """Return the checks that block a draft."""
    findings = await validate_stage(
        ticket or a_ticket(),
        a_route(),
        context or a_context(),
        draft,
        parts=parts or parts_of(),
    )
    assert {item.check for item in findings} == set(NAMES)
    return {item.check for item in findings if item.result != "pass"}


async def test_a_whole_quote_passes_everything() -> None:
    """A proven reply has a passing finding of every check."""
    assert await blocked(a_draft()) == set()


UNPROVEN = {
    "other words": a_quote("Open the board menu. Choose Import."),
    "half a sentence": a_quote("Open the board"),
    "no evidence": a_quote(evidence=()),
    "evidence that was never collected": a_quote(evidence=(EvidenceId("ghost#1"),)),
    "a courtesy of its own": Sentence(text="You will love it.", kind="courtesy"),
    "a question of its own": Sentence(text="What is your password?", kind="question"),
    "a computation": Sentence(text="That makes 12.", kind="computed"),
    "a record nobody fetched": Sentence(text="You are on Team.", kind="record"),
}


@pytest.mark.parametrize("name", UNPROVEN)
async def test_what_is_not_proven_is_blocked(name: str) -> None:
    """A sentence beside a good one is blocked on its own."""
    assert "proof" in await blocked(a_draft(a_quote(), UNPROVEN[name]))


async def test_internal_text_is_never_quoted() -> None:
    """A word-for-word quote of an internal passage is blocked."""
    internal = a_passage(audience="internal")
    assert "proof" in await blocked(a_draft(), context=a_context(internal))


async def test_evidence_that_changed_since_is_blocked() -> None:
    """A passage with a newer version, made internal, or gone does not count any more."""
    for now in (a_passage(version="v2"), a_passage(audience="internal")):
        assert "current" in await blocked(a_draft(), parts=parts_of(now))
    other = a_passage(id=EvidenceId("other#1"))
    assert "current" in await blocked(a_draft(), parts=parts_of(other))


async def test_a_record_sentence_is_filled_again_to_check_it() -> None:
    """The company's sentence with this customer's values passes; with other values it does not."""
    context = a_context(a_policy("You are on {plan}."), a_record(plan="Team"))
    ids = (EvidenceId("policy:hours"), EvidenceId("record:cus_1"))
    ticket = a_ticket(customer="cus_1", verified=True)
    parts = parts_of(people=People(ids={"cus_1": "cus_1"}))
    for text, expected in (("You are on Team.", set()), ("You are on Business.", {"proof"})):
        draft = a_draft(Sentence(text=text, kind="record", evidence=ids))
        assert await blocked(draft, context=context, ticket=ticket, parts=parts) == expected


async def test_another_customer_is_never_shown() -> None:
    """Somebody else's record, or an identifier of somebody else, is a hard block."""
    people = People(ids={"cus_1": "cus_1", "cus_2": "cus_2"}, owners={"bo@b.example": {"cus_2"}})
    parts = parts_of(people=people)
    record = Sentence(text="Hello Mia,", kind="record", evidence=(EvidenceId("record:cus_1"),))
    context = a_context(a_passage(), a_record(name="Mia"))
    theirs = a_ticket(customer="cus_2", verified=True)
    unverified = a_ticket(customer="cus_1", verified=False)
    for ticket in (theirs, unverified):
        assert "customer" in await blocked(
            a_draft(a_quote(), record), context=context, ticket=ticket, parts=parts
        )
    named = a_draft(a_quote(), Sentence(text="Ask bo@b.example.", kind="courtesy"))
    assert "customer" in await blocked(named, parts=parts)
    own = a_ticket(customer="cus_2", verified=True)
    assert "customer" not in await blocked(named, ticket=own, parts=parts)


BAD_LINKS = (
    "http://help.acme.example/export",
    "https://help.acme.example.evil.example/export",
    "https://evil.example@help.acme.example/export",
    "https://user:pass@help.acme.example/export",
    "https://help.acme.example:8443/export",
    "//help.acme.example/export",
    "https://help.acme.example/another",
    "https://h\u0435lp.acme.example/export",
    "javascript://help.acme.example/%0aalert(1)",
    "https://[::1/export",
)


@pytest.mark.parametrize("link", BAD_LINKS)
async def test_a_link_must_be_allowed_and_in_the_evidence(link: str) -> None:
    """Every way to lead a customer elsewhere is blocked."""
    passage = a_passage("See https://help.acme.example/export for more.")
    sentence = a_quote(f"See {link} for more.")
    assert "links" in await blocked(a_draft(sentence), context=a_context(passage))


async def test_a_link_of_the_evidence_on_an_allowed_host_passes() -> None:
    """The link that the article itself gives may be quoted."""
    text = "See https://help.acme.example/export for more."
    passage = a_passage(text)
    assert (
        await blocked(a_draft(a_quote(text)), context=a_context(passage), parts=parts_of(passage))
        == set()
    )
    evil = a_passage("See https://evil.example/x for more.")
    assert "links" in await blocked(a_draft(a_quote(evil.text)), context=a_context(evil))


async def test_form_is_checked() -> None:
    """Nothing, nothing but courtesies, too much, or another language is not sent."""
    assert "contract" in await blocked(replace(a_draft(), sentences=()))
    closing = Sentence(text=a_workspace().voice.closing, kind="courtesy")
    assert await blocked(a_draft(closing)) == {"answered"}
    long = a_passage("Word " * 151 + ".")
    assert "contract" in await blocked(
        a_draft(a_quote(long.text)), context=a_context(long), parts=parts_of(long)
    )
    german = a_ticket(language=Language(code="de", confidence=0.9))
    assert "contract" in await blocked(a_draft(), ticket=german)


async def test_forbidden_phrases_block_even_in_quotes() -> None:
    """What the company never says is not said by quoting it either."""
    parts = parts_of(policies=Policies(forbidden=("board  MENU",)))
    assert "forbidden" in await blocked(a_draft(), parts=parts)


async def test_a_clarifying_question_must_be_the_intents_own() -> None:
    """Only the question that the workspace has for this intent passes."""
    spec = IntentSpec(name=Intent("export_data"), clarify="Which board is it?")
    parts = parts_of(intents=(spec,))
    asked = Sentence(text="Which board is it?", kind="question")
    other = Sentence(text="Which account is it?", kind="question")
    assert await blocked(a_draft(asked, action="clarify"), parts=parts) == set()
    assert "proof" in await blocked(a_draft(other, action="clarify"), parts=parts)


def crash(_: Subject) -> object:
    """Raise."""
    raise ZeroDivisionError


BROKEN = {
    "raises": crash,
    "returns nothing": lambda _: None,
    "returns garbage": lambda _: ("fine",),
    "says true": lambda _: True,
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", NAMES)
async def test_a_check_that_cannot_run_blocks(name: str, how: str) -> None:
    """Every check, broken in every way, gives a blocking finding under its name."""
    ticket, context, parts = a_ticket(), a_context(), parts_of()
    checks = {**checks_for(ticket, context, parts), name: BROKEN[how]}
    findings = await validate_stage(
        ticket, a_route(), context, a_draft(), parts=parts, checks=checks
    )
    assert Finding in {type(item) for item in findings}
    assert [item.result for item in findings if item.check == name] == ["block"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_check_that_hangs_blocks(name: str) -> None:
    """A check that does not come back in time blocks, and so do those after it."""
    ticket, context, parts = a_ticket(), a_context(), parts_of()
    released = Event()
    checks = {**checks_for(ticket, context, parts), name: lambda _: released.wait(20)}
    try:
        findings = await validate_stage(
            ticket, a_route(), context, a_draft(), parts=parts, checks=checks, seconds=0.25
        )
    finally:
        released.set()
    after = NAMES[NAMES.index(name) :]
    assert {item.check for item in findings if item.result == "block"} == set(after)


async def test_nothing_proposed_needs_no_check() -> None:
    """A draft that hands over is not checked; the gate escalates it."""
    findings = await validate_stage(
        a_ticket(), a_route(), a_context(), a_draft(action="escalate"), parts=parts_of()
    )
    assert findings == ()
