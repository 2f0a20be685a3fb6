"""Is this sentence what the evidence says, word for word and whole?"""

from __future__ import annotations

from functools import lru_cache

from firstline.proof.sentences import Unit, plain, units
from firstline.records import Evidence

SOURCE_PREFIX = "Source: "


@lru_cache(maxsize=512)
def _cut(text: str) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
    found = units(text)
    return found, tuple(plain(unit.text) for unit in found)


def quotation(text: str, evidence: str) -> tuple[int, int] | None:
    """Return where `text` stands in `evidence` as a run of whole, consecutive units.

    Spaces and the shape of quotes and dashes may differ; nothing else may, case included.
    Offsets in characters.
    """
    _, wanted = _cut(text)
    found, held = _cut(evidence)
    size = len(wanted)
    if not size or wanted[0] not in held:
        return None
    for at in range(len(held) - size + 1):
        if held[at : at + size] == wanted:
            return found[at].start, found[at + size - 1].end
    return None


@lru_cache(maxsize=16)
def whole_units(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the units of some texts, as they are compared."""
    return frozenset().union(*(_cut(text)[1] for text in texts))


def begins_as(text: str, whole: frozenset[str]) -> bool:
    """Whether a text begins with one of some units: only then it can be a quotation of them."""
    _, wanted = _cut(text)
    return bool(wanted) and wanted[0] in whole


def quoted_units(text: str, evidence: str) -> bool:
    """Whether `text` is a run of whole, consecutive units of `evidence`."""
    return quotation(text, evidence) is not None


def is_source_line(text: str, evidence: Evidence) -> bool:
    """Whether `text` names this evidence as its source and says nothing else."""
    return plain(text) == plain(source_line(evidence))


def source_line(evidence: Evidence) -> str:
    """Return the line that names a document as the source of what was quoted."""
    title = plain(evidence.title)
    return f"{SOURCE_PREFIX}{title} ({evidence.url})" if evidence.url else SOURCE_PREFIX + title
