"""Rendering: what is in a prompt, what is left out for want of room, and what its hash covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.claude.prompts import Prompts, Rendered
from firstline.claude.sections import decode
from firstline.records import Context, Evidence, EvidenceId, Intent, Message, Request, Ticket
from firstline.workspace import IntentSpec, Settings, Voice, Workspace
from firstline.workspace.models import Catalogue, Policies, Tone
from firstline.workspace.prompts_file import GENERAL, PromptFile, PromptFiles, default_prompts
from tests.builders import NOON, a_context, a_passage, a_route, a_ticket

SPEC = IntentSpec(name=Intent("export_data"))


def a_workspace(**changes: Any) -> Workspace:
    """Return a company without a folder."""
    plain = Workspace(
        folder=Path("nowhere"),
        settings=Settings(company="Lantern Books", locale="en-AU"),
        intents=(SPEC,),
        policies=Policies(),
        catalogue=Catalogue(),
        voice=Voice(),
        version="v",
    )
    return replace(plain, **changes)


PROMPTS = Prompts.of(a_workspace())


def passage(number: int, text: str, **changes: Any) -> Evidence:
    """Return a numbered passage of its own document."""
    key = EvidenceId(f"doc-{number}#1")
    return a_passage(
        text, **({"id": key, "source": f"doc-{number}", "title": f"T{number}"} | changes)
    )


def written(
    context: Context,
    ticket: Ticket | None = None,
    *,
    budget: int = 1_000,
    factor: float = 1.0,
    spec: IntentSpec | None = SPEC,
) -> Rendered:
    """Return the prompt for a ticket."""
    return PROMPTS.write(
        ticket or a_ticket(), a_route(), context, spec, budget=budget, factor=factor
    )


def test_everything_is_shown_when_it_fits() -> None:
    """Each piece of evidence has a label that means its id, in its own section."""
    record = a_passage(
        "", kind="record", id=EvidenceId("record:1"), fields=(("plan", "Team"), ("name", "Ana"))
    )
    policy = a_passage("You are on the {plan} plan.", kind="policy", id=EvidenceId("policy:plan"))
    earlier = a_passage("Asked about exports.", kind="ticket", id=EvidenceId("ticket:9"))
    context = a_context(policy, record, passage(1, "Open the menu."), earlier)
    prompt = written(context, spec=replace(SPEC, clarify="Which board?"))
    assert dict(prompt.labels) == {
        "e1": "record:1",
        "e2": "policy:plan",
        "e3": "doc-1#1",
        "e4": "ticket:9",
    }
    assert prompt.user == (
        "<account>\n<e1>\nplan: Team\n</account>\n"
        "<policy>\n<e2>\nYou are on the {plan} plan.\n</policy>\n"
        "<knowledge>\n<e3> T1\nOpen the menu.\n</knowledge>\n"
        "<history>\n<e4> Export a board\nAsked about exports.\n</history>\n"
        "<question>\nWhich board?\n</question>\n"
        "<message>\nHow do I export a board to CSV?\n</message>\n"
        "Answer, clarify or escalate."
    )
    assert (prompt.left_out, prompt.over_budget) == ((), False)


def test_the_name_is_shown_only_to_a_sentence_with_a_slot_for_it() -> None:
    """The greeting is code's work, so a model need not know who asks."""
    record = a_passage("", kind="record", id=EvidenceId("record:1"), fields=(("name", "Ana Ruiz"),))
    assert "Ana" not in written(a_context(record, passage(1, "x"))).user
    policy = a_passage("Dear {name}, it is done.", kind="policy", id=EvidenceId("policy:x"))
    assert "name: Ana Ruiz" in written(a_context(policy, record)).user


def test_internal_text_is_never_shown() -> None:
    """What a customer may not read, a writer need not."""
    prompt = written(a_context(passage(1, "Offer STAY.", audience="internal"), passage(2, "Hi.")))
    assert "STAY" not in prompt.user
    assert prompt.left_out == ("doc-1#1",)


def test_extras_give_way_first_and_in_order() -> None:
    """With less room the later passages go first, and the message never."""
    context = a_context(
        *(passage(n, f"Fact {n}: " + "boards can be exported here. " * 12) for n in range(1, 5))
    )
    kept = [len(written(context, budget=budget).included) for budget in (2_000, 1_200, 900, 600)]
    assert kept == sorted(kept, reverse=True)
    assert kept[0] == 4
    assert kept[-1] >= 1
    tight = written(context, budget=600)
    assert "doc-1#1" in tight.included
    assert "How do I export a board to CSV?" in tight.user
    assert set(tight.included) | set(tight.left_out) == {item.id for item in context.evidence}


