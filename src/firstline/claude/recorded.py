"""Answers from a folder instead of a model: for demonstrations without a key, and for replay.

A recording is a line of JSON in any `*.jsonl` file of the folder:

    {"content": "<hash of the question>", "model": "claude-haiku-5-5", "text": "…",
     "stop": "end_turn", "usage": {"input": 812, "output": 96, "cache_read": 0,
     "cache_write": 0, "cost_usd": 0.0001292}, "note": "how it came about"}

`content` is `Question.content`: the hash of everything the model gets to see. A question whose
prompt changed is therefore not answered from an old recording. The last line of a question holds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from firstline.claude.calls import Asker, Question, Reply, Stop
from firstline.claude.pace import Pace
from firstline.errors import ModelError, Place, SetupError
from firstline.records import Usage

FILE: Final = "recorded.jsonl"
"""Where new recordings go."""


class OpenAsker(Asker, Protocol):
    """An asker that is open: to be closed, and to ask how fast tickets may come."""

    @property
    def pace(self) -> Pace:
        """What is known of the provider's limits."""
        ...

    async def close(self) -> None:
        """Let go of connections; questions on their way are broken off."""
        ...


class Recording(BaseModel):
    """One line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: str
    model: str
    text: str
    stop: Stop
    usage: Usage
    note: str = ""


class RecordedAnswers:
    """Answers questions from recordings.

    Args:
        folder: Where the files are.

    Raises:
        SetupError: The folder is missing or holds no recording, or a line is wrong.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._answers = _read(folder)
        self.pace = Pace(time.monotonic)

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Return the recorded reply, priced as it was; see `Asker.ask`."""
        _ = seconds  # A recording takes no time.
        found = self._answers.get(question.content)
        if found is None:
            raise ModelError(
                f"No recording answers this question to {question.model}",
                failure="not_recorded",
                place=Place(ticket=question.ticket),
                fix="Record it with a provider and --record, or replay with the same prompts",
            )
        return Reply(
            text=found.text,
            stop=found.stop,
            model=found.model,
            usage=found.usage,
            request_id="recorded",
        )

    async def close(self) -> None:
        """Do nothing: nothing is open."""


class Recorder:
    """Asks another asker and writes down what it says.

    Args:
        asker: Whom to ask.
        folder: Where the recordings go; made if missing.
        note: Written into every line.

    Raises:
        SetupError: The folder cannot be written.
    """

    def __init__(self, asker: OpenAsker, folder: Path, *, note: str = "") -> None:
        self._asker = asker
        self.pace = asker.pace
        self._note = note
        self._file = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file.touch()
        except OSError as error:
            raise _unusable(self._file, error) from error

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Return what the asker says, once it is written down; see `Asker.ask`."""
        reply = await self._asker.ask(question, seconds=seconds)
        recording = Recording(
            content=question.content,
            model=reply.model,
            text=reply.text,
            stop=reply.stop,
            usage=reply.usage,
            note=self._note,
        )
        await asyncio.to_thread(self._append, recording.model_dump_json())
        return reply

    async def close(self) -> None:
        """Close the other asker."""
        await self._asker.close()

    def _append(self, line: str) -> None:
        try:
            # One write of one line: lines of several processes do not mix.
            with self._file.open("ab", buffering=0) as file:
                file.write(f"{line}\n".encode())
        except OSError as error:
            raise _unusable(self._file, error) from error


def _read(folder: Path) -> Mapping[str, Recording]:
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise SetupError(
            "There are no recorded answers",
            place=Place(file=str(folder)),
            fix="Set recordings in [models] to a folder with .jsonl files, or record some",
        )
    return {answer.content: answer for file in files for answer in _lines(file)}


def _lines(file: Path) -> list[Recording]:
    answers = []
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise _unusable(file, error) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            answers.append(Recording.model_validate_json(line))
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "the line"
            raise SetupError(
                f"not a recording: {place} is wrong or missing",
                place=Place(file=str(file), line=number),
                fix=f"Remove the line, or write it as recorded (stop is {', '.join(_STOPS)})",
            ) from None
    return answers


_STOPS: Final[tuple[str, ...]] = get_args(Stop)


def _unusable(file: Path, error: OSError) -> SetupError:
    reason = error.strerror or type(error).__name__
    return SetupError(f"the recordings cannot be used: {reason}", place=Place(file=str(file)))
