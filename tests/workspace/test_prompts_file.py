"""The folder of prompts: each file falls back by itself, and every mistake is explained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firstline.errors import WorkspaceError
from firstline.records import Intent
from firstline.workspace import create, load
from firstline.workspace.prompts_file import (
    GUIDES,
    PLACEHOLDERS,
    default_prompts,
    packaged_prompts,
)

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]
HEAD = "---\nversion: 1\n---\n"


def write(company: Path, name: str, text: str) -> Path:
    """Write a prompt file of a company."""
    path = company / "prompts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_company_without_prompts_has_those_of_firstline(company: Path) -> None:
    """Every kind of prompt is there, with guides for the common kinds of request."""
    prompts = load(company).prompts
    assert prompts == default_prompts()
    assert {name for name in PLACEHOLDERS if name != GUIDES} <= set(prompts.files)
    assert set(prompts.guides) >= {
        "account_access",
        "cancellation",
        "complaint",
        "general",
        "invoice_receipt",
        "payment_method",
        "plan_pricing",
        "product_info",
        "refund_request",
        "technical",
        "unexpected_charge",
    }
    assert not any(prompt.own for prompt in prompts.files.values())


def test_one_own_file_replaces_one_default(company: Path) -> None:
    """The other files stay those of Firstline, and the version of the folder changes."""
    before = load(company)
    write(company, "repair.md", "---\nversion: 3\n---\n<!-- ours -->\nAgain, please: {problem}\n")
    after = load(company)
    repair = after.prompts["repair"]
    assert (repair.text, repair.version, repair.own) == ("Again, please: {problem}", 3, True)
    assert after.prompts["system"] == before.prompts["system"]
    assert after.version != before.version


def test_a_guide_of_ones_own(company: Path) -> None:
    """An intent reads the guide it names, else the one of its own name, else the general one."""
    write(company, "guides/parcels.md", HEAD + "Quote the delivery times.\n")
    write(company, "guides/hours.md", HEAD + "Quote the hours.\n")
    intents = company / "intents.yaml"
    intents.write_text(
        intents.read_text().replace("    risk: low\n", "    risk: low\n    guide: parcels\n", 1)
    )
    workspace = load(company)
    chosen = {
        spec.name: workspace.prompts.guide_of(spec.guide, spec.name) for spec in workspace.intents
    }
    assert chosen == {"delivery": "parcels", "membership": "general", "hours": "hours"}


def test_an_intents_lane(company: Path) -> None:
    """An intent may wait for a batch; without a word it does not."""
    intents = company / "intents.yaml"
    intents.write_text(
        intents.read_text().replace("    risk: low\n", "    risk: low\n    lane: batch\n", 1)
    )
    workspace = load(company)
    lanes = {spec.name: spec.lane for spec in workspace.intents}
    assert lanes == {"delivery": "batch", "membership": "live", "hours": "live"}


@pytest.mark.parametrize(
    ("line", "problem", "fix"),
    [
        ("guide: technicl", "no guide `technicl`", "`technical`"),
        ("guide: ../secrets", "no guide `../secrets`", "Write prompts/guides/"),
        ("lane: fast", "not one of live, batch", "Write one of live"),
    ],
)
def test_a_wrong_guide_or_lane(
    company: Path, mistakes: Mistakes, line: str, problem: str, fix: str
) -> None:
    """The line of intents.yaml is named, and what could have been meant."""
    intents = company / "intents.yaml"
    intents.write_text(
        intents.read_text().replace("    risk: low\n", f"    risk: low\n    {line}\n", 1)
    )
    (error,) = mistakes(company)
    assert (error.place.file, error.place.line) == (str(intents), 5)
    assert problem in error.problem
    assert fix in error.fix


@pytest.mark.parametrize(
    ("name", "text", "line", "problem", "fix"),
    [
        ("repair.md", "{problem}\n", 1, "no front matter", "version: 1"),
        ("repair.md", "---\nversion: 1\n{problem}\n", 1, "does not end", "three lines"),
        ("repair.md", "---\n---\n{problem}\n", 1, "no version", "version: 1"),
        ("repair.md", "---\nversion: 0\n---\n{problem}\n", 2, "no version", "start at 1"),
        ("repair.md", "---\nversion: 1\nby: me\n---\n{problem}\n", 3, "`by: me`", "one line only"),
        ("repair.md", HEAD + "Again!\n", None, "contain {problem}", "where its text belongs"),
        ("repair.md", HEAD + "{problem} {polbrem}\n", 4, "`{polbrem}`", "{problem}"),
        ("system.md", HEAD + "{guide}\nFor {Company}\n", 5, "`{Company}`", "{company}"),
        ("system.md", HEAD + "For {company}\n", None, "contain {guide}", "belongs"),
        ("ticket.md", HEAD + "{message}\n", None, "contain {knowledge}", "belongs"),
        ("router.md", HEAD + "{intents} {zebra}\n", 4, "`{zebra}`", "{company}, {intents}"),
        ("guides/refund.md", HEAD + "{message}\n", 4, "`{message}`", "Known ones"),
        ("guides/refund.md", HEAD + "<!-- later -->\n", None, "says nothing", "delete the file"),
        ("guides/refund.md", HEAD + "a" * 8_001, None, "more than 8,000", "Shorten"),
        ("sytem.md", HEAD + "{guide}\n", None, "no prompt `sytem`", "`system`"),
        ("guide/refund.md", HEAD + "x\n", None, "no folder `guide`", "`guides`"),
        ("guides/refund.md", "", None, "The file is empty", "half-written"),
    ],
)
def test_a_mistake_is_explained(
    company: Path,
    mistakes: Mistakes,
    name: str,
    text: str,
    line: int | None,
    problem: str,
    fix: str,
) -> None:
    """The file, the line, what is wrong and what to write are given."""
    path = write(company, name, text)
    errors = mistakes(company)
    error = errors[0]
    place = path if path.parent.name in ("prompts", "guides") else path.parent
    assert (error.place.file, error.place.line) == (str(place), line)
    assert problem in error.problem
    assert fix in error.fix


def test_readme_hidden_files_and_json_are_no_prompts(company: Path) -> None:
    """What is no prompt stays unread, and braces around anything else mean nothing."""
    write(company, "README.md", "Who changes what.")
    write(company, ".draft.md", "nothing")
    write(company, "notes.txt", "nothing")
    write(company, "repair.md", HEAD + '{problem} Write {"action": "answer", "sentences": []}.')
    assert '{"action"' in load(company).prompts["repair"].text


def test_a_file_in_place_of_the_folder(company: Path, mistakes: Mistakes) -> None:
    """A file called prompts is refused."""
    (company / "prompts").write_text("x")
    (error,) = mistakes(company)
    assert "a file, not a folder" in error.problem


def test_a_new_company_gets_the_prompts_to_edit(tmp_path: Path) -> None:
    """What init writes is what would be used without it."""
    workspace = load(create(tmp_path / "new").folder)
    written = {name: prompt.digest for name, prompt in workspace.prompts.files.items()}
    default = {name: prompt.digest for name, prompt in default_prompts().files.items()}
    assert written == default
    assert all(prompt.own for prompt in workspace.prompts.files.values())
    assert len(list(packaged_prompts().rglob("*.md"))) == len(default)


def test_every_intent_of_the_starter_finds_a_guide(tmp_path: Path) -> None:
    """The starter's technical intent, for one, is answered by the technical guide."""
    workspace = load(create(tmp_path / "new").folder)
    technical = workspace.intent(Intent("technical"))
    assert technical is not None
    assert workspace.prompts.guide_of(technical.guide, technical.name) == "technical"
