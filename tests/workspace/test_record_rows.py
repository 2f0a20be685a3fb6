"""Reading files of records: rows, their bytes and lines, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.errors import InputError
from firstline.workspace.record_rows import layout_of, rows

RECORDS = st.lists(
    st.dictionaries(st.text(max_size=5), st.text(max_size=8) | st.none(), max_size=4), max_size=6
)


@settings(deadline=None)
@given(records=RECORDS, indent=st.sampled_from([None, 1]), bom=st.booleans())
def test_rows_can_be_read_again_by_their_bytes(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[dict[str, Any]],
    indent: int | None,
    *,
    bom: bool,
) -> None:
    """Offset and bytes of each row of a list give the same record as reading it whole."""
    path = tmp_path_factory.mktemp("rows") / "c.json"
    text = json.dumps(records, indent=indent, ensure_ascii=False)
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode("utf-8", "surrogatepass"))
    whole = path.read_bytes()
    found = list(rows(path))
    assert [row.value for row in found] == records
    with path.open("rb") as stream:
        layout = layout_of(path, stream)
    for row in found:
        assert whole[row.offset : row.offset + len(row.data)] == row.data
        assert layout.decode(row.data) == row.value
        assert whole[: row.offset].count(b"\n") + 1 == row.line


def test_a_list_larger_than_the_window(tmp_path: Path) -> None:
    """Records, multi-byte characters and blanks may lie across the edges of the window."""
    records = [{"id": str(number), "text": "é" * (number % 5_000)} for number in range(400)]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(records, ensure_ascii=False, indent=2), encoding="utf-8")
    assert [row.value for row in rows(path)] == records


def test_numbers_stay_as_written(tmp_path: Path) -> None:
    """A price keeps its zero, and a number of five thousand digits is only text."""
    path = tmp_path / "c.jsonl"
    long = "9" * 5_000
    path.write_text(f'{{"price": 19.90, "long": {long}}}\n')
    (row,) = rows(path)
    assert row.value == {"price": "19.90", "long": long}


def test_half_surrogates_are_replaced(tmp_path: Path) -> None:
    """Names and values can always be encoded, and a whole pair is kept."""
    path = tmp_path / "c.json"
    path.write_text(r'[{"a\ud800": "x\uDFFF", "b": "\ud83d\ude00", "c": 1.50}]')
    (row,) = rows(path)
    assert row.value == {"a?": "x?", "b": "😀", "c": "1.50"}
    assert row.data == path.read_bytes()[1:-1]


def test_csv_rows_with_line_breaks(tmp_path: Path) -> None:
    """A quoted cell may hold a line break; the separator is found in the header."""
    path = tmp_path / "c.csv"
    path.write_bytes('id;note\r\n1;"a\r\nb"\r\n\r\n2;é\r\n'.encode())
    found = list(rows(path))
    assert [row.value for row in found] == [
        {"id": "1", "note": "a\r\nb"},
        {"id": "2", "note": "é"},
    ]
    assert [row.line for row in found] == [2, 5]
    with path.open("rb") as stream:
        layout = layout_of(path, stream)
    assert layout.decode(found[0].data) == found[0].value


@pytest.mark.parametrize(
    ("name", "data", "line", "problem"),
    [
        ("c.json", b'[{"a": 1}', 1, "comma or the end"),
        ("c.json", b'[\n{"a": 1}\n{"a": 2}]', 3, "comma or the end"),
        ("c.json", b'[{"a": 1}]\n]', 2, "after the end"),
        ("c.json", b'[\n{"a": NaN}]', 2, "not valid JSON"),
        ("c.json", b'[{"a": "\xff"}]', 1, "not UTF-8"),
        ("c.json", b'[{"a": ' + b"[" * 100_000, 1, "too deeply"),
        ("c.json", b'[\n{"a": "' + b"x" * 5_000_000, 2, "not valid JSON"),
        ("c.jsonl", b'{"a": 1}\n\n{"a"', 3, "not valid JSON"),
        ("c.jsonl", b"[1]\n", 1, "must be an object"),
        ("c.jsonl", b'{"a": "\xff"}', 1, "not UTF-8"),
        ("c.jsonl", b'{"a": ' + b"[" * 100_000, 1, "not valid JSON"),
        ("c.jsonl", b'{"a": "' + b"x" * 4_000_001, 1, "too large"),
        ("c.csv", b"id,\n1,2\n", 1, "empty or repeated"),
        ("c.csv", b"id,id\n1,2\n", 1, "empty or repeated"),
        ("c.csv", b"", 1, "empty or repeated"),
        ("c.csv", b"id,a\n1,2\n1,2,3\n", 3, "3 cells where the header has 2"),
        ("c.csv", b'id,a\n1,"open\n', 2, "not valid CSV"),
        ("c.csv", b"id,a\n1,\xe9\n", 2, "not UTF-8"),
        ("c.xlsx", b"x", None, "not read from .xlsx"),
    ],
)
def test_broken_files_have_a_line(
    tmp_path: Path, name: str, data: bytes, line: int | None, problem: str
) -> None:
    """The file and line of the first mistake are given, and no value of the file."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        list(rows(path))
    assert caught.value.place.line == line
    assert problem in caught.value.problem
    assert caught.value.fix


def test_a_missing_file(tmp_path: Path) -> None:
    """What the operating system says is passed on."""
    with pytest.raises(InputError, match="No such file"):
        list(rows(tmp_path / "c.json"))
