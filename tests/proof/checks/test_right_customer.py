"""A reply speaks of its own customer and nobody else, however the words are written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import a_draft, a_passage
from tests.proof.checks.subjects import ANA, BO, a_record, a_subject, a_workspace

from firstline.proof.checks.customer import customer
from firstline.proof.subject import Subject, nobodys
from firstline.records import EvidenceId, Sentence


def codes(subject: Subject) -> set[str]:
    """Return the codes of what blocks."""
    return {finding.code for finding in customer(subject) if finding.result == "block"}


OWN = [
    "Hello Ana Ruiz,",
    "Invoice INV-55501 over A$135.00 is paid.",
    "We will call +61 412 345 678.",
    "We will call 0412 345 678.",
    "It goes to 14 Kestrel Rd.",
    "Your account cus_7001 belongs to Kestrel Bridge Works.",
    "We wrote to ana@kestrel.example on 4 May 2026 at 12:30.",
    "Open the Board Menu. Choose Export. It takes 30 days and 5 GB.",
    "Bo will answer you.",
]


@pytest.mark.parametrize("text", OWN)
def test_the_customers_own_passes(text: str) -> None:
    """Own identifiers, first names, and ordinary numbers are nobody else's."""
    assert codes(a_subject(text)) == set()


FOREIGN = [
    "Your invoice is INV-66602.",
    "Your invoice is inv 66602.",
    "Your invoice is INV66602",
    "Your invoice is I\u200bNV-6\u200b6602.",
    "Your invoice is ＩＮＶ－６６６０２.",  # noqa: RUF001 - full-width
    "Write to bo.lind@finch.example.",
    "Write to BO.LIND@finch.example",
    "Write to bo.lind at finch dot example.",
    "Write to bo.lind [at] finch [dot] example",
    "Call 0498 765 432.",
    "Call +61-498-765-432",
    "Call 0 4 9 8 7 6 5 4 3 2",
    "Call zero four nine eight seven six five four three two",
    "The account is cus_7002.",
    "The account is CUS 7002.",
    "Hello Bo Lind,",
    "Dear Mr Lind, Bo",
    "BO LIND has the plan.",
    "It is Bo Lind's board.",
    "It belongs to Finch & Daughters Bakery.",
    "It goes to 9 Wattle St.",
    "It goes to 9 Wattle Street in Hobart.",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_somebody_elses_identifier_blocks(text: str) -> None:
    """Another customer's mail, phone, ids, name, company and street block in any spelling."""
    assert codes(a_subject(text)) & {"foreign_identifier", "foreign_name"}


@pytest.mark.parametrize("text", FOREIGN)
def test_for_an_unverified_sender_every_customer_is_somebody_else(text: str) -> None:
    """Nobody vouches for the sender: identifiers of all customers block, also of Ana."""
    assert codes(a_subject(text, customer=None, evidence=(a_passage(),)))
    assert codes(a_subject("Hello Ana Ruiz,", customer=None, evidence=(a_passage(),)))


def test_the_place_is_told() -> None:
    """A finding names the sentence and the words in it."""
    subject = a_subject("Open the menu.", "Your invoice is INV-66602.")
    (finding,) = customer(subject)
    assert finding.sentence == 1
    text = subject.draft.sentences[1].text
    assert text[finding.start : finding.end] == "INV-66602"


def test_what_the_company_publishes_is_nobodys() -> None:
    """A name in the knowledge base or the catalogue is not a customer's."""
    passage = a_passage("Ask Bo Lind, our founder, or call 0498 765 432.")
    assert codes(a_subject("Ask Bo Lind.", evidence=(passage, a_record()))) == set()
    assert codes(a_subject("Ask Bo Lind.", workspace=a_workspace("named"))) == set()
    internal = replace(passage, audience="internal")
    assert codes(a_subject("Ask Bo Lind.", evidence=(internal, a_record()))) == {"foreign_name"}


def test_a_public_number_must_stand_there_whole() -> None:
    """A part of a longer public number does not free a customer's."""
    passage = a_passage("Model INV-666029 is sold.")
    assert codes(a_subject("It is INV-66602.", evidence=(passage,))) == {"foreign_identifier"}


def test_a_record_of_somebody_else_supports_nothing() -> None:
    """A sentence that rests on it, or says what only it says, blocks."""
    evidence = (a_passage(), a_record(), a_record(BO))
    cited = Sentence(
        text="You are on it.", kind="record", evidence=(EvidenceId("record:cus_7002"),)
    )
    assert codes(a_subject(evidence=evidence, draft=a_draft(cited))) == {"foreign_record"}
    assert codes(a_subject("You owe A$978.50.", evidence=evidence)) == {"foreign_value"}
    assert codes(a_subject("You owe 978.5 dollars.", evidence=evidence)) == {"foreign_value"}
    assert codes(a_subject("You owe A$135.00.", evidence=evidence)) == set()


def test_an_unverified_sender_gets_nothing_from_a_record() -> None:
    """Neither cited nor said: records are for customers somebody vouches for."""
    cited = Sentence(text="Fine.", kind="record", evidence=(EvidenceId("record:cus_7001"),))
    assert codes(a_subject(draft=a_draft(cited), customer=None)) == {"unverified"}
    assert codes(a_subject("You owe A$135.00.", customer=None)) == {"foreign_value"}


@pytest.mark.parametrize(
    "text",
    [
        "Your order #W4471 is on its way.",
        "Your reservation ZX81QT is cancelled.",
        "We wrote to somebody@else.example.",
        "We will call 0498 111 222.",
        "It goes to 22 Banksia Avenue.",
        "Hello Carla,",
        "**Passenger:** Carla Mendes",
    ],
)
def test_another_systems_reply_may_not_invent_identifiers(text: str) -> None:
    """Without a customer file, an identifier that stands nowhere in the evidence blocks."""
    subject = a_subject(text, foreign=True, owners=nobodys)
    assert codes(subject) == {"unknown_identifier"}
    asked = replace(subject, asked=f"Hello\n{text}")
    assert codes(asked) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Tell me your order number, such as #W0000000.",
        "Hello there, thanks for writing!",
        "It takes 10GB and 1000MBPS until 2026-06-01 at 10:30.",
        "See https://help.acme.example/articles/1234567 for more.",
        "Invoice INV 55501 is yours, Ana.",
    ],
)
def test_another_systems_reply_may_speak_of_the_rest(text: str) -> None:
    """Examples, sizes, dates, links and the customer's own are no inventions."""
    assert codes(a_subject(text, foreign=True, owners=nobodys)) == set()


def test_a_flood_of_numbers_blocks() -> None:
    """A reply with more candidates than are looked up is not sent unread."""
    flood = " ".join(f"{number}-{number + 7}" for number in range(9000))
    assert codes(a_subject(flood)) == {"too_many"}


@given(
    st.sampled_from([BO["name"], BO["email"], BO["phone"], BO["id"], "INV-66602"]),
    st.text(st.characters(categories=["Po", "Zs", "Cf"]), min_size=1, max_size=4),
)
@settings(max_examples=80, deadline=None)
def test_signs_around_an_identifier_do_not_hide_it(value: str, signs: str) -> None:
    """Whatever punctuation or invisible signs stand around it, it is found."""
    around = signs.replace("@", "").replace("_", "").replace("\u2044", "")
    assert codes(a_subject(f"It is {around} {value} {around} now"))


def test_ana_is_somebody_else_to_bo() -> None:
    """The same words block or pass by who asks."""
    own = a_subject("Hello Bo Lind,", customer=BO["id"], evidence=(a_record(BO),))
    assert codes(own) == set()
    assert codes(replace(own, draft=a_subject(f"Hello {ANA['name']},").draft)) == {"foreign_name"}
