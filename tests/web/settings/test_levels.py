"""Who may change how far an intent may go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.pipeline.test_gate import a_workspace

from firstline.errors import InputError
from firstline.pipeline.release import Release
from firstline.records import Intent
from firstline.store.people_records import Role
from firstline.web.settings.levels import LEVELS, level_page, needed_role, written
from firstline.workspace import IntentSpec, Workspace, parse_autonomy


def a_company(**levels: str) -> Workspace:
    """Return a company whose files say these levels."""
    specs = tuple(
        IntentSpec(name=Intent(name), autonomy=level)
        for name, said in levels.items()
        if (level := parse_autonomy(said)) is not None
    )
    return replace(a_workspace(), intents=specs)


def a_release(**levels: str) -> Release:
    """Return a release with these levels set while running; `all` for all intents."""
    read = {name.replace("all", "*"): parse_autonomy(said) for name, said in levels.items()}
    return Release(levels={name: level for name, level in read.items() if level is not None})


@pytest.mark.parametrize(
    ("level", "role"),
    [
        ("off", "lead"),
        ("shadow", "lead"),
        ("review", "lead"),
        ("certified", "admin"),
        ("percent:1", "admin"),
        ("nonsense", "lead"),
    ],
)
def test_what_lets_something_out_needs_an_admin(level: str, role: Role) -> None:
    """Taking autonomy away does not; what does not exist is refused elsewhere."""
    company = a_company(refunds="review")
    assert needed_role(company, Release(), "refunds", level) == role


@pytest.mark.parametrize(
    ("files", "held", "intent", "role"),
    [
        ({"a": "percent:100"}, {"a": "review"}, "a", "admin"),
        ({"a": "percent:100"}, {"a": "percent:10"}, "a", "admin"),
        ({"a": "certified"}, {"a": "percent:10"}, "a", "lead"),
        ({"a": "review"}, {"a": "percent:10"}, "a", "lead"),
        ({"a": "percent:100"}, {"a": "review", "all": "shadow"}, "a", "lead"),
        ({"a": "percent:5", "b": "off"}, {"all": "review"}, "*", "admin"),
        ({"a": "review", "b": "off"}, {"all": "shadow"}, "*", "lead"),
        ({"a": "percent:5"}, {"a": "off", "all": "review"}, "*", "lead"),
    ],
)
def test_giving_back_to_the_files_needs_an_admin_where_more_goes_out(
    files: dict[str, str], held: dict[str, str], intent: str, role: Role
) -> None:
    """What holds after it is compared with what holds now, for each intent it touches."""
    assert needed_role(a_company(**files), a_release(**held), intent, "files") == role


def test_a_stop_does_not_make_a_release_harmless() -> None:
    """While everything is stopped or tripped, giving more autonomy still needs an admin."""
    company, held = a_company(a="percent:100"), a_release(a="review")
    stopped = replace(held, unreadable="no database")
    assert needed_role(company, stopped, "a", "files") == "admin"


def test_every_level_says_what_it_means_and_who_may_choose_it() -> None:
    """The form has all of them, each with its role."""
    shown = level_page(a_company(a="review"), Release(), (), "a")
    assert shown is not None
    assert set(shown.roles) == set(LEVELS)
    assert level_page(a_company(a="review"), Release(), (), "b") is None


def test_a_share_of_customers_needs_its_number() -> None:
    """A percentage without a number is no level."""
    assert written("percent", 10) == "percent:10"
    assert written("review", None) == "review"
    with pytest.raises(InputError, match="how many customers"):
        written("percent", None)
