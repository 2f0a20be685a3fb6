"""The bundled phrase files of this package, compiled once (`proof/phrases.py` says how)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from firstline.proof.phrases import Rule, read_rules, signal_exceptions
from firstline.records import Signal

_HARM: frozenset[Signal] = frozenset({"threat", "self_harm", "danger", "bereavement"})


def _folder() -> Traversable:
    return files("firstline.routing.signals") / "phrases"


def phrase_file(name: str) -> dict[str, Any]:
    """Return one bundled phrase file."""
    return tomllib.loads((_folder() / name).read_text(encoding="utf-8"))


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule of the bundled phrase files, compiled once."""
    return read_rules(_folder())


@cache
def _signal_exceptions() -> dict[str, Any]:
    return signal_exceptions(_folder())


def exempt(signal: Signal, folded: str) -> bool:
    """Return whether a folded sentence holds a phrase that means something harmless.

    Words of death and harm share their figures of speech, whichever signal lists them.
    """
    text = folded.encode("ascii", "replace")
    group = _HARM if signal in _HARM else frozenset({signal})
    return any(
        exception.search(text) is not None
        for kind, exception in _signal_exceptions().items()
        if kind in group
    )
