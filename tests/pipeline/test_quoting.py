"""The quoting writer quotes what fits, names its source, and knows when not to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from firstline.pipeline.quoting import QuotingWriter, best_window, content
from firstline.pipeline.writer import Assignment, FixedWriter, RecordWriter, first_name
from firstline.proof.quotes import quoted_units, source_line
from firstline.proof.sentences import units, word_count
from firstline.records import Draft, Evidence, EvidenceId, Intent, Request
from firstline.workspace.models import IntentSpec
from tests.builders import NOON, a_context, a_passage, a_route, a_ticket
from tests.pipeline.test_gate import a_workspace

STEPS = """To export a board:

1. Open the board menu.
2. Choose Export, then CSV.

The file holds every card. Attachments are not exported."""


def a_record(**fields: str) -> Evidence:
    """Return a customer's record."""
    return Evidence(
        id=EvidenceId("record:cus_1"),
        kind="record",
        source="cus_1",
        version="1",
        fields=tuple(fields.items()),
        fetched_at=NOON,
    )


def a_policy(text: str) -> Evidence:
    """Return a company's own wording."""
    return Evidence(
        id=EvidenceId("policy:hours"),
        kind="policy",
        source="intents.yaml",
        version="1",
        text=text,
        title="hours",
        fetched_at=NOON,
    )


def assigned(*evidence: Evidence, **changes: Any) -> Assignment:
    """Return an assignment about a ticket."""
    fields: dict[str, Any] = {
        "ticket": a_ticket(),
        "route": a_route(),
        "context": a_context(*evidence),
        "spec": IntentSpec(name=Intent("export_data")),
        "workspace": a_workspace(),
    }
    return Assignment(**(fields | changes))


async def quoted(*evidence: Evidence, **changes: Any) -> Draft:
    """Return what the quoting writer proposes."""
    return await QuotingWriter().write(assigned(*evidence, **changes))


async def test_a_passage_that_fits_is_quoted_whole_with_its_source() -> None:
    """The body is the passage, cut only between paragraphs, and the source line closes it."""
    passage = a_passage(STEPS)
    draft = await quoted(passage)
    body = [sentence for sentence in draft.sentences if sentence.kind == "quote"]
    assert draft.confidence == "high"
    assert "\n".join(item.text for item in body[:-1]).split() == STEPS.split()
    assert body[-1].text == source_line(passage)
    assert all(quoted_units(item.text, STEPS) for item in body[:-1])


async def test_of_a_long_passage_the_part_that_answers_is_quoted() -> None:
    """When a passage does not fit, the run of sentences that shares most is taken."""
    filler = " ".join(f"Boards have colour number {number}." for number in range(40))
    text = f"{filler}\n\nExport to CSV from the board menu.\n\n{filler}"
    draft = await quoted(a_passage(text))
    body = "\n".join(item.text for item in draft.sentences if item.kind == "quote")
    assert "Export to CSV from the board menu." in body
    assert word_count(body) < 150


async def test_nothing_is_quoted_from_internal_text() -> None:
    """A passage that is not public is as good as none."""
    draft = await quoted(a_passage(STEPS, audience="internal"))
    assert draft.action == "escalate"


async def test_two_equal_answers_go_to_a_reviewer() -> None:
    """When two documents answer equally well, the writer says so."""
    rival = a_passage("Something else.", id=EvidenceId("other#1"), source="other", score=0.795)
    draft = await quoted(a_passage(STEPS, score=0.8), rival)
    assert draft.confidence == "medium"
    assert "equally" in draft.reason


async def test_an_article_the_intent_does_not_name_goes_to_a_reviewer() -> None:
    """An intent that names its articles is not answered from another."""
    spec = IntentSpec(name=Intent("export_data"), articles=("import-csv",))
    assert (await quoted(a_passage(STEPS), spec=spec)).confidence == "medium"
    spec = replace(spec, articles=("export-csv",))
    assert (await quoted(a_passage(STEPS), spec=spec)).confidence == "high"


async def test_a_weak_match_is_not_answered() -> None:
    """Below the threshold a reviewer sees it, far below nobody is bothered with a draft."""
    middling = a_context(a_passage(STEPS), answerable=0.4)
    weak = a_context(a_passage(STEPS), answerable=0.1)
    assert (await quoted(context=middling)).confidence == "medium"
    assert (await quoted(context=weak)).action == "escalate"


async def test_several_requests_are_never_answered_as_one() -> None:
    """A message that asks two things gets no confident answer to one of them."""
    requests = tuple(
        Request(start=at, end=at + 5, intent=Intent(f"i{at}"), probability=0.9) for at in (0, 9)
    )
    assert (await quoted(a_passage(STEPS), route=a_route(requests=requests))).confidence != "high"


async def test_a_vague_message_gets_the_one_question() -> None:
    """A few words that name no problem are answered with the intent's question."""
    spec = IntentSpec(name=Intent("login"), clarify="What happens when you try to sign in?")
    vague = a_ticket(text="my account isn't working")
    draft = await quoted(context=a_context(answerable=0.1), spec=spec, ticket=vague)
    assert draft.action == "clarify"
    assert [item.text for item in draft.sentences if item.kind == "question"] == [spec.clarify]
    clear = a_ticket(text="my account shows error 17 after I change the password on my phone")
    draft = await quoted(context=a_context(answerable=0.1), spec=spec, ticket=clear)
    assert draft.action == "escalate"


async def test_a_record_answer_fills_the_company_sentence() -> None:
    """Slots are filled from the customer's own record."""
    draft = await RecordWriter().write(
        assigned(
            a_policy("You are on the {plan} plan."),
            a_record(plan="Team", name="Mia Chen"),
            ticket=a_ticket(customer="cus_1", verified=True),
        )
    )
    assert "You are on the Team plan." in draft.text
    assert draft.confidence == "high"


async def test_a_record_answer_never_guesses() -> None:
    """Without the record or the field a person answers."""
    policy = a_policy("You are on the {plan} plan.")
    assert (await RecordWriter().write(assigned(policy))).action == "escalate"
    record = a_record(name="Mia")
    assert (await RecordWriter().write(assigned(policy, record))).action == "escalate"


async def test_a_fixed_answer_is_the_company_wording() -> None:
    """The lines of the intent are quoted as they stand."""
    draft = await FixedWriter().write(assigned(a_policy("We are open 9 to 5.\nEvery weekday.")))
    quotes = [item.text for item in draft.sentences if item.kind == "quote"]
    assert quotes == ["We are open 9 to 5.", "Every weekday."]


def test_a_first_name_is_a_plain_word_or_nothing() -> None:
    """A name that is no name is not greeted with."""
    assert first_name({"name": "Mia Chen"}) == "Mia"
    assert first_name({"name": "<b>x</b> y"}) == ""
    assert first_name({"name": "https://evil.example"}) == ""
    assert first_name({}) == ""


def test_a_window_is_never_longer_than_its_room() -> None:
    """Whatever is asked, the chosen run fits, and holds the asked word if any unit does."""
    found = units("Alpha one two. Beta three four. Gamma five six.")
    chosen = best_window(found, set(content("gamma")), 4)
    assert [unit.text for unit in chosen] == ["Gamma five six."]
