"""Logs: one JSON object a line on the error stream; ids, codes and figures, never a message.

`FIRSTLINE_LOG` chooses the level (debug, info, warning, error; warning by default).
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from traceback import extract_tb
from typing import Any

import structlog

LEVEL_VARIABLE = "FIRSTLINE_LOG"
LONGEST_VALUE = 200
"""Characters of a logged value; ids and codes are shorter, a message that slipped in is cut."""

log: structlog.stdlib.BoundLogger = structlog.get_logger("firstline")


def configure() -> None:
    """Set the log up from the environment. Called once, by the command line."""
    wanted = os.environ.get(LEVEL_VARIABLE, "warning").upper()
    level = logging.getLevelNamesMapping().get(wanted, logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _cut,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _cut(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            event[key] = value[:LONGEST_VALUE] + "…"
    return event


def place_of(error: BaseException) -> str:
    """Return where an error was raised as `file:line`, without its message."""
    frames = extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
