"""Working on queued tickets until told to stop: the loop of every process that works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from firstline.desk.collecting import Collector
from firstline.errors import SetupError
from firstline.lasting import spare_what_lasts
from firstline.observe import log
from firstline.pipeline.engine import Engine
from firstline.pipeline.warming import warm
from firstline.pipeline.workflows import Line

LOOK_SECONDS = 5.0
MOST_FAILURES = 12
"""Looks in a row that may fail before the loop gives up: a minute."""


async def keep_working(
    engine: Engine,
    line: Line,
    stop: asyncio.Event,
    *,
    wanted: Callable[[], bool] = lambda: True,
    collector: Collector | None = None,
) -> None:
    """Tend a started engine, first with what is open, until `stop` is set.

    Args:
        engine: It has been started.
        line: What it works with.
        stop: Set it to end the loop at once.
        wanted: Asked between two looks; the loop ends when it says no.
        collector: Brings tickets of helpdesks and mailboxes meanwhile.
    """
    ended = asyncio.Event()
    collecting = (
        asyncio.create_task(collector.keep_collecting(ended)) if collector is not None else None
    )
    try:
        await _keep_tending(engine, line, stop, wanted)
    finally:
        ended.set()
        if collecting is not None:
            collecting.cancel()
            await asyncio.gather(collecting, return_exceptions=True)


async def _keep_tending(
    engine: Engine, line: Line, stop: asyncio.Event, wanted: Callable[[], bool]
) -> None:
    warming = asyncio.create_task(asyncio.to_thread(_warm, line))
    await engine.submit(await asyncio.to_thread(line.store.open_ids))
    failed = 0
    while not stop.is_set() and wanted():
        try:
            await engine.tend()
            failed = 0
        except (SetupError, SQLAlchemyError) as error:
            # A database that is busy for a moment must not end what serves and works.
            failed += 1
            log.error("tending_failed", kind=type(error).__name__, times=failed)
            if failed >= MOST_FAILURES:
                raise
        try:
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        except TimeoutError:
            continue
    await warming


def _warm(line: Line) -> None:
    warm(line.parts)
    spare_what_lasts()
