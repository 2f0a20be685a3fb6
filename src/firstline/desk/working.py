"""Working on queued tickets until told to stop: the loop of every process that works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from firstline.pipeline.engine import Engine
from firstline.pipeline.warming import warm
from firstline.pipeline.workflows import Line

LOOK_SECONDS = 5.0


async def keep_working(
    engine: Engine, line: Line, stop: asyncio.Event, *, wanted: Callable[[], bool] = lambda: True
) -> None:
    """Tend a started engine, first with what is open, until `stop` is set.

    Args:
        engine: It has been started.
        line: What it works with.
        stop: Set it to end the loop at once.
        wanted: Asked between two looks; the loop ends when it says no.
    """
    warming = asyncio.create_task(asyncio.to_thread(warm, line.parts))
    await engine.submit(await asyncio.to_thread(line.store.open_ids))
    while not stop.is_set() and wanted():
        await engine.tend()
        try:
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        except TimeoutError:
            continue
    await warming
