"""What the package offers is what it says it offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import firstline


def test_all_names_what_can_be_imported() -> None:
    """Every public name resolves, the list is sorted, and nothing else is offered."""
    assert sorted(firstline.__all__) == firstline.__all__
    assert dir(firstline) == firstline.__all__
    for name in firstline.__all__:
        assert getattr(firstline, name).__name__ in (name, "open_desk")


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not offered does not come from somewhere."""
    with pytest.raises(AttributeError, match="nonsense"):
        _ = firstline.nonsense


def test_the_command_line_starts_without_the_heavy_parts() -> None:
    """Asking for help imports neither the engine nor anything numeric."""
    code = (
        "import sys, firstline.cli\n"
        "sys.argv = ['firstline', '--help']\n"
        "try:\n    firstline.cli.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'dbos', 'numpy', 'sqlalchemy', 'onnxruntime', 'sklearn', 'pydantic'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "heavy: []" in done.stdout
