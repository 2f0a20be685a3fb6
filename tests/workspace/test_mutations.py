"""Files damaged at random: loading gives a workspace or WorkspaceErrors, and nothing else."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from firstline.errors import WorkspaceError, WorkspaceErrors
from firstline.workspace import load
from firstline.workspace.create import starter
from firstline.workspace.prompts_file import packaged_prompts

NAMES = (
    "firstline.toml",
    "intents.yaml",
    "policies.yaml",
    "catalogue.yaml",
    "voice.md",
    "customers.json",
    "prompts/system.md",
    "prompts/guides/technical.md",
)
PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [
            b"\t",
            b"\0",
            b": ",
            b"- ",
            b"{",
            b"}",
            b"[",
            b"]",
            b'"',
            b"'",
            b"&a ",
            b"*a",
            b"!!x ",
            b"\n",
            b"#",
            b"---\n",
            b"\xff",
            b"\xef\xbb\xbf",
            b"| ",
            b"> ",
            b"? ",
            b"%",
            b"null",
            b"1e999",
            b"= ",
            b'"""',
            b"\xe2\x80\xa8",
            b"\xc2\x85",
        ]
    ),
)
EDITS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 40), PIECES), max_size=4)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(NAMES), edits=EDITS, cut=st.integers(0, 20_000))
def test_damage_is_always_explained(
    name: str, edits: list[tuple[int, int, bytes]], cut: int
) -> None:
    """Every mistake has a file of this folder, a problem and a fix."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "company"
        _company(folder)
        data = (folder / name).read_bytes()
        for at, length, piece in edits:
            place = at % (len(data) + 1)
            data = data[:place] + piece + data[place + length :]
        (folder / name).write_bytes(data[: cut or None])
        for one in _mistakes(folder):
            assert str(one.place.file).startswith(str(folder))
            assert one.problem
            assert one.fix
            assert "\n" not in str(one)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300), name=st.sampled_from(NAMES))
def test_rubbish_is_always_explained(data: bytes, name: str) -> None:
    """A file of arbitrary bytes never gives anything but WorkspaceErrors."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "company"
        _company(folder)
        (folder / name).write_bytes(data)
        assert all(one.problem and one.fix for one in _mistakes(folder))


def _company(folder: Path) -> None:
    """Make the starter with its prompts."""
    shutil.copytree(starter(), folder)
    shutil.copytree(packaged_prompts(), folder / "prompts")


def _mistakes(folder: Path) -> tuple[WorkspaceError, ...]:
    """Return what is wrong with a folder; a folder that loads has a company's name."""
    try:
        company = load(folder).settings.company
    except WorkspaceErrors as error:
        return error.errors
    assert company
    return ()
