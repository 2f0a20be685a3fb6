"""[[sources]] of firstline.toml: every setting, and every way to get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firstline.errors import WorkspaceError
from firstline.records import Intent
from firstline.workspace import load
from firstline.workspace.models import SourceSetting
from firstline.workspace.needed_fields import needed_fields
from firstline.workspace.source_settings import (
    ACCESSES,
    KINDS,
    MATCHES,
    NETWORKS,
    ROWS,
    SOURCE_KEYS,
    host_of,
)

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]
PAGE = Path(__file__).parents[2] / "docs/sources.md"

ALL = """\
[company]
name = "Lantern Books"
[customers]
file = "customers.json"
[[sources]]
name = "ledger"
kind = "sql"
url_env = "LEDGER_URL"
query = "SELECT due, day::text FROM accounts WHERE id = :id AND mail = :email"
owners = "SELECT id FROM accounts WHERE phone = :digits"
access = "cached"
cached_seconds = 60
timeout_ms = 500
owner = "id"
[[sources]]
name = "loans"
kind = "http"
url = "https://loans.lantern.example/readers/{id}?mail={email}"
header = "Authorization: Bearer {secret}"
secret_env = "LOANS_TOKEN"
at = "data.loans"
network = "private"
rows = "many"
fields = ["title", "due"]
[[sources]]
name = "vouchers"
kind = "file"
file = "vouchers.csv"
key = "reader"
match = "email"
"""


@pytest.fixture
def sourced(company: Path) -> Path:
    """Return a company with a source of each kind."""
    (company / "firstline.toml").write_text(ALL, encoding="utf-8")
    (company / "vouchers.csv").write_text("reader,code\na@b.example,X\n", encoding="utf-8")
    return company


def test_every_setting_is_read(sourced: Path) -> None:
    """In order, with the line of each table."""
    ledger, loans, vouchers = load(sourced).settings.sources
    assert ledger == SourceSetting(
        name="ledger",
        kind="sql",
        url_env="LEDGER_URL",
        query="SELECT due, day::text FROM accounts WHERE id = :id AND mail = :email",
        owners="SELECT id FROM accounts WHERE phone = :digits",
        access="cached",
        cached_seconds=60,
        timeout_ms=500,
        owner="id",
        line=5,
    )
    assert loans == SourceSetting(
        name="loans",
        kind="http",
        url="https://loans.lantern.example/readers/{id}?mail={email}",
        header="Authorization: Bearer {secret}",
        secret_env="LOANS_TOKEN",  # noqa: S106 - the name of a variable, not what it holds
        at="data.loans",
        network="private",
        rows="many",
        fields=("title", "due"),
        line=15,
    )
    assert vouchers == SourceSetting(
        name="vouchers",
        kind="file",
        file=Path("vouchers.csv"),
        key="reader",
        match="email",
        line=25,
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "fix"),
    [
        ('name = "ledger"\n', "", 5, "number 1 has no `name`", "lower case"),
        ('"ledger"', '"Ledger Book"', 6, "is called `Ledger Book`", "lower case"),
        ('"ledger"', '"email"', 6, "is called `email`", "not name, critical"),
        ('"ledger"', '"plan"', 5, "called like a field of the customers file", "another name"),
        ('"loans"', '"ledger"', 15, "called `ledger` again", "another name"),
        ('kind = "sql"\n', "", 5, "has no `kind`", "sql, http, file"),
        ('kind = "sql"', 'kind = "mongo"', 7, "`mongo`, which is not one of", "sql"),
        ('kind = "sql"', 'kind = "sql"\nat = "x"', 8, "kind sql, which has no key `at`", "query"),
        ("timeout_ms = 500", "timeout_ms = 5", 13, "is 5, not", "from 50"),
        ("timeout_ms", "timeout", 13, "has no key `timeout`", "`timeout_ms`"),
        ('"LEDGER_URL"', '"postgresql://x"', 8, "the name of an environment variable", "Write"),
        ("url_env = ", "url = ", 8, "no SQLAlchemy URL", "sqlite:///"),
        ('url_env = "LEDGER_URL"\n', "", 5, "needs a `url` or a `url_env`", "environment"),
        (
            "SELECT due",
            "DELETE due",
            9,
            "`query` of [[sources]] number 1 is not one SELECT",
            "WITH",
        ),
        ("= :email", "= :email; DROP x", 9, "is not one SELECT", "without a semicolon"),
        (":email", ":reference", 5, "`query` of source `ledger` asks by :reference", ":id or :em"),
        (":id AND mail = :email", "1", 5, "does not say which customer", "Use :id or :email"),
        (":digits", "'1'", 10, "`owners` of [[sources]] number 1 does not say whose", ":token"),
        ("https://loans", "http://loans", 18, "is not an https address", "https://"),
        ("https://loans", "https://{id}.loans", 18, "has no plain host", "https://"),
        ("https://loans", "https://me:pass@loans", 18, "holds a password", "secret_env"),
        ("?mail=", "?api_key=abc123&mail=", 18, "holds a password", "secret_env"),
        ("{id}?mail={email}", "all", 15, "does not say which customer", "{id} or {email}"),
        ("{id}?", "{reference}?", 15, "asks by {reference}", "{id} or {email}"),
        ("Bearer {secret}", "Bearer abc123", 19, "`header` of", "Bearer {secret}"),
        ('secret_env = "LOANS_TOKEN"\n', "", 15, "needs `header` and `secret_env`", "{secret}"),
        ('file = "vouchers.csv"\n', "", 25, "number 3 has no `file`", "orders.csv"),
        ("vouchers.csv", "gone.csv", 25, "nothing at `gone.csv`", "correct the path"),
        (
            '[customers]\nfile = "customers.json"\n',
            "",
            3,
            "Nothing says who the customers",
            "source",
        ),
        ('file = "customers.json"', 'source = "nobody"', 4, "no source `nobody`", "ledger, loans"),
        ('file = "customers.json"', 'source = "vouchers"', 4, "is a file", "vouchers.csv"),
        ('file = "customers.json"', 'source = "ledger"', 5, "asks by :id", ":reference: it is"),
        (
            '"customers.json"',
            '"customers.json"\nsource = "ledger"',
            5,
            "a `file` and a",
            "Keep one",
        ),
    ],
)
def test_a_mistake_is_named_with_line_and_fix(
    sourced: Path,
    mistakes: Mistakes,
    old: str,
    new: str,
    line: int,
    problem: str,
    fix: str,
) -> None:
    """Nothing is guessed, and no secret that stands in the wrong place is repeated."""
    assert old in ALL
    (sourced / "firstline.toml").write_text(ALL.replace(old, new, 1), encoding="utf-8")
    found = [error for error in mistakes(sourced) if problem in error.problem]
    assert found, mistakes(sourced)
    assert (found[0].place.file, found[0].place.line) == (str(sourced / "firstline.toml"), line)
    assert fix in found[0].fix
    assert not any("pass@" in str(error) or "abc123" in str(error) for error in mistakes(sourced))


@pytest.mark.parametrize("written", ["sources = 1", 'sources = ["a"]'])
def test_sources_are_a_list_of_tables(company: Path, mistakes: Mistakes, written: str) -> None:
    """Anything else is one mistake."""
    settings = company / "firstline.toml"
    settings.write_text(f"{written}\n{settings.read_text()}", encoding="utf-8")
    (error,) = mistakes(company)
    assert "must be a list of tables" in error.problem


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://CRM.acme.example:8443/x/{id}", ("https", "crm.acme.example")),
        ("https://[::1]/x", ("https", "[::1]")),
        ("https://a.example?x={id}", ("https", "a.example")),
        ("https://a.example@b.example/x", ("", "")),
        ("https://a.example\\@b.example/", ("", "")),
        ("https://a.example#@b/", ("", "")),
        ("file:///etc/passwd", ("", "")),
        ("https://", ("", "")),
    ],
)
def test_the_host_of_an_address_is_plain(url: str, host: tuple[str, str]) -> None:
    """What two readers of an address could understand differently has no host."""
    assert host_of(url) == host


def test_what_an_intent_calls_for(sourced: Path) -> None:
    """Its needs, and the fields of rules that may apply to it."""
    intents = sourced / "intents.yaml"
    text = intents.read_text().replace(
        "needs: [plan, billing]", "needs: [plan, billing, loans.due]"
    )
    intents.write_text(text, encoding="utf-8")
    policies = sourced / "policies.yaml"
    rules = (
        "\nescalate_when:\n"
        "  debt: {when: {intent: membership, if: ledger.due > 100}}\n"
        "  cards: {when: {intent: hours, if: vouchers.code exists}}\n"
    )
    policies.write_text(policies.read_text() + rules, encoding="utf-8")
    workspace = load(sourced)
    needs = ("plan", "billing", "loans.due", "ledger.due")
    assert needed_fields(workspace, Intent("membership")) == needs
    assert needed_fields(workspace, Intent("delivery")) == ()
    assert needed_fields(workspace, None) == ()


@pytest.mark.parametrize(
    "word", [*SOURCE_KEYS, *KINDS, *ACCESSES, *ROWS, *MATCHES, *NETWORKS, "source"]
)
def test_every_key_and_value_is_explained(word: str) -> None:
    """The page names it in backquotes."""
    assert f"`{word}`" in PAGE.read_text(encoding="utf-8")
