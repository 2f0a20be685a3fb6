"""[chat] of firstline.toml: which sites may show the chat, and every way to get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firstline.errors import WorkspaceError
from firstline.workspace import load
from firstline.workspace.chat_settings import MOST_SITES, is_site
from firstline.workspace.models import ChatSettings

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]

ALL = """\
[company]
name = "Lantern Books"
[customers]
file = "customers.json"
[chat]
sites = ["https://www.lantern.example", "https://*.lantern.example", "http://localhost:3000"]
audience = "lantern-chat"
welcome = "Good evening."
answer_within = "two hours"
message_length = 500
messages_per_minute = 4
visitors_per_address = 9
demo = "on"
"""


def write(company: Path, text: str) -> Path:
    """Put settings into a company that keeps its other files."""
    (company / "firstline.toml").write_text(text)
    return company


def test_every_setting_is_read(company: Path) -> None:
    """Each key reaches the settings; without the table the defaults hold."""
    assert load(write(company, ALL)).settings.chat == ChatSettings(
        sites=("https://www.lantern.example", "https://*.lantern.example", "http://localhost:3000"),
        audience="lantern-chat",
        welcome="Good evening.",
        answer_within="two hours",
        message_length=500,
        messages_per_minute=4,
        visitors_per_address=9,
        demo="on",
    )
    assert load(write(company, ALL.partition("[chat]")[0])).settings.chat == ChatSettings()


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "fix"),
    [
        ("https://www", "HTTPS://WWW", 6, "contains `HTTPS://WWW", '"https://www.lantern.example"'),
        ("www.lantern.example", "www.lantern.example/", 6, "/`", '"https://www.lantern.example"'),
        ("https://www", "http://www", 6, "`http://www", "Write https:// and the host"),
        ("https://www.lantern.example", "*", 6, "contains `*`", "Write https://"),
        ("https://www.lantern.example", "https://a.example 'x'", 6, "contains", "Write https://"),
        ("https://www.lantern.example", "https://a.example; x", 6, "contains", "Write https://"),
        ('"lantern-chat"', '"two words"', 7, "`audience` of [chat]", "one word"),
        ("= 500", "= 5", 10, "not a whole number from 100", "100 to 10000"),
        ("= 4\n", "= 0\n", 11, "from 1 to 1000", "whole number"),
        ("= 9\n", '= "9"\n', 12, "must be a whole number", "without quotes"),
        ('"on"', '"yes"', 13, "not one of loopback, on, off", "Write one of"),
        ("demo", "demos", 13, "no key `demos`", "Did you mean `demo`?"),
    ],
)
def test_a_wrong_setting_is_explained(
    company: Path, mistakes: Mistakes, old: str, new: str, line: int, problem: str, fix: str
) -> None:
    """The file, the line, what is wrong and what to write are given."""
    assert old in ALL
    error = mistakes(write(company, ALL.replace(old, new, 1)))[0]
    assert (error.place.file, error.place.line) == (str(company / "firstline.toml"), line)
    assert problem in error.problem
    assert fix in error.fix


def test_too_many_sites_are_refused(company: Path, mistakes: Mistakes) -> None:
    """A header has its limits; a wildcard says the same in one word."""
    many = ", ".join(f'"https://shop{number}.example"' for number in range(MOST_SITES + 1))
    text = (
        f'[company]\nname = "A"\n[customers]\nfile = "customers.json"\n[chat]\nsites = [{many}]\n'
    )
    error = mistakes(write(company, text))[0]
    assert "51 sites" in error.problem
    assert "https://*.acme.example" in error.fix


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("https://a.example", True),
        ("https://a.example:8443", True),
        ("https://*.a.example", True),
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("https://*", False),
        ("https://*.example", False),
        ("https://a.*.example", False),
        ("https://a.example/path", False),
        ("https://a.example?x", False),
        ("https://user@a.example", False),
        ("https://a.example https://b.example", False),
        ("https://-a.example", False),
        ("http://a.example", False),
        ("'self'", False),
        ("data:", False),
    ],
)
def test_what_a_site_is(written: str, known: bool) -> None:
    """An origin with https, a family of them, or this machine; nothing that changes the policy."""
    assert is_site(written) is known
