"""The folder outside a company's own in which `firstline connect` keeps its channels' secrets.

Whatever opens the company looks there for what its environment does not say.
"""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from hashlib import sha256
from pathlib import Path
from typing import Final

PREFIX: Final = "FIRSTLINE_"
"""How the names of secrets begin, which are the names of environment variables."""
_DIGITS: Final = 6


def secrets_folder(workspace: Path) -> Path | None:
    """Return where a company's secrets are kept, unless something else is said.

    Two companies whose folders have the same name do not share it. None: this user has no home.
    """
    path = workspace.resolve()
    place = sha256(str(path).encode()).hexdigest()[:_DIGITS]
    base = os.environ.get("XDG_CONFIG_HOME")
    if not base:
        try:
            base = str(Path.home() / ".config")
        except RuntimeError:
            return None
    return Path(base) / "firstline" / f"{path.name}-{place}"


def with_kept(environment: MutableMapping[str, str], workspace: Path) -> Mapping[str, str]:
    """Return the environment with a `<variable>_FILE` for each secret kept for the company.

    What the environment itself says comes first, and goes on being looked up.
    """
    folder = secrets_folder(workspace)
    try:
        paths = sorted(folder.glob(f"{PREFIX}*")) if folder is not None else []
    except OSError:  # Somebody else's folder: its secrets will be reported as missing.
        paths = []
    return ChainMap(environment, {f"{path.name}_FILE": str(path) for path in paths})
