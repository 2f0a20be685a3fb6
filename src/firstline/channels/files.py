"""The file channel: every delivery is one line of `sent.jsonl` in an output folder.

The line carries the attempt marker, and looking for the marker and appending the line happen
under one lock of the file, so several workers deliver each parcel once between them.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from firstline.channels.base import Parcel, Presence

SENT = "sent.jsonl"


class FileChannel:
    """Deliveries as lines of a file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SENT
        self._known: set[str] = set()
        self._read_to = 0

    @property
    def is_local(self) -> bool:
        """A file is written at once."""
        return True

    @property
    def settle_seconds(self) -> float:
        """A file is written or is not."""
        return 0.0

    async def send(self, parcel: Parcel) -> str:
        """Append a line unless its marker is there already."""
        return await asyncio.to_thread(self._send, parcel)

    async def find(self, parcel: Parcel) -> Presence:
        """Look the marker up. A file always knows."""
        return await asyncio.to_thread(self._find, parcel.marker)

    def _send(self, parcel: Parcel) -> str:
        line = json.dumps(
            {
                "marker": parcel.marker,
                "ticket": parcel.ticket,
                "kind": parcel.kind,
                "text": parcel.text,
            },
            ensure_ascii=False,
        )
        with self._locked() as file:
            self._catch_up(file)
            if parcel.marker not in self._known:
                file.seek(0, os.SEEK_END)
                file.write(line.encode() + b"\n")
                file.flush()
        return f"{SENT}#{parcel.marker}"

    def _find(self, marker: str) -> Presence:
        with self._locked() as file:
            self._catch_up(file)
        return "present" if marker in self._known else "absent"

    @contextmanager
    def _locked(self) -> Iterator[IO[bytes]]:
        with self._path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _catch_up(self, file: IO[bytes]) -> None:
        """Read the lines other workers appended, and drop a line a killed one left half."""
        file.seek(self._read_to)
        tail = file.read()
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            file.truncate(self._read_to + whole)
        for line in tail[:whole].splitlines():
            self._known.add(str(json.loads(line)["marker"]))
        self._read_to += whole
