"""Questions to other systems beside the caller: for at most so long, and so many at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from firstline.sources.failure import SourceFailure

Answer = TypeVar("Answer")
WIDTH = 8
"""Questions to one source at the same time; those left hanging count until they end."""


class Lane:
    """Runs each question in a thread of its own and stops waiting for it in time.

    A thread cannot be stopped from outside, and one that waits for a dead server may hang for
    minutes. So the threads hold up nobody, not even the end of the program, and no more than
    `width` of them can hang.
    """

    def __init__(self, *, seconds: float, width: int = WIDTH) -> None:
        self._seconds = seconds
        self._free = threading.BoundedSemaphore(width)

    def run(self, ask: Callable[[], Answer]) -> Answer:
        """Return what `ask` returns or raise what it raises.

        Raises:
            SourceFailure: There was no answer in time.
        """
        end = time.monotonic() + self._seconds
        if not self._free.acquire(timeout=self._seconds):
            raise SourceFailure("too many questions wait for its answer")
        answer: Future[Answer] = Future()

        def body() -> None:
            try:
                answer.set_result(ask())
            except Exception as error:  # noqa: BLE001 - handed to the caller, who raises it
                answer.set_exception(error)
            finally:
                self._free.release()

        threading.Thread(target=body, name="firstline-source", daemon=True).start()
        try:
            return answer.result(max(0.0, end - time.monotonic()))
        except TimeoutError:
            raise SourceFailure(f"no answer within {self._seconds:g} s") from None
