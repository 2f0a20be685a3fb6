"""`firstline work`: a worker beside others, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from firstline.cli.options import HERE, Folder
from firstline.cli.show import bars, err

if TYPE_CHECKING:
    from firstline.desk import Desk


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def work(
        workspace: Folder = HERE,
        beside: Annotated[
            int, typer.Option(hidden=True, help="Stop when this parent process is gone.")
        ] = 0,
    ) -> None:
        """Work on queued tickets until stopped. Start as many as there are machines."""
        from firstline.desk import open_desk

        with bars() as progress, open_desk(workspace, progress=progress) as desk:
            asyncio.run(_work(desk, beside))


async def _work(desk: Desk, beside: int) -> None:
    from firstline.desk.working import keep_working
    from firstline.pipeline.engine import Engine

    line = desk.line()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    engine = Engine(line, line.parts.workspace.data)
    await engine.start()
    err.print("working; stop with Ctrl-C")
    try:
        await keep_working(
            engine,
            line,
            stop,
            wanted=lambda: not beside or os.getppid() == beside,
            collector=desk.collector(engine.submit) if desk.connections else None,
        )
    finally:
        await engine.stop()
        await desk.disconnect()
