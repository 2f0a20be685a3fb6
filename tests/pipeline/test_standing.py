"""What replies rest on, and how it stands after the documents, answers and records changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from firstline.knowledge import Document, Knowledge
from firstline.pipeline.parts import NoHistory, Parts
from firstline.pipeline.rests import rests_on
from firstline.pipeline.standing import Live, Restated, restand, stale_uses, text_version
from firstline.pipeline.validate import subject_of
from firstline.records import (
    Answer,
    CustomerId,
    Draft,
    Evidence,
    EvidenceId,
    Intent,
    Reason,
    Sentence,
    Verdict,
)
from firstline.store.uses import Use
from firstline.workspace import CustomerRecord, Customers, IntentSpec, Lookup
from tests.builders import NOON, a_context, a_route, a_ticket, passed
from tests.knowledge.conftest import make_document
from tests.pipeline.test_gate import a_workspace

REFUNDS = (
    "We refund a first payment within 30 days. Ask the owner of the workspace.\n\n"
    "Refunds are paid to the card that was used."
)
PLAN = IntentSpec(
    name=Intent("my_plan"),
    handler="record",
    needs=("plan",),
    answer=("You are on the {plan} plan.", "You can change it at any time."),
)


class People:
    """One customer, whose record a test may change."""

    def __init__(self, **fields: str) -> None:
        self.fields = {"plan": "Team", "seats": "4", **fields}

    def find(self, reference: str, needs: object = None) -> CustomerRecord | None:
        """Return the record of cus_1."""
        del needs
        if reference != "cus_1":
            return None
        return CustomerRecord(
            id=CustomerId("cus_1"),
            email="mia@b.example",
            name="Mia Lund",
            fields=tuple(self.fields.items()),
            version=str(sorted(self.fields.items())),
            fetched_at=NOON,
            source="customers.json",
        )

    def look_up(self, reference: str, needs: object = None) -> Lookup:
        """As `find`."""
        return Lookup(record=self.find(reference, needs), reason="")

    def owners_of(self, token: str) -> frozenset[CustomerId]:
        """Return that nobody owns anything."""
        del token
        return frozenset()


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[Knowledge]:
    """Return an index with one article."""
    made = Knowledge.open(tmp_path / "knowledge.db", None)
    made.sync([make_document("refunds", REFUNDS, title="Refunds")])
    yield made
    made.close()


def parts_of(knowledge: Knowledge, people: Any = None, *intents: IntentSpec) -> Parts:
    """Return what the stages work with."""
    workspace = a_workspace()
    return Parts(
        workspace=replace(workspace, intents=(*workspace.intents, *(intents or (PLAN,)))),
        knowledge=knowledge,
        classifier=None,
        customers=cast("Customers", people or People()),
        encode=None,
        history=NoHistory(),
        now=lambda: NOON,
    )


def passage(knowledge: Knowledge, name: str = "refunds#1") -> Evidence:
    """Return a passage as evidence, as it stands now."""
    found = knowledge.passage(EvidenceId(name))
    assert found is not None
    return Evidence(
        id=found.id,
        kind="passage",
        source=found.document,
        version=found.version,
        text=found.text,
        title=found.title,
        fetched_at=NOON,
    )


def an_answer(*evidence: Evidence, sentences: tuple[Sentence, ...], **ticket: Any) -> Answer:
    """Return an answer of these sentences, from this evidence."""
    return Answer(
        ticket=a_ticket(customer="cus_1", verified=True, **ticket),
        route=a_route(),
        context=a_context(*evidence),
        draft=Draft(action="answer", sentences=sentences, confidence="high", reason="x"),
        findings=passed(),
        verdict=Verdict(
            action="review",
            score=0.5,
            reasons=(Reason(code="autonomy_review", detail=""),),
            autonomy="review",
        ),
    )


def quoted(*texts: str, key: str = "refunds#1") -> tuple[Sentence, ...]:
    """Return sentences that quote a passage, after a courtesy."""
    hello = Sentence(text="Hello,", kind="courtesy")
    said = (Sentence(text=text, kind="quote", evidence=(EvidenceId(key),)) for text in texts)
    return (hello, *said)


def uses_of(answer: Answer, parts: Parts) -> tuple[Use, ...]:
    """Return what an answer rests on."""
    return rests_on(
        subject_of(answer.ticket, answer.route, answer.context, answer.draft, parts=parts)
    )


def again(answer: Answer, parts: Parts, **options: Any) -> tuple[Restated, ...]:
    """Return how an answer's sentences stand now."""
    return restand(answer, uses_of(answer, parts), parts, Live(parts), **options)


def resynced(knowledge: Knowledge, *documents: Document) -> None:
    """Make the articles say something else."""
    knowledge.sync(documents)


