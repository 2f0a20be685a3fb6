"""The phrase tables of `phrases.toml`, compiled to linear-time patterns over folded text."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import re2

_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_OPTIONS.never_capture = True
_OPTIONS.log_errors = False


@cache
def _file() -> dict[str, Any]:
    text = (files("firstline.proof.tone") / "phrases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def phrases(name: str, *, edge: str = r"\b") -> re2._Regexp[bytes]:
    """Return a table as one pattern over folded bytes.

    Args:
        name: Of the table. Its phrases stand one a line; a space stands for any spaces, a name
            in braces for a fragment.
        edge: What must stand before a phrase.
    """
    table = _file()
    joined = "|".join(line for line in table[name]["phrases"].splitlines() if line)
    for fragment, spelled in table["fragments"].items():
        joined = joined.replace(f"{{{fragment}}}", spelled)
    joined = joined.replace(" ?", r"\s*").replace(" ", r"\s+")
    return re2.compile(f"{edge}(?:{joined})".encode("ascii"), _OPTIONS)
