"""A company whose models cannot be used is refused at the start, in one clear sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
CASES = {
    "no key": ('provider = "anthropic"', "ANTHROPIC_API_KEY is not set"),
    "no region": ('provider = "bedrock"\nprofile = "4.5"', "region"),
    "wrong region": ('provider = "bedrock"\nregion = "us-nowhere-1"\nprofile = "4.5"', "region"),
    "capability": (
        'provider = "bedrock"\nregion = "us-east-1"',
        "does not hold its answers to a JSON schema on bedrock",
    ),
    "unknown model": (
        'provider = "anthropic"\nwriter = "claude-haiku-4-6"',
        "claude-haiku-4-6",
    ),
    "retired model": (
        'provider = "anthropic"\nwriter = "claude-3-5-haiku-20241022"',
        "retired",
    ),
    "unknown profile": ('provider = "anthropic"\nprofile = "9.9"', "9.9"),
    "no recordings": ('provider = "recorded"\nrecordings = "nowhere"', "no recorded answers"),
    "address": ('provider = "anthropic"\nbase_url = "https://h.example/v1"', "/v1"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_configuration_is_one_sentence_at_the_start(name: str, tmp_path: Path) -> None:
    """Exit code 2, one error on the error stream, no traceback, and nothing was begun."""
    written, expected = CASES[name]
    workspace = tmp_path / "acme"
    shutil.copytree(ACME, workspace, ignore=shutil.ignore_patterns(".*"))
    with (workspace / "firstline.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[models]\n{written}\n")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ANTH", "AWS"))}
    clean["AWS_EC2_METADATA_DISABLED"] = "true"
    if name != "no key":
        clean["ANTHROPIC_API_KEY"] = "sk-ant-loopback"
    command = [sys.executable, "-m", "firstline", "ask", "-w", str(workspace), "Hello?"]
    ended = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert ended.returncode == 2, ended.stderr
    assert len(errors) == 1, ended.stderr
    assert expected in errors[0]
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
