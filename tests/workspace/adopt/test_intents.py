"""Turning labelled messages into intents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.errors import InputError
from firstline.records import Intent
from firstline.workspace import create, load
from firstline.workspace.adopt.intents import is_high_risk, take_intents

LABELS = st.text(min_size=1, max_size=8).filter(str.strip)


def lines(path: Path, rows: list[dict[str, object]]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_labels_become_intents_with_safe_settings(tmp_path: Path) -> None:
    """Risk is guessed from the name; out of scope goes to a person; the label stays as it is."""
    source = lines(
        tmp_path / "l.jsonl",
        [
            {"text": "Where is it?", "label": "parcel"},
            {"text": "Money back", "label": "Refund_request?"},
            {"text": "Sing a song", "label": "out_of_scope"},
            {"text": "Where  is\nit?", "label": "parcel"},
        ],
    )
    created = create(tmp_path / "x", intents=source)
    specs = {spec.name: spec for spec in load(tmp_path / "x").intents}
    assert set(specs) == {"parcel", "Refund_request?", "oos"}
    parcel = specs[Intent("parcel")]
    assert (parcel.risk, parcel.handler, parcel.autonomy.level) == ("medium", "quote", "review")
    assert parcel.examples == ("Where is it?",)
    assert specs[Intent("Refund_request?")].risk == "high"
    assert specs[Intent("oos")].handler == "person"
    assert "Guessed from their names as high risk: Refund_request?" in created.notes


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "Utterance,Intent\nWhere is it?,parcel\n"),
        ("a.csv", "id;Message;Category\n1;Where is it?;parcel\n"),
        ("a.json", '[{"query": "Where is it?", "intent": "parcel"}]'),
        ("a.ndjson", '{"text": "Where is it?", "class": "parcel", "label": "parcel"}'),
    ],
)
def test_usual_columns_are_understood(tmp_path: Path, name: str, content: str) -> None:
    """Spreadsheets, lists and lines with the names people use."""
    (tmp_path / name).write_text(content)
    taken = take_intents(tmp_path / name, tmp_path)
    assert taken.count == 1
    assert '"Where is it?"' in (tmp_path / "intents.yaml").read_text()


def test_thousands_of_examples_go_into_files(tmp_path: Path) -> None:
    """intents.yaml stays readable, and labels that look alike as file names stay apart."""
    rows: list[dict[str, object]] = [
        {"text": f"message {number}", "label": label}
        for label in ("a/b", "a b", "../../evil", "日本")
        for number in range(300)
    ]
    create(tmp_path / "x", intents=lines(tmp_path / "l.jsonl", rows))
    workspace = load(tmp_path / "x")
    assert {spec.name: len(spec.examples) for spec in workspace.intents} == {
        "a/b": 300,
        "a b": 300,
        "../../evil": 300,
        "日本": 300,
    }
    assert len(list((tmp_path / "x/examples").iterdir())) == 4
    assert len((tmp_path / "x/intents.yaml").read_text()) < 1_000


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    """They are left out with the line of the first; labels that differ by case are merged."""
    source = lines(
        tmp_path / "l.jsonl",
        [
            {"text": "One", "label": "a"},
            {"text": "", "label": "a"},
            {"text": ["x"], "label": "a"},
            {"text": "y" * 3_000, "label": "a"},
            {"text": "Two", "label": "A"},
            {"text": "Three", "label": 7},
        ],
    )
    (tmp_path / "out").mkdir()
    notes = take_intents(source, tmp_path / "out").notes
    assert "3 rows without a usable text or label were left out (first at line 2)" in notes
    assert "A was merged into a: they differ by capitals only" in notes


@pytest.mark.parametrize(
    ("name", "content", "line", "problem"),
    [
        ("a.jsonl", '{"text": "x"}', 1, "no column for the label; the columns are text"),
        ("a.jsonl", '{"label": "x"}', 1, "no column for the message"),
        ("a.jsonl", "", 1, "the columns are none"),
        ("a.jsonl", '{"text": "", "label": ""}', None, "No row has both"),
        ("a.jsonl", '{"text": "x", "label": "y"}\nx', 2, "not valid JSON"),
        ("a.jsonl", "[1]", 1, "not an object"),
        ("a.json", '{"a": {"text": "x"}, "b": 3}', None, "no tables"),
        ("a.json", '{"t": [{"text": "x"}], "u": [{"text": "x"}]}', None, "not one list"),
        ("a.txt", "x", None, "not read from .txt"),
        ("a.csv", "text,label\nx,y,z\n", 2, "3 cells"),
    ],
)
def test_wrong_files(
    tmp_path: Path, name: str, content: str, line: int | None, problem: str
) -> None:
    """The file, the line and what to write are given."""
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as caught:
        take_intents(tmp_path / name, tmp_path)
    assert (caught.value.place.file, caught.value.place.line) == (str(tmp_path / name), line)
    assert problem in caught.value.problem
    assert caught.value.fix


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(st.text(max_size=30), LABELS), min_size=1, max_size=6))
def test_whatever_is_taken_loads(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    """Any text and label makes a folder that loads, or is refused as input."""
    folder = tmp_path_factory.mktemp("labelled")
    source = lines(folder / "l.jsonl", [{"text": text, "label": label} for text, label in rows])
    usable = any(text.split() and label.split() for text, label in rows)
    try:
        create(folder / "x", intents=source)
    except InputError:
        assert not usable or all(not _visible(text) or not _visible(label) for text, label in rows)
    else:
        assert load(folder / "x").intents


def _visible(text: str) -> bool:
    return any(char.isprintable() and not char.isspace() for char in text)


@pytest.mark.parametrize(
    ("name", "high"),
    [
        ("request_refund", True),
        ("cancelOrder", True),
        ("lost_or_stolen_card", True),
        ("verify_my_identity", True),
        ("Terminate account", True),
        ("card_arrival", False),
        ("illegally_named", False),
        ("scandal", False),
    ],
)
def test_high_risk_names(name: str, *, high: bool) -> None:
    """Words are compared from their beginning."""
    assert is_high_risk(name) is high
