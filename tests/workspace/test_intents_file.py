"""intents.yaml and its example files: every way to get them wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from firstline.errors import WorkspaceError
from firstline.records import Intent
from firstline.workspace import load

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]

DELIVERY = """\
intents:
  delivery:
    risk: low
    urgency: normal
    handler: quote
    autonomy: review
    examples:
      - When will my books arrive?
"""
MEMBER = """\
intents:
  membership:
    handler: record
    needs: [plan, billing]
    answer:
      - You are on the {plan} plan.
    examples:
      - Which plan do I have?
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "fix"),
    [
        ("handler:", "handlr:", 5, "has no key `handlr`", "Did you mean `handler`?"),
        ("handler: quote", "handler: qoute", 5, "not one of quote, record", "`quote`"),
        ("handler: quote", "handler: [quote]", 5, "must be text, not a list", "one line"),
        ("handler: quote", "handler:", 5, "must be text, not empty", "remove the line"),
        ("handler: quote", "handler: rule", 2, "has handler rule but no answer", "`answer:`"),
        ("risk: low", "risk: tiny", 3, "not one of low, medium, high", "Write one of low"),
        ("urgency: normal", "urgency: norml", 4, "not one of low, normal", "`normal`"),
        ("autonomy: review", "autonomy: percent:0", 6, "not from 1 to 100", "percent:10"),
        ("autonomy: review", "autonomy: percnt:5", 6, "not one of off", "`percent:N`"),
        ("      - When will my books arrive?", "", 7, "must be a list, not empty", "- text"),
        ("      - When will my books arrive?", "      []", 2, "has no examples", "five or more"),
        ("- When will my books arrive?", "- {a: b}", 8, "must be text, not a table", "quotes"),
        ("- When will my books arrive?", "- When: now", 8, "must be text", "colon"),
        ("- When will my books arrive?", "- ''", 8, "is empty", "remove the line"),
        ("- When will", "- " + "x" * 2_001, 8, "characters, more than 2,000", "Shorten"),
        ("  delivery:", "  ' ':", 2, "is empty or longer", "short name"),
        ("  delivery:", "  Delivery: {handler: person}\n  delivery:", 3, "capitals only", "Merge"),
        ("  delivery:", "  delivery: {handler: person}\n  delivery:", 3, "there twice", "Merge"),
        ("    risk: low", "    risk: low\n    risk: high", 4, "first at line 3", "rename"),
        (DELIVERY, "intents:\n  delivery: quote\n", 2, "must be a table of keys", "description"),
        (DELIVERY, "intent:\n  a: {handler: person}\n", 1, "no key `intent`", "`intents`"),
        (DELIVERY, "intents: []\n", 1, "No intents are defined", "Write `intents:`"),
        (DELIVERY, "intents:\n", 1, "No intents are defined", "Write `intents:`"),
        (DELIVERY, "- intents\n", 1, "must start with a key", "`key:`"),
        (DELIVERY, "# nothing\n", None, "says nothing", "Restore"),
    ],
)
def test_a_wrong_intent_is_explained(
    company: Path,
    mistakes: Mistakes,
    old: str,
    new: str,
    line: int | None,
    problem: str,
    fix: str,
) -> None:
    """The file, the line, what is wrong and what to write are given."""
    assert old in DELIVERY
    (company / "intents.yaml").write_text(DELIVERY.replace(old, new, 1))
    found = [(error.place.line, error.problem, error.fix) for error in mistakes(company)]
    assert any(at == line and problem in what and fix in advice for at, what, advice in found), (
        found
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "fix"),
    [
        ("{plan}", "{pln}", 6, "No customer record has the field `pln`", "Did you mean {plan}?"),
        ("{plan}", "{shoe.size}", 6, "field `shoe.size`", "customers file"),
        ("{plan}", "{plan", 6, "not written {field}", "Pair each {"),
        ("{plan}", "plan}", 6, "not written {field}", "Pair each {"),
        ("{plan}", "{}", 6, "not written {field}", "Pair each {"),
        ("{plan}", "{ plan }", 6, "not written {field}", "without blanks"),
        ("[plan, billing]", "[billing]", 6, "`needs` does not list", "Add plan to `needs`"),
        ("needs: [plan, billing]", "needs:", 4, "must be a list", "- text"),
        ("    answer:\n      - You are on the {plan} plan.\n", "", 2, "no answer", "handler quote"),
    ],
)
def test_a_wrong_answer_is_explained(
    company: Path, mistakes: Mistakes, old: str, new: str, line: int, problem: str, fix: str
) -> None:
    """Slots must be well written, named in `needs`, and fields of some customer."""
    assert old in MEMBER
    (company / "intents.yaml").write_text(MEMBER.replace(old, new, 1))
    error = mistakes(company)[0]
    assert (error.place.file, error.place.line) == (str(company / "intents.yaml"), line)
    assert problem in error.problem
    assert fix in error.fix


