"""Reading answers: dress is forgiven, content is not, and nothing makes the reader stumble."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.claude.answers import (
    LONGEST_SENTENCE,
    MOST_SENTENCES,
    AnswerParts,
    AnswerProblem,
    read_answer,
    read_route,
)
from firstline.claude.json_object import MAXIMUM
from firstline.claude.schemas import ANSWER_SCHEMA, route_schema
from firstline.records import Commitment, EvidenceId, Sentence

LABELS = {"e1": EvidenceId("export-csv#1"), "e2": EvidenceId("record:cus_1")}


def an_answer(**changes: Any) -> dict[str, Any]:
    """Return a good answer, as a model says it."""
    return {
        "action": "answer",
        "sentences": [a_sentence()],
        "confidence": "high",
        "reason": "e1 says how",
        "commitments": [],
        "language": "en",
    } | changes


def a_sentence(**changes: Any) -> dict[str, Any]:
    """Return a good sentence."""
    return {"text": "Open the board menu.", "kind": "quote", "evidence": ["e1"]} | changes


def said(**changes: Any) -> str:
    """Return an answer as text."""
    return json.dumps(an_answer(**changes))


def test_a_good_answer_is_read() -> None:
    """Labels become evidence ids, and nothing is noted."""
    assert read_answer(said(), LABELS) == AnswerParts(
        action="answer",
        sentences=(
            Sentence(
                text="Open the board menu.",
                kind="quote",
                evidence=(EvidenceId("export-csv#1"),),
            ),
        ),
        confidence="high",
        reason="e1 says how",
        language="en",
    )


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{said()}\n```",
        f"Here is the reply you asked for:\n\n{said()}\n\nLet me know!",
        f"As {{requested}}: {said()}",
        f"{said()} {said(action='escalate')}",
        said(action="ANSWER", confidence=" High ", language="en-AU"),
        said(language="English"),
        said(sentences=[a_sentence(kind="Quote", evidence=["E1"])]),
        said(sentences=[a_sentence(evidence=["<e1>", "e1"])]),
        said(sentences=[a_sentence(evidence=["export-csv#1"])]),
        said(sentences=[a_sentence(text="Open\u200b the board menu. ")]),
    ],
)
def test_dress_is_forgiven(text: str) -> None:
    """Prose, fences, capitals, decorated labels and invisible signs change nothing."""
    assert read_answer(text, LABELS) == read_answer(said(), LABELS)


def test_keys_nobody_asked_for_are_ignored_and_noted() -> None:
    """More keys do no harm, and are counted without being repeated."""
    answer = read_answer(said(mood="fine", sentences=[a_sentence(note="x")]), LABELS)
    assert answer.sentences == read_answer(said(), LABELS).sentences
    assert answer.notes == (
        "the answer has 1 keys more than were asked for",
        "sentences[0] has 1 keys more than were asked for",
    )


def test_escaped_text_comes_back_as_it_was() -> None:
    """What the prompt had to encode, an answer that copies it has decoded."""
    answer = read_answer(said(sentences=[a_sentence(text="Files &lt; 5 MB & more")]), LABELS)
    assert answer.text == "Files < 5 MB & more"


def test_an_escalation_says_nothing_to_the_customer() -> None:
    """Sentences beside it are dropped, and that is noted."""
    answer = read_answer(said(action="escalate"), LABELS)
    assert answer.sentences == ()
    assert answer.notes == ("sentences of an escalation were ignored",)
    assert AnswerParts.nothing().action == "escalate"


@pytest.mark.parametrize(
    "written",
    ["Billing | credit A$20 | 5 June", {"who": "Billing", "what": "credit A$20", "by": "5 June"}],
)
def test_commitments_are_read_in_both_forms(written: Any) -> None:
    """A text of three parts and an object say the same."""
    answer = read_answer(said(commitments=[written]), LABELS)
    assert answer.commitments == (Commitment(who="Billing", what="credit A$20", by="5 June"),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no JSON object"),
        ("I cannot answer that.", "no JSON object"),
        (said()[:-1], "not closed"),
        ("{'action': 'answer'}", "not valid JSON"),
        (said()[:-1] + ', "action": "escalate"}', "same key twice"),
        (json.dumps({"action": "answer"}), "lacks sentences, confidence, reason"),
        (said(action="reply"), "action must be one of answer, clarify, escalate"),
        (said(action=None), "action must be text"),
        (said(confidence=0.9), "confidence must be text"),
        (said(language="the customer's"), "language must be a two-letter code"),
        (said(sentences=[]), "sentences is empty"),
        (said(sentences="Open the menu."), "sentences must be a list"),
        (said(sentences=["Open the menu."]), "sentences[0] must be an object"),
        (said(sentences=[{"text": "x", "kind": "quote"}]), "sentences[0] lacks evidence"),
        (said(sentences=[a_sentence(), a_sentence(kind="fact")]), "sentences[1].kind must be"),
        (said(sentences=[a_sentence(evidence=[])]), "quote but names no evidence"),
        (said(sentences=[a_sentence(evidence=["e7"])]), "what was not given; there is e1, e2"),
        (said(sentences=[a_sentence(evidence=[1])]), "what was not given"),
        (said(sentences=[a_sentence(evidence="e1")]), "evidence must be a list"),
        (said(sentences=[a_sentence(text=" \u200b")]), "sentences[0].text is empty"),
        (said(sentences=[a_sentence(text=["x"])]), "sentences[0].text must be text"),
        (said(sentences=[a_sentence(text="a" * (LONGEST_SENTENCE + 1))]), "more than 2,000"),
        (said(sentences=[a_sentence()] * (MOST_SENTENCES + 1)), "31 entries, more than 30"),
        (said(commitments=["we refund"]), "who | what | by when"),
        (said(reason=[]), "reason must be text"),
        (said(reason="x" * MAXIMUM), "more than 200,000 characters"),
        ('{"a":' * 5_000, "nested too deeply"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ("{" + "[" * 11 + "]" * 11 + "}", "not valid JSON"),
        ('{"action": ' + "9" * 50_000 + "}", "lacks sentences"),
        ('{"action": NaN}', "lacks sentences"),
    ],
)
def test_content_is_not_forgiven(text: str, problem: str) -> None:
    """The problem says what to mend, in a line, without repeating what was said."""
    with pytest.raises(AnswerProblem) as caught:
        read_answer(text, LABELS)
    assert problem in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_megabyte_of_rubbish_is_refused_at_once() -> None:
    """Size alone is a reason; nothing in it is looked at."""
    for piece in ("{", '"', '{"a":"', "\\", "é{"):
        with pytest.raises(AnswerProblem):
            read_answer(piece * (1_000_000 // len(piece)), LABELS)


def read_or_problem(text: str) -> AnswerParts | str:
    """Return the answer, or what is wrong with it."""
    try:
        return read_answer(text, LABELS)
    except AnswerProblem as problem:
        return str(problem)


PIECES = st.one_of(
    st.text(max_size=5),
    st.sampled_from(['{"', '"}', "[", "]", "{", "}", ":", ",", '\\"', "\\u0000", "\\ud800", "1e9"]),
)


@settings(deadline=None)
@given(edits=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9), PIECES), max_size=4))
def test_a_damaged_answer_is_read_or_refused(edits: list[tuple[int, int, str]]) -> None:
    """Whatever is said, the reader gives an answer in good form or an AnswerProblem."""
    text = said()
    for at, length, piece in edits:
        text = text[:at] + piece + text[at + length :]
    answer = read_or_problem(text)
    if isinstance(answer, AnswerParts):
        assert all(set(item.evidence) <= set(LABELS.values()) for item in answer.sentences)
        assert answer.text.encode("utf-8")
    else:
        assert answer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(key=st.sampled_from(sorted(an_answer())), value=JSON)
def test_any_value_of_a_key_is_read_or_refused(key: str, value: Any) -> None:
    """A key may hold anything JSON can say."""
    answer = read_or_problem(said(**{key: value}))
    if isinstance(answer, AnswerParts):
        assert answer.action in ("answer", "clarify", "escalate")
    else:
        assert "\n" not in answer


def test_a_route_is_read() -> None:
    """The intent is a candidate, whatever its capitals, or none."""
    routed = read_route(
        '{"intent":"Export_Data","confidence":"High","several":"False"}', ["export_data"]
    )
    assert (routed.intent, routed.confidence, routed.several) == ("export_data", "high", False)
    none = read_route('{"intent":"NONE","confidence":"low","several":true}', ["export_data"])
    assert (none.intent, none.several) == (None, True)


def test_a_candidate_with_the_same_letters_wins_over_one_with_others() -> None:
    """Exact spelling is looked for before capitals are forgiven."""
    text = '{"intent":"BILLING","confidence":"high","several":false}'
    assert read_route(text, ["billing", "BILLING"]).intent == "BILLING"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"intent":"refund","confidence":"high","several":false}', "one of export_data, none"),
        ('{"intent":"none","confidence":"high"}', "lacks several"),
        ('{"intent":"none","confidence":"high","several":"maybe"}', "true or false"),
    ],
)
def test_a_wrong_route_is_refused(text: str, problem: str) -> None:
    """An intent that was not offered is no route."""
    with pytest.raises(AnswerProblem, match=problem):
        read_route(text, ["export_data"])


def objects(schema: Any) -> list[dict[str, Any]]:
    """Return every object schema inside a schema."""
    if isinstance(schema, list):
        return [found for item in schema for found in objects(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for item in schema.values() for found in objects(item)]


@pytest.mark.parametrize("schema", [ANSWER_SCHEMA, route_schema(["b", "a"])])
def test_schemas_keep_to_what_the_api_takes(schema: dict[str, Any]) -> None:
    """Objects are closed, every property is required, and no keyword is unsupported."""
    for found in objects(schema):
        assert found["additionalProperties"] is False
        assert found["required"] == list(found["properties"])
    text = json.dumps(schema)
    for keyword in ("minimum", "maximum", "minLength", "maxLength", "anyOf", "oneOf", "$ref"):
        assert f'"{keyword}"' not in text


def test_a_route_schema_depends_on_the_names_alone() -> None:
    """The same candidates in another order give the same schema, which is compiled once."""
    assert json.dumps(route_schema(["b", "a"])) == json.dumps(route_schema(["a", "b", "a"]))
    assert route_schema(["a", "none"])["properties"]["intent"] == {"enum": ["a", "none"]}
