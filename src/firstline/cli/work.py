"""`firstline work`: a worker beside others, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import typer

from firstline.cli.options import HERE, Folder
from firstline.cli.show import bars, err

if TYPE_CHECKING:
    from firstline.pipeline.engine import Line

LOOK_SECONDS = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def work(workspace: Folder = HERE) -> None:
        """Work on queued tickets until stopped. Start as many as there are machines."""
        from firstline.desk import open_desk

        with bars() as progress, open_desk(workspace, progress=progress) as desk:
            line = desk.line()
            asyncio.run(_work(line))


async def _work(line: Line) -> None:
    from firstline.pipeline.engine import Engine

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    engine = Engine(line, line.parts.workspace.data)
    await engine.start()
    err.print("working; stop with Ctrl-C")
    try:
        await engine.submit(line.store.open_ids())
        while not stop.is_set():
            await engine.tend()
            try:
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue
    finally:
        await engine.stop()
