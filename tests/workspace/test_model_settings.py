"""[models], [[models.own]] and [budget]: every setting, and every way to get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from firstline.errors import SetupError, WorkspaceError
from firstline.workspace import load
from firstline.workspace.model_settings import (
    BUDGET_KEYS,
    MODELS_KEYS,
    OWN_KEYS,
    PROVIDER_VARIABLE,
    PROVIDERS,
    provider_override,
    provider_shown,
)
from firstline.workspace.models import ModelSettings, OwnModel

Mistakes = Callable[[Path], tuple[WorkspaceError, ...]]
PAGE = Path(__file__).parents[2] / "docs/models.md"

ALL = """\
[company]
name = "Lantern Books"
[models]
provider = "anthropic"
profile = "4.5"
router = "claude-haiku-5-5"
writer = "llama-4"
strong = "claude-sonnet-4-6"
base_url = "http://localhost:11434/"
recordings = "kept"
cache = "off"
deadline_seconds = 12.5
requests_per_minute = 90
tokens_per_minute = 40000
batch_wait_minutes = 30
batch_deadline_hours = 0.5
[[models.own]]
id = "llama-4"
input_usd = 0.2
output_usd = 0
answers = "schema"
context = 64000
[[models.own]]
id = "org/other:8b"
input_usd = 1
output_usd = 2
[budget]
day_usd = 3.5
month_usd = 50
calls_per_requester_per_day = 12
alarm_usd = 0.005
"""


@pytest.fixture(autouse=True)
def no_override(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the environment of whoever runs the tests out of them."""
    monkeypatch.delenv(PROVIDER_VARIABLE, raising=False)


def settings_of(company: Path, text: str) -> ModelSettings:
    """Return what the tables below a company say."""
    path = company / "firstline.toml"
    path.write_text(f'{text}[customers]\nfile = "customers.json"\n', encoding="utf-8")
    return load(company).settings.models


def test_every_setting_is_read(company: Path) -> None:
    """Each key of each table reaches the settings."""
    assert settings_of(company, ALL) == ModelSettings(
        provider="anthropic",
        profile="4.5",
        router="claude-haiku-5-5",
        writer="llama-4",
        strong="claude-sonnet-4-6",
        base_url="http://localhost:11434",
        recordings=Path("kept"),
        cache="off",
        deadline_seconds=12.5,
        requests_per_minute=90,
        tokens_per_minute=40_000,
        batch_wait_minutes=30,
        batch_deadline_hours=0.5,
        own=(
            OwnModel(id="llama-4", input_usd=0.2, output_usd=0, structured=True, context=64_000),
            OwnModel(id="org/other:8b", input_usd=1, output_usd=2),
        ),
        day_usd=3.5,
        month_usd=50,
        calls_per_requester_per_day=12,
        alarm_usd=0.005,
    )


def test_the_judge_has_two_keys(company: Path, mistakes: Mistakes) -> None:
    """When it is asked, and which model it is."""
    head = '[company]\nname = "A"\n[models]\n'
    found = settings_of(company, f'{head}judge = "always"\njudge_model = "claude-sonnet-4-6"\n')
    assert (found.judge, found.judge_model) == ("always", "claude-sonnet-4-6")
    path = company / "firstline.toml"
    path.write_text(f'{head}judge = "claude-haiku-5-5"\n', encoding="utf-8")
    error = mistakes(company)[0]
    assert error.place.line == 4
    assert "not one of paraphrases, always, off" in error.problem


def test_every_field_has_a_key() -> None:
    """No setting can be forgotten by the reader."""
    assert {item.name for item in fields(ModelSettings)} == {*MODELS_KEYS, *BUDGET_KEYS}
    renamed = {"answers": "structured"}
    assert {item.name for item in fields(OwnModel)} == {renamed.get(key, key) for key in OWN_KEYS}


def test_without_a_word_no_model_is_used(company: Path) -> None:
    """The defaults are those of the record."""
    assert load(company).settings.models == ModelSettings()


