"""Every benchmark, one after the other."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "search",
    "routing",
    "end_to_end",
    "crashes",
    "channel_crashes",
    "prompt_tokens",
    "model_calls",
    "throughput",
    "proof",
    "grounding",
    "checks",
    "hostile",
    "injections",
    "signals",
    "masking",
    "language",
    "trust",
    "grouping",
    "route_certificates",
    "console",
    "chat",
    "storm",
)


def main() -> None:
    """Run them, each in a process of its own; end with 1 if one failed."""
    failed = []
    for name in NAMES:
        print(f"\n## {name.replace('_', ' ')}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
