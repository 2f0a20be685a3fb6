"""Changing one channel of channels.toml: the others, and every comment, stay as they are."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstline.errors import WorkspaceError, WorkspaceErrors
from firstline.workspace.channel_settings import read_channels
from firstline.workspace.channel_writing import (
    channel_in,
    kind_in,
    toml_value,
    with_channel,
    write_channels_file,
)
from firstline.workspace.problems import Problems

TWO = """\
# Desks
[[channel]]
name = "support"
kind = "zendesk"     # since May
subdomain = "acme"
staff = ["a#b",      # not a comment: a#b
  "c"]               # the last

# Shop
[[channel]]
name = "shop"
kind = "webhook"
"""
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def test_a_new_channel_is_put_at_the_end() -> None:
    """What is there stays, letter for letter."""
    changed = with_channel(TWO, "mail", "email", {"address": "help@acme.example", "imap_port": 143})
    assert changed.startswith(TWO)
    added = tomllib.loads(changed)["channel"][2]
    assert added == {
        "name": "mail",
        "kind": "email",
        "address": "help@acme.example",
        "imap_port": 143,
    }


def test_a_value_keeps_the_comment_beside_it() -> None:
    """A value of several lines becomes one line; what the comment says stays."""
    changed = with_channel(TWO, "support", "zendesk", {"staff": ("d",), "mode": "live"})
    assert 'staff = ["d"]               # the last\nmode = "live"\n\n# Shop' in changed
    assert 'kind = "zendesk"     # since May' in changed


def test_other_line_ends_are_kept() -> None:
    """Those of Windows, and signs that only look like line ends."""
    text = TWO.replace("acme", "a\u2028b").replace("\n", "\r\n")
    changed = with_channel(text, "shop", "webhook", {"mode": "live"})
    assert changed == text + 'mode = "live"\n'
    changed = with_channel(text, "support", "zendesk", {"kind": "zendesk", "subdomain": "b"})
    assert tomllib.loads(changed)["channel"][0]["subdomain"] == "b"
    assert with_channel("", "shop", "webhook", {}).startswith("[[channel]]\n")


def test_nothing_given_changes_nothing() -> None:
    """Also values that are as they were."""
    assert with_channel(TWO, "support", "zendesk", {"subdomain": "acme"}) == TWO
    assert with_channel(TWO, "shop", "webhook", {}) == TWO


@given(st.dictionaries(st.sampled_from(["url", "group", "receiver"]), TEXTS), TEXTS)
def test_whatever_is_written_is_read_again(values: dict[str, str], comment: str) -> None:
    """Quotes, hashes, brackets and line breaks within values are not mistaken for structure."""
    written = f"# {' '.join(comment.split())}" if comment.isprintable() else ""
    text = with_channel(TWO + written + "\n", "new", "webhook", values)
    assert tomllib.loads(text)["channel"][2] == {"name": "new", "kind": "webhook", **values}
    again = with_channel(text, "new", "webhook", {"group": "#]'\""})
    assert tomllib.loads(again)["channel"][2]["group"] == "#]'\""
    assert tomllib.loads(again)["channel"][:2] == tomllib.loads(TWO)["channel"]


@given(st.lists(TEXTS, max_size=4))
def test_a_list_is_read_again(texts: list[str]) -> None:
    """Lists of texts, as TOML writes them."""
    assert tomllib.loads(f"x = {toml_value(tuple(texts))}")["x"] == texts


@pytest.mark.parametrize(
    "text",
    [
        'channel = [{name = "support", kind = "webhook"}]\n',
        '[[channel]]\nname = "support\n',
        '[[channel]]\nname = "a"\nkind = "webhook"\n[[channel]]\nname = "a"\nkind = "webhook"\n',
    ],
)
def test_a_file_of_another_form_is_left_to_people(text: str) -> None:
    """An inline list, a broken file, a name twice."""
    with pytest.raises(WorkspaceError, match="by hand"):
        with_channel(text, "a", "webhook", {"mode": "live"})


def test_another_kind_is_refused() -> None:
    """A name belongs to one kind."""
    assert kind_in(TWO, "shop", "webhook")
    assert not kind_in(TWO, "mail", "email")
    with pytest.raises(WorkspaceError, match="is there already, of the kind `webhook`"):
        kind_in(TWO, "shop", "email")


def test_a_file_that_would_be_wrong_is_not_written(tmp_path: Path) -> None:
    """All mistakes are named with the company's own path and line; the file stays."""
    path = tmp_path / "channels.toml"
    good = '[[channel]]\nname = "shop"\nkind = "webhook"\n'
    setting = write_channels_file(tmp_path, good, "shop")
    assert (setting.name, setting.mode, path.read_text("utf-8")) == ("shop", "shadow", good)
    path.chmod(0o640)
    with pytest.raises(WorkspaceErrors) as caught:
        write_channels_file(tmp_path, good + 'mode = "loud"\ngrup = "x"\n', "shop")
    assert {str(one.place) for one in caught.value.errors} == {f"{path}:4", f"{path}:5"}
    write_channels_file(tmp_path, good + 'mode = "live"\n', "shop")
    assert channel_in(path.read_text("utf-8"), tmp_path, "shop").mode == "live"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["channels.toml"]


def test_a_file_without_channels_is_no_mistake(tmp_path: Path) -> None:
    """Whoever comments out the last one gets a company without channels."""
    (tmp_path / "channels.toml").write_text("# None yet.\n", "utf-8")
    problems = Problems()
    assert read_channels(tmp_path, problems) == ()
    problems.raise_if_any()
