"""Timing the stages, and remembering which one is running."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from firstline.records import StageTime


class Watch:
    """Adds up what each stage takes; a stage may run more than once for a ticket."""

    def __init__(
        self, before: Iterable[StageTime] = (), *, begun: Callable[[str], None] | None = None
    ) -> None:
        self.stage = "start"
        self._begun = begun
        self._spent = {item.stage: (item.wall_ms, item.cpu_ms) for item in before}

    @property
    def times(self) -> tuple[StageTime, ...]:
        """What the stages took so far, in the order they first ran."""
        return tuple(
            StageTime(stage=stage, wall_ms=round(wall, 3), cpu_ms=round(cpu, 3))
            for stage, (wall, cpu) in self._spent.items()
        )

    @contextmanager
    def __call__(self, stage: str, *, waits: bool = False) -> Iterator[Callable[[float], None]]:
        """Note the wall and processor time of what runs inside.

        Gives a function that takes the processor time, in ms, of work done on another thread.

        Args:
            stage: Its name.
            waits: Whether it waits for somebody else. Other tickets run on the thread meanwhile,
                so this thread's processor time says nothing.
        """
        self.stage = stage
        if self._begun is not None:
            self._begun(stage)
        elsewhere: list[float] = []
        wall, cpu = time.perf_counter(), time.thread_time()
        yield elsewhere.append
        own = 0.0 if waits else (time.thread_time() - cpu) * 1e3
        before = self._spent.get(stage, (0.0, 0.0))
        self._spent[stage] = (
            before[0] + (time.perf_counter() - wall) * 1e3,
            before[1] + own + sum(elsewhere),
        )
