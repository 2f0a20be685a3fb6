"""Loading a folder, and everything that can be wrong with its files as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firstline.errors import WorkspaceError, WorkspaceErrors
from firstline.records import Intent
from firstline.workspace import Autonomy, Plan, load

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]


def test_a_whole_folder_is_loaded(company: Path) -> None:
    """Every file's content reaches the workspace."""
    workspace = load(company)

    assert workspace.settings.company == "Lantern Books"
    assert workspace.settings.customers == Path("customers.json")
    assert [spec.name for spec in workspace.intents] == ["delivery", "membership", "hours"]
    delivery = workspace.intent(Intent("delivery"))
    assert delivery is not None
    assert delivery.autonomy == Autonomy(level="percent", percent=25)
    assert delivery.examples == ("When will my books arrive?", "Tracking: it has not moved")
    assert delivery.articles == ("delivery-times",)
    hours = workspace.intent(Intent("hours"))
    assert hours is not None
    assert hours.autonomy == Autonomy(level="shadow")
    assert workspace.policies.signals["anger"] == "escalate"
    assert workspace.policies.forbidden == ("legal advice",)
    assert workspace.catalogue.plans == (
        Plan(name="Reader", price="$9 per month", limits={"loans": "3"}, features=("Loans",)),
    )
    assert workspace.voice.opening == "Good to hear from you."


def test_optional_files_may_be_missing(company: Path) -> None:
    """Policies, catalogue and voice have defaults."""
    for name in ("policies.yaml", "catalogue.yaml", "voice.md"):
        (company / name).unlink()

    workspace = load(company)

    assert workspace.policies.signals["anger"] == "review"
    assert workspace.policies.signals["self_harm"] == "escalate"
    assert len(workspace.policies.signals) == 14
    assert workspace.voice.greeting == "Hello,"


def test_the_version_follows_every_configuration_file(company: Path) -> None:
    """A change of any configuration file changes the version, and only that does."""
    first = load(company).version
    assert load(company).version == first
    seen = {first}
    for name in ("firstline.toml", "intents.yaml", "policies.yaml", "catalogue.yaml", "voice.md"):
        path = company / name
        path.write_text(path.read_text() + "\n")
        seen.add(load(company).version)
    assert len(seen) == 6


def test_all_mistakes_come_at_once_and_in_order(company: Path, mistakes: Mistakes) -> None:
    """Mistakes of several files are sorted by file and line."""
    (company / "voice.md").write_text("## Greting\nHi\n")
    (company / "policies.yaml").write_text("signals:\n  angre: review\n  media: maybe\n")
    (company / "intents.yaml").write_text("intents:\n  a:\n    riskk: low\n    handler: person\n")

    found = mistakes(company)

    assert [(Path(str(error.place.file)).name, error.place.line) for error in found] == [
        ("intents.yaml", 3),
        ("policies.yaml", 2),
        ("policies.yaml", 3),
        ("voice.md", 1),
    ]
    assert all(error.fix for error in found)


def test_a_message_reads_as_one_line(company: Path) -> None:
    """The text of an error is place, problem and fix."""
    (company / "policies.yaml").write_text("signals:\n  angre: review\n")
    with pytest.raises(WorkspaceErrors) as caught:
        load(company)
    assert str(caught.value) == (
        f"{company / 'policies.yaml'}:2: `signals` has no key `angre`. Did you mean `anger`?"
    )


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("firstline.toml", "Run `firstline init`"),
        ("intents.yaml", "Run `firstline init`"),
    ],
)
def test_a_missing_file_is_named(company: Path, mistakes: Mistakes, name: str, fix: str) -> None:
    """The two files every company needs are reported when they are missing."""
    (company / name).unlink()
    (error,) = mistakes(company)
    assert error.place.file == str(company / name)
    assert error.problem == "The file is missing"
    assert fix in error.fix


def test_a_missing_knowledge_folder_is_reported_at_its_setting(
    company: Path, mistakes: Mistakes
) -> None:
    """The line that names the knowledge folder is given."""
    (company / "knowledge/delivery-times.md").unlink()
    (company / "knowledge").rmdir()
    (error,) = mistakes(company)
    assert (error.place.file, error.place.line) == (str(company / "firstline.toml"), 8)
    assert "`knowledge`" in error.problem
    assert "Create knowledge" in error.fix


def test_knowledge_must_be_a_folder_or_lines(company: Path, mistakes: Mistakes) -> None:
    """A file of another kind is refused."""
    (company / "articles.docx").write_text("x")
    settings = company / "firstline.toml"
    settings.write_text(settings.read_text().replace('"knowledge"', '"articles.docx"'))
    (error,) = mistakes(company)
    assert error.place.line == 8
    assert ".jsonl" in error.fix


def test_a_missing_customers_file_is_reported_at_its_setting(
    company: Path, mistakes: Mistakes
) -> None:
    """The line that names the customers file is given."""
    (company / "customers.json").unlink()
    (error,) = mistakes(company)
    assert (error.place.file, error.place.line) == (str(company / "firstline.toml"), 16)
    assert "customers.json" in error.fix


