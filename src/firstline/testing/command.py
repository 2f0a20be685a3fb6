"""`python -m firstline.testing.claude_double`: the double as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from dataclasses import replace

from firstline.testing.answers import answer_named
from firstline.testing.claude_double import ClaudeDouble
from firstline.testing.faults import NAMED, Fault, fault_named
from firstline.testing.limits import Limits

REMEMBERED = 200
"""Requests that a process remembers."""


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m firstline.testing.claude_double",
        description="A double of the Anthropic API on a loopback port. See docs/testing.md.",
    )
    usual = Limits()
    add = parser.add_argument
    add("--port", type=int, default=8089, help="0: one that is free")
    add("--wait-ms", type=float, default=0.0, help="between a request and its answer")
    add("--rpm", type=int, default=usual.requests, help="requests a minute")
    add("--itpm", type=int, default=usual.input_tokens, help="input tokens a minute")
    add("--otpm", type=int, default=usual.output_tokens, help="output tokens a minute")
    add("--answer", default="schema", help="a registered name, or package.module:function")
    add("--key", action="append", default=[], help="a valid API key; none given: any")
    add("--batch-seconds", type=float, default=1.0, help="from a batch's creation to its end")
    add("--keep-requests", type=int, default=REMEMBERED, help="how many requests to remember")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:TIMES]",
        help=f"what goes wrong first; TIMES 0: always. One of {', '.join(NAMED)}",
    )
    return parser.parse_args(arguments)


def _fault(text: str) -> Fault:
    name, _, times = text.partition(":")
    return fault_named(name).repeated(int(times or 1))


def double_of(options: argparse.Namespace) -> ClaudeDouble:
    """Return the double that a command line describes.

    Raises:
        LookupError: A fault or an answer function has an unknown name.
    """
    limits = replace(
        Limits(),
        requests=options.rpm,
        input_tokens=options.itpm,
        output_tokens=options.otpm,
    )
    double = ClaudeDouble(
        port=options.port,
        wait_seconds=options.wait_ms / 1000,
        answer=answer_named(options.answer),
        limits=limits,
        keys=tuple(options.key),
        batch_seconds=options.batch_seconds,
        keep_requests=options.keep_requests,
    )
    double.script(*(_fault(text) for text in options.fault))
    return double


async def _serve(double: ClaudeDouble) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with double:
        sys.stdout.write(f"{double.url}\n")
        sys.stdout.flush()
        await stopped.wait()


def main(arguments: list[str] | None = None) -> None:
    """Run a double until it is told to stop; its address is the one line it prints."""
    options = _options(arguments)
    try:
        double = double_of(options)
    except (LookupError, ImportError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from error
    asyncio.run(_serve(double))
