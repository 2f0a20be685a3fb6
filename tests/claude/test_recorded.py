"""Recorded answers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from firstline.claude.calls import Question, Reply, Turn
from firstline.claude.pace import Pace
from firstline.claude.recorded import FILE, RecordedAnswers, Recorder
from firstline.errors import ModelError, SetupError
from firstline.records import Usage
from tests.claude.asking import a_question


class Parrot:
    """Says the last turn again."""

    def __init__(self) -> None:
        self.pace = Pace(time.monotonic)
        self.closed = False

    async def close(self) -> None:
        """Note it."""
        self.closed = True

    async def ask(self, question: Question, *, seconds: float | None = None) -> Reply:
        """Return the last turn's text."""
        assert seconds == 4.0
        return Reply(
            text=question.turns[-1].text,
            stop="end_turn",
            model="claude-haiku-4-5-20251001",
            usage=Usage(input=10, output=5, cost_usd=0.000035),
            request_id="req_1",
        )


async def test_what_was_recorded_is_said_again(tmp_path: Path) -> None:
    """The reply comes back as it was, with what it cost, also for another ticket."""
    parrot = Parrot()
    recorder = Recorder(parrot, tmp_path / "recordings", note="by hand")
    said = await recorder.ask(a_question(), seconds=4.0)
    await recorder.close()
    assert parrot.closed
    answers = RecordedAnswers(tmp_path / "recordings")
    replayed = await answers.ask(a_question("another"))
    assert (replayed.text, replayed.stop, replayed.model) == (said.text, said.stop, said.model)
    assert replayed.usage == said.usage
    assert answers.pace.tickets_per_minute(1, 1000) is None
    await answers.close()


async def test_the_last_recording_of_a_question_holds(tmp_path: Path) -> None:
    """Recording again replaces, and questions that differ in a word are different."""
    recorder = Recorder(Parrot(), tmp_path)
    await recorder.ask(a_question(), seconds=4.0)
    line = (tmp_path / FILE).read_text(encoding="utf-8")
    newer = line.replace("How do I export my games?", "Open the menu.")
    (tmp_path / FILE).write_text(line + "\n" + newer, encoding="utf-8")
    reply = await RecordedAnswers(tmp_path).ask(a_question())
    assert reply.text == "Open the menu."


async def test_a_question_nobody_recorded_is_an_error(tmp_path: Path) -> None:
    """It has its own code and says what to do, without the question's words."""
    await Recorder(Parrot(), tmp_path).ask(a_question(), seconds=4.0)
    other = a_question(turns=(Turn(role="user", text="Where is my parcel?"),))
    with pytest.raises(ModelError, match="No recording") as caught:
        await RecordedAnswers(tmp_path).ask(other)
    assert caught.value.failure == "not_recorded"
    assert "parcel" not in str(caught.value)


def test_a_folder_without_recordings_is_said_at_once(tmp_path: Path) -> None:
    """Also one that does not exist."""
    with pytest.raises(SetupError, match="no recorded answers"):
        RecordedAnswers(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("not JSON", "the line"),
        ('{"content": "x"}', "model"),
        (
            '{"content":"x","model":"m","text":"t","stop":"never","usage":{}}',
            "stop",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, place: str) -> None:
    """File, line and field."""
    (tmp_path / "answers.jsonl").write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(SetupError, match=place) as caught:
        RecordedAnswers(tmp_path)
    assert caught.value.place.line == 2


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_paid(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(SetupError, match="cannot be used"):
        Recorder(Parrot(), tmp_path / "taken")