def test_a_missing_encoder_is_reported(company: Path, mistakes: Mistakes) -> None:
    """An encoder that is named must be there."""
    settings = company / "firstline.toml"
    settings.write_text(settings.read_text() + '\n[models]\nencoder = "models/e.onnx"\n')
    (error,) = mistakes(company)
    assert error.place.line == 22
    assert "models/e.onnx" in error.problem


def test_a_folder_that_does_not_exist(tmp_path: Path, mistakes: Mistakes) -> None:
    """The way to make one is named."""
    (error,) = mistakes(tmp_path / "nowhere")
    assert error.place.file == str(tmp_path / "nowhere")
    assert error.problem == "There is no such folder"
    assert "firstline init" in error.fix


def test_a_file_is_no_company(tmp_path: Path, mistakes: Mistakes) -> None:
    """A file in place of the folder is refused."""
    path = tmp_path / "company"
    path.write_text("x")
    (error,) = mistakes(path)
    assert error.problem == "This is a file, not a folder"


def test_a_folder_of_something_else(tmp_path: Path, mistakes: Mistakes) -> None:
    """A folder without the two files is no workspace, and only that is said."""
    (tmp_path / "notes.txt").write_text("x")
    (error,) = mistakes(tmp_path)
    assert "not a company's folder" in error.problem
    assert "firstline init" in error.fix


def test_a_folder_that_cannot_be_reached(tmp_path: Path, mistakes: Mistakes) -> None:
    """What the operating system says is passed on."""
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    (error,) = mistakes(loop)
    assert error.problem.startswith("It cannot be read: ")
    assert "may read it" in error.fix


@pytest.mark.parametrize("name", ["firstline.toml", "intents.yaml", "policies.yaml", "voice.md"])
def test_an_empty_file_counts_as_half_written(company: Path, mistakes: Mistakes, name: str) -> None:
    """An empty file is an error even where a missing one is not."""
    (company / name).write_text("\n")
    (error,) = mistakes(company)
    assert error.place.file == str(company / name)
    assert error.problem == "The file is empty"
    assert "half-written" in error.fix


@pytest.mark.parametrize(
    ("data", "line", "problem", "fix"),
    [
        (b"intents:\n  a: caf\xe9\n", 2, "The byte 0xE9 is not UTF-8", "UTF-8"),
        (b"intents:\n  a:\n    \xe2\x82", 3, "The byte 0xE2 is not UTF-8", "restore it"),
        (b"intents:\n  a:\0\0\0", 2, "The file contains NUL bytes", "Restore it"),
        ("intents:\n".encode("utf-16"), 1, "The file is UTF-16", "UTF-8"),
    ],
)
def test_bytes_that_are_no_text(
    company: Path, mistakes: Mistakes, data: bytes, line: int, problem: str, fix: str
) -> None:
    """Bad encodings and cut files are reported with their line."""
    (company / "intents.yaml").write_bytes(data)
    (error,) = mistakes(company)
    assert error.place.line == line
    assert error.problem.startswith(problem)
    assert fix in error.fix


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(company: Path) -> None:
    """Files saved by Windows editors load."""
    for name in ("firstline.toml", "intents.yaml", "voice.md"):
        data = (company / name).read_bytes().replace(b"\n", b"\r\n")
        (company / name).write_bytes(b"\xef\xbb\xbf" + data)
    assert load(company).voice.opening == "Good to hear from you."


def test_a_huge_file_is_refused_unread(company: Path, mistakes: Mistakes) -> None:
    """Two million bytes are enough for a file somebody writes."""
    (company / "policies.yaml").write_text("# " + "x" * 2_000_000)
    (error,) = mistakes(company)
    assert "2,000,002 bytes" in error.problem
    assert error.fix


def test_a_folder_in_place_of_a_file(company: Path, mistakes: Mistakes) -> None:
    """Only regular files are opened."""
    (company / "voice.md").unlink()
    (company / "voice.md").mkdir()
    (error,) = mistakes(company)
    assert error.problem == "This is not a file"


def test_broken_settings_do_not_blame_the_intents(company: Path, mistakes: Mistakes) -> None:
    """An intent that reads records is not reported because the settings cannot be read."""
    (company / "firstline.toml").write_text("[company\n")
    (error,) = mistakes(company)
    assert Path(str(error.place.file)).name == "firstline.toml"


@pytest.mark.parametrize(
    ("text", "line", "problem", "fix"),
    [
        ('[\n {"id": "1"},\n {"id": ', 3, "not valid JSON", "half-written"),
        ('{"a": 1}', 1, "must be a list", "half-written"),
        ('[\n {"id": "1"},\n {"id": "1"}\n]', 3, "same `id` as the one at line 2", "Keep one"),
        ('[\n {"name": "x"}]', 2, "has no `id`", "`key` below [customers]"),
        ("[]", None, "no customer records", "half-written"),
        ('["x"]', 1, "must be an object", '"id"'),
        ("", 1, "must be a list", "half-written"),
    ],
)
def test_customers_are_checked(
    company: Path, mistakes: Mistakes, text: str, line: int | None, problem: str, fix: str
) -> None:
    """A small customers file is checked whole, with lines and without values."""
    (company / "customers.json").write_text(text)
    error = mistakes(company)[0]
    assert (error.place.file, error.place.line) == (str(company / "customers.json"), line)
    assert problem in error.problem
    assert fix in error.fix
