"""Folders made from real exports of other companies, where they are at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from firstline.workspace import Customers, create, load

DATA = Path(os.environ.get("FIRSTLINE_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not here")


@needs_data
def test_a_bank(tmp_path: Path) -> None:
    """A database dump, 77 intents and lines of articles make a folder that loads."""
    bank = DATA / "tau_banking"
    create(
        tmp_path / "bank",
        company="A Bank",
        knowledge=bank / "documents.jsonl",
        intents=DATA / "routing_banking77" / "data.jsonl",
        customers=bank / "db.json",
    )
    workspace = load(tmp_path / "bank")
    assert len(workspace.intents) == 77
    assert sum(len(spec.examples) for spec in workspace.intents) > 9_900
    dump = json.loads((bank / "db.json").read_text(encoding="utf-8"))
    customers = Customers.open(workspace)
    assert customers is not None
    users = dump["users"]["data"]
    assert len(customers) == len(users)
    for key, row in users.items():
        record = customers.find(row["email"])
        assert record is not None
        assert record.id == key
    assert "cvv" not in (tmp_path / "bank/customers.json").read_text(encoding="utf-8")


@needs_data
@pytest.mark.parametrize(
    ("name", "table", "key"),
    [("tau_retail", "orders", "order_id"), ("tau_airline", "reservations", "reservation_id")],
)
def test_a_folder_of_tables(tmp_path: Path, name: str, table: str, key: str) -> None:
    """Rows of other tables hang on the customer they refer to."""
    source = DATA / name / "db"
    create(tmp_path / "x", customers=source)
    customers = Customers.open(load(tmp_path / "x"))
    assert customers is not None
    lines = (source / f"{table}.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines[:200]):
        assert customers.owners_of(row[key]) == {row["user_id"]}


@needs_data
def test_a_help_centre(tmp_path: Path) -> None:
    """A folder of articles is copied with its structure."""
    create(tmp_path / "x", knowledge=DATA / "kb_articles")
    articles = list((DATA / "kb_articles" / "articles").rglob("*.md"))
    assert len(list((tmp_path / "x/knowledge").rglob("*.md"))) == len(articles)
