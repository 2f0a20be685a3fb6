"""Making a company's folder, from the starter and from own files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firstline.errors import InputError, SetupError
from firstline.records import Intent
from firstline.workspace import create, load
from firstline.workspace import create as _function
from firstline.workspace.create import starter


def test_the_starter_loads_and_answers(tmp_path: Path) -> None:
    """All twelve intents of the default taxonomy are there with examples and safe settings."""
    created = create(tmp_path / "lantern-books")
    workspace = load(created.folder)
    assert {spec.name for spec in workspace.intents} == {
        "billing",
        "technical",
        "account_access",
        "product_info",
        "complaint",
        "cancellation",
        "refund",
        "security",
        "legal",
        "human_request",
        "spam",
        "oos",
    }
    assert all(15 <= len(spec.examples) <= 20 for spec in workspace.intents)
    assert all(spec.autonomy.level == "review" for spec in workspace.intents)
    high = {spec.name for spec in workspace.intents if spec.risk == "high"}
    assert high == {"complaint", "cancellation", "refund", "security", "legal"}
    assert workspace.settings.company == "Lantern Books"
    assert 4 <= len(list((created.folder / "knowledge").glob("*.md"))) <= 6
    assert (created.folder / ".gitignore").read_text() == ".firstline/\n"
    assert any("Lantern Books" in note for note in created.notes)


def test_the_starter_holds_every_default() -> None:
    """What the starter writes down is what a company that writes nothing gets."""
    written = load(starter())
    bare = {"company": "x", "customers": None}
    defaults = type(written.settings)(company="x")
    for name in type(written.settings).__dataclass_fields__:
        if name not in bare:
            assert getattr(written.settings, name) == getattr(defaults, name), name


def test_no_example_of_the_starter_is_in_two_intents_or_its_tests() -> None:
    """The starter's own cases are not among its examples, so they measure something."""
    workspace = load(starter())
    examples = [text.casefold() for spec in workspace.intents for text in spec.examples]
    assert len(set(examples)) == len(examples)
    lines = (starter() / "evals/route.jsonl").read_text().splitlines()
    cases = [json.loads(line) for line in lines]
    assert {case["label"] for case in cases} == {spec.name for spec in workspace.intents}
    assert not {case["text"].casefold() for case in cases} & set(examples)


def test_a_company_name_needs_no_escaping(tmp_path: Path) -> None:
    """Quotes, backslashes and other scripts reach the settings as they are."""
    name = 'Søren\'s "Best" \\ 東京'
    create(tmp_path / "x", company=f"  {name} ")
    assert load(tmp_path / "x").settings.company == name


@pytest.mark.parametrize("name", ["", " ", "a\x07b", "x" * 101])
def test_an_impossible_company_name(tmp_path: Path, name: str) -> None:
    """A name that cannot stand in a reply is refused before anything is made."""
    with pytest.raises(InputError, match="name"):
        create(tmp_path / "x", company=name)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_company_is_not_written_over(company: Path) -> None:
    """What is there is listed, and stays."""
    before = (company / "intents.yaml").read_text()
    with pytest.raises(InputError) as caught:
        create(company)
    assert "company's folder already" in caught.value.problem
    assert "intents.yaml" in caught.value.problem
    assert (company / "intents.yaml").read_text() == before


def test_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    """Its contents are listed, and a fix is given."""
    for number in range(20):
        (tmp_path / f"photo{number:02}.png").touch()
    with pytest.raises(InputError) as caught:
        create(tmp_path)
    assert "photo00.png, photo01.png" in caught.value.problem
    assert "and 8 more" in caught.value.problem
    assert "empty folder" in caught.value.fix


def test_a_file_in_the_way(tmp_path: Path) -> None:
    """A file is not replaced by a folder."""
    (tmp_path / "x").write_text("mine")
    with pytest.raises(InputError, match="file in its place"):
        create(tmp_path / "x")
    assert (tmp_path / "x").read_text() == "mine"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    """A folder somebody made for it serves, and parents are made."""
    (tmp_path / "empty").mkdir()
    create(tmp_path / "empty")
    create(tmp_path / "a/b/c")
    assert load(tmp_path / "empty").version
    assert load(tmp_path / "a/b/c").version


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """What the operating system says is passed on as a matter of set-up."""
    (tmp_path / "file").touch()
    with pytest.raises(SetupError) as caught:
        create(tmp_path / "file" / "company")
    assert caught.value.place.file == str(tmp_path / "file" / "company")
    assert "may write" in caught.value.fix


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """When a source is wrong, neither the folder nor a half of it remains."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text": "x", "label": "a"}\n{"text"')
    with pytest.raises(InputError) as caught:
        create(tmp_path / "x", intents=bad)
    assert (caught.value.place.file, caught.value.place.line) == (str(bad), 2)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.jsonl"]


def test_the_folder_has_the_rights_of_a_new_one(tmp_path: Path) -> None:
    """The private folder it is built in does not show."""
    create(tmp_path / "x")
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_progress_is_reported(tmp_path: Path) -> None:
    """Each step says what it does and how far it is."""
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb/a.md").write_text("A")
    seen: list[tuple[str, int, int]] = []
    create(
        tmp_path / "x",
        knowledge=tmp_path / "kb",
        progress=lambda doing, done, total: seen.append((doing, done, total)),
    )
    assert ("Copying articles", 0, 1) in seen
    assert seen[-1][0] == "Checking"


def test_own_files_take_the_starters_place(tmp_path: Path) -> None:
    """No article, plan, customer or intent of the starter is mixed into a company's own."""
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb/a.md").write_text("A")
    (tmp_path / "labelled.csv").write_text("text,label\nWhere is it?,parcel\n")
    (tmp_path / "people.csv").write_text("id,email\n1,ana@reader.example\n")
    create(
        tmp_path / "x",
        company="Lantern",
        knowledge=tmp_path / "kb",
        intents=tmp_path / "labelled.csv",
        customers=tmp_path / "people.csv",
    )
    workspace = load(tmp_path / "x")
    assert [spec.name for spec in workspace.intents] == ["parcel"]
    assert workspace.catalogue.plans == ()
    assert [path.name for path in (tmp_path / "x/knowledge").iterdir()] == ["a.md"]
    assert "ana@reader.example" in (tmp_path / "x/customers.json").read_text()
    assert not (tmp_path / "x/evals").exists()


def test_own_articles_with_the_starters_intents(tmp_path: Path) -> None:
    """Intents do not name articles that are not there, and nobody has sample customers."""
    (tmp_path / "kb.jsonl").write_text('{"id": "a", "text": "x"}\n')
    created = create(tmp_path / "x", knowledge=tmp_path / "kb.jsonl")
    workspace = load(created.folder)
    refund = workspace.intent(Intent("refund"))
    assert refund is not None
    assert refund.articles == ()
    assert workspace.settings.knowledge == Path("knowledge.jsonl")
    assert workspace.settings.customers is None
    assert not (created.folder / "customers.json").exists()


def test_a_new_folder_inside_its_own_source(tmp_path: Path) -> None:
    """A folder is not copied into itself."""
    (tmp_path / "a.md").write_text("A")
    with pytest.raises(InputError, match="lies inside"):
        create(tmp_path / "company", knowledge=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_create_is_the_function() -> None:
    """The package's name `create` is the function, not the module of that name."""
    assert callable(_function)