@pytest.mark.parametrize(
    ("region", "project", "provider"),
    [
        ("us-east-1", "", "bedrock"),
        ("global:ap-southeast-2", "", "bedrock"),
        ("global", "my-project-7", "vertex"),
        ("europe-west1", "my-project-7", "vertex"),
        ("eu", "", "vertex"),
    ],
)
def test_the_clouds_need_a_region(company: Path, region: str, project: str, provider: str) -> None:
    """Each way of writing a region; Vertex may find its project by itself."""
    text = f'[company]\nname = "A"\n[models]\nprovider = "{provider}"\nregion = "{region}"\n' + (
        f'project = "{project}"\n' if project else ""
    )
    found = settings_of(company, text)
    assert (found.provider, found.region, found.project) == (provider, region, project)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "fix"),
    [
        ('"anthropic"', '"antropic"', 4, "`antropic`, which is not one of", "`anthropic`"),
        ('"anthropic"', "true", 4, "must be text, not true or false", "quotes"),
        ('"4.5"', "4.5", 5, "`profile` of [models] must be text, not a number", "quotes"),
        ("profile =", "profil =", 5, "[models] has no key `profil`", "`profile`"),
        ('"claude-haiku-5-5"', '"two words"', 6, "cannot be a model's name", "firstline models"),
        ('"claude-haiku-5-5"', '""', 6, "`router` of [models] is empty", "remove the line"),
        ('"http://localhost:11434/"', '"localhost"', 9, "not the address of a server", "http://"),
        ('11434/"', '11434/v1/"', 9, "ends with /v1", '"http://localhost:11434"'),
        ("http://", "http://user:secret@", 9, "not the address of a server", "without a key"),
        ('cache = "off"', 'cache = "10m"', 11, "`10m`, which is not one of off, 5m, 1h", "off"),
        ("= 12.5", "= 0", 12, "is 0, not a number from 1 to 600", "from 1 to 600"),
        ("= 12.5", '= "12"', 12, "is not a number", "without quotes"),
        ("= 12.5", "= nan", 12, "is nan", "from 1 to 600"),
        ("= 90", "= -1", 13, "is -1, not a whole number", "from 0"),
        ("= 90", "= 1.5", 13, "is 1.5, not a whole number", "from 0"),
        ("= 30", "= 0", 15, "is 0, not a whole number from 1 to 1440", "from 1"),
        ("= 0.5", "= 48", 16, "is 48, not a number from 0.25 to 24", "from 0.25"),
        ('id = "llama-4"\n', "", 17, "number 1 has no `id`", 'id = "'),
        ("input_usd = 0.2\n", "", 17, "number 1 has no `input_usd`", "0 for a machine"),
        ('"org/other:8b"', '"llama-4"', 23, "number 2 has the id `llama-4` again", "Keep one"),
        ("input_usd = 1", "input_usd = -1", 25, "`input_usd` of [[models.own]] number 2", "from 0"),
        ('"schema"', '"json"', 21, "`json`, which is not one of text, schema", "text, schema"),
        ("context = 64000", "context = 10", 22, "is 10", "from 2000"),
        ("context = 64000", "colour = 1", 22, "has no key `colour`", "Known keys: id"),
        ("day_usd = 3.5", "day_usd = -2", 28, "`day_usd` of [budget] is -2", "from 0"),
        ("day_usd = 3.5", "day_usd = inf", 28, "`day_usd` of [budget] is inf", "from 0"),
        ("day_usd = 3.5", "day_usd = 90", 29, "`month_usd` of [budget] is 50, less", "Raise it"),
        ("day_usd = 3.5", "daily = 3", 28, "[budget] has no key `daily`", "day_usd"),
        ("[budget]", "[budgets]", 27, "no key `budgets`", "`budget`"),
    ],
)
def test_a_mistake_is_named_with_line_and_fix(
    company: Path,
    mistakes: Mistakes,
    old: str,
    new: str,
    line: int,
    problem: str,
    fix: str,
) -> None:
    """Nothing is guessed; entries of [[models.own]] are told apart by their number."""
    assert old in ALL
    (company / "firstline.toml").write_text(ALL.replace(old, new, 1), encoding="utf-8")
    error = mistakes(company)[0]
    assert (error.place.file, error.place.line) == (str(company / "firstline.toml"), line)
    assert problem in error.problem
    assert fix in error.fix


