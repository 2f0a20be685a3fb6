"""What is in use: every part that makes drafts changes it, nothing else does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from firstline.desk.basis import company_hash, current_basis, made_under
from firstline.desk.scopes import scopes_of
from firstline.errors import WorkspaceError
from firstline.knowledge import Knowledge, load_documents
from firstline.trust.certificate import Basis
from firstline.workspace import load

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory, ready_acme: Path) -> Path:
    """Return a copy of the bundled company."""
    folder = tmp_path_factory.mktemp("basis") / "acme"
    shutil.copytree(ready_acme, folder)
    return folder


@pytest.fixture
def acme(copied: Path) -> Iterator[Path]:
    """Return the copy, and put back what a test changes."""
    before = {
        path: path.read_bytes()
        for path in copied.rglob("*")
        if path.is_file() and ".firstline" not in path.parts
    }
    yield copied
    for path in copied.rglob("*"):
        if path.is_file() and ".firstline" not in path.parts and path not in before:
            path.unlink()
    for path, data in before.items():
        path.write_bytes(data)


def basis(folder: Path, **changes: str) -> Basis:
    """Return what is in use, read from the files as a start of the program would."""
    workspace = load(folder)
    knowledge = Knowledge.open(folder / ".firstline" / "knowledge.db", None)
    try:
        knowledge.sync(load_documents(folder / "knowledge").documents)
        encoder = changes.get("encoder")
        return current_basis(workspace, knowledge, encoder=encoder, today=TODAY)
    finally:
        knowledge.close()


def append(name: str, text: str) -> Callable[[Path], None]:
    """Return a change that adds text to a file."""

    def change(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(before + text, encoding="utf-8")

    return change


def swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return a change that replaces text in a file."""

    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


CHANGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a model": ("models checks", append("firstline.toml", '\n[models]\nprovider = "recorded"\n')),
    "a prompt": (
        "prompts",
        append("prompts/guides/general.md", "---\nversion: 9\n---\nWrite about {company}.\n"),
    ),
    "an article": ("knowledge", append("knowledge/new.md", "# New\n\nSomething new.\n")),
    "a policy": ("checks", swap("policies.yaml", "- calm down", "- calm down\n  - never mind")),
    "a threshold": (
        "checks",
        swap("firstline.toml", "minimum_probability = 0.5", "minimum_probability = 0.6"),
    ),
    "an example": ("checks", swap("intents.yaml", "export to excel please", "export to numbers")),
    "a line of the voice": ("checks", append("voice.md", "\n")),
    "a comment": ("", append("policies.yaml", "\n# a remark\n")),
    "an autonomy level": ("", swap("intents.yaml", "autonomy: percent:100", "autonomy: certified")),
    "a cap": (
        "",
        swap(
            "firstline.toml",
            "replies_per_requester_per_day = 3",
            "replies_per_requester_per_day = 4",
        ),
    ),
    "the promise": ("", append("firstline.toml", "\n[trust]\nalpha = 0.05\n")),
    "the budget": ("", append("firstline.toml", "\n[budget]\nday_usd = 5\n")),
}
CHANGES["a line of the voice"] = ("", append("voice.md", "\n"))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_shows_in_its_part_and_no_other(acme: Path, name: str) -> None:
    """What makes drafts changes the basis; comments, autonomy, caps and promises do not."""
    before = basis(acme)
    parts, change = CHANGES[name]
    change(acme)
    after = basis(acme)
    changed = [part for part in Basis.__slots__ if getattr(before, part) != getattr(after, part)]
    assert changed == parts.split()
    assert (made_under(before) != made_under(after)) == bool(parts)


def test_the_encoder_is_one_of_the_models(acme: Path) -> None:
    """Another encoder finds other passages."""
    assert basis(acme, encoder="minilm-1").models != basis(acme).models


def test_it_is_the_same_in_every_process() -> None:
    """Sets and hashes of a process leave no trace in it."""
    code = (
        "from pathlib import Path\n"
        "from firstline.desk.basis import company_hash\n"
        "from firstline.workspace import load\n"
        f"print(company_hash(load(Path({str(ACME)!r}))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": str(ACME.parents[1] / "src")},
    )
    assert done.stdout.strip() == company_hash(load(ACME))


def test_scopes_without_a_word_about_them(acme: Path) -> None:
    """One for each certified intent; where there is none, one for each risk."""
    by_risk = scopes_of(load(acme))
    assert [one.name for one in by_risk] == ["low risk", "medium risk", "high risk"]
    people = {spec.name for spec in load(acme).intents if spec.handler == "person"}
    assert not people & {intent for one in by_risk for intent in one.intents}
    swap("intents.yaml", "autonomy: percent:100", "autonomy: certified")(acme)
    (only,) = scopes_of(load(acme))
    assert (only.name, only.intents) == ("export_data", ("export_data",))


def test_scopes_of_the_file(acme: Path) -> None:
    """They are taken as written; what does not exist is named with its line."""
    append(
        "firstline.toml",
        '\n[[trust.scopes]]\nname = "howto"\nintents = ["export_data", "import_data"]\n'
        'channel = "email"\nlanguage = "en"\n',
    )(acme)
    (only,) = scopes_of(load(acme))
    assert only.holds(only.intents[0], "email", "en")
    assert not only.holds(only.intents[0], "chat", "en")
    for old, new, said in (
        ('"import_data"', '"nonsense"', "intent 'nonsense'"),
        ('channel = "email"', 'channel = "pigeon"', "channel 'pigeon'"),
        ('language = "en"', 'language = "fr"', "language 'fr'"),
    ):
        text = (acme / "firstline.toml").read_text(encoding="utf-8")
        swap("firstline.toml", old, new)(acme)
        with pytest.raises(WorkspaceError, match=said) as found:
            scopes_of(load(acme))
        assert found.value.place.line
        (acme / "firstline.toml").write_text(text, encoding="utf-8")