def test_a_slot_below_an_empty_field_is_accepted(company: Path) -> None:
    """A field that is null for everybody at the moment may still be used."""
    customers = company / "customers.json"
    customers.write_text('[{"id": "R-1", "plan": "Reader", "billing": {"next": null}}]')
    assert load(company).intents[1].answer[1] == "The next invoice is {billing.next.amount}."


def test_a_record_intent_needs_customers(company: Path, mistakes: Mistakes) -> None:
    """Without a customers file an intent that reads records is refused."""
    settings = company / "firstline.toml"
    settings.write_text(settings.read_text().replace('[customers]\nfile = "customers.json"\n', ""))
    (company / "intents.yaml").write_text(MEMBER)
    lines = [(error.place.line, error.problem, error.fix) for error in mistakes(company)]
    assert [line for line, _, _ in lines] == [3, 6]
    assert "reads customer records, but there are none" in lines[0][1]
    assert "[customers] in firstline.toml" in lines[0][2]


@pytest.mark.parametrize("handler", ["person", "rule"])
def test_some_intents_need_no_examples(company: Path, handler: str) -> None:
    """What a person or a fixed rule handles may be reached by rules alone."""
    (company / "intents.yaml").write_text(
        f"intents:\n  a:\n    handler: {handler}\n    answer: [We will.]\n"
    )
    assert load(company).intents[0].examples == ()


def test_plain_words_stay_as_written(company: Path) -> None:
    """Words that YAML takes for numbers, times or truth are the text somebody wrote."""
    (company / "intents.yaml").write_text(
        "intents:\n  a:\n    autonomy: off\n    examples: [No, 12:30, 0x1F, 1_000, 2026-05-01, 7]\n"
    )
    spec = load(company).intents[0]
    assert spec.autonomy.level == "off"
    assert spec.examples == ("No", "12:30", "0x1F", "1_000", "2026-05-01", "7")


def test_the_same_example_twice_counts_once(company: Path) -> None:
    """Repeated examples of one intent are dropped."""
    (company / "intents.yaml").write_text("intents:\n  a:\n    examples: [One, Two, One]\n")
    assert load(company).intents[0].examples == ("One", "Two")


@pytest.mark.parametrize(
    ("text", "line", "problem", "fix"),
    [
        ("intents:\n\ta: 1\n", 2, "cannot start any token", "Indent with spaces"),
        ("intents:\n  a: b: c\n", 2, "mapping values are not allowed", "quotes"),
        ("intents:\n  a: 'x\n\n\n", 2, "unexpected end of stream", "Close the quote"),
        ("intents:\n  a: [x,\n", 2, "expected", "bracket"),
        ("intents:\n  - {x} is\n", 2, "'-' indicator", "quote text"),
        ("intents:\n  a: &x 1\n  b: *x\n", 2, "Anchors", "Write the value out"),
        ("intents: !!python/object:os.system {}\n", 1, "Tags", "Remove the tag"),
        ("intents: {}\n---\nb: 1\n", 2, "second document", "one document"),
        ("intents:\n  ? [a]\n  : b\n", 2, "cannot be a key", "quotes"),
        ("a: " + "[" * 3_000, 1, "nesting is deeper than 20", "Flatten"),
        ("intents:\n  a: \x07\n", 2, "control character", "Remove it"),
        ("%YAML 3.0\n---\na: 1\n", 1, "not valid YAML", "Check the indentation"),
    ],
)
def test_broken_yaml_has_a_line(
    company: Path, mistakes: Mistakes, text: str, line: int, problem: str, fix: str
) -> None:
    """A syntax error gives the line where it can be mended."""
    (company / "intents.yaml").write_text(text)
    (error,) = mistakes(company)
    assert error.place.line == line
    assert problem in error.problem
    assert fix in error.fix


