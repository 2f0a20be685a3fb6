"""Files beside the customers file: several rows of a customer, changes, mistakes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from firstline.errors import SetupError
from firstline.records import CustomerId
from firstline.sources.asked import Who
from firstline.sources.failure import SourceFailure
from firstline.sources.files import FileReader

MIA = Who(id="c1", email="mia@b.example")
CSV = "customer,order_id,total\nc1,W-4471,19.90\nC1,W-4472,5.00\nc2,W-9921,7.00\n,W-1,1\n"


def write(path: Path, text: str) -> Path:
    """Write a file so that the change of time is seen."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before + 10**9, before + 10**9))
    return path


def test_all_rows_of_a_customer_and_no_other(tmp_path: Path) -> None:
    """Whatever the case of the id; cells stay as they are written."""
    reader = FileReader(write(tmp_path / "o.csv", CSV), key="customer", match="id")
    assert [row["order_id"] for row in reader.read(MIA)] == ["W-4471", "W-4472"]
    assert reader.read(MIA)[1]["total"] == "5.00"
    assert reader.read(Who(id="c9")) == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("o.json", '[{"who": "MIA@b.example", "n": 1.50}, {"who": null}, {"n": 2}]'),
        ("o.jsonl", '{"who": "mia@b.example", "n": 1.50}\n{"who": "bo@b.example"}\n'),
    ],
)
def test_rows_by_address(tmp_path: Path, name: str, text: str) -> None:
    """A file may know customers by their address; rows about nobody are nobody's."""
    reader = FileReader(write(tmp_path / name, text), key="who", match="email")
    (row,) = reader.read(MIA)
    assert row["n"] == "1.50"
    assert reader.owners_of("bo@b.example") == frozenset()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """Also one that was written over without a change of its time."""
    path = write(tmp_path / "o.csv", CSV)
    reader = FileReader(path, key="customer", match="id")
    assert len(reader.read(MIA)) == 2
    write(path, CSV + "c1,W-5000,1.00\n")
    assert len(reader.read(MIA)) == 3
    status = path.stat()
    path.write_text(CSV.replace("19.90", "20.90") + "c1,W-5000,1.00\n", encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert reader.read(MIA)[0]["total"] == "20.90"


def test_a_broken_or_missing_file_is_a_reason(tmp_path: Path) -> None:
    """With the line, and without what stands there."""
    reader = FileReader(tmp_path / "o.csv", key="customer", match="id")
    with pytest.raises(SourceFailure, match="cannot be read"):
        reader.read(MIA)
    write(tmp_path / "o.csv", CSV + "c1,secret\n")
    with pytest.raises(SourceFailure, match="line 6: The row has 2 cells") as caught:
        reader.read(MIA)
    assert "secret" not in caught.value.problem


def test_what_stands_in_rows_belongs_to_their_customer(tmp_path: Path) -> None:
    """An order of somebody else is known to be theirs; a broken file is said to be one."""
    path = write(tmp_path / "o.csv", CSV.replace(",W-1,1\n", "c3,W-10001,1\n"))
    reader = FileReader(path, key="customer", match="id")
    assert reader.owners_of("W-9921") == {CustomerId("c2")}
    write(path, "customer\n,\n,,\n")
    with pytest.raises(SetupError):
        reader.owners_of("W-9921")