THIRTY = "We refund a first payment within 30 days."
CARD = "Refunds are paid to the card that was used."


def test_a_quote_rests_on_the_passage_it_names(knowledge: Knowledge) -> None:
    """Courtesies rest on nothing, quotes on their passage in its version."""
    held = passage(knowledge)
    answer = an_answer(held, sentences=quoted(THIRTY))
    (use,) = uses_of(answer, parts_of(knowledge))
    assert (use.sentence, use.evidence, use.source) == (1, "refunds#1", "refunds")
    assert (use.kind, use.version) == ("passage", held.version)


def test_a_handed_over_ticket_rests_on_nothing(knowledge: Knowledge) -> None:
    """A draft that proposes no reply has no uses."""
    answer = an_answer(passage(knowledge), sentences=quoted(THIRTY))
    silent = replace(answer, draft=replace(answer.draft, action="escalate"))
    assert uses_of(silent, parts_of(knowledge)) == ()


def test_a_paraphrase_rests_on_what_proves_it(knowledge: Knowledge) -> None:
    """Evidence a sentence does not name, but that alone shows its words, is found."""
    resynced(
        knowledge,
        make_document("refunds", REFUNDS, title="Refunds"),
        make_document("plans", "The Team plan costs $9 a month.", title="Plans"),
    )
    names_one = quoted("The Team plan costs $9 each month.")
    held = (passage(knowledge), passage(knowledge, "plans#1"))
    found = uses_of(an_answer(*held, sentences=names_one), parts_of(knowledge))
    assert {use.source for use in found} == {"refunds", "plans"}


def a_record(people: People, *paths: str) -> Evidence:
    """Return the customer's record as evidence, these fields of it."""
    record = people.find("cus_1")
    assert record is not None
    return Evidence(
        id=EvidenceId("record:cus_1"),
        kind="record",
        source="cus_1",
        version=record.version,
        fields=tuple((path, people.fields[path]) for path in paths),
        fetched_at=NOON,
    )


def a_policy(spec: IntentSpec = PLAN) -> Evidence:
    """Return an intent's own wording as evidence."""
    text = "\n".join(spec.answer)
    return Evidence(
        id=EvidenceId(f"policy:{spec.name}"),
        kind="policy",
        source="intents.yaml",
        version=text_version(text),
        text=text,
        fetched_at=NOON,
    )


def filled(text: str = "You are on the Team plan.") -> tuple[Sentence, ...]:
    """Return a sentence filled from the record."""
    keys = (EvidenceId("policy:my_plan"), EvidenceId("record:cus_1"))
    return (Sentence(text=text, kind="record", evidence=keys),)


def test_a_filled_sentence_rests_on_its_fields(knowledge: Knowledge) -> None:
    """Only the fields in its slots count, not the whole record."""
    people = People()
    answer = an_answer(a_policy(), a_record(people, "plan", "seats"), sentences=filled())
    found = uses_of(answer, parts_of(knowledge, people))
    assert [(use.kind, use.field) for use in found] == [("policy", ""), ("record", "plan")]


def test_a_draft_whose_record_changed_is_stale(knowledge: Knowledge) -> None:
    """A field the sentence shows makes a draft stale, another does not."""
    people = People()
    parts = parts_of(knowledge, people)
    answer = an_answer(a_policy(), a_record(people, "plan", "seats"), sentences=filled())
    people.fields["seats"] = "5"
    assert stale_uses(answer, parts) == ()
    people.fields["plan"] = "Business"
    (stale,) = stale_uses(answer, parts)
    assert (stale.change, stale.stands) == ("changed", "no")
    assert stale.sources == ("cus_1: plan",)


def test_a_sent_answer_about_a_record_stays_right(knowledge: Knowledge) -> None:
    """What was said of a record was right when it was sent."""
    people = People()
    parts = parts_of(knowledge, people)
    answer = an_answer(a_policy(), a_record(people, "plan"), sentences=filled())
    people.fields["plan"] = "Business"
    assert again(answer, parts) == ()


def test_a_fixed_answer_that_was_reworded_is_found(knowledge: Knowledge) -> None:
    """The company's own sentences are evidence like an article's."""
    line = Sentence(
        text="You can change it at any time.",
        kind="quote",
        evidence=(EvidenceId("policy:my_plan"),),
    )
    answer = an_answer(a_policy(), sentences=(line,))
    assert again(answer, parts_of(knowledge)) == ()
    other = replace(PLAN, answer=("You are on the {plan} plan.", "You can change it once a year."))
    (stale,) = again(answer, parts_of(knowledge, None, other))
    assert (stale.change, stale.stands) == ("changed", "no")
    assert stale.rewordings[0].now == "You can change it once a year."
    gone = replace(PLAN, answer=())
    (stale,) = again(answer, parts_of(knowledge, None, gone))
    assert stale.change == "withdrawn"


