"""Reading what another system said, and what it had to say it from."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.channels.lines import MAX_LINE
from firstline.errors import InputError, Place
from firstline.evals.check_cases import MAX_REPLY, MAX_SENTENCES, Case, case_of, read_check_cases
from firstline.evals.check_evidence import MAX_CHARACTERS, MAX_FIELDS, MAX_ITEMS

HERE = Place(file="cases.jsonl", line=3)
SMALL: dict[str, Any] = {"id": "a", "question": "Q?", "evidence": ["It is blue."], "reply": "Blue."}


def a_case(**changes: Any) -> Case:
    """Return a small case with changes; a value of None is left out."""
    fields = {key: value for key, value in (SMALL | changes).items() if value is not None}
    return case_of(fields, HERE)


def written(folder: Path, *lines: object) -> Path:
    """Return a file with these lines, objects as JSON."""
    path = folder / "cases.jsonl"
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines),
        encoding="utf-8",
    )
    return path


def test_a_case_is_read_whole() -> None:
    """Every field of the format arrives, in the product's own records."""
    case = a_case(
        reply="It is blue. It is big.",
        label="pass",
        today="2026-05-04T10:00:00",
        locale="en_AU",
        earlier=["Hello?"],
    )
    assert case.reply == ("It is blue.", "It is big.")
    assert (case.label, case.today, case.locale) == ("pass", date(2026, 5, 4), "en-AU")
    assert case.earlier == ("Hello?",)
    assert case.evidence[0].kind == "passage"


@pytest.mark.parametrize(
    ("evidence", "kind", "text", "fields"),
    [
        ("One text.", "passage", "One text.", ()),
        (["One text."], "passage", "One text.", ()),
        ({"text": "One."}, "passage", "One.", ()),
        ([{"kind": "document", "text": "One."}], "passage", "One.", ()),
        ([{"kind": "policy", "text": "One."}], "policy", "One.", ()),
        ([{"fields": {"a": {"b": 1}}}], "record", "", (("a.b", "1"),)),
        ([{"fields": {"a": [{"b": True}]}}], "record", "", (("a[0].b", "yes"),)),
        ([{"fields": [["a.b", "x"], ["c", 2]]}], "record", "", (("a.b", "x"), ("c", "2"))),
        ([{"fields": [{"a": 1}]}], "record", "", (("[0].a", "1"),)),
        ([{"text": {"a": 1}}], "record", "", (("a", "1"),)),
        ([{"kind": "tool", "text": '{"a": {"b": "x"}}'}], "record", "", (("a.b", "x"),)),
        (['{"a": 1}'], "record", "", (("a", "1"),)),
        ([{"kind": "tool", "text": "Done."}], "passage", "Done.", ()),
        (["[citation needed] and so on"], "passage", "[citation needed] and so on", ()),
        (["[1]"], "passage", "[1]", ()),
    ],
)
def test_evidence_is_read_in_many_shapes(
    evidence: object, kind: str, text: str, fields: tuple[tuple[str, str], ...]
) -> None:
    """Texts, objects, nested fields, pairs and a tool's JSON all become evidence."""
    (item,) = a_case(evidence=evidence).evidence
    assert (item.kind, item.text, item.fields) == (kind, text, fields)


