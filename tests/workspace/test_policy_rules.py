"""The rules of policies.yaml: read with their lines, and every mistake explained."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest

from firstline.errors import WorkspaceError
from firstline.workspace import load
from firstline.workspace.customer_index import build_index
from firstline.workspace.nodes import Sheet
from firstline.workspace.policies_file import read_policies
from firstline.workspace.policy_names import check_names
from firstline.workspace.policy_rules import BusinessHours
from firstline.workspace.policy_values import Span
from firstline.workspace.problems import Problems
from firstline.workspace.record_fields import FieldPaths
from firstline.workspace.yaml_nodes import yaml_tree

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]
RULES = """\
forbidden:
  - legal advice
  - say: [your refund is on its way]
    name: refund-claimed
    unless: billing.next.amount == $9.00
    because: it has to be sent first
required:
  data:
    when: {intent: membership, says: [cancel], asked: leave, channel: [email], if: [plan exists]}
    say: nothing is deleted
eligibility:
  refund:
    when_reply_says: [we refund]
    allow_if:
      - plan == Reader
      - billing.next.amount < $20
    otherwise: escalate
promises:
  call:
    say: [will call you]
    owner: desk
    within: 2 business days
escalate_when:
  gold:
    when: {if: plan == Reader}
    to: review
hours:
  days: [monday, Friday]
  opens: 8:30
  closes: "16:00"
  holidays: [2026-12-25]
"""


def test_every_section_is_read_with_its_lines(company: Path) -> None:
    """Rules know where they stand, so that findings can say it."""
    (company / "policies.yaml").write_text(RULES)
    policies = load(company).policies
    assert (policies.forbidden, policies.forbidden_lines) == (("legal advice",), (2,))
    rules = policies.rules
    assert rules.forbidden[0].place == "policies.yaml:3 refund-claimed"
    assert rules.forbidden[0].unless.line == 5
    when = rules.required[0].when
    assert (when.intents, when.says, when.asked) == (("membership",), ("cancel",), ("leave",))
    assert (when.channels, rules.required[0].otherwise) == (("email",), "review")
    assert [clause.line for clause in rules.eligibility[0].allow_if] == [15, 16]
    assert rules.eligibility[0].otherwise == "escalate"
    assert (rules.promises[0].owner, rules.promises[0].within) == ("desk", Span(2, "business day"))
    assert (rules.escalations[0].place, rules.escalations[0].to) == (
        "policies.yaml:24 gold",
        "review",
    )
    assert rules.hours == BusinessHours(
        weekdays=frozenset({0, 4}),
        opens=time(8, 30),
        closes=time(16),
        holidays=frozenset({date(2026, 12, 25)}),
    )


@pytest.mark.parametrize(
    ("text", "line", "problem", "fix"),
    [
        ("forbidden:\n  - say: [abc]\n", 2, "no `unless`", "plain entries"),
        (
            "forbidden:\n  - say: [abc]\n    unless: [plan exists, name exists]\n",
            3,
            "more than one",
            "and",
        ),
        ("forbidden:\n  - say: [a]\n    unless: a exists\n", 2, "too short", "at least 3"),
        ("forbidden:\n  - say: [abc]\n    unless: a = b\n", 3, "`a = b` at character 3", "=="),
        ("required: [x]\n", 1, "table of named rules", "name"),
        ("required:\n  a b:\n    when: {says: [abc]}\n    say: [abc]\n", 2, "no name", "letters"),
        ("required:\n  ab:\n    when: {says: [abc]}\n", 2, "has no `say`", "wordings"),
        ("required:\n  ab:\n    say: [abc]\n", 2, "does not say when", "`when:`"),
        ("required:\n  ab:\n    when: {}\n    say: [abc]\n", 3, "is empty", "intent"),
        (
            "required:\n  ab:\n    when: {chanel: x}\n    say: [abc]\n",
            3,
            "no key `chanel`",
            "channel",
        ),
        (
            "required:\n  ab:\n    when: {channel: fax}\n    say: [abc]\n",
            3,
            "channel `fax`",
            "email",
        ),
        ("eligibility:\n  ab:\n    allow_if: [a exists]\n", 2, "`when_reply_says`", "phrases"),
        ("eligibility:\n  ab:\n    when_reply_says: [abc]\n", 2, "`allow_if`", "conditions"),
        (
            (
                "eligibility:\n  ab:\n    when_reply_says: [abc]\n"
                "    allow_if:\n      - plan exists\n      - (plan exists\n"
            ),
            6,
            "should",
            "bracket",
        ),
        ("promises:\n  ab:\n    owner: x\n", 2, "what is promised", "`say:`"),
        ("promises:\n  ab:\n    say: [abc]\n", 2, "has no `owner`", "who owes"),
        (
            "promises:\n  ab:\n    {say: [abc], owner: x, within: soon}\n",
            3,
            "no span",
            "business day",
        ),
        ("escalate_when:\n  ab: {to: review}\n", 2, "does not say when", "`when:`"),
        ("escalate_when:\n  ab: {when: {says: abc}, to: reviw}\n", 2, "not one of", "`review`"),
        ("hours: {days: [mnday]}\n", 1, "no day of the week", "`monday`"),
        ("hours: {opens: noon}\n", 1, "no time of day", "09:00"),
        ("hours: {opens: 17:00, closes: 9:00}\n", 1, "close before", "earlier"),
        ("hours: {holidays: [Christmas]}\n", 1, "no date", "2026-12-25"),
    ],
)
def test_a_mistake_is_explained(
    company: Path, mistakes: Mistakes, text: str, line: int, problem: str, fix: str
) -> None:
    """The line, what is wrong and what to write are given."""
    (company / "policies.yaml").write_text(text)
    (error,) = mistakes(company)
    assert error.place.line == line
    assert problem in error.problem
    assert fix in error.fix


def test_names_that_stand_for_nothing_are_noted(company: Path) -> None:
    """Unknown intents, fields and plans are told with their lines and the likely meaning."""
    (company / "policies.yaml").write_text(
        "eligibility:\n  ab:\n    when_reply_says: [abc]\n    allow_if:\n"
        "      - biling.next.amount > 3\n      - plan == Reeder\n      - billing.next.amount > 3\n"
        "escalate_when:\n  cd:\n    when:\n      intent: [delivry]\n"
        "      if: plan in [Reader, Gold]\n"
    )
    sheet = Sheet(company / "policies.yaml", problems := Problems())
    root = yaml_tree(sheet.file.read_text(), sheet)
    assert root is not None
    policies, fields = read_policies(root, sheet), FieldPaths()
    (company / "policies.yaml").unlink()
    workspace = load(company)
    build_index(company / "customers.json", "id", each=fields.add)
    check_names(
        policies,
        sheet,
        intents=workspace.intents,
        catalogue=workspace.catalogue,
        fields=fields,
    )
    with pytest.raises(WorkspaceError) as caught:
        problems.raise_if_any()
    lines = str(caught.value).replace(f"{company}/", "").splitlines()
    assert lines == [
        (
            "policies.yaml:5: No customer's record has `biling.next.amount`. "
            "Did you mean `billing.next.amount`?"
        ),
        "policies.yaml:6: catalogue.yaml has no plan `Reeder`. Did you mean `Reader`?",
        "policies.yaml:11: There is no intent `delivry`. Did you mean `delivery`?",
        "policies.yaml:12: catalogue.yaml has no plan `Gold`. Plans: Reader.",
    ]
