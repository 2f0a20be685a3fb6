"""What a classifier has learnt, and its file: arrays and JSON in one .npz, never pickle."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from firstline.errors import Place, SetupError
from firstline.routing.features import GramIndex
from firstline.routing.scoring import Doubles, Meaning, Scale, Wording
from firstline.routing.spelling import Spelling

ALGORITHM: Final = "1"
"""Raised whenever learning or scoring changes, so that no stale file is used."""

_MEANING_ARRAYS: Final = (
    "weights",
    "bias",
    "examples",
    "owners",
    "rarity",
    "centre",
    "prototypes",
    "foreign",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """Everything a classifier is made of."""

    labels: tuple[str, ...]
    encoder_name: str | None
    index: GramIndex
    spelling: Spelling
    wording: Wording
    text_blend: Doubles
    text_scale: Scale
    meaning: Meaning | None
    """None without an encoder; then `blend` and `scale` are those of the words alone."""
    blend: Doubles
    scale: Scale


def save(learnt: Learnt, path: Path) -> None:
    """Write all of it to a file, or nothing; the folder is made if need be.

    Raises:
        SetupError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".classifier-", suffix=".tmp")
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, **_packed(learnt))
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(
            f"the classifier cannot be written ({error.strerror})",
            place=Place(file=str(path)),
            fix="Make the folder writable and leave some space on the disk",
        ) from error


def load(path: Path) -> Learnt:
    """Read what `save` wrote.

    Raises:
        SetupError: The file is missing, damaged, or of another version.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return _unpacked({name: file[name] for name in file.files})
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise SetupError(
            "the classifier's file cannot be read",
            place=Place(file=str(path)),
            fix="Remove it; it is made again from the examples",
        ) from error


def _packed(learnt: Learnt) -> dict[str, Any]:
    facts = {
        "algorithm": ALGORITHM,
        "labels": learnt.labels,
        "encoder": learnt.encoder_name,
        "unseen": learnt.index.unseen,
        "words": learnt.spelling.counts,
        "foreign_bias": None if learnt.meaning is None else learnt.meaning.foreign_bias,
    }
    arrays = {
        "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
        "keys": learnt.index.keys,
        "telling": learnt.index.weight,
        "wording_weights": learnt.wording.weights,
        "wording_bias": learnt.wording.bias,
        "text_blend": learnt.text_blend,
        "text_marks": learnt.text_scale.marks,
        "blend": learnt.blend,
        "marks": learnt.scale.marks,
    }
    if learnt.meaning is not None:
        arrays |= {f"meaning_{name}": getattr(learnt.meaning, name) for name in _MEANING_ARRAYS}
    return arrays


def _unpacked(arrays: Mapping[str, Any]) -> Learnt:
    facts = json.loads(arrays["facts"].tobytes())
    if facts["algorithm"] != ALGORITHM:
        raise ValueError("written by another version")
    meaning = None
    if facts["foreign_bias"] is not None:
        parts = {name: arrays[f"meaning_{name}"] for name in _MEANING_ARRAYS}
        meaning = Meaning(**parts, foreign_bias=float(facts["foreign_bias"]))
    return Learnt(
        labels=tuple(facts["labels"]),
        encoder_name=facts["encoder"],
        index=GramIndex(
            keys=arrays["keys"], weight=arrays["telling"], unseen=float(facts["unseen"])
        ),
        spelling=Spelling(facts["words"]),
        wording=Wording(weights=arrays["wording_weights"], bias=arrays["wording_bias"]),
        text_blend=arrays["text_blend"],
        text_scale=Scale(marks=arrays["text_marks"]),
        meaning=meaning,
        blend=arrays["blend"],
        scale=Scale(marks=arrays["marks"]),
    )
