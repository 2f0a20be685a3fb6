"""Running checks so that one which cannot run blocks: it raises, gives nothing, or takes too long.

A check is plain code and cannot be stopped from outside. So all of them run in a thread of their
own, and who waits stops waiting at the deadline; what the late thread says then is not heard.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from firstline.observe import log, place_of
from firstline.proof.subject import Check, Subject, blocked
from firstline.records import Finding

SECONDS = 10.0
"""For all checks of a reply together. They take milliseconds, but the machine may be busy."""


async def run_checks(
    subject: Subject,
    checks: Mapping[str, Check],
    *,
    where: str,
    seconds: float = SECONDS,
    spend: Callable[[float], None] | None = None,
) -> tuple[Finding, ...]:
    """Return what every check says, at least one finding each.

    Args:
        subject: The reply.
        checks: By name, in order.
        where: The ticket or case, for the log.
        seconds: How long all checks together may take.
        spend: Told the processor time they took, in ms.
    """
    done: dict[str, tuple[Finding, ...]] = {}

    def run() -> None:
        begun = time.thread_time()
        for name, check in checks.items():
            done[name] = run_check(name, check, subject, where=where)
        if spend is not None:
            spend((time.thread_time() - begun) * 1e3)

    try:
        await asyncio.wait_for(asyncio.to_thread(run), seconds)
    except TimeoutError:
        late = next((name for name in checks if name not in done), "")
        log.error("check_timed_out", ticket=where, check=late, seconds=seconds)
    return tuple(finding for name in checks for finding in done.get(name, (_late(name, seconds),)))


def run_check(name: str, check: Check, subject: Subject, *, where: str) -> tuple[Finding, ...]:
    """Return what one check says; anything but findings is a failure, and a failure blocks."""
    try:
        found = check(subject)
    except Exception as error:  # noqa: BLE001 - a check that cannot run must block, whatever it raised
        failed = f"{type(error).__name__} at {place_of(error)}"
        log.error("check_failed", ticket=where, check=name, detail=failed)
        return (_failed(name, f"the check could not run ({failed})"),)
    if not isinstance(found, tuple):
        return (_failed(name, "the check gave no findings"),)
    findings = tuple(item for item in found if isinstance(item, Finding))
    if len(findings) != len(found):
        return (_failed(name, "the check gave something else than findings"),)
    return findings or (Finding(check=name, result="pass", detail=""),)


def _late(name: str, seconds: float) -> Finding:
    return _failed(name, f"the checks took longer than {seconds:g} s")


def _failed(name: str, detail: str) -> Finding:
    return blocked(name, detail, code="check_failed")