def test_a_changed_value_is_named(knowledge: Knowledge) -> None:
    """The sentence that cannot be said any more comes with what stands there now."""
    answer = an_answer(passage(knowledge), sentences=quoted(THIRTY, CARD))
    parts = parts_of(knowledge)
    changed = REFUNDS.replace("30 days", "14 days")
    resynced(knowledge, make_document("refunds", changed, title="Refunds"))
    first, second = again(answer, parts)
    assert (first.sentence, first.change, first.stands) == (1, "changed", "no")
    (change,) = first.rewordings
    assert change.was == THIRTY
    assert change.now == "We refund a first payment within 14 days."
    assert change.values_were == ("within 30 days",)
    assert change.values_are == ("within 14 days",)
    assert (second.sentence, second.change, second.stands) == (2, "changed", "verbatim")
    assert second.rewordings == ()


def test_a_draft_on_changed_evidence_is_stale_even_where_it_stands(knowledge: Knowledge) -> None:
    """A condition may have been added beside a quote: a draft is to be written anew."""
    answer = an_answer(passage(knowledge), sentences=quoted(CARD))
    parts = parts_of(knowledge)
    assert stale_uses(answer, parts) == ()
    extended = REFUNDS + " Cards that expired get a voucher."
    resynced(knowledge, make_document("refunds", extended, title="Refunds"))
    (stale,) = stale_uses(answer, parts)
    assert (stale.change, stale.stands) == ("changed", "verbatim")


def test_a_passage_that_only_moved_has_not_changed(knowledge: Knowledge) -> None:
    """Text put in front gives a passage another number, not another version."""
    long = "\n\n".join(f"Sentence {at} of a long beginning that fills it." for at in range(40))
    sections = f"## Why\n\n{long}\n\n## How\n\n{REFUNDS}"
    held = f"## How\n\n{REFUNDS}"
    resynced(knowledge, make_document("refunds", held, title="Refunds"))
    answer = an_answer(passage(knowledge), sentences=quoted(THIRTY))
    resynced(knowledge, make_document("refunds", sections, title="Refunds"))
    parts = parts_of(knowledge)
    assert parts.knowledge.documents()[0].passages > 1
    assert again(answer, parts) == ()


def test_a_renamed_article_has_not_changed(knowledge: Knowledge) -> None:
    """A new file name gives an article another id; its text stands, so nothing is recalled."""
    answer = an_answer(passage(knowledge), sentences=quoted(THIRTY))
    resynced(knowledge, make_document("money-back", REFUNDS, title="Refunds"))
    assert again(answer, parts_of(knowledge)) == ()


@pytest.mark.parametrize(
    ("after", "change"),
    [
        ((), "withdrawn"),
        ((make_document("refunds", REFUNDS, title="Refunds", audience="internal"),), "internal"),
    ],
)
def test_what_customers_may_not_be_told_any_more_is_recalled(
    knowledge: Knowledge, after: tuple[Document, ...], change: str
) -> None:
    """An article that was deleted or made internal shows nothing, whatever its words are."""
    answer = an_answer(passage(knowledge), sentences=quoted(THIRTY))
    resynced(knowledge, make_document("other", "Boards hold cards.", title="Boards"), *after)
    (stale,) = again(answer, parts_of(knowledge))
    assert (stale.change, stale.stands) == (change, "no")
    assert [one.now for one in stale.rewordings] == [""]


def test_a_successor_is_read_in_the_place_of_what_it_supersedes(knowledge: Knowledge) -> None:
    """What the successor says too can still be said."""
    answer = an_answer(passage(knowledge), sentences=quoted(THIRTY, CARD))
    resynced(
        knowledge,
        make_document("refunds", REFUNDS, title="Refunds", superseded_by="new-refunds"),
        make_document("new-refunds", f"{CARD} We refund nothing else.", title="New refunds"),
    )
    first, second = again(answer, parts_of(knowledge))
    assert {first.change, second.change} == {"superseded"}
    assert (first.stands, second.stands) == ("no", "verbatim")


def test_what_is_asked_about_is_listed_whether_it_changed_or_not(knowledge: Knowledge) -> None:
    """With `everything`, sentences whose evidence stands are there too, without a change."""
    answer = an_answer(passage(knowledge), sentences=quoted(THIRTY))
    (found,) = again(answer, parts_of(knowledge), everything=True)
    assert (found.change, found.stands, found.sources) == (None, "verbatim", ("refunds",))