def test_a_passage_is_cut_to_the_sentences_that_matter() -> None:
    """When there is room for a part, it is whole sentences that share words with the message."""
    useful = "Every member may export a board to CSV."
    padding = "Nothing here is related to what was asked. " * 25
    context = a_context(
        passage(1, "Short answer."), passage(2, f"{padding}\n\n{useful}\n\n{padding}")
    )
    prompt = written(context, budget=780)
    assert useful in prompt.user
    assert "doc-2#1" in prompt.included
    assert prompt.tokens <= 780


def test_a_list_is_never_cut() -> None:
    """Steps come whole, with the sentence before them, or not at all."""
    steps = "To export a board:\n" + "\n".join(
        f"{n}. Choose thing number {n} and wait for the export of the board" for n in range(1, 30)
    )
    context = a_context(passage(1, "Short answer."), passage(2, steps))
    for budget in range(500, 1_500, 100):
        user = written(context, budget=budget).user
        assert ("1. Choose" in user) == ("29. Choose" in user)


def test_a_long_message_is_cut_to_what_it_asks() -> None:
    """The prompt says so, and that a model with more room would do better."""
    story = "We moved offices in March and everything was packed in boxes. " * 80
    ticket = a_ticket(text=f"{story}\nHow do I export a board?\n{story}")
    prompt = written(a_context(), ticket)
    assert prompt.over_budget
    assert "How do I export a board?" in prompt.user
    assert "[shortened]" in prompt.user
    assert "export-csv#1" in prompt.included
    assert prompt.tokens <= 1_000
    roomy = written(a_context(), ticket, budget=8_000)
    assert not roomy.over_budget
    assert "[shortened]" not in roomy.user


def test_the_latest_messages_are_shown_with_their_times() -> None:
    """A conversation ends with the time of the message itself; nothing in between is left out."""
    history = tuple(
        Message(
            author="customer" if n % 2 else "staff",
            text=f"Message number {n}.",
            sent_at=NOON - timedelta(hours=20 - n),
        )
        for n in range(14)
    )
    prompt = written(a_context(), a_ticket(history=history), budget=2_000)
    section = prompt.user.partition("<conversation>\n")[2].partition("\n</conversation>")[0]
    lines = section.splitlines()
    assert len(lines) == 11
    assert lines[0] == "2026-05-03 20:00 agent: Message number 4."
    assert lines[-1] == "2026-05-04 12:00 customer: the message below"
    tight = written(a_context(), a_ticket(history=history), budget=480)
    assert "Message number 13." in tight.user
    assert "Message number 4." not in tight.user


def test_several_requests_and_attachments_are_told() -> None:
    """A model knows that there is more than one thing to answer, and what it cannot see."""
    requests = tuple(
        Request(start=n, end=n + 1, intent=SPEC.name, probability=0.5) for n in range(2)
    )
    prompt = PROMPTS.write(a_ticket(), a_route(requests=requests), a_context(), SPEC, budget=1_000)
    assert "It asks 2 things." in prompt.user


TEXT = st.text(max_size=400) | st.lists(st.text(max_size=9), max_size=90).map(" ".join)


@settings(deadline=None, max_examples=60)
@given(
    message=TEXT,
    passages=st.lists(TEXT, max_size=4),
    fields=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=30)), max_size=6),
    said=st.lists(st.text(max_size=200), max_size=4),
    budget=st.integers(500, 2_000),
    factor=st.sampled_from([1.0, 1.3]),
)
def test_a_prompt_keeps_to_its_budget(
    message: str,
    passages: list[str],
    fields: list[tuple[str, str]],
    said: list[str],
    budget: int,
    factor: float,
) -> None:
    """Unless even message and best passage are too much; labels and ids always agree."""
    record = a_passage("", kind="record", id=EvidenceId("record:1"), fields=tuple(fields))
    found = [passage(n, text) for n, text in enumerate(passages, 1)]
    ticket = a_ticket(
        text=message, history=tuple(Message(author="customer", text=text) for text in said)
    )
    context = a_context(record, *found)
    prompt = written(context, ticket, budget=budget, factor=factor)
    assert prompt.tokens <= budget or prompt.over_budget
    assert tuple(prompt.labels.values()) == prompt.included
    assert {*prompt.included, *prompt.left_out} == {item.id for item in context.evidence}
    tags = prompt.user.count("<")
    assert tags == sum(prompt.user.count(f"<{label}>") for label in prompt.labels) + 2 * sum(
        prompt.user.count(f"<{name}>\n")
        for name in ("account", "policy", "knowledge", "conversation", "message")
    )
    assert prompt == written(context, ticket, budget=budget, factor=factor)


