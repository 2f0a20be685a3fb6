"""Is this sentence what the evidence says, word for word and whole?"""

from __future__ import annotations

from firstline.proof.sentences import plain, units
from firstline.records import Evidence

SOURCE_PREFIX = "Source: "


def quoted_units(text: str, evidence: str) -> bool:
    """Whether `text` is a run of whole, consecutive units of `evidence`.

    Spaces and the shape of quotes and dashes may differ; nothing else may, case included.
    """
    wanted = [plain(unit.text) for unit in units(text)]
    held = [plain(unit.text) for unit in units(evidence)]
    size = len(wanted)
    if not size:
        return False
    return any(held[at : at + size] == wanted for at in range(len(held) - size + 1))


def is_source_line(text: str, evidence: Evidence) -> bool:
    """Whether `text` names this evidence as its source and says nothing else."""
    return plain(text) == plain(source_line(evidence))


def source_line(evidence: Evidence) -> str:
    """Return the line that names a document as the source of what was quoted."""
    title = plain(evidence.title)
    return f"{SOURCE_PREFIX}{title} ({evidence.url})" if evidence.url else SOURCE_PREFIX + title
