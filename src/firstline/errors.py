"""Every error Firstline raises on purpose, sorted by who has to act.

FirstlineError
├── InputError        the sender: a ticket, file or argument is wrong          exit 2
│   └── TicketError   one ticket of a file is wrong, the others go on          exit 1
├── WorkspaceError    the operator: a workspace file is wrong or missing       exit 2
├── SetupError        the operator: machine, database or folder is not usable  exit 2
├── ModelError         nobody yet: a model gave no usable answer, the ticket goes on without it
└── CheckError        nobody yet: a check could not run, so nothing is sent

An error carries a code for programs, a place (file, line, ticket) and the fix; its text is
made of those, so that every message says what happened, where, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is wrong."""

    file: str | None = None
    """Path as the user wrote it."""
    line: int | None = None
    """1-based line in that file."""
    ticket: str | None = None
    """The ticket's id as its sender wrote it."""

    def __str__(self) -> str:
        """`file:line` and the ticket, whatever is known."""
        where = self.file or ""
        if self.line is not None:
            where = f"{where}:{self.line}" if where else f"line {self.line}"
        if self.ticket is not None:
            where = f"{where} (ticket {self.ticket})" if where else f"ticket {self.ticket}"
        return where


NOWHERE = Place()


class FirstlineError(Exception):
    """The root: what happened, where, and how to mend it."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 2

    def __init__(self, problem: str, *, place: Place = NOWHERE, fix: str = "") -> None:
        self.problem = problem
        self.place = place
        self.fix = fix
        super().__init__(problem)

    def __str__(self) -> str:
        """One line: `place: problem. fix`."""
        where = str(self.place)
        text = f"{where}: {self.problem}" if where else self.problem
        return f"{text}. {self.fix}" if self.fix else text


class InputError(FirstlineError):
    """A file or argument given to a command cannot be used."""

    code = "input"


class TicketError(InputError):
    """One ticket cannot be read; the rest of its file is processed."""

    code = "ticket"
    exit_code = 1


class WorkspaceError(FirstlineError):
    """A file of the company's folder is missing, half-written or wrong."""

    code = "workspace"


class WorkspaceErrors(WorkspaceError):
    """Everything that is wrong with a workspace at once, so that one reading mends it all."""

    def __init__(self, errors: tuple[WorkspaceError, ...]) -> None:
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors))


class SetupError(FirstlineError):
    """The machine, a folder or the database cannot be used as configured."""

    code = "setup"


class CheckError(FirstlineError):
    """A check could not run. The draft it was asked about is not sent."""

    code = "check"


ModelFailure: TypeAlias = Literal[
    "unreachable",  # no connection, a stall, or the answer broke off
    "overloaded",  # 5xx, 529
    "rate_limited",  # 429 that may pass
    "spend_cap",  # 429 or 400 that lasts until somebody raises a limit
    "key_rejected",  # 401, 403: no key, a revoked key, no right to the model
    "bad_request",  # any other 4xx: asking again would be refused again
    "refused",  # stop_reason refusal
    "truncated",  # stop_reason max_tokens
    "context_exceeded",  # the prompt does not fit the model
    "empty",  # an answer without text
    "malformed",  # an answer that is not what was asked for, also after one repair
    "wrong_model",  # another model than the one asked answered
    "deadline",  # no time left
    "breaker_open",  # too many failures lately: not asked
    "budget",  # the day's or month's budget is spent: not asked
    "requester_cap",  # this requester's share of calls is spent: not asked
    "not_recorded",  # replaying, and no recording has this question
]
"""Why a model gave no usable answer: a stable code to count by."""


class ModelError(FirstlineError):
    """A model gave no usable answer. Nothing is lost: the next writer is asked, or a person."""

    code = "model"

    def __init__(
        self, problem: str, *, failure: ModelFailure, place: Place = NOWHERE, fix: str = ""
    ) -> None:
        self.failure = failure
        super().__init__(problem, place=place, fix=fix)
