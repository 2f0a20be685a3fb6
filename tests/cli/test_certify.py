"""`firstline certify` and `firstline labels`: the whole way at the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.desk.trust_world import World, populate
from typer.testing import CliRunner, Result

from firstline.cli import certify, labels
from firstline.desk import build
from firstline.desk.trust_open import open_labels, open_trust
from firstline.errors import FirstlineError
from firstline.store.labels import valid_certificates

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
COUNT = 640
SCOPE = """
[trust]
alpha = 0.05

[[trust.scopes]]
name = "howto"
intents = ["export_data", "import_data"]
"""
APP = typer.Typer()
certify.register(APP)
labels.register(APP)


@pytest.fixture(scope="module", autouse=True)
def plain_words() -> Iterator[None]:
    """Do without the sentence encoder: what is certified here was drafted before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "find_encoder", lambda _path: None)
        yield


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the bundled company with one scope, its index and classifier built."""
    folder = tmp_path_factory.mktemp("certify") / "acme"
    shutil.copytree(ACME, folder, ignore=shutil.ignore_patterns(".*"))
    path = folder / "firstline.toml"
    path.write_text(path.read_text(encoding="utf-8") + SCOPE, encoding="utf-8")
    with open_trust(folder, datetime.now(UTC)):
        pass
    return folder


@pytest.fixture
def acme(company: Path, tmp_path: Path) -> Path:
    """Return a copy of it with an empty database."""
    folder = tmp_path / "acme"
    shutil.copytree(company, folder)
    for path in (folder / ".firstline").glob("app.db*"):
        path.unlink()
    return folder


def answered(folder: Path, count: int, *, worst: float = 0.0) -> World:
    """Store drafts made with what is in use."""
    with open_trust(folder, datetime.now(UTC)) as opened:
        return populate(opened.engine, count, basis=opened.basis, worst=worst)


def run(folder: Path, *words: str, code: int = 0) -> Result:
    """Run a command and return what it did."""
    done = CliRunner().invoke(APP, [*words, "-w", str(folder)])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def shown(folder: Path, *words: str, code: int = 0) -> Any:
    """Return what a command prints as JSON."""
    return json.loads(run(folder, *words, "--json", code=code).stdout)


def failed(folder: Path, *words: str) -> FirstlineError:
    """Return the error a command ends with."""
    done = CliRunner().invoke(APP, [*words, "-w", str(folder)])
    assert isinstance(done.exception, FirstlineError), done.output
    return done.exception


def test_from_a_draw_to_a_certificate(acme: Path, tmp_path: Path) -> None:
    """Draw, export nothing yet, import the labels, certify, see it again, and the page."""
    world = answered(acme, COUNT)
    nothing = shown(acme, "certify", code=1)
    assert nothing["scopes"][0]["missing"]["code"] == "no_labels"
    assert nothing["scopes"][0]["missing"]["clean_labels"] > 0
    drawn = shown(acme, "labels", "sample", "--rate", "1")
    assert (drawn["population"], drawn["drawn"], drawn["inclusion"]) == (COUNT, COUNT, 1.0)
    assert run(acme, "labels", "export").stdout == ""
    file = tmp_path / "labels.jsonl"
    file.write_text(
        "".join(json.dumps({"id": one, "label": "right"}) + "\n" for one in world.tickets),
        encoding="utf-8",
    )
    assert f"{COUNT} new labels" in run(acme, "labels", "import", str(file)).stdout
    dry = shown(acme, "certify", "--dry-run")
    assert dry["issued"] is False
    page = tmp_path / "page.html"
    text = run(acme, "certify", "--html", str(page)).stdout
    assert "certified" in text
    assert "at most 5 %" in text
    assert "<svg" in page.read_text(encoding="utf-8")
    given = shown(acme, "certify")["scopes"][0]
    assert given["stands"]
    assert given["certificate"]["k"] == 0
    assert given["certificate"]["threshold"] == dry["scopes"][0]["certificate"]["threshold"]
    with open_labels(acme) as (_, engine):
        assert [one.id for one in valid_certificates(engine)] == [given["certificate"]["id"]]
    run(acme, "labels", "export", "--out", str(tmp_path / "out.jsonl"))
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == COUNT


def test_a_changed_article_voids_it(acme: Path, tmp_path: Path) -> None:
    """The next certification says which certificate is void and why."""
    world = answered(acme, COUNT)
    run(acme, "labels", "sample", "--rate", "1")
    file = tmp_path / "labels.csv"
    file.write_text(
        "ticket,label\n" + "".join(f"{one},right\n" for one in world.tickets), encoding="utf-8"
    )
    run(acme, "labels", "import", str(file))
    first = shown(acme, "certify")["scopes"][0]["certificate"]["id"]
    (acme / "knowledge" / "news.md").write_text("# News\n\nSomething changed.\n", encoding="utf-8")
    after = shown(acme, "certify", code=1)
    assert after["voided"] == [{"id": first, "scope": "howto", "reason": "knowledge changed since"}]
    assert after["other_drafts"] == COUNT
    assert "certify nothing" in run(acme, "certify", code=1).stdout


def test_labelling_one_by_one(acme: Path) -> None:
    """Next, add, again, settle, agreement: with names only, and nothing of the verdict."""
    answered(acme, 12)
    assert "Drew 4 of 12" in run(acme, "labels", "sample", "--count", "4").stdout
    text = run(acme, "labels", "next", "--by", "ann").stdout
    assert "How do I export a board to CSV?" in text
    assert "4 left" in text
    for word in ("verdict", "score", "finding", "review"):
        assert word not in text.casefold()
    for _ in range(4):
        item = shown(acme, "labels", "next", "--by", "ann")["item"]
        run(acme, "labels", "add", item, "right", "--by", "ann", "--reason", "checked")
    assert shown(acme, "labels", "next", "--by", "ann") is None
    assert "Nothing is left" in run(acme, "labels", "next", "--by", "ann").stdout
    assert "No draft was labelled by two" in run(acme, "labels", "agreement").stdout
    item = shown(acme, "labels", "next", "--by", "bo", "--again")["item"]
    run(acme, "labels", "add", item, "wrong", "--by", "bo")
    assert "you said so before" in run(acme, "labels", "add", item, "wrong", "--by", "bo").stdout
    assert "settled as wrong" in run(acme, "labels", "settle", item, "wrong").stdout
    assert "ann and bo: kappa" in run(acme, "labels", "agreement").stdout
    (pair,) = shown(acme, "labels", "agreement")["pairs"]
    assert (pair["who"], pair["n"], pair["observed"]) == (["ann", "bo"], 1, 0.0)


def test_planting(acme: Path) -> None:
    """How many were planted, how many each reviewer caught."""
    answered(acme, 12)
    assert "Nobody has labelled" in run(acme, "labels", "plants").stdout
    assert "Planted 3" in run(acme, "labels", "plant", "--count", "3").stdout
    assert "no more good drafts" in run(acme, "labels", "plant", "--count", "99").stdout
    item = shown(acme, "labels", "next", "--by", "ann")["item"]
    run(acme, "labels", "add", item, "wrong", "--by", "ann")
    assert "ann: 1 of 1 caught (100%)" in run(acme, "labels", "plants").stdout
    assert shown(acme, "labels", "plants")["reviewers"][0]["missed"] == 0


def test_what_a_file_says_twice_is_reported(acme: Path, tmp_path: Path) -> None:
    """Duplicates and contradictions by their lines, and that labels had no probability."""
    answered(acme, 5)
    file = tmp_path / "labels.jsonl"
    lines = ['{"id": "t1", "label": "right"}'] * 2 + ['{"id": "t1", "label": "wrong"}']
    file.write_text("\n".join(lines), encoding="utf-8")
    text = run(acme, "labels", "import", str(file)).stdout
    assert "1 say the same twice" in text
    assert "1 contradict each other: line 3 and line 1" in text
    assert "name no inclusion probability" in text
    assert shown(acme, "labels", "import", str(file))["known"] == 2
    file.write_text('{"id": "nobody", "label": "right"}', encoding="utf-8")
    assert "labels.jsonl:1 (ticket nobody)" in str(failed(acme, "labels", "import", str(file)))
    assert "Say how many" in str(failed(acme, "labels", "sample"))


def test_certifying_routes(acme: Path, tmp_path: Path) -> None:
    """A few messages are too few, and the command says so with code 1."""
    file = tmp_path / "cases.jsonl"
    file.write_text(
        "".join(
            json.dumps({"text": f"how do I export board number {at}", "label": "export_data"})
            + "\n"
            for at in range(60)
        ),
        encoding="utf-8",
    )
    found = shown(acme, "certify", "--route", str(file), code=1)
    assert found["missing"]["code"] == "too_few"
    assert found["messages"] == 60
    text = run(acme, "certify", "--route", str(file), "--alpha", "0.4", "--delta", "0.4").stdout
    assert "certified" in text
    assert "held out" in text
