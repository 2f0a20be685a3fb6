"""firstline.toml: every setting, and every way to get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firstline.errors import WorkspaceError
from firstline.workspace import Autonomy, load, parse_autonomy

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]

ALL = """\
[company]
name = "Lantern Books"
locale = "de-DE"
timezone = "Europe/Berlin"
languages = ["en", "de"]
own_addresses = ["help@lantern.example"]
[knowledge]
path = "knowledge"
passages = 2
token_budget = 800
[reply]
max_words = 90
disclosure = ""
links = ["help.lantern.example"]
[customers]
file = "customers.json"
key = "email"
access = "cached"
[routing]
minimum_probability = 0.6
minimum_in_scope = 0
minimum_answerable = 1
[gate]
autonomy = "percent:10"
replies_per_requester_per_day = 1
bot_turns_per_conversation = 0
[models]
encoder = "voice.md"
"""


def test_every_setting_is_read(company: Path) -> None:
    """Each key of each table reaches the settings."""
    (company / "firstline.toml").write_text(ALL)
    settings = load(company).settings
    assert (settings.locale, settings.timezone) == ("de-DE", "Europe/Berlin")
    assert settings.languages == ("en", "de")
    assert settings.own_addresses == ("help@lantern.example",)
    assert (settings.passages, settings.token_budget, settings.max_words) == (2, 800, 90)
    assert settings.disclosure == ""
    assert settings.links == ("help.lantern.example",)
    assert (settings.customer_key, settings.customer_access) == ("email", "cached")
    assert settings.minimum_probability == pytest.approx(0.6)
    assert (settings.minimum_in_scope, settings.minimum_answerable) == (0, 1)
    assert settings.autonomy == Autonomy(level="percent", percent=10)
    assert settings.replies_per_requester_per_day == 1
    assert settings.bot_turns_per_conversation == 0
    assert settings.encoder == Path("voice.md")


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "fix"),
    [
        ("[knowledge]", "[knowlege]", 7, "no key `knowlege`", "Did you mean `knowledge`?"),
        ("passages", "pasages", 9, "[knowledge] has no key `pasages`", "`passages`"),
        ("passages = 2", "colour = 2", 9, "no key `colour`", "Known keys: path, passages"),
        ("passages = 2", 'passages = "2"', 9, "must be a whole number", "without quotes"),
        ("passages = 2", "passages = 0", 9, "is 0, not a whole number from 1 to 5", "1 to 5"),
        ("passages = 2", "passages = 2.5", 9, "is 2.5", "whole number"),
        ("token_budget = 800", "token_budget = 90000", 10, "90000", "500 to 2000"),
        ("= 0.6", "= 1.6", 20, "is 1.6", "from 0 to 1"),
        ("= 0.6", "= inf", 20, "is inf", "from 0 to 1"),
        ("= 0.6", "= nan", 20, "is nan", "from 0 to 1"),
        ('name = "Lantern Books"', "", 1, "[company] has no name", 'name = "Your company"'),
        ('name = "Lantern Books"', "name = 5", 2, "must be text, not a number", "in quotes"),
        ('name = "Lantern Books"', 'name = " "', 2, "`name` of [company] is empty", "Write it"),
        ('"de-DE"', '"german"', 3, "`german`", "en-AU"),
        ('"Europe/Berlin"', '"Europe/Berlim"', 4, "no time zone", "`Europe/Berlin`"),
        ('"Europe/Berlin"', '"../../etc/passwd"', 4, "no time zone", "Australia/Sydney"),
        ('["en", "de"]', '["english"]', 5, "`english`", "codes such as en"),
        ('["en", "de"]', "[]", 5, "`languages` of [company] is empty", "codes such as en"),
        ('["en", "de"]', "{a = 1}", 5, "must be a list", '["one", "two"]'),
        ('["help@lantern.example"]', '["help"]', 6, "`help`", "e-mail addresses"),
        (
            '["help.lantern.example"]',
            '["https://help.lantern.example/x"]',
            14,
            "contains `https://help",
            "without https://",
        ),
        ('file = "customers.json"', "", 15, "[customers] names no file", "remove the table"),
        ('"cached"', '"cache"', 18, "not one of live, cached", "Did you mean `cached`?"),
        ('"percent:10"', '"percent:101"', 24, "not from 1 to 100", "percent:10"),
        ('"percent:10"', '"percent:0"', 24, "not from 1 to 100", "percent:10"),
        ('"percent:10"', '"revue"', 24, "not one of off", "Did you mean `review`?"),
        ('"percent:10"', "10", 24, "must be text", "quotes"),
        ("[routing]", "[company.routing]", 19, "no key `routing`", "Known keys"),
        ('[models]\nencoder = "voice.md"', "models = 3", 27, "no key `models`", "Known keys"),
    ],
)
def test_a_wrong_setting_is_explained(
    company: Path, mistakes: Mistakes, old: str, new: str, line: int, problem: str, fix: str
) -> None:
    """The file, the line, what is wrong and what to write are given."""
    assert ALL.count(old) >= 1
    (company / "firstline.toml").write_text(ALL.replace(old, new, 1))
    error = mistakes(company)[0]
    assert (error.place.file, error.place.line) == (str(company / "firstline.toml"), line)
    assert problem in error.problem
    assert fix in error.fix


@pytest.mark.parametrize(
    ("text", "line", "fix"),
    [
        ('[company]\nname = "Lantern', 2, "Close the quote"),
        ("[company]\nname = Lantern\n", 2, "double quotes"),
        ('[company]\nname = "a"\nname = "b"\n', 3, "Keep one"),
        ("[company]\nname\n", 2, "key ="),
        ("[company]\nlanguages = [1,\n", 2, "Close"),
        ("a = " + "[" * 5_000, None, "Flatten"),
        ("a = " + "9" * 5_000, 1, "key ="),
    ],
)
def test_broken_toml_has_a_line(
    company: Path, mistakes: Mistakes, text: str, line: int | None, fix: str
) -> None:
    """A syntax error gives the line it stands on."""
    (company / "firstline.toml").write_text(text)
    (error,) = mistakes(company)
    assert error.place.line == line
    assert fix in error.fix


def test_a_multi_line_text_does_not_shift_lines(company: Path, mistakes: Mistakes) -> None:
    """Keys inside a text of several lines are not taken for settings."""
    (company / "firstline.toml").write_text(
        '[company]\nname = "A"\n[reply]\ndisclosure = """\nmax_words = 3\n"""\nmax_words = 1\n'
    )
    error = mistakes(company)[0]
    assert (error.place.line, "max_words" in error.problem) == (7, True)


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("off", "off"),
        (" Review ", "review"),
        ("percent: 5", "percent:5"),
        ("percent:100%", "percent:100"),
        ("certified", "certified"),
        ("shadow", "shadow"),
    ],
)
def test_autonomy_levels(written: str, level: str) -> None:
    """Each level reads back as it is written in a workspace."""
    assert str(parse_autonomy(written)) == level


@pytest.mark.parametrize("written", ["", "percent", "percent:-1", "percent:1e2", "on", "percent:½"])
def test_no_autonomy_level(written: str) -> None:
    """Anything else is no level."""
    assert parse_autonomy(written) is None