@pytest.mark.parametrize(
    ("table", "line", "problem", "fix"),
    [
        ('provider = "bedrock"', 3, "no `region`, which its provider needs", '"us-east-1"'),
        (
            'provider = "bedrock"\nregion = "Virginia"',
            5,
            "`region` of [models] is `Virginia`",
            '"us-east-1"',
        ),
        (
            'provider = "bedrock"\nregion = "us-east-1"\nbase_url = "http://a.example"',
            6,
            "`base_url` of [models] is only for provider anthropic, not bedrock",
            'provider = "anthropic"',
        ),
        (
            'provider = "vertex"\nregion = "global:us"\nproject = "abcdef"',
            5,
            "`global:us`",
            '"global"',
        ),
        (
            'provider = "vertex"\nregion = "global"\nproject = "No Project"',
            6,
            "`No Project`",
            "project =",
        ),
        ("own = 3", 4, "`own` of [models] must be a list of tables", "[[models.own]]"),
        ("own = [3]", 4, "must be a table of keys", "id, input_usd"),
    ],
)
def test_what_a_provider_needs_is_asked_for(
    company: Path, mistakes: Mistakes, table: str, line: int, problem: str, fix: str
) -> None:
    """A cloud without its region or project, and own models that are none."""
    text = f'[company]\nname = "A"\n[models]\n{table}\n'
    (company / "firstline.toml").write_text(text, encoding="utf-8")
    error = mistakes(company)[0]
    assert error.place.line == line
    assert problem in error.problem
    assert fix in error.fix


def test_the_environment_replaces_the_provider(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder says one thing, this machine another; whoever looks is told."""
    assert provider_shown(settings_of(company, ALL)) == "anthropic"
    monkeypatch.setenv(PROVIDER_VARIABLE, "recorded")
    found = settings_of(company, ALL)
    assert found.provider == "recorded"
    assert provider_shown(found) == "recorded (set by FIRSTLINE_MODEL_PROVIDER)"


def test_the_checks_are_those_of_the_provider_in_use(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop that switches Bedrock off needs no region."""
    text = '[company]\nname = "A"\n[models]\nprovider = "bedrock"\n'
    monkeypatch.setenv(PROVIDER_VARIABLE, "none")
    assert settings_of(company, text).provider == "none"


@pytest.mark.parametrize("written", ["", "   "])
def test_an_empty_variable_says_nothing(written: str) -> None:
    """As if it were not set."""
    assert provider_override({PROVIDER_VARIABLE: written}) is None
    assert provider_override({}) is None


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_provider_can_be_set(provider: str) -> None:
    """Blanks around it do not matter."""
    assert provider_override({PROVIDER_VARIABLE: f" {provider} "}) == provider


def test_a_variable_that_names_no_provider_is_refused(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one sentence that names the variable and the nearest provider."""
    monkeypatch.setenv(PROVIDER_VARIABLE, "antropic")
    with pytest.raises(SetupError, match=r"FIRSTLINE_MODEL_PROVIDER is `antropic`.*`anthropic`"):
        load(company)


@pytest.mark.parametrize(
    "word", sorted({*MODELS_KEYS, *BUDGET_KEYS, *OWN_KEYS, *PROVIDERS, PROVIDER_VARIABLE})
)
def test_every_key_and_provider_is_explained(word: str) -> None:
    """The page about models names it in backquotes."""
    assert f"`{word}`" in PAGE.read_text(encoding="utf-8")
