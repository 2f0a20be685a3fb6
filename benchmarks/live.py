"""Twenty of Acme's tickets with the real models: does everything still fit together?

Asks the provider, so it costs a few cents at most (a hard budget of 0.50 $ is set), and needs a
key. Each of the twenty is a ticket that a model is asked about. Exit code 1: some question had no
usable answer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.company import firstline

KEY = "ANTHROPIC_API_KEY"
TICKETS = 20
BUDGET = '\n[models]\nprovider = "anthropic"\n\n[budget]\nday_usd = 0.5\n'
ACME = Path(__file__).resolve().parents[1] / "examples" / "acme"


def asked_about(workspace: Path, folder: Path) -> list[str]:
    """Return tickets that the local writers leave to a model: those they do not answer."""
    out = folder / "local"
    command = firstline("run", ACME / "tickets.jsonl", "--out", out, "-w", workspace)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=dict(os.environ) | NO_MODEL)
    results = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    reasons = ("no_answer", "confidence_medium", "route_unsure")
    open_ids = {item["id"] for item in results if item["reason"] in reasons}
    lines = (ACME / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if json.loads(line)["id"] in open_ids]


NO_MODEL = {"FIRSTLINE_MODEL_PROVIDER": "none"}


def main() -> None:
    """Run them, and say what came of each."""
    if not os.environ.get(KEY):
        print(f"{KEY} is not set: nothing was asked")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        workspace = folder / "acme"
        shutil.copytree(ACME, workspace, ignore=shutil.ignore_patterns(".firstline"))
        settings = workspace / "firstline.toml"
        settings.write_text(settings.read_text(encoding="utf-8") + BUDGET, encoding="utf-8")
        tickets = folder / "tickets.jsonl"
        tickets.write_text("\n".join(asked_about(workspace, folder)[:TICKETS]) + "\n")
        out = folder / "live"
        subprocess.run(firstline("run", tickets, "--out", out, "-w", workspace), check=True)
        subprocess.run(firstline("cost", "-w", workspace), check=True)
        failed = 0
        for line in (out / "results.jsonl").read_text(encoding="utf-8").splitlines():
            result = json.loads(line)
            hops = [f"{hop['by']}: {hop['result']}" for hop in result["hops"]]
            failed += any("model_" in hop for hop in hops)
            print(result["id"], result["outcome"], result["reason"], " | ".join(hops))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
