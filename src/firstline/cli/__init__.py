"""The command line: one file a command group, nothing heavy imported before it is needed."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from firstline.errors import FirstlineError

COMMANDS = (
    "init",
    "demo",
    "run",
    "ask",
    "kb",
    "doctor",
    "evaluate",
    "check",
    "work",
    "models",
    "cost",
    "commitments",
    "autonomy",
    "certify",
    "labels",
    "recall",
    "gaps",
    "accuracy",
    "review",
    "serve",
    "connect",
    "channels",
    "people",
)
"""Modules of this package, each with a `register(app)`."""
INTERRUPTED = 130
SWITCH_SECONDS = 0.03
"""How long a thread keeps the interpreter. Stages compute for milliseconds while the database's
threads wait for disk; switching between them more often measurably costs time and memory."""


def main() -> None:
    """Run the command line; every expected error is one clear message and an exit code."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.setswitchinterval(SWITCH_SECONDS)
    import typer

    app = typer.Typer(
        name="firstline",
        help="Answers support tickets with proof, or hands them to a person.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for name in COMMANDS:
        import_module(f"firstline.cli.{name}").register(app)
    try:
        app()
    except FirstlineError as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)  # noqa: T201 - the error stream is the place
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