def test_aliases_cannot_blow_up(company: Path, mistakes: Mistakes) -> None:
    """The classic bomb of nine levels of aliases is refused at its first anchor."""
    levels = [
        f"  {name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (company / "intents.yaml").write_text("intents:\n  a: &a [x]\n" + "\n".join(levels))
    (error,) = mistakes(company)
    assert (error.place.line, "aliases" in error.problem) == (2, True)


def test_examples_from_a_text_file(company: Path) -> None:
    """One example a line, added to those in the file itself."""
    (company / "examples").mkdir()
    (company / "examples/a.txt").write_text("Where is it?\n\n  # my order \n")
    (company / "intents.yaml").write_text(
        "intents:\n  a:\n    examples: [Late parcel]\n    examples_file: examples/a.txt\n"
    )
    first = load(company)
    assert first.intents[0].examples == ("Late parcel", "Where is it?", "# my order")
    (company / "examples/a.txt").write_text("Where is it now?\n")
    assert load(company).version != first.version


def test_examples_from_one_file_of_labelled_lines(company: Path) -> None:
    """Each intent takes the rows with its label and those without."""
    rows = [{"text": "one", "label": "a"}, {"text": "two", "label": "b"}, {"text": "both"}]
    (company / "examples.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (company / "intents.yaml").write_text(
        "intents:\n  a: {examples_file: examples.jsonl}\n  b: {examples_file: examples.jsonl}\n"
    )
    workspace = load(company)
    assert [spec.examples for spec in workspace.intents] == [("one", "both"), ("two", "both")]
    assert workspace.intent(Intent("c")) is None


@pytest.mark.parametrize(
    ("name", "content", "file", "line", "problem", "fix"),
    [
        ("../x.txt", None, "intents.yaml", 3, "leads out of the folder", "inside the folder"),
        ("/etc/passwd", None, "intents.yaml", 3, "leads out of the folder", "inside"),
        ("x.txt", None, "intents.yaml", 3, "There is no file `x.txt`", "Create it"),
        ("x.txt", "", "x.txt", None, "The file is empty", "half-written"),
        ("x.txt", "ok\n" + "y" * 2_001, "x.txt", 2, "more than 2,000", "Shorten"),
        ("x.jsonl", '{"text": "a"}\n{"te', "x.jsonl", 2, "not valid JSON", '{"text"'),
        ("x.jsonl", '{"text": 4}', "x.jsonl", 1, "no `text`", '{"text"'),
        ("x.jsonl", '{"text": " "}', "x.jsonl", 1, "`text` is empty", '{"text"'),
    ],
)
def test_a_wrong_examples_file_is_explained(
    company: Path,
    mistakes: Mistakes,
    name: str,
    content: str | None,
    file: str,
    line: int | None,
    problem: str,
    fix: str,
) -> None:
    """The examples file itself, or the line that names it, is given."""
    (company / "intents.yaml").write_text(f"intents:\n  a:\n    examples_file: {name}\n")
    if content is not None:
        (company / name).write_text(content)
    (error,) = mistakes(company)
    assert (error.place.file, error.place.line) == (str(company / file), line)
    assert problem in error.problem
    assert fix in error.fix
