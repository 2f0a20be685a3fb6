"""What loads but deserves attention."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from firstline.workspace import Autonomy, Check, Workspace, create, examine, load

TODAY = date(2026, 6, 1)


def checked(workspace: Workspace, name: str) -> Check:
    """Return one check by its name."""
    return next(check for check in examine(workspace, today=TODAY) if check.name == name)


def edited(company: Path, name: str, old: str, new: str) -> Workspace:
    """Replace text in a file and load the folder."""
    path = company / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return load(company)


def test_a_folder_in_order(company: Path) -> None:
    """Only what is true of the small folder is marked: few examples, a rolled-out intent."""
    states = {check.name: check.state for check in examine(load(company), today=TODAY)}
    assert {name for name, state in states.items() if state != "ok"} == {"examples", "autonomy"}
    assert all(
        bool(check.fix) is (check.state != "ok") for check in examine(load(company), today=TODAY)
    )


def test_few_examples(company: Path) -> None:
    """Intents with fewer than five examples are counted out."""
    check = checked(load(company), "examples")
    assert check.state == "degraded"
    assert check.detail.endswith("delivery (2), membership (1), hours (1)")


def test_the_same_example_in_two_intents(company: Path) -> None:
    """Case and blanks do not make an example different."""
    workspace = edited(
        company,
        "intents.yaml",
        "- Which plan do I have?",
        "- which  PLAN\n      - when will my books arrive?",
    )
    check = checked(workspace, "distinct intents")
    assert check.detail == "the same examples stand in delivery and membership (1)"


def test_articles_that_do_not_exist(company: Path) -> None:
    """An article named by an intent must be a document's id."""
    assert checked(load(company), "articles").detail == "1 documents, 1 named by intents"
    workspace = edited(company, "intents.yaml", "[delivery-times]", "[delivery-time]")
    check = checked(workspace, "articles")
    assert (check.state, "delivery-time" in check.detail) == ("degraded", True)


def test_no_documents_at_all(company: Path) -> None:
    """An empty knowledge folder is missing, not degraded."""
    (company / "knowledge/delivery-times.md").unlink()
    assert checked(load(company), "articles").state == "missing"


def test_documents_in_lines(company: Path) -> None:
    """A .jsonl knowledge base is looked through as well."""
    (company / "kb.jsonl").write_text(
        '{"id": "delivery-times", "text": "x", "updated": "2020-01-02"}\n{'
    )
    workspace = edited(company, "firstline.toml", 'path = "knowledge"', 'path = "kb.jsonl"')
    assert checked(workspace, "articles").state == "ok"
    assert "delivery-times" in checked(workspace, "document age").detail


def test_old_documents(company: Path) -> None:
    """A document is old a year after its date; one without a date is only counted."""
    (company / "knowledge/undated.md").write_text("No date.\n")
    check = checked(load(company), "document age")
    assert check.detail == "none known to be old, 1 of 2 without a date"
    old = next(
        one for one in examine(load(company), today=date(2027, 5, 3)) if one.name == "document age"
    )
    assert (old.state, old.detail) == ("degraded", "not updated for a year: delivery-times")


def test_autonomy_without_a_certificate(company: Path) -> None:
    """Percent levels are called uncertified; certified ones wait for their certificate."""
    check = checked(load(company), "autonomy")
    assert check.state == "degraded"
    assert "uncertified: delivery (percent:25)" in check.detail
    workspace = edited(company, "intents.yaml", "percent:25", "certified")
    assert checked(workspace, "autonomy").detail.endswith("else reviewed: delivery")
    quiet = edited(company, "intents.yaml", "certified", "review")
    assert checked(quiet, "autonomy").detail == "nothing is sent without a person"


def test_customers_that_went_missing(company: Path) -> None:
    """A file that is gone or broken since loading is missing, with its place."""
    workspace = load(company)
    (company / "customers.json").write_text("[{")
    check = checked(workspace, "customers")
    assert check.state == "missing"
    assert check.detail.startswith(f"{company / 'customers.json'}:1: ")


def test_customers_that_share_an_id(company: Path) -> None:
    """Duplicates that came after loading are named by their lines."""
    workspace = load(company)
    (company / "customers.json").write_text('[{"id": "1"},\n{"id": "1"}]')
    assert "lines 1 and 2" in checked(workspace, "customers").detail


def test_needs_that_no_record_has(company: Path) -> None:
    """A need that covers no field of any record is named with its intent."""
    workspace = edited(
        company, "intents.yaml", "needs: [plan, billing]", "needs: [plan, billing, loans]"
    )
    check = checked(workspace, "customers")
    assert (check.state, "loans (membership)" in check.detail) == ("degraded", True)


def test_no_customers_is_in_order(company: Path) -> None:
    """A company without customer records misses nothing."""
    workspace = load(company)
    settings = replace(workspace.settings, customers=None)
    assert checked(replace(workspace, settings=settings), "customers").state == "ok"


def test_softened_policies(company: Path) -> None:
    """A policy below the safe default is named; a stricter one is not."""
    assert checked(load(company), "policies").state == "ok"
    workspace = edited(company, "policies.yaml", "anger: escalate", "self_harm: note")
    assert "self_harm (note)" in checked(workspace, "policies").detail
    bare = replace(workspace, policies=replace(workspace.policies, signals={"anger": "review"}))
    assert checked(bare, "policies").state == "missing"


def test_what_is_left_of_the_starter(tmp_path: Path) -> None:
    """Placeholder articles and catalogue are named until they are edited."""
    folder = tmp_path / "new"
    create(folder, company="Lantern Books")
    check = checked(load(folder), "placeholders")
    assert check.state == "degraded"
    assert "knowledge/refunds.md" in check.detail
    assert "catalogue.yaml" in check.detail
    for path in (folder / "knowledge").iterdir():
        path.write_text("Our own words.\n")
    (folder / "catalogue.yaml").write_text("plans: []\n")
    assert checked(load(folder), "placeholders").state == "ok"


def test_intents_that_nobody_certified(company: Path) -> None:
    """The level of each rolled-out intent is shown as it is written."""
    workspace = load(company)
    spec = replace(workspace.intents[2], autonomy=Autonomy(level="percent", percent=100))
    check = checked(replace(workspace, intents=(spec,)), "autonomy")
    assert "hours (percent:100)" in check.detail