def test_what_is_shown_can_be_quoted() -> None:
    """Decoded, a passage in a prompt is the passage in the store."""
    text = "Files < 5 MB & rows &lt; 9: choose Settings > Export."
    prompt = written(a_context(passage(1, text)))
    shown = prompt.user.partition("<e1> T1\n")[2].partition("\n</knowledge>")[0]
    assert decode(shown) == text


@pytest.mark.parametrize("tone", get_args(Tone))
def test_the_voice_is_told(tone: Tone) -> None:
    """Tone, pairs, locale, word limit and the unsure phrase are in the stable part."""
    voice = Voice(tone=tone, pairs=(("cancel", "end"), ("error", "hiccup")), unsure="Not sure.")
    system = (
        Prompts.of(a_workspace(voice=voice))
        .write(a_ticket(), a_route(), a_context(), SPEC, budget=1_000)
        .system
    )
    assert tone in system
    assert "- Our wording: not “cancel” but “end”; not “error” but “hiccup”." in system
    for told in ("Lantern Books", "en-AU", "150 words", "“Not sure.”"):
        assert told in system


def test_the_system_part_is_the_same_for_every_ticket() -> None:
    """Only the guide changes it, so it can be cached."""
    one = written(a_context(), a_ticket(text="A?"))
    other = written(a_context(passage(1, "x")), a_ticket(text="B?"), budget=700)
    assert one.system == other.system
    assert one.hash == other.hash == PROMPTS.hash()
    cancelling = written(a_context(), spec=replace(SPEC, guide="cancellation"))
    assert cancelling.system != one.system
    assert cancelling.hash == PROMPTS.hash("cancellation") != one.hash


def changed(name: str) -> Workspace:
    """Return the company with one more word in one prompt file."""
    files = dict(default_prompts().files)
    old = files[name]
    files[name] = PromptFile(name=name, version=2, text=f"{old.text}\nNow.", digest="d", own=True)
    return a_workspace(prompts=PromptFiles(files=files))


@pytest.mark.parametrize("name", ["system", "ticket", "repair", "guides/general"])
def test_a_changed_file_changes_the_hash(name: str) -> None:
    """Whatever was used for a prompt is in its hash; what was not is not."""
    prompts = Prompts.of(changed(name))
    assert prompts.hash() != PROMPTS.hash()
    assert (prompts.hash("complaint") == PROMPTS.hash("complaint")) == (name == "guides/general")


def test_tone_and_pairs_change_the_hash() -> None:
    """They are words of the prompt as much as the files are."""
    hashes = {
        Prompts.of(a_workspace(voice=voice)).hash(GENERAL)
        for voice in (Voice(), Voice(tone="formal"), Voice(pairs=(("a", "b"),)))
    }
    assert len(hashes) == 3
    assert all(len(one) == 16 for one in hashes)


def test_placeholders_in_customers_texts_stay_as_they_are() -> None:
    """What fills a placeholder is never read again."""
    prompt = written(a_context(passage(1, "Use {message}.")), a_ticket(text="What is {knowledge}?"))
    assert "Use {message}." in prompt.user
    assert "What is {knowledge}?" in prompt.user


def test_a_routers_prompt_has_its_own_hash_and_sizes() -> None:
    """It depends on the router's file only, and is counted with its own schema."""
    prompt = PROMPTS.route(a_ticket(), [SPEC], factor=1.3)
    assert prompt.hash not in {PROMPTS.hash(guide) for guide in default_prompts().guides}
    assert Prompts.of(changed("router")).route(a_ticket(), [SPEC]).hash != prompt.hash
    assert 0 < prompt.tokens < 400
    assert prompt.schema_tokens > 0
