"""Record the bundled company's answers anew, from the double's stand-in.

    python -m benchmarks.record

Run it whenever prompts, evidence or tickets of examples/acme changed: recordings are found by what
the model gets to see, and the suite says when one is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmarks.company import firstline
from firstline.testing.claude_double import ClaudeDouble
from firstline.testing.support import answer_ticket

ACME = Path(__file__).resolve().parents[1] / "examples" / "acme"
RECORDED = "recorded.jsonl"


def main() -> None:
    """Run all tickets against the double and keep its answers, in a stable order."""
    with tempfile.TemporaryDirectory() as scratch:
        workspace = Path(scratch) / "acme"
        leave = shutil.ignore_patterns(".firstline", "recordings")
        shutil.copytree(ACME, workspace, ignore=leave)
        with ClaudeDouble.in_thread(answer=answer_ticket) as double:
            environment = dict(os.environ) | {
                "FIRSTLINE_MODEL_PROVIDER": "anthropic",
                "ANTHROPIC_BASE_URL": double.url,
                "ANTHROPIC_API_KEY": "sk-ant-loopback",
            }
            tickets = ACME / "tickets.jsonl"
            out = Path(scratch) / "out"
            command = firstline("run", tickets, "--out", out, "-w", workspace, "--record")
            subprocess.run(command, check=True, env=environment)
        lines = (workspace / "recordings" / RECORDED).read_text(encoding="utf-8").splitlines()
    target = ACME / "recordings" / RECORDED
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(sorted(set(lines))) + "\n", encoding="utf-8")
    print(f"{len(set(lines))} answers in {target.relative_to(ACME.parent)}")


if __name__ == "__main__":
    main()