def test_evidence_without_an_id_is_numbered() -> None:
    """Ids that are missing are e1, e2 …; one that is there twice is told apart."""
    pieces = ["a", {"id": "x", "text": "b"}, {"id": "x", "text": "c"}, {"id": 7, "text": "d"}]
    names = [item.id for item in a_case(evidence=pieces).evidence]
    assert names == ["e1", "x", "x (2)", "7"]


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        *(
            (word, "pass")
            for word in ("pass", "Good", "grounded", "supported", "true", "1", True, 1)
        ),
        *((word, "block") for word in ("block", "BAD", "ungrounded", "unsupported", "false", 0)),
        (None, None),
        ("", None),
    ],
)
def test_labels_say_whether_it_may_be_sent(label: object, meant: str | None) -> None:
    """Everybody's words for good and bad are understood."""
    assert a_case(label=label).label == meant


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"reply": None}, "no `reply`"),
        ({"reply": None, "answer": "Blue."}, "there is a `answer`"),
        ({"reply": 5}, "`reply` is neither"),
        ({"reply": ["a", 1]}, "`reply` is neither"),
        ({"evidence": None}, "no `evidence`"),
        ({"evidence": None, "contexts": []}, "there is a `contexts`"),
        ({"evidence": [5]}, "evidence 1 is neither a text nor an object"),
        ({"evidence": [{"id": "x"}]}, "evidence 1 has neither text nor fields"),
        ({"evidence": ["a", {"text": 5}]}, "the text of evidence 2 is no text"),
        ({"evidence": [{"fields": "x"}]}, "neither an object nor a list"),
        ({"evidence": [{"text": "x", "kind": "rumour"}]}, "a kind nobody knows"),
        ({"evidence": [{"text": "x", "kind": 5}]}, "a kind nobody knows"),
        ({"evidence": [{"text": "x", "audience": "secret"}]}, "neither public nor internal"),
        ({"question": 5}, "`question` is no text"),
        ({"label": "maybe"}, "`label` says neither"),
        ({"label": [1]}, "`label` says neither"),
        ({"today": "soon"}, "`today` is no date"),
        ({"today": 20260504}, "`today` is no date"),
        ({"locale": "the moon"}, "`locale` is no locale"),
        ({"earlier": "Hello"}, "`earlier` is no list"),
    ],
)
def test_what_cannot_be_understood_is_named(changes: dict[str, Any], problem: str) -> None:
    """The error says where, what, and what to write instead."""
    with pytest.raises(InputError, match=problem) as caught:
        a_case(**changes)
    assert str(caught.value).startswith("cases.jsonl:3: ")
    assert caught.value.fix


@pytest.mark.parametrize(
    "changes",
    [
        {"reply": "a" * (MAX_REPLY + 1)},
        {"reply": ["a"] * (MAX_SENTENCES + 1)},
        {"question": "a" * (MAX_REPLY + 1)},
        {"earlier": ["a" * MAX_REPLY, "b"]},
        {"evidence": ["a" * (MAX_CHARACTERS + 1)]},
        {"evidence": ["a"] * (MAX_ITEMS + 1)},
        {"evidence": [{"fields": {"a": list(range(MAX_FIELDS + 1))}}]},
        {"evidence": [{"fields": list(range(MAX_FIELDS))}] * 2},
    ],
)
def test_a_case_that_is_too_large_is_kept_apart(changes: dict[str, Any]) -> None:
    """It is no error and no case to be judged: it says what is too large."""
    case = a_case(**changes)
    assert "the limit" in case.too_large or "more than" in case.too_large
    assert case.reply == ()


def test_a_file_is_read_in_order(tmp_path: Path) -> None:
    """Blank lines are passed over; a case without an id has that of its line."""
    path = written(tmp_path, SMALL, "", SMALL | {"id": 5}, {"evidence": [], "reply": "Hi."})
    assert [case.id for case in read_check_cases(path)] == ["a", "5", "line-4"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("nonsense", "no JSON"),
        ("[]", "no object"),
        ('{"a": ' * 100_000, "nested too deeply|no JSON"),
        (json.dumps(SMALL), "the id is that of line 1"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, problem: str) -> None:
    """The error names file and line."""
    with pytest.raises(InputError, match=rf"cases\.jsonl:2: .*({problem})"):
        read_check_cases(written(tmp_path, SMALL, line))


@pytest.mark.parametrize("content", [b"\n", b"", b'{"id": "\xff"}'])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes) -> None:
    """Nothing, and what is not text, is an error."""
    path = tmp_path / "cases.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cases\.jsonl"):
        read_check_cases(path)


def test_a_line_beyond_all_bounds_does_not_end_the_run(tmp_path: Path) -> None:
    """It becomes a case that is too large; the next line is read."""
    path = written(tmp_path, json.dumps(SMALL | {"reply": "a" * MAX_LINE}), SMALL)
    first, second = read_check_cases(path)
    assert "longer than" in first.too_large
    assert (first.id, second.id) == ("line-1", "a")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


NAMES = ("id", "question", "evidence", "reply", "label", "today", "locale", "earlier")


@given(fields=st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)))
def test_any_json_is_a_case_or_an_error(fields: dict[str, Any]) -> None:
    """Whatever stands in a line, reading gives a case or an InputError, never anything else."""
    with suppress(InputError):
        case = case_of(fields, HERE)
        assert case.id
        assert "".join(case.reply).encode() is not None
