"""A small part of Acme, quickly opened: a few intents and the articles about import and export."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
KEPT = (
    "export_data",
    "import_data",
    "complaint",
    "cancel_or_pause",
    "charges_and_refunds",
)


def small_acme(folder: Path) -> Path:
    """Write the company into a new folder and return it."""
    shutil.copytree(ACME, folder, ignore=shutil.ignore_patterns(".*", "knowledge"))
    shutil.copytree(ACME / "knowledge" / "import-export", folder / "knowledge" / "import-export")
    intents = yaml.safe_load((folder / "intents.yaml").read_text(encoding="utf-8"))["intents"]
    kept = {name: intents[name] for name in KEPT}
    text = yaml.safe_dump({"intents": kept}, allow_unicode=True)
    (folder / "intents.yaml").write_text(text, encoding="utf-8")
    return folder
