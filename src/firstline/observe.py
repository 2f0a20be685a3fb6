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
from typing import Any, TextIO

import structlog

LEVEL_VARIABLE = "FIRSTLINE_LOG"
LONGEST_VALUE = 200
"""Characters of a logged value; ids and codes are shorter, a message that slipped in is cut."""


def _cut(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            event[key] = value[:LONGEST_VALUE] + "…"
    return event


def place_of(error: BaseException) -> str:
    """Return where an error was raised as `file:line`, without its message."""
    frames = extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


class _ErrorStream:
    """The error stream as it is when a line is written."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _logger() -> Any:
    """Return a logger of our own, so that an application's structlog settings stay its own."""
    wanted = os.environ.get(LEVEL_VARIABLE, "warning").upper()
    level = logging.getLevelNamesMapping().get(wanted, logging.WARNING)
    stream: TextIO | Any = _ErrorStream()
    return structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _cut,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


log = _logger()


class _WithoutArguments(logging.Filter):
    """Lets a library's messages through without the data it would print beside them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the event, drop its arguments and traceback."""
        record.args = ()
        record.exc_info = None
        return True


def silence(name: str) -> None:
    """Keep a library's messages, without what they would print of a ticket."""
    logger = logging.getLogger(name)
    if not any(isinstance(item, _WithoutArguments) for item in logger.filters):
        logger.addFilter(_WithoutArguments())
